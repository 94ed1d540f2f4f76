namespace Serment.Custodian.Identities;

/// <summary>
/// Everyone findable by name and birth date, while people come and change: one large index, some small ones, and a tail of
/// the latest that is read one by one. Small ones are built where they are needed (a millisecond); large ones beside, and
/// swapped in. Under the registry's lock: reading is shared, the rest is not.
/// </summary>
internal sealed class SearchIndex(PeopleTable people)
{
    private const int TailMost = 512, PartsMost = 6;
    private readonly List<int> _tail = [];
    private List<NameIndex> _parts = [];

    /// <summary>Indexes everyone present.</summary>
    public void Build()
    {
        _parts = people.Count == 0 ? [] : [NameIndex.Build(people.Freeze([.. Enumerable.Range(0, people.Count)]))];
        _tail.Clear();
    }

    public void Changed(int person, bool isNew)
    {
        if (!isNew)
        {
            foreach (var part in _parts) part.Strike(person);
            if (_tail.Contains(person)) return;
        }
        _tail.Add(person);
        if (_tail.Count < TailMost) return;
        _parts.Add(NameIndex.Build(people.Freeze([.. _tail])));
        _tail.Clear();
    }

    public List<int> BornOn(int day)
    {
        var found = new List<int>();
        foreach (var part in _parts) part.BornOn(day, found);
        foreach (var person in _tail) if (people.Row(person).BirthDay == day) found.Add(person);
        return found;
    }

    /// <summary>The likeliest people, up to <paramref name="most"/> of each part, and how many fit in all.</summary>
    public (List<int> Found, int Total) Find(NameQuery query, int most)
    {
        var (found, total) = (new List<int>(), 0);
        foreach (var part in _parts) total += part.Find(query, most, found);
        var forms = new NameForms(stackalloc byte[NameForms.Letters], stackalloc NameForms.Form[NameForms.Most]);
        foreach (var person in _tail)
        {
            forms.Take(people.Row(person));
            if (query.Cost(forms) == NameQuery.NoMatch) continue;
            found.Add(person);
            total++;
        }
        return (found, total);
    }

    /// <summary>What should be made one beside, when parts have become many: all but the first, or all when the others are a quarter of it.</summary>
    public Merge? Due()
    {
        if (_parts.Count <= PartsMost) return null;
        var rest = _parts.Skip(1).Sum(p => p.Count);
        var merged = _parts.Skip(rest < _parts[0].Count / 4 ? 1 : 0).ToArray();
        var present = new List<int>();
        foreach (var part in merged)
            for (var rank = 0; rank < part.Count; rank++)
                if (!part.IsStruck(rank)) present.Add(part.People[rank]);
        return new Merge(merged, people.Freeze([.. present]));
    }

    /// <summary>Puts what was built beside in its place; who changed meanwhile is struck out of it.</summary>
    public void Swap(Merge merge, NameIndex built)
    {
        for (var i = 0; i < merge.Rows.Count; i++)
            if (people.Place(merge.Rows.Person(i)) != merge.Rows.Place(i)) built.Strike(merge.Rows.Person(i));
        var at = _parts.IndexOf(merge.Parts[0]);
        _parts = [.. _parts.Take(at), built, .. _parts.Skip(at).Except(merge.Parts)];
    }

    internal sealed record Merge(NameIndex[] Parts, PeopleTable.Snapshot Rows);
}
