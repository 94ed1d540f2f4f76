using System.Buffers;
using System.Buffers.Binary;

namespace Serment.Custodian.Journal;

/// <summary>
/// The index of a segment that is complete, in a file of sealed blocks: one that was altered, exchanged or cut does not open,
/// so that it hides nothing; it is then made again from the log. Postings sorted by key, groups of entries as differences.
/// In memory: where chunks and blocks begin. docs/formats/journal.md.
/// </summary>
internal sealed class SealedIndex : SegmentIndex
{
    private const int BlockBytes = 16 << 10;
    private readonly string _path;
    private readonly Seal _seal;
    private readonly long _first;
    private readonly Chunk[] _chunks;
    private readonly (ulong Key, long Offset, int Length)[] _blocks;

    private SealedIndex(string path, Seal seal, long first, int count, Chunk[] chunks, (ulong, long, int)[] blocks) => (_path, _seal, _first, Count, _chunks, _blocks) = (path, seal, first, count, chunks, blocks);

    public override int Count { get; }

    public override IReadOnlyList<Chunk> Chunks => _chunks;

    /// <summary>The file's index, or null when there is none that belongs to this segment as it is.</summary>
    public static SealedIndex? Open(string path, Seal seal, long first, long segmentLength)
    {
        byte[] sealedHead;
        int headLength;
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> length = stackalloc byte[4];
            if (RandomAccess.Read(file, length, 0) < 4) return null;
            headLength = BinaryPrimitives.ReadInt32BigEndian(length);
            if (headLength is < Seal.Overhead or > 16 << 20) return null;
            sealedHead = new byte[headLength];
            if (RandomAccess.Read(file, sealedHead, 4) < headLength) return null;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException) { return null; }
        var plain = new byte[headLength - Seal.Overhead];
        if (!seal.TryOpen(sealedHead, plain, $"index|{first}|head")) return null;
        ReadOnlySpan<byte> head = plain;
        if ((long)EntryBytes.Number(ref head) != segmentLength) return null;
        var count = (int)EntryBytes.Number(ref head);
        var chunks = new Chunk[(int)EntryBytes.Number(ref head)];
        for (var i = 0; i < chunks.Length; i++) chunks[i] = new Chunk((int)EntryBytes.Number(ref head), (long)EntryBytes.Number(ref head), (long)EntryBytes.Number(ref head));
        var blocks = new (ulong, long, int)[(int)EntryBytes.Number(ref head)];
        var offset = 4L + headLength;
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (BinaryPrimitives.ReadUInt64BigEndian(EntryBytes.Take(ref head, 8)), offset, (int)EntryBytes.Number(ref head));
            offset += blocks[i].Item3;
        }
        return new SealedIndex(path, seal, first, count, chunks, blocks);
    }

    public override IReadOnlyList<int> Find(ulong key)
    {
        var found = new List<int>();
        using var file = File.OpenHandle(_path);
        // A key's group may begin in the block before the first block that begins with it.
        for (var block = Math.Max(0, FirstFrom(key) - 1); block < _blocks.Length && _blocks[block].Key <= key; block++) Look(file, block, key, found);
        return found;
    }

    /// <summary>Writes the index of a complete segment.</summary>
    public static void Save(string path, Seal seal, long first, long segmentLength, GrowingIndex from)
    {
        var (keys, entries) = from.Sorted();
        var (blocks, sealedBlocks, block, differences) = (new List<(ulong Key, int Length)>(), new List<byte[]>(), new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        ulong firstKey = 0;
        for (var start = 0; start < keys.Length;)
        {
            if (block.WrittenCount == 0) firstKey = keys[start];
            // A long group goes on in the next block under the same key.
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start] && end - start < BlockBytes / 2) end++;
            Group(block, keys[start], entries.AsSpan(start, end - start), differences);
            start = end;
            if (block.WrittenCount < BlockBytes && start < keys.Length) continue;
            sealedBlocks.Add(seal.Close(block.WrittenSpan, $"index|{first}|{blocks.Count}"));
            blocks.Add((firstKey, sealedBlocks[^1].Length));
            block.ResetWrittenCount();
        }
        var head = new ArrayBufferWriter<byte>();
        EntryBytes.Number(head, (ulong)segmentLength);
        EntryBytes.Number(head, (ulong)from.Count);
        var chunks = from.Chunks;
        EntryBytes.Number(head, (ulong)chunks.Count);
        foreach (var chunk in chunks)
        {
            EntryBytes.Number(head, (ulong)chunk.Entry);
            EntryBytes.Number(head, (ulong)chunk.Offset);
            EntryBytes.Number(head, (ulong)chunk.Time);
        }
        EntryBytes.Number(head, (ulong)blocks.Count);
        foreach (var (key, length) in blocks)
        {
            Eight(head, key);
            EntryBytes.Number(head, (ulong)length);
        }
        var sealedHead = seal.Close(head.WrittenSpan, $"index|{first}|head");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            Span<byte> headLength = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(headLength, sealedHead.Length);
            file.Write(headLength);
            file.Write(sealedHead);
            foreach (var one in sealedBlocks) file.Write(one);
        }
        // Not flushed: what a power cut takes of it is made again.
        File.Move(path + ".new", path, overwrite: true);
    }

    private void Look(Microsoft.Win32.SafeHandles.SafeFileHandle file, int number, ulong key, List<int> found)
    {
        var (_, offset, length) = _blocks[number];
        var (sealedBlock, plain) = (new byte[length], new byte[length - Seal.Overhead]);
        if (RandomAccess.Read(file, sealedBlock, offset) < length || !_seal.TryOpen(sealedBlock, plain, $"index|{_first}|{number}")) throw new InvalidDataException();
        ReadOnlySpan<byte> block = plain;
        while (block.Length > 0)
        {
            var (at, count) = (BinaryPrimitives.ReadUInt64BigEndian(EntryBytes.Take(ref block, 8)), (int)EntryBytes.Number(ref block));
            if (at > key) return;
            var bytes = EntryBytes.Take(ref block, (int)EntryBytes.Number(ref block));
            if (at != key) continue;
            for (var (i, entry) = (0, 0); i < count; i++) found.Add(entry += (int)EntryBytes.Number(ref bytes));
        }
    }

    /// <summary>The first block whose first key is not below this one.</summary>
    private int FirstFrom(ulong key)
    {
        var (low, high) = (0, _blocks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_blocks[middle].Key < key) low = middle + 1; else high = middle;
        }
        return low;
    }

    private static void Group(ArrayBufferWriter<byte> into, ulong key, ReadOnlySpan<int> entries, ArrayBufferWriter<byte> differences)
    {
        differences.ResetWrittenCount();
        var last = 0;
        foreach (var entry in entries)
        {
            EntryBytes.Number(differences, (ulong)(entry - last));
            last = entry;
        }
        Eight(into, key);
        EntryBytes.Number(into, (ulong)entries.Length);
        EntryBytes.Number(into, (ulong)differences.WrittenCount);
        into.Write(differences.WrittenSpan);
    }

    private static void Eight(ArrayBufferWriter<byte> into, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(into.GetSpan(8), value);
        into.Advance(8);
    }
}
