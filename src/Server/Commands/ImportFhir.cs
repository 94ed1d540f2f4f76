using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Serment.Exchange.Fhir;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>
/// serment import fhir: a machine client that creates identities and encrypts, and can read nothing back.
/// A bundle is one transaction. Ids follow from the source, so a second run, or one after a kill, adds what is missing and nothing else.
/// </summary>
internal sealed class ImportFhir(Signer client, string cell, EntriesDoor entries, ImportReport report, byte[] secret, Func<DateTimeOffset> now) : IDisposable
{
    public const long LargestFile = 1L << 30;
    private const int Together = 4000, AskedAtOnce = 1000, FilesAtOnce = 6, HeldWhole = 24 << 20;
    private const string Usage = """
        serment import fhir DIR|FICHIER [--data DIR] [--client CLÉ] [--json]
            Reprend des dossiers FHIR R4 : Bundles (.json) ou une ressource par ligne (.ndjson, .jsonl), compressés (.gz) ou non,
            sous-dossiers compris. Les fichiers d'un autre type (.xml…) ne sont pas lus : ils sont comptés.
            Ce qui n'est pas compris est gardé tel quel, scellé, et compté. Refaire le même import n'ajoute rien.
            --client : fichier de clé du client d'import (par défaut DIR/demonstration-import.key).
            --json : le rapport en JSON sur la sortie standard.
        Codes de sortie : 0 tout est repris, 1 quelque chose est refusé, n'a pas été lu ou a échoué, 2 commande mal formée.
        """;

    private readonly FhirIndex _shared = new();
    private readonly byte[] _secret = secret;
    /// <summary>By all that a source says of someone, not by its number alone: two people under one number are two questions to the registry.</summary>
    private readonly ConcurrentDictionary<SourcePerson, Lazy<Task<Known>>> _people = new();
    private readonly ConcurrentDictionary<PatientId, bool> _met = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentQueue<(EntryRow[] Rows, TaskCompletionSource Written)> _ready = new();

    /// <summary>The registry's answer for one person of the source.</summary>
    private sealed record Known(PatientId? Patient, string? Refusal);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h")) { Console.WriteLine(Usage); return 0; }
        try
        {
            var line = new CommandLine(args, ["--json"], ["--data", "--client"]);
            if (line.Rest is not ["fhir", var source]) { await Console.Error.WriteLineAsync(Usage).ConfigureAwait(false); return 2; }
            return await RunAsync(line, Path.GetFullPath(source)).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // No path: some archives call their files after the people in them.
            await Console.Error.WriteLineAsync($"Lecture ou écriture impossible ({fault.GetType().Name}) : disque plein, droits, ou fichier retiré. Ce qui est repris est entier : relancez le même import pour continuer.").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(CommandLine line, string source)
    {
        var left = new ImportLeft();
        var files = FilesOf(source, left);
        using var key = ClientKey.Read(line.Value("--client", Path.Combine(line.Data, "demonstration-import.key")));
        await using var custodian = await CustodianAtHand.ReachAsync(line.Data).ConfigureAwait(false);
        var records = new RecordsDatabase(line.Data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        await records.PrepareAsync(custodian.Cell.Cell).ConfigureAwait(false);
        var report = new ImportReport(files, left);
        using var import = new ImportFhir(key.For(custodian.Client, custodian.Cell), custodian.Cell.Cell, new EntriesDoor(records, custodian.Cell.Cell), report, key.Secret("serment/v1/fhir-entry"), () => DateTimeOffset.UtcNow);
        using (report.Show()) await import.FilesAsync(files).ConfigureAwait(false);
        Console.Write(line.Has("--json") ? report.Json() : report.Text());
        return report.Whole ? 0 : 1;
    }

    private static FileInfo[] FilesOf(string source, ImportLeft left)
    {
        if (File.Exists(source)) return [new FileInfo(source)];
        if (!Directory.Exists(source)) throw new RefusedException("import.source", "Ce dossier ou fichier à importer n'existe pas.");
        var all = new List<FileInfo>();
        Walk(new DirectoryInfo(source), all, left);
        FileInfo[] files = [.. all.Where(f => ExtensionOf(f) is ".json" or ".ndjson" or ".jsonl").OrderBy(f => Path.GetRelativePath(source, f.FullName), StringComparer.Ordinal)];
        foreach (var other in all.Except(files)) left.Add(ExtensionOf(other));
        return files.Length > 0 ? files : throw new RefusedException("import.source", "Ce dossier ne contient ni .json, ni .ndjson, ni .jsonl (compressés ou non), sous-dossiers compris.");
    }

    /// <summary>Folders below too; a link to another folder may lead in a circle and is left.</summary>
    private static void Walk(DirectoryInfo folder, List<FileInfo> files, ImportLeft left)
    {
        try
        {
            files.AddRange(folder.EnumerateFiles().Where(f => !f.Name.StartsWith('.')));
            foreach (var below in folder.EnumerateDirectories().Where(d => !d.Name.StartsWith('.')))
                if (below.LinkTarget is null) Walk(below, files, left);
                else left.Folders++;
        }
        catch (UnauthorizedAccessException) { left.Folders++; }
    }

    /// <summary>What is in it, compressed or not. Some archives carry names quoted as their maker's tool printed them.</summary>
    private static string ExtensionOf(FileInfo file)
    {
        var name = file.Name.TrimEnd('"', '\'').ToLowerInvariant();
        return Path.GetExtension(IsCompressed(file) ? name[..^3] : name);
    }

    private static bool IsCompressed(FileInfo file) => file.Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Files of patients, then of those whom others name, in order; then the rest, several at once.</summary>
    private async Task FilesAsync(FileInfo[] files)
    {
        var byRank = files.GroupBy(RankOf).OrderBy(g => g.Key).ToArray();
        foreach (var rank in byRank)
            await Parallel.ForEachAsync(rank, new ParallelOptions { MaxDegreeOfParallelism = rank.Key < Rest ? 1 : FilesAtOnce }, async (file, cancel) =>
            {
                try { await FileAsync(file, shared: rank.Key < Rest, cancel).ConfigureAwait(false); }
                catch (FhirFaultException fault) { report.RefuseFile(file, fault.Line, fault.Column, fault.Message); }
                catch (IOException) { report.RefuseFile(file, 0, 0, "Lecture impossible."); }
                catch (UnauthorizedAccessException) { report.RefuseFile(file, 0, 0, "Lecture refusée : les droits du fichier ne la permettent pas."); }
            }).ConfigureAwait(false);
    }

    private const int Rest = 2;

    private static int RankOf(FileInfo file) =>
        file.Name.StartsWith("Patient", StringComparison.OrdinalIgnoreCase) ? 0
        : new[] { "Practitioner", "Organization", "Location", "Medication.", "Medication-" }.Any(n => file.Name.StartsWith(n, StringComparison.OrdinalIgnoreCase)) ? 1
        : Rest;

    /// <summary>Twice through a file: who is in it, then what. Nothing is written before all of it was readable.</summary>
    private async Task FileAsync(FileInfo file, bool shared, CancellationToken cancel)
    {
        if ((IsCompressed(file) ? await UnpackedAsync(file, cancel).ConfigureAwait(false) : file.Length) > LargestFile) { report.RefuseFile(file, 0, 0, "Le fichier dépasse 1 Gio : découpez-le, un Bundle par patient ou une ressource par ligne."); return; }
        var lines = ExtensionOf(file) is ".ndjson" or ".jsonl";
        var index = new FhirIndex(_shared);
        var held = file.Length <= (IsCompressed(file) ? HeldWhole / 24 : HeldWhole) ? new List<SourceResource>() : null;
        await foreach (var resource in ReadAsync(file, lines, cancel).ConfigureAwait(false))
        {
            index.Add(resource);
            held?.Add(resource);
        }
        // For others only once all of it was readable.
        if (shared) _shared.Take(index);
        var batch = new List<Translation>(Together);
        if (held is not null) batch.AddRange(held.Select(r => FhirTranslation.Of(r, index, now())));
        else
            await foreach (var resource in ReadAsync(file, lines, cancel).ConfigureAwait(false))
            {
                batch.Add(FhirTranslation.Of(resource, index, now()));
                if (batch.Count < Together) continue;
                await StoreAsync(file, batch, cancel).ConfigureAwait(false);
                batch.Clear();
            }
        await StoreAsync(file, batch, cancel).ConfigureAwait(false);
        report.FileDone(file.Length);
    }

    private static async IAsyncEnumerable<SourceResource> ReadAsync(FileInfo file, bool lines, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        await using var plain = IsCompressed(file) ? new GZipStream(stream, CompressionMode.Decompress) : (Stream)stream;
        await foreach (var resource in FhirReader.ReadAsync(plain, lines, cancel).ConfigureAwait(false)) yield return resource;
    }

    /// <summary>How much is in a .gz, read through once: one that is cut ends without a word where it was cut, perhaps between two lines. Its last four bytes say how much there should be.</summary>
    private static async Task<long> UnpackedAsync(FileInfo file, CancellationToken cancel)
    {
        await using var stream = file.OpenRead();
        var (size, buffer) = (0L, new byte[64 << 10]);
        try
        {
            await using (var plain = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true))
                for (int got; size <= LargestFile && (got = await plain.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0;) size += got;
            if (size > LargestFile) return size;
            stream.Seek(-4, SeekOrigin.End);
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 4), cancel).ConfigureAwait(false);
            if (BinaryPrimitives.ReadUInt32LittleEndian(buffer) == (uint)size) return size;
        }
        catch (InvalidDataException) { }
        throw new FhirFaultException(0, 0, "Archive .gz abîmée, coupée, ou faite de plusieurs morceaux : décompressez-la et reprenez.");
    }

    private async Task StoreAsync(FileInfo file, IReadOnlyList<Translation> batch, CancellationToken cancel)
    {
        var wanted = new Dictionary<EntryId, (NewEntry Entry, Translation From)>();
        foreach (var translation in batch)
        {
            if (translation.Entry is not { } entry) { report.Count(file, translation, Outcome.Of(translation)); continue; }
            var known = await _people.GetOrAdd(entry.Person with { Line = 0 }, _ => new(() => CreateAsync(entry.Person, cancel))).Value.ConfigureAwait(false);
            if (known.Patient is not { } patient) { report.Count(file, translation with { Why = known.Refusal }, Outcome.Refused); continue; }
            var id = IdOf(entry);
            var content = new EntryContent(entry.Room, entry.At, null, entry.Author, null, entry.Body, "FHIR", null, entry.Withdrawn);
            if (!wanted.TryAdd(id, (new NewEntry(id, 1, patient, entry.Domain, content), translation)))
                report.Count(file, translation with { Why = "Le même identifiant est deux fois dans le fichier." }, entry.ByContent ? Outcome.Known : Outcome.Refused);
        }
        var before = new HashSet<EntryId>();
        foreach (var ids in wanted.Keys.Chunk(AskedAtOnce)) before.UnionWith(await entries.KnownAsync(ids, cancel).ConfigureAwait(false));
        var fresh = wanted.Values.Where(w => !before.Contains(w.Entry.Entry)).Select(w => w.Entry).ToArray();
        if (fresh.Length > 0)
        {
            using var slots = await LentSlots.AskAsync(client, fresh, cancel).ConfigureAwait(false);
            var rows = slots.Seal(entries, fresh, now());
            await WriteAsync(rows, cancel).ConfigureAwait(false);
        }
        foreach (var (id, (_, from)) in wanted) report.Count(file, from, before.Contains(id) ? Outcome.Known : Outcome.Of(from));
    }

    /// <summary>One writes at a time, and takes with it what others have ready meanwhile: as many bundles a commit as wait for it, each whole.</summary>
    private async Task WriteAsync(EntryRow[] rows, CancellationToken cancel)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ready.Enqueue((rows, written));
        await _writing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var (all, waiting) = (new List<EntryRow>(), new List<TaskCompletionSource>());
            while (all.Count < Together && _ready.TryDequeue(out var next)) { all.AddRange(next.Rows); waiting.Add(next.Written); }
            if (all.Count > 0)
                try
                {
                    await entries.ImportAsync(all, cancel).ConfigureAwait(false);
                    foreach (var one in waiting) one.SetResult();
                }
                catch (Exception fault) { foreach (var one in waiting) one.SetException(fault); }
        }
        finally { _writing.Release(); }
        await written.Task.ConfigureAwait(false);
    }

    private async Task<Known> CreateAsync(SourcePerson person, CancellationToken cancel)
    {
        var traits = new IdentityTraits(person.BirthName, person.FirstGivenName, person.GivenNames, person.BirthDate, person.Sex switch { "F" => Sex.Female, "M" => Sex.Male, _ => Sex.Unknown }, null, person.UsedName, null, person.Matricule, person.MatriculeOid);
        try
        {
            var created = (await client.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, DespiteDuplicates: true, person.Source), cancel).ConfigureAwait(false)).Created;
            if (created is null or { Masked: true }) return new Known(null, "Ce matricule INS est déjà celui d'un patient de l'établissement : rapprochez les deux identités au bureau des identités.");
            if (_met.TryAdd(created.Patient, true)) report.Person(person);
            return new Known(created.Patient, null);
        }
        catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Conflict) { return new Known(null, no.Refusal.Message); }
        catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Invalid) { return new Known(null, "Identité refusée. " + no.Refusal.Message); }
    }

    /// <summary>
    /// Of cell, person and source: the same resource is the same entry, whoever imports it again. Where its content is part of it,
    /// under a secret of this client: an id in the database must not confirm a guess about what an entry says.
    /// </summary>
    private EntryId IdOf(SourceEntry entry)
    {
        var text = Encoding.UTF8.GetBytes($"serment/v1/fhir-entry|{cell}|{entry.Person.Source}|{entry.Key}");
        return Id.FromBytes<EntryId>((entry.ByContent ? HMACSHA256.HashData(_secret, text) : SHA256.HashData(text)).AsSpan(0, 16));
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secret);
        _writing.Dispose();
    }
}
