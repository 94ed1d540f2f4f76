using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Incidents;

/// <summary>
/// Counts what the disclosures of a scope opened: patients × domains × first and last time; and how many files were added to.
/// </summary>
/// <param name="personOf">The person whom an id stands for; merged files are one person.</param>
internal sealed class ExposureCount(Func<PatientId, PatientId> personOf)
{
    /// <summary>Keys released before a window are good for so long: a server that fell at noon still held those of a quarter to twelve.</summary>
    public static readonly TimeSpan LeaseLife = Releases.ReleaseDesk.LeaseLife;

    /// <summary>Unix milliseconds.</summary>
    private struct Seen
    {
        public long First, Last;
        public int Accesses;
    }

    private sealed class Actor(AccountId? account, ClientId? client)
    {
        public AccountId? Account => account;
        public ClientId? Client => client;
        public readonly long[] Accesses = new long[Kinds];
        /// <summary>Person × domain, ascending and each once up to <see cref="_distinct"/>, then as they came.</summary>
        private int[] _opened = new int[16];
        private int _count, _distinct;

        public void Open(int kind)
        {
            if (_count == _opened.Length)
            {
                Distinct();
                // Sorted again only when as much came as was there: whatever comes, each is sorted a few times.
                if (_count > _opened.Length / 2) Array.Resize(ref _opened, 2 * _opened.Length);
            }
            _opened[_count++] = kind;
        }

        public ReadOnlySpan<int> Opened()
        {
            Distinct();
            return _opened.AsSpan(0, _count);
        }

        private void Distinct()
        {
            if (_distinct == _count) return;
            var all = _opened.AsSpan(0, _count);
            all.Sort();
            _count = 0;
            foreach (var kind in all) if (_count == 0 || _opened[_count - 1] != kind) _opened[_count++] = kind;
            _distinct = _count;
        }
    }

    private struct Person
    {
        /// <summary>The last hour that counted him.</summary>
        public long Hour;
        /// <summary>By domain, where it stands among the seen, plus one; 0: not opened.</summary>
        public Places Places;
    }

    [System.Runtime.CompilerServices.InlineArray(Kinds)]
    private struct Places { private int _first; }

    /// <summary>Domains there may be. A person's data of one kind is his number times this, plus the domain.</summary>
    private const int Kinds = 8;

    private const long Hour = 3_600_000;

    /// <summary>Persons as they come, so that tens of millions of entries are counted by small numbers.</summary>
    private readonly List<PatientId> _persons = [];
    private readonly Dictionary<PatientId, int> _numbers = [];
    private Person[] _people = new Person[1024];
    private readonly List<Seen> _seen = [];
    private readonly Dictionary<UInt128, Actor> _actors = [];
    /// <summary>Complete hours; the journal's time never goes back, so that one hour's persons are all that is held.</summary>
    private readonly List<HourExposure> _hours = [];
    /// <summary>The ids under which something was added.</summary>
    private readonly HashSet<PatientId> _added = [];
    private long _hour, _accessesOfHour;
    private int _personsOfHour;
    private readonly long[] _accesses = new long[Kinds];

    /// <summary>Counts on one processor while another reads and opens what comes.</summary>
    /// <param name="disclosures">In the journal's order.</param>
    public void TakeAll(IEnumerable<IReadOnlyList<Disclosure>> disclosures)
    {
        using var ahead = new BlockingCollection<IReadOnlyList<Disclosure>>(16);
        var reading = Task.Run(() =>
        {
            try { foreach (var some in disclosures) ahead.Add(some); }
            finally { ahead.CompleteAdding(); }
        });
        try { foreach (var some in ahead.GetConsumingEnumerable()) foreach (var disclosure in some) Take(disclosure); }
        finally { ahead.CompleteAdding(); }
        reading.GetAwaiter().GetResult();
    }

    public void Take(in Disclosure disclosure)
    {
        if (disclosure.Adds) _added.Add(disclosure.Patient);
        if (!disclosure.Shows) return;
        var (domain, at) = (disclosure.Domain, disclosure.Milliseconds);
        var number = NumberOf(disclosure.Patient);
        ref var person = ref _people[number];
        ref var place = ref person.Places[(int)domain];
        if (place == 0)
        {
            _seen.Add(new Seen { First = at, Last = at });
            place = _seen.Count;
        }
        ref var seen = ref CollectionsMarshal.AsSpan(_seen)[place - 1];
        if (at < seen.First) seen.First = at;
        if (at > seen.Last) seen.Last = at;
        seen.Accesses++;
        _accesses[(int)domain]++;
        ref var actor = ref CollectionsMarshal.GetValueRefOrAddDefault(_actors, disclosure.Account?.Value ?? disclosure.Client?.Value ?? 0, out _);
        actor ??= new Actor(disclosure.Account, disclosure.Client);
        actor.Open(Kinds * number + (int)domain);
        actor.Accesses[(int)domain]++;
        if (at / Hour != _hour)
        {
            EndHour();
            _hour = at / Hour;
        }
        if (person.Hour != _hour)
        {
            person.Hour = _hour;
            _personsOfHour++;
        }
        _accessesOfHour++;
    }

    /// <summary>One line a patient.</summary>
    public IEnumerable<(PatientId Patient, IReadOnlyList<ExposedDomain> Domains)> Lines()
    {
        for (var person = 0; person < _persons.Count; person++)
            yield return (_persons[person], [.. Enumerable.Range(0, Kinds).Where(domain => _people[person].Places[domain] > 0).Select(domain => (Domain: (Domain)domain, Seen: _seen[_people[person].Places[domain] - 1]))
                .Select(one => new ExposedDomain(one.Domain, DateTimeOffset.FromUnixTimeMilliseconds(one.Seen.First), DateTimeOffset.FromUnixTimeMilliseconds(one.Seen.Last), one.Seen.Accesses))]);
    }

    /// <param name="nameOf">What an account or an interface is called.</param>
    /// <param name="isMinor">On the last day of the exposure.</param>
    public Exposure Sum(DateTimeOffset now, long journalSize, Func<AccountId?, ClientId?, string> nameOf, Func<PatientId, bool> isMinor)
    {
        EndHour();
        return new Exposure(now, journalSize, _persons.Count, _persons.Count(isMinor), _accesses.Sum(), _seen.Count == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_seen.Min(seen => seen.First)), _seen.Count == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(_seen.Max(seen => seen.Last)),
            Of(domain => Enumerable.Range(0, _persons.Count).Count(person => _people[person].Places[domain] > 0), _accesses),
            [.. _actors.Values.Select(actor => ExposureOf(actor, nameOf(actor.Account, actor.Client))).OrderByDescending(actor => actor.Patients)],
            _hours, _added.Select(personOf).Distinct().Count());
    }

    private static ActorExposure ExposureOf(Actor actor, string name)
    {
        var (ofDomain, patients, last) = (new int[Kinds], 0, -1);
        foreach (var kind in actor.Opened())
        {
            ofDomain[kind % Kinds]++;
            if (kind / Kinds == last) continue;
            last = kind / Kinds;
            patients++;
        }
        return new ActorExposure(name, Of(domain => ofDomain[domain], actor.Accesses), patients);
    }

    private static IReadOnlyList<DomainExposure> Of(Func<int, int> persons, long[] accesses) =>
        [.. Enumerable.Range(0, Kinds).Where(domain => accesses[domain] > 0).Select(domain => new DomainExposure((Domain)domain, persons(domain), accesses[domain]))];

    private void EndHour()
    {
        if (_accessesOfHour > 0) _hours.Add(new HourExposure(DateTimeOffset.FromUnixTimeMilliseconds(_hour * Hour), _personsOfHour, _accessesOfHour));
        (_personsOfHour, _accessesOfHour) = (0, 0);
    }

    /// <summary>An id is the person's own, or one under which merged files still have entries.</summary>
    private int NumberOf(PatientId id)
    {
        if (_numbers.TryGetValue(id, out var number)) return number;
        var person = personOf(id);
        if (!_numbers.TryGetValue(person, out number))
        {
            _numbers[person] = number = _persons.Count;
            _persons.Add(person);
            if (_persons.Count > _people.Length) Array.Resize(ref _people, 2 * _people.Length);
            _people[number].Hour = -1;
        }
        return _numbers[id] = number;
    }
}
