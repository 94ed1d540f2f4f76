using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Serment.Custodian.Identities;

/// <summary>How names and dates are read when people type them.</summary>
internal static partial class SearchText
{
    private static readonly HashSet<string> Particles = ["DE", "DU", "DES", "LE", "LA", "LES", "D", "L", "ET"];
    private static readonly string[] Months = ["JANVIER", "FEVRIER", "MARS", "AVRIL", "MAI", "JUIN", "JUILLET", "AOUT", "SEPTEMBRE", "OCTOBRE", "NOVEMBRE", "DECEMBRE"];

    /// <summary>Capitals without accents; ligatures opened; typographic apostrophes and hyphens made plain.</summary>
    public static string Capitals(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text.Replace("œ", "oe", StringComparison.OrdinalIgnoreCase).Replace("æ", "ae", StringComparison.OrdinalIgnoreCase).Replace("ß", "ss", StringComparison.Ordinal).Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark) continue;
            plain.Append(c switch { '’' or '‘' or 'ʼ' => '\'', '‐' or '‑' or '–' => '-', _ => char.ToUpperInvariant(c) });
        }
        return Spaces().Replace(plain.ToString(), " ");
    }

    /// <summary>The words by which a name is found; particles only when nothing else is there.</summary>
    public static string[] Words(string text)
    {
        var words = Separators().Split(Capitals(text)).Where(w => w.Length > 0).ToArray();
        var strong = words.Where(w => !Particles.Contains(w)).ToArray();
        return strong.Length > 0 ? strong : words;
    }

    /// <summary>Takes a date out of what was typed: 03/02/1951, 3-2-51, 03021951, 1951-02-03, 3 février 1951.</summary>
    public static (DateOnly? Date, string Remainder) TakeDate(string text, DateOnly today)
    {
        var capitals = Capitals(text);
        foreach (var (pattern, order) in Patterns)
        {
            var match = pattern.Match(capitals);
            if (!match.Success) continue;
            var month = Array.IndexOf(Months, match.Groups["m"].Value) is var named and >= 0 ? named + 1 : Number("m");
            var year = Number("y");
            if (match.Groups["y"].Length == 2) year += year + 2000 > today.Year ? 1900 : 2000;
            if (month is < 1 or > 12 || year is < 1850 or > 2200 || Number("d") < 1 || Number("d") > DateTime.DaysInMonth(year, month)) continue;
            return (new DateOnly(year, month, Number("d")), capitals.Remove(match.Index, match.Length).Trim());

            int Number(string group) => int.TryParse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
        }
        return (null, capitals.Trim());
    }

    /// <summary>Edits (optimal string alignment: a swap is one) up to <paramref name="limit"/>, or limit + 1.</summary>
    public static int Edits(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) > limit) return limit + 1;
        Span<int> before = stackalloc int[b.Length + 1], row = stackalloc int[b.Length + 1], next = stackalloc int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            next[0] = i;
            var best = i;
            for (var j = 1; j <= b.Length; j++)
            {
                next[j] = Math.Min(Math.Min(next[j - 1], row[j]) + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) next[j] = Math.Min(next[j], before[j - 2] + 1);
                best = Math.Min(best, next[j]);
            }
            if (best > limit) return limit + 1;
            row.CopyTo(before);
            next.CopyTo(row);
        }
        return row[b.Length];
    }

    private static readonly (Regex, string)[] Patterns =
    [
        (new Regex(@"\b(?<y>\d{4})-(?<m>\d{1,2})-(?<d>\d{1,2})\b", RegexOptions.Compiled), "ymd"),
        (new Regex(@"\b(?<d>\d{1,2})[/.\- ](?<m>\d{1,2})[/.\- ](?<y>\d{4}|\d{2})\b", RegexOptions.Compiled), "dmy"),
        (new Regex(@"\b(?<d>\d{1,2})(?:ER)? (?<m>[A-Z]{3,9}) (?<y>\d{4})\b", RegexOptions.Compiled), "dMy"),
        (new Regex(@"\b(?<d>\d{2})(?<m>\d{2})(?<y>\d{4})\b", RegexOptions.Compiled), "ddmmyyyy"),
    ];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[^A-Z0-9]+")]
    private static partial Regex Separators();
}
