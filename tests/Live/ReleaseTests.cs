using Xunit;

namespace Serment.Live.Tests;

/// <summary>The path of every release, over the real boundary; each class below it is one way to unlock and to reach the Custodian.</summary>
public abstract class ReleaseTests : IDisposable
{
    private readonly CustodianProcess _cell;
    private static readonly IdentityTraits Jeanne = new("Lefèvre", "Jeanne", "Jeanne Marie", new DateOnly(1951, 2, 3), Sex.Female, "75056");

    protected ReleaseTests(CustodianSetting setting) => _cell = new CustodianProcess(setting: setting);

    protected CustodianProcess Cell => _cell;

    [Fact]
    public async Task A_nurse_opens_the_file_of_a_patient_of_her_unit_and_the_journal_shows_it()
    {
        var (nurse, patient) = await AdmittedToHerUnit();
        var lease = await nurse.AskAsync(ReleaseVerbs.Release, Chart(patient));
        Assert.Equal(32, Assert.Single(lease.Patients[0].Keys).Key.Length);
        var accesses = await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient));
        Assert.Contains(accesses.Accesses, a => a.Kind == "release" && a.Account == nurse.Me.Account && a.Ground == "Stay");
    }

    [Fact]
    public async Task A_nurse_of_another_unit_is_refused_until_she_breaks_the_glass()
    {
        var (_, patient) = await AdmittedToHerUnit();
        var other = await _cell.EnterAsync(Role.Nurse, 4);
        Assert.Equal(RefusalCodes.NoRelation, await Refused(other.AskAsync(ReleaseVerbs.Release, Chart(patient))));
        Assert.Equal(RefusalCodes.Invalid, await Refused(other.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(patient, "vite"))));
        await other.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(patient, "Malaise dans le couloir, allergies ?"));
        Assert.Single((await other.AskAsync(ReleaseVerbs.Release, Chart(patient))).Patients[0].Keys);
    }

    [Fact]
    public async Task Who_administers_reads_nothing()
    {
        var (_, patient) = await AdmittedToHerUnit();
        foreach (var role in new[] { Role.Administrator, Role.SecurityOfficer, Role.Director, Role.PrivacyOfficer })
        {
            var person = await _cell.EnterAsync(role);
            foreach (var domain in Enum.GetValues<Domain>().Where(d => d != Domain.Identity))
                Assert.Equal(RefusalCodes.Role, await Refused(person.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [domain], "care"))));
            Assert.Equal(RefusalCodes.Role, await Refused(person.AskAsync(IdentityVerbs.Find, new FindIdentities("Lefevre 03/02/1951"))));
            Assert.Equal(RefusalCodes.Role, await Refused(person.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(patient, "Je suis administrateur, ouvrez."))));
        }
    }

    [Fact]
    public async Task A_request_is_worth_nothing_replayed_expired_altered_or_elsewhere()
    {
        var (nurse, patient) = await AdmittedToHerUnit();
        var (message, signature) = nurse.Sign(ReleaseVerbs.Release, Chart(patient), DateTimeOffset.UtcNow.AddSeconds(30));
        await _cell.Client.AskAsync(ReleaseVerbs.Release, message, signature);
        Assert.Equal(RefusalCodes.Replayed, await Refused(_cell.Client.AskAsync(ReleaseVerbs.Release, message, signature)));
        Assert.Equal(RefusalCodes.Expired, await RefusedSigned(nurse.Sign(ReleaseVerbs.Release, Chart(patient), DateTimeOffset.UtcNow.AddSeconds(-1))));
        Assert.Equal(RefusalCodes.Expired, await RefusedSigned(nurse.Sign(ReleaseVerbs.Release, Chart(patient), DateTimeOffset.UtcNow.AddMinutes(10))));
        Assert.Equal(RefusalCodes.WrongCell, await RefusedSigned(nurse.Sign(ReleaseVerbs.Release, Chart(patient), DateTimeOffset.UtcNow.AddSeconds(30), new string('0', 32))));
        var (altered, kept) = nurse.Sign(ReleaseVerbs.Release, Chart(patient), DateTimeOffset.UtcNow.AddSeconds(30));
        altered = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(altered).Replace(patient.ToString(), Id.New<PatientId>().ToString(), StringComparison.Ordinal));
        Assert.Equal(RefusalCodes.Signature, await RefusedSigned((altered, kept)));
        Assert.Equal(RefusalCodes.NoSession, await Refused(_cell.Client.AskUnsignedAsync(ReleaseVerbs.Release, _cell.Status.Cell, Chart(patient))));
    }

    [Fact]
    public async Task Killed_and_started_again_it_knows_people_sessions_relations_and_what_was_opened()
    {
        var (nurse, patient) = await AdmittedToHerUnit();
        var before = (await nurse.AskAsync(ReleaseVerbs.Release, Chart(patient))).Patients[0].Keys[0].Key;
        _cell.Kill();
        _cell.Start();
        Assert.Equal(RefusalCodes.Replayed, await Refused(nurse.AskAsync(ReleaseVerbs.Release, Chart(patient))));
        nurse.JumpCounter();
        Assert.Equal(before, (await nurse.AskAsync(ReleaseVerbs.Release, Chart(patient))).Patients[0].Keys[0].Key);
        Assert.Equal(2, (await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses.Count(a => a.Kind == "release"));
        Assert.Single((await nurse.AskAsync(IdentityVerbs.Find, new FindIdentities("Jeane Lefebvre"))).Lines);
    }

    [Fact]
    public async Task Thirty_files_open_before_a_touch_and_the_thirty_first_asks_for_one()
    {
        var import = _cell.Import();
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var patients = new List<PatientId>();
        for (var i = 0; i < 31; i++)
        {
            var created = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(Jeanne with { BirthName = "Test" + (char)('A' + i % 26) + (char)('A' + i / 26), BirthDate = Jeanne.BirthDate.AddDays(40 * i) }, IdentityStatus.Provisional, true, $"test|{i}"))).Created!.Patient;
            await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), created, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
            patients.Add(created);
        }
        foreach (var patient in patients.Take(30)) await nurse.AskAsync(ReleaseVerbs.Release, Chart(patient));
        Assert.Equal(RefusalCodes.Touch, await Refused(nurse.AskAsync(ReleaseVerbs.Release, Chart(patients[30]))));
        await nurse.AskAsync(ReleaseVerbs.Release, Chart(patients[0]));
        await nurse.AskAsync(SessionVerbs.Touch, new Touch(false, null));
        await nurse.AskAsync(ReleaseVerbs.Release, Chart(patients[30]));
    }

    [Fact]
    public void A_second_custodian_on_the_same_directory_is_refused_with_a_reason()
    {
        var (code, error) = _cell.StartAnother();
        Assert.Equal(1, code);
        Assert.Contains("tourne déjà", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_client_adds_and_never_reads()
    {
        var (_, patient) = await AdmittedToHerUnit();
        var import = _cell.Import();
        var keys = await import.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([new FilePart(patient, Domain.Clinical), new FilePart(patient, Domain.Clinical)]));
        Assert.All(keys.Slots, slot => Assert.Equal((32, 32, 32), (slot.Salt.Length, slot.Commit.Length, slot.Key.Length)));
        Assert.Equal(2, keys.Slots.Select(slot => Convert.ToHexString(slot.Salt)).Distinct().Count());
        Assert.Equal(RefusalCodes.Invalid, await Refused(import.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([new FilePart(patient, Domain.Identity)]))));
        Assert.Equal(RefusalCodes.Invalid, await Refused(import.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([new FilePart(Id.New<PatientId>(), Domain.Clinical)]))));
        Assert.Equal(RefusalCodes.Invalid, await Refused(import.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([.. Enumerable.Repeat(new FilePart(patient, Domain.Clinical), 1001)]))));
        Assert.Equal(RefusalCodes.Malformed, await Refused(import.AskAsync(ReleaseVerbs.Release, Chart(patient))));
        Assert.Equal(RefusalCodes.Malformed, await Refused(import.AskAsync(IdentityVerbs.Find, new FindIdentities("Lefevre 03/02/1951"))));
    }

    [Fact]
    public async Task One_touch_lends_the_key_of_one_protected_record_and_never_that_of_the_domain()
    {
        var (nurse, patient) = await AdmittedToHerUnit();
        var protectedPart = new FilePart(patient, Domain.Sensitive);
        var slots = (await _cell.Import().AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([protectedPart, protectedPart]))).Slots;
        RecordKeyAsked Of(int record) => new(patient, slots[record].Salt, slots[record].Version, "care");
        Assert.Equal(RefusalCodes.Role, await Refused(nurse.AskAsync(ReleaseVerbs.Record, Of(0))));
        var doctor = await _cell.EnterAsync(Role.Physician);
        Assert.Equal(RefusalCodes.Invalid, await Refused(doctor.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical, Domain.Sensitive], "care"))));
        await doctor.AskAsync(SessionVerbs.Touch, new Touch(true, null));
        Assert.Equal(slots[1].Key, (await doctor.AskAsync(ReleaseVerbs.Record, Of(1))).Slot.Key);
        Assert.Equal(RefusalCodes.Touch, await Refused(doctor.AskAsync(ReleaseVerbs.Record, Of(0))));
        await doctor.AskAsync(SessionVerbs.Touch, new Touch(false, null));
        var lent = await doctor.AskAsync(ReleaseVerbs.Record, Of(0));
        Assert.Equal((Convert.ToHexString(slots[0].Key), Convert.ToHexString(slots[0].Commit)), (Convert.ToHexString(lent.Slot.Key), Convert.ToHexString(lent.Slot.Commit)));
        var accesses = (await doctor.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses;
        Assert.Equal(2, accesses.Count(a => a.Kind == "release" && a.Domains.Contains(Domain.Sensitive) && a.Account == doctor.Me.Account));
        // What is added has a salt that nobody chose.
        var added = await doctor.AskAsync(ReleaseVerbs.Record, new RecordKeyAsked(patient, null, null, "care"));
        Assert.DoesNotContain(slots, slot => slot.Salt.AsSpan().SequenceEqual(added.Slot.Salt));
    }

    [Fact]
    public async Task No_name_lies_readable_in_the_custodians_files()
    {
        await AdmittedToHerUnit();
        _cell.Kill();
        foreach (var file in Directory.EnumerateFiles(_cell.Directory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
            Assert.DoesNotContain("LEFEVRE", System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.OrdinalIgnoreCase);
    }

    private async Task<(Person Nurse, PatientId Patient)> AdmittedToHerUnit()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var created = (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(Jeanne, IdentityStatus.Validated))).Created!;
        var stay = Id.New<StayId>();
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, created.Patient, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
        return (nurse, created.Patient);
    }

    private static ReleaseKeys Chart(PatientId patient) => new([patient], [Domain.Clinical], "care");

    private Task<string> RefusedSigned((byte[] Message, byte[] Signature) signed) => Refused(_cell.Client.AskAsync(ReleaseVerbs.Release, signed.Message, signed.Signature));

    private static async Task<string> Refused<T>(Task<T> asked) => (await Assert.ThrowsAsync<RefusedException>(() => asked)).Refusal.Code;

    public virtual void Dispose()
    {
        _cell.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class ReleaseByPassphraseTests() : ReleaseTests(new CustodianSetting());
