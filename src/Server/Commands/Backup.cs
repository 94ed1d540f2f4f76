using System.Formats.Tar;
using Microsoft.Data.Sqlite;

namespace Serment.Server.Commands;

/// <summary>
/// One file that holds a whole cell, all of it ciphertext but the public lists of places and diagnoses: taken while the cell runs, in an order that a restart repairs.
/// Care records first, the Custodian's state next, the journal last, so that the copy never knows of a record more than its journal does.
/// The passphrase or token is not in it: without one a stolen backup opens nothing.
/// </summary>
internal static class Backup
{
    public static Task<int> SaveAsync(string[] args) => RunAsync(args, "serment backup --to FICHIER.tar [--data DIR] [--json]", ["--to"], ["--json"], async line => { await SaveAsync(line.Data, Path.GetFullPath(line.Value("--to", "")), line.Has("--json")).ConfigureAwait(false); return 0; });

    public static Task<int> RestoreAsync(string[] args) => RunAsync(args, "serment restore --from FICHIER.tar [--data DIR] [--check] [--json]     dans un dossier vide ; --check : compare ensuite journal, identités, dossiers et fichiers (demande la phrase ou le jeton)", ["--from"], ["--check", "--json"], async line =>
    {
        await RestoreAsync(Path.GetFullPath(line.Value("--from", "")), line.Data, line.Has("--json")).ConfigureAwait(false);
        return line.Has("--check") ? await Doctor.RestoredAsync(line.Data).ConfigureAwait(false) : 0;
    });

    private static async Task SaveAsync(string data, string to, bool json)
    {
        var own = Path.Combine(data, "custodian");
        if (!File.Exists(Path.Combine(own, "cell.json"))) throw new RefusedException("cell.none", $"Aucun établissement dans {data}.");
        if (File.Exists(to)) throw new RefusedException("backup.exists", $"{to} existe déjà : une sauvegarde n'en écrase pas une autre.");
        var part = to + ".part";
        var scratch = Directory.CreateTempSubdirectory("serment-backup-").FullName;
        try
        {
            await ProgressBar.WhileAsync(WriteAsync(), "Sauvegarde", () => new FileInfo(part) is { Exists: true } so ? so.Length : 0, SizeOf(data)).ConfigureAwait(false);
            using (var written = new FileStream(part, FileMode.Open, FileAccess.ReadWrite)) written.Flush(flushToDisk: true);
            File.Move(part, to);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
            File.Delete(part);
        }
        var elsewhere = Environment.GetEnvironmentVariable("SERMENT_DATABASE") is not null;
        if (json) { Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(new { file = to, bytes = new FileInfo(to).Length, recordsElsewhere = elsewhere })); return; }
        Console.WriteLine($"Sauvegarde écrite : {to} ({new FileInfo(to).Length / 1024.0 / 1024.0:0.0} Mio).");
        if (elsewhere) Console.WriteLine("Les dossiers sont dans PostgreSQL : sauvegardez cette base avec ses propres outils, avant celle-ci (docs/runbooks/backup.md).");

        async Task WriteAsync()
        {
            await using var stream = OwnerOnly.Create(part);
            await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
            {
                if (File.Exists(Path.Combine(data, "records.db"))) await tar.WriteEntryAsync(Copy(Path.Combine(data, "records.db"), scratch), "records.db").ConfigureAwait(false);
                await AddFolderAsync(tar, Path.Combine(data, "files"), "files").ConfigureAwait(false);
                await tar.WriteEntryAsync(Copy(Path.Combine(own, "state.db"), scratch), "custodian/state.db").ConfigureAwait(false);
                foreach (var name in new[] { "cell.json", "escrow.json", "demonstration.passphrase" })
                    if (File.Exists(Path.Combine(own, name))) await tar.WriteEntryAsync(Path.Combine(own, name), $"custodian/{name}").ConfigureAwait(false);
                await AddFolderAsync(tar, Path.Combine(own, "journal"), "custodian/journal").ConfigureAwait(false);
                await AddFolderAsync(tar, Path.Combine(data, "packs"), "packs").ConfigureAwait(false);
                await AddFolderAsync(tar, Path.Combine(data, "reference"), "reference").ConfigureAwait(false);
                if (File.Exists(Path.Combine(data, "demonstration-import.key"))) await tar.WriteEntryAsync(Path.Combine(data, "demonstration-import.key"), "demonstration-import.key").ConfigureAwait(false);
            }
            await stream.FlushAsync().ConfigureAwait(false);
        }
    }

    private static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Sum(file => file.Exists ? file.Length : 0);

    private static async Task RestoreAsync(string from, string data, bool json)
    {
        if (!File.Exists(from)) throw new RefusedException("backup.none", $"Sauvegarde introuvable : {from}.");
        if (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any()) throw new RefusedException("restore.busy", $"{data} n'est pas vide : une restauration n'écrase rien.");
        foreach (var folder in new[] { data, Path.Combine(data, "custodian"), Path.Combine(data, "packs") }) OwnerOnly.Directory(folder);
        try
        {
            await using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read);
            await ProgressBar.WhileAsync(TarFile.ExtractToDirectoryAsync(source, data, overwriteFiles: false), "Restauration", () => source.Position, source.Length).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or FormatException) { throw new RefusedException("backup.damaged", $"{from} n'est pas une sauvegarde entière de Serment. Rien n'est utilisable dans {data} : videz-le et prenez une autre sauvegarde."); }
        if (!File.Exists(Path.Combine(data, "custodian", "cell.json"))) throw new RefusedException("backup.damaged", $"{from} n'est pas une sauvegarde de Serment.");
        if (json) { Console.WriteLine(System.Text.Json.JsonSerializer.Serialize(new { directory = data })); return; }
        Console.WriteLine($"Restauré dans {data}. Vérifiez : « serment doctor --records --data {data} » ; puis démarrez.");
    }

    /// <summary>SQLite's own online copy: consistent while others write.</summary>
    private static string Copy(string database, string scratch)
    {
        var copy = Path.Combine(scratch, Path.GetFileName(database));
        using var source = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        using var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = copy, Pooling = false }.ToString());
        source.Open();
        target.Open();
        source.BackupDatabase(target);
        return copy;
    }

    private static async Task AddFolderAsync(TarWriter tar, string folder, string name)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".new", StringComparison.Ordinal) && !f.EndsWith(".part", StringComparison.Ordinal)))
            try { await tar.WriteEntryAsync(file, $"{name}/{Path.GetRelativePath(folder, file)}").ConfigureAwait(false); }
            catch (FileNotFoundException) { /* A partial tile that its successor replaced meanwhile. */ }
    }

    private static async Task<int> RunAsync(string[] args, string usage, IReadOnlyCollection<string> needed, IReadOnlyCollection<string> flags, Func<CommandLine, Task<int>> act)
    {
        if (args.Contains("--help")) { Console.WriteLine(usage); return 0; }
        var line = new CommandLine(args, flags, [.. needed, "--data"]);
        if (needed.Any(option => line.Value(option, "").Length == 0)) throw new RefusedException("usage", usage);
        return await act(line).ConfigureAwait(false);
    }
}
