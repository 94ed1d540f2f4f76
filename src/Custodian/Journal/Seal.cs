using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Journal;

/// <summary>AES-256-GCM under the journal's own key: nonce 12 ‖ ciphertext ‖ tag 16, bound to the cell's journal and to a place in it.</summary>
internal sealed class Seal(byte[] key, string origin) : IDisposable
{
    public const int Overhead = 28;
    private readonly ThreadLocal<AesGcm> _aes = new(() => new AesGcm(key, 16), trackAllValues: true);

    public void Close(ReadOnlySpan<byte> plain, Span<byte> sealedBytes, string place)
    {
        RandomNumberGenerator.Fill(sealedBytes[..12]);
        _aes.Value!.Encrypt(sealedBytes[..12], plain, sealedBytes[12..^16], sealedBytes[^16..], Bound(place));
    }

    public byte[] Close(ReadOnlySpan<byte> plain, string place)
    {
        var sealedBytes = new byte[plain.Length + Overhead];
        Close(plain, sealedBytes, place);
        return sealedBytes;
    }

    /// <summary>False: altered, of another place or of another journal.</summary>
    public bool TryOpen(ReadOnlySpan<byte> sealedBytes, Span<byte> plain, string place)
    {
        if (sealedBytes.Length < Overhead) return false;
        try { _aes.Value!.Decrypt(sealedBytes[..12], sealedBytes[12..^16], sealedBytes[^16..], plain, Bound(place)); }
        catch (AuthenticationTagMismatchException) { return false; }
        return true;
    }

    private byte[] Bound(string place) => Encoding.UTF8.GetBytes($"serment/v2/journal|{origin}|{place}");

    public void Dispose()
    {
        foreach (var aes in _aes.Values) aes.Dispose();
        _aes.Dispose();
    }
}
