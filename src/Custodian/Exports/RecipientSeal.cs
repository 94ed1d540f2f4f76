using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Text;
using NSec.Cryptography;

namespace Serment.Custodian.Exports;

/// <summary>Seals to a recipient's certificate (CMS EnvelopedData, RFC 5652: AES-256-CBC, RSA-OAEP with SHA-256), and signs manifests.</summary>
internal static class RecipientSeal
{
    private static readonly Oid Aes256Cbc = new("2.16.840.1.101.3.4.1.42");

    /// <summary>What it seals is authenticated by the manifest, which holds its digest.</summary>
    public static byte[] Seal(byte[] plain, byte[] certificate, DateTimeOffset now)
    {
        using var recipient = BulkExport.Recipients(certificate, now);
        var cms = new EnvelopedCms(new ContentInfo(plain), new AlgorithmIdentifier(Aes256Cbc));
        cms.Encrypt(new CmsRecipient(SubjectIdentifierType.IssuerAndSerialNumber, recipient, RSAEncryptionPadding.OaepSHA256));
        return cms.Encode();
    }

    /// <summary>A signed note (C2SP) under the journal's key; its first line is no checkpoint's.</summary>
    public static string Note(string text, byte[] journalSeed, string origin)
    {
        using var key = Key.Import(SignatureAlgorithm.Ed25519, journalSeed, KeyBlobFormat.RawPrivateKey);
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(origin), (byte)'\n', 1, .. key.PublicKey.Export(KeyBlobFormat.RawPublicKey)])[..4];
        return $"{text}\n— {origin} {Convert.ToBase64String([.. hash, .. SignatureAlgorithm.Ed25519.Sign(key, Encoding.UTF8.GetBytes(text))])}\n";
    }
}
