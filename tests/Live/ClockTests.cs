using Microsoft.Playwright;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A clock that can be moved: forward only, and never in an establishment of real patients.</summary>
public sealed class ClockTests
{
    private static readonly CustodianSetting Rehearsal = new() { Rehearsal = true };

    [Fact]
    public async Task In_a_demonstration_sessions_shifts_nonces_and_budgets_live_by_the_moved_clock_across_a_restart()
    {
        using var cell = new CustodianProcess();
        var import = cell.Import();
        var nurse = await cell.EnterAsync(Role.Nurse);
        var unit = nurse.Me.Units[0];
        var patients = new List<PatientId>();
        for (var i = 0; i < 31; i++)
        {
            var who = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits($"HORLOGER{(char)('A' + i % 26)}{(char)('A' + i / 26)}", "Ariane", null, new DateOnly(1950, 1, 1).AddDays(i * 211), Sex.Female, null), IdentityStatus.Validated, DespiteDuplicates: true, Source: $"clock-{i}"))).Created!.Patient;
            await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), who, "present", unit, unit, null));
            patients.Add(who);
        }
        Assert.All((await OpenAsync(nurse, patients[..30])).Patients, p => Assert.Null(p.Refusal));
        Assert.Equal(RefusalCodes.Touch, await Staff.RefusedAsync(OpenAsync(nurse, [patients[30]])));

        var ceremony = await cell.Client.AskUnsignedAsync(SessionVerbs.Begin, "", new BeginCeremony("shift"));
        var before = cell.Status.Now;
        var moved = await AdvanceAsync(cell, TimeSpan.FromMinutes(16));
        Assert.True(moved.Now >= before + TimeSpan.FromMinutes(16) && moved.Ahead == TimeSpan.FromMinutes(16));
        Assert.Equal("passkey.expired", await Staff.RefusedAsync(cell.Client.AskUnsignedAsync(SessionVerbs.Complete, "", new Assertion(ceremony.Nonce, Staff.Spki(), [1], [1], [1], [1], null))));
        nurse.Ahead = moved.Ahead;
        Assert.Equal(RefusalCodes.Locked, await Staff.RefusedAsync(OpenAsync(nurse, [patients[0]])));
        await nurse.AskAsync(SessionVerbs.Touch, new Touch(false, null));
        await OpenAsync(nurse, [patients[30]]);

        moved = await AdvanceAsync(cell, TimeSpan.FromHours(13));
        nurse.Ahead = moved.Ahead;
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(OpenAsync(nurse, [patients[0]])));
        cell.Kill();
        cell.Start();
        Assert.Equal(moved.Ahead, cell.Status.Ahead);
        Assert.True(cell.Status.Now >= moved.Now);
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(AdvanceAsync(cell, TimeSpan.FromSeconds(-1))));
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(AdvanceAsync(cell, TimeSpan.FromDays(400))));
    }

    [Fact]
    public async Task A_rehearsal_takes_real_keys_only_and_its_clock_moves()
    {
        using var cell = new CustodianProcess(demonstration: false, setting: Rehearsal);
        Assert.False(cell.Status.Demonstration);
        var staff = new Staff(cell);
        var key = await staff.EnrolAsync(staff.Founding[0]);
        var ada = await staff.EnterAsync(key);
        Assert.Equal("signin.demonstration", await Staff.RefusedAsync(cell.Client.AskUnsignedAsync(SessionVerbs.Demonstration, "", new DemonstrationSignIn(ada.Me.Account, Staff.Spki()))));
        Assert.Empty((await cell.Client.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People);
        ada.Ahead = (await AdvanceAsync(cell, TimeSpan.FromMinutes(10))).Ahead;
        await ada.AskAsync(AccountVerbs.List, Nothing.AtAll);
    }

    [Fact]
    public async Task An_establishment_of_real_patients_refuses_to_move_its_clock_whatever_its_file_is_made_to_say()
    {
        using var cell = new CustodianProcess(demonstration: false);
        Assert.Null(cell.Status.Ahead);
        Assert.Equal("clock.real", await Staff.RefusedAsync(AdvanceAsync(cell, TimeSpan.FromMinutes(1))));
        cell.Kill();
        var file = Path.Combine(cell.Directory, "custodian", "cell.json");
        var founded = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        foreach (var forged in new[] { founded.Replace("\"demonstration\":false", "\"demonstration\":true", StringComparison.Ordinal), founded.Replace("\"demonstration\":false", "\"demonstration\":false,\"rehearsal\":true", StringComparison.Ordinal) })
        {
            Assert.NotEqual(founded, forged);
            await File.WriteAllTextAsync(file, forged, TestContext.Current.CancellationToken);
            Assert.Contains("Phrase secrète incorrecte, ou fichier cell.json modifié", Assert.Throws<InvalidOperationException>(() => cell.Start()).Message, StringComparison.Ordinal);
        }
        // The options of a founding say nothing to a cell that exists.
        await File.WriteAllTextAsync(file, founded, TestContext.Current.CancellationToken);
        cell.Start("--rehearsal", "--demonstration");
        Assert.Equal("clock.real", await Staff.RefusedAsync(AdvanceAsync(cell, TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public async Task A_nurse_at_her_screen_works_on_when_the_clock_moves_by_minutes_and_is_locked_out_by_a_quarter_of_an_hour()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        using var client = new CustodianClient(new CustodianAddress { Socket = Path.Combine(hospital.Directory, "custodian", "run", "custodian.sock") });
        var page = await hospital.EnterAsync("Infirmier·ère, Cardiologie");
        await client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromMinutes(9)), TestContext.Current.CancellationToken);
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("ma");
        await Assertions.Expect(page.Locator(".found")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#unlock")).ToHaveCountAsync(0);
        await client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromMinutes(16)), TestContext.Current.CancellationToken);
        await Assertions.Expect(page.Locator("#unlock")).ToBeVisibleAsync();
        // What the command bar had found is not read on a locked screen.
        await Assertions.Expect(page.Locator(".found")).ToBeHiddenAsync();
        await page.ClickAsync("#unlock");
        await Assertions.Expect(page.Locator("#unlock")).ToHaveCountAsync(0);
    }

    private static Task<ClockAdvanced> AdvanceAsync(CustodianProcess cell, TimeSpan by) => cell.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(by));

    private static Task<Lease> OpenAsync(Person who, IReadOnlyList<PatientId> patients) => who.AskAsync(ReleaseVerbs.Release, new ReleaseKeys(patients, [Domain.Clinical], "care"));
}
