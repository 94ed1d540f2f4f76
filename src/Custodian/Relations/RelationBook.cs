using System.Text.Json;

namespace Serment.Custodian.Relations;

/// <summary>A fact that explains why someone opens a file: a source, a scope (a unit or an account), an end.</summary>
/// <param name="By">Who made the fact; when it is the one who uses it, the fact is self-claimed.</param>
/// <param name="Corroborated">Someone else has acted on it since: it is nobody's own claim any more.</param>
internal sealed record Relation(string Id, PatientId Patient, RelationSource Source, UnitId? Unit, AccountId? Account, AccountId? By, DateTimeOffset From, DateTimeOffset Until, StayId? Stay, DateTimeOffset? PendingSince, bool Corroborated = false)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Pending => PendingSince is not null;
}

/// <summary>What explains an access.</summary>
internal sealed record Ground(Relation Relation, bool SelfClaimed);

/// <summary>
/// Care relations, by patient. docs/relations.md lists every source. Not thread-safe: one owner, under the desk's lock.
/// </summary>
internal sealed class RelationBook(Action<string, byte[]> persist)
{
    private static readonly TimeSpan PendingLife = TimeSpan.FromMinutes(15);
    private readonly Dictionary<PatientId, List<Relation>> _byPatient = [];
    private readonly Dictionary<string, Relation> _byId = [];

    public void Load(byte[] json) => Keep(JsonSerializer.Deserialize<Relation>(json, WireJson.Options)!);

    public void Add(Relation relation)
    {
        persist(relation.Id, JsonSerializer.SerializeToUtf8Bytes(relation, WireJson.Options));
        Keep(relation);
    }

    /// <summary>Intent of a stay: counts at once, ends by itself when the row never follows.</summary>
    public void IntendStay(IntendStay ask, AccountId? by, DateTimeOffset now)
    {
        var until = ask.State switch
        {
            "cancelled" => now,
            "discharged" => now.AddDays(30),
            "expected" => (ask.Expected ?? now).AddDays(7),
            "present" => DateTimeOffset.MaxValue,
            _ => throw new RefusedException(RefusalCodes.Invalid, "État de séjour inconnu."),
        };
        var source = ask.State == "expected" ? RelationSource.ExpectedArrival : RelationSource.Stay;
        Stay($"stay|{ask.Stay}|responsible", ask.Responsible);
        Stay($"stay|{ask.Stay}|housing", ask.Housing);

        void Stay(string id, UnitId unit)
        {
            // Step 1: a transfer keeps the unit that was left readable for 30 days, as a discharge does.
            if (_byId.TryGetValue(id, out var before) && before.Unit != unit && !before.Pending)
                Add(before with { Id = $"{id}|{before.Unit}", Until = Earlier(before.Until, now.AddDays(30)) });
            var first = before is { Pending: false } ? before.By : by;
            var corroborated = before is { Pending: false } && (before.Corroborated || before.By != by);
            Add(new Relation(id, ask.Patient, source, unit, null, first, before?.From ?? now, until, ask.Stay, PendingSince: now, corroborated));
        }
    }

    public void ConfirmStay(StayId stay)
    {
        foreach (var id in new[] { $"stay|{stay}|responsible", $"stay|{stay}|housing" })
            if (_byId.TryGetValue(id, out var relation) && relation.Pending) Add(relation with { PendingSince = null });
    }

    /// <summary>The best explanation, one made by someone else before a self-claimed one; null when nothing explains.</summary>
    public Ground? Explain(IReadOnlyList<PatientId> aliases, AccountId account, IReadOnlyCollection<UnitId> units, DateTimeOffset now)
    {
        Ground? best = null;
        foreach (var patient in aliases)
        {
            if (!_byPatient.TryGetValue(patient, out var relations)) continue;
            foreach (var relation in relations)
            {
                if (!Holds(relation, now)) continue;
                if (relation.Account != account && !(relation.Unit is { } unit && units.Contains(unit))) continue;
                var selfClaimed = relation.By == account && !relation.Corroborated && relation.Source is not RelationSource.BreakGlass;
                if (!selfClaimed) return new Ground(relation, false);
                best ??= new Ground(relation, true);
            }
        }
        return best;
    }

    /// <summary>Someone wrote in this file: what others claimed about its stays is confirmed. Opening is not enough, a ward list opens by itself.</summary>
    /// <returns>Whose claims these were.</returns>
    public IReadOnlyList<AccountId> Corroborate(IReadOnlyList<PatientId> aliases, AccountId by, DateTimeOffset now)
    {
        List<Relation>? confirmed = null;
        foreach (var patient in aliases)
            foreach (var relation in _byPatient.GetValueOrDefault(patient, []))
                if (relation is { Corroborated: false, By: not null, Source: RelationSource.Stay or RelationSource.ExpectedArrival } && relation.By != by && Holds(relation, now))
                    (confirmed ??= []).Add(relation);
        if (confirmed is null) return [];
        foreach (var relation in confirmed) Add(relation with { Corroborated = true });
        return [.. confirmed.Select(relation => relation.By!.Value).Distinct()];
    }

    /// <summary>How many people are expected in the establishment.</summary>
    public int Expected(DateTimeOffset now) =>
        _byId.Values.Where(relation => relation.Source is RelationSource.ExpectedArrival && Holds(relation, now)).Select(relation => relation.Patient).Distinct().Count();

    public bool Knows(IReadOnlyList<PatientId> aliases) => aliases.Any(patient => _byPatient.TryGetValue(patient, out var relations) && relations.Count > 0);

    /// <summary>Present in or expected by those units.</summary>
    public IReadOnlyList<PatientId> Of(IReadOnlyCollection<UnitId> units, DateTimeOffset now)
    {
        var found = new HashSet<PatientId>();
        foreach (var (patient, relations) in _byPatient)
            foreach (var relation in relations)
                if (relation.Source is RelationSource.Stay or RelationSource.ExpectedArrival && relation.Unit is { } unit && units.Contains(unit) && Holds(relation, now))
                    found.Add(patient);
        return [.. found];
    }

    private static bool Holds(Relation relation, DateTimeOffset now) =>
        relation.From <= now && now < relation.Until && !(relation.PendingSince is { } since && now - since > PendingLife);

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private void Keep(Relation relation)
    {
        if (_byId.TryGetValue(relation.Id, out var before)) _byPatient[before.Patient].Remove(before);
        _byId[relation.Id] = relation;
        if (!_byPatient.TryGetValue(relation.Patient, out var list)) _byPatient[relation.Patient] = list = [];
        list.Add(relation);
    }
}
