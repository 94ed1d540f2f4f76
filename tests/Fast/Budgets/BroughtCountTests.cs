using Serment.Custodian.Budgets;
using Serment.Custodian.Policies;
using Xunit;

namespace Serment.Fast.Tests.Budgets;

public sealed class BroughtCountTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_bound_is_a_share_of_the_ceiling_or_what_the_beds_account_for()
    {
        Assert.Equal(160, BroughtCount.Most(new InterfacePolicy(50, 3, 100), 60, 20));
        Assert.Equal(500, BroughtCount.Most(new InterfacePolicy(50, 3, 100), 1000, 20));
        Assert.Equal(600_000_000, BroughtCount.Most(new InterfacePolicy(50, 3, 100), 1_200_000_000, 20));
    }

    [Fact]
    public void Who_was_brought_counts_once_and_for_a_day()
    {
        var count = new BroughtCount();
        var (one, other) = (Id.New<PatientId>(), Id.New<PatientId>());
        Assert.True(count.TryCount(one, () => 1, Now, Now));
        Assert.True(count.TryCount(one, () => 1, Now.AddHours(1), Now.AddHours(1)));
        Assert.False(count.TryCount(other, () => 1, Now.AddHours(24), Now.AddHours(24)));
        Assert.True(count.TryCount(other, () => 1, Now.AddHours(25), Now.AddHours(25)));
        // Read again from the journal: as old as it is.
        var again = new BroughtCount();
        Assert.True(again.TryCount(one, () => 1, Now, Now.AddHours(23)));
        Assert.False(again.TryCount(other, () => 1, Now.AddHours(23), Now.AddHours(23)));
        Assert.True(again.TryCount(other, () => 1, Now.AddHours(25), Now.AddHours(25)));
    }
}
