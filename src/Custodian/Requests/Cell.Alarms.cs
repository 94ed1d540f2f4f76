using Serment.Custodian.Approvals;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Requests;

/// <summary>Alarms, the day's ceiling and the files that nobody needs, as officers see them.</summary>
internal sealed partial class Cell
{
    private const int RecentAlarms = 500;
    private int _expected;
    private DateTimeOffset _expectedAt;

    private void RegisterAlarms()
    {
        _verbs.Person(AlarmVerbs.Recent, (asking, _) =>
        {
            if (asking.Caller.Role is not (Role.SecurityOfficer or Role.PrivacyOfficer)) throw new RefusedException(RefusalCodes.Role, "Les alarmes sont lues par le référent sécurité et la déléguée à la protection des données.");
            var rung = _journal.Read(new JournalQuestion { Kinds = ["alarm"] }).Take(RecentAlarms).Select(at => at.Entry).ToArray();
            return Locked(() => new AlarmList([.. rung.Select(e => new AlarmLine(e.Time, e.Purpose!, e.Account, e.Account is { } who ? _accounts.Of(who).Name : e.Client is { } machine ? InterfaceNamed(machine) : "Gardien", e.Detail!, e.Client))], _ceiling.OpenedToday(asking.Now), CeilingOf(asking.Now)));
        });
        _verbs.Person(AlarmVerbs.Honey, (asking, _) => Locked(() => { OnlySecurity(asking); return new HoneyList(_honey.All, _policies.Current.Honey.Wanted, _identities.Ipps(_honey.All)); }));
        _verbs.Person(AlarmVerbs.MarkHoney, async (asking, ask) =>
        {
            OnlySecurity(asking);
            if (ask.Ipp is { Length: > 0 }) await _identities.ReadyAsync().ConfigureAwait(false);
            var patient = ask.Patient ?? _identities.Select(new PatientSelection(Ipps: [ask.Ipp ?? ""]), 1)[0];
            var opened = _journal.Read(new JournalQuestion { Patients = [patient], Kinds = ["release", "write", "break-glass"] }).Any();
            Locking(() => ask.Marked && (!_identities.Exists(patient) || _relations.Knows(_identities.AliasesOf(patient)) || opened)
                ? throw new RefusedException(RefusalCodes.Invalid, "Un dossier témoin n'a jamais été ouvert et n'a aucun lien de soin : celui-ci pourrait servir à soigner.")
                : Done.It);
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = ask.Marked ? "honey.marked" : "honey.unmarked", Account = asking.Caller.Account, Session = asking.Caller.Session, Patient = patient }]).ConfigureAwait(false);
            lock (_gate) _honey.Mark(patient, ask.Marked);
            return Done.It;
        });
    }

    /// <summary>As officers read which of the interfaces it is.</summary>
    private string InterfaceNamed(ClientId client) => $"Interface {Words.Quoted(_clients.NameOf(client))}";

    private static void OnlySecurity(PersonAsking asking)
    {
        if (asking.Caller.Role is not Role.SecurityOfficer) throw new RefusedException(RefusalCodes.Role, "Les dossiers témoins sont tenus par le référent sécurité.");
    }

    private int CeilingOf(DateTimeOffset now)
    {
        if (now - _expectedAt > TimeSpan.FromMinutes(1)) (_expected, _expectedAt) = (_relations.Expected(now), now);
        var beds = BedsCounted(now);
        // Whoever announces arrivals lifts the ceiling by his own word: no further than the beds there are for them.
        return _ceiling.Limit(_policies.Current.Ceiling, _base.Counted(_identities.Count, now, BedsDelay), beds, Math.Min(_expected, beds), now);
    }

    /// <summary>An interface is about to bring people.</summary>
    private void BaseGrows(DateTimeOffset now) { lock (_gate) _base.Raised(_identities.Count, now, BedsDelay); }

    private TimeSpan BedsDelay => TimeSpan.FromHours(_policies.Current.Ceiling.BedsDelayHours);

    /// <summary>Without those that were added within the delay.</summary>
    private int BedsCounted(DateTimeOffset now) => _beds.Counted(Beds, now, BedsDelay);

    private int Beds => _units.Sum(unit => unit.Beds.Count);

    /// <summary>Under the lock: the notice goes out with the alarm.</summary>
    private void EndCaught(SessionId session)
    {
        _sessions.End(session);
        Tell("session-ended", session.ToString()!, "Session terminée.");
    }
}
