using System.Globalization;

namespace Serment.Benchmarks;

/// <summary>
/// People who do not exist, the same for one seed. Names are made of French syllables, 16,000 surnames and 2,000 given
/// names, the n-th as often as 1/n^0.8: few are common and most are rare, as in a real registry.
/// </summary>
public sealed class InventedPeople(ulong seed)
{
    private static readonly string[] Heads = ["Bre", "Cha", "Da", "Fou", "Ga", "Le", "Mar", "Pé", "Ro", "Sau", "Tho", "Vi", "Au", "Ber", "Clé", "Du", "Gué", "La", "Mo", "Que"];
    private static readonly string[] Middles = ["ri", "lo", "ma", "de", "ne", "ta", "vi", "que", "lan", "bou", "sé", "mi", "ro", "ge", "rou", "che", "pi", "na", "do", "lé"];
    private static readonly string[] Tails = ["nard", "let", "tier", "voux", "mel", "gnon", "reau", "sin", "dec", "lain", "court", "ville", "mont", "zac", "bert", "nel", "las", "ron", "quet", "gnac", "rand", "seau", "pin", "don", "chet", "rin", "lot", "van", "jean", "tin", "dier", "gue", "sat", "bal", "fort", "mard", "nais", "roy", "dan", "bel"];
    private ulong _state = seed * 0x9E3779B97F4A7C15 | 1;

    public IEnumerable<IdentityTraits> Take(int count)
    {
        for (var i = 0; i < count; i++) yield return One();
    }

    public IdentityTraits One() => new(
        Surname(), Given(), null, new DateOnly(1925, 1, 1).AddDays(Below(36_500)), Below(2) == 0 ? Sex.Female : Sex.Male,
        Below(95_000).ToString("D5", CultureInfo.InvariantCulture), Below(4) == 0 ? Surname() : null);

    public string Surname() => Skewed(16_000) is var n ? Heads[n % 20] + Middles[n / 20 % 20] + Tails[n / 400 % 40] : "";

    public string Given() => Skewed(2_000) is var n ? Heads[(n + 7) % 20] + Middles[n / 20 % 20] + (n / 400) switch { 0 => "", 1 => "ne", 2 => "ette", 3 => "lin", _ => "ric" } : "";

    /// <summary>One slip of the hand: a letter changed, lost, doubled or two exchanged.</summary>
    public string Slip(string word)
    {
        var at = 1 + Below(Math.Max(1, word.Length - 2));
        if (at + 1 >= word.Length) return word;
        return Below(4) switch
        {
            0 => word[..at] + (char)('a' + Below(26)) + word[(at + 1)..],
            1 => word.Remove(at, 1),
            2 => word.Insert(at, $"{word[at]}"),
            _ => word[..at] + word[at + 1] + word[at] + word[(at + 2)..],
        };
    }

    public int Below(int end) => (int)(Next() % (ulong)end);

    public UInt128 Number() => (UInt128)Next() << 64 | Next();

    private int Skewed(int count) => (int)(Math.Pow(Next() / (double)ulong.MaxValue, 5) * count) % count;

    private ulong Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return _state * 0x2545F4914F6CDD1D;
    }
}
