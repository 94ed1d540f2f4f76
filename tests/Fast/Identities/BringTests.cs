using Serment.Custodian.Identities;
using Xunit;

namespace Serment.Fast.Tests.Identities;

/// <summary>A base brought in, a thousand people a call.</summary>
public sealed class BringTests
{
    [Fact]
    public void People_brought_together_get_what_each_would_get_alone()
    {
        // Namesakes of one day, the same source twice, the same matricule twice, and many who have nothing in common.
        CreateIdentity[] asked =
        [
            .. Enumerable.Range(0, 40).Select(n => Of($"NOM{(char)('A' + n % 26)}{(char)('A' + n / 26)}", $"19{50 + n}-03-0{1 + n % 9}", $"s{n}")),
            Of("NOMAA", "1950-03-01", "homonym"), Of("NOMBA", "1951-03-02", "s1"), Of("AUTRE", "1988-01-01", "m1") with { Traits = Registry.Traits("AUTRE", "ANNE", "1988-01-01", matricule: "279035121518989") },
            Of("AUTREMENT", "1989-01-01", "m2") with { Traits = Registry.Traits("AUTREMENT", "ANNE", "1989-01-01", matricule: "2 79 03 51 215 189 89") },
        ];
        using var alone = new Registry();
        using var together = new Registry();
        var one = asked.Select(ask => alone.Identities.Create(ask, null, Registry.Now)).Select(Told).ToArray();
        var many = together.Identities.Bring(asked, Registry.Now).Select(Told).ToArray();
        Assert.Equal(one, many);
        Assert.Equal(42, many.Where(m => m.Fresh).Select(m => m.Ipp).Distinct().Count());
        // Done again after a restart, it finds the same people.
        together.Restart();
        Assert.Equal(one.Select(o => o.Ipp), together.Identities.Bring(asked, Registry.Now).Select(Told).Select(t => t.Ipp));
    }

    private static CreateIdentity Of(string name, string birth, string source) => new(Registry.Traits(name, "ANNE", birth), IdentityStatus.Provisional, DespiteDuplicates: true, Source: source);

    private static (string Ipp, string Name, bool Homonym, bool Fresh) Told(IdentityCreated created) =>
        created.Created is { } line ? (line.Ipp, line.BirthName, line.Homonym, true) : (created.LikelyDuplicates[0].Ipp, created.LikelyDuplicates[0].BirthName, created.LikelyDuplicates[0].Homonym, false);
}
