using System.Security.Cryptography;

namespace Serment.Records.Entries;

/// <summary>What a sealed record looks like at rest. docs/formats/record.md.</summary>
/// <param name="Salt">32 random bytes, new for every version of every entry: the record's key is never used twice.</param>
/// <param name="Commitment">Proves the key before the text is touched, so that one ciphertext cannot open under two keys.</param>
/// <param name="Text">AES-256-GCM ciphertext, then its tag of 16 bytes. The nonce is zero: the key is used once.</param>
public sealed record SealedRecord(byte[] Salt, byte[] Commitment, byte[] Text);

/// <summary>Sealing and opening of one record: HKDF-SHA256 from the patient × domain key, AES-256-GCM bound to the record's address.</summary>
public static class RecordSealing
{
    public const string AlteredCode = "record.altered";
    private const int Bucket = 256;
    private static readonly byte[] Nonce = new byte[12];

    public static SealedRecord Seal(ReadOnlySpan<byte> domainKey, RecordAddress address, ReadOnlySpan<byte> json)
    {
        var salt = RandomNumberGenerator.GetBytes(32);
        Span<byte> key = stackalloc byte[32];
        var commitment = new byte[32];
        Derive(domainKey, salt, address.AssociatedData(), key, commitment);
        return new SealedRecord(salt, commitment, Encrypt(key, address, json));
    }

    /// <summary>With a record key that the Custodian made for this address (encrypt-only clients).</summary>
    public static SealedRecord Seal(ReadOnlySpan<byte> recordKey, byte[] salt, byte[] commitment, RecordAddress address, ReadOnlySpan<byte> json) =>
        new(salt, commitment, Encrypt(recordKey, address, json));

    /// <exception cref="RefusedException">The record was altered, moved, or belongs under another key.</exception>
    public static byte[] Open(ReadOnlySpan<byte> domainKey, RecordAddress address, SealedRecord record)
    {
        var bound = address.AssociatedData();
        Span<byte> key = stackalloc byte[32];
        Span<byte> commitment = stackalloc byte[32];
        Derive(domainKey, record.Salt, bound, key, commitment);
        if (!CryptographicOperations.FixedTimeEquals(commitment, record.Commitment) || record.Text.Length < 16) throw Altered();
        var json = new byte[record.Text.Length - 16];
        using var aes = new AesGcm(key, 16);
        try { aes.Decrypt(Nonce, record.Text.AsSpan(0, json.Length), record.Text.AsSpan(json.Length), json, bound); }
        catch (AuthenticationTagMismatchException) { throw Altered(); }
        finally { CryptographicOperations.ZeroMemory(key); }
        return json;
    }

    /// <summary>Lengths say little: JSON is padded with spaces to the next 256 bytes.</summary>
    private static byte[] Encrypt(ReadOnlySpan<byte> key, RecordAddress address, ReadOnlySpan<byte> json)
    {
        var padded = new byte[(json.Length / Bucket + 1) * Bucket];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded);
        var text = new byte[padded.Length + 16];
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(Nonce, padded, text.AsSpan(0, padded.Length), text.AsSpan(padded.Length), address.AssociatedData());
        return text;
    }

    /// <summary>One extraction, two expansions: the key is bound to the address, the commitment to the salt alone.</summary>
    private static void Derive(ReadOnlySpan<byte> domainKey, byte[] salt, byte[] bound, Span<byte> key, Span<byte> commitment)
    {
        Span<byte> extracted = stackalloc byte[32];
        HKDF.Extract(HashAlgorithmName.SHA256, domainKey, salt, extracted);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, key, [.. "serment/v1/record|"u8, .. bound]);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, commitment, "serment/v1/commit"u8);
        CryptographicOperations.ZeroMemory(extracted);
    }

    private static RefusedException Altered() =>
        new(AlteredCode, "Un élément de ce dossier a été altéré ou déplacé dans la base : il n'est pas affiché. Prévenez le référent sécurité.");
}
