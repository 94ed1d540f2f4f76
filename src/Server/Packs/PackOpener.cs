using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Serment.Records.Entries;
using Serment.Server.Commands;
using Serment.Server.Exports;
using Serment.Server.Files;
using Serment.Server.Signing;

namespace Serment.Server.Packs;

/// <summary>
/// On the ward's device, while nothing else works. The opening is signed and on the disk before the first name is: it is told when
/// the establishment answers again.
/// </summary>
internal sealed class PackOpener(string device)
{
    public const string CertificateName = "certificat.pem", KeyName = "cle.pem", Openings = "ouvertures", JournalKeyName = "gardien.pub", FetchedName = "secours.pack";
    private const string DamagedEnding = ".illisible";
    /// <summary>Four renewals missed.</summary>
    private static readonly TimeSpan Old = TimeSpan.FromHours(2);

    public string Fetched => Path.Combine(device, FetchedName);

    /// <summary>What came out.</summary>
    /// <param name="At">When the pack was sealed.</param>
    internal sealed record Opened(string Unit, DateTimeOffset At, int Patients, int Altered);

    /// <summary>A key and a certificate of this device; the certificate is what officers sign for.</summary>
    /// <param name="journalKey">The Custodian's, brought by hand: what it did not sign is neither kept nor opened here.</param>
    public void Create(string name, string journalKey)
    {
        OwnerOnly.Directory(device);
        var (certificate, key) = (Path.Combine(device, CertificateName), Path.Combine(device, KeyName));
        if (File.Exists(certificate) || File.Exists(key)) throw new RefusedException("pack.device", "Ce dossier a déjà la clé d'un poste de secours : une clé n'en écrase pas une autre.");
        using var rsa = RSA.Create(3072);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        using var made = new CertificateRequest(subject.Build(), rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(2));
        Write(key, rsa.ExportPkcs8PrivateKeyPem());
        Write(certificate, made.ExportCertificatePem());
        Write(Path.Combine(device, JournalKeyName), journalKey.Trim() + "\n");
    }

    public NoteKey JournalKey()
    {
        var file = Path.Combine(device, JournalKeyName);
        try { return NoteKey.Parse(File.Exists(file) ? File.ReadAllText(file) : throw new RefusedException("pack.key", $"La clé publique du gardien manque sur ce poste : copiez custodian/journal/key.pub de l'établissement dans {file}."), file); }
        catch (JournalFaultException no) { throw new RefusedException("pack.key", no.Fault.Message); }
    }

    /// <summary>The pack that this device holds, when the Custodian signed it; null when there is none to rely on.</summary>
    public ReadPack? Held(NoteKey journalKey)
    {
        if (!File.Exists(Fetched)) return null;
        try { return PackFile.Read(Fetched, rows: false).Checked(journalKey); }
        catch (RefusedException) { return null; }
    }

    /// <summary>
    /// What came over the network takes the place of the last good pack only when it is whole, signed by the Custodian, sealed to this device, and not older.
    /// </summary>
    /// <returns>False when it is the one that is held.</returns>
    /// <exception cref="RefusedException">It stays what it was, and the newcomer is gone.</exception>
    public bool Take(string fresh, NoteKey journalKey)
    {
        try
        {
            var pack = PackFile.Read(fresh).Checked(journalKey);
            using var own = X509CertificateLoader.LoadCertificate(Own().RawData);
            if (!SealedKeys.IsFor(pack.Keys, own)) throw new RefusedException("pack.device", "Ce dossier de secours est celui d'un autre poste. Le dernier récupéré reste en place.");
            if (Held(journalKey) is { } held && pack.At <= held.At)
                return pack.At == held.At ? false : throw new RefusedException("pack.older", $"L'établissement sert un dossier de secours plus ancien ({Words(pack.At)}) que celui de ce poste ({Words(held.At)}) : il est refusé. Prévenez le référent sécurité.");
            File.Move(fresh, Fetched, overwrite: true);
            return true;
        }
        finally { File.Delete(fresh); }
    }

    /// <summary>Why somebody must look at this device now: openings without a receipt, reports that cannot be read, no pack, or an old one.</summary>
    public IReadOnlyList<string> Worries(NoteKey journalKey, DateTimeOffset now)
    {
        var worries = new List<string>();
        foreach (var file in Waiting)
            worries.Add(Read(file) is var (_, opening) ? $"Ouverture du {Words(opening.At)} par {opening.By} : le gardien n'en a pas donné reçu." : $"Le compte rendu d'ouverture {Path.GetFileName(file)} ne se lit pas : il reste à dire.");
        foreach (var file in Unreadable) worries.Add($"Le compte rendu d'ouverture {Path.GetFileName(file)} est illisible et mis de côté : cette ouverture ne sera pas dite. Prévenez le référent sécurité, qui relève ce fichier et l'ôte.");
        if (Held(journalKey) is not { } held) worries.Add("Ce poste ne tient aucun dossier de secours utilisable.");
        else if (now - held.At > Old) worries.Add($"Le dossier de secours de ce poste date du {Words(held.At)}.");
        return worries;
    }

    /// <summary>Says what this device holds, be it nothing, and still has to tell. Nobody is refused a pack because this was not heard.</summary>
    /// <param name="server">Of the pack, as it was planned on this device: /packs/ID says of which one it speaks. Without an id: of the one that is held, or was opened.</param>
    public async Task SeenAsync(HttpClient http, Uri server, NoteKey journalKey, CancellationToken cancel = default)
    {
        var held = Held(journalKey);
        var asked = Id.TryParse<ApprovalId>(server.Segments[^1].TrimEnd('/'), out var named) ? named : held?.Pack ?? Waiting.Select(file => Read(file)?.Opening.Pack).FirstOrDefault(pack => pack is not null);
        if (asked is not { } pack) return;
        using var own = Own();
        using var key = own.GetRSAPrivateKey()!;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new PackSighting(pack, DateTimeOffset.UtcNow, held?.Pack == pack ? held.At : null, Waiting.Count + Unreadable.Count), WireJson.Options);
        using var answer = await http.PostAsJsonAsync(new Uri(server, "/packs/seen"), new ReportSighting(pack, bytes, key.SignData([.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. bytes], HashAlgorithmName.SHA256, RSASignaturePadding.Pss)), WireJson.Options, cancel).ConfigureAwait(false);
    }

    private static string Words(DateTimeOffset at) => ClinicalTime.Local(at).ToString("dd/MM/yyyy HH:mm", ClinicalTime.French);

    /// <exception cref="RefusedException">Not this device's pack, not one that the Custodian sealed, or not whole.</exception>
    public Opened Open(string file, NoteKey journalKey, string by, string reason, string sheet)
    {
        using var own = Own();
        // Nothing is opened that the Custodian did not seal.
        var (pack, _, sealedKeys, _, stays, rows) = PackFile.Read(file).Checked(journalKey);
        var keys = SealedKeys.Open<PackKeys>(sealedKeys, own, new RefusedException("pack.device", "Ce dossier de secours est celui d'un autre poste."));
        Remember(new PackOpening(pack, keys.At, DateTimeOffset.UtcNow, by, reason, [.. keys.Patients.Select(patient => patient.Patient)]), own);
        var altered = 0;
        using var lent = new FileKeys(DateTimeOffset.MaxValue, new Dictionary<PatientId, IReadOnlyList<PatientId>>(), keys.Patients.SelectMany(patient => patient.Keys).Select(PatientFiles.Lent));
        var living = keys.Patients.SelectMany(patient => patient.Keys.Select(key => (key.Patient, Living: patient.Patient))).Distinct().ToDictionary(pair => pair.Patient, pair => pair.Living);
        var entries = rows.Select(row => (Living: living.GetValueOrDefault(row.Patient, row.Patient), Content: Content(row))).Where(one => one.Content is not null).ToLookup(one => one.Living, one => one.Content!);
        Write(sheet, PackSheet.Html(keys, stays.ToLookup(stay => living.GetValueOrDefault(stay.Patient, stay.Patient)), entries, DateTimeOffset.UtcNow, altered));
        return new Opened(keys.Unit, keys.At, keys.Patients.Count, altered);

        EntryContent? Content(ExportedRow row)
        {
            try { return EntriesDoor.Opened(keys.Cell, lent, new EntryRow { Entry = row.Entry, Version = row.Version, Patient = row.Patient, Domain = row.Domain, KeyVersion = row.KeyVersion, WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(row.WrittenAt), Salt = row.Salt, Commitment = row.Commitment, Sealed = row.Sealed }); }
            catch (RefusedException) { altered++; return null; }
        }
    }

    /// <summary>Tells of every opening for which the Custodian has not given a receipt; a report that is damaged is set aside and stops none of the others. What is answered without one stays to be told: whoever answered was not he.</summary>
    /// <returns>How many have their receipt now.</returns>
    public async Task<int> ReportAsync(HttpClient http, Uri server, NoteKey journalKey, CancellationToken cancel = default)
    {
        var told = 0;
        foreach (var file in Waiting)
        {
            if (Read(file) is not var (report, _)) { SetAside(file); continue; }
            using var answer = await http.PostAsJsonAsync(new Uri(server, "/packs/openings"), report, WireJson.Options, cancel).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode || await ReceiptAsync(answer).ConfigureAwait(false) is not { } receipt) continue;
            if (!ExportCheck.Signed(receipt.Note, OpeningReceipt.NoteText(journalKey.Name.Split('/')[^1], report.Pack, report.Opening), journalKey)) continue;
            Write(Path.ChangeExtension(file, ".recu"), receipt.Note);
            File.Move(file, Path.ChangeExtension(file, ".dit"), overwrite: true);
            told++;
        }
        return told;

        async Task<OpeningReceipt?> ReceiptAsync(HttpResponseMessage answer)
        {
            try { return await answer.Content.ReadFromJsonAsync<OpeningReceipt>(WireJson.Options, cancel).ConfigureAwait(false) is { Note: not null } receipt ? receipt : null; }
            catch (Exception fault) when (fault is JsonException or NotSupportedException) { return null; }
        }
    }

    /// <summary>Openings for which this device holds no receipt.</summary>
    public IReadOnlyList<string> Waiting => Reports(".json");

    /// <summary>Damaged reports that were set aside, until a person takes them: nobody was told of these openings.</summary>
    public IReadOnlyList<string> Unreadable => Reports(DamagedEnding);

    private IReadOnlyList<string> Reports(string ending) => Directory.Exists(Path.Combine(device, Openings)) ? [.. Directory.GetFiles(Path.Combine(device, Openings), "*" + ending).Order()] : [];

    /// <summary>Null when the disk does not give it, or when it is no report.</summary>
    private static (ReportOpening Report, PackOpening Opening)? Read(string file)
    {
        try { return Parsed(File.ReadAllBytes(file)); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return null; }
    }

    private static (ReportOpening Report, PackOpening Opening)? Parsed(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<ReportOpening>(json, WireJson.Options) is { } report && JsonSerializer.Deserialize<PackOpening>(report.Opening, WireJson.Options) is { } opening ? (report, opening) : null;
        }
        catch (JsonException) { return null; }
    }

    /// <summary>Only what was read and is damaged: what the disk or a right refuses now may be whole.</summary>
    private static void SetAside(string file)
    {
        try { if (Parsed(File.ReadAllBytes(file)) is null) File.Move(file, Path.ChangeExtension(file, DamagedEnding), overwrite: true); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { /* It stays, and is said each time. */ }
    }

    private X509Certificate2 Own()
    {
        try { return X509Certificate2.CreateFromPemFile(Path.Combine(device, CertificateName), Path.Combine(device, KeyName)); }
        catch (Exception fault) when (fault is CryptographicException or IOException) { throw new RefusedException("pack.device", "La clé de ce poste de secours manque ou est illisible (certificat.pem et cle.pem)."); }
    }

    private void Remember(PackOpening opening, X509Certificate2 own)
    {
        using var key = own.GetRSAPrivateKey()!;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(opening, WireJson.Options);
        var place = Path.Combine(device, Openings);
        OwnerOnly.Directory(place);
        var report = Path.Combine(place, $"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}.json");
        // Whole or not there: a power cut leaves no half of it under this name.
        using (var arriving = OwnerOnly.Create(report + ".new"))
        {
            arriving.Write(JsonSerializer.SerializeToUtf8Bytes(new ReportOpening(opening.Pack, bytes, key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)), WireJson.Options));
            arriving.Flush(flushToDisk: true);
        }
        File.Move(report + ".new", report);
        FileStore.SyncDirectory(place);
    }

    private static void Write(string path, string text)
    {
        using var file = new StreamWriter(OwnerOnly.Create(path));
        file.Write(text);
    }
}
