using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Serment.Server.Commands;

/// <summary>Something in the journal's files is not as the signed checkpoint says.</summary>
/// <param name="Place">The file, and the entries in it where that can be known.</param>
internal sealed record JournalFault(string Place, string Message);

internal sealed class JournalFaultException(string place, string message) : Exception(message)
{
    public JournalFault Fault { get; } = new(place, message);
}

/// <summary>A verifier key as C2SP signed notes write it: name+hash+base64(1 ‖ Ed25519 key), the hash recomputed.</summary>
internal sealed record NoteKey(string Name, byte[] Hash, PublicKey Key)
{
    public static NoteKey Parse(string text, string place)
    {
        var parts = text.Trim().Split('+', 3);
        if (parts is not [var name, var hex, var encoded] || Checkpoint.Base64(encoded, 33) is not { } key || key[0] != 1 || !PublicKey.TryImport(SignatureAlgorithm.Ed25519, key.AsSpan(1), KeyBlobFormat.RawPublicKey, out var imported) || imported is null)
            throw new JournalFaultException(place, "La clé de vérification est illisible (attendu : nom+empreinte+clé).");
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), 10, .. key])[..4];
        if (Convert.ToHexStringLower(hash) != hex)
            throw new JournalFaultException(place, "L'empreinte de la clé de vérification ne correspond pas à la clé.");
        return new NoteKey(name, hash, imported);
    }

    public bool Verifies(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => SignatureAlgorithm.Ed25519.Verify(Key, text, signature);
}

/// <summary>A tree head whose signature holds (C2SP tlog-checkpoint).</summary>
internal sealed record Checkpoint(string Origin, long Size, byte[] Root, string Note)
{
    public static Checkpoint Open(string note, NoteKey key, string place)
    {
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n')) throw new JournalFaultException(place, "Le point de contrôle n'est pas une note signée.");
        var text = note[..(end + 1)];
        var signed = note[(end + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries).Any(line => Holds(line, text, key));
        if (!signed) throw new JournalFaultException(place, $"La signature du point de contrôle n'est pas celle de la clé « {key.Name} » : il a été modifié, ou signé par une autre clé.");
        var lines = text.Split('\n');
        if (lines.Length < 4 || lines[0] != key.Name
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size.ToString(CultureInfo.InvariantCulture) != lines[1]
            || Base64(lines[2], 32) is not { } root)
            throw new JournalFaultException(place, "Le point de contrôle est signé mais mal formé (origine, taille, racine).");
        return new Checkpoint(lines[0], size, root, note);
    }

    /// <summary>One text for one value: the loose bits at the end of base64 must be zero.</summary>
    public static byte[]? Base64(string text, int length)
    {
        var bytes = new byte[length + 2];
        return Convert.TryFromBase64String(text, bytes, out var written) && written == length && Convert.ToBase64String(bytes, 0, length) == text ? bytes[..length] : null;
    }

    private static bool Holds(string line, string text, NoteKey key)
    {
        var parts = line.Split(' ');
        return parts is ["—", var name, var signature] && name == key.Name
            && Base64(signature, 68) is { } bytes && bytes.AsSpan(0, 4).SequenceEqual(key.Hash)
            && key.Verifies(Encoding.UTF8.GetBytes(text), bytes.AsSpan(4));
    }
}

/// <summary>
/// The Merkle tree of RFC 6962 §2.1 by its recursive definition, over tiles on disk (C2SP tlog-tiles). Written apart from
/// the writer's own tree on purpose: two ways to the same root. Memory is one path of tiles, whatever the journal's size.
/// </summary>
internal sealed class TileTree(string journal, long size)
{
    private const int Width = 256;
    private readonly Dictionary<int, (long Index, byte[] Hashes)> _open = [];

    public List<JournalFault> Faults { get; } = [];
    public int TilesRead { get; private set; }

    /// <summary>Told the entries gone through so far, after each tile of leaves.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>Root of the first <paramref name="count"/> leaves; on the way every higher tile is compared with what its leaves give.</summary>
    public byte[] Root(long count) => count == 0 ? SHA256.HashData([]) : Node(0, count);

    /// <summary>RFC 6962 §2.1.1, PATH(m, D[n]).</summary>
    public IReadOnlyList<byte[]> Inclusion(long index)
    {
        var path = new List<byte[]>();
        Walk(0, size);
        return path;

        void Walk(long start, long count)
        {
            if (count == 1) return;
            var left = Split(count);
            if (index < start + left) { Walk(start, left); path.Add(Node(start + left, count - left)); }
            else { Walk(start + left, count - left); path.Add(Node(start, left)); }
        }
    }

    /// <summary>RFC 9162 §2.1.3.2: the root that a proof leads to, computed from leaf to root.</summary>
    public static byte[] RootOf(long index, long count, byte[] leaf, IReadOnlyList<byte[]> path)
    {
        var (at, last, hash) = (index, count - 1, leaf);
        foreach (var beside in path)
        {
            if (last == 0) return [];
            if ((at & 1) == 1 || at == last)
            {
                hash = Pair(beside, hash);
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else hash = Pair(hash, beside);
            (at, last) = (at >> 1, last >> 1);
        }
        return last == 0 ? hash : [];
    }

    public byte[] Leaf(long index) => Hash(0, index);

    /// <summary>Tiles on disk that the checkpoint does not need (older partial ones) must still begin like those it does.</summary>
    public void CheckLeftOvers()
    {
        var root = Path.Combine(journal, "tile");
        if (!Directory.Exists(root)) return;
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = "tile/" + Path.GetRelativePath(root, file).Replace('\\', '/');
            if (name.EndsWith(".new", StringComparison.Ordinal)) continue;
            if (Place(name) is not var (level, index, width)) { Fault(name, "Fichier étranger parmi les tuiles."); continue; }
            var covered = (int)Math.Clamp(CountAt(level) - index * Width, 0, width);
            byte[] bytes;
            try { bytes = File.ReadAllBytes(file); }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException) { continue; }
            if (bytes.Length != 32 * width) Fault(name, $"La tuile a {bytes.Length} octets au lieu de {32 * width}.");
            else if (covered > 0 && !bytes.AsSpan(0, 32 * covered).SequenceEqual(Tile(level, index).AsSpan(0, 32 * covered)))
                Fault(name, "Cette tuile contredit la tuile plus récente de la même place.");
        }
    }

    public static string NameOf(int level, long index, int width)
    {
        var digits = index.ToString("D3", CultureInfo.InvariantCulture);
        digits = digits.PadLeft((digits.Length + 2) / 3 * 3, '0');
        var groups = Enumerable.Range(0, digits.Length / 3).Select(i => digits.Substring(3 * i, 3)).ToArray();
        var path = string.Join('/', groups.Select((group, i) => i < groups.Length - 1 ? "x" + group : group));
        return $"tile/{level}/{path}{(width == Width ? "" : $".p/{width}")}";
    }

    private static (int Level, long Index, int Width)? Place(string name)
    {
        var parts = name.Split('/');
        var width = Width;
        if (parts.Length > 3 && parts[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= Width) return null;
            parts = [.. parts[..^2], parts[^2][..^2]];
        }
        if (parts.Length < 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var level) || level > 7) return null;
        var digits = string.Concat(parts[2..].Select(part => part.TrimStart('x')));
        return digits.Length <= 18 && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && NameOf(level, index, width) == name ? (level, index, width) : null;
    }

    private byte[] Node(long start, long count)
    {
        if (count == 1) return Hash(0, start);
        var left = Split(count);
        var hash = Pair(Node(start, left), Node(start + left, count - left));
        if (LevelOf(count) is { } level && start % count == 0 && !Hash(level, start / count).AsSpan().SequenceEqual(hash))
            Fault(NameOf(level - 1, start / count, Width), $"Les entrées {start} à {start + count - 1} ne donnent pas l'empreinte gardée dans {NameOf(level, start / count / Width, WidthAt(level, start / count / Width))} : l'une des deux tuiles a été altérée.");
        return hash;
    }

    /// <summary>The largest power of two smaller than <paramref name="count"/>.</summary>
    private static long Split(long count) => 1L << (63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)(count - 1)));

    private static int? LevelOf(long count) =>
        System.Numerics.BitOperations.IsPow2(count) && System.Numerics.BitOperations.Log2((ulong)count) is var bits && bits % 8 == 0 ? bits / 8 : null;

    private static byte[] Pair(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);

    private byte[] Hash(int level, long position) => Tile(level, position / Width).AsSpan((int)(position % Width) * 32, 32).ToArray();

    private byte[] Tile(int level, long index)
    {
        if (_open.TryGetValue(level, out var open) && open.Index == index) return open.Hashes;
        var width = WidthAt(level, index);
        var name = NameOf(level, index, width);
        // A partial tile may have been filled, and removed, since the checkpoint was signed.
        var bytes = Read(name);
        var expected = 32 * (bytes is null ? Width : width);
        bytes ??= Read(NameOf(level, index, Width)) ?? throw new JournalFaultException(name, $"La tuile manque, alors que le point de contrôle signé compte {size} entrées.");
        if (bytes.Length != expected) throw new JournalFaultException(name, $"La tuile a {bytes.Length} octets au lieu de {expected}.");
        TilesRead++;
        if (level == 0) Progress?.Invoke(Math.Min(size, (index + 1) * Width));
        _open[level] = (index, bytes);
        return bytes;
    }

    private byte[]? Read(string name)
    {
        try { return File.ReadAllBytes(Path.Combine(journal, name)); }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException) { return null; }
    }

    private long CountAt(int level) => size >> (8 * level);

    private int WidthAt(int level, long index) => (int)Math.Min(Width, CountAt(level) - index * Width);

    private void Fault(string place, string message)
    {
        var fault = new JournalFault(place, message);
        if (Faults.Count < 20 && !Faults.Contains(fault)) Faults.Add(fault);
    }
}
