namespace Serment.Custodian.Identities;

internal sealed partial class IdentityRegistry
{
    /// <summary>No list is longer than this, whatever was asked.</summary>
    private const int MostFound = 300;
    private const int MostTyped = 200;

    /// <summary>What was typed, read: a birth date, a number, names.</summary>
    public static Asked Understand(string text, DateOnly today)
    {
        if (text.Length > MostTyped) throw Invalid("Recherche trop longue.");
        var (date, rest) = SearchText.TakeDate(text, today);
        var number = rest.Replace(" ", "", StringComparison.Ordinal);
        return number.Length == 9 && number.All(char.IsAsciiDigit) || TraitRules.WellFormed(number) ? new Asked(date, number, "") : new Asked(date, null, rest);
    }

    /// <param name="Number">An IPP (9 digits) or a matricule.</param>
    internal sealed record Asked(DateOnly? Date, string? Number, string Names)
    {
        /// <summary>Names alone are not enough to search among everyone's files.</summary>
        public bool Wide => Date is not null || Number is not null;
    }

    /// <summary>The likeliest first, then by name; at most 300, and how many there are in all.</summary>
    /// <param name="within">Only these people, or everyone when null.</param>
    public (IReadOnlyList<Identity> Found, int Total) Search(Asked asked, IReadOnlyCollection<PatientId>? within) => Reading(() =>
    {
        var book = Opened();
        var few = within is not null || asked.Date is not null;
        var query = NameQuery.Of(asked.Names, few);
        var (people, total) = (new List<int>(), 0);
        if (asked.Number is { } number) people.AddRange(Numbered(book, number));
        else if (within is not null) people.AddRange(within.SelectMany(_aliases.Of).Distinct().Select(id => book.People.TryNumber(id, out var person) ? person : -1).Where(p => p >= 0));
        else if (asked.Date is { } born) people = book.Index.BornOn(born.DayNumber);
        else if (query is not null) (people, total) = book.Index.Find(query, MostFound);
        if (asked is { Date: null, Number: null } && query is null) return ([], 0);

        var own = within?.SelectMany(_aliases.Of).ToHashSet();
        var costs = new Dictionary<PatientId, (int Cost, Identity Identity)>();
        var forms = new NameForms(stackalloc byte[NameForms.Letters], stackalloc NameForms.Form[NameForms.Most]);
        foreach (var person in people)
        {
            var row = book.People.Row(person);
            if (asked.Date is { } date && row.BirthDay != date.DayNumber) continue;
            if (own is not null && !own.Contains(book.People.Id(person))) continue;
            var cost = 0;
            if (query is not null)
            {
                forms.Take(row);
                cost = query.Cost(forms);
                if (cost == NameQuery.NoMatch) continue;
            }
            var living = Living(book, person);
            if (!costs.TryGetValue(living.Id, out var best) || cost < best.Cost) costs[living.Id] = (cost, living);
        }
        var found = costs.Values.OrderBy(c => c.Cost).ThenBy(c => c.Identity.Traits.BirthName, StringComparer.Ordinal).ThenBy(c => c.Identity.Traits.FirstGivenName, StringComparer.Ordinal)
            .ThenBy(c => c.Identity.Traits.BirthDate).ThenBy(c => c.Identity.Ipp).Take(MostFound).Select(c => c.Identity).ToArray();
        return ((IReadOnlyList<Identity>)found, people.Count < total ? total : costs.Count);
    });

    /// <summary>Whoever has exactly these traits, in their strict form or as used names; several are homonyms. For answers about one person, not for lists.</summary>
    public IReadOnlyList<PatientId> ByTraits(string birthName, string firstGivenName, DateOnly birthDate) => Reading<IReadOnlyList<PatientId>>(() =>
    {
        var (book, family, given) = (Opened(), SearchText.Capitals(birthName).Trim(), SearchText.Capitals(firstGivenName).Trim());
        return [.. book.Index.BornOn(birthDate.DayNumber).Select(person => Living(book, person)).DistinctBy(person => person.Id)
            .Where(person => (person.Traits.BirthName == family || person.Traits.UsedName == family) && (person.Traits.FirstGivenName == given || person.Traits.UsedGivenName == given)).Select(person => person.Id)];
    });

    private static int[] Numbered(Book book, string number) =>
        number.Length == 9
            ? book.ByIpp.TryGetValue(int.Parse(number, System.Globalization.CultureInfo.InvariantCulture), out var person) ? [person] : []
            : book.Bearer(number) is { } bearer ? [bearer] : [];
}
