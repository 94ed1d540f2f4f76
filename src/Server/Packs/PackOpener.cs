using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    public const string CertificateName = "certificat.pem", KeyName = "cle.pem", Openings = "ouvertures";

    /// <summary>What came out.</summary>
    /// <param name="At">When the pack was sealed.</param>
    internal sealed record Opened(string Unit, DateTimeOffset At, int Patients, int Altered);

    /// <summary>A key and a certificate of this device; the certificate is what officers sign for.</summary>
    public void Create(string name)
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
    }

    /// <exception cref="RefusedException">Not this device's pack, not one that the Custodian sealed, or not whole.</exception>
    public Opened Open(string file, NoteKey journalKey, string by, string reason, string sheet)
    {
        using var own = Own();
        var (pack, sealedKeys, note, stays, rows) = PackFile.Read(file);
        // The journal's key is named after its cell. Nothing is opened that the Custodian did not seal.
        if (!ExportCheck.Signed(note, PackKeys.NoteText(journalKey.Name.Split('/')[^1], pack, sealedKeys), journalKey))
            throw new RefusedException("pack.signature", "Ce dossier de secours n'est pas signé par le gardien de cet établissement : ne vous y fiez pas, reprenez le précédent.");
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

    /// <summary>Tells of every opening that was not told yet.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ReportAsync(Uri server, CancellationToken cancel = default)
    {
        using var http = new HttpClient();
        var told = 0;
        foreach (var file in Waiting)
        {
            using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file, cancel).ConfigureAwait(false));
            content.Headers.ContentType = new("application/json");
            using var answer = await http.PostAsync(new Uri(server, "/packs/openings"), content, cancel).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode) throw new RefusedException("pack.report", $"L'établissement n'a pas pris ce compte rendu (réponse {(int)answer.StatusCode}). Il reste ici ; recommencez.");
            File.Move(file, Path.ChangeExtension(file, ".dit"), overwrite: true);
            told++;
        }
        return told;
    }

    public IReadOnlyList<string> Waiting => Directory.Exists(Path.Combine(device, Openings)) ? [.. Directory.GetFiles(Path.Combine(device, Openings), "*.json").Order()] : [];

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
