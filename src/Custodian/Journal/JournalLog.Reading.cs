namespace Serment.Custodian.Journal;

/// <summary>
/// Reading what was written: in order, from the disk, beside the writer and without waiting for it. An entry is found as soon as
/// it is durable. What comes out was opened from the log itself; an index that does not fit is made again from it.
/// </summary>
internal sealed partial class JournalLog
{
    /// <summary>
    /// The entries that answer a question, streamed: newest first unless asked otherwise. Cost: one look a segment of 16 MiB
    /// (about 100,000 entries), then the batches that hold an answer; without a criterion but time or place, all of these.
    /// </summary>
    /// <exception cref="RefusedException">The log was altered where it had to be read.</exception>
    public IEnumerable<NumberedEntry> Read(JournalQuestion question)
    {
        foreach (var some in Pick(question, (long index, in EntryView entry, out NumberedEntry picked) =>
        {
            var matches = question.Matches(index, entry);
            picked = matches ? new NumberedEntry(index, entry.Whole()) : default;
            return matches;
        }))
            foreach (var found in some) yield return found;
    }

    /// <summary>Only the disclosures among the entries that answer a question, in no objects: tens of millions may be counted. Some at a time, in the order asked.</summary>
    /// <exception cref="RefusedException">The log was altered where it had to be read.</exception>
    public IEnumerable<IReadOnlyList<Disclosure>> Disclosures(JournalQuestion question) => Pick(question, (long index, in EntryView entry, out Disclosure disclosure) => Disclosure.Is(entry, out disclosure) && question.Matches(index, entry));

    private IEnumerable<List<T>> Pick<T>(JournalQuestion question, Pick<T> pick)
    {
        // The count first: the segments of a moment later have all of these entries.
        var (end, keys) = (Math.Min(Size, question.BeforeIndex), question.Keys());
        var segments = _segments;
        for (var n = 0; n < segments.Count; n++)
        {
            var i = question.OldestFirst ? n : segments.Count - 1 - n;
            var (segment, next) = (segments[i], i + 1 < segments.Count ? segments[i + 1] : null);
            if (segment.First >= end || next?.First <= question.FromIndex || segment.Index.Chunks is not [var begin, ..]) continue;
            if (next is not null && segment.First + segment.Index.Count != next.First) throw LogSegment.Damaged(segment.First + segment.Index.Count);
            if (question.Until is { } until && begin.Time >= JournalQuestion.Ceiling(until)) continue;
            if (question.From is { } from && next?.Index.Chunks is [var after, ..] && after.Time < from.ToUnixTimeMilliseconds())
            {
                if (question.OldestFirst) continue;
                yield break;
            }
            foreach (var some in Within(segment, question, keys, end, pick)) yield return some;
        }
    }

    /// <summary>One entry by its place.</summary>
    public NumberedEntry At(long index)
    {
        foreach (var found in Read(new JournalQuestion { FromIndex = index, BeforeIndex = index + 1 })) return found;
        throw new RefusedException(RefusalCodes.NotFound, $"Le journal n'a pas d'entrée {index}.");
    }

    /// <summary>That an entry is in the journal as signed: anyone can check it with the public key. docs/formats/journal.md.</summary>
    public async ValueTask<InclusionProof> ProveAsync(long index)
    {
        var entry = At(index).Entry;
        // A moment ago it was not covered by a checkpoint; one is signed for it.
        if (_signed.Size <= index) await PassAsync([]).ConfigureAwait(false);
        var signed = _signed;
        if (signed.Size <= index) throw new RefusedException(DiskCode, "Le journal ne peut plus être signé (disque plein ?). Prévenez l'exploitation.");
        using var leaf = new Leaf();
        return new InclusionProof(index, entry, leaf.HashOf(entry), _tiles.Inclusion(index, signed.Size), signed.Note);
    }

    /// <summary>The same for many entries, ascending, that all lead to one checkpoint.</summary>
    public async ValueTask<(string Checkpoint, IReadOnlyList<IReadOnlyList<byte[]>> Paths)> ProveAsync(IReadOnlyList<long> indexes)
    {
        if (indexes.Count > 0 && _signed.Size <= indexes[^1]) await PassAsync([]).ConfigureAwait(false);
        var signed = _signed;
        if (indexes.Count > 0 && signed.Size <= indexes[^1]) throw new RefusedException(DiskCode, "Le journal ne peut plus être signé (disque plein ?). Prévenez l'exploitation.");
        return (signed.Note, [.. indexes.Select(index => _tiles.Inclusion(index, signed.Size))]);
    }

    /// <summary>The tree over everything that is durable: a checkpoint is signed for what has none. On a full disk, the latest that there is.</summary>
    public async ValueTask<JournalHead> HeadAsync()
    {
        if (_signed.Size < Size)
            try { await PassAsync([]).ConfigureAwait(false); }
            catch (RefusedException no) when (no.Refusal.Code == DiskCode) { }
        var signed = _signed;
        return new JournalHead(signed.Size, signed.Root);
    }

    /// <summary>The root that the tree had at that size: another journal's, however long it has become, is another. Null: no checkpoint covers so many.</summary>
    /// <exception cref="RefusedException">A tile is missing.</exception>
    public byte[]? RootAt(long size) => _signed is var signed && size >= 0 && size <= signed.Size ? _tiles.RootAt(size, signed.Size) : null;

    private static IEnumerable<List<T>> Within<T>(LogSegment segment, JournalQuestion question, ulong[] keys, long end, Pick<T> pick)
    {
        var chunks = segment.Index.Chunks;
        var length = segment.Length;
        var wanted = question.Unkeyed ? null : segment.Find(keys);
        if (wanted is { Length: 0 } || chunks.Count == 0) yield break;
        using var file = segment.OpenFile();
        for (var n = 0; n < chunks.Count; n++)
        {
            var c = question.OldestFirst ? n : chunks.Count - 1 - n;
            var (chunk, after) = (chunks[c], c + 1 < chunks.Count ? chunks[c + 1] : new Chunk(int.MaxValue, length, long.MaxValue));
            if (segment.First + chunk.Entry >= end || segment.First + after.Entry <= question.FromIndex) continue;
            if (question.Until is { } until && chunk.Time >= JournalQuestion.Ceiling(until) || question.From is { } from && after.Time < from.ToUnixTimeMilliseconds()) continue;
            var here = wanted is null ? (ReadOnlyMemory<int>?)null : Between(wanted, chunk.Entry, after.Entry);
            if (here is { Length: 0 }) continue;
            var some = segment.Read(file, chunk, after.Offset, here, (long index, in EntryView entry, out T picked) =>
            {
                if (index < end) return pick(index, entry, out picked);
                picked = default!;
                return false;
            });
            if (!question.OldestFirst) some.Reverse();
            yield return some;
        }
    }

    private static ReadOnlyMemory<int> Between(int[] places, int from, int until)
    {
        var (low, high) = (Array.BinarySearch(places, from), Array.BinarySearch(places, until));
        if (low < 0) low = ~low;
        if (high < 0) high = ~high;
        return places.AsMemory(low, high - low);
    }
}

/// <param name="LeafHash">RFC 6962 hash of the entry's leaf.</param>
/// <param name="Path">From the leaf to the root that <paramref name="Checkpoint"/> signs.</param>
internal sealed record InclusionProof(long Index, JournalEntry Entry, byte[] LeafHash, IReadOnlyList<byte[]> Path, string Checkpoint);
