using System.Numerics;

namespace Serment.Custodian.Identities;

/// <summary>
/// Some people, ranked by name, with the words of their names and their birth dates. Never changes once built, except that
/// people who were changed since are struck out. Searching is the intersection of sets of ranks, one bit a person, so that
/// its cost is bounded by how many bear the words asked for, however common they are.
/// </summary>
internal sealed class NameIndex
{
    private readonly int[] _people;
    private readonly Vocabulary _surnames;
    private readonly Vocabulary _givens;
    private readonly int[] _birthDays;
    private readonly int[] _born;
    private readonly ulong[] _struck;

    private NameIndex(int[] people, Vocabulary surnames, Vocabulary givens, int[] birthDays, int[] born) =>
        (_people, _surnames, _givens, _birthDays, _born, _struck) = (people, surnames, givens, birthDays, born, new ulong[(people.Length + 63) / 64]);

    public int Count => _people.Length;

    public ReadOnlySpan<int> People => _people;

    public static NameIndex Build(PeopleTable.Snapshot rows)
    {
        var order = Ranked(rows);
        var (people, days, born) = (new int[order.Length], new int[order.Length], new int[order.Length]);
        var (surnames, givens) = (new Vocabulary.Builder(order.Length), new Vocabulary.Builder(order.Length));
        var forms = new NameForms(stackalloc byte[NameForms.Letters], stackalloc NameForms.Form[NameForms.Most]);
        for (var rank = 0; rank < order.Length; rank++)
        {
            var row = rows.Row(order[rank]);
            (people[rank], days[rank], born[rank]) = (rows.Person(order[rank]), row.BirthDay, rank);
            forms.Take(row);
            for (var f = 0; f < forms.Count; f++) (forms.IsSurname(f) ? surnames : givens).Add(forms.Word(f), rank);
        }
        Array.Sort(days, born);
        return new NameIndex(people, surnames.Finish(), givens.Finish(), days, born);
    }

    /// <summary>No longer found here: changed since, and indexed anew elsewhere.</summary>
    public void Strike(int person)
    {
        var rank = Array.IndexOf(_people, person);
        if (rank >= 0) _struck[rank >> 6] |= 1UL << rank;
    }

    public bool IsStruck(int rank) => (_struck[rank >> 6] >> rank & 1) != 0;

    /// <summary>Adds those born on a day.</summary>
    public void BornOn(int day, List<int> into)
    {
        var at = Array.BinarySearch(_birthDays, day);
        if (at < 0) return;
        while (at > 0 && _birthDays[at - 1] == day) at--;
        for (; at < _birthDays.Length && _birthDays[at] == day; at++)
            if (!IsStruck(_born[at])) into.Add(_people[_born[at]]);
    }

    /// <summary>Adds up to <paramref name="most"/> people, the exact ones first, then by name; says how many fit in all.</summary>
    public int Find(NameQuery query, int most, List<int> into)
    {
        var work = Scratch.Of(_struck.Length);
        for (var s = 0; s < query.Slots.Length; s++)
        {
            MarkSlot(query, s, work);
            Meet(work.Same, work.AllSame, s);
            Meet(work.Begun, work.AllBegun, s);
            if (!Meet(work.Near, work.AllNear, s)) return 0;
        }
        var total = 0;
        for (var w = 0; w < _struck.Length; w++)
        {
            work.AllNear[w] &= ~_struck[w];
            total += BitOperations.PopCount(work.AllNear[w]);
        }
        // Step 1: everyone whose words are all the same, surnames first; step 2: begun; step 3: near.
        most += into.Count;
        for (var tier = 0; tier < 4 && into.Count < most; tier++)
            for (var w = 0; w < _struck.Length && into.Count < most; w++)
            {
                var bits = tier switch
                {
                    0 => work.AllSame[w] & work.Surname[w],
                    1 => work.AllSame[w] & ~work.Surname[w],
                    2 => work.AllBegun[w] & ~work.AllSame[w],
                    _ => work.AllNear[w] & ~work.AllBegun[w],
                } & work.AllNear[w];
                for (; bits != 0 && into.Count < most; bits &= bits - 1) into.Add(_people[(w << 6) + BitOperations.TrailingZeroCount(bits)]);
            }
        return total;
    }

    private void MarkSlot(NameQuery query, int s, Scratch work)
    {
        var slot = query.Slots[s];
        Array.Clear(work.Same, 0, _struck.Length);
        _surnames.Same(slot.Word, work.Same);
        for (var w = 0; w < _struck.Length; w++) work.Surname[w] = s == 0 ? work.Same[w] : work.Surname[w] | work.Same[w];
        _givens.Same(slot.Word, work.Same);
        foreach (var join in query.Joins)
            if (join.First <= s && s <= join.Last) Both(v => v.Same(join.Slot.Word, work.Same));
        work.Same.AsSpan(0, _struck.Length).CopyTo(work.Begun);
        if (slot.Begins) Both(v => v.Beginning(slot.Word, work.Begun));
        work.Begun.AsSpan(0, _struck.Length).CopyTo(work.Near);
        if (slot.Edits > 0) Both(v => v.Near(slot, work.Near));
        foreach (var join in query.Joins)
            if (join.First <= s && s <= join.Last) Both(v => v.Near(join.Slot, work.Near));
    }

    private void Both(Action<Vocabulary> mark)
    {
        mark(_surnames);
        mark(_givens);
    }

    private bool Meet(ulong[] found, ulong[] all, int s)
    {
        var any = 0UL;
        for (var w = 0; w < _struck.Length; w++) any |= all[w] = s == 0 ? found[w] : all[w] & found[w];
        return any != 0;
    }

    /// <summary>By birth name, then first given name, twelve letters of each: enough for the eye, and a tenth of the time of whole strings.</summary>
    private static int[] Ranked(PeopleTable.Snapshot rows)
    {
        var (order, keys) = (new int[rows.Count], new ulong[rows.Count]);
        for (var i = 0; i < order.Length; i++) (order[i], keys[i]) = (i, Packed(rows.Row(i)[IdentityRow.Text.BirthName]));
        Array.Sort(keys, order);
        for (int from = 0, to; from < order.Length; from = to)
        {
            for (to = from + 1; to < order.Length && keys[to] == keys[from];) to++;
            if (to - from < 2) continue;
            for (var i = from; i < to; i++) keys[i] = Packed(rows.Row(order[i])[IdentityRow.Text.FirstGivenName]);
            Array.Sort(keys, order, from, to - from);
        }
        return order;
    }

    private static ulong Packed(ReadOnlySpan<byte> name)
    {
        var packed = 0UL;
        for (var i = 0; i < 12; i++) packed = packed << 5 | (i < name.Length && name[i] >= 'A' ? (uint)name[i] & 31 : 0);
        return packed;
    }

    /// <summary>Sets of ranks of one search, kept by each thread.</summary>
    private sealed class Scratch(int words)
    {
        [ThreadStatic]
        private static Scratch? t_own;

        private readonly int _words = words;
        public readonly ulong[] Same = new ulong[words], Begun = new ulong[words], Near = new ulong[words];
        public readonly ulong[] AllSame = new ulong[words], AllBegun = new ulong[words], AllNear = new ulong[words], Surname = new ulong[words];

        public static Scratch Of(int words) => t_own is { } own && own._words >= words ? own : t_own = new Scratch(words + words / 8 + 64);
    }
}
