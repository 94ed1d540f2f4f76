using System.Text.RegularExpressions;

namespace Serment.Records.History;

/// <summary>One code of the CIM-10 and its official label.</summary>
/// <param name="Code">With its dot: E11.9.</param>
public sealed partial record Diagnosis(string Code, string Label)
{
    public override string ToString() => $"{Code} {Label}";

    /// <summary>The code as written anywhere (e119, E11.9, E119) in the one form that is kept.</summary>
    public static string Dotted(string code)
    {
        var plain = code.Trim().Replace(".", "", StringComparison.Ordinal).ToUpperInvariant();
        return plain.Length > 3 ? $"{plain[..3]}.{plain[3..]}" : plain;
    }

    /// <summary>Looks like a code; says nothing of whether it exists.</summary>
    public static bool WellFormed(string dotted) => Form().IsMatch(dotted);

    /// <summary>One line of the reference file. docs/formats/reference.md.</summary>
    public string Line => $"{Code}\t{Label}";

    /// <exception cref="FormatException">The line is none of these.</exception>
    public static Diagnosis Parse(string line) => line.Split('\t') is [{ Length: >= 3 } code, { Length: > 0 } label] ? new Diagnosis(code, label) : throw new FormatException("not a diagnosis");

    [GeneratedRegex(@"^[A-Z][0-9]{2}(\.[0-9A-Z+]{1,5})?$")]
    private static partial Regex Form();
}

/// <summary>An edition of the CIM-10: what a code means, and which codes a few letters or words may mean.</summary>
public sealed class Diagnoses
{
    private readonly Diagnosis[] _all;
    private readonly Dictionary<string, Diagnosis> _byCode;
    private readonly LabelSearch _search;

    /// <param name="edition">As it is kept beside a code: "CIM-10 FR 2019".</param>
    public Diagnoses(string edition, IEnumerable<Diagnosis> all)
    {
        Edition = edition;
        _all = [.. all.OrderBy(d => d.Code, StringComparer.Ordinal)];
        _byCode = _all.ToDictionary(d => d.Code);
        _search = new LabelSearch(_all.Select(d => d.Label));
    }

    public string Edition { get; }

    public int Count => _all.Length;

    /// <summary>By the beginning of a code (E11, e119) or of the words of a label.</summary>
    public IReadOnlyList<Diagnosis> Find(string typed, int most) =>
        Diagnosis.Dotted(typed.Trim().Split(' ')[0]) is { Length: > 1 } code && char.IsAsciiDigit(code[1]) ? Under(code, most) : [.. _search.Find(typed, most).Select(i => _all[i])];

    /// <summary>The code as the edition has it.</summary>
    /// <exception cref="RefusedException">It has no such code; the nearest are in the message.</exception>
    public Diagnosis Checked(string dotted)
    {
        if (_byCode.TryGetValue(dotted, out var known)) return known;
        var near = Enumerable.Range(1, dotted.Length - 1).Select(cut => Under(dotted[..^cut].TrimEnd('.'), 4)).FirstOrDefault(found => found.Count > 0) ?? [];
        throw new RefusedException(RefusalCodes.Invalid, $"{Edition} n'a pas de code {dotted}.{(near.Count == 0 ? "" : $" Les plus proches : {string.Join(" ; ", near)}.")}");
    }

    private IReadOnlyList<Diagnosis> Under(string code, int most) => [.. _all.Where(d => d.Code.StartsWith(code, StringComparison.Ordinal)).Take(most)];
}
