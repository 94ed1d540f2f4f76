using System.Text.Json;
using Serment.Custodian.Approvals;

namespace Serment.Custodian.Mandates;

/// <summary>
/// The mandates and their queues. A patient gets into a queue by an event or by the list that two officers signed, never by
/// the machine that works it off; he leaves it when that machine is done. Not thread-safe: under the cell's lock.
/// </summary>
/// <param name="persist">All together or not at all.</param>
internal sealed class MandateBook(Action<(string Kind, string Id, byte[] Json)[]> persist)
{
    public const string Kind = "mandate", QueueKind = "mandate-queue";
    public const int AtOnce = 100;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly Dictionary<ApprovalId, Standing> _mandates = [];
    private DateTimeOffset _now;

    private sealed class Standing(Mandate mandate)
    {
        public Mandate Mandate = mandate;
        public readonly Dictionary<PatientId, Queued> Queue = [];
        /// <summary>Who waits, the longest first; who was given out and not done stands here too.</summary>
        public readonly SortedSet<(DateTimeOffset At, UInt128 Patient)> Waiting = [];
        /// <summary>Moments of the last hour at which a patient was given out for the first time.</summary>
        public readonly Queue<DateTimeOffset> Given = [];
        public int Done;
    }

    public void Load(byte[] json)
    {
        var mandate = JsonSerializer.Deserialize<Mandate>(json, WireJson.Options)!;
        _mandates[mandate.Id] = new Standing(mandate);
    }

    /// <summary>After its mandate; a signed list first, then what became of each.</summary>
    public void LoadQueue(string id, byte[] json)
    {
        var parts = id.Split('|');
        Keep(_mandates[Id.Parse<ApprovalId>(parts[0])], Id.Parse<PatientId>(parts[1]), JsonSerializer.Deserialize<Queued>(json, WireJson.Options)!);
    }

    public void LoadList(Mandate mandate, PatientList list)
    {
        foreach (var patient in list.Patients) Keep(_mandates[mandate.Id], patient, new Queued(mandate.From));
    }

    /// <summary>After the queues: the moments of the last hour, in order.</summary>
    public void Loaded(DateTimeOffset now)
    {
        foreach (var standing in _mandates.Values)
            foreach (var at in standing.Queue.Values.Select(q => q.ReleasedAt).OfType<DateTimeOffset>().Where(at => now - at < Hour).Order()) standing.Given.Enqueue(at);
    }

    public IEnumerable<Mandate> All => _mandates.Values.Select(standing => standing.Mandate);

    /// <summary>Given out on that day by event-filled mandates: they count in the establishment's ceiling.</summary>
    public IEnumerable<PatientId> GivenOn(DateOnly day) =>
        _mandates.Values.Where(s => !s.Mandate.OfList).SelectMany(s => s.Queue).Where(q => q.Value.ReleasedAt is { } at && ClinicalTime.Day(at) == day).Select(q => q.Key);

    /// <summary>Approved: from here on its machine may work.</summary>
    /// <param name="list">The queue itself, when two officers signed it; it is stored already.</param>
    public void Open(Mandate mandate, PatientList? list)
    {
        persist([(Kind, mandate.Id.ToString()!, Json(mandate))]);
        _mandates[mandate.Id] = new Standing(mandate);
        if (list is not null) LoadList(mandate, list);
    }

    /// <summary>A person or an interface made a fact: every mandate that waits for it gets the patient.</summary>
    public void Happened(MandateEvent what, PatientId patient, DateTimeOffset now)
    {
        foreach (var standing in _mandates.Values)
        {
            if (standing.Mandate is { Frozen: true } or { Events.Count: 0 } || !standing.Mandate.Events.Contains(what) || now >= standing.Mandate.Until) continue;
            // Whoever waits already waits once; whoever was done comes again.
            if (standing.Queue.TryGetValue(patient, out var queued) && queued.DoneAt is null) continue;
            var fresh = new Queued(now);
            persist([Row(standing, patient, fresh)]);
            Keep(standing, patient, fresh);
        }
    }

    /// <summary>Decides who comes next, and spends the rate. Nothing of it is derived before the journal has it.</summary>
    /// <param name="leaves">Called for each patient of an event-filled mandate: whether the day's ceiling still leaves room for him.</param>
    /// <exception cref="RefusedException">Not this machine's, frozen, over, or the ceiling leaves no room.</exception>
    public (Mandate Mandate, IReadOnlyList<PatientId> Patients, int Waiting, DateTimeOffset? MoreAt) Take(ClientId client, TakeFromQueue ask, Func<PatientId, bool> leaves, DateTimeOffset now)
    {
        if (ask.AtMost is < 1 or > AtOnce) throw new RefusedException(RefusalCodes.Invalid, $"1 à {AtOnce} patients par demande.");
        now = _now = now > _now ? now : _now;
        var standing = Of(client, ask.Mandate);
        var mandate = standing.Mandate;
        mandate.Open(now);
        while (standing.Given.Count > 0 && now - standing.Given.Peek() >= Hour) standing.Given.Dequeue();
        var taken = new List<(PatientId Patient, Queued Now)>();
        var full = false;
        DateTimeOffset? again = null;
        foreach (var (_, value) in standing.Waiting)
        {
            if (taken.Count == ask.AtMost) break;
            var patient = new PatientId(value);
            var queued = standing.Queue[patient];
            if (queued.ReleasedAt is { } at)
            {
                // Given out before: again, at no cost, once that lease is over.
                if (now - at >= Releases.ReleaseDesk.LeaseLife) taken.Add((patient, queued));
                else again = again is { } soonest && soonest < at + Releases.ReleaseDesk.LeaseLife ? soonest : at + Releases.ReleaseDesk.LeaseLife;
                continue;
            }
            if (standing.Given.Count >= mandate.PatientsPerHour) continue;
            if (!mandate.OfList && !leaves(patient)) { full = true; break; }
            standing.Given.Enqueue(now);
            taken.Add((patient, queued with { ReleasedAt = now }));
        }
        if (taken.Count == 0 && full) throw new RefusedException(RefusalCodes.Ceiling, "Les mandats ont pris leur part du plafond de dossiers du jour dans l'établissement : le reste est aux soins. La suite viendra demain.");
        if (taken.Count > 0) persist([.. taken.Select(one => Row(standing, one.Patient, one.Now))]);
        foreach (var (patient, queued) in taken) standing.Queue[patient] = queued;
        var waiting = standing.Waiting.Count - taken.Count;
        var rated = standing.Given.Count >= mandate.PatientsPerHour ? standing.Given.Peek() + Hour : (DateTimeOffset?)null;
        return (mandate, [.. taken.Select(one => one.Patient)], waiting, taken.Count > 0 || waiting == 0 ? null : again is { } soon && (rated is null || soon < rated) ? soon : rated);
    }

    public void Done(ClientId client, DoneInQueue ask, DateTimeOffset now)
    {
        var standing = Of(client, ask.Mandate);
        if (ask.Patients.Count is 0 or > AtOnce) throw new RefusedException(RefusalCodes.Invalid, $"1 à {AtOnce} patients par demande.");
        var done = ask.Patients.Distinct().Select(patient => standing.Queue.TryGetValue(patient, out var queued) && queued is { ReleasedAt: not null }
            ? (Patient: patient, Queued: queued with { DoneAt = queued.DoneAt ?? now })
            : throw new RefusedException(RefusalCodes.Invalid, "Un patient qui n'a pas été remis par ce mandat ne peut pas être dit fait.")).ToArray();
        persist([.. done.Select(one => Row(standing, one.Patient, one.Queued))]);
        foreach (var (patient, queued) in done) Keep(standing, patient, queued);
    }

    public Mandate Freeze(ApprovalId id)
    {
        var standing = _mandates.GetValueOrDefault(id) ?? throw new RefusedException(RefusalCodes.NotFound, "Ce mandat n'existe pas.");
        if (standing.Mandate.Frozen) throw new RefusedException(RefusalCodes.Conflict, "Ce mandat est déjà gelé.");
        persist([(Kind, id.ToString()!, Json(standing.Mandate with { Frozen = true }))]);
        return standing.Mandate = standing.Mandate with { Frozen = true };
    }

    public MandateLine Own(ClientId client) => LineOf(_mandates.Values.FirstOrDefault(s => s.Mandate.Client == client) ?? throw Unknown());

    /// <summary>Whose letters a mandate's list is, where an incident made it.</summary>
    public IncidentId? IncidentOf(ApprovalId mandate) => _mandates[mandate].Mandate.Incident;

    /// <summary>Whether that machine was given all of these.</summary>
    public bool HandedOver(ClientId client, IReadOnlyList<PatientId> patients) =>
        _mandates.Values.FirstOrDefault(s => s.Mandate.Client == client) is { } standing && patients.All(patient => standing.Queue.TryGetValue(patient, out var queued) && queued.ReleasedAt is not null);

    public MandateLines Lines() => new([.. _mandates.Values.OrderByDescending(s => s.Mandate.From).Select(LineOf)]);

    public string? NameOf(string id) => Id.TryParse<ApprovalId>(id, out var mandate) && _mandates.TryGetValue(mandate, out var standing) ? standing.Mandate.Name : null;

    private static MandateLine LineOf(Standing s) => new(s.Mandate.Id, s.Mandate.Name, s.Mandate.Purpose, s.Mandate.Domain, s.Mandate.Names, s.Mandate.Client, s.Mandate.Events, s.Mandate.Count, s.Mandate.PatientsPerHour, s.Mandate.From, s.Mandate.Until, s.Mandate.Frozen, s.Waiting.Count, s.Done);

    private Standing Of(ClientId client, ApprovalId id) => _mandates.TryGetValue(id, out var standing) && standing.Mandate.Client == client ? standing : throw Unknown();

    private static RefusedException Unknown() => new("mandate.unknown", "Cette machine n'a pas ce mandat.");

    private static void Keep(Standing standing, PatientId patient, Queued queued)
    {
        if (standing.Queue.TryGetValue(patient, out var before))
        {
            standing.Waiting.Remove((before.At, patient.Value));
            if (before.DoneAt is not null) standing.Done--;
        }
        standing.Queue[patient] = queued;
        if (queued.DoneAt is null) standing.Waiting.Add((queued.At, patient.Value));
        else standing.Done++;
    }

    private static (string, string, byte[]) Row(Standing standing, PatientId patient, Queued queued) => (QueueKind, $"{standing.Mandate.Id}|{patient}", Json(queued));

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, WireJson.Options);
}
