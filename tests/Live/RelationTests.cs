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
        Task<Done> State() => nurse.AskAsync(RelationVerbs.State, new StateRelation(RelationSource.Referral, patient, Id.New<UnitId>(), null, DateTimeOffset.UtcNow.AddDays(2)));
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
        await officer.AskAsync(AlarmVerbs.MarkHoney, new MarkHoney(bait, true));
        Assert.Equal([bait], (await officer.AskAsync(AlarmVerbs.Honey, Nothing.AtAll)).Patients);
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
        Task<Done> Announce(PatientId patient) => clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "expected", unit.Unit, unit.Unit, DateTimeOffset.UtcNow.AddDays(1)));
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

    private async Task<PatientId> CreateAsync()
    {
        var traits = new IdentityTraits("Essai", "Jeanne", null, new DateOnly(1951, 2, 3), Sex.Female, "75056");
        return (await _cell.Import().AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, Id.New<EntryId>().ToString()))).Created!.Patient;
    }

    private async Task<PatientId> PresentAsync(UnitId unit, StayId? stay = null)
    {
        var patient = await CreateAsync();
        await _cell.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(stay ?? Id.New<StayId>(), patient, "present", unit, unit, null));
        return patient;
    }

    private static ReleaseKeys Chart(PatientId patient) => new([patient], [Domain.Clinical], "care");

    private static async Task<string> Refused<T>(Task<T> asked) => (await Assert.ThrowsAsync<RefusedException>(() => asked)).Refusal.Code;

    public void Dispose() => _cell.Dispose();
}
