using Serment.Custodian.Accounts;

namespace Serment.Custodian.Requests;

/// <summary>
/// What the personnel department's software may do about accounts: ask for one, close one, list them. A machine is nobody: what
/// it asks for waits for two people, and closing only takes away, within an officer's limits. The key of a new interface is asked for
/// in the same way, at the cell's machine. docs/decisions/0023.
/// </summary>
internal sealed partial class Cell
{
    private void RegisterAccountClients()
    {
        _verbs.Nobody(AccountVerbs.ProposeClient, async (asking, ask) =>
        {
            AtTheMachine(asking);
            var approval = Locking(() => _desk.ProposeClient(ask, asking.Now));
            await JournalAsync([new Journal.JournalEntry { Time = asking.Now, Kind = "approval.proposed", Client = approval.Client, Purpose = approval.What.Kind(), Detail = approval.Statement }]).ConfigureAwait(false);
            return new Proposed(approval.Id);
        });
        _verbs.Machine(AccountVerbs.Propose, async (asking, ask) =>
        {
            asking.Needs("account:propose");
            var approval = Locking(() => _desk.Propose(asking.Client, _clients.NameOf(asking.Client), ask, asking.Now));
            await JournalAsync([new Journal.JournalEntry { Time = asking.Now, Kind = "approval.proposed", Client = asking.Client, Purpose = approval.What.Kind(), Detail = approval.Statement }]).ConfigureAwait(false);
            return new Proposed(approval.Id);
        });
        _verbs.Machine(AccountVerbs.Close, async (asking, ask) =>
        {
            asking.Needs("account:close");
            lock (_gate)
            {
                _accounts.Close(asking.Client, ask, asking.Now);
                if (!_accounts.Of(ask.Account).OpenAt(asking.Now)) _sessions.EndWhere(s => s.Account == ask.Account, "Compte fermé.");
            }
            await JournalAsync([new Journal.JournalEntry { Time = asking.Now, Kind = "account.closed", Client = asking.Client, Detail = $"{ask.Account} {ask.LastDay:yyyy-MM-dd}" }]).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Machine(AccountVerbs.List, (asking, _) =>
        {
            asking.Needs("account:list");
            return Locked(() => _accounts.List(asking.Now));
        });
    }
}
