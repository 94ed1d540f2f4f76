using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Serment.Custodian.Journal;

/// <summary>
/// RFC 6962 hashing in the C2SP tlog-tiles layout: tile/L/NNN holds 256 hashes of level 8·L. Kept in memory is only
/// the right edge, taken up again at start from the tiles themselves. A tile is on the disk before a checkpoint counts on it.
/// One writer.
/// </summary>
internal sealed class MerkleTiles(string directory)
{
    private const int Width = 256, Hash = 32;

    private sealed class Edge
    {
        public readonly byte[] Hashes = new byte[Width * Hash];
        public int Count;
    }

    /// <summary>Per tile level, its last, incomplete tile.</summary>
    private readonly List<Edge> _edge = [new()];

    public long Size { get; private set; }

    /// <summary>The tree of the first <paramref name="size"/> leaves as the tiles have it; null when one is missing or short.</summary>
    public static MerkleTiles? Open(string directory, long size)
    {
        var tiles = new MerkleTiles(directory) { Size = size };
        for (var level = 0; size >> (8 * level) > 0; level++)
        {
            if (level > 0) tiles._edge.Add(new Edge());
            var edge = tiles._edge[level];
            edge.Count = (int)((size >> (8 * level)) % Width);
            if (edge.Count > 0 && !tiles.ReadTile(level, size >> (8 * (level + 1)), edge.Count, edge.Hashes)) return null;
        }
        return tiles;
    }

    public void Add(ReadOnlySpan<byte> leaf) => AddHash(HashLeaf(leaf));

    /// <summary>A tile that cannot be written leaves the tree as it was: the same hash may be added again.</summary>
    public void AddHash(ReadOnlySpan<byte> leafHash)
    {
        Span<byte> carried = stackalloc byte[Hash];
        leafHash.CopyTo(carried);
        var level = 0;
        for (; level < _edge.Count && _edge[level].Count == Width - 1; level++)
        {
            carried.CopyTo(_edge[level].Hashes.AsSpan((Width - 1) * Hash));
            Write(level, Size >> (8 * (level + 1)), _edge[level], Width);
            Fold(_edge[level].Hashes).CopyTo(carried);
        }
        for (var full = 0; full < level; full++) _edge[full].Count = 0;
        if (level == _edge.Count) _edge.Add(new Edge());
        carried.CopyTo(_edge[level].Hashes.AsSpan(_edge[level].Count++ * Hash));
        Size++;
    }

    /// <summary>RFC 6962 root of all leaves so far.</summary>
    public byte[] Root()
    {
        if (Size == 0) return SHA256.HashData([]);
        byte[]? root = null;
        foreach (var edge in _edge)
            // The perfect subtrees of a partial tile, smallest (rightmost) first.
            for (var (bit, end) = (1, edge.Count); end > 0; bit <<= 1)
            {
                if ((end & bit) == 0) continue;
                var left = Fold(edge.Hashes.AsSpan((end - bit) * Hash, bit * Hash));
                root = root is null ? left : HashNode(left, root);
                end -= bit;
            }
        return root!;
    }

    /// <summary>Writes the incomplete tiles, for readers from outside and for the next start.</summary>
    public void WritePartial()
    {
        for (var level = 0; level < _edge.Count; level++)
            if (_edge[level].Count > 0)
                Write(level, Size >> (8 * (level + 1)), _edge[level], _edge[level].Count);
    }

    /// <summary>RFC 6962 §2.1.1: the hashes that lead from a leaf to the root of the first <paramref name="size"/> leaves, from the tiles on the disk.</summary>
    /// <exception cref="RefusedException">A tile is missing.</exception>
    public List<byte[]> Inclusion(long index, long size)
    {
        var path = new List<byte[]>();
        for (var (start, count) = (0L, size); count > 1;)
        {
            var left = 1L << (63 - BitOperations.LeadingZeroCount((ulong)(count - 1)));
            if (index < start + left)
            {
                path.Add(Range(start + left, count - left, size));
                count = left;
            }
            else
            {
                path.Add(Range(start, left, size));
                (start, count) = (start + left, count - left);
            }
        }
        path.Reverse();
        return path;
    }

    /// <summary>RFC 6962 root of the first <paramref name="count"/> leaves, from the tiles on the disk that hold <paramref name="size"/>. A tile and a fold for each bit of the count that is set.</summary>
    /// <exception cref="RefusedException">A tile is missing.</exception>
    public byte[] RootAt(long count, long size) => count == 0 ? SHA256.HashData([]) : Range(0, count, size);

    public static byte[] HashLeaf(ReadOnlySpan<byte> leaf) => SHA256.HashData([0, .. leaf]);

    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> node = stackalloc byte[1 + 2 * Hash];
        node[0] = 1;
        left.CopyTo(node[1..]);
        right.CopyTo(node[(1 + Hash)..]);
        return SHA256.HashData(node);
    }

    /// <summary>The path of a tile: three digits a folder, all but the last marked with x.</summary>
    public static string Path(int level, long index, int width)
    {
        var text = (index % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (index /= 1000; index > 0; index /= 1000) text = $"x{index % 1000:D3}/{text}";
        return width == Width ? $"tile/{level}/{text}" : $"tile/{level}/{text}.p/{width}";
    }

    /// <summary>The root of a perfect subtree's lowest row, a power of two of hashes.</summary>
    private static byte[] Fold(ReadOnlySpan<byte> hashes)
    {
        Span<byte> row = stackalloc byte[hashes.Length];
        hashes.CopyTo(row);
        Span<byte> node = stackalloc byte[1 + 2 * Hash];
        node[0] = 1;
        for (; row.Length > Hash; row = row[..(row.Length / 2)])
            for (var i = 0; i < row.Length / 2; i += Hash)
            {
                row.Slice(2 * i, 2 * Hash).CopyTo(node[1..]);
                SHA256.HashData(node, row.Slice(i, Hash));
            }
        return row.ToArray();
    }

    /// <summary>Hash of some leaves that the tree of <paramref name="size"/> leaves knows as a subtree.</summary>
    private byte[] Range(long start, long count, long size)
    {
        if (!BitOperations.IsPow2(count))
        {
            var left = 1L << BitOperations.Log2((ulong)count);
            return HashNode(Range(start, left, size), Range(start + left, count - left, size));
        }
        var level = BitOperations.Log2((ulong)count) / 8;
        var index = start >> (8 * level);
        var (tile, hashes) = (index / Width, new byte[Width * Hash]);
        if (!ReadTile(level, tile, (int)Math.Min(Width, (size >> (8 * level)) - tile * Width), hashes)) throw new RefusedException("journal.tile", "Une tuile du journal manque ou ne se lit pas : « serment journal verify » dit laquelle.");
        return Fold(hashes.AsSpan((int)(index % Width) * Hash, (int)(count >> (8 * level)) * Hash));
    }

    /// <summary>The first hashes of a tile: from the partial one of just this width, or from the full one that has replaced it.</summary>
    private bool ReadTile(int level, long index, int width, Span<byte> into)
    {
        foreach (var name in new[] { Path(level, index, width), Path(level, index, Width) })
            try
            {
                using var file = File.OpenHandle(System.IO.Path.Combine(directory, name));
                if (RandomAccess.Read(file, into[..(width * Hash)], 0) == width * Hash) return true;
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException) { }
        return false;
    }

    private void Write(int level, long index, Edge tile, int width)
    {
        var path = System.IO.Path.Combine(directory, Path(level, index, width));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 0))
        {
            file.Write(tile.Hashes, 0, width * Hash);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
        // What the full tile says again (tlog-tiles: partial tiles may go once theirs is full).
        if (width == Width && Directory.Exists(path + ".p")) Directory.Delete(path + ".p", recursive: true);
    }
}
