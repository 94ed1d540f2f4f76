using System.Text.Json;
using Serment.Custodian.State;

namespace Serment.Custodian.Relations;

/// <summary>A fact that explains why someone opens a file: a source, a scope (a unit or an account), an end.</summary>
/// <param name="By">Who made the fact; when it is the one who uses it, the fact is self-claimed.</param>
/// <param name="Corroborated">Someone else has acted on it since: it is nobody's own claim any more.</param>
/// <param name="Interface">Which machine made it, when no person did.</param>
/// <param name="OthersUntil">Somebody else stated it too, until then: who made it ends or shortens only his own part.</param>
/// <param name="HandedOn">Whoever gave it had the patient by his own claim or by broken glass: it is a claim in the receiver's hands too.</param>
internal sealed record Relation(string Id, PatientId Patient, RelationSource Source, UnitId? Unit, AccountId? Account, AccountId? By, DateTimeOffset From, DateTimeOffset Until, StayId? Stay, DateTimeOffset? PendingSince, bool Corroborated = false, ClientId? Interface = null, DateTimeOffset? OthersUntil = null, bool HandedOn = false)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Pending => PendingSince is not null;
}

/// <summary>What explains an access.</summary>
internal sealed record Ground(Relation Relation, bool SelfClaimed);

/// <summary>
/// Care relations, by patient. docs/relations.md lists every source. Not thread-safe: one owner, under the desk's lock.
/// </summary>
internal sealed class RelationBook(Action<IReadOnlyList<(string Id, byte[] Json)>> persist)
{
    private static readonly TimeSpan PendingLife = TimeSpan.FromMinutes(15), ConfirmedWithin = TimeSpan.FromDays(1);
    private readonly Dictionary<PatientId, List<Relation>> _byPatient = [];
    private readonly Dictionary<string, Relation> _byId = [];
    private readonly Dictionary<UnitId, Dictionary<string, Relation>> _byUnit = [];
    /// <summary>Only what is given to an account by another: what one wrote or broke the glass for is many and asked for by nobody.</summary>
    private readonly Dictionary<AccountId, Dictionary<string, Relation>> _byAccount = [];

    /// <summary>What ended so long ago explains nothing; the journal says what it explained.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(60), SweptEvery = TimeSpan.FromHours(1);
    private readonly ReusedRows _rows = new();
    private DateTimeOffset _swept;

    public void Load(string row, byte[] json, DateTimeOffset now)
    {
        var relation = JsonSerializer.Deserialize<Relation>(json, WireJson.Options)!;
        _rows.Found(row, relation.Id, Over(relation, now));
        if (!Over(relation, now)) Keep(relation);
    }

    /// <summary>Lets go of what ended long ago, once an hour.</summary>
    public void Sweep(DateTimeOffset now)
    {
        if (now - _swept < SweptEvery) return;
        _swept = now;
        foreach (var relation in _byId.Values.Where(relation => Over(relation, now)).ToArray())
        {
            Forget(relation);
            _rows.Over(relation.Id);
        }
    }

    private static bool Over(Relation relation, DateTimeOffset now) => relation.Until < now - Remembered || relation.PendingSince < now - Remembered;

    /// <summary>Kept all together or not at all.</summary>
    public void Add(params IReadOnlyList<Relation> relations)
    {
        if (relations.Count == 0) return;
        persist([.. relations.Select(relation => (_rows.Of(relation.Id), JsonSerializer.SerializeToUtf8Bytes(relation, WireJson.Options)))]);
        foreach (var relation in relations) Keep(relation);
    }

    /// <summary>
    /// Intent of a stay: opens at once, and closes nothing before it is confirmed; never confirmed, it ends by itself.
    /// Whoever brings a stay into a unit, or back after its relation had ended, has made that fact; going on in the same
    /// unit by someone else corroborates it.
    /// </summary>
    /// <param name="same">Whether two ids are one person (merged files).</param>
    /// <param name="claimed">Not on a word that makes a fact by itself: a claim in everyone's hands until a person of care acts on it.</param>
    /// <exception cref="RefusedException">The stay is someone else's.</exception>
    public void IntendStay(IntendStay ask, AccountId? by, DateTimeOffset now, Func<PatientId, PatientId, bool>? same = null, bool claimed = false)
    {
        var until = End(ask, now);
        var known = _byId.GetValueOrDefault(Responsible(ask.Stay)) ?? _byId.GetValueOrDefault(Responsible(ask.Stay) + Intent);
        if (known is not null && known.Patient != ask.Patient && same?.Invoke(known.Patient, ask.Patient) != true)
            throw new RefusedException(RefusalCodes.Conflict, "Ce séjour est celui d'un autre patient.");
        // A machine that moves on whom it may only claim claims him there too.
        var still = claimed || (by is null && known is { HandedOn: true, Corroborated: false });
        var source = ask.State == "expected" ? RelationSource.ExpectedArrival : RelationSource.Stay;
        Add(Intended(Responsible(ask.Stay), ask.Responsible), Intended(Housing(ask.Stay), ask.Housing));

        Relation Intended(string id, UnitId unit)
        {
            var before = _byId.GetValueOrDefault(id);
            var goesOn = before is not null && before.Unit == unit && Holds(before, now);
            return new Relation(id + Intent, ask.Patient, source, unit, null, goesOn ? before!.By : by, goesOn ? before!.From : now, until, ask.Stay, PendingSince: now, goesOn && (before!.Corroborated || before.By != by && !claimed && !before.HandedOn), HandedOn: goesOn ? before!.HandedOn : still);
        }
    }

    /// <exception cref="RefusedException">No state that a stay has.</exception>
    public static DateTimeOffset End(IntendStay ask, DateTimeOffset now) => ask.State switch
    {
        "cancelled" => now,
        "discharged" => now.AddDays(30),
        "expected" => (ask.Expected is { } expected && expected < now.AddYears(1) ? expected : now).AddDays(7),
        "present" => DateTimeOffset.MaxValue,
        _ => throw new RefusedException(RefusalCodes.Invalid, "État de séjour inconnu."),
    };

    /// <summary>Intents still worth something whose row is not known to be written.</summary>
    public IReadOnlyList<PendingStay> PendingStays(DateTimeOffset now) =>
        [.. _byId.Values.Where(relation => relation is { Stay: not null, PendingSince: { } since } && now - since <= PendingLife).GroupBy(relation => relation.Stay!.Value).Select(group => new PendingStay(group.Key, group.Max(relation => relation.PendingSince!.Value)))];

    /// <summary>Whether that stay's row is known as one of somebody present.</summary>
    public bool Present(StayId stay, DateTimeOffset now) => _byId.TryGetValue(Responsible(stay), out var known) && known is { Source: RelationSource.Stay, PendingSince: null } && known.Until == DateTimeOffset.MaxValue && Holds(known, now);

    /// <summary>Whether a stay of the database is known here, where it is now.</summary>
    public bool Follows(GapStay stay) =>
        _byId.TryGetValue(Responsible(stay.Stay), out var responsible) && _byId.TryGetValue(Housing(stay.Stay), out var housing)
        && responsible.Unit == stay.Responsible && housing.Unit == stay.Housing && responsible.Source == (stay.Present ? RelationSource.Stay : RelationSource.ExpectedArrival);

    /// <returns>Whether something waited for it.</returns>
    public bool ConfirmStay(StayId stay, DateTimeOffset now)
    {
        var confirmed = new List<Relation>();
        foreach (var id in new[] { Responsible(stay), Housing(stay) })
        {
            // Whoever says today that a row of last month was written is not believed.
            if (!_byId.TryGetValue(id + Intent, out var intent) || intent.PendingSince is not { } since || now - since > ConfirmedWithin) continue;
            // A transfer keeps the unit that was left readable for 30 days, as a discharge does.
            if (_byId.TryGetValue(id, out var before) && before.Unit != intent.Unit)
                confirmed.Add(before with { Id = $"{id}|{before.Unit}", Until = Earlier(before.Until, now.AddDays(30)) });
            confirmed.Add(intent with { Id = id, PendingSince = null });
            confirmed.Add(intent with { Until = intent.From, PendingSince = null });
        }
        Add(confirmed);
        return confirmed.Count > 0;
    }

    /// <summary>
    /// A fact fed from a screen, a room or an interface. Whoever did not make it can prolong and corroborate it, not end it; whoever made it
    /// does not end what somebody else stated too.
    /// </summary>
    /// <param name="machine">Which interface, when <paramref name="by"/> is null.</param>
    /// <param name="handedOn">The giver's own ground is a claim or broken glass.</param>
    /// <param name="letsInHimself">Who states it is of those whom it lets in.</param>
    /// <exception cref="RefusedException">Not a source that is stated, or a scope that is not its own.</exception>
    public void State(StateRelation ask, AccountId? by, DateTimeOffset now, ClientId? machine = null, bool handedOn = false, bool letsInHimself = false)
    {
        var until = Earlier(ask.Until, now + RelationRules.Check(ask).Life!.Value);
        var before = Stated(ask, now);
        // Whom a fact lets in says with others that it is true, not that it lasts longer.
        if (letsInHimself && before is not null && !IsOf(before, by, machine)) until = Earlier(until, before.Until);
        if (before is null)
        {
            if (until > now) Add(new Relation(Named(ask), ask.Patient, ask.Source, ask.Unit, ask.Account, by, now, until, ask.Stay, null, Interface: machine, HandedOn: handedOn));
        }
        else if (IsOf(before, by, machine))
            Add(before with { Until = before.OthersUntil is { } others ? Later(until, others) : until, Stay = ask.Stay, HandedOn = before.HandedOn && handedOn });
        else if (until > now)
            Add(before with { Until = Later(before.Until, until), OthersUntil = Later(before.OthersUntil ?? until, until), Corroborated = before.Corroborated || !handedOn, Stay = ask.Stay ?? before.Stay });
    }

    /// <summary>Whether that person or that interface made the fact.</summary>
    public static bool IsOf(Relation relation, AccountId? by, ClientId? machine) => relation.By == by && relation.Interface == machine;

    /// <summary>What was stated in those words and is in force.</summary>
    public Relation? Stated(StateRelation ask, DateTimeOffset now) => _byId.GetValueOrDefault(Named(ask)) is { } known && Holds(known, now) ? known : null;

    /// <summary>Every stated fact in force of one person: whom it lets in, by whose act, until when.</summary>
    public IReadOnlyList<Relation> StatedOf(IReadOnlyList<PatientId> aliases, DateTimeOffset now) =>
        [.. aliases.SelectMany(patient => _byPatient.GetValueOrDefault(patient, [])).Where(relation => Holds(relation, now) && RelationRules.Of(relation.Source).Stated)];

    /// <summary>What others gave from hand to hand to this account or to these units, and is in force: into one's own hands first, the newest first.</summary>
    public IReadOnlyList<Relation> Entrusted(AccountId account, IReadOnlyCollection<UnitId> units, DateTimeOffset now) =>
        [.. (_byAccount.GetValueOrDefault(account)?.Values ?? Enumerable.Empty<Relation>()).Concat(units.SelectMany(OfUnit))
            .Where(relation => Holds(relation, now) && relation.By != account && RelationRules.Of(relation.Source).Feed is RelationFeed.Screen)
            .OrderByDescending(relation => relation.Account is not null).ThenByDescending(relation => relation.From)];

    /// <summary>Where somebody is cared for in that stay, if he is there now; and who made that fact.</summary>
    public (PatientId Patient, AccountId? By, bool Claimed)? Staying(StayId stay, DateTimeOffset now) =>
        Present(stay, now) && _byId[Responsible(stay)] is var there ? (there.Patient, there.By, there is { HandedOn: true, Corroborated: false }) : null;

    /// <summary>The units that answer for this person or house him now.</summary>
    public IReadOnlySet<UnitId> UnitsOf(IReadOnlyList<PatientId> aliases, DateTimeOffset now) =>
        aliases.SelectMany(patient => _byPatient.GetValueOrDefault(patient, [])).Where(relation => relation is { Source: RelationSource.Stay, Pending: false } && relation.Until == DateTimeOffset.MaxValue && Holds(relation, now)).Select(relation => relation.Unit!.Value).ToHashSet();

    private static string Named(StateRelation ask) => $"{ask.Source}|{ask.Patient}|{ask.Unit?.ToString() ?? ask.Account.ToString()}";

    /// <summary>
    /// Whoever wrote in a file on a ground that someone else made reads it for 90 days. Written down once a day at most;
    /// neither own claims, broken glass nor the desk's short way can be laundered by writing.
    /// </summary>
    public void Wrote(PatientId patient, AccountId account, Ground ground, DateTimeOffset now)
    {
        if (ground.SelfClaimed || ground.Relation.Source is RelationSource.BreakGlass or RelationSource.Author or RelationSource.Desk) return;
        var until = now + RelationRules.Of(RelationSource.Author).Life!.Value;
        var id = $"author|{account}|{patient}";
        if (_byId.TryGetValue(id, out var before) && until - before.Until < TimeSpan.FromDays(1)) return;
        Add(new Relation(id, patient, RelationSource.Author, null, account, ground.Relation.By, now, until, null, null, Corroborated: true));
    }

    private const string Intent = "|intent";

    private static string Responsible(StayId stay) => $"stay|{stay}|responsible";

    private static string Housing(StayId stay) => $"stay|{stay}|housing";

    /// <summary>The best explanation, one made by someone else before a self-claimed one, a stay before the others; null when nothing explains.</summary>
    /// <param name="madeBefore">Only facts that stood by then, and broken glass.</param>
    public Ground? Explain(IReadOnlyList<PatientId> aliases, AccountId account, IReadOnlyCollection<UnitId> units, DateTimeOffset now, DateTimeOffset? madeBefore = null)
    {
        Ground? best = null;
        foreach (var patient in aliases)
        {
            if (!_byPatient.TryGetValue(patient, out var relations)) continue;
            foreach (var relation in relations)
            {
                if (!Holds(relation, now) || (relation.From > madeBefore && relation.Source is not RelationSource.BreakGlass)) continue;
                if (relation.Account != account && !(relation.Unit is { } unit && units.Contains(unit))) continue;
                var ground = new Ground(relation, (relation.By == account || relation.HandedOn) && !relation.Corroborated && relation.Source is not RelationSource.BreakGlass);
                if (best is null || (ground.SelfClaimed, relation.Source).CompareTo((best.SelfClaimed, best.Relation.Source)) < 0) best = ground;
            }
        }
        return best;
    }

    /// <summary>
    /// Someone wrote in this file: what others claimed about its stays is confirmed. Opening is not enough, a ward list opens by itself. A claim that is
    /// nobody's and in everyone's hands becomes that of who writes as care: everyone else has it from him, he from the next who writes.
    /// </summary>
    /// <param name="care">What is written is care.</param>
    /// <returns>Whose claims these were.</returns>
    public IReadOnlyList<AccountId> Corroborate(IReadOnlyList<PatientId> aliases, AccountId by, DateTimeOffset now, bool care = true)
    {
        List<Relation>? confirmed = null, taken = null;
        foreach (var patient in aliases)
            foreach (var relation in _byPatient.GetValueOrDefault(patient, []))
                if (relation is { Corroborated: false, By: null, HandedOn: true } && relation.Account != by && Holds(relation, now))
                {
                    if (care) (taken ??= []).Add(relation with { By = by, Interface = null, HandedOn = false });
                }
                else if (relation is { Corroborated: false, By: not null, Source: not (RelationSource.BreakGlass or RelationSource.Author) } && relation.By != by && !(relation.HandedOn && relation.Account == by) && Holds(relation, now))
                    (confirmed ??= []).Add(relation);
        if (taken is not null) Add(taken);
        if (confirmed is null) return [];
        Add([.. confirmed.Select(relation => relation with { Corroborated = true })]);
        return [.. confirmed.Select(relation => relation.By).OfType<AccountId>().Distinct()];
    }

    /// <summary>
    /// Whether someone else's fact, or one that someone else has acted on, brings this patient to the establishment:
    /// then the desk does not claim him. A clerk registers hundreds in a month whom care takes over the same day.
    /// </summary>
    public bool Brought(IReadOnlyList<PatientId> aliases, AccountId account, DateTimeOffset now, DateTimeOffset? madeBefore = null) =>
        aliases.Any(patient => _byPatient.GetValueOrDefault(patient, []).Any(relation => RelationRules.Brings(relation.Source) && (relation.Corroborated || relation.By != account && !relation.HandedOn) && Holds(relation, now) && !(relation.From > madeBefore)));

    /// <summary>How many people are expected in the establishment.</summary>
    public int Expected(DateTimeOffset now) =>
        _byId.Values.Where(relation => relation.Source is RelationSource.ExpectedArrival && Holds(relation, now)).Select(relation => relation.Patient).Distinct().Count();

    public bool Knows(IReadOnlyList<PatientId> aliases) => aliases.Any(patient => _byPatient.TryGetValue(patient, out var relations) && relations.Count > 0);

    /// <summary>Present in or expected by those units.</summary>
    public IReadOnlyList<PatientId> Of(IReadOnlyCollection<UnitId> units, DateTimeOffset now) =>
        [.. units.SelectMany(OfUnit).Where(relation => relation.Source is RelationSource.Stay or RelationSource.ExpectedArrival && Holds(relation, now)).Select(relation => relation.Patient).Distinct()];

    /// <summary>Whose stay that unit answers for or houses now, and has no end yet: neither expected nor discharged.</summary>
    public IReadOnlyList<PatientId> PresentIn(UnitId unit, DateTimeOffset now) =>
        [.. OfUnit(unit).Where(relation => relation.Source is RelationSource.Stay && relation.Until == DateTimeOffset.MaxValue && Holds(relation, now)).Select(relation => relation.Patient).Distinct()];

    private IEnumerable<Relation> OfUnit(UnitId unit) => _byUnit.TryGetValue(unit, out var relations) ? relations.Values : [];

    private static bool Holds(Relation relation, DateTimeOffset now) =>
        relation.From <= now && now < relation.Until && !(relation.PendingSince is { } since && now - since > PendingLife);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private void Forget(Relation relation)
    {
        _byId.Remove(relation.Id);
        if (_byPatient.TryGetValue(relation.Patient, out var his) && his.Remove(relation) && his.Count == 0) _byPatient.Remove(relation.Patient);
        if (relation.Unit is { } left) _byUnit[left].Remove(relation.Id);
        if (relation.Account is { } account && _byAccount.TryGetValue(account, out var given)) given.Remove(relation.Id);
    }

    private void Keep(Relation relation)
    {
        if (_byId.TryGetValue(relation.Id, out var before)) Forget(before);
        _byId[relation.Id] = relation;
        if (relation.Unit is { } unit)
        {
            if (!_byUnit.TryGetValue(unit, out var there)) _byUnit[unit] = there = [];
            there[relation.Id] = relation;
        }
        if (relation is { Source: RelationSource.Handover or RelationSource.Secretariat, Account: { } account })
        {
            if (!_byAccount.TryGetValue(account, out var given)) _byAccount[account] = given = [];
            given[relation.Id] = relation;
        }
        if (!_byPatient.TryGetValue(relation.Patient, out var list)) _byPatient[relation.Patient] = list = [];
        list.Add(relation);
    }
}
