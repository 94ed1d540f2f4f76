using Serment.Custodian.Budgets;
using Serment.Custodian.Policies;
using Xunit;

namespace Serment.Fast.Tests.Budgets;

public sealed class CeilingTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(100_000, 60, 10, 2_500)]
    [InlineData(2_000, 60, 10, 210)]
    [InlineData(2_001, 0, 0, 51)]
    public void A_new_establishment_has_the_greater_of_its_base_and_its_beds(int patients, int beds, int expected, int limit) =>
        Assert.Equal(limit, new EstablishmentCeiling().Limit(Policy.Starting.Ceiling, patients, beds, expected, Monday));

    [Fact]
    public void The_busiest_day_of_four_weeks_raises_it_and_is_forgotten_after_them()
    {
        var ceiling = new EstablishmentCeiling();
        for (var i = 0; i < 1000; i++) ceiling.Open(Id.New<PatientId>(), Monday);
        Assert.Equal(100, ceiling.Limit(Policy.Starting.Ceiling, 4_000, 0, 0, Monday));
        Assert.Equal(1300, ceiling.Limit(Policy.Starting.Ceiling, 4_000, 0, 0, Monday.AddDays(1)));
        Assert.Equal(1300, ceiling.Limit(Policy.Starting.Ceiling, 4_000, 0, 0, Monday.AddDays(28)));
        Assert.Equal(100, ceiling.Limit(Policy.Starting.Ceiling, 4_000, 0, 0, Monday.AddDays(29)));
    }

    [Fact]
    public void Only_patients_new_to_the_day_are_beyond_it_and_a_clock_set_back_changes_nothing()
    {
        var ceiling = new EstablishmentCeiling();
        var known = Id.New<PatientId>();
        ceiling.Open(known, Monday);
        ceiling.Open(Id.New<PatientId>(), Monday);
        Assert.False(ceiling.Beyond(known, _ => 2, Monday));
        Assert.True(ceiling.Beyond(Id.New<PatientId>(), _ => 2, Monday));
        Assert.True(ceiling.Beyond(Id.New<PatientId>(), _ => 2, Monday.AddDays(-1)));
        Assert.False(ceiling.Beyond(Id.New<PatientId>(), _ => 2, Monday.AddDays(1)));
    }
}
