using System.Buffers;
using System.Security.Cryptography;

namespace Serment.Records.Entries;

/// <summary>What a sealed record looks like at rest. docs/formats/record.md.</summary>
/// <param name="Salt">32 bytes that name the slot: with the patient × domain key they give the key.</param>
/// <param name="Commitment">Proves the key before the text is touched, so that one ciphertext cannot open under two keys.</param>
/// <param name="Text">A random nonce of 12 bytes, AES-256-GCM ciphertext, its tag of 16 bytes.</param>
public sealed record SealedRecord(byte[] Salt, byte[] Commitment, byte[] Text);

/// <summary>
/// The key of one slot: records of one patient × domain that share a salt. Each record has a nonce of its own and is bound
/// to its address. Whoever reads a chart derives a key per slot, not per record. Not for two threads at once.
/// </summary>
public sealed class RecordSlot : IDisposable
{
    public const string AlteredCode = "record.altered", NotLentCode = "record.key-version";
    public const int SaltLength = 32;
    private const int Bucket = 256, NonceLength = 12, TagLength = 16;
    private readonly AesGcm _aes;
    private readonly byte[] _salt, _commitment;

    private RecordSlot(int keyVersion, ReadOnlySpan<byte> key, byte[] salt, byte[] commitment) =>
        (KeyVersion, _aes, _salt, _commitment) = (keyVersion, new AesGcm(key, TagLength), salt, commitment);

    /// <summary>The slot in which holders of the patient × domain key write. No client that only adds ever has it: theirs are drawn by the Custodian.</summary>
    public static byte[] Own { get; } = new byte[SaltLength];

    public int KeyVersion { get; }

    public static RecordSlot Derive(int keyVersion, ReadOnlySpan<byte> domainKey, byte[] salt)
    {
        Span<byte> derived = stackalloc byte[64];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, domainKey, derived, salt, "serment/v2/slot"u8);
        var slot = new RecordSlot(keyVersion, derived[..32], salt, derived[32..].ToArray());
        CryptographicOperations.ZeroMemory(derived);
        return slot;
    }

    /// <summary>A slot whose key the Custodian drew for a client that only adds.</summary>
    public static RecordSlot Lent(int keyVersion, ReadOnlySpan<byte> key, byte[] salt, byte[] commitment) => new(keyVersion, key, salt, commitment);

    /// <summary>Lengths say little: JSON is padded with spaces to the next 256 bytes.</summary>
    public SealedRecord Seal(RecordAddress address, ReadOnlySpan<byte> json)
    {
        var padded = new byte[(json.Length / Bucket + 1) * Bucket];
        json.CopyTo(padded);
        padded.AsSpan(json.Length).Fill((byte)' ');
        var text = new byte[NonceLength + padded.Length + TagLength];
        RandomNumberGenerator.Fill(text.AsSpan(0, NonceLength));
        _aes.Encrypt(text.AsSpan(0, NonceLength), padded, text.AsSpan(NonceLength, padded.Length), text.AsSpan(NonceLength + padded.Length), address.AssociatedData());
        CryptographicOperations.ZeroMemory(padded);
        return new SealedRecord(_salt, _commitment, text);
    }

    /// <summary>What <paramref name="read"/> makes of the text; the text itself is wiped when it returns.</summary>
    /// <exception cref="RefusedException">The record was altered, moved, or belongs under another key.</exception>
    public T Open<T>(RecordAddress address, SealedRecord record, Func<ReadOnlySpan<byte>, T> read)
    {
        if (!CryptographicOperations.FixedTimeEquals(_commitment, record.Commitment) || record.Text.Length < NonceLength + TagLength) throw Altered();
        var text = record.Text.AsSpan();
        var length = text.Length - NonceLength - TagLength;
        var json = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _aes.Decrypt(text[..NonceLength], text[NonceLength..^TagLength], text[^TagLength..], json.AsSpan(0, length), address.AssociatedData());
            return read(json.AsSpan(0, length));
        }
        catch (AuthenticationTagMismatchException) { throw Altered(); }
        finally
        {
            CryptographicOperations.ZeroMemory(json.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(json);
        }
    }

    internal static RefusedException Altered() =>
        new(AlteredCode, "Un élément de ce dossier a été altéré ou déplacé dans la base : il n'est pas affiché. Prévenez le référent sécurité.");

    internal static RefusedException NotLent(int version) =>
        new(NotLentCode, $"Un élément de ce dossier est scellé sous la version {version} des clés, que cette ouverture n'a pas : rouvrez le dossier. S'il reste fermé, prévenez le référent sécurité.");

    public void Dispose() => _aes.Dispose();
}
