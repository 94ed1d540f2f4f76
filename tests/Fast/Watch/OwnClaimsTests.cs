using System.Security.Cryptography;
using Serment.Custodian.Journal;
using Serment.Custodian.Watch;
using Xunit;

namespace Serment.Fast.Tests.Watch;

public sealed class OwnClaimsTests : IDisposable
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-claims-").FullName;

    private static JournalEntry Entry(string kind, AccountId account, PatientId patient, DateTimeOffset at, string? ground = "Stay (self-claimed)") =>
        new() { Time = at, Kind = kind, Account = account, Patient = patient, Domain = Domain.Clinical, Ground = ground };

    [Fact]
    public async Task What_nothing_confirmed_for_a_day_waits_once_a_person_and_day_and_goes_when_care_confirms_it()
    {
        await using var journal = new JournalLog(_folder, RandomNumberGenerator.GetBytes(32), "serment/test", RandomNumberGenerator.GetBytes(32));
        var claims = new OwnClaims(journal);
        var (nurse, clerk, one, two) = (Id.New<AccountId>(), Id.New<AccountId>(), Id.New<PatientId>(), Id.New<PatientId>());
        Assert.Empty(claims.Unconfirmed(Monday));
        await journal.AppendAsync([
            Entry("release", nurse, one, Monday), Entry("write", nurse, two, Monday.AddHours(1)), Entry("release", nurse, one, Monday.AddDays(1)),
            // The desk's short way is its work; what others made explains itself.
            Entry("release", clerk, two, Monday, "Desk (self-claimed)"), Entry("release", clerk, one, Monday, "Stay"),
        ]);
        long[] Waiting(double days) => [.. claims.Unconfirmed(Monday.AddDays(days)).Select(at => at.Index)];
        Assert.Empty(Waiting(0.9));
        Assert.Equal([0], Waiting(1.1));
        Assert.Equal([0, 2], Waiting(3));
        // What is asked again reads only what came since.
        await journal.AppendAsync([Entry("corroborated", nurse, one, Monday.AddDays(3), null)]);
        Assert.Equal([1], Waiting(3.1));
        await journal.AppendAsync([Entry("release", nurse, one, Monday.AddDays(4))]);
        Assert.Equal([1], Waiting(6));
        Assert.Equal(Waiting(6), new OwnClaims(journal).Unconfirmed(Monday.AddDays(6)).Select(at => at.Index));
        Assert.Empty(Waiting(11.1));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
