using System.Numerics;
using System.Text;

namespace Serment.Custodian.Identities;

/// <summary>
/// The distinct words of many names, sorted, each with the ranks of the people who bear it. Never changes once built.
/// Beginnings are a range of words. Near words are looked for among all words of about the same length: a mask of letters
/// (26 bits) turns most of them away in a nanosecond, so no dictionary of misspellings is kept.
/// </summary>
internal sealed class Vocabulary
{
    private readonly byte[] _letters;
    private readonly int[] _starts;
    private readonly int[] _postings;
    private readonly int[] _postingStarts;
    private readonly int[] _byLength;
    private readonly uint[] _masks;
    private readonly int[] _lengthStarts;

    private Vocabulary(string[] words, int[] postings, int[] postingStarts)
    {
        (_postings, _postingStarts) = (postings, postingStarts);
        _starts = new int[words.Length + 1];
        for (var w = 0; w < words.Length; w++) _starts[w + 1] = _starts[w] + words[w].Length;
        _letters = new byte[_starts[^1]];
        for (var w = 0; w < words.Length; w++) Encoding.ASCII.GetBytes(words[w], _letters.AsSpan(_starts[w]));

        var longest = words.Length == 0 ? 0 : words.Max(w => w.Length);
        _lengthStarts = new int[longest + 2];
        foreach (var word in words) _lengthStarts[word.Length + 1]++;
        for (var l = 1; l < _lengthStarts.Length; l++) _lengthStarts[l] += _lengthStarts[l - 1];
        (_byLength, _masks) = (new int[words.Length], new uint[words.Length]);
        var next = _lengthStarts.ToArray();
        for (var w = 0; w < words.Length; w++)
        {
            var at = next[words[w].Length]++;
            (_byLength[at], _masks[at]) = (w, Mask(Word(w)));
        }
    }

    public int Count => _starts.Length - 1;

    /// <summary>Marks the people who bear exactly this word.</summary>
    public void Same(ReadOnlySpan<byte> word, ulong[] bits)
    {
        var at = FirstFrom(word);
        if (at < Count && Word(at).SequenceEqual(word)) Mark(at, bits);
    }

    /// <summary>Marks the people who bear a word that begins so.</summary>
    public void Beginning(ReadOnlySpan<byte> start, ulong[] bits)
    {
        for (var at = FirstFrom(start); at < Count && Word(at).StartsWith(start); at++) Mark(at, bits);
    }

    /// <summary>Marks the people who bear a word within the slot's edits.</summary>
    public void Near(NameQuery.Slot slot, ulong[] bits)
    {
        var mask = Mask(slot.Word);
        var shortest = Math.Max(1, slot.Word.Length - slot.Edits);
        for (var length = shortest; length <= slot.Word.Length + slot.Edits && length < _lengthStarts.Length - 1; length++)
        {
            // A substitution changes two bits of the mask at most, a letter more or less only one.
            var different = 2 * slot.Edits - Math.Abs(length - slot.Word.Length);
            for (var at = _lengthStarts[length]; at < _lengthStarts[length + 1]; at++)
                if (BitOperations.PopCount(_masks[at] ^ mask) <= different && slot.Pattern.Distance(Word(_byLength[at])) <= slot.Edits)
                    Mark(_byLength[at], bits);
        }
    }

    private ReadOnlySpan<byte> Word(int word) => _letters.AsSpan(_starts[word], _starts[word + 1] - _starts[word]);

    private void Mark(int word, ulong[] bits)
    {
        foreach (var rank in _postings.AsSpan(_postingStarts[word], _postingStarts[word + 1] - _postingStarts[word])) bits[rank >> 6] |= 1UL << rank;
    }

    private int FirstFrom(ReadOnlySpan<byte> word)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Word(middle).SequenceCompareTo(word) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static uint Mask(ReadOnlySpan<byte> word)
    {
        var mask = 0u;
        foreach (var letter in word) mask |= 1u << (letter & 31);
        return mask;
    }

    /// <summary>Takes words rank by rank, in order.</summary>
    internal sealed class Builder
    {
        private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
        private readonly List<int> _words;
        private readonly List<int> _ranks;

        public Builder(int people)
        {
            _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
            (_words, _ranks) = (new List<int>(2 * people), new List<int>(2 * people));
        }

        public void Add(ReadOnlySpan<byte> word, int rank)
        {
            Span<char> text = stackalloc char[word.Length];
            Encoding.ASCII.GetChars(word, text);
            if (!_lookup.TryGetValue(text, out var id)) _lookup[text] = id = _ids.Count;
            _words.Add(id);
            _ranks.Add(rank);
        }

        public Vocabulary Finish()
        {
            var words = new string[_ids.Count];
            foreach (var (word, id) in _ids) words[id] = word;
            var ids = new int[words.Length];
            for (var i = 0; i < ids.Length; i++) ids[i] = i;
            Array.Sort(words, ids, StringComparer.Ordinal);
            var sorted = new int[ids.Length];
            for (var i = 0; i < ids.Length; i++) sorted[ids[i]] = i;

            var starts = new int[words.Length + 1];
            foreach (var word in _words) starts[sorted[word] + 1]++;
            for (var w = 0; w < words.Length; w++) starts[w + 1] += starts[w];
            var (next, postings) = (starts.ToArray(), new int[_words.Count]);
            for (var i = 0; i < _words.Count; i++) postings[next[sorted[_words[i]]]++] = _ranks[i];
            return new Vocabulary(words, postings, starts);
        }
    }
}
