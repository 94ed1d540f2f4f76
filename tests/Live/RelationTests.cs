using Xunit;

namespace Serment.Live.Tests;

/// <summary>Facts stated by people and machines, through the socket.</summary>
public sealed class RelationTests : IDisposable
{
    private readonly CustodianProcess _cell = new();

    [Fact]
    public async Task A_referral_lets_in_the_unit_that_was_asked_and_a_stranger_cannot_refer()
    {
        var (nurse, other) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Physician, 3));
        var patient = await PresentAsync(nurse.Me.Units[0]);
        var referral = new StateRelation(RelationSource.Referral, patient, other.Me.Units[0], null, DateTimeOffset.UtcNow.AddDays(2));
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(RelationVerbs.State, referral)));
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(ReleaseVerbs.Release, Chart(patient))));
        await nurse.AskAsync(RelationVerbs.State, referral);
        Assert.Single((await other.AskAsync(ReleaseVerbs.Release, Chart(patient))).Patients[0].Keys);
        Assert.Contains((await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses, access => access.Ground == "Referral" && access.Kind == "release");
    }

    [Fact]
    public async Task A_shift_is_handed_over_at_once_and_each_patient_is_decided_for_himself()
    {
        var (nurse, other) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse, 4));
        var (mine, also, stranger) = (await PresentAsync(nurse.Me.Units[0]), await PresentAsync(nurse.Me.Units[0]), await PresentAsync(Elsewhere(nurse, other)));
        StateRelation To(PatientId patient) => new(RelationSource.Handover, patient, null, other.Me.Account, DateTimeOffset.UtcNow.AddHours(12));
        var refused = (await nurse.AskAsync(RelationVerbs.StateAll, new StateRelations([To(mine), To(stranger), To(also)]))).Refused;
        Assert.Equal([null, RefusalCodes.NoRelation, null], refused.Select(no => no?.Code));
        Assert.Single((await other.AskAsync(ReleaseVerbs.Release, Chart(mine))).Patients[0].Keys);
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(ReleaseVerbs.Release, Chart(stranger))));
        Assert.Equal(new HashSet<PatientId> { mine, also }, [.. (await other.AskAsync(RelationVerbs.Entrusted, Nothing.AtAll)).Relations.Select(fact => fact.Patient)]);
        Assert.Empty((await nurse.AskAsync(RelationVerbs.Entrusted, Nothing.AtAll)).Relations);
        Assert.Equal(RefusalCodes.Invalid, await Refused(nurse.AskAsync(RelationVerbs.StateAll, new StateRelations([]))));
    }

    [Fact]
    public async Task Only_who_can_open_files_receives_one_and_only_who_stated_a_fact_ends_it()
    {
        var (nurse, colleague, other) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse, 1), await _cell.EnterAsync(Role.Physician, 3));
        var patient = await PresentAsync(nurse.Me.Units[0]);
        async Task<string> To(RelationSource source, AccountId? account, UnitId? unit = null) => await Refused(nurse.AskAsync(RelationVerbs.State, new StateRelation(source, patient, unit, account, DateTimeOffset.UtcNow.AddHours(2))));
        Assert.Equal(RefusalCodes.Invalid, await To(RelationSource.Handover, nurse.Me.Account));
        Assert.Equal(RefusalCodes.Invalid, await To(RelationSource.Handover, Id.New<AccountId>()));
        Assert.Equal(RefusalCodes.Invalid, await To(RelationSource.Handover, (await _cell.PersonAsync(Role.Administrator)).Account));
        Assert.Equal(RefusalCodes.Invalid, await To(RelationSource.Secretariat, other.Me.Account));
        Assert.Equal(RefusalCodes.Invalid, await To(RelationSource.Referral, null, Id.New<UnitId>()));
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(RelationVerbs.Of, new RelationsOf(patient))));
        // The desk knows whoever stands there, and sends him to a unit: into one colleague's hands it gives nobody.
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        await clerk.AskAsync(RelationVerbs.State, new StateRelation(RelationSource.Appointment, patient, nurse.Me.Units[0], null, DateTimeOffset.UtcNow.AddHours(2)));
        Assert.Equal(RefusalCodes.NoRelation, await Refused(clerk.AskAsync(RelationVerbs.State, new StateRelation(RelationSource.Handover, patient, null, other.Me.Account, DateTimeOffset.UtcNow.AddHours(2)))));

        var handed = new StateRelation(RelationSource.Handover, patient, null, other.Me.Account, DateTimeOffset.UtcNow.AddHours(2));
        await nurse.AskAsync(RelationVerbs.State, handed);
        var known = Assert.Single((await colleague.AskAsync(RelationVerbs.Of, new RelationsOf(patient))).Relations, fact => fact.Source is RelationSource.Handover);
        Assert.Equal((nurse.Me.Account, other.Me.Account, RelationSource.Handover), (known.By, known.Account, known.Source));
        await other.AskAsync(ReleaseVerbs.Release, Chart(patient));
        var end = handed with { Until = known.From };
        Assert.Equal(RefusalCodes.Conflict, await Refused(colleague.AskAsync(RelationVerbs.State, end)));
        await other.AskAsync(ReleaseVerbs.Release, Chart(patient));
        await nurse.AskAsync(RelationVerbs.State, end);
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(ReleaseVerbs.Release, Chart(patient))));
        Assert.Equal(RefusalCodes.Conflict, await Refused(nurse.AskAsync(RelationVerbs.State, end)));
        Assert.Superset(new HashSet<string> { "relation", "relation.ended", "relations.shown" }, (await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses.Select(access => access.Kind).ToHashSet());
    }

    [Fact]
    public async Task A_stranger_for_whom_one_broke_the_glass_counts_as_unrelated_in_the_hands_of_the_colleague_who_receives_him()
    {
        var (nurse, other) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse, 4));
        var (mine, stranger) = (await PresentAsync(nurse.Me.Units[0]), await PresentAsync(Elsewhere(nurse, other)));
        await nurse.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(stranger, "Malaise dans le couloir, allergies ?"));
        foreach (var patient in new[] { mine, stranger }) await nurse.AskAsync(RelationVerbs.State, new StateRelation(RelationSource.Handover, patient, null, other.Me.Account, DateTimeOffset.UtcNow.AddHours(12)));
        foreach (var patient in new[] { mine, stranger }) await other.AskAsync(ReleaseVerbs.Release, Chart(patient));
        async Task<string> GroundAsync(PatientId patient) => (await other.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses.First(access => access.Kind == "release" && access.Account == other.Me.Account).Ground;
        Assert.Equal("Handover", await GroundAsync(mine));
        Assert.Equal("Handover (self-claimed)", await GroundAsync(stranger));
    }

    [Fact]
    public async Task A_newborn_in_another_unit_and_his_mother_let_in_each_others_unit_by_themselves()
    {
        var (midwife, other) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse, 4));
        var mother = await PresentAsync(midwife.Me.Units[0], born: new DateOnly(1995, 2, 3));
        var child = (await midwife.AskAsync(IdentityVerbs.Newborns, new CreateNewborns(mother, DateOnly.FromDateTime(DateTime.UtcNow.AddDays(-1)), null, [new Newborn(Sex.Female, null)]))).Lines[0].Patient;
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(ReleaseVerbs.Release, Chart(mother))));
        await _cell.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), child, "present", other.Me.Units[0], other.Me.Units[0], null));
        await other.AskAsync(ReleaseVerbs.Release, Chart(mother));
        await midwife.AskAsync(ReleaseVerbs.Release, Chart(child));
        Assert.All(new[] { (mother, other.Me.Units[0]), (child, midwife.Me.Units[0]) }, pair => Assert.Equal((RelationSource.Newborn, pair.Item2), Assert.Single(midwife.AskAsync(RelationVerbs.Of, new RelationsOf(pair.Item1)).Result.Relations.Select(fact => (fact.Source, fact.Unit!.Value)))));
        // The mother moves on: the unit where she is now is let in to her child.
        var third = await _cell.EnterAsync(Role.Nurse, 6);
        Assert.Equal(RefusalCodes.NoRelation, await Refused(third.AskAsync(ReleaseVerbs.Release, Chart(child))));
        await _cell.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), mother, "present", third.Me.Units[0], third.Me.Units[0], null));
        await third.AskAsync(ReleaseVerbs.Release, Chart(child));
    }

    private static UnitId Elsewhere(params Person[] people) => Serment.Custodian.Demonstration.DemonstrationClinic.Units.First(unit => people.All(person => !person.Me.Units.Contains(unit.Unit))).Unit;

    [Fact]
    public async Task A_machine_states_facts_only_with_that_scope_and_administrators_none()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var patient = await PresentAsync(nurse.Me.Units[0]);
        var fact = new StateRelation(RelationSource.LaboratoryQueue, patient, nurse.Me.Units[0], null, DateTimeOffset.UtcNow.AddDays(2));
        Assert.Equal(RefusalCodes.Role, await Refused(_cell.Import().AskAsync(RelationVerbs.State, fact)));
        Assert.Equal(RefusalCodes.Role, await Refused((await _cell.EnterAsync(Role.Administrator)).AskAsync(RelationVerbs.State, fact)));
    }

    [Fact]
    public async Task One_account_states_sixty_facts_an_hour_and_no_more()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var patient = await PresentAsync(nurse.Me.Units[0]);
        Task<Done> State() => nurse.AskAsync(RelationVerbs.State, new StateRelation(RelationSource.Referral, patient, nurse.Me.Units[0], null, DateTimeOffset.UtcNow.AddDays(2)));
        for (var i = 0; i < 60; i++) await State();
        Assert.Equal("relation.limit", await Refused(State()));
    }

    [Fact]
    public async Task A_stay_moved_to_ones_own_unit_is_ones_own_claim_and_another_patients_stay_cannot_be_taken()
    {
        var (nurse, thief) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse, 4));
        var stay = Id.New<StayId>();
        var patient = await PresentAsync(nurse.Me.Units[0], stay);
        var stranger = await PresentAsync(nurse.Me.Units[0]);
        Assert.Equal(RefusalCodes.Conflict, await Refused(thief.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, stranger, "present", thief.Me.Units[0], thief.Me.Units[0], null))));
        await thief.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, patient, "present", thief.Me.Units[0], thief.Me.Units[0], null));
        await thief.AskAsync(ReleaseVerbs.Release, Chart(patient));
        // Never confirmed: the unit that has the patient loses nothing, and the list of accesses says whose claim it was.
        Assert.Contains((await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses, access => access.Account == thief.Me.Account && access.Ground == "Stay (self-claimed)");
        await nurse.AskAsync(ReleaseVerbs.Release, Chart(patient));
    }

    [Fact]
    public async Task Opening_a_file_that_nobody_needs_ends_the_session_rings_and_is_listed_for_the_officer()
    {
        var officer = await _cell.EnterAsync(Role.SecurityOfficer);
        var physician = await _cell.EnterAsync(Role.Physician);
        var cared = await PresentAsync(physician.Me.Units[0]);
        var bait = await CreateAsync();
        Assert.Equal(RefusalCodes.Invalid, await Refused(officer.AskAsync(AlarmVerbs.MarkHoney, new MarkHoney(cared, true))));
        Assert.Equal(RefusalCodes.Role, await Refused(physician.AskAsync(AlarmVerbs.MarkHoney, new MarkHoney(bait, true))));
        // Officers find nobody by name: by the number that the admissions gave.
        var ipp = Assert.Single((await (await _cell.EnterAsync(Role.AdmissionsClerk)).AskAsync(IdentityVerbs.Lines, new LinesOf([bait]))).Lines).Ipp;
        Assert.Equal(RefusalCodes.Invalid, await Refused(officer.AskAsync(AlarmVerbs.MarkHoney, new MarkHoney(null, true, "999999999"))));
        await officer.AskAsync(AlarmVerbs.MarkHoney, new MarkHoney(null, true, ipp));
        Assert.Equal((bait, ipp), (await officer.AskAsync(AlarmVerbs.Honey, Nothing.AtAll)) is { Patients: [var one], Ipps: [var number] } ? (one, number) : default);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var heard = Task.Run(async () =>
        {
            await foreach (var notice in _cell.Client.WatchAsync(_cell.Status.Cell, stop.Token)) if (notice.Kind == "alarm") return notice.Subject;
            return "nothing";
        });
        await Task.Delay(300);
        Assert.Equal(RefusalCodes.NoSession, await Refused(physician.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(bait, "Besoin urgent de ce dossier"))));
        Assert.Equal(physician.Me.Account.ToString(), await heard);
        Assert.Equal(RefusalCodes.NoSession, await Refused(physician.AskAsync(ReleaseVerbs.Release, Chart(cared))));
        _cell.Kill();
        _cell.Start();
        officer.JumpCounter();
        var alarms = await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll);
        Assert.Equal(("honey", physician.Me.Account), (Assert.Single(alarms.Alarms).Kind, alarms.Alarms[0].Account));
        Assert.True(alarms.Ceiling >= 180);
    }

    [Fact]
    public async Task One_account_lifts_no_ceiling_by_stays_that_it_announces_nor_by_beds()
    {
        var (officer, clerk, admin) = (await _cell.EnterAsync(Role.SecurityOfficer), await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.Administrator));
        var unit = (await clerk.AskAsync(CellVerbs.Units, Nothing.AtAll)).Units[0];
        var before = (await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Ceiling;
        Task<StayIntended> Announce(PatientId patient) => clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "expected", unit.Unit, unit.Unit, DateTimeOffset.UtcNow.AddDays(1)));
        Assert.Equal(RefusalCodes.NotFound, await Refused(Announce(Id.New<PatientId>())));
        Assert.Equal(RefusalCodes.NotFound, await Refused(_cell.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), Id.New<PatientId>(), "present", unit.Unit, unit.Unit, null))));
        for (var i = 0; i < 120; i++) await Announce(await CreateAsync());
        Assert.Equal("relation.limit", await Refused(Announce(await CreateAsync())));

        var beds = Enumerable.Range(0, 200).Select(i => new PutBed($"C{i}", $"L{i}"));
        await admin.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Unité neuve", "Site neuf", [.. beds]));
        var recent = await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll);
        Assert.Equal("beds", Assert.Single(recent.Alarms).Kind);
        Assert.InRange(recent.Ceiling, before, 2 * before);
    }

    [Fact]
    public async Task Whom_an_interface_brings_beyond_the_beds_of_the_house_comes_in_as_everyones_own_claim_and_rings()
    {
        var (officer, nurse, import) = (await _cell.EnterAsync(Role.SecurityOfficer), await _cell.EnterAsync(Role.Nurse), _cell.Import());
        // Beds that one administrator adds now explain nobody today.
        var admin = await _cell.EnterAsync(Role.Administrator);
        await admin.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Unité neuve", "Site neuf", [.. Enumerable.Range(0, 200).Select(i => new PutBed($"C{i}", $"L{i}"))]));
        var people = Enumerable.Range(0, 300).Select(i => new CreateIdentity(new IdentityTraits($"Essai {(char)('A' + i % 26)}{(char)('A' + i / 26)}", "Jeanne", null, new DateOnly(1951, 2, 3).AddDays(i), Sex.Female, "75056"), IdentityStatus.Provisional, true, $"masse|{i}"));
        var patients = (await import.AskAsync(IdentityVerbs.Bring, new BringIdentities([.. people]))).Patients;
        foreach (var patient in patients) await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        Assert.Equal((false, true), (await OwnAsync(patients[0]), await OwnAsync(patients[^1])));
        Assert.Equal(["beds", "ceiling"], (await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms.Select(alarm => alarm.Kind).Order());

        // Recalibration tells it, from the same journal.
        var told = await SermentCommand.RunAsync("policy", "recalibrate", "--data", _cell.Directory);
        Assert.True(told.Code == 0 && told.Said.Contains("Interfaces : 300 patients amenés dans les unités le jour le plus chargé de 1.", StringComparison.Ordinal), told.Said);

        // A restart gives no second day.
        _cell.Kill();
        _cell.Start();
        nurse.JumpCounter();
        var late = await CreateAsync();
        await _cell.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), late, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        Assert.True(await OwnAsync(late));

        async Task<bool> OwnAsync(PatientId patient)
        {
            await nurse.AskAsync(ReleaseVerbs.Release, Chart(patient));
            return (await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses.Single(access => access.Kind == "release").Ground.Contains("self-claimed", StringComparison.Ordinal);
        }
    }

    private async Task<PatientId> CreateAsync(DateOnly? born = null)
    {
        var traits = new IdentityTraits("Essai", "Jeanne", null, born ?? new DateOnly(1951, 2, 3), Sex.Female, "75056");
        return (await _cell.Import().AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, Id.New<EntryId>().ToString()))).Created!.Patient;
    }

    private async Task<PatientId> PresentAsync(UnitId unit, StayId? stay = null, DateOnly? born = null)
    {
        var patient = await CreateAsync(born);
        await _cell.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(stay ?? Id.New<StayId>(), patient, "present", unit, unit, null));
        return patient;
    }

    private static ReleaseKeys Chart(PatientId patient) => new([patient], [Domain.Clinical], "care");

    private static async Task<string> Refused<T>(Task<T> asked) => (await Assert.ThrowsAsync<RefusedException>(() => asked)).Refusal.Code;

    public void Dispose() => _cell.Dispose();
}
