using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Serment.Records.Documents;

/// <summary>
/// Seals a stream of any length in chunks of 64 KiB, each AES-256-GCM, each bound to the file's address, its number and
/// whether it is the last: nothing can be altered, cut off, put elsewhere or exchanged unseen. docs/formats/file.md.
/// </summary>
public static class FileSealing
{
    public const int Chunk = 64 * 1024;
    public const int Tag = 16;
    public const int Header = 16 + 32 + 32;
    private static ReadOnlySpan<byte> Magic => "serment/v1/file\n"u8;

    /// <param name="fileKey">What the Custodian lent for this address.</param>
    /// <returns>Size and SHA-256 of what was sealed.</returns>
    /// <exception cref="RefusedException">Nothing in it, or more than <paramref name="limit"/> bytes. What was written then is worthless.</exception>
    public static async Task<(long Size, byte[] Sha256)> SealAsync(byte[] fileKey, FileAddress address, Stream plain, Stream to, long limit, CancellationToken cancel = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var salt = RandomNumberGenerator.GetBytes(32);
        using var chunks = new ChunkCipher(fileKey, address, salt);
        var head = new byte[Header];
        Magic.CopyTo(head);
        salt.CopyTo(head, 16);
        chunks.Commitment.CopyTo(head, 48);
        await to.WriteAsync(head, cancel).ConfigureAwait(false);

        var (present, next, sealedChunk) = (new byte[Chunk], new byte[Chunk], new byte[Chunk + Tag]);
        var length = await plain.ReadAtLeastAsync(present, Chunk, false, cancel).ConfigureAwait(false);
        if (length == 0) throw new RefusedException("file.empty", "Ce fichier est vide : rien n'a été ajouté.");
        long size = 0;
        for (ulong number = 0; ; number++)
        {
            if ((size += length) > limit) throw TooLarge(limit);
            hash.AppendData(present, 0, length);
            var following = length < Chunk ? 0 : await plain.ReadAtLeastAsync(next, Chunk, false, cancel).ConfigureAwait(false);
            chunks.Seal(number, following == 0, present.AsSpan(0, length), sealedChunk);
            await to.WriteAsync(sealedChunk.AsMemory(0, length + Tag), cancel).ConfigureAwait(false);
            if (following == 0) break;
            (present, next, length) = (next, present, following);
        }
        CryptographicOperations.ZeroMemory(present);
        CryptographicOperations.ZeroMemory(next);
        return (size, hash.GetHashAndReset());
    }

    public static RefusedException TooLarge(long limit) =>
        new("file.size", $"Ce fichier dépasse {limit >> 20} Mo : rien n'a été ajouté. Découpez-le, ou compressez-le.");

    internal static RefusedException Altered() =>
        new("file.altered", "Ce fichier a été altéré, tronqué ou remplacé dans le stockage : il n'est pas remis. Prévenez le référent sécurité.");

    internal static bool Begins(ReadOnlySpan<byte> head) => head.StartsWith(Magic);
}

/// <summary>The stream's key and how each chunk uses it.</summary>
internal sealed class ChunkCipher : IDisposable
{
    private readonly AesGcm _aes;
    private readonly byte[] _bound;

    public ChunkCipher(byte[] fileKey, FileAddress address, byte[] salt)
    {
        _bound = address.AssociatedData();
        Span<byte> extracted = stackalloc byte[32];
        Span<byte> key = stackalloc byte[32];
        HKDF.Extract(HashAlgorithmName.SHA256, fileKey, salt, extracted);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, key, [.. "serment/v1/file-stream|"u8, .. _bound]);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, Commitment, "serment/v1/commit"u8);
        _aes = new AesGcm(key, FileSealing.Tag);
        CryptographicOperations.ZeroMemory(extracted);
        CryptographicOperations.ZeroMemory(key);
    }

    public byte[] Commitment { get; } = new byte[32];

    public void Seal(ulong number, bool last, ReadOnlySpan<byte> plain, Span<byte> to) =>
        _aes.Encrypt(Nonce(stackalloc byte[12], number, last), plain, to[..plain.Length], to.Slice(plain.Length, FileSealing.Tag), Bound(number, last));

    public bool Open(ulong number, bool last, ReadOnlySpan<byte> text, Span<byte> to)
    {
        try { _aes.Decrypt(Nonce(stackalloc byte[12], number, last), text[..^FileSealing.Tag], text[^FileSealing.Tag..], to[..(text.Length - FileSealing.Tag)], Bound(number, last)); }
        catch (AuthenticationTagMismatchException) { return false; }
        return true;
    }

    private static Span<byte> Nonce(Span<byte> nonce, ulong number, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[3..], number);
        nonce[11] = last ? (byte)1 : (byte)0;
        return nonce;
    }

    private byte[] Bound(ulong number, bool last) => [.. _bound, .. Encoding.ASCII.GetBytes($"|{number}|{(last ? 1 : 0)}")];

    public void Dispose() => _aes.Dispose();
}
