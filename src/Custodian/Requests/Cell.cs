using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Budgets;
using Serment.Custodian.Demonstration;
using Serment.Custodian.Identities;
using Serment.Custodian.Incidents;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.Policies;
using Serment.Custodian.Relations;
using Serment.Custodian.Releases;
using Serment.Custodian.Sessions;
using Serment.Custodian.Standby;
using Serment.Custodian.State;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Requests;

/// <summary>
/// One establishment's Custodian, unlocked: the books, the desks and the table of what can be asked.
/// One lock guards all books; nothing waits for a disk or a network inside it except rare writes of state.
/// </summary>
internal sealed partial class Cell : IAsyncDisposable
{
    private readonly KeyFile _file;
    private readonly KeyTree _keys;
    private readonly PatientKeys _patientKeys;
    private readonly RelyingParty _place;
    private readonly SealedStore _store;
    private readonly Lock _gate = new();
    private readonly AccountBook _accounts;
    private readonly Invitations _invitations;
    private readonly ApprovalBook _approvals;
    private readonly StationBook _stations;
    private readonly AccountDesk _desk;
    private readonly LoanDesk _loans;
    private readonly MachineClients _clients;
    private readonly SessionDesk _sessions;
    private readonly IdentityRegistry _identities;
    private readonly RelationBook _relations;
    private readonly BudgetLedger _budgets = new();
    private readonly EstablishmentCeiling _ceiling = new();
    private readonly DelayedCount _beds, _base;
    private readonly HoneyPatients _honey;
    private readonly IncidentBook _incidents;
    private readonly PolicyBook _policies;
    private readonly AlarmBell _bell;
    private readonly Habits _habits = new();
    private readonly UnusedAccounts _unused;
    private readonly JournalLog _journal;
    private readonly ReleaseDesk _releases;
    private readonly IdentityDesk _identityDesk;
    private readonly VerbTable _verbs = new();
    private readonly TimeProvider _time;
    private const int NoticesWaiting = 4096;
    private readonly List<Channel<Notice>> _watchers = [];
    private IReadOnlyList<UnitLabel> _units = [];

    public Cell(KeyFile file, KeyTree keys, string directory, string mirror, RelyingParty place, TimeProvider time, Leader leader)
    {
        (_file, _keys, _place) = (file, keys, place);
        _store = new SealedStore(Path.Combine(directory, "state.db"), Path.Combine(mirror, "state-mirror.db"), keys.State(), leader);
        _clock = SimulatedTime(time);
        _time = _clock ?? time;
        _patientKeys = new PatientKeys(keys, Persist);
        foreach (var (_, json) in _store.All(PatientKeys.Kind)) _patientKeys.Load(json);
        _policies = new PolicyBook(Persist);
        foreach (var (_, json) in _store.All(PolicyBook.Kind)) _policies.Load(json);
        _bell = new AlarmBell(() => _policies.Current.Rules);
        _accounts = new AccountBook(Persist, file.Demonstration);
        _unused = new UnusedAccounts(_accounts, _habits.LastSeen, () => _policies.Current.Orphans);
        _invitations = new Invitations(Persist);
        _approvals = new ApprovalBook(_accounts, Persist, _store.Get);
        _stations = new StationBook(file.Cell, Persist);
        _clients = new MachineClients((id, json) => _store.Put(("client", id, json)));
        _desk = new AccountDesk(_accounts, _approvals, _invitations, _clients, UnitName);
        _loans = new LoanDesk(_accounts, _invitations);
        _sessions = new SessionDesk(file.Cell, file.Demonstration, place, _accounts, _desk, _invitations, _stations, Persist, Tell, () => _policies.Current.Locks);
        _identities = new IdentityRegistry(file.Demonstration, new IdentityShelf(objects => _store.Put(objects), _store.Get), PlacesLoaded(directory));
        _relations = new RelationBook(kept => _store.Put([.. kept.Select(one => ("relation", one.Id, one.Json))]));
        var now = _time.GetUtcNow();
        foreach (var (_, json) in _store.All("account")) _accounts.Load(json);
        foreach (var (_, json) in _store.All("invitation")) _invitations.Load(json);
        Approval[] signed = [.. _store.All("approval").Select(kept => _approvals.Load(kept.Value)).Where(approval => approval is { What: NewKeyVersion, DecidedAt: not null })];
        foreach (var (_, json) in _store.All("station")) _stations.Load(json);
        foreach (var (_, json) in _store.All("client")) _clients.Load(json, now);
        foreach (var (row, json) in _store.All("session")) _sessions.Load(row, json, now);
        foreach (var (row, json) in _store.All("relation")) _relations.Load(row, json, now);
        _identities.Load(_store.All(IdentityRegistry.AliasKind), take => _store.Stream(IdentityRegistry.Kind, take), _store.Count(IdentityRegistry.Kind));
        foreach (var (_, json) in _store.All("units")) _units = JsonSerializer.Deserialize<IReadOnlyList<UnitLabel>>(json, WireJson.Options)!;
        _beds = new DelayedCount(mark => _store.Put(("beds", "raised", mark)));
        _base = new DelayedCount(mark => _store.Put(("base", "raised", mark)));
        foreach (var (_, mark) in _store.All("base")) _base.Load(mark);
        foreach (var (_, mark) in _store.All("beds")) _beds.Load(mark);
        _honey = new HoneyPatients((id, mark) => _store.Put(("honey", id, mark)));
        foreach (var (id, mark) in _store.All("honey")) _honey.Load(id, mark);
        _incidents = new IncidentBook(kept => _store.Put(kept), _store.Get);
        foreach (var (_, json) in _store.All(IncidentBook.Kind)) _incidents.Load(json);
        foreach (var (_, json) in _store.All(IncidentBook.ContactKind)) _incidents.LoadContact(json);
        LoadKeys();
        _identityDesk = new IdentityDesk(_identities, _relations, _budgets, JournalIdentitiesAsync, account => _accounts.Of(account).Name, _bell, () => _policies.Current, Ring, BaseGrows, _gate);
        var guards = new Guards(_ceiling, CeilingOf, _honey, _bell, _habits, () => _policies.Current, WhoIs, Ring, EndCaught, now => _base.FirstDay(now, BedsDelay), (patient, from, now) => _identityDesk.Hides(patient, from, now));
        _releases = new ReleaseDesk(_patientKeys, _relations, _budgets, JournalAsync, _identities.AliasesOf, _identities.MergedBy, _identities.Exists, guards, _gate);
        _journal = new JournalLog(Path.Combine(directory, "journal"), keys.Journal(), $"serment/{file.Cell}", keys.JournalSeed(), leader: leader);
        Remember(now);
        LoadMandates(now);
        LoadExports();
        LoadPacks();
        LoadTickets();
        LoadWatch();
        LoadStatements();
        Register();
        FinishKeyVersions(signed, now);
        leader.Begin(_journal, _store);
        KeepBooksNowAndThen();
    }

    /// <param name="onPage">Came through the Custodian's own page, not through the Server.</param>
    public async ValueTask<byte[]> AnswerAsync(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature, bool onPage = false)
    {
        if (message.Length > 8 << 20) throw new RefusedException(RefusalCodes.Malformed, "Demande trop grande.");
        SignedRequest request;
        try { request = JsonSerializer.Deserialize<SignedRequest>(message.Span, WireJson.Options)!; }
        catch (JsonException) { throw new RefusedException(RefusalCodes.Malformed, "Demande illisible."); }
        if (request is null || request.Version != SignedRequest.CurrentVersion) throw new RefusedException(RefusalCodes.Malformed, "Demande d'une autre version.");
        // Which rows were written is the Server's to say, and any process of the machine reaches the page.
        if (onPage && (request.Verb == RelationVerbs.ConfirmStay.Name || request.Verb == RelationVerbs.PendingStays.Name)) throw new RefusedException(RefusalCodes.Malformed, "Cette demande ne se fait pas sur la page du gardien.");
        var now = _time.GetUtcNow();
        Asker asker = new NobodyYet(now, onPage);
        if (request.Session is not null || request.Client is not null)
        {
            if (request.Cell != _file.Cell) throw new RefusedException(RefusalCodes.WrongCell, "Demande faite pour un autre établissement.");
            if (request.Session is not null && request.Client is not null) throw new RefusedException(RefusalCodes.Malformed, "Une demande vient d'une personne ou d'une machine, pas des deux.");
            // The signature is the dearest check and needs no book: others are answered meanwhile. What it proves is believed under the lock.
            var key = Locking(() => request.Session is { } id ? _sessions.KeyOf(id) : _clients.KeyOf(request.Client!.Value));
            if (!SigningKey.Holds(key, message.Span, signature.Span)) throw new RefusedException(RefusalCodes.Signature, "Signature refusée.");
            lock (_gate)
            {
                if (request.Session is not null)
                {
                    var (session, account) = _sessions.Accept(request, now);
                    asker = new PersonAsking(now, new Caller(account.Id, account.Role, _stops.Open(account.UnitsAt(now, session.OnlyUnit)), session.Id, session.Station, session.TouchedAt, session.PinAt), session.Origin);
                }
                else
                {
                    var client = _clients.Accept(request, now);
                    asker = new MachineAsking(now, client.Id, client.Scopes, _stops.BulkStopped);
                }
            }
        }
        if (asker is not NobodyYet) await PayAsync().ConfigureAwait(false);
        try { return await _verbs.AnswerAsync(request.Verb, asker, request.Body).ConfigureAwait(false); }
        catch (RefusedException no) when (IsTrying(no.Refusal.Code))
        {
            await TriedAsync(asker, request.Verb).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The first notice says that from here on everything is told; a Server that was not there meanwhile asks again who is still in session.</summary>
    public Channel<Notice> Subscribe()
    {
        var channel = Channel.CreateBounded<Notice>(NoticesWaiting);
        channel.Writer.TryWrite(new Notice { Kind = "watching" });
        lock (_watchers) _watchers.Add(channel);
        return channel;
    }

    public void Unsubscribe(Channel<Notice> channel) { lock (_watchers) _watchers.Remove(channel); }

    /// <summary>Fills a new cell. A demonstration gets its clinic and the key of its import; any other two invitations.</summary>
    public IReadOnlyList<string> Found(string directory)
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            if (!_file.Demonstration) return [_desk.Found("Première administratrice", now), _desk.Found("Second administrateur", now)];
            _units = DemonstrationClinic.Units;
            _store.Put(("units", "all", JsonSerializer.SerializeToUtf8Bytes(_units, WireJson.Options)));
            foreach (var account in DemonstrationClinic.Staff()) _accounts.Put(account);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var client = new MachineClient(Id.New<ClientId>(), "Démonstration", key.ExportSubjectPublicKeyInfo(), ["identity:create", "stay:intend", "encrypt"], false);
            _clients.Add(client, now);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var writer = new StreamWriter(Path.Combine(directory, "demonstration-import.key"), options);
            writer.Write($"{client.Id}\n{key.ExportPkcs8PrivateKeyPem()}\n");
            return [];
        }
    }

    private void Register()
    {
        _verbs.Anyone(CellVerbs.Status, _ => ValueTask.FromResult(new CellStatus(_file.Cell, _file.Name, _file.Demonstration, true, _identities.Ready, _time.GetUtcNow(), _journal.PublicKey, _place.Page, _clock?.Ahead, _patientKeys.Version, _patientKeys.Since)));
        _verbs.Anyone(CellVerbs.Checkpoint, _ => ValueTask.FromResult(new CheckpointText(_journal.Checkpoint)));
        _verbs.Person(CellVerbs.Units, (_, _) => ValueTask.FromResult(new UnitList(_units)));
        _verbs.Person(CellVerbs.PutUnit, async (asking, ask) =>
        {
            if (asking.Caller.Role is not Role.Administrator) throw new RefusedException(RefusalCodes.Role, "Seuls les administrateurs décrivent les unités et les lits.");
            var (unit, alarm) = Locking(() =>
            {
                var before = Beds;
                var put = PutUnit(ask);
                if (Beds == before) return (put, (Alarm?)null);
                _beds.Raised(before, asking.Now, BedsDelay);
                return (put, before == 0 ? null : new Alarm(AlarmKinds.Beds, asking.Caller.Account, null, $"{Beds - before} lits ajoutés à {before} : le plafond du jour les compte dans {BedsDelay.TotalHours} heures."));
            });
            var entries = new List<JournalEntry> { new() { Time = asking.Now, Kind = "unit", Account = asking.Caller.Account, Session = asking.Caller.Session, Detail = unit.Unit.ToString() } };
            if (alarm is not null) entries.Add(alarm.Entry(asking.Now, asking.Caller.Session));
            await JournalAsync(entries).ConfigureAwait(false);
            if (alarm is not null) Ring(alarm);
            return unit;
        });
        _verbs.Person(CellVerbs.Staff, (_, _) => Locked(() => new StaffList([.. _accounts.All.Select(a => new StaffLabel(a.Id, a.Name, a.Title, a.Role))])));
        _verbs.Machine(CellVerbs.Units, (_, _) => ValueTask.FromResult(new UnitList(_units)));
        RegisterSessions();
        RegisterAccounts();
        _identityDesk.Register(_verbs);
        RegisterReleases();
        RegisterAccesses();
        RegisterStatements();
        RegisterAlarms();
        RegisterRelations();
        RegisterWatch();
        RegisterIncidents();
        RegisterApprovals();
        RegisterMandates();
        RegisterClock();
        RegisterExports();
        RegisterPacks();
        RegisterSupport();
        RegisterPolicies();
        RegisterKeys();
        RegisterGaps();
    }

    private void RegisterReleases()
    {
        _verbs.Person(ReleaseVerbs.Release, (asking, ask) => _releases.ReleaseAsync(asking.Caller, ask, asking.Now));
        _verbs.Person(ReleaseVerbs.File, (asking, ask) => _releases.FileAsync(asking.Caller, _file.Cell, ask, asking.Now));
        _verbs.Person(ReleaseVerbs.Record, (asking, ask) => _releases.RecordAsync(asking.Caller, ask, asking.Now));
        _verbs.Person(ReleaseVerbs.BreakGlass, (asking, ask) => _releases.BreakGlassAsync(asking.Caller, ask, asking.Now));
        _verbs.Machine(ReleaseVerbs.EncryptOnly, (asking, ask) => { asking.Needs("encrypt"); return _releases.EncryptOnlyAsync(asking.Client, ask, asking.Now); });
        _verbs.Person(RelationVerbs.IntendStay, async (asking, ask) =>
        {
            if (!RoleAccess.MayAdmit(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction n'enregistre pas de séjour.");
            if (!_identities.Exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
            RelationBook.End(ask, asking.Now);
            lock (_gate) CheckMoves(asking.Caller.Account, ask.Patient, asking.Now);
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "stay", Account = asking.Caller.Account, Session = asking.Caller.Session, Patient = ask.Patient, Detail = ask.State }]).ConfigureAwait(false);
            lock (_gate) IntendStay(ask, asking.Caller.Account, asking.Now);
            return new StayIntended(_identities.AliasesOf(ask.Patient));
        });
        _verbs.Anyone(RelationVerbs.ConfirmStay, async ask =>
        {
            var now = _time.GetUtcNow();
            // Only what a person has just signed for joins anybody: repeated later, it makes no fact in his name.
            if (Locking(() => _relations.ConfirmStay(ask.Stay, now))) await JoinBirthAsync(ask.Stay, now).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Anyone(RelationVerbs.PendingStays, _ => Locked(() => new PendingStays(_relations.PendingStays(_time.GetUtcNow()))));
        _verbs.Person(RelationVerbs.OwnPatients, (asking, ask) => Locked(() => new OwnPatientsFound(_relations.Of(ask.Unit is { } unit && asking.Caller.Units.Contains(unit) ? [unit] : asking.Caller.Units, asking.Now))));
        _verbs.Machine(RelationVerbs.IntendStay, async (asking, ask) =>
        {
            asking.Needs("stay:intend");
            if (!_identities.Exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
            RelationBook.End(ask, asking.Now);
            var (claimed, alarm) = ask.State == "cancelled" || Locking(() => _relations.Present(ask.Stay, asking.Now)) ? (false, null) : Bringing(asking.Client, ask.Patient, asking.Now);
            if (alarm is not null) await RingAsync(alarm, asking.Now, null, null).ConfigureAwait(false);
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "stay", Client = asking.Client, Patient = ask.Patient, Detail = ask.State }]).ConfigureAwait(false);
            lock (_gate) { IntendStay(ask, null, asking.Now, claimed); _relations.ConfirmStay(ask.Stay, asking.Now); }
            await JoinBirthAsync(ask.Stay, asking.Now).ConfigureAwait(false);
            // A machine is told no more than it said.
            return new StayIntended([ask.Patient]);
        });
    }

    private void IntendStay(IntendStay ask, AccountId? by, DateTimeOffset now, bool claimed = false)
    {
        var wasPresent = _relations.Present(ask.Stay, now);
        _relations.IntendStay(ask, by, now, OnePerson, claimed);
        QueueStay(ask, wasPresent, now);
    }

    private bool OnePerson(PatientId one, PatientId other) => _identities.AliasesOf(one).Contains(other);

    private void Ring(Alarm alarm) => Tell("alarm", alarm.Account?.ToString() ?? alarm.Client?.ToString() ?? "", alarm.Text);

    private void Tell(string kind, string subject, string text)
    {
        lock (_watchers)
            foreach (var watcher in _watchers.ToArray())
                if (!watcher.Writer.TryWrite(new Notice { Kind = kind, Subject = subject, Text = text }))
                {
                    // Whoever does not keep up loses the line, not a notice: it comes back and asks.
                    watcher.Writer.TryComplete();
                    _watchers.Remove(watcher);
                }
    }

    private static Func<OfficialPlaces?> PlacesLoaded(string directory)
    {
        var file = new ReferenceFile<OfficialPlaces>(Path.GetDirectoryName(directory)!, ReferenceFile.Places, (_, lines) => new OfficialPlaces(lines.Select(OfficialPlaces.Parse)));
        return () => file.Current;
    }

    /// <summary>Labels only: whoever belongs to a unit is a matter of accounts, and takes two people.</summary>
    private UnitLabel PutUnit(PutUnit ask)
    {
        string Checked(string text, string field) => text.Trim() is { Length: > 0 and <= 80 } label ? label : throw new RefusedException(RefusalCodes.Invalid, $"{field} : 1 à 80 caractères.");
        var before = ask.Unit is { } id ? _units.FirstOrDefault(u => u.Unit == id) ?? throw new RefusedException(RefusalCodes.NotFound, "Cette unité n'existe pas.") : null;
        var (name, site) = (Checked(ask.Name, "Unité"), Checked(ask.Site, "Site"));
        // Approvals, stations and rights were signed with the old name in their words: one person does not change what they mean.
        if (before is not null && before.Name != name) throw new RefusedException(RefusalCodes.Conflict, "Une unité ne change pas de nom : ce nom est dans des droits déjà signés. Créez une nouvelle unité.");
        if (_units.Any(u => u != before && u.Name == name)) throw new RefusedException(RefusalCodes.Conflict, "Une unité porte déjà ce nom.");
        if (ask.Beds.Count > 200 || ask.Beds.DistinctBy(b => b.Name.Trim()).Count() != ask.Beds.Count) throw new RefusedException(RefusalCodes.Invalid, "200 lits au plus, chacun d'un nom différent.");
        var known = before?.Beds ?? [];
        var kept = known.Select(b => ask.Beds.FirstOrDefault(n => n.Name.Trim() == b.Name) is { } again ? b with { Room = Checked(again.Room, "Chambre") } : b);
        var added = ask.Beds.Where(n => known.All(b => b.Name != n.Name.Trim())).Select(n => new BedLabel(Id.New<BedId>(), Checked(n.Room, "Chambre"), Checked(n.Name, "Lit")));
        var unit = new UnitLabel(before?.Unit ?? Id.New<UnitId>(), name, site, [.. kept, .. added]);
        var units = before is null ? [.. _units, unit] : _units.Select(u => u == before ? unit : u).ToArray();
        _store.Put(("units", "all", JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<UnitLabel>>(units, WireJson.Options)));
        _units = units;
        return unit;
    }

    private T Locking<T>(Func<T> read) { lock (_gate) return read(); }

    private ValueTask<T> Locked<T>(Func<T> read) => ValueTask.FromResult(Locking(read));

    public async ValueTask DisposeAsync()
    {
        if (_sweep is { } sweep) await sweep.DisposeAsync().ConfigureAwait(false);
        await _outlets.DisposeAsync().ConfigureAwait(false);
        await _keeper.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _journal.DisposeAsync().ConfigureAwait(false);
        KeepBooks();
        _identities.Dispose();
        _store.Dispose();
        _keys.Dispose();
    }
}
