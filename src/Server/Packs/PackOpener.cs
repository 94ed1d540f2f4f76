using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Serment.Records.Entries;
using Serment.Server.Commands;
using Serment.Server.Exports;
using Serment.Server.Signing;

namespace Serment.Server.Packs;

/// <summary>
/// On the ward's device, while nothing else works. The opening is signed and on the disk before the first name is: it is told when
/// the establishment answers again.
/// </summary>
internal sealed class PackOpener(string device)
{
    public const string CertificateName = "certificat.pem", KeyName = "cle.pem", Openings = "ouvertures", JournalKeyName = "gardien.pub", FetchedName = "secours.pack";
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
        try { return PackFile.Read(Fetched).Checked(journalKey); }
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

    /// <summary>Why somebody must look at this device now: openings without a receipt, no pack, or an old one.</summary>
    public IReadOnlyList<string> Worries(NoteKey journalKey, DateTimeOffset now)
    {
        var worries = new List<string>();
        foreach (var (_, opening) in WaitingOpenings) worries.Add($"Ouverture du {Words(opening.At)} par {opening.By} : le gardien n'en a pas donné reçu.");
        if (Held(journalKey) is not { } held) worries.Add("Ce poste ne tient aucun dossier de secours utilisable.");
        else if (now - held.At > Old) worries.Add($"Le dossier de secours de ce poste date du {Words(held.At)}.");
        return worries;
    }

    /// <summary>Says what this device holds and still has to tell. Nobody is refused a pack because this was not heard.</summary>
    public async Task SeenAsync(HttpClient http, Uri server, NoteKey journalKey, CancellationToken cancel = default)
    {
        if (Held(journalKey) is not { } held) return;
        using var own = Own();
        using var key = own.GetRSAPrivateKey()!;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new PackSighting(held.Pack, DateTimeOffset.UtcNow, held.At, Waiting.Count), WireJson.Options);
        using var answer = await http.PostAsJsonAsync(new Uri(server, "/packs/seen"), new ReportSighting(held.Pack, bytes, key.SignData([.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. bytes], HashAlgorithmName.SHA256, RSASignaturePadding.Pss)), WireJson.Options, cancel).ConfigureAwait(false);
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

    /// <summary>Tells of every opening for which the Custodian has not given a receipt. What is answered without one stays to be told: whoever answered was not he.</summary>
    /// <returns>How many have their receipt now.</returns>
    public async Task<int> ReportAsync(HttpClient http, Uri server, NoteKey journalKey, CancellationToken cancel = default)
    {
        var told = 0;
        foreach (var file in Waiting)
        {
            if (Report(file) is not { } report) continue;
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
    public IReadOnlyList<string> Waiting => Directory.Exists(Path.Combine(device, Openings)) ? [.. Directory.GetFiles(Path.Combine(device, Openings), "*.json").Order()] : [];

    private IEnumerable<(string File, PackOpening Opening)> WaitingOpenings =>
        Waiting.Select(file => (file, Report(file) is { } report ? JsonSerializer.Deserialize<PackOpening>(report.Opening, WireJson.Options) : null)).Where(one => one.Item2 is not null).Select(one => (one.file, one.Item2!));

    private static ReportOpening? Report(string file)
    {
        try { return JsonSerializer.Deserialize<ReportOpening>(File.ReadAllBytes(file), WireJson.Options); }
        catch (JsonException) { throw new RefusedException("pack.report", $"Le compte rendu {Path.GetFileName(file)} est illisible : prévenez le référent sécurité."); }
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
        using var file = OwnerOnly.Create(Path.Combine(place, $"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}.json"));
        file.Write(JsonSerializer.SerializeToUtf8Bytes(new ReportOpening(opening.Pack, bytes, key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)), WireJson.Options));
        file.Flush(flushToDisk: true);
    }

    private static void Write(string path, string text)
    {
        using var file = new StreamWriter(OwnerOnly.Create(path));
        file.Write(text);
    }
}
