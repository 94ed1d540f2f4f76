using Serment.Custodian.Policies;

namespace Serment.Custodian.Accounts;

/// <summary>
/// Accounts that nobody has used for long: told of, then closed; an officer's account is only told of, so that the cell keeps who
/// decides. A reminder a week. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class UnusedAccounts(AccountBook accounts, Func<AccountId, DateTimeOffset?> lastSeen, Func<OrphanPolicy> policy)
{
    private static readonly TimeSpan Reminder = TimeSpan.FromDays(7);
    private readonly Dictionary<AccountId, DateTimeOffset> _told = [];

    /// <summary>Closes what is to be closed.</summary>
    public IReadOnlyList<(AccountId Account, int Days, bool Closed)> Look(DateTimeOffset now)
    {
        var found = new List<(AccountId, int, bool)>();
        foreach (var account in accounts.All.Where(account => account.OpenAt(now)).ToArray())
        {
            var days = DaysOf(account, now);
            if (days < policy().RingAfterDays) continue;
            var close = days >= policy().CloseAfterDays && !RoleAccess.IsOfficer(account.Role);
            if (!close && _told.TryGetValue(account.Id, out var last) && now - last < Reminder) continue;
            _told[account.Id] = now;
            if (close) accounts.Unused(account.Id, days, now);
            found.Add((account.Id, days, close));
        }
        return found;
    }

    /// <summary>Since the last act, or since a key of its own was enrolled; 0 when neither is known, as in a new demonstration.</summary>
    private int DaysOf(Account account, DateTimeOffset now)
    {
        DateTimeOffset?[] uses = [lastSeen(account.Id), .. account.Passkeys.Where(key => key.Loan is null).Select(key => (DateTimeOffset?)key.Since)];
        return uses.Max() is { } last ? (int)(now - last).TotalDays : 0;
    }
}
