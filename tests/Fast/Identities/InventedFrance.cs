using System.Globalization;
using Serment.Custodian.Identities;

namespace Serment.Fast.Tests.Identities;

/// <summary>Many people named as often as French people are, the same for one seed. A fifth of the surnames are made rarer by a letter, because a list of 14,000 knows none of the rare ones.</summary>
internal sealed class InventedFrance
{
    private readonly (string[] Names, double[] Upto) _surnames = Weighted("reference/french-last-names.csv.xz");
    private readonly (string[] Names, double[] Upto) _givens = Weighted("reference/french-first-names.csv.xz");
    private ulong _state;

    public InventedFrance(ulong seed) => _state = seed;

    public IEnumerable<Identity> People(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (name, given) = (Surname(), Pick(_givens));
            yield return new Identity
            {
                Id = PatientId.From((UInt128)Next() << 64 | Next()),
                Ipp = i + 1,
                Traits = new IdentityTraits(name, given, Chance(70) ? $"{given} {Pick(_givens)} {Pick(_givens)}" : null, new DateOnly(1925, 1, 1).AddDays(Below(36_500)), Chance(50) ? Sex.Female : Sex.Male,
                    Below(95_000).ToString("D5", CultureInfo.InvariantCulture), Chance(25) ? Surname() : null, null, Chance(60) ? $"{1 + Below(2)}{Below(1_000_000):D6}{Below(100_000_000):D8}" : null),
                Status = IdentityStatus.Validated,
            };
        }
    }

    public string Surname()
    {
        var name = Pick(_surnames);
        if (Chance(20)) name = Names.Slip(name, 0, Below(name.Length), (char)('A' + Below(26)));
        return Chance(6) ? $"{name}-{Pick(_surnames)}" : name;
    }

    public string Given() => Pick(_givens);

    public string Slip(string word) => Names.Slip(word, Below(4), Below(word.Length), (char)('A' + Below(26)));

    public int Below(int end) => (int)(Next() % (ulong)end);

    private bool Chance(int percent) => Below(100) < percent;

    private ulong Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return _state * 0x2545F4914F6CDD1D;
    }

    private string Pick((string[] Names, double[] Upto) list)
    {
        var at = Array.BinarySearch(list.Upto, Next() / (double)ulong.MaxValue * list.Upto[^1]);
        return list.Names[Math.Min(at < 0 ? ~at : at, list.Names.Length - 1)];
    }

    private static (string[], double[]) Weighted(string file)
    {
        var (names, upto, sum) = (new List<string>(), new List<double>(), 0.0);
        foreach (var line in RealMaterial.Lines(file).Skip(1))
        {
            var parts = line.Split(';');
            string name;
            try { name = TraitRules.Strict(Registry.Traits(parts[0], parts[0], "1960-01-01"), true, new DateOnly(2026, 3, 14)).FirstGivenName; }
            catch (RefusedException) { continue; }
            names.Add(name);
            upto.Add(sum += double.Parse(parts[1], CultureInfo.InvariantCulture));
        }
        return ([.. names], [.. upto]);
    }
}
