using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Serment.Custodian.Approvals;

namespace Serment.Custodian.Exports;

/// <summary>An export that two officers allowed: these patients, these kinds of data, this recipient, this window.</summary>
internal sealed record BulkExport(ApprovalId Id, string Recipient, byte[] Certificate, IReadOnlyList<Domain> Domains, bool Names, ClientId Client, int Count, string Digest, DateTimeOffset From, DateTimeOffset Until, bool Frozen = false, DateTimeOffset? SealedAt = null, string? Project = null)
{
    public const int BlockSize = 1000;

    public int Blocks => (Count + BlockSize - 1) / BlockSize;

    public string Fingerprint => FingerprintOf(Certificate);

    public static string FingerprintOf(byte[] certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate));

    /// <exception cref="RefusedException">Frozen, or outside its window.</exception>
    public void Open(DateTimeOffset now)
    {
        if (Frozen) throw new RefusedException("export.frozen", "Cet export est gelé : un autre doit être proposé et approuvé.");
        if (now >= Until) throw new RefusedException("export.expired", "La fenêtre de cet export est passée : un autre doit être proposé et approuvé.");
    }

    public IEnumerable<PatientId> PatientsOf(PatientList list, int block) => list.Patients.Skip(block * BlockSize).Take(BlockSize);

    /// <exception cref="RefusedException">Not a certificate, too weak a key, or one that is over before the window.</exception>
    public static X509Certificate2 Recipients(byte[] certificate, DateTimeOffset until)
    {
        X509Certificate2 read;
        try { read = X509CertificateLoader.LoadCertificate(certificate); }
        catch (CryptographicException) { throw Invalid("Le certificat du destinataire est illisible : un certificat X.509 est attendu."); }
        using var key = read.GetRSAPublicKey();
        if (key is null || key.KeySize < 3072) throw Invalid("Le certificat du destinataire doit porter une clé RSA de 3 072 bits au moins.");
        if (read.NotAfter.ToUniversalTime() < until.UtcDateTime) throw Invalid("Le certificat du destinataire expire avant la fin de l'export.");
        return read;

        static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);
    }
}
