using System.Text.RegularExpressions;

namespace Serment.Server.References;

/// <summary>Birth places as people type and read them: a code, with its name beside it where the list of communes and countries is loaded.</summary>
public sealed partial class PlaceNames(string data)
{
    private readonly ReferenceFile<OfficialPlaces> _file = new(data, ReferenceFile.Places, (_, lines) => new OfficialPlaces(lines.Select(OfficialPlaces.Parse)));

    public bool Loaded => _file.Current is not null;

    /// <summary>What was typed may mean these, among those that existed on the day of birth.</summary>
    public IReadOnlyList<string> Suggestions(string typed, DateOnly? born) => _file.Current is not { } places ? []
        : Code().Match(typed.Trim()) is { Success: true, Value: var code } && born is { } day ? (places.Standing(code.ToUpperInvariant(), day) is { } one ? [Typed(one)] : [])
        : [.. places.Find(typed, born, 8).Select(Typed)];

    /// <summary>For a field: the code first, so that what is shown is what is sent.</summary>
    public string? Typed(string? code, DateOnly born) => code is null ? null : _file.Current?.Named(code, born) is { } place ? Typed(place) : code;

    /// <summary>For reading: "Nantes (44) · 44109".</summary>
    public string Shown(string? code, DateOnly born) => code switch
    {
        null => "inconnu",
        OfficialPlaces.Unknown => $"inconnu · {code}",
        _ => _file.Current?.Named(code, born) is { } place ? $"{place.Shown} · {code}" : code,
    };

    /// <summary>The code that a field means: typed as such, chosen from the list, or the only place of that name on that day.</summary>
    /// <exception cref="RefusedException">Several places or none are called so.</exception>
    public string? CodeOf(string? typed, DateOnly born)
    {
        if (string.IsNullOrWhiteSpace(typed)) return null;
        if (Code().Match(typed.Trim()) is { Success: true, Value: var code }) return code.ToUpperInvariant();
        if (_file.Current is not { } places) return typed.Trim();
        var found = places.Find(typed, born, 50).Where(p => LabelSearch.Words(p.Name).SequenceEqual(LabelSearch.Words(typed))).ToArray();
        return found.Length == 1 ? found[0].Code : throw new RefusedException(RefusalCodes.Invalid, found.Length == 0
            ? "Lieu de naissance : aucun lieu de ce nom à la date de naissance. Choisissez dans la liste, ou 99999 s'il est inconnu."
            : $"Lieu de naissance : {found.Length} communes portent ce nom ({string.Join(", ", found.Take(6).Select(p => p.Shown))}). Choisissez dans la liste.");
    }

    private static string Typed(OfficialPlace place) => $"{place.Code} {place.Shown}";

    [GeneratedRegex("^(?:[0-9]{5}|2[ABab][0-9]{3})(?= |$)")]
    private static partial Regex Code();
}
