using System.Runtime.InteropServices;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Incidents;

/// <summary>
/// Counts what the entries of a scope opened: patients × domains × first and last time. An entry counts when it let keys or an
/// identity out: it names a patient and a domain, or shows an identity. Adding to a file as an interface (encrypt-only) shows nothing
/// and does not count. Whatever kind of entry is invented later counts as long as it names a domain: too many told, never too few.
/// </summary>
/// <param name="personOf">The person whom an id stands for; merged files are one person.</param>
internal sealed class ExposureCount(Func<PatientId, PatientId> personOf)
{
    /// <summary>Keys released before a window are good for so long: a server that fell at noon still held those of a quarter to twelve.</summary>
    public static readonly TimeSpan LeaseLife = Releases.ReleaseDesk.LeaseLife;

    private struct Seen
    {
        public DateTimeOffset First, Last;
        public int Accesses;
    }

    private sealed class Actor
    {
        public readonly HashSet<(PatientId, Domain)> Opened = [];
        public readonly long[] Accesses = new long[8];
    }

    private readonly Dictionary<(PatientId Patient, Domain Domain), Seen> _seen = [];
    private readonly Dictionary<PatientId, PatientId> _persons = [];
    private readonly Dictionary<(AccountId?, ClientId?), Actor> _actors = [];
    private readonly SortedDictionary<long, (HashSet<PatientId> Patients, long Accesses)> _hours = [];
    private readonly long[] _accesses = new long[8];

    public static bool Counts(JournalEntry entry) => entry.Patient is not null && entry.Kind != "encrypt" && (entry.Domain is not null || entry.Kind == "identity.shown");

    public void Take(JournalEntry entry)
    {
        if (!Counts(entry)) return;
        var domain = entry.Domain ?? Domain.Identity;
        ref var person = ref CollectionsMarshal.GetValueRefOrAddDefault(_persons, entry.Patient!.Value, out var known);
        if (!known) person = personOf(entry.Patient.Value);
        ref var seen = ref CollectionsMarshal.GetValueRefOrAddDefault(_seen, (person, domain), out var again);
        if (!again || entry.Time < seen.First) seen.First = entry.Time;
        if (entry.Time > seen.Last) seen.Last = entry.Time;
        seen.Accesses++;
        _accesses[(int)domain]++;
        if (!_actors.TryGetValue((entry.Account, entry.Client), out var actor)) _actors[(entry.Account, entry.Client)] = actor = new Actor();
        actor.Opened.Add((person, domain));
        actor.Accesses[(int)domain]++;
        var hour = entry.Time.ToUnixTimeSeconds() / 3600;
        var (patients, accesses) = _hours.TryGetValue(hour, out var before) ? before : ([], 0L);
        patients.Add(person);
        _hours[hour] = (patients, accesses + 1);
    }

    /// <summary>One line a patient.</summary>
    public IEnumerable<(PatientId Patient, IReadOnlyList<ExposedDomain> Domains)> Lines() => _seen.GroupBy(one => one.Key.Patient)
        .Select(lines => (lines.Key, (IReadOnlyList<ExposedDomain>)[.. lines.Select(one => new ExposedDomain(one.Key.Domain, one.Value.First, one.Value.Last, one.Value.Accesses)).OrderBy(one => one.Domain)]));

    /// <param name="nameOf">What an account or an interface is called.</param>
    /// <param name="isMinor">On the last day of the exposure.</param>
    public Exposure Sum(DateTimeOffset now, long journalSize, Func<AccountId?, ClientId?, string> nameOf, Func<PatientId, bool> isMinor)
    {
        var patients = _seen.Keys.Select(key => key.Patient).Distinct().ToArray();
        return new Exposure(now, journalSize, patients.Length, patients.Count(isMinor), _accesses.Sum(), _seen.Count == 0 ? null : _seen.Values.Min(seen => seen.First), _seen.Count == 0 ? null : _seen.Values.Max(seen => seen.Last),
            Of(_seen.Keys, _accesses),
            [.. _actors.Select(actor => new ActorExposure(nameOf(actor.Key.Item1, actor.Key.Item2), Of(actor.Value.Opened, actor.Value.Accesses), actor.Value.Opened.Select(key => key.Item1).Distinct().Count())).OrderByDescending(actor => actor.Patients)],
            [.. _hours.Select(hour => new HourExposure(DateTimeOffset.FromUnixTimeSeconds(3600 * hour.Key), hour.Value.Patients.Count, hour.Value.Accesses))]);

        static IReadOnlyList<DomainExposure> Of(IEnumerable<(PatientId, Domain Domain)> opened, long[] accesses) =>
            [.. opened.GroupBy(key => key.Domain).OrderBy(domain => domain.Key).Select(domain => new DomainExposure(domain.Key, domain.Count(), accesses[(int)domain.Key]))];
    }
}
