using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Identities;
using Serment.Custodian.Journal;
using Serment.Custodian.Releases;
using Serment.Custodian.Watch;

namespace Serment.Custodian.Requests;

/// <summary>The security desk: what waits to be looked at, what an account did, and what is stopped as a whole.</summary>
internal sealed partial class Cell
{
    private const int TimelineMost = 2_000;
    private static readonly TimeSpan ReviewsShown = TimeSpan.FromDays(90), TimelineStep = TimeSpan.FromMinutes(10);
    private const string OverdueRule = "review";
    private DateTimeOffset _overdueAt;
    private Stops _stops = null!;
    private OwnClaims _claims = null!;
    private ReviewBook _reviews = null!;
    private AlarmOutlets _outlets = null!;

    private void LoadWatch()
    {
        _stops = new Stops(json => _store.Put(("stops", "all", json)));
        foreach (var (_, json) in _store.All("stops")) _stops.Load(json);
        _reviews = new ReviewBook((id, json) => _store.Put((ReviewBook.Kind, id, json)));
        foreach (var (id, json) in _store.All(ReviewBook.Kind)) _reviews.Load(id, json);
        _claims = new OwnClaims(_journal);
        _outlets = new AlarmOutlets(_journal, _file.Cell, _file.Name, Outlet.Configured(Environment.GetEnvironmentVariable), name => _store.Get("outlet", name), (name, next) => _store.Put(("outlet", name, next)));
        _outlets.Start();
    }

    private void RegisterWatch()
    {
        _verbs.Person(WatchVerbs.State, (asking, _) => { Watches(asking); return ValueTask.FromResult(StateOf(asking)); });
        _verbs.Person(WatchVerbs.Reviews, async (asking, ask) =>
        {
            Watches(asking);
            var (queue, shown) = ReviewsOf(asking, ask.Done);
            // The words of a broken glass may speak of health: whose they are is journaled, once a day for each who reads them.
            var unread = Locking(() => shown.Where(at => FirstShownToday(asking.Caller.Account, at.Index, asking.Now)).ToArray());
            if (unread.Length > 0) await JournalAsync([.. unread.Select(at => new JournalEntry { Time = asking.Now, Kind = "review.shown", Account = asking.Caller.Account, Session = asking.Caller.Session, Station = asking.Caller.Station, Patient = at.Entry.Patient, Domain = Domain.Clinical })]).ConfigureAwait(false);
            return queue;
        });
        _verbs.Person(WatchVerbs.Review, async (asking, ask) =>
        {
            Watches(asking);
            var about = _journal.At(ask.Index).Entry;
            if (about is { Account: null, Client: null } || !(AlarmMessage.Kinds.Contains(about.Kind) || OwnClaims.Is(about))) throw new RefusedException(RefusalCodes.NotFound, "Cette ligne du journal n'est pas de celles que l'on revoit.");
            lock (_gate) _reviews.Review(By(asking), about.Account, ask, asking.Now);
            await Told("reviewed", asking.Caller.Account, asking.Caller.Session, purpose: ask.Outcome.ToString(), detail: $"{ask.Index} {ask.Note.Trim()}").ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(WatchVerbs.Timeline, async (asking, ask) =>
        {
            OnlyWatch(asking);
            await Told("timeline", asking.Caller.Account, asking.Caller.Session, detail: ask.Account.ToString()).ConfigureAwait(false);
            return TimelineOf(ask);
        });
        _verbs.Person(WatchVerbs.StopBulk, async (asking, ask) =>
        {
            OnlyWatch(asking);
            var reason = Words.Checked(ask.Reason, "Pourquoi tout est arrêté", 5, 500);
            lock (_gate) _stops.Bulk(true);
            await Told("bulk.stopped", asking.Caller.Account, asking.Caller.Session, detail: reason).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(WatchVerbs.ResumeBulk, (asking, ask) => ProposeAsync(asking, () => _approvals.Propose(By(asking), new BulkResume(),
            $"Laisser reprendre le travail sans personne présente (mandats, exports), arrêté par le référent sécurité. Motif : {Words.Quoted(Words.Checked(ask.Reason, "Motif", 5, 200))}.", asking.Now)));
        _verbs.Person(WatchVerbs.UnitFreeze, (asking, ask) => ProposeAsync(asking, () =>
        {
            var name = Words.Quoted(UnitName(ask.Unit) ?? throw new RefusedException(RefusalCodes.NotFound, "Cette unité n'existe pas."));
            if (_stops.FrozenUnits.Contains(ask.Unit) == ask.Frozen) throw new RefusedException(RefusalCodes.Conflict, ask.Frozen ? "Cette unité est déjà gelée." : "Cette unité n'est pas gelée.");
            var why = Words.Quoted(Words.Checked(ask.Reason, "Motif", 5, 200));
            return _approvals.Propose(By(asking), new UnitFreeze(ask.Unit, ask.Frozen), ask.Frozen
                ? $"Geler l'unité {name} : les liens de soin de cette unité n'ouvrent plus, les sessions de ses membres sont terminées ; l'ouverture en urgence reste possible. Motif : {why}."
                : $"Dégeler l'unité {name} : ses liens de soin ouvrent de nouveau. Motif : {why}.", asking.Now);
        }));
    }

    private WatchState StateOf(PersonAsking asking)
    {
        var today = ClinicalTime.Day(asking.Now);
        var since = asking.Now.AddDays(-14);
        var days = _journal.Read(new JournalQuestion { Kinds = AlarmMessage.Kinds, From = since }).GroupBy(at => ClinicalTime.Day(at.Entry.Time)).ToDictionary(day => day.Key, day => (Alarms: day.Count(at => at.Entry.Kind == "alarm"), Glass: day.Count(at => at.Entry.Kind == "break-glass")));
        var (queue, _) = ReviewsOf(asking, done: false);
        return Locking(() => new WatchState(_stops.BulkStopped, _stops.FrozenUnits, _outlets.Lines(), _ceiling.OpenedToday(asking.Now), CeilingOf(asking.Now), queue.Waiting, queue.Overdue, _honey.All.Count, _policies.Current.Honey.Wanted,
            [.. Enumerable.Range(0, 14).Select(back => today.AddDays(back - 13)).Select(day => days.TryGetValue(day, out var n) ? new DayCount(day, n.Alarms, n.Glass) : new DayCount(day, 0, 0))]));
    }

    /// <returns>The queue, and what in it repeats the words of a broken glass.</returns>
    private (ReviewQueue Queue, IReadOnlyList<NumberedEntry> Words) ReviewsOf(PersonAsking asking, bool done)
    {
        var owed = Locking(() => _reviews.Owed.ToArray());
        var found = ToReview(new JournalQuestion { Kinds = AlarmMessage.Kinds, From = asking.Now - ReviewsShown }, asking.Now).Concat(owed.Select(_journal.At)).DistinctBy(at => at.Index).ToArray();
        return Locking(() =>
        {
            var waiting = found.Where(at => _reviews.Of(at.Index) is null).ToArray();
            NumberedEntry[] shown = [.. (done ? found.Where(at => _reviews.Of(at.Index) is not null).OrderByDescending(at => at.Entry.Time) : waiting.OrderBy(at => at.Entry.Time)).Take(200)];
            return (new ReviewQueue([.. shown.Select(at => ItemOf(at, asking.Caller.Account))], waiting.Length, waiting.Count(at => asking.Now > at.Entry.Time + ReviewWithin), _policies.Current.Deadlines.ReviewHours),
                shown.Where(at => at.Entry is { Kind: "break-glass", Patient: not null }).ToArray());
        });
    }

    private IEnumerable<NumberedEntry> ToReview(JournalQuestion rung, DateTimeOffset now) =>
        _journal.Read(rung).Concat(_claims.Unconfirmed(now)).Where(at => at.Entry.Purpose is not OverdueRule && (at.Entry.Account is not null || at.Entry.Client is not null));

    private readonly HashSet<(AccountId Officer, long Index)> _wordsShown = [];
    private DateOnly _wordsShownOn;

    private bool FirstShownToday(AccountId officer, long index, DateTimeOffset now)
    {
        if (ClinicalTime.Day(now) is var today && today != _wordsShownOn) { _wordsShown.Clear(); _wordsShownOn = today; }
        return _wordsShown.Add((officer, index));
    }

    private TimeSpan ReviewWithin => TimeSpan.FromHours(_policies.Current.Deadlines.ReviewHours);

    /// <summary>Once a day, while something waits beyond the policy's hours: the bell, so that it also leaves the machine.</summary>
    private async Task RingOverdueAsync(DateTimeOffset now)
    {
        if (now - _overdueAt < TimeSpan.FromDays(1)) return;
        _overdueAt = now;
        var overdue = ToReview(new JournalQuestion { Kinds = AlarmMessage.Kinds, From = now - ReviewsShown, OldestFirst = true }, now).Where(at => at.Entry.Time < now - ReviewWithin).ToArray();
        var late = Locking(() =>
        {
            // From here on they wait by name: no age takes them out of the queue.
            _reviews.Owe(overdue.Where(at => _reviews.Of(at.Index) is null).Select(at => at.Index));
            return _reviews.Owed.ToArray();
        });
        if (late.Length == 0) return;
        var first = _journal.At(late[0]).Entry;
        var alarm = new Alarm(OverdueRule, first.Account, null, $"{late.Length} ouverture{(late.Length > 1 ? "s" : "")} en urgence ou sans lien confirmé, ou alarme{(late.Length > 1 ? "s attendent" : " attend")} d'être revue{(late.Length > 1 ? "s" : "")} depuis plus de {ReviewWithin.TotalHours} heures.", first.Client);
        await JournalAsync([new JournalEntry { Time = now, Kind = "alarm", Account = alarm.Account, Client = alarm.Client, Purpose = alarm.Kind, Detail = alarm.Text }]).ConfigureAwait(false);
        Ring(alarm);
    }

    private ReviewItem ItemOf(NumberedEntry at, AccountId asker)
    {
        var (entry, account) = (at.Entry, at.Entry.Account is { } id ? _accounts.Of(id) : null);
        var kind = OwnClaims.Is(entry) ? "own-claim" : entry.Kind;
        var text = kind switch
        {
            "own-claim" => "Des dossiers ouverts sur un lien déclaré par cette personne, que rien n'a confirmé depuis.",
            "break-glass" => $"« {entry.Detail} »",
            _ => entry.Detail ?? "",
        };
        var done = _reviews.Of(at.Index) is { } looked ? new ReviewDone(looked.At, _accounts.Of(looked.By).Name, looked.Outcome, looked.Note) : null;
        return new ReviewItem(at.Index, kind, entry.Time, entry.Time + ReviewWithin, account?.Id, account?.Name ?? InterfaceNamed(entry.Client!.Value), account?.Role, text, kind == "break-glass" && entry.Patient is { } patient && _identities.Exists(patient) ? Identity.Number(_identities.Of(patient).Ipp) : null, account?.Id == asker, done, entry.Client);
    }

    private Timeline TimelineOf(TimelineAsked ask)
    {
        if (ask.Until <= ask.From || ask.Until - ask.From > TimeSpan.FromDays(31)) throw new RefusedException(RefusalCodes.Invalid, "Période : 31 jours au plus.");
        var name = Locking(() => _accounts.Of(ask.Account).Name);
        var (patients, lines) = (new HashSet<PatientId>(), new Dictionary<(long, string, string?, StationId?), (DateTimeOffset At, HashSet<DateTimeOffset> Times, HashSet<PatientId> Patients, SortedSet<Domain> Domains)>());
        foreach (var (_, entry) in _journal.Read(new JournalQuestion { Account = ask.Account, From = ask.From, Until = ask.Until }))
        {
            var ground = entry.Kind == "alarm" ? entry.Detail : entry.Ground ?? (entry.Kind is "identity.shown" or "touch" or "signin" ? entry.Purpose : null);
            var key = (entry.Time.Ticks / TimelineStep.Ticks, entry.Kind, ground, entry.Station);
            if (!lines.TryGetValue(key, out var line))
            {
                if (lines.Count == TimelineMost) return Answer(cut: true);
                lines[key] = line = (entry.Time, [], [], []);
            }
            line.Times.Add(entry.Time);
            if (entry.Patient is { } patient) { line.Patients.Add(patient); patients.Add(patient); }
            if (entry.Domain is { } domain) line.Domains.Add(domain);
        }
        return Answer(cut: false);

        Timeline Answer(bool cut) => Locking(() => new Timeline(ask.Account, name, [.. lines.OrderByDescending(line => line.Value.At).Select(line => new TimelineLine(line.Value.At, line.Key.Item2, line.Value.Times.Count, line.Value.Patients.Count, [.. line.Value.Domains], line.Key.Item3,
            line.Key.Item4 is { } station ? _stations.All.FirstOrDefault(s => s.Id == station)?.Name : null))], patients.Count, cut));
    }

    /// <summary>Under the lock: the second signature is given.</summary>
    private void Freeze(UnitFreeze what)
    {
        _stops.Unit(what.Unit, what.Frozen);
        // What its members have on their screens goes with the relations; they come back and break the glass where care needs it.
        if (what.Frozen) _sessions.EndWhere(session => _accounts.Of(session.Account).UnitsAt(_time.GetUtcNow(), session.OnlyUnit).Contains(what.Unit), "Unité gelée : identifiez-vous de nouveau ; l'ouverture en urgence reste possible.");
    }

    private static void Watches(PersonAsking asking)
    {
        if (asking.Caller.Role is not (Role.SecurityOfficer or Role.PrivacyOfficer)) throw new RefusedException(RefusalCodes.Role, "La surveillance est tenue par le référent sécurité et la déléguée à la protection des données.");
    }

    private static void OnlyWatch(PersonAsking asking)
    {
        if (asking.Caller.Role is not Role.SecurityOfficer) throw new RefusedException(RefusalCodes.Role, "Ce geste est celui du référent sécurité.");
    }
}
