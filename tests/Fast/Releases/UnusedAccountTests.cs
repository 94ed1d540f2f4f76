using Serment.Custodian.Accounts;
using Serment.Custodian.Policies;
using Xunit;

namespace Serment.Fast.Tests.Releases;

public sealed class UnusedAccountTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_account_that_nobody_uses_rings_then_closes_and_an_officers_only_rings()
    {
        var book = new AccountBook((_, _, _) => { });
        Account Person(Role role, DateTimeOffset? since)
        {
            var account = new Account { Id = Id.New<AccountId>(), Name = "Camille Aubry", Title = "", Role = role, Passkeys = since is { } enrolled ? [new Passkey([1], [2], 0, false, enrolled)] : [] };
            book.Put(account);
            return account;
        }
        var (gone, officer, works, never) = (Person(Role.Physician, Monday), Person(Role.Administrator, Monday), Person(Role.Nurse, Monday), Person(Role.Nurse, null));
        var seen = Monday;
        var unused = new UnusedAccounts(book, account => account == works.Id ? seen : null, () => Policy.Starting.Orphans);
        var rung = new List<(int Day, AccountId Account, bool Closed)>();
        for (var day = 1; day <= 120; day++)
        {
            seen = Monday.AddDays(day - 3);
            rung.AddRange(unused.Look(Monday.AddDays(day)).Select(one => (day, one.Account, one.Closed)));
        }
        // Told once a week from the 45th day, closed on the 90th; who works and the demonstration's people are let alone.
        Assert.Equal([45, 52, 59, 66, 73, 80, 87, 90], rung.Where(one => one.Account == gone.Id).Select(one => one.Day));
        Assert.Equal((90, gone.Id, true), Assert.Single(rung, one => one.Closed));
        Assert.Equal(11, rung.Count(one => one.Account == officer.Id));
        Assert.DoesNotContain(rung, one => one.Account == works.Id || one.Account == never.Id);
        Assert.Equal((false, true), (book.Of(gone.Id).OpenAt(Monday.AddDays(90)), book.Of(officer.Id).OpenAt(Monday.AddDays(120))));
        Assert.Contains("ne servait plus depuis 90 jours", Assert.Single(book.NoticesOf(gone.Id)).Text, StringComparison.Ordinal);
    }
}
