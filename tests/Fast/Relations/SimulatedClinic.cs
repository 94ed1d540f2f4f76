using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Demonstration;
using Serment.Custodian.Identities;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.Policies;
using Serment.Custodian.Relations;
using Serment.Custodian.Releases;
using Serment.Server.Demonstration;

namespace Serment.Fast.Tests.Relations;

/// <summary>What one need of one file by one person on one day came to.</summary>
/// <param name="Need">Why it was first asked, or first refused.</param>
/// <param name="Source">What explained it; null when nothing did, the first time it was asked.</param>
internal sealed record Access(Account Who, PatientId Patient, DateOnly Day, string? Source, bool Glass, string Need);

/// <summary>
/// The demonstration clinic on a simulated clock: real accounts and duties, relations, budgets, ceiling and release
/// decision, as the Custodian wires them; no network and no disk. Counts what every opening met.
/// </summary>
internal sealed class SimulatedClinic
{
    private static readonly TimeSpan Paris = TimeSpan.FromHours(2);
    private readonly Dictionary<(AccountId, PatientId, DateOnly), Access> _accesses = [];
    private readonly Dictionary<AccountId, (DateTimeOffset Touched, DateOnly Shift)> _keys = [];
    private readonly Dictionary<AccountId, Queue<DateTimeOffset>> _facts = [];
    private readonly PriorityQueue<Action, (DateTimeOffset, int)> _agenda = new();
    private readonly EstablishmentCeiling _ceiling = new();
    private readonly RelationBook _relations = new(_ => { });
    private readonly ReleaseDesk _desk;
    private readonly AlarmBell _bell = new(() => Policy.Starting.Rules);
    private readonly Habits _habits = new();
    private readonly Dictionary<PatientId, (int Ipp, IdentityTraits Traits, DateTimeOffset Since)> _people = [];
    private readonly SeededChoice _choose = new("month");
    private (DateOnly Day, int Patients) _expected;
    private string _ground = "";
    private int _planned;

    public SimulatedClinic()
    {
        foreach (var account in DemonstrationClinic.Staff()) Accounts.Put(account);
        _desk = new ReleaseDesk(new PatientKeys(new KeyTree(new byte[32], new string('0', 32)), (_, _, _) => { }), _relations, new BudgetLedger(), Written, patient => [patient], (_, _) => false, _ => true,
            new Guards(_ceiling, now => _ceiling.Limit(Policy.Starting.Ceiling, 2000, Beds, Expected(now), now), new HoneyPatients((_, _) => { }), _bell, _habits, () => Policy.Starting, WhoIs, alarm => Alarms.Add((alarm, Now)), _ => { }), new Lock());
    }

    public static IReadOnlyList<UnitLabel> Units => DemonstrationClinic.Units;
    private static int Beds => Units.Sum(unit => unit.Beds.Count);

    public AccountBook Accounts { get; } = new((_, _, _) => { }, keyless: true);
    public DateTimeOffset Now { get; private set; }
    public DateOnly Today => DateOnly.FromDateTime(Now.ToOffset(Paris).DateTime);
    public IEnumerable<Access> Accesses => _accesses.Values;
    public List<(Alarm Alarm, DateTimeOffset At)> Alarms { get; } = [];
    /// <summary>What the journal would hold.</summary>
    public List<JournalEntry> Journal { get; } = [];
    public int Searches { get; private set; }
    /// <summary>Touches asked within a shift, beyond the one that began it.</summary>
    public Dictionary<(AccountId Who, DateOnly Shift), int> Touches { get; } = [];
    /// <summary>Refusals that no reason and no touch lifts: second person, ceiling, PIN, role.</summary>
    public List<(Account Who, DateOnly Day, string Code, string Need)> Demands { get; } = [];

    public static DateTimeOffset At(DateOnly day, double hour) => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), Paris).AddHours(hour).ToUniversalTime();

    public void Plan(DateTimeOffset at, Action act) => _agenda.Enqueue(act, (at < Now ? Now : at, _planned++));

    public void RunUntil(DateTimeOffset end)
    {
        while (_agenda.TryPeek(out _, out var next) && next.Item1 < end)
        {
            if (next.Item1 > Now) Now = next.Item1;
            _agenda.Dequeue()();
        }
    }

    public void Move(StayId stay, PatientId patient, string state, int unit, int housing, Account? by, DateTimeOffset? expected = null)
    {
        _relations.IntendStay(new IntendStay(stay, patient, state, Units[unit].Unit, Units[housing].Unit, expected), by?.Id, Now);
        _relations.ConfirmStay(stay, Now);
    }

    /// <summary>As the Custodian checks it: only who is related, or sits at a desk, and 60 an hour.</summary>
    /// <returns>Whether the fact was taken.</returns>
    public bool State(Account by, RelationSource source, PatientId patient, UnitId? unit, AccountId? account = null, DateTimeOffset? until = null)
    {
        var ground = _relations.Explain([patient], by.Id, Fresh(by).UnitsAt(Now), Now);
        if (!RoleAccess.IsDesk(by.Role) && ground is null) return false;
        if (!_facts.TryGetValue(by.Id, out var hour)) _facts[by.Id] = hour = [];
        while (hour.Count > 0 && Now - hour.Peek() > TimeSpan.FromHours(1)) hour.Dequeue();
        if (hour.Count >= 60) { Demands.Add((by, Today, "relation.limit", source.ToString())); return false; }
        hour.Enqueue(Now);
        _relations.State(new StateRelation(source, patient, unit, account, until ?? DateTimeOffset.MaxValue), by.Id, Now, handedOn: RelationRules.HandsOn(new StateRelation(source, patient, unit, account, Now), by.Role, ground));
        return true;
    }

    /// <summary>Two screens that list the patients whom his relations explain, one kind of data each, asked for at once.</summary>
    public void List(Account who, IEnumerable<PatientId> ward)
    {
        var (touched, shift) = _keys.GetValueOrDefault(who.Id);
        var own = ClinicalTime.Day(Now.AddHours(-6.5));
        if (shift != own) { touched = Touch(who, own); Enter(who); }
        PatientId[] patients = [.. ward.Where(patient => _relations.Explain([patient], who.Id, Fresh(who).UnitsAt(Now), Now) is not null)];
        if (patients.Length > 0) foreach (var kind in new[] { Domain.Clinical, Domain.Medication }) _desk.ReleaseAsync(Caller(who, touched), new ReleaseKeys(patients, [kind], "care"), Now).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Needs a file. Asked to touch, touches; without a relation, breaks the glass when it cannot wait and lets a colleague answer when it can.</summary>
    public bool Open(Account who, PatientId patient, string need, bool write = false, bool urgent = false, Domain? domain = null)
    {
        var (touched, shift) = _keys.GetValueOrDefault(who.Id);
        // A shift is the day that it began on; it begins with a touch. Taps that change users come on top and are left out.
        var own = ClinicalTime.Day(Now.AddHours(-6.5));
        if (shift != own) { touched = Touch(who, own); Enter(who); }
        // Whoever stands or calls at a desk is searched for; elsewhere only who is in none of one's lists.
        if (RoleAccess.IsDesk(who.Role)) Search(who, patient, byName: true);
        for (var tries = 0; ; tries++)
            try
            {
                _desk.ReleaseAsync(Caller(who, touched), new ReleaseKeys([patient], [domain ?? Usual(who.Role)], "care", write), Now).AsTask().GetAwaiter().GetResult();
                Note(_ground);
                return true;
            }
            catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Touch && tries < 3)
            {
                Touches[(who.Id, own)] = Touches.GetValueOrDefault((who.Id, own)) + 1;
                touched = Touch(who, own);
            }
            catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.NoRelation)
            {
                if (!RoleAccess.IsDesk(who.Role)) Search(who, patient, byName: false);
                var breaks = urgent && RoleAccess.MayBreakGlass(who.Role);
                Note(null, breaks);
                if (!breaks) return false;
                Now = Now.AddSeconds(1);
                touched = Touch(who, own);
                _desk.BreakGlassAsync(Caller(who, touched), new BreakGlass(patient, "Appel urgent, patient d'un autre service"), Now).AsTask().GetAwaiter().GetResult();
            }
            catch (RefusedException no)
            {
                Demands.Add((who, Today, no.Refusal.Code, need));
                Note(null);
                return false;
            }

        void Note(string? source, bool glass = false)
        {
            var before = _accesses.GetValueOrDefault((who.Id, patient, Today));
            // Refused once is refused, whatever opened it later that day.
            _accesses[(who.Id, patient, Today)] = before is null
                ? new Access(who, patient, Today, source is nameof(RelationSource.BreakGlass) ? null : source, glass || source is nameof(RelationSource.BreakGlass), need)
                : before with { Source = source is null ? null : before.Source, Glass = before.Glass || glass, Need = source is null ? need : before.Need };
        }
    }

    /// <summary>Counted once a day: it walks over every relation.</summary>
    private int Expected(DateTimeOffset now)
    {
        if (_expected.Day != ClinicalTime.Day(now)) _expected = (ClinicalTime.Day(now), _relations.Expected(now));
        return _expected.Patients;
    }

    private Account Fresh(Account account) => Accounts.Of(account.Id);

    private Caller Caller(Account who, DateTimeOffset touched) => new(who.Id, who.Role, Fresh(who).UnitsAt(Now), default, null, touched, touched);

    private DateTimeOffset Touch(Account who, DateOnly shift)
    {
        _desk.Touched(who.Id, Now);
        _keys[who.Id] = (Now, shift);
        return Now;
    }

    /// <summary>Those who had a file before: numbered in the order of their first visit, which is not the order of today's.</summary>
    public void Know(IEnumerable<PatientId> patients, DateTimeOffset since)
    {
        foreach (var patient in patients) _people[patient] = (_people.Count + 1, Someone(), since);
    }

    /// <summary>On a station of the unit where he works, that of his duty when one runs; once in a hundred on another's.</summary>
    private void Enter(Account who)
    {
        var account = Fresh(who);
        var (duty, lost) = (account.Duties.FirstOrDefault(d => d.RunsAt(Now)), _choose.Chance(1));
        StationId? station = lost ? Station(Units[_choose.Below(Units.Count)].Unit) : (duty?.Unit ?? (account.Units.Count > 0 ? account.Units[0] : null)) is UnitId unit ? Station(unit) : null;
        if (_bell.Entered(who.Id, _habits, station, duty is not null, ownStation: !lost && station is not null, Now) is { } alarm) Alarms.Add((alarm, Now));
        _habits.Seen(who.Id, station, Now);
        Journal.Add(new JournalEntry { Time = Now, Kind = "signin", Account = who.Id, Station = station });
    }

    private static StationId Station(UnitId unit) => Id.FromBytes<StationId>(Id.Bytes(unit));

    private void Search(Account who, PatientId patient, bool byName)
    {
        var traits = Meet(patient).Traits;
        var text = byName ? $"{traits.BirthName} {traits.FirstGivenName[..1]}" : $"{traits.BirthDate:dd/MM/yyyy}";
        Searches++;
        if (_bell.Searched(who.Id, text, new Step(null, byName ? null : traits.BirthDate, byName ? string.Join(' ', SearchText.Tokens(text)) : null), Now) is { } alarm) Alarms.Add((alarm, Now));
    }

    private (int Ipp, IdentityTraits Traits, DateTimeOffset Since) Meet(PatientId patient)
    {
        if (!_people.TryGetValue(patient, out var known)) _people[patient] = known = (_people.Count + 1, Someone(), Now);
        return known;
    }

    /// <summary>One in twenty-five bears the name of somebody who works here, as common names are borne.</summary>
    private IdentityTraits Someone()
    {
        var traits = InventedPeople.Traits(_choose, SimulatedMonth.First, 0, 95);
        return _choose.Chance(4) ? traits with { BirthName = Family(_choose.Of([.. Accounts.All])) } : traits;
    }

    private static string Family(Account account) => account.Name[(account.Name.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    /// <summary>As the Custodian compares (Cell.Rules.cs).</summary>
    private (Step Step, bool Namesake)? WhoIs(PatientId patient, AccountId account)
    {
        var (ipp, traits, since) = Meet(patient);
        var family = Family(Accounts.Of(account));
        return (new Step(Now - since < TimeSpan.FromDays(1) ? null : ipp, traits.BirthDate, string.Join(' ', SearchText.Tokens($"{traits.BirthName} {traits.FirstGivenName}"))), traits.BirthName == family || traits.UsedName == family);
    }

    private ValueTask Written(IReadOnlyList<JournalEntry> entries)
    {
        Journal.AddRange(entries);
        foreach (var entry in entries) if (entry.Kind is "release" or "write") _ground = entry.Ground!;
        return ValueTask.CompletedTask;
    }

    private static Domain Usual(Role role) => role switch
    {
        Role.AdmissionsClerk or Role.SocialWorker => Domain.Administrative,
        Role.Pharmacist => Domain.Medication,
        Role.Laboratory => Domain.Results,
        Role.Coder or Role.Biller => Domain.Activity,
        _ => Domain.Clinical,
    };
}
