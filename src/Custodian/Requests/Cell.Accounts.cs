using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Releases;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Requests;

/// <summary>What can be asked about accounts, stations, loans and approvals. Every act is journaled with its words.</summary>
internal sealed partial class Cell
{
    private void RegisterAccounts()
    {
        _verbs.Anyone(AccountVerbs.Roles, _ => ValueTask.FromResult(RoleAccess.AsData()));
        _verbs.Person(AccountVerbs.List, (asking, _) => Locked(() => _accounts.List(By(asking), asking.Now)));
        _verbs.Person(AccountVerbs.Waiting, (asking, _) => Locked(() => _approvals.Waiting(By(asking), asking.Now)));
        _verbs.Person(AccountVerbs.Propose, (asking, ask) => ProposeAsync(asking, () => _desk.Propose(By(asking), ask, asking.Now)));
        _verbs.Person(AccountVerbs.ProposeUnfreeze, (asking, ask) => ProposeAsync(asking, () => _desk.ProposeUnfreeze(By(asking), ask, asking.Now)));
        _verbs.Person(AccountVerbs.ProposeStation, (asking, ask) => ProposeAsync(asking, () => _desk.ProposeStation(By(asking), ask, asking.Now)));
        _verbs.Person(AccountVerbs.ProposeClient, (asking, ask) => ProposeAsync(asking, () => _desk.ProposeClient(By(asking), ask, asking.Now)));
        _verbs.Person(AccountVerbs.Clients, (asking, _) => Locked(() => RoleAccess.IsOfficer(By(asking).Role) ? _clients.Lines() : throw AccountBook.NotGranting()));
        _verbs.Person(AccountVerbs.FreezeClient, async (asking, ask) =>
        {
            lock (_gate)
            {
                if (!RoleAccess.IsOfficer(By(asking).Role)) throw AccountBook.NotGranting();
                _clients.Freeze(ask.Client, asking.Now);
            }
            await Told("client.frozen", asking.Caller.Account, asking.Caller.Session, detail: ask.Client.ToString()).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(AccountVerbs.Change, async (asking, ask) =>
        {
            var approval = Locking(() => _desk.Change(By(asking), ask, asking.Now));
            await Told(approval is null ? "account.narrowed" : "approval.proposed", asking.Caller.Account, asking.Caller.Session, detail: approval?.Statement ?? ask.Account.ToString()).ConfigureAwait(false);
            return new Changed(approval?.Id);
        });
        _verbs.Person(AccountVerbs.Approve, async (asking, ask) =>
        {
            OnPage(asking);
            if (asking.Now - asking.Caller.PinAt > SessionPolicy.Fresh) throw new RefusedException(RefusalCodes.Pin, "Une approbation se signe avec votre code PIN.");
            var (reply, approval) = Locking(() => _desk.Approve(By(asking), ask, asking.Now, approval => CarryOut(approval, asking.Now)));
            await Told(reply.SecondNeeded ? "approval.adopted" : "approval.approved", asking.Caller.Account, asking.Caller.Session, purpose: approval.What.Kind(), detail: approval.Statement).ConfigureAwait(false);
            if (approval.What is NewKeyVersion next) await RaiseKeyVersionAsync(next, asking).ConfigureAwait(false);
            if (approval.What is ShorterJournal accepted) await AcceptGapAsync(accepted, asking).ConfigureAwait(false);
            return reply;
        });
        _verbs.Person(AccountVerbs.Reject, async (asking, ask) =>
        {
            OnPage(asking);
            var approval = Locking(() => _approvals.Reject(By(asking), ask.Approval, asking.Now));
            await Told("approval.rejected", asking.Caller.Account, asking.Caller.Session, purpose: approval.What.Kind(), detail: approval.Statement).ConfigureAwait(false);
            return Done.It;
        });
        RegisterAccountClients();
        RegisterNarrowing();
        RegisterLoans();
        RegisterStations();
    }

    /// <summary>What takes access away: one person, at once.</summary>
    private void RegisterNarrowing()
    {
        _verbs.Person(AccountVerbs.Freeze, async (asking, ask) =>
        {
            lock (_gate)
            {
                _accounts.Freeze(By(asking), ask, asking.Now);
                _invitations.VoidBy(ask.Account);
                _sessions.EndWhere(s => s.Account == ask.Account, "Compte gelé.");
            }
            Tell("account-frozen", ask.Account.ToString()!, "Compte gelé.");
            await Told("account.frozen", asking.Caller.Account, asking.Caller.Session, detail: $"{ask.Account} {ask.Reason.Trim()}").ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(AccountVerbs.Close, async (asking, ask) =>
        {
            Alarm? alarm;
            lock (_gate)
            {
                _accounts.Close(By(asking), ask, asking.Now);
                if (!_accounts.Of(ask.Account).OpenAt(asking.Now)) _sessions.EndWhere(s => s.Account == ask.Account, "Compte fermé.");
                alarm = _bell.Ended(asking.Caller.Account, asking.Now);
            }
            await Told("account.closed", asking.Caller.Account, asking.Caller.Session, detail: $"{ask.Account} {ask.LastDay:yyyy-MM-dd}").ConfigureAwait(false);
            if (alarm is not null) await RingAsync(alarm, asking.Now, asking.Caller.Session, asking.Caller.Station).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(AccountVerbs.LostKey, async (asking, ask) =>
        {
            var holder = ask.Account ?? asking.Caller.Account;
            lock (_gate)
            {
                _accounts.LostKey(By(asking), holder, asking.Now);
                _invitations.VoidBy(holder);
                _sessions.EndWhere(s => s.Account == holder, "La clé de ce compte est déclarée perdue.");
            }
            await Told("passkey.lost", asking.Caller.Account, asking.Caller.Session, detail: holder.ToString()).ConfigureAwait(false);
            return Done.It;
        });
    }

    private StationLines StationsShown() => new([.. _stations.All.Select(s => s.Line).OrderBy(s => s.Name, StringComparer.Ordinal)]);

    /// <summary>What colleagues of a unit do for each other, each with a touch of the last two minutes.</summary>
    private void RegisterLoans()
    {
        _verbs.Person(AccountVerbs.GiveDuty, async (asking, ask) =>
        {
            // What cannot be is said before a touch is asked for.
            lock (_gate) _accounts.CheckDuty(By(asking), ask, asking.Now);
            Touched(asking);
            lock (_gate) _accounts.GiveDuty(By(asking), ask, UnitName(ask.Unit) ?? "unité inconnue", asking.Now);
            Tell("account-changed", ask.Account.ToString()!, "Garde donnée.");
            await Told("duty.given", asking.Caller.Account, asking.Caller.Session, detail: $"{ask.Account} {ask.Unit} {ask.From:O} {ask.Until:O}").ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(AccountVerbs.Duties, (asking, _) => Locked(() => _accounts.DutiesOf(By(asking), asking.Now)));
        _verbs.Person(AccountVerbs.EndDuty, async (asking, ask) =>
        {
            lock (_gate) _accounts.EndDuty(By(asking), ask, UnitName(ask.Unit) ?? "unité inconnue", asking.Now);
            Tell("account-changed", ask.Account.ToString()!, "Garde retirée.");
            await Told("duty.ended", asking.Caller.Account, asking.Caller.Session, detail: $"{ask.Account} {ask.Unit} {ask.From:O} {ask.Until:O}").ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(AccountVerbs.OfferLoan, async (asking, ask) =>
        {
            Touched(asking);
            var offered = Locking(() => _loans.Propose(By(asking), ask, asking.Now));
            await Told("loan.offered", asking.Caller.Account, asking.Caller.Session, detail: $"{ask.Borrower} {ask.Unit}").ConfigureAwait(false);
            return offered;
        });
        _verbs.Person(AccountVerbs.ConfirmLoan, async (asking, ask) =>
        {
            Touched(asking);
            var (confirmed, borrower) = Locking(() => _loans.Confirm(By(asking), ask.Loan, asking.Now));
            await Told("loan.confirmed", asking.Caller.Account, asking.Caller.Session, detail: borrower.ToString()).ConfigureAwait(false);
            return confirmed;
        });
        _verbs.Person(AccountVerbs.WaitingLoans, (asking, _) => Locked(() => _loans.Waiting(By(asking), asking.Now)));
    }

    private void RegisterStations()
    {
        _verbs.Anyone(AccountVerbs.EnrolStation, async ask =>
        {
            var now = _time.GetUtcNow();
            Station station;
            lock (_gate)
            {
                var (invitation, proposal) = _invitations.OpenStation(ask.Code, now);
                station = _stations.Enrol(ask, proposal, now);
                _invitations.Close(invitation);
            }
            await JournalAsync([new Journal.JournalEntry { Time = now, Kind = "station.enrolled", Station = station.Id, Detail = station.Name }]).ConfigureAwait(false);
            return station.Line;
        });
        _verbs.Person(AccountVerbs.Stations, (asking, _) => Locked(() => asking.Caller.Role is Role.PrivacyOfficer ? StationsShown() : Officer(asking, StationsShown())));
        _verbs.Person(AccountVerbs.RevokeStation, async (asking, ask) =>
        {
            lock (_gate)
            {
                _stations.Revoke(Officer(asking, ask.Station));
                _sessions.EndWhere(s => s.Station == ask.Station, "Ce poste n'est plus enrôlé.");
            }
            await Told("station.revoked", asking.Caller.Account, asking.Caller.Session, ask.Station).ConfigureAwait(false);
            return Done.It;
        });
    }

    private async ValueTask<Proposed> ProposeAsync(PersonAsking asking, Func<Approval> propose)
    {
        var approval = Locking(propose);
        await Told("approval.proposed", asking.Caller.Account, asking.Caller.Session, purpose: approval.What.Kind(), detail: approval.Statement).ConfigureAwait(false);
        return new Proposed(approval.Id);
    }

    private Account By(PersonAsking asking) => _accounts.Of(asking.Caller.Account);

    /// <summary>What is signed must have been shown by the Custodian: the session's passkey answered on its page.</summary>
    private void OnPage(PersonAsking asking)
    {
        if (asking.Origin != _place.Page) throw new RefusedException("approval.page", $"Les approbations se lisent et se signent sur la page du gardien : {_place.Page}");
    }

    private static void Touched(PersonAsking asking)
    {
        if (asking.Now - asking.Caller.TouchedAt > SessionPolicy.Fresh) throw new RefusedException(RefusalCodes.Touch, "Touchez votre clé de sécurité pour confirmer.");
    }

    private static T Officer<T>(PersonAsking asking, T answer) => RoleAccess.MayGrant(asking.Caller.Role) ? answer : throw AccountBook.NotGranting();
}
