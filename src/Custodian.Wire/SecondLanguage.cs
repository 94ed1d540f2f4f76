using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Resources;
using System.Text.RegularExpressions;

namespace Serment.Custodian.Wire;

/// <summary>
/// The English of French texts, from one .resx. The French itself is the key; what varies in it is a numbered hole
/// ("{0} : 1 à 80 caractères."), so that a refusal that was already filled in is found again by its fixed parts. docs/decisions/0022.
/// </summary>
/// <param name="name">Full name of the resource, without culture.</param>
public sealed partial class SecondLanguage(string name, Assembly assembly)
{
    private readonly FrozenDictionary<string, (string French, string English)> _texts = Read(name, assembly);
    // What has hardly a letter of its own ("{0} à {1}") would pass for any sentence.
    private readonly Lazy<(Regex French, int Fixed, string English)[]> _patterns = new(() => [.. Read(name, assembly).Values
        .Where(t => Hole().IsMatch(t.French) && Hole().Replace(t.French, "").Count(char.IsLetter) > 1).OrderByDescending(t => Hole().Replace(t.French, "").Length).Select(t => (Pattern(t.French), Hole().Replace(t.French, "").Length, t.English))]);

    /// <summary>What the Custodian says to people: refusals and notices. Never what they sign, which stays French to the letter.</summary>
    public static SecondLanguage OfCustodian { get; } = new("Serment.Custodian.Wire.Said", typeof(SecondLanguage).Assembly);

    /// <summary>English by French, for a page that looks up by itself.</summary>
    public IReadOnlyDictionary<string, string> All => _texts.Values.ToDictionary(t => t.French, t => t.English);

    /// <summary>The English of a key, or null. A key that differs only in case gives its first letter the same case: "lit" from "Lit".</summary>
    public string? Of(string french)
    {
        if (!_texts.TryGetValue(french, out var text)) return null;
        if (text.French[0] == french[0] || text.English.Length == 0) return text.English;
        return (char.IsLower(french[0]) ? char.ToLowerInvariant(text.English[0]) : char.ToUpperInvariant(text.English[0])) + text.English[1..];
    }

    /// <summary>The English of a sentence whose holes are already filled in, or null. What fills them is translated where it is a key itself, or a list of keys.</summary>
    public string? OfSentence(string french) => Of(french) ?? OfPattern(french)?.English ?? (french.Split(", ") is { Length: > 1 } parts && parts.All(part => Of(part) is not null) ? string.Join(", ", parts.Select(Of)) : null);

    /// <summary>By the pattern with the longest fixed part that fits, and how long that is: of two languages the closer one is right.</summary>
    public (int Fixed, string English)? OfPattern(string french)
    {
        foreach (var (pattern, length, english) in _patterns.Value)
            if (pattern.Match(french) is { Success: true } match)
                return (length, string.Format(CultureInfo.InvariantCulture, english, [.. match.Groups.Values.Skip(1).Select(g => OfSentence(g.Value) ?? g.Value)]));
        return null;
    }

    private static Regex Pattern(string french) => new($"^{EscapedHole().Replace(Regex.Escape(french), "(.*?)")}$", RegexOptions.Singleline | RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(200));

    // A .resx refuses two keys that differ only in case; so one stands for both.
    private static FrozenDictionary<string, (string French, string English)> Read(string name, Assembly assembly)
    {
        using var set = new ResourceManager(name, assembly).GetResourceSet(CultureInfo.GetCultureInfo("en"), createIfNotExists: true, tryParents: false);
        return set!.Cast<System.Collections.DictionaryEntry>().ToFrozenDictionary(e => (string)e.Key, e => (French: (string)e.Key, English: (string)e.Value!), StringComparer.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"\\\{\d}")]
    private static partial Regex EscapedHole();
}
