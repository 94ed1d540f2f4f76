using System.Text;

namespace Serment.Custodian.Identities;

/// <summary>
/// The names that somebody typed, ready to be held against people. Each word must fit some word of the person: the same,
/// its beginning, or within a few edits. Two words may also fit one that was written together, and the reverse.
/// </summary>
internal sealed class NameQuery
{
    public const int NoMatch = int.MaxValue;

    /// <summary>A word asked for, and how many edits are forgiven.</summary>
    internal sealed class Slot(byte[] word, int edits, bool begins)
    {
        public byte[] Word => word;
        public int Edits => edits;
        /// <summary>The beginning of a word is enough.</summary>
        public bool Begins => begins;
        public EditPattern Pattern { get; } = new(word);

        /// <summary>0 the same, 1 its beginning, 2 per edit.</summary>
        public int Cost(ReadOnlySpan<byte> form)
        {
            if (form.SequenceEqual(word)) return 0;
            if (begins && form.StartsWith(word)) return 1;
            if (edits == 0 || Math.Abs(form.Length - word.Length) > edits) return NoMatch;
            return Pattern.Distance(form) is var distance && distance <= edits ? 2 * distance : NoMatch;
        }
    }

    /// <summary>Neighbouring words written as one; stands for the slots from <paramref name="First"/> to <paramref name="Last"/>.</summary>
    internal sealed record Join(Slot Slot, int First, int Last);

    private NameQuery(Slot[] slots, Join[] joins) => (Slots, Joins) = (slots, joins);

    public Slot[] Slots { get; }
    public Join[] Joins { get; }

    /// <param name="few">Held against a few people only (one birth date, one ward): more edits are forgiven, and one letter begins a name.</param>
    /// <returns>Null when no word was typed.</returns>
    public static NameQuery? Of(string text, bool few)
    {
        var tokens = SearchText.Tokens(text).Take(12).Select(Encoding.ASCII.GetBytes).ToArray();
        var strong = Array.Exists(tokens, t => !SearchText.IsParticle(t));
        var (slots, joins, particles) = (new List<Slot>(), new List<Join>(), Array.Empty<byte>());
        foreach (var token in tokens)
        {
            if (strong && SearchText.IsParticle(token))
            {
                particles = [.. particles, .. token];
                continue;
            }
            slots.Add(new Slot(token, few ? token.Length <= 4 ? 1 : 2 : token.Length switch { <= 3 => 0, <= 7 => 1, _ => 2 }, begins: few || token.Length > 1));
            var at = slots.Count - 1;
            if (particles.Length > 0) joins.Add(new Join(Written([.. particles, .. token]), at, at));
            if (at > 0) joins.Add(new Join(Written([.. slots[at - 1].Word, .. particles, .. token]), at - 1, at));
            particles = [];
        }
        return slots.Count == 0 ? null : new NameQuery([.. slots], [.. joins]);

        Slot Written(byte[] word) => new(word, few ? 2 : 1, begins: false);
    }

    /// <summary>How far a person is from what was asked, 0 for all words exactly; <see cref="NoMatch"/> when one word fits nothing.</summary>
    public int Cost(in NameForms person)
    {
        Span<int> costs = stackalloc int[Slots.Length];
        var surname = false;
        for (var s = 0; s < costs.Length; s++)
        {
            costs[s] = NoMatch;
            for (var f = 0; f < person.Count && costs[s] > 0; f++)
            {
                var cost = Slots[s].Cost(person.Word(f));
                if (cost >= costs[s]) continue;
                costs[s] = cost;
                surname |= person.IsSurname(f);
            }
        }
        foreach (var join in Joins)
            for (var f = 0; f < person.Count; f++)
            {
                var cost = join.Slot.Cost(person.Word(f));
                if (cost == NoMatch) continue;
                for (var s = join.First; s <= join.Last; s++) costs[s] = Math.Min(costs[s], cost);
                surname |= person.IsSurname(f);
            }
        var sum = surname ? 0 : 1;
        foreach (var cost in costs)
        {
            if (cost == NoMatch) return NoMatch;
            sum += 2 * cost;
        }
        return sum;
    }
}
