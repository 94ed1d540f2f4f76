using System.Globalization;
using System.Security.Cryptography;

namespace Serment.Custodian.Journal;

/// <summary>
/// RFC 6962 hashing in the C2SP tlog-tiles layout: tile/L/NNN holds 256 hashes of level 8·L. Kept in memory is only
/// the right edge; everything here can be rebuilt from the leaves, so it is written without waiting for the disk.
/// </summary>
internal sealed class MerkleTiles(string directory)
{
    private const int Width = 256;
    /// <summary>Per tile level, the hashes of its last, incomplete tile.</summary>
    private readonly List<List<byte[]>> _edge = [[]];

    public long Size { get; private set; }

    public void Add(byte[] leaf)
    {
        Put(0, HashLeaf(leaf), Size);
        Size++;
    }

    /// <summary>RFC 6962 root of all leaves so far.</summary>
    public byte[] Root()
    {
        if (Size == 0) return SHA256.HashData([]);
        byte[]? root = null;
        foreach (var level in _edge)
            foreach (var hash in RangeEdge(level))
                root = root is null ? hash : HashNode(hash, root);
        return root!;
    }

    /// <summary>Writes the incomplete tiles, for readers from outside.</summary>
    public void WritePartial()
    {
        for (var level = 0; level < _edge.Count; level++)
            if (_edge[level].Count > 0)
                Write(level, Size >> (8 * (level + 1)), _edge[level], _edge[level].Count);
    }

    public static byte[] HashLeaf(ReadOnlySpan<byte> leaf) => SHA256.HashData([0, .. leaf]);

    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => SHA256.HashData([1, .. left, .. right]);

    /// <summary>The path of a tile: three digits a folder, all but the last marked with x.</summary>
    public static string Path(int level, long index, int width)
    {
        var text = (index % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (index /= 1000; index > 0; index /= 1000) text = $"x{index % 1000:D3}/{text}";
        return width == Width ? $"tile/{level}/{text}" : $"tile/{level}/{text}.p/{width}";
    }

    private void Put(int level, byte[] hash, long position)
    {
        if (_edge.Count == level) _edge.Add([]);
        var tile = _edge[level];
        tile.Add(hash);
        if (tile.Count < Width) return;
        var index = position / Width;
        Write(level, index, tile, Width);
        var top = Fold(tile);
        _edge[level] = [];
        Put(level + 1, top, index);
    }

    /// <summary>The perfect subtrees of a partial tile, smallest (rightmost) first.</summary>
    private static IEnumerable<byte[]> RangeEdge(List<byte[]> hashes)
    {
        var end = hashes.Count;
        for (var bit = 1; end > 0; bit <<= 1)
        {
            if ((end & bit) == 0) continue;
            yield return Fold(hashes.GetRange(end - bit, bit));
            end -= bit;
        }
    }

    private static byte[] Fold(List<byte[]> hashes)
    {
        while (hashes.Count > 1)
        {
            var above = new List<byte[]>(hashes.Count / 2);
            for (var i = 0; i < hashes.Count; i += 2) above.Add(HashNode(hashes[i], hashes[i + 1]));
            hashes = above;
        }
        return hashes[0];
    }

    private void Write(int level, long index, List<byte[]> hashes, int width)
    {
        var path = System.IO.Path.Combine(directory, Path(level, index, width));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, [.. hashes.SelectMany(h => h)]);
        File.Move(temporary, path, overwrite: true);
        // What the full tile says again (tlog-tiles: partial tiles may go once theirs is full).
        if (width == Width && Directory.Exists(path + ".p")) Directory.Delete(path + ".p", recursive: true);
    }
}
