using CsCheck;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.Policies;
using Serment.Custodian.Relations;
using Serment.Custodian.Releases;
using Serment.Custodian.State;
using Xunit;

namespace Serment.Fast.Tests.Budgets;

/// <summary>The desk with its books in memory and a journal that is a list.</summary>
public sealed class ReleaseDeskTests
{
    private static readonly UnitId Ward = Id.New<UnitId>();
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 7, 0, 0, TimeSpan.Zero);

    private sealed class House
    {
        public readonly List<JournalEntry> Journal = [];
        public readonly List<Alarm> Alarms = [];
        public readonly List<SessionId> Ended = [];
        public readonly RelationBook Relations = new(_ => { });
        public readonly BudgetLedger Budgets = new();
        public readonly EstablishmentCeiling Ceiling = new();
        public readonly HoneyPatients Honey = new((_, _) => { });
        public readonly ReleaseDesk Desk;
        public DateTimeOffset Now = Start;
        public int Limit = int.MaxValue;
        public bool MovingIn;
        public readonly Dictionary<PatientId, IReadOnlyList<PatientId>> Aliases = [];
        public AccountId? Merger;

        public House() => Desk = new ReleaseDesk(new PatientKeys(new KeyTree(new byte[32], new string('0', 32)), (_, _, _) => { }), Relations, Budgets,
            entries => { Journal.AddRange(entries); return ValueTask.CompletedTask; }, patient => Aliases.GetValueOrDefault(patient, [patient]), (_, account) => account == Merger, _ => true,
            new Guards(Ceiling, _ => Limit, Honey, new AlarmBell(() => Policy.Starting.Rules), new Habits(), () => Policy.Starting, (_, _) => null, Alarms.Add, Ended.Add, _ => MovingIn), new Lock());

        public PatientId Stay(AccountId? by)
        {
            var (stay, patient) = (Id.New<StayId>(), Id.New<PatientId>());
            Relations.IntendStay(new IntendStay(stay, patient, "present", Ward, Ward, null), by, Now);
            Relations.ConfirmStay(stay, Now);
            return patient;
        }

        public async Task<string> Ask(Caller who, PatientId patient, bool write = false, Domain domain = Domain.Clinical)
        {
            try { await Desk.ReleaseAsync(who, new ReleaseKeys([patient], [domain], "care", write), Now); return "open"; }
            catch (RefusedException no) { return no.Refusal.Code; }
        }

        public async Task<string> Open(Caller who, PatientId patient, byte[]? salt)
        {
            try { await Desk.RecordAsync(who, new RecordKeyAsked(patient, salt, salt is null ? null : 1, "care"), Now); return "open"; }
            catch (RefusedException no) { return no.Refusal.Code; }
        }

        public async Task<string> Break(Caller who, PatientId patient, DateTimeOffset? at = null)
        {
            try { await Desk.BreakGlassAsync(who, new BreakGlass(patient, "Malaise, allergies inconnues"), at ?? Now); return "open"; }
            catch (RefusedException no) { return no.Refusal.Code; }
        }

        public void Touch(Caller who)
        {
            Desk.Touched(who.Account, Now);
            Journal.Add(new JournalEntry { Time = Now, Kind = "touch", Account = who.Account });
        }
    }

    private static Caller Person(Role role, DateTimeOffset? touched = null) => new(Id.New<AccountId>(), role, [Ward], Id.New<SessionId>(), null, touched ?? Start, touched ?? Start);

    private static byte[] Salt() => System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);

    [Fact]
    public async Task A_protected_record_costs_a_touch_of_its_own_and_a_pin_of_some_minutes_ago()
    {
        var house = new House();
        var (doctor, patient) = (Person(Role.Physician), house.Stay(null));
        Assert.Equal(RefusalCodes.Invalid, await house.Ask(doctor, patient, domain: Domain.Sensitive));
        Assert.Equal("open", await house.Open(doctor, patient, Salt()));
        Assert.Equal((Domain.Sensitive, "release", patient), (house.Journal[^1].Domain!.Value, house.Journal[^1].Kind, house.Journal[^1].Patient!.Value));
        // The touch that opened one opens no other, nor breaks a glass.
        Assert.Equal(RefusalCodes.Touch, await house.Open(doctor, patient, Salt()));
        Assert.Equal(RefusalCodes.Touch, await house.Break(doctor, Id.New<PatientId>()));
        house.Now = Start.AddMinutes(1);
        Assert.Equal("open", await house.Open(doctor with { TouchedAt = house.Now }, patient, Salt()));
        Assert.Equal(2, house.Journal.Count);
        // A glass that was broken has used its touch up as well.
        house.Now = Start.AddMinutes(2);
        Assert.Equal("open", await house.Break(doctor with { TouchedAt = house.Now }, Id.New<PatientId>()));
        Assert.Equal(RefusalCodes.Touch, await house.Open(doctor with { TouchedAt = house.Now }, patient, Salt()));
        house.Now = Start.AddMinutes(16);
        Assert.Equal(RefusalCodes.Pin, await house.Open(doctor with { TouchedAt = house.Now }, patient, Salt()));
        Assert.Equal("open", await house.Open(doctor with { TouchedAt = house.Now, PinAt = house.Now }, patient, Salt()));
        // After a restart too.
        var next = new House();
        next.Relations.Add(new Relation("r", patient, RelationSource.Stay, Ward, null, null, Start, Start.AddDays(1), null, null));
        foreach (var entry in house.Journal) next.Desk.Replay(entry);
        next.Now = house.Now.AddSeconds(1);
        Assert.Equal(RefusalCodes.Touch, await next.Open(doctor with { TouchedAt = house.Now, PinAt = house.Now }, patient, Salt()));
        // A clock that is set back makes no second touch of one, and hinders none that is given then.
        var used = house.Now;
        house.Now = used.AddMinutes(-5);
        Assert.Equal(RefusalCodes.Pin, await house.Open(doctor with { TouchedAt = used, PinAt = used }, patient, Salt()));
        Assert.Equal(RefusalCodes.Touch, await house.Open(doctor with { TouchedAt = used, PinAt = house.Now }, patient, Salt()));
        Assert.Equal("open", await house.Open(doctor with { TouchedAt = house.Now, PinAt = house.Now }, patient, Salt()));
        Assert.Equal("open", await house.Break(doctor with { TouchedAt = house.Now.AddSeconds(2), PinAt = house.Now }, Id.New<PatientId>(), house.Now.AddSeconds(2)));
    }

    [Fact]
    public async Task Protected_records_open_to_few_by_a_relation_and_what_names_none_costs_nothing()
    {
        var house = new House();
        var (doctor, patient) = (Person(Role.Physician), house.Stay(null));
        foreach (var role in Enum.GetValues<Role>().Except([Role.Physician, Role.Laboratory])) Assert.Equal(RefusalCodes.Role, await house.Open(Person(role), patient, Salt()));
        Assert.Equal(RefusalCodes.NoRelation, await house.Open(doctor, Id.New<PatientId>(), Salt()));
        Assert.Equal(RefusalCodes.Invalid, await house.Open(doctor, patient, new byte[32]));
        Assert.Equal(RefusalCodes.Invalid, await house.Open(doctor, patient, [1, 2, 3]));
        await Assert.ThrowsAsync<RefusedException>(() => house.Desk.RecordAsync(doctor, new RecordKeyAsked(patient, Salt(), 2, "care"), house.Now).AsTask());
        Assert.Empty(house.Journal);
        Assert.Equal("open", await house.Open(doctor, patient, Salt()));
        // To add asks for no touch, and for the right to write; a file to add is none that is there.
        var (theirs, mine) = (Id.New<FileId>(), await house.Desk.FileAsync(doctor, "cell", new FileKeyAsked(patient, Domain.Sensitive, null, "care"), house.Now));
        Assert.NotEqual(theirs, mine.File);
        Assert.Equal("open", await house.Open(doctor, patient, null));
        Assert.Equal("write", house.Journal[^1].Kind);
        Assert.Equal(RefusalCodes.Role, await house.Open(Person(Role.Laboratory), patient, null));
        // Of a merged person, the file that the record is of, and no other: no key of another is lent.
        var absorbed = Id.New<PatientId>();
        house.Aliases[absorbed] = house.Aliases[patient] = [patient, absorbed];
        var before = house.Journal.Count;
        house.Now = Start.AddMinutes(1);
        Assert.Equal("open", await house.Open(doctor with { TouchedAt = house.Now }, absorbed, Salt()));
        Assert.Equal(absorbed, Assert.Single(house.Journal[before..]).Patient);
        // A protected file is opened like a protected record.
        Assert.Equal(RefusalCodes.Touch, (await Assert.ThrowsAsync<RefusedException>(() => house.Desk.FileAsync(doctor, "cell", new FileKeyAsked(patient, Domain.Sensitive, Id.New<FileId>(), "care", KeyVersion: 1), house.Now).AsTask())).Refusal.Code);
    }

    [Fact]
    public async Task What_one_admits_oneself_counts_as_unrelated_until_a_colleague_writes_in_it()
    {
        var house = new House();
        var (nurse, colleague) = (Person(Role.Nurse), Person(Role.Nurse));
        var own = Enumerable.Range(0, 21).Select(_ => house.Stay(nurse.Account)).ToArray();
        foreach (var patient in own[..20]) { Assert.Equal("open", await house.Ask(nurse, patient)); house.Touch(nurse); }
        Assert.Equal(RefusalCodes.SecondPerson, await house.Ask(nurse, own[20]));
        // Opening proves nothing: a ward list opens by itself.
        Assert.Equal("open", await house.Ask(colleague, own[20]));
        Assert.Equal(RefusalCodes.SecondPerson, await house.Ask(nurse, own[20]));
        Assert.Equal("open", await house.Ask(colleague, own[20], write: true));
        Assert.Equal("open", await house.Ask(nurse, own[20]));
        Assert.Contains(house.Alarms, alarm => alarm.Kind == "second-person");
    }

    [Fact]
    public async Task Whom_someone_elses_fact_brings_is_no_claim_of_the_desk()
    {
        var house = new House();
        var (clerk, nurse) = (Person(Role.AdmissionsClerk) with { Units = [] }, Person(Role.Nurse));
        async Task<string> Look(PatientId patient)
        {
            await house.Ask(clerk, patient, domain: Domain.Administrative);
            return house.Journal[^1].Ground!;
        }
        Assert.Equal("Desk (self-claimed)", await Look(Id.New<PatientId>()));
        Assert.Equal("Desk", await Look(house.Stay(nurse.Account)));
        var own = house.Stay(clerk.Account);
        Assert.Equal("Desk (self-claimed)", await Look(own));
        Assert.Equal("open", await house.Ask(nurse, own, write: true));
        Assert.Equal("Desk", await Look(own));
        // Never more than the administrative file, nor by having written in it.
        var secretary = Person(Role.MedicalSecretary) with { Units = [] };
        Assert.Equal("open", await house.Ask(secretary, own, write: true, domain: Domain.Administrative));
        Assert.Equal(RefusalCodes.NoRelation, await house.Ask(secretary, own));
        // A month of registrations that care took over asks for no second person.
        foreach (var patient in Enumerable.Range(0, 450).Select(_ => house.Stay(clerk.Account)).ToArray())
        {
            house.Now = house.Now.AddHours(1);
            house.Touch(clerk);
            Assert.Equal("open", await house.Ask(clerk, patient, domain: Domain.Administrative));
            await house.Ask(nurse, patient, write: true);
            house.Touch(nurse);
            Assert.Equal("open", await house.Ask(clerk, patient, domain: Domain.Administrative));
        }
        Assert.DoesNotContain(house.Alarms, alarm => alarm.Kind == "second-person");
    }

    [Fact]
    public async Task Files_that_are_one_person_by_a_merge_count_one_by_one_and_stand_in_the_journal_each_under_its_own_id()
    {
        var house = new House();
        var (nurse, colleague) = (Person(Role.Nurse), Person(Role.Nurse));
        PatientId[] person = [house.Stay(colleague.Account), .. Enumerable.Range(0, 7).Select(_ => Id.New<PatientId>())];
        foreach (var id in person) house.Aliases[id] = person;
        Assert.Equal("open", await house.Ask(nurse, person[0], write: true));
        Assert.Equal(person.ToHashSet(), house.Journal.Where(entry => entry.Kind is "release" or "write").Select(entry => entry.Patient!.Value).ToHashSet());
        Assert.Equal(person[0], Assert.Single(house.Journal, entry => entry.Kind == "write").Patient);
        Assert.All(house.Journal.Where(entry => entry.Kind is "release" or "write"), entry => Assert.Equal("Stay", entry.Ground));
        foreach (var _ in Enumerable.Range(0, 22)) Assert.Equal("open", await house.Ask(nurse, house.Stay(colleague.Account)));
        Assert.Equal(RefusalCodes.Touch, await house.Ask(nurse, house.Stay(colleague.Account)));

        // A person of more files than one touch has left is asked for a touch, and opens after it.
        house.Touch(nurse);
        foreach (var _ in Enumerable.Range(0, 25)) Assert.Equal("open", await house.Ask(nurse, house.Stay(colleague.Account)));
        Assert.Equal(RefusalCodes.Touch, await house.Ask(nurse, person[3]));
        house.Touch(nurse);
        Assert.Equal("open", await house.Ask(nurse, person[3]));
    }

    [Fact]
    public async Task Whoever_merged_strangers_into_his_own_patient_opens_each_of_them_as_his_own_claim()
    {
        var house = new House();
        var (nurse, colleague) = (Person(Role.Nurse), Person(Role.Nurse));
        for (var n = 0; n < 10; n++)
        {
            PatientId[] person = [house.Stay(colleague.Account), Id.New<PatientId>(), Id.New<PatientId>()];
            foreach (var id in person) house.Aliases[id] = person;
            house.Merger = nurse.Account;
            Assert.Equal("open", await house.Ask(nurse, person[0]));
            Assert.Equal(["Stay (self-claimed)", "Stay (self-claimed)", "Stay"], house.Journal.Where(entry => entry.Kind == "release").TakeLast(3).Select(entry => entry.Ground));
            house.Touch(nurse);
        }
        // After twenty own claims of a day a second person is asked for; for whom others made one person of them, nothing is.
        PatientId[] more = [house.Stay(colleague.Account), Id.New<PatientId>()];
        foreach (var id in more) house.Aliases[id] = more;
        Assert.Equal(RefusalCodes.SecondPerson, await house.Ask(nurse, more[0]));
        house.Merger = colleague.Account;
        Assert.Equal("open", await house.Ask(nurse, more[0]));
    }

    [Fact]
    public async Task Beyond_the_ceiling_only_relations_made_by_someone_else_and_broken_glass_open()
    {
        var house = new House { Limit = 1 };
        var (nurse, colleague) = (Person(Role.Nurse), Person(Role.Nurse));
        house.Now = Start.AddDays(-1);
        var other = house.Stay(colleague.Account);
        house.Now = Start;
        var own = house.Stay(nurse.Account);
        var clerk = Person(Role.AdmissionsClerk);
        Assert.Equal("open", await house.Ask(clerk, Id.New<PatientId>(), domain: Domain.Administrative));
        Assert.Equal(RefusalCodes.Ceiling, await house.Ask(clerk, Id.New<PatientId>(), domain: Domain.Administrative));
        Assert.Equal(RefusalCodes.Ceiling, await house.Ask(nurse, own));
        Assert.Equal("open", await house.Ask(nurse, other));
        var stranger = Id.New<PatientId>();
        Assert.Equal("open", await house.Break(nurse, stranger));
        Assert.Equal("open", await house.Ask(nurse, stranger));
        Assert.Contains(house.Alarms, alarm => alarm.Kind == "ceiling");
    }

    /// <summary>Whoever drives many sessions states facts in the name of each for the others.</summary>
    [Fact]
    public async Task Beyond_the_ceiling_nothing_opens_by_what_colleagues_or_interfaces_state_within_the_day()
    {
        var house = new House { Limit = 1 };
        var (nurse, colleague, clerk) = (Person(Role.Nurse), Person(Role.Nurse), Person(Role.AdmissionsClerk) with { Units = [] });
        var (ended, elsewhere, stay) = (Id.New<PatientId>(), Id.New<UnitId>(), Id.New<StayId>());
        void Move(string state, UnitId unit)
        {
            house.Relations.IntendStay(new IntendStay(stay, ended, state, unit, unit, null), colleague.Account, house.Now);
            house.Relations.ConfirmStay(stay, house.Now);
        }
        house.Now = Start.AddDays(-20);
        Move("discharged", elsewhere);
        house.Now = Start.AddDays(-1);
        var (standing, opened) = (house.Stay(colleague.Account), house.Stay(null));
        house.Now = Start;
        Assert.Equal("open", await house.Ask(nurse, opened));
        foreach (var brought in new[] { house.Stay(colleague.Account), house.Stay(null) })
        {
            Assert.Equal(RefusalCodes.Ceiling, await house.Ask(nurse, brought));
            Assert.Equal(RefusalCodes.Ceiling, await house.Ask(clerk, brought, domain: Domain.Administrative));
        }
        // An old stay that is taken up again in another unit is a new fact there.
        Move("present", Ward);
        Assert.Equal(RefusalCodes.Ceiling, await house.Ask(nurse, ended));
        // Stated again today, what has stood for a day still opens; and so does whom somebody opened before.
        house.Relations.State(new StateRelation(RelationSource.Referral, standing, Ward, null, Start.AddDays(3)), colleague.Account, house.Now);
        Assert.Equal("open", await house.Ask(nurse, standing));
        house.Relations.State(new StateRelation(RelationSource.Referral, opened, elsewhere, null, Start.AddDays(3)), colleague.Account, house.Now);
        Assert.Equal("open", await house.Ask(nurse with { Account = Id.New<AccountId>(), Units = [elsewhere] }, opened));
        Assert.Equal("open", await house.Ask(clerk, standing, domain: Domain.Administrative));
        // The first day of an establishment has no older facts.
        house.MovingIn = true;
        Assert.Equal("open", await house.Ask(nurse, house.Stay(colleague.Account)));
        house.MovingIn = false;
        // Care is never refused: the glass.
        var late = house.Stay(colleague.Account);
        Assert.Equal("open", await house.Break(nurse, late));
        Assert.Equal("open", await house.Ask(nurse, late));
    }

    [Fact]
    public async Task Each_broken_glass_costs_a_touch_of_its_own_and_the_second_a_PIN()
    {
        var house = new House();
        var physician = Person(Role.Physician);
        Assert.Equal("open", await house.Break(physician, Id.New<PatientId>()));
        house.Now = Start.AddSeconds(30);
        Assert.Equal(RefusalCodes.Touch, await house.Break(physician, Id.New<PatientId>()));
        house.Now = Start.AddMinutes(10);
        Assert.Equal(RefusalCodes.Pin, await house.Break(physician with { TouchedAt = house.Now }, Id.New<PatientId>()));
        Assert.Equal("open", await house.Break(physician with { TouchedAt = house.Now, PinAt = house.Now }, Id.New<PatientId>()));
    }

    [Fact]
    public async Task A_file_that_nobody_needs_ends_the_session_and_rings()
    {
        foreach (var glass in new[] { false, true })
        {
            var house = new House();
            var physician = Person(Role.Physician);
            var bait = Id.New<PatientId>();
            house.Honey.Mark(bait, true);
            Assert.Equal(RefusalCodes.NoSession, glass ? await house.Break(physician, bait) : await house.Ask(physician, bait));
            Assert.Equal([physician.Session], house.Ended);
            Assert.Equal("honey", Assert.Single(house.Alarms).Kind);
            Assert.Equal("alarm", Assert.Single(house.Journal).Kind);
        }
    }

    [Fact]
    public async Task A_relation_made_by_someone_else_suspends_the_mark_since_care_is_never_refused()
    {
        var house = new House();
        var nurse = Person(Role.Nurse);
        var (came, claimed) = (house.Stay(null), house.Stay(nurse.Account));
        house.Honey.Mark(came, true);
        house.Honey.Mark(claimed, true);
        Assert.Equal("open", await house.Ask(nurse, came));
        Assert.Equal(RefusalCodes.NoSession, await house.Ask(nurse, claimed));
    }

    [Fact]
    public async Task Strangers_speed_and_going_on_without_a_touch_ring_once_each()
    {
        var house = new House();
        var (prober, hurried) = (Person(Role.Nurse), Person(Role.Nurse));
        for (var i = 0; i < 12; i++) Assert.Equal(RefusalCodes.NoRelation, await house.Ask(prober, Id.New<PatientId>()));
        Assert.Equal("strangers", Assert.Single(house.Alarms).Kind);
        foreach (var _ in Enumerable.Range(0, 45)) { house.Now = house.Now.AddSeconds(1); await house.Ask(hurried, house.Stay(null)); }
        Assert.Equal(["strangers", "speed", "pursuit"], house.Alarms.Select(alarm => alarm.Kind));
        Assert.Equal(house.Alarms.Count, house.Journal.Count(entry => entry.Kind == "alarm"));
    }

    [Fact]
    public async Task A_ward_asked_for_at_once_is_no_alarm()
    {
        var house = new House();
        var patients = Enumerable.Range(0, 28).Select(_ => house.Stay(null)).ToArray();
        await house.Desk.ReleaseAsync(Person(Role.Nurse), new ReleaseKeys(patients, [Domain.Clinical], "care"), house.Now);
        Assert.Empty(house.Alarms);
        // Its whole files are, whatever else was asked for with them; a second time within the hour says nothing new.
        var thief = Person(Role.Nurse);
        for (var again = 0; again < 2; again++) await house.Desk.ReleaseAsync(thief, new ReleaseKeys([.. patients, Id.New<PatientId>()], [Domain.Clinical, Domain.Medication], "care"), house.Now);
        Assert.Equal([AlarmKinds.Copy], house.Alarms.Select(alarm => alarm.Kind));
        Assert.Equal(thief.Account, Assert.Single(house.Journal, entry => entry.Kind == "alarm").Account);
    }

    [Fact]
    public async Task Strangers_asked_for_behind_a_patient_of_ones_own_ring_too()
    {
        var house = new House();
        PatientId[] patients = [house.Stay(null), .. Enumerable.Range(0, 5).Select(_ => Id.New<PatientId>())];
        await house.Desk.ReleaseAsync(Person(Role.Nurse), new ReleaseKeys(patients, [Domain.Clinical], "care"), house.Now);
        Assert.Equal(["strangers"], house.Alarms.Select(alarm => alarm.Kind));
    }

    /// <summary>After any history, the ledger that the journal tells is the ledger that lived it, and so is one that was kept half-way and told the rest.</summary>
    [Fact]
    public void The_journal_replayed_gives_the_same_books() =>
        (from kind in Gen.Int[0, 9] from who in Gen.Int[0, 2] from patient in Gen.Int[0, 59] from minutes in Gen.Frequency((8, Gen.Int[0, 5]), (1, Gen.Int[0, 2000])) select (kind, who, patient, minutes))
        .Array[0, 400].Sample(acts =>
        {
            var house = new House();
            Caller[] people = [Person(Role.Nurse), Person(Role.Physician), Person(Role.AdmissionsClerk)];
            var patients = Enumerable.Range(0, 60).Select(i => i % 4 == 3 ? Id.New<PatientId>() : house.Stay(i % 4 == 0 ? null : people[i % 4 - 1].Account)).ToArray();
            var (image, known) = (Array.Empty<byte>(), 0);
            foreach (var (i, (kind, who, patient, minutes)) in acts.Index())
            {
                // What the books know beyond the entries is told again: what was on its way to the disk then, never of a day that is over.
                if (i == acts.Length / 2) (image, known) = (BookImage.Take(house.Desk.Books), house.Journal.Count - house.Journal.TakeLast(i % 4).Count(entry => ClinicalTime.Day(entry.Time) == ClinicalTime.Day(house.Now)));
                house.Now = house.Now.AddMinutes(minutes);
                var person = people[who];
                if (kind == 0) house.Touch(person);
                else if (kind == 1) house.Break(person with { TouchedAt = house.Now, PinAt = house.Now }, patients[patient]).GetAwaiter().GetResult();
                else house.Ask(person, patients[patient], write: kind == 2, person.Role is Role.AdmissionsClerk ? Domain.Administrative : Domain.Clinical).GetAwaiter().GetResult();
            }
            var again = new House();
            foreach (var entry in house.Journal) again.Desk.Replay(entry);
            var kept = new House();
            Assert.Equal(acts.Length > 0, image.Length > 0 && BookImage.Restore(image, kept.Desk.Books));
            foreach (var entry in house.Journal.Skip(known)) kept.Desk.Replay(entry);
            return new[] { again, kept }.All(again => house.Ceiling.OpenedToday(house.Now) == again.Ceiling.OpenedToday(house.Now) && people.All(person => patients.All(patient => new[] { true, false }.All(related =>
            {
                var policy = Policy.Starting.Budget(person.Role);
                return house.Budgets.Ask(person.Account, policy, patient, related, house.Now) == again.Budgets.Ask(person.Account, policy, patient, related, house.Now);
            }))));
        }, iter: 60);

    /// <summary>At which hours and where people work is kept with the rest.</summary>
    [Fact]
    public void Habits_that_were_kept_judge_as_those_that_were_lived()
    {
        var (nurse, usual, habits, again, rules) = (Id.New<AccountId>(), Id.New<StationId>(), new Habits(), new Habits(), Policy.Starting.Rules);
        for (var day = 0; day < 12; day++) habits.Seen(nurse, day % 2 == 0 ? usual : null, Start.AddDays(day));
        Assert.Contains(new House().Desk.Books, book => book is Habits);
        Assert.True(BookImage.Restore(BookImage.Take([habits]), [again]));
        var next = Start.AddDays(12);
        foreach (var known in new[] { habits, again })
        {
            Assert.Equal(Start.AddDays(11), known.LastSeen(nurse));
            Assert.Equal((false, true), (known.UnusualHour(nurse, rules, next), known.UnusualHour(nurse, rules, next.AddHours(9))));
            Assert.Equal((false, false, true), (known.UnusualDevice(nurse, usual, rules, next), known.UnusualDevice(nurse, null, rules, next), known.UnusualDevice(nurse, Id.New<StationId>(), rules, next)));
        }
    }

    /// <summary>Books that were built otherwise are told by the journal, not guessed.</summary>
    [Fact]
    public void An_image_of_other_books_is_not_taken_back_and_books_that_cannot_be_kept_are_told()
    {
        var house = new House();
        Assert.False(BookImage.Restore(BookImage.Take([house.Ceiling]), [house.Budgets]));
        Assert.Throws<NotSupportedException>(() => BookImage.Take([house.Honey]));
    }
}
