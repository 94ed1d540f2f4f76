using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Server.Commands;
using Serment.Server.Signing;

namespace Serment.Server.Exports;

/// <summary>serment export run|verify|open|files. Exit codes: 0 done, 1 refused or failed, 2 misuse.</summary>
internal static class ExportCommands
{
    private const string Usage = """
        serment export run --client CLÉ --out ARCHIVE [--data DIR]
            Écrit l'archive d'un export approuvé : lignes scellées telles quelles, clés scellées au destinataire.
            Interrompu, il reprend au premier bloc manquant, dans la fenêtre de l'export.
        serment export verify --archive ARCHIVE --journal-key CLÉ|FICHIER [--json]
            Vérifie la signature du manifeste, le point de contrôle du journal, chaque fichier et les comptes.
        serment export open --archive ARCHIVE --journal-key CLÉ|FICHIER --certificate CERT.pem --key CLÉ.pem --out DIR
            Chez le destinataire : vérifie, puis ouvre. Extrait de recherche : extract.ndjson, minimisé, sous pseudonymes. Sinon patients.ndjson, une ligne par patient puis par élément ; les documents
            dont le fichier scellé manque sont nommés dans wanted-files.txt.
        serment export files --wanted wanted-files.txt --out ARCHIVE [--data DIR]
            Ajoute à l'archive les fichiers scellés demandés, tels quels.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h")) { Console.WriteLine(Usage); return 0; }
        if (args is not [var verb, .. var rest]) throw new RefusedException("usage", Usage);
        var line = new CommandLine(rest, ["--json"], ["--data", "--client", "--out", "--archive", "--journal-key", "--certificate", "--key", "--wanted"]);
        try
        {
            return verb switch
            {
                "run" => await WriteAsync(line, Needed("--client"), Needed("--out")).ConfigureAwait(false),
                "verify" => await VerifyAsync(line, Needed("--archive")).ConfigureAwait(false),
                "open" => await OpenAsync(Needed("--archive"), Needed("--certificate"), Needed("--key"), Needed("--out")).ConfigureAwait(false),
                "files" => await FilesAsync(line, Needed("--wanted"), Needed("--out")).ConfigureAwait(false),
                _ => throw new RefusedException("usage", Usage),
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new RefusedException("export.files", "Lecture ou écriture impossible : " + fault.Message); }

        string Needed(string option) => line.Value(option, "") is { Length: > 0 } value ? Path.GetFullPath(value) : throw new RefusedException("usage", Usage);

        async Task<int> OpenAsync(string archive, string certificate, string key, string output)
        {
            var (manifest, faults) = await ExportCheck.OfAsync(archive, JournalKey(line)).ConfigureAwait(false);
            if (manifest is null || faults.Count > 0) return Say(faults);
            using var recipient = Recipient(certificate, key);
            var opened = await new ExportOpening(manifest, archive, recipient, output).RunAsync().ConfigureAwait(false);
            Console.WriteLine($"{opened.Patients} patients, {opened.Entries} éléments, {opened.Altered} altérés, {opened.Files} documents ouverts, {opened.FilesWanted} à demander (wanted-files.txt).");
            return opened.Altered == 0 ? 0 : 1;
        }
    }

    private static async Task<int> WriteAsync(CommandLine line, string client, string output)
    {
        using var key = ClientKey.Read(client);
        await using var custodian = await CustodianAtHand.ReachAsync(line.Data).ConfigureAwait(false);
        var records = new RecordsDatabase(line.Data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        await records.PrepareAsync(custodian.Cell.Cell).ConfigureAwait(false);
        OwnerOnly.Directory(output);
        var job = new ExportJob(key.For(custodian.Client, custodian.Cell), custodian.Client, custodian.Cell, new EntriesDoor(records, custodian.Cell.Cell), output);
        var manifest = await job.RunAsync((done, of) => { if (!Console.IsErrorRedirected) Console.Error.Write($"\rBloc {done} sur {of}  "); }).ConfigureAwait(false);
        if (!Console.IsErrorRedirected) await Console.Error.WriteLineAsync().ConfigureAwait(false);
        Console.WriteLine($"Archive écrite et signée : {manifest.Patients} patients, {manifest.Parts.Sum(part => part.RowCount)} lignes scellées, {manifest.Parts.Count} blocs.");
        return 0;
    }

    private static async Task<int> VerifyAsync(CommandLine line, string archive)
    {
        var (manifest, faults) = await ExportCheck.OfAsync(archive, JournalKey(line)).ConfigureAwait(false);
        if (line.Has("--json")) Console.WriteLine(JsonSerializer.Serialize(new { whole = faults.Count == 0, faults, manifest?.Export, manifest?.Patients, rows = manifest?.Parts.Sum(p => p.RowCount) }, EntryJson.Options));
        if (faults.Count > 0) return Say(faults);
        if (!line.Has("--json")) Console.WriteLine($"Archive entière : {manifest!.Patients} patients, {manifest.Parts.Sum(part => part.RowCount)} lignes, pour « {manifest.Recipient} » ({manifest.Fingerprint[..16]}…).");
        return 0;
    }

    private static async Task<int> FilesAsync(CommandLine line, string wanted, string output)
    {
        var (archive, copied, missing) = (new ExportArchive(output), 0, 0);
        foreach (var text in await File.ReadAllLinesAsync(wanted).ConfigureAwait(false))
        {
            if (!Id.TryParse<FileId>(text.Trim(), out var file)) throw new RefusedException("export.files", "Cette liste ne contient pas que des identifiants de fichiers (32 chiffres hexadécimaux par ligne).");
            var from = Path.Combine(line.Data, "files", file.ToString()[..2], file.ToString());
            if (!File.Exists(from)) { missing++; continue; }
            Directory.CreateDirectory(Path.GetDirectoryName(archive.File(file))!);
            File.Copy(from, archive.File(file), overwrite: true);
            copied++;
        }
        Console.WriteLine($"{copied} fichiers scellés copiés, {missing} absents du stockage.");
        return missing == 0 ? 0 : 1;
    }

    /// <exception cref="RefusedException">Not given (then <paramref name="usage"/> is said), or no key.</exception>
    internal static NoteKey JournalKey(CommandLine line, string usage = Usage)
    {
        var given = line.Value("--journal-key", "");
        if (given.Length == 0) throw new RefusedException("usage", usage);
        try { return NoteKey.Parse(File.Exists(given) ? File.ReadAllText(given) : given, given); }
        catch (JournalFaultException no) { throw new RefusedException("export.key", no.Fault.Message); }
    }

    private static X509Certificate2 Recipient(string certificate, string key)
    {
        try { return X509Certificate2.CreateFromPemFile(certificate, key); }
        catch (System.Security.Cryptography.CryptographicException) { throw new RefusedException("export.recipient", "Certificat ou clé du destinataire illisibles, ou qui ne vont pas ensemble (PEM attendus)."); }
    }

    private static int Say(IReadOnlyList<string> faults)
    {
        foreach (var fault in faults) Console.Error.WriteLine(fault);
        return 1;
    }
}
