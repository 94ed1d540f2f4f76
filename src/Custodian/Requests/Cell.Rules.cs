using Serment.Custodian.Accounts;
using Serment.Custodian.Identities;
using Serment.Custodian.Journal;
using Serment.Custodian.Releases;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Requests;

/// <summary>What the rules are told beside releases and searches: who enters when and where, who tries what his role does not have, which accounts nobody uses.</summary>
internal sealed partial class Cell
{
    private static readonly TimeSpan LookForUnusedEvery = TimeSpan.FromHours(1);
    /// <summary>Identities created by people in the last day: their IPPs follow each other because they came one after the other.</summary>
    private readonly Dictionary<PatientId, DateTimeOffset> _newcomers = [];
    private DateTimeOffset _unusedLooked;

    private async ValueTask RingAsync(Alarm alarm, DateTimeOffset now, SessionId? session = null, StationId? station = null)
    {
        await JournalAsync([alarm.Entry(now, session, station)]).ConfigureAwait(false);
        Ring(alarm);
    }

    /// <summary>Refusals that no screen of one's own brings about: a role, a scope, one's own rights, a proposal approved by who made it, a patient whom the ticket does not name.</summary>
    private static bool IsTrying(string code) =>
        code is RefusalCodes.Role or "ticket.patient" or "ticket.none" || code.StartsWith("approval.", StringComparison.Ordinal) || code.StartsWith("rights.", StringComparison.Ordinal);

    private async ValueTask TriedAsync(Asker asker, string verb)
    {
        var alarm = asker switch
        {
            PersonAsking person => Locking(() => _bell.Refused(person.Caller.Account, verb, asker.Now)),
            MachineAsking machine => Locking(() => _bell.Refused(machine.Client, verb, asker.Now)),
            _ => null,
        };
        if (alarm is not null) await RingAsync(alarm, asker.Now, (asker as PersonAsking)?.Caller.Session, (asker as PersonAsking)?.Caller.Station).ConfigureAwait(false);
    }

    /// <summary>Under the lock: judged by the days before, then remembered.</summary>
    private Alarm? Entered(Session session, Account account, DateTimeOffset now)
    {
        var own = session.Station is { } id && _stations.All.FirstOrDefault(s => s.Id == id) is { } station && account.UnitsAt(now, session.OnlyUnit).Contains(station.Unit);
        var alarm = _bell.Entered(account.Id, _habits, session.Station, explained: account.Duties.Any(duty => duty.RunsAt(now)), own, now);
        _habits.Seen(account.Id, session.Station, now);
        return alarm;
    }

    /// <summary>Under the lock. Reads the registry, which waits for nobody.</summary>
    private (Step Step, bool Namesake)? WhoIs(PatientId patient, AccountId account)
    {
        if (!_identities.Ready || !_identities.Exists(patient)) return null;
        var (identity, staff) = (_identities.Of(patient), SearchText.Tokens(_accounts.Of(account).Name));
        var traits = identity.Traits;
        return (new Step(_newcomers.ContainsKey(patient) ? null : identity.Ipp, traits.BirthDate, string.Join(' ', SearchText.Tokens($"{traits.BirthName} {traits.FirstGivenName}"))), Bears(traits.BirthName) || Bears(traits.UsedName));

        bool Bears(string? name) => name is not null && SearchText.Tokens(name) is { Length: > 0 } tokens && tokens.Length < staff.Length && tokens.SequenceEqual(staff.TakeLast(tokens.Length));
    }

    private async ValueTask JournalIdentitiesAsync(IReadOnlyList<JournalEntry> entries)
    {
        await JournalAsync(entries).ConfigureAwait(false);
        lock (_gate) foreach (var entry in entries) Newcomer(entry);
    }

    private void Newcomer(JournalEntry entry)
    {
        // Whom an interface brings by the thousand has a file elsewhere: his number is a number like others.
        if (entry is not { Patient: { } patient, Account: not null } || entry.Kind != IdentityVerbs.Create.Name && entry.Kind != IdentityVerbs.Unknown.Name && entry.Kind != IdentityVerbs.Newborns.Name) return;
        foreach (var old in _newcomers.Where(one => entry.Time - one.Value > TimeSpan.FromDays(1)).Select(one => one.Key).ToArray()) _newcomers.Remove(old);
        _newcomers[patient] = entry.Time;
    }

    /// <summary>Every hour.</summary>
    private void SweepUnused()
    {
        var now = _time.GetUtcNow();
        if (now - _unusedLooked < LookForUnusedEvery) return;
        _unusedLooked = now;
        var (entries, alarms) = (new List<JournalEntry>(), new List<Alarm>());
        lock (_gate)
            foreach (var (account, days, closed) in _unused.Look(now))
            {
                if (closed) _sessions.EndWhere(s => s.Account == account, "Compte fermé.");
                if (closed) entries.Add(new JournalEntry { Time = now, Kind = "account.closed", Account = account, Detail = $"unused {days}" });
                alarms.Add(new Alarm(AlarmKinds.Unused, account, null, closed ? $"Compte sans usage depuis {days} jours : il est fermé." : $"Compte sans usage depuis {days} jours. Si la personne est partie, fermez-le."));
            }
        if (alarms.Count == 0) return;
        entries.AddRange(alarms.Select(alarm => alarm.Entry(now)));
        JournalAsync(entries).AsTask().GetAwaiter().GetResult();
        foreach (var alarm in alarms) Ring(alarm);
    }
}
