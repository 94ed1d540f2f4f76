using System.Globalization;

namespace Serment.Kernel;

/// <summary>A commune or a country as the code officiel géographique (INSEE) names it, while it bears this code and name.</summary>
/// <param name="From">First day; null: always.</param>
/// <param name="Until">First day on which it no longer does; null: it still does.</param>
public sealed record OfficialPlace(string Code, string Name, DateOnly? From, DateOnly? Until)
{
    public bool IsCountry => Code.StartsWith("99", StringComparison.Ordinal);

    /// <summary>Two communes of one name are told apart by their department.</summary>
    public string Shown => IsCountry ? Name : $"{Name} ({OfficialPlaces.DepartmentOf(Code)})";

    public bool StoodOn(DateOnly day) => !(From > day) && !(Until <= day);
}

/// <summary>
/// Birth places: which codes existed on a day, what they were called, and which a typed name may mean. The official list begins
/// on 1 January 1943: whoever was born before is taken as born that day. A country is called by the code that it has today, so
/// one that became independent later stands for those born there before.
/// </summary>
public sealed class OfficialPlaces
{
    /// <summary>COG code of a place that nobody knows.</summary>
    public const string Unknown = "99999";
    private static readonly DateOnly Start = new(1943, 1, 1);

    private readonly OfficialPlace[] _all;
    private readonly ILookup<string, OfficialPlace> _byCode;
    private readonly HashSet<string> _departments;
    private readonly LabelSearch _search;

    public OfficialPlaces(IEnumerable<OfficialPlace> places)
    {
        _all = [.. places];
        _byCode = _all.ToLookup(place => place.Code);
        _departments = [.. _all.Select(place => DepartmentOf(place.Code))];
        _search = new LabelSearch(_all.Select(place => place.Name));
    }

    public int Count => _all.Length;

    /// <summary>"44", "2A", "971", "99" for countries.</summary>
    public static string DepartmentOf(string code) => code[..(code.StartsWith("97", StringComparison.Ordinal) || code.StartsWith("98", StringComparison.Ordinal) ? 3 : 2)];

    /// <summary>False when this code did not exist on that day. A department of which the list holds nothing is not judged.</summary>
    public bool MayHaveStood(string code, DateOnly born) => code == Unknown || !_departments.Contains(DepartmentOf(code)) || Standing(code, born) is not null;

    /// <summary>The place of this code on that day, or null.</summary>
    public OfficialPlace? Standing(string code, DateOnly born) => _byCode[code].FirstOrDefault(place => Stands(place, born));

    /// <summary>What the code meant on that day; failing that, what it means or meant on another.</summary>
    public OfficialPlace? Named(string code, DateOnly born) => Standing(code, born) ?? _byCode[code].LastOrDefault();

    public IReadOnlyList<OfficialPlace> Find(string typed, DateOnly? born, int most) =>
        [.. _search.Find(typed, most * 2, i => born is not { } day || Stands(_all[i], day)).Select(i => _all[i]).DistinctBy(place => place.Code).Take(most)];

    private static bool Stands(OfficialPlace place, DateOnly born) => (place.IsCountry ? place with { From = null } : place).StoodOn(born < Start ? Start : born);

    /// <summary>One line of the reference file: code, name, first day, first day after. docs/formats/reference.md.</summary>
    public static string Line(OfficialPlace place) => $"{place.Code}\t{place.Name}\t{Day(place.From)}\t{Day(place.Until)}";

    /// <exception cref="FormatException">The line is none of these.</exception>
    public static OfficialPlace Parse(string line) => line.Split('\t') is [{ Length: 5 } code, { Length: > 0 } name, var from, var until]
        ? new OfficialPlace(code, name, Day(from), Day(until))
        : throw new FormatException("not a place");

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";

    private static DateOnly? Day(string text) => text.Length == 0 ? null : DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
