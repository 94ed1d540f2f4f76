using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Serment.Custodian.Identities;

/// <summary>How names and dates are read when people type them.</summary>
internal static partial class SearchText
{
    private static readonly HashSet<string> Particles = ["DE", "DU", "DES", "LE", "LA", "LES", "D", "L", "ET"];
    private static readonly string[] Months = ["JANV", "FEV", "MARS", "AVR", "MAI", "JUIN", "JUIL", "AOU", "SEPT", "OCT", "NOV", "DEC"];

    /// <summary>Capitals without accents; ligatures and barred letters opened; typographic apostrophes and hyphens made plain.</summary>
    public static string Capitals(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text.Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark) continue;
            plain.Append(c switch
            {
                'œ' or 'Œ' => "OE",
                'æ' or 'Æ' => "AE",
                'ß' or 'ẞ' => "SS",
                'þ' or 'Þ' => "TH",
                'ø' or 'Ø' => "O",
                'ł' or 'Ł' => "L",
                'đ' or 'Đ' or 'ð' or 'Ð' => "D",
                'ı' => "I",
                '’' or '‘' or 'ʼ' or '`' or '´' => "'",
                '‐' or '‑' or '–' or '—' => "-",
                _ => char.ToUpperInvariant(c),
            });
        }
        return Spaces().Replace(plain.ToString(), " ");
    }

    public static bool IsParticle(ReadOnlySpan<byte> word) => word.Length switch
    {
        1 => word[0] is (byte)'D' or (byte)'L',
        2 => word.SequenceEqual("DE"u8) || word.SequenceEqual("DU"u8) || word.SequenceEqual("LE"u8) || word.SequenceEqual("LA"u8) || word.SequenceEqual("ET"u8),
        3 => word.SequenceEqual("DES"u8) || word.SequenceEqual("LES"u8),
        _ => false,
    };

    /// <summary>Every word, in capitals, particles included.</summary>
    public static string[] Tokens(string text) => [.. Separators().Split(Capitals(text)).Where(w => w.Length > 0)];

    /// <summary>The words by which a name is found; particles only when nothing else is there.</summary>
    public static string[] Words(string text)
    {
        var words = Tokens(text);
        var strong = words.Where(w => !Particles.Contains(w)).ToArray();
        return strong.Length > 0 ? strong : words;
    }

    /// <summary>Takes a date out of what was typed: 03/02/1951, 3-2-51, 03021951, 1951-02-03, 3 février 1951, née le 3 fév. 1951.</summary>
    public static (DateOnly? Date, string Remainder) TakeDate(string text, DateOnly today)
    {
        var capitals = Capitals(text);
        foreach (var pattern in Patterns)
        {
            var match = pattern.Match(capitals);
            if (!match.Success) continue;
            var month = Array.FindIndex(Months, m => match.Groups["m"].Value.StartsWith(m, StringComparison.Ordinal)) is var named and >= 0 ? named + 1 : Number("m");
            var year = Number("y");
            if (match.Groups["y"].Length == 2) year += year + 2000 > today.Year ? 1900 : 2000;
            if (month is < 1 or > 12 || year is < 1850 or > 2200 || Number("d") < 1 || Number("d") > DateTime.DaysInMonth(year, month)) continue;
            return (new DateOnly(year, month, Number("d")), Born().Replace(capitals.Remove(match.Index, match.Length), " ").Trim());

            int Number(string group) => int.TryParse(match.Groups[group].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
        }
        return (null, capitals.Trim());
    }

    private static readonly Regex[] Patterns =
    [
        new(@"\b(?<y>\d{4})-(?<m>\d{1,2})-(?<d>\d{1,2})\b", RegexOptions.Compiled),
        new(@"\b(?<d>\d{1,2})[/.\- ](?<m>\d{1,2})[/.\- ](?<y>\d{4}|\d{2})\b", RegexOptions.Compiled),
        new(@"\b(?<d>\d{1,2})(?:ER)? (?<m>[A-Z]{3,9})\.? (?<y>\d{4})\b", RegexOptions.Compiled),
        new(@"\b(?<d>\d{2})(?<m>\d{2})(?<y>\d{4})\b", RegexOptions.Compiled),
    ];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\bNEE?(?:\(E\))? LE\b")]
    private static partial Regex Born();

    [GeneratedRegex(@"[^A-Z0-9]+")]
    private static partial Regex Separators();
}
