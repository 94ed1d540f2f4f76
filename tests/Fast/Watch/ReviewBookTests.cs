using Serment.Custodian.Watch;
using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Watch;

public sealed class ReviewBookTests
{
    [Fact]
    public void What_is_overdue_waits_until_somebody_looks_across_a_restart_and_however_old_it_gets()
    {
        var ward = new Ward();
        var officer = ward.Someone(Role.SecurityOfficer);
        var kept = new Dictionary<string, byte[]>();
        var book = new ReviewBook((id, json) => kept[id] = json);
        book.Owe([7, 5]);
        book.Owe([5, 9]);
        Assert.Equal([5, 7, 9], Again().Owed);
        book.Review(officer, null, new Reviewed(7, ReviewOutcome.Harmless, "interface mal réglée"), ward.Now);
        Assert.Equal([5, 9], Again().Owed);
        Assert.Equal(officer.Id, Again().Of(7)!.By);
        // Said again by the daily look: it stays looked at.
        book.Owe([7]);
        Assert.Equal([5, 9], Again().Owed);

        ReviewBook Again()
        {
            var again = new ReviewBook((_, _) => { });
            foreach (var (id, json) in kept) again.Load(id, json);
            return again;
        }
    }
}
