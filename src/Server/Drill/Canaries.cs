using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Serment.Server.Drill;

/// <summary>
/// A mark for every patient and kind of data: ZQX and one AES block under a key of this drill, as 32 letters A to P. It is a name that nobody bears,
/// it is found in any text, file or memory in one pass, and it is read back without a list: a million patients cost nothing, and nobody makes one up.
/// </summary>
internal sealed class Canaries : IDisposable
{
    public const int Length = 35;
    private const string Head = "ZQX";
    private static readonly SearchValues<string> Heads = SearchValues.Create([Head], StringComparison.OrdinalIgnoreCase);
    private static readonly byte[][] ByteHeads = [[.. "ZQX"u8], [.. "zqx"u8], [.. "Zqx"u8], [(byte)'Z', 0, (byte)'Q', 0, (byte)'X', 0], [(byte)'z', 0, (byte)'q', 0, (byte)'x', 0]];
    private readonly Aes _aes = Aes.Create();

    public string Of(int patient, Domain domain)
    {
        var block = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(block, patient);
        block[4] = (byte)domain;
        return string.Concat(Head, string.Concat(_aes.EncryptEcb(block, PaddingMode.None).Select(b => $"{(char)('A' + (b >> 4))}{(char)('A' + (b & 15))}")));
    }

    public void In(ReadOnlySpan<char> text, Action<int, Domain> found)
    {
        Span<byte> block = stackalloc byte[16], plain = stackalloc byte[16];
        for (int at; (at = text.IndexOfAny(Heads)) >= 0 && text.Length - at >= Length; text = text[(at + 3)..])
            if (Letters(text.Slice(at + 3, 32), block)) Tell(block, plain, found);
    }

    /// <summary>In files and memories: as ASCII or as UTF-16.</summary>
    public void In(ReadOnlySpan<byte> bytes, Action<int, Domain> found)
    {
        Span<byte> block = stackalloc byte[16], plain = stackalloc byte[16];
        Span<char> letters = stackalloc char[32];
        foreach (var head in ByteHeads)
        {
            var step = head.Length / 3;
            var left = bytes;
            for (int at; (at = left.IndexOf(head)) >= 0 && left.Length - at >= Length * step; left = left[(at + head.Length)..])
            {
                for (var i = 0; i < 32; i++) letters[i] = (char)left[at + head.Length + i * step];
                if (Letters(letters, block)) Tell(block, plain, found);
            }
        }
    }

    private void Tell(Span<byte> block, Span<byte> plain, Action<int, Domain> found)
    {
        _aes.DecryptEcb(block, plain, PaddingMode.None);
        if (!plain[5..].ContainsAnyExcept((byte)0)) found(BinaryPrimitives.ReadInt32BigEndian(plain), (Domain)plain[4]);
    }

    private static bool Letters(ReadOnlySpan<char> letters, Span<byte> block)
    {
        for (var i = 0; i < 16; i++)
        {
            var (high, low) = ((letters[2 * i] | 32) - 'a', (letters[2 * i + 1] | 32) - 'a');
            if (high is < 0 or > 15 || low is < 0 or > 15) return false;
            block[i] = (byte)(high << 4 | low);
        }
        return true;
    }

    public void Dispose() => _aes.Dispose();
}
