using CsCheck;
using Serment.Custodian.Identities;

namespace Serment.Fast.Tests.Identities;

/// <summary>Invented people whose names have everything that French names have: particles, hyphens, apostrophes, two words, two letters.</summary>
internal static class Names
{
    private static readonly Gen<string> Syllable = OneOf("MA", "LE", "RI", "DU", "PONT", "GO", "CHE", "VAL", "TI", "EN", "OU", "BRE", "ZA", "NE", "RO", "KER", "LI", "SSE", "AU", "DE", "JEAN", "ANNE");
    private static readonly Gen<string> Word = Syllable.Array[1, 3].Select(s => string.Concat(s));
    public static readonly Gen<string> Surname = Gen.Frequency(
        (6, Word), (1, Word.Select(w => "LE " + w)), (1, Word.Select(w => "D'" + w)), (1, Word.Select(w => "DE LA " + w)),
        (1, Gen.Select(Word, Word, (a, b) => $"{a}-{b}")), (1, Gen.Select(Word, Word, (a, b) => $"{a} {b}")));
    public static readonly Gen<string> Given = Gen.Frequency((5, Word), (1, Gen.Select(Word, Word, (a, b) => $"{a}-{b}")));
    public static readonly Gen<string> Date = Gen.Int[0, 30_000].Select(d => new DateOnly(1940, 1, 1).AddDays(d).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));

    public static readonly Gen<Identity> Person = Gen.Select(Surname, Given, Date, Gen.Bool, Surname, Gen.Int[1, 1_000_000], (name, given, date, married, used, ipp) => new Identity
    {
        Id = Id.New<PatientId>(),
        Ipp = ipp,
        Traits = Registry.Traits(name, given, date, used: married ? used : null),
        Status = IdentityStatus.Provisional,
    });

    public static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>One slip of the finger in one letter: changed, dropped, doubled or swapped with the next.</summary>
    public static string Slip(string word, int kind, int where, char letter)
    {
        var at = where % word.Length;
        return (kind % 4) switch
        {
            0 => word[..at] + letter + word[(at + 1)..],
            1 when word.Length > 1 => word[..at] + word[(at + 1)..],
            2 => word[..at] + word[at] + word[at..],
            _ when at + 1 < word.Length => word[..at] + word[at + 1] + word[at] + word[(at + 2)..],
            _ => word,
        };
    }
}
