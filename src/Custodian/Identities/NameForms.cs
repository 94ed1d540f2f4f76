namespace Serment.Custodian.Identities;

/// <summary>
/// The words under which one person is found: each word of each name without its particles, and what a name makes when it
/// is written in one (LE GOFF as LEGOFF, JEAN-PIERRE as JEANPIERRE). Lives on the stack; a million rows go through here at start.
/// </summary>
internal ref struct NameForms(Span<byte> letters, Span<NameForms.Form> forms)
{
    public const int Letters = 1536, Most = 96;
    private readonly Span<byte> _letters = letters;
    private readonly Span<Form> _forms = forms;
    private int _used;

    internal readonly record struct Form(ushort Start, ushort Length, bool Surname);

    public int Count { get; private set; }

    public readonly ReadOnlySpan<byte> Word(int form) => _letters.Slice(_forms[form].Start, _forms[form].Length);

    public readonly bool IsSurname(int form) => _forms[form].Surname;

    public void Take(IdentityRow row)
    {
        (Count, _used) = (0, 0);
        Name(row[IdentityRow.Text.BirthName], surname: true, list: false);
        Name(row[IdentityRow.Text.UsedName], surname: true, list: false);
        Name(row[IdentityRow.Text.FirstGivenName], surname: false, list: false);
        Name(row[IdentityRow.Text.UsedGivenName], surname: false, list: false);
        Name(row[IdentityRow.Text.GivenNames], surname: false, list: true);
    }

    /// <param name="list">Several names one after the other: spaces part them, only hyphens and apostrophes join.</param>
    private void Name(ReadOnlySpan<byte> name, bool surname, bool list)
    {
        if (name.IsEmpty) return;
        var strong = HasStrongWord(name);
        var (pieces, whole) = (0, _used);
        for (var at = 0; at <= name.Length; at++)
        {
            if (at < name.Length && name[at] is not ((byte)' ' or (byte)'-' or (byte)'\'')) continue;
            var start = at;
            while (start > 0 && name[start - 1] is not ((byte)' ' or (byte)'-' or (byte)'\'')) start--;
            var word = name[start..at];
            if (!word.IsEmpty)
            {
                // All letters of a joined group lie one after the other, so that the group is a slice too.
                if (Put(word) is { } form && (!strong || !SearchText.IsParticle(word))) Add(form, surname);
                pieces++;
            }
            var ends = at == name.Length || (list && name[at] == ' ');
            if (!ends) continue;
            if (pieces > 1) Add((ushort)whole, (ushort)(_used - whole), surname);
            (pieces, whole) = (0, _used);
        }
    }

    private (ushort Start, ushort Length)? Put(ReadOnlySpan<byte> word)
    {
        if (_used + word.Length > _letters.Length) return null;
        word.CopyTo(_letters[_used..]);
        _used += word.Length;
        return ((ushort)(_used - word.Length), (ushort)word.Length);
    }

    private void Add((ushort Start, ushort Length) form, bool surname) => Add(form.Start, form.Length, surname);

    private void Add(ushort start, ushort length, bool surname)
    {
        if (Count < _forms.Length) _forms[Count++] = new Form(start, length, surname);
    }

    private static bool HasStrongWord(ReadOnlySpan<byte> name)
    {
        foreach (var range in name.SplitAny(" -'"u8))
            if (!name[range].IsEmpty && !SearchText.IsParticle(name[range])) return true;
        return false;
    }
}
