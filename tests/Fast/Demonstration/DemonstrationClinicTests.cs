using System.Text.Json;
using Serment.Custodian.Demonstration;
using Serment.Server.Demonstration;
using Xunit;

namespace Serment.Fast.Tests.Demonstration;

/// <summary>The clinic that `./run` shows: whoever describes a screen of it to a colleague speaks of the same one.</summary>
public sealed class DemonstrationClinicTests
{
    private static readonly DateOnly Today = new(2026, 11, 29);

    [Fact]
    public void Every_role_of_an_establishment_works_there()
    {
        Assert.Equal(Enum.GetValues<Role>().Except([Role.Support]), DemonstrationClinic.Staff().Select(one => one.Role).Distinct().Order());
        Assert.Equal(DemonstrationClinic.Staff().Count(), DemonstrationClinic.Staff().Select(one => one.Name).Distinct().Count());
    }

    [Fact]
    public void It_is_the_same_every_time_from_one_seed_and_another_from_another()
    {
        Assert.Equal(JsonSerializer.Serialize(DemonstrationClinic.Staff()), JsonSerializer.Serialize(DemonstrationClinic.Staff()));
        Assert.Equal(People("clinique"), People("clinique"));
        Assert.NotEqual(People("clinique"), People("autre"));
    }

    private static string People(string seed)
    {
        var choose = new SeededChoice(seed);
        return JsonSerializer.Serialize(Enumerable.Range(0, 200).Select(_ => InventedPeople.Traits(choose, Today, 0, 95)));
    }
}
