using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Serment.Custodian.Journal;

/// <summary>
/// One file of the log, named after its first entry: batches, each [u32 length][u32 entries][nonce 12][AES-256-GCM][tag 16],
/// whose associated data binds origin, first entry and number of entries. Only the last segment grows.
/// </summary>
internal sealed class LogSegment(string directory, Seal seal, long first)
{
    private const string Folder = "fields", IndexFolder = "index";
    private const int Head = 8;
    private readonly string _path = Path.Combine(directory, Folder, $"{first:D12}.log"), _indexPath = Path.Combine(directory, IndexFolder, $"{first:D12}.idx");
    private readonly Lock _gate = new();
    private SegmentIndex? _index;
    private SafeFileHandle? _file;

    /// <summary>Its first entry.</summary>
    public long First => first;

    /// <summary>Bytes of whole batches.</summary>
    public long Length { get; private set; }

    /// <summary>What its index knows of; of a complete segment, read from its file or made again from the log.</summary>
    /// <exception cref="RefusedException">The log itself was altered.</exception>
    public SegmentIndex Index
    {
        get { lock (_gate) return _index ??= Remade(); }
    }

    /// <summary>The segments on the disk, in order.</summary>
    public static List<LogSegment> All(string directory, Seal seal)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, Folder)).FullName;
        return [.. Directory.EnumerateFiles(folder, "*.log").Select(f => long.Parse(Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture)).Order().Select(f => new LogSegment(directory, seal, f))];
    }

    /// <summary>A complete segment whose index file belongs to it; false: its index must be made.</summary>
    public bool Opened()
    {
        lock (_gate)
        {
            Length = new FileInfo(_path).Length;
            return (_index = SealedIndex.Open(_indexPath, seal, first, Length)) is not null;
        }
    }

    /// <summary>Where it ends as far as that is known without reading it.</summary>
    public long? KnownEnd { get { lock (_gate) return first + _index?.Count; } }

    /// <summary>Reads the whole segment; what is left of a batch that a crash tore is cut when the segment is the last.</summary>
    /// <param name="visit">Every entry in order.</param>
    public void Load(bool last, Action<JournalEntry> visit)
    {
        var index = new GrowingIndex();
        using var file = new FileStream(_path, FileMode.Open, last ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite, 1 << 18);
        var (bytes, length, head) = (new byte[1 << 20], file.Length, new byte[Head]);
        var (offset, entry) = (0L, first);
        while (length - offset >= Head)
        {
            file.ReadExactly(head);
            var (size, count) = (BinaryPrimitives.ReadInt32BigEndian(head), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)));
            if (size < Seal.Overhead || count < 1 || length - offset - Head < size) break;
            if (bytes.Length < 2 * size) bytes = new byte[2 * size];
            var (record, plain) = (bytes.AsMemory(0, size), bytes.AsMemory(size, size - Seal.Overhead));
            file.ReadExactly(record.Span);
            if (!seal.TryOpen(record.Span, plain.Span, Place(entry, count)))
            {
                if (last && offset + Head + size == length) break;
                throw Damaged(entry);
            }
            var entries = Entries(plain.Span, count);
            index.Add(offset, entries);
            foreach (var one in entries) visit(one);
            (offset, entry) = (offset + Head + size, entry + count);
        }
        if (offset < length)
        {
            if (!last) throw Damaged(entry);
            file.SetLength(offset);
        }
        Length = offset;
        lock (_gate) _index = index;
    }

    /// <summary>Writes one batch and flushes it to the disk; half a batch is taken back, so that a later one does not follow it.</summary>
    /// <returns>The batch as it lies in the file.</returns>
    public byte[] Append(long firstEntry, IReadOnlyList<JournalEntry> entries, ArrayBufferWriter<byte> plain)
    {
        plain.ResetWrittenCount();
        var before = 0L;
        foreach (var entry in entries)
        {
            EntryBytes.Write(plain, entry, before);
            before = entry.Time.ToUnixTimeMilliseconds();
        }
        var record = new byte[Head + Seal.Overhead + plain.WrittenCount];
        BinaryPrimitives.WriteInt32BigEndian(record, record.Length - Head);
        BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(4), entries.Count);
        seal.Close(plain.WrittenSpan, record.AsSpan(Head), Place(firstEntry, entries.Count));
        Write(record, entries);
        return record;
    }

    /// <summary>Writes a batch that another Custodian of the cell sealed for this very place.</summary>
    public IReadOnlyList<JournalEntry> Take(long firstEntry, byte[] record)
    {
        var count = record.Length < Head + Seal.Overhead ? 0 : BinaryPrimitives.ReadInt32BigEndian(record.AsSpan(4));
        var plain = new byte[Math.Max(0, record.Length - Head - Seal.Overhead)];
        if (count < 1 || BinaryPrimitives.ReadInt32BigEndian(record) != record.Length - Head || !seal.TryOpen(record.AsSpan(Head), plain, Place(firstEntry, count))) throw Damaged(firstEntry);
        var entries = Entries(plain, count);
        Write(record, entries);
        return entries;
    }

    /// <summary>The batches from an entry on, as they lie in the file; none when no batch begins there.</summary>
    public IEnumerable<(long End, byte[] Record)> Records(long from)
    {
        if (Length == 0) yield break;
        var (end, head) = (Length, new byte[Head]);
        using var file = OpenFile();
        for (var (offset, entry) = (0L, first); offset < end && entry <= from;)
        {
            RandomAccess.Read(file, head, offset);
            var (size, count) = (BinaryPrimitives.ReadInt32BigEndian(head), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)));
            if (size < Seal.Overhead || count < 1) throw Damaged(entry);
            if (entry == from)
            {
                var record = new byte[Head + size];
                RandomAccess.Read(file, record, offset);
                from = entry + count;
                yield return (from, record);
            }
            (offset, entry) = (offset + Head + size, entry + count);
        }
    }

    private void Write(byte[] record, IReadOnlyList<JournalEntry> entries)
    {
        _file ??= File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        try
        {
            RandomAccess.Write(_file, record, Length);
            RandomAccess.FlushToDisk(_file);
        }
        catch (IOException)
        {
            try { RandomAccess.SetLength(_file, Length); } catch (IOException) { }
            throw;
        }
        lock (_gate) ((GrowingIndex)(_index ??= new GrowingIndex())).Add(Length, entries);
        Length += record.Length;
    }

    /// <summary>Nothing more is written to it.</summary>
    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    /// <summary>Writes the index of a complete segment to its file, from memory where it still is, and lets go of the memory.</summary>
    public void SaveIndex()
    {
        if (Index is not GrowingIndex growing) return;
        SealedIndex.Save(_indexPath, seal, first, Length, growing);
        lock (_gate) _index = SealedIndex.Open(_indexPath, seal, first, Length) ?? _index;
    }

    /// <summary>Places of entries that may answer one of the keys, ascending.</summary>
    public int[] Find(IReadOnlyList<ulong> keys)
    {
        try { return Sought(Index); }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException)
        {
            lock (_gate) _index = null;
            return Sought(Index);
        }

        int[] Sought(SegmentIndex index) => keys.Count == 1 ? [.. index.Find(keys[0])] : [.. keys.SelectMany(index.Find).Distinct().Order()];
    }

    /// <summary>What is picked of the entries of a chunk; of its batches, only those are opened in which one is wanted.</summary>
    /// <param name="wanted">Ascending, counted from the segment's first; null: all.</param>
    public List<T> Read<T>(SafeFileHandle file, Chunk chunk, long end, ReadOnlyMemory<int>? wanted, Pick<T> pick)
    {
        var found = new List<T>();
        var bytes = ArrayPool<byte>.Shared.Rent((int)(end - chunk.Offset));
        var plain = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(0, (int)(end - chunk.Offset)), chunk.Offset);
            var (at, entry, next) = (0, chunk.Entry, 0);
            while (at + Head <= read && (wanted is not { } left || next < left.Length))
            {
                var (size, count) = (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 4)));
                if (size < Seal.Overhead || count < 1 || at + Head + size > read) throw Damaged(first + entry);
                if (wanted is not { } some || some.Span[next] < entry + count)
                {
                    if (plain.Length < size)
                    {
                        ArrayPool<byte>.Shared.Return(plain, clearArray: true);
                        plain = ArrayPool<byte>.Shared.Rent(size);
                    }
                    var opened = plain.AsSpan(0, size - Seal.Overhead);
                    if (!seal.TryOpen(bytes.AsSpan(at + Head, size), opened, Place(first + entry, count))) throw Damaged(first + entry);
                    ReadOnlySpan<byte> rest = opened;
                    var time = 0L;
                    for (var i = entry; i < entry + count; i++)
                    {
                        var view = EntryBytes.Read(ref rest, ref time);
                        if (wanted is { } places)
                        {
                            if (next == places.Length) break;
                            if (places.Span[next] != i) continue;
                            next++;
                        }
                        if (pick(first + i, view, out var picked)) found.Add(picked);
                    }
                }
                (at, entry) = (at + Head + size, entry + count);
            }
            return found;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain, clearArray: true);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public SafeFileHandle OpenFile() => File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.RandomAccess);

    public static RefusedException Damaged(long entry) => new("journal.damaged", $"Le journal a été altéré après l'entrée {entry} : restaurez la sauvegarde et prévenez le référent sécurité.");

    private SegmentIndex Remade()
    {
        Load(last: false, _ => { });
        return _index!;
    }

    private static JournalEntry[] Entries(ReadOnlySpan<byte> plain, int count)
    {
        var entries = new JournalEntry[count];
        var time = 0L;
        for (var i = 0; i < count; i++) entries[i] = EntryBytes.Read(ref plain, ref time).Whole();
        return entries;
    }

    private static string Place(long entry, int count) => string.Create(CultureInfo.InvariantCulture, $"{entry}|{count}");
}

/// <summary>What a reader keeps of an entry, if anything.</summary>
internal delegate bool Pick<T>(long index, in EntryView entry, out T picked);
