using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Journal;

/// <summary>
/// What the Merkle tree commits to: for each field SHA-256(its salt ‖ its text), in the order of <see cref="JournalEntry.Fields"/>.
/// The salts are cut from one HKDF-Expand of the entry's salt, so that one field can be shown, with its salt, without the others.
/// docs/formats/journal.md. One hash object for all: not thread-safe.
/// </summary>
internal sealed class Leaf : IDisposable
{
    public const int FieldSalt = 16;
    private static readonly int Length = 32 * JournalEntry.Fields.Length;
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _leaf = new byte[1 + Length], _salts = new byte[FieldSalt * JournalEntry.Fields.Length];
    /// <summary>A field's salt, then its text: hashed in one go.</summary>
    private byte[] _text = new byte[256];

    /// <summary>The 352 bytes of an entry's leaf; overwritten by the next call.</summary>
    public ReadOnlySpan<byte> Of(JournalEntry entry)
    {
        Salts(entry.Salt, _salts);
        for (var i = 0; i < JournalEntry.Fields.Length; i++)
        {
            var value = JournalEntry.Fields[i].Value(entry);
            if (FieldSalt + Encoding.UTF8.GetMaxByteCount(value.Length) > _text.Length) _text = new byte[FieldSalt + Encoding.UTF8.GetMaxByteCount(value.Length)];
            _salts.AsSpan(FieldSalt * i, FieldSalt).CopyTo(_text);
            _sha.AppendData(_text.AsSpan(0, FieldSalt + Encoding.UTF8.GetBytes(value, _text.AsSpan(FieldSalt))));
            _sha.GetHashAndReset(_leaf.AsSpan(1 + 32 * i, 32));
        }
        return _leaf.AsSpan(1);
    }

    /// <summary>RFC 6962 hash of an entry's leaf: SHA-256(0 ‖ leaf).</summary>
    public byte[] HashOf(JournalEntry entry)
    {
        Of(entry);
        _sha.AppendData(_leaf);
        return _sha.GetHashAndReset();
    }

    /// <summary>Every field's salt, 16 bytes each in the order of the fields.</summary>
    public static void Salts(ReadOnlySpan<byte> entrySalt, Span<byte> into) => HKDF.Expand(HashAlgorithmName.SHA256, entrySalt, into, "serment/v2/leaf"u8);

    public void Dispose() => _sha.Dispose();
}
