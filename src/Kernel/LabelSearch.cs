using System.Globalization;
using System.Text;

namespace Serment.Kernel;

/// <summary>
/// Finds labels by the beginnings of their words, accents and case ignored: "st den" finds Saint-Denis. Reads them all, one
/// after the other: tens of thousands take a few milliseconds.
/// </summary>
public sealed class LabelSearch
{
    private readonly string[] _folded;

    public LabelSearch(IEnumerable<string> labels) => _folded = [.. labels.Select(label => " " + string.Join(' ', Words(label)))];

    /// <summary>Numbers of the labels in which every typed word begins one: the same label first, then those that begin so, then shorter ones.</summary>
    /// <param name="only">Leaves others out; null: none.</param>
    public IReadOnlyList<int> Find(string typed, int most, Func<int, bool>? only = null)
    {
        var words = Words(typed).Select(word => " " + word).ToArray();
        if (words.Length == 0) return [];
        var whole = string.Concat(words);
        return [.. Enumerable.Range(0, _folded.Length)
            .Where(i => Array.TrueForAll(words, word => _folded[i].Contains(word, StringComparison.Ordinal)) && only?.Invoke(i) != false)
            .OrderBy(i => _folded[i].Length == whole.Length ? 0 : _folded[i].StartsWith(whole, StringComparison.Ordinal) ? 1 : 2).ThenBy(i => _folded[i].Length).ThenBy(i => i)
            .Take(most)];
    }

    /// <summary>Capitals and digits; what separates words is gone; "St" and "Ste" are written out, as official labels do.</summary>
    public static IReadOnlyList<string> Words(string text)
    {
        var plain = new StringBuilder(text.Length + 1);
        foreach (var c in text.Normalize(NormalizationForm.FormD))
            if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark)
                plain.Append(c switch { 'œ' or 'Œ' => "OE", 'æ' or 'Æ' => "AE", _ => char.IsLetterOrDigit(c) ? $"{char.ToUpperInvariant(c)}" : " " });
        return [.. plain.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word switch { "ST" => "SAINT", "STE" => "SAINTE", _ => word })];
    }
}
