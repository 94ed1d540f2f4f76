namespace Serment.Custodian.Journal;

/// <summary>Some whole batches of a segment that are read together.</summary>
/// <param name="Entry">Its first entry, counted from the segment's first.</param>
/// <param name="Offset">Where its first batch begins.</param>
/// <param name="Time">Unix milliseconds of its first entry.</param>
internal readonly record struct Chunk(int Entry, long Offset, long Time)
{
    /// <summary>A chunk ends with the batch that reaches this length.</summary>
    public const int Bytes = 64 << 10;
}

/// <summary>Where the entries of one segment of the log are: by whom or what they speak of, and by their place.</summary>
internal abstract class SegmentIndex
{
    /// <summary>Entries that it covers.</summary>
    public abstract int Count { get; }

    public abstract IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>Entries that may speak of this, counted from the segment's first, ascending.</summary>
    /// <exception cref="InvalidDataException">The index file is not as it was written.</exception>
    public abstract IReadOnlyList<int> Find(ulong key);
}

/// <summary>The index of the segment that grows, in memory. One writer; readers see what was complete when they asked.</summary>
internal sealed class GrowingIndex : SegmentIndex
{
    private static readonly Dictionary<string, ulong> KindKeys = [];
    private readonly Lock _gate = new();
    private readonly List<Chunk> _chunks = [];
    private ulong[] _keys = new ulong[1024];
    private int[] _entries = new int[1024];
    private int _postings, _count;

    public override int Count { get { lock (_gate) return _count; } }

    public override IReadOnlyList<Chunk> Chunks { get { lock (_gate) return [.. _chunks]; } }

    public override IReadOnlyList<int> Find(ulong key)
    {
        ulong[] keys;
        int[] entries;
        int postings;
        lock (_gate) (keys, entries, postings) = (_keys, _entries, _postings);
        var found = new List<int>();
        for (var i = 0; i < postings; i++)
            if (keys[i] == key && (found.Count == 0 || found[^1] != entries[i])) found.Add(entries[i]);
        return found;
    }

    /// <summary>One batch that is on the disk.</summary>
    public void Add(long offset, IReadOnlyList<JournalEntry> batch)
    {
        lock (_gate)
        {
            if (_chunks.Count == 0 || offset - _chunks[^1].Offset >= Chunk.Bytes) _chunks.Add(new Chunk(_count, offset, batch[0].Time.ToUnixTimeMilliseconds()));
            foreach (var entry in batch)
            {
                if (entry.Patient is { } patient) Put(IndexKey.Of(patient));
                if (entry.Account is { } account) Put(IndexKey.Of(account));
                if (entry.Session is { } session) Put(IndexKey.Of(session));
                if (entry.Client is { } client) Put(IndexKey.Of(client));
                if (entry.Station is { } station) Put(IndexKey.Of(station));
                Put(KindKey(entry.Kind));
                _count++;
            }
        }
    }

    /// <summary>Every posting by key, then by entry.</summary>
    public (ulong[] Keys, int[] Entries) Sorted()
    {
        ulong[] keys;
        int[] entries;
        lock (_gate) (keys, entries) = (_keys[.._postings], _entries[.._postings]);
        Array.Sort(keys, entries);
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            Array.Sort(entries, start, end - start);
            start = end;
        }
        return (keys, entries);
    }

    private void Put(ulong key)
    {
        if (_postings == _keys.Length)
        {
            // Readers keep the arrays that they saw.
            Array.Resize(ref _keys, 2 * _postings);
            Array.Resize(ref _entries, 2 * _postings);
        }
        (_keys[_postings], _entries[_postings]) = (key, _count);
        _postings++;
    }

    private static ulong KindKey(string kind)
    {
        lock (KindKeys) return KindKeys.TryGetValue(kind, out var key) ? key : KindKeys[kind] = IndexKey.Of(kind);
    }
}
