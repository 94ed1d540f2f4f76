using Serment.Custodian.Accounts;
using Serment.Custodian.Journal;
using Serment.Custodian.Releases;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Requests;

/// <summary>What can be asked about being someone here.</summary>
internal sealed partial class Cell
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);
    private ITimer? _sweep;

    private void RegisterSessions()
    {
        _verbs.Anyone(SessionVerbs.Begin, ask => Locked(() => _sessions.Begin(ask, _time.GetUtcNow())));
        _verbs.Anyone(SessionVerbs.Enrol, async ask =>
        {
            var account = Locking(() => _sessions.Enrol(ask, _time.GetUtcNow()));
            await Told("passkey.enrolled", account.Id, null).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Anyone(SessionVerbs.Complete, ask => SignIn("shift", () => _sessions.Complete(ask, _time.GetUtcNow()), ask.CredentialId));
        _verbs.Anyone(SessionVerbs.Tap, ask => SignIn("tap", () => _sessions.Tap(ask, _time.GetUtcNow()), ask.CredentialId));
        _verbs.Nobody(SessionVerbs.Demonstration, (asking, ask) => SignIn("demonstration", () => _sessions.Demonstrate(ask, asking.OnPage, asking.Now)));
        _verbs.Anyone(SessionVerbs.DemonstrationPeople, _ => Locked(() => new DemonstrationPeople(_file.Demonstration ? [.. _accounts.All.Select(a => a.MeAt(_time.GetUtcNow()))] : [])));
        _verbs.Person(SessionVerbs.Attach, (asking, _) => Locked(() => _sessions.SignedIn(_sessions.Of(asking.Caller.Session), asking.Now)));
        _verbs.Person(SessionVerbs.Mine, (asking, _) => Locked(() => _sessions.Of(asking.Caller.Account, asking.Caller.Session, asking.Now)));
        _verbs.Person(SessionVerbs.NoticesRead, (asking, _) => Locked(() => { _accounts.NoticesRead(asking.Caller.Account); return Done.It; }));
        _verbs.Person(SessionVerbs.Touch, async (asking, ask) =>
        {
            lock (_gate)
            {
                _sessions.Touch(asking.Caller.Session, ask, asking.Now);
                _releases.Touched(asking.Caller.Account, asking.Now);
            }
            await Told("touch", asking.Caller.Account, asking.Caller.Session, purpose: ask.Pin ? "pin" : "touch").ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(SessionVerbs.Lock, async (asking, _) =>
        {
            lock (_gate) _sessions.Lock(asking.Caller.Session);
            await Told("lock", asking.Caller.Account, asking.Caller.Session).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(SessionVerbs.End, async (asking, ask) =>
        {
            lock (_gate)
            {
                if (!_sessions.Owns(asking.Caller.Account, ask.Session)) throw new RefusedException(RefusalCodes.NotFound, "Cette session n'est pas la vôtre.");
                _sessions.End(ask.Session);
            }
            await Told("signout", asking.Caller.Account, ask.Session).ConfigureAwait(false);
            return Done.It;
        });
    }

    /// <summary>Every few seconds from here on; the operator hears of what fails, without what was said.</summary>
    public void Sweeping(ILogger log) => _sweep = _time.CreateTimer(_ => _ = SweepAsync(log), null, SweepEvery, SweepEvery);

    private async Task SweepAsync(ILogger log)
    {
        try
        {
            lock (_gate) { _sessions.Sweep(_time.GetUtcNow()); _relations.Sweep(_time.GetUtcNow()); }
            SweepUnused();
            await RingOverdueAsync(_time.GetUtcNow()).ConfigureAwait(false);
        }
        // A full disk: every request checks the same limits by itself, and the next sweep tries again.
        catch (Exception fault) { OperatorLog.Note(log, fault); }
    }

    private async ValueTask<SignedIn> SignIn(string how, Func<(Session Session, Account Account)> start, byte[]? credential = null)
    {
        Session session;
        SignedIn reply;
        Alarm? alarm;
        var now = _time.GetUtcNow();
        try
        {
            lock (_gate)
            {
                (session, var account) = start();
                _releases.Touched(account.Id, now);
                reply = _sessions.SignedIn(session, now);
                alarm = Entered(session, account, now);
            }
        }
        catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Frozen && credential is not null)
        {
            if (Locking(() => _accounts.ByCredential(credential) is var (account, _) ? _bell.Closed(account.Id, now) : null) is { } closed) await RingAsync(closed, now).ConfigureAwait(false);
            throw;
        }
        await Told("signin", session.Account, session.Id, session.Station, how).ConfigureAwait(false);
        if (alarm is not null) await RingAsync(alarm, now, session.Id, session.Station).ConfigureAwait(false);
        return reply;
    }

    private ValueTask Told(string kind, AccountId account, SessionId? session, StationId? station = null, string? purpose = null, string? detail = null) =>
        JournalDoneAsync([new JournalEntry { Time = _time.GetUtcNow(), Kind = kind, Account = account, Session = session, Station = station, Purpose = purpose, Detail = detail }]);

    private void Persist(string kind, string id, byte[] json) => _store.Put((kind, id, json));

    private string? UnitName(UnitId unit) => _units.FirstOrDefault(u => u.Unit == unit)?.Name;
}
