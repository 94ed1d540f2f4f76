using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Serment.Records.Documents;
using Serment.Records.Entries;

namespace Serment.Server.Exports;

/// <summary>
/// At the recipient's, with his private key: one line of JSON per patient, then one per version of each of his entries, as they
/// were written. Documents whose sealed files lie in the archive are opened beside; the others are named, to be asked for.
/// </summary>
internal sealed class ExportOpening(ExportManifest manifest, string directory, X509Certificate2 recipient, string output)
{
    private readonly ExportArchive _archive = new(directory);

    /// <summary>What came out of the archive.</summary>
    internal sealed record Opened(int Patients, long Entries, long Altered, int Files, int FilesWanted);

    public async Task<Opened> RunAsync(CancellationToken cancel = default)
    {
        if (manifest.Project is not null) return await MinimiseAsync(cancel).ConfigureAwait(false);
        Directory.CreateDirectory(output);
        var (patients, entries, altered, files) = (0, 0L, 0L, 0);
        var wanted = new List<FileId>();
        await using var lines = new FileStream(Path.Combine(output, "patients.ndjson"), FileMode.Create, FileAccess.Write);
        foreach (var part in manifest.Parts)
        {
            var keys = Unseal(await File.ReadAllBytesAsync(_archive.Keys(part.Block), cancel).ConfigureAwait(false));
            using var lent = Lent(keys);
            var (living, domainKeys) = (Living(keys), keys.Patients.SelectMany(patient => patient.Keys).ToDictionary(key => (key.Patient, key.Domain, key.Version), key => key.Key));
            foreach (var patient in keys.Patients)
            {
                await LineAsync(lines, new { type = "patient", patient.Patient, patient.Identity }, cancel).ConfigureAwait(false);
                patients++;
            }
            await foreach (var row in ExportArchive.ReadAsync(_archive.Rows(part.Block), cancel).ConfigureAwait(false))
            {
                if (Open(row, lent) is not { } content) { altered++; await LineAsync(lines, new { type = "altered", Patient = living[row.Patient], row.Domain, row.Entry, row.Version }, cancel).ConfigureAwait(false); continue; }
                entries++;
                await LineAsync(lines, new { type = "entry", Patient = living[row.Patient], row.Domain, row.Entry, row.Version, WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(row.WrittenAt), content }, cancel).ConfigureAwait(false);
                if (content.Room != Document.Room || content.Body.Deserialize<Document>(EntryJson.Options) is not { } document) continue;
                if (!domainKeys.TryGetValue((row.Patient, row.Domain, document.KeyVersion), out var key)) altered++;
                else if (File.Exists(_archive.File(document.File))) { await FileAsync(row, document, key, cancel).ConfigureAwait(false); files++; }
                else wanted.Add(document.File);
            }
        }
        await File.WriteAllLinesAsync(Path.Combine(output, "wanted-files.txt"), wanted.Distinct().Select(file => file.ToString()), cancel).ConfigureAwait(false);
        return new Opened(patients, entries, altered, files, wanted.Distinct().Count());
    }

    /// <summary>For research: extract.ndjson, under pseudonyms, holds what <see cref="Minimised"/> keeps, and nothing else is written.</summary>
    private async Task<Opened> MinimiseAsync(CancellationToken cancel)
    {
        var (patients, entries, altered) = (0, 0L, 0L);
        await using var lines = new FileStream(Path.Combine(output, "extract.ndjson"), FileMode.Create, FileAccess.Write);
        foreach (var part in manifest.Parts)
        {
            var keys = Unseal(await File.ReadAllBytesAsync(_archive.Keys(part.Block), cancel).ConfigureAwait(false));
            using var lent = Lent(keys);
            var byId = keys.Patients.SelectMany(patient => patient.Keys.Select(key => (patient.Subject!.Pseudonym, key.Patient))).DistinctBy(k => k.Patient).ToDictionary(k => k.Patient, k => k.Pseudonym);
            foreach (var patient in keys.Patients.OrderBy(patient => patient.Subject!.Pseudonym, StringComparer.Ordinal))
            {
                await LineAsync(lines, new { type = "subject", patient.Subject!.Pseudonym, patient.Subject.Age, patient.Subject.Sex }, cancel).ConfigureAwait(false);
                patients++;
            }
            // The last version of each entry: what was corrected is no data.
            var last = new Dictionary<EntryId, ExportedRow>();
            await foreach (var row in ExportArchive.ReadAsync(_archive.Rows(part.Block), cancel).ConfigureAwait(false))
                if (!last.TryGetValue(row.Entry, out var before) || before.Version < row.Version) last[row.Entry] = row;
            foreach (var row in last.Values)
            {
                if (Open(row, lent) is not { } content) { altered++; continue; }
                if (Minimised.Of(content) is not { } kept) continue;
                await LineAsync(lines, new { type = "entry", pseudonym = byId[row.Patient], kept }, cancel).ConfigureAwait(false);
                entries++;
            }
        }
        return new Opened(patients, entries, altered, 0, 0);
    }

    /// <summary>Whose living id stands for each id.</summary>
    private static Dictionary<PatientId, PatientId> Living(ExportKeys keys) =>
        keys.Patients.SelectMany(patient => patient.Keys.Select(key => (key.Patient, Living: patient.Patient))).Distinct().ToDictionary(pair => pair.Patient, pair => pair.Living);

    private ExportKeys Unseal(byte[] cms) => SealedKeys.Open<ExportKeys>(cms, recipient, new RefusedException("export.recipient", "Cette clé n'est pas celle du destinataire de l'archive."));

    private static FileKeys Lent(ExportKeys keys) => new(DateTimeOffset.MaxValue, new Dictionary<PatientId, IReadOnlyList<PatientId>>(),
        keys.Patients.SelectMany(patient => patient.Keys).Select(Signing.PatientFiles.Lent));

    private EntryContent? Open(ExportedRow row, FileKeys keys)
    {
        try { return EntriesDoor.Opened(manifest.Cell, keys, new EntryRow { Entry = row.Entry, Version = row.Version, Patient = row.Patient, Domain = row.Domain, KeyVersion = row.KeyVersion, WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(row.WrittenAt), Salt = row.Salt, Commitment = row.Commitment, Sealed = row.Sealed }); }
        catch (RefusedException no) when (no.Refusal.Code is RecordSlot.AlteredCode or RecordSlot.NotLentCode) { return null; }
    }

    private async Task FileAsync(ExportedRow row, Document document, byte[] domainKey, CancellationToken cancel)
    {
        var address = new FileAddress(manifest.Cell, row.Patient, row.Domain, document.File);
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, domainKey, 32, [], address.AssociatedData());
        await using var plain = await SealedFileStream.OpenAsync(key, address, File.OpenRead(_archive.File(document.File)), cancel).ConfigureAwait(false);
        Directory.CreateDirectory(Path.Combine(output, "files"));
        await using var file = File.Create(Path.Combine(output, "files", document.File.ToString()));
        await plain.CopyToAsync(file, cancel).ConfigureAwait(false);
    }

    private static async Task LineAsync<T>(Stream lines, T line, CancellationToken cancel)
    {
        await JsonSerializer.SerializeAsync(lines, line, EntryJson.Options, cancel).ConfigureAwait(false);
        lines.WriteByte((byte)'\n');
    }
}
