using Serment.Custodian.Budgets;
using Xunit;

namespace Serment.Fast.Tests.Budgets;

public sealed class DelayedCountTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    [Fact]
    public void Beds_that_one_person_adds_lift_the_ceiling_a_day_after_the_last_and_across_a_restart()
    {
        byte[] kept = [];
        var beds = new DelayedCount(mark => kept = mark);
        Assert.Equal(60, beds.Counted(60, Monday, Day));
        beds.Raised(60, Monday, Day);
        kept = [.. kept, (byte)' '];
        beds.Raised(61, Monday.AddSeconds(59), Day);
        Assert.Equal((byte)' ', kept[^1]);
        beds.Raised(61, Monday.AddHours(23), Day);
        var again = new DelayedCount(_ => { });
        again.Load(kept);
        foreach (var book in new[] { beds, again })
        {
            Assert.Equal(60, book.Counted(5_000, Monday.AddHours(24), Day));
            Assert.Equal(60, book.Counted(5_000, Monday.AddHours(46), Day));
            Assert.Equal(5_000, book.Counted(5_000, Monday.AddHours(47), Day));
            Assert.Equal(20, book.Counted(20, Monday.AddHours(24), Day));
        }
    }

    [Fact]
    public void A_new_cell_counts_its_beds_at_once_for_one_day()
    {
        var beds = new DelayedCount(_ => { });
        beds.Raised(0, Monday, Day);
        beds.Raised(40, Monday.AddHours(20), Day);
        Assert.Equal(300, beds.Counted(300, Monday.AddHours(21), Day));
        beds.Raised(300, Monday.AddHours(25), Day);
        Assert.Equal(300, beds.Counted(9_000, Monday.AddHours(26), Day));
    }
}
