using System.Globalization;
using System.Text;

namespace Serment.Custodian.Identities;

internal sealed partial class IdentityRegistry
{
    private const int MostDuplicates = 10;

    /// <summary>
    /// Who may already be this person, the likeliest first: born the same day under names a few letters apart, or the other
    /// way round, or under one surname; or of nearly the same names, born on a date that a slip of the finger makes of this one.
    /// Registries are spoilt by the second file of one person, so that a doubt is shown and the person at the desk decides.
    /// </summary>
    public IReadOnlyList<IdentityLine> LikelyDuplicates(IdentityTraits traits) => Reading<IReadOnlyList<IdentityLine>>(() =>
    {
        var book = Opened();
        var asked = new Likeness(traits);
        var found = new List<(int Distance, int Person)>();
        foreach (var (date, slips) in NearDates(traits.BirthDate))
            foreach (var person in book.Index.BornOn(date.DayNumber))
            {
                var distance = asked.Distance(book.People.Row(person), slips);
                if (distance != Likeness.Stranger) found.Add((distance, person));
            }
        return [.. found.OrderBy(f => f.Distance).ThenBy(f => f.Person).Select(f => Living(book, f.Person)).DistinctBy(p => p.Id).Take(MostDuplicates).Select(p => p.Line)];
    });

    /// <summary>The date itself (0), and those one digit, one swap of digits, or day and month exchanged away (1). Some fifty.</summary>
    internal static IEnumerable<(DateOnly Date, int Slips)> NearDates(DateOnly date)
    {
        var seen = new HashSet<string>();
        var digits = date.ToString("ddMMyyyy", CultureInfo.InvariantCulture);
        return Written().Where(seen.Add).Select(text => DateOnly.TryParseExact(text, "ddMMyyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out var near) ? (near, text == digits ? 0 : 1) : (default, -1))
            .Where(near => near.Item2 >= 0);

        IEnumerable<string> Written()
        {
            yield return digits;
            yield return digits[2..4] + digits[..2] + digits[4..];
            for (var at = 0; at < 8; at++)
            {
                if (at < 7) yield return digits[..at] + digits[at + 1] + digits[at] + digits[(at + 2)..];
                // Nobody alive was born outside 18xx to 20xx: the first digit of the year is never mistyped into something likely.
                for (var d = '0'; d <= '9' && at != 4; d++) yield return digits[..at] + d + digits[(at + 1)..];
            }
        }
    }

    /// <summary>How alike two people's names are, in edits, counting slips of the date as edits.</summary>
    private sealed class Likeness(IdentityTraits traits)
    {
        public const int Stranger = int.MaxValue;
        private readonly (byte[] Letters, EditPattern Pattern)[] _surnames = Written(traits.BirthName, traits.UsedName);
        private readonly (byte[] Letters, EditPattern Pattern)[] _givens = Written(traits.FirstGivenName, traits.UsedGivenName);
        private readonly byte[]? _place = traits.BirthPlace is { } place and not TraitRules.UnknownPlace ? Encoding.ASCII.GetBytes(place) : null;

        public int Distance(IdentityRow row, int slips)
        {
            Span<byte> letters = stackalloc byte[200];
            var birth = Plain(row[IdentityRow.Text.BirthName], letters[..100]);
            var given = Plain(row[IdentityRow.Text.FirstGivenName], letters[100..]);
            Span<byte> others = stackalloc byte[200];
            var used = Plain(row[IdentityRow.Text.UsedName], others[..100]);
            var usedGiven = Plain(row[IdentityRow.Text.UsedGivenName], others[100..]);
            var straight = Sum(Math.Min(Nearest(_surnames, birth), Nearest(_surnames, used)), Math.Min(Nearest(_givens, given), Nearest(_givens, usedGiven)));
            var inverted = Sum(Nearest(_surnames, given), Nearest(_givens, birth));
            var distance = Math.Min(straight, inverted == Stranger ? Stranger : inverted + 1);
            // Of one place and one day under one given name: a name changed by marriage, more often than a coincidence.
            if (distance == Stranger && slips == 0 && _place is not null && row[IdentityRow.Text.BirthPlace].SequenceEqual(_place) && Nearest(_givens, given) <= 1) distance = 4;
            // Of one surname and one day: known by another given name, or a twin, whom it is good to see before one is taken for the other.
            if (distance == Stranger && slips == 0 && (Math.Min(Nearest(_surnames, birth), Nearest(_surnames, used)) <= 1 || Nearest(_givens, birth) == 0)) distance = 5;
            if (distance == Stranger || (slips > 0 && distance > 1)) return Stranger;
            return distance + 2 * slips;
        }

        /// <summary>Three edits in all, and not more than a third of a name.</summary>
        private static int Sum(int surname, int given) => surname == Stranger || given == Stranger || surname + given > 3 ? Stranger : surname + given;

        private static int Nearest((byte[] Letters, EditPattern Pattern)[] names, ReadOnlySpan<byte> other)
        {
            var nearest = Stranger;
            if (other.IsEmpty) return nearest;
            foreach (var (letters, pattern) in names)
            {
                var allowed = Math.Min(3, (Math.Max(letters.Length, other.Length) + 1) / 3);
                if (Math.Abs(letters.Length - other.Length) > allowed) continue;
                var distance = pattern.Distance(other);
                if (distance <= allowed) nearest = Math.Min(nearest, distance);
            }
            return nearest;
        }

        private static (byte[], EditPattern)[] Written(params string?[] names) =>
            [.. names.OfType<string>().Select(name => { var letters = new byte[100]; var plain = Plain(Encoding.ASCII.GetBytes(name), letters).ToArray(); return (plain, new EditPattern(plain)); }).Where(n => n.plain.Length > 0)];

        /// <summary>Letters only: a hyphen or a space more is no difference.</summary>
        private static ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> name, Span<byte> into)
        {
            var at = 0;
            foreach (var letter in name)
                if (letter is >= (byte)'A' and <= (byte)'Z') into[at++] = letter;
            return into[..at];
        }
    }
}
