namespace Serment.Custodian.Identities;

/// <summary>
/// Edits between one word and many: insertions, deletions, substitutions and swaps of neighbours (optimal string
/// alignment), a machine word at a time (Hyyrö 2003). Words longer than 64 letters are compared by their first 64.
/// </summary>
internal sealed class EditPattern
{
    private readonly ulong[] _where = new ulong[128];
    private readonly int _length;

    public EditPattern(ReadOnlySpan<byte> word)
    {
        _length = Math.Min(64, word.Length);
        for (var i = 0; i < _length; i++) _where[word[i] & 127] |= 1UL << i;
    }

    public int Distance(ReadOnlySpan<byte> other)
    {
        if (other.Length > 64) other = other[..64];
        if (_length == 0) return other.Length;
        ulong up = ~0UL, down = 0, diagonal = 0, before = 0, last = 1UL << (_length - 1);
        var distance = _length;
        foreach (var letter in other)
        {
            var match = _where[letter & 127];
            var swap = ((~diagonal & match) << 1) & before;
            diagonal = (((match & up) + up) ^ up) | match | down | swap;
            var right = down | ~(diagonal | up);
            var left = diagonal & up;
            if ((right & last) != 0) distance++;
            if ((left & last) != 0) distance--;
            right = (right << 1) | 1;
            up = (left << 1) | ~(diagonal | right);
            down = right & diagonal;
            before = match;
        }
        return distance;
    }
}
