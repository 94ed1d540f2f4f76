using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>A Custodian whose disk is full says so, keeps what it has, releases nothing untraced, and goes on when there is room again.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Nothing_is_half_written_and_nothing_opens_untraced_on_a_full_disk()
    {
        using var disk = await SmallDisk.MountAsync("12m");
        using var cell = new CustodianProcess(directory: disk.Folder);
        var (clerk, nurse) = (await cell.EnterAsync(Role.AdmissionsClerk), await cell.EnterAsync(Role.Nurse));
        var first = await CreateAsync(clerk, "Quintin");
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), first, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([first], [Domain.Clinical], "care"));

        disk.Fill();
        Assert.Equal("state.disk", await Staff.RefusedAsync(UntilRefusedAsync(() => CreateAsync(clerk, "Perdu"))));
        Assert.Equal("journal.disk", await Staff.RefusedAsync(UntilRefusedAsync(() => nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([first], [Domain.Clinical], "care")))));

        disk.MakeRoom();
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([first], [Domain.Clinical], "care"));
        var second = await CreateAsync(clerk, "Rescape");
        async Task<int> Called(string name) => (await clerk.AskAsync(IdentityVerbs.Find, new FindIdentities($"{name} 02/01/1960"))).Lines.Count(l => l.BirthName.StartsWith(name, StringComparison.Ordinal));
        var kept = await Called("PERDU");
        cell.Kill();
        cell.Start();
        clerk.JumpCounter();
        Assert.Equal((1, kept, 1), (await Called("QUINTIN"), await Called("PERDU"), await Called("RESCAPE")));
        Assert.NotEqual(first, second);
        var (code, said) = await SermentCommand.RunAsync("journal", "verify", "--data", disk.Folder);
        Assert.True(code == 0, said);
    }

    /// <summary>The journal on a disk of its own: rights can still be changed, and nobody is answered before it is told.</summary>
    [Fact]
    public async Task What_was_done_while_the_journal_was_full_stands_in_it_before_anyone_is_answered_again()
    {
        using var disk = await SmallDisk.MountAsync("4m");
        var folder = Directory.CreateTempSubdirectory("serment-owed-");
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(folder.CreateSubdirectory("custodian").FullName, "journal"), disk.Folder);
            using var cell = new CustodianProcess(directory: folder.FullName);
            var (officer, clerk, nurse) = (await cell.EnterAsync(Role.SecurityOfficer), await cell.EnterAsync(Role.AdmissionsClerk), await cell.EnterAsync(Role.Nurse));
            disk.Fill();
            Assert.Equal("journal.disk", await Staff.RefusedAsync(UntilRefusedAsync(() => CreateAsync(clerk, "Quintin"))));
            Assert.Equal("journal.disk", await Staff.RefusedAsync(officer.AskAsync(AccountVerbs.Freeze, new FreezeAccount(nurse.Me.Account, "Clé volée"))));
            Assert.Equal("journal.disk", await Staff.RefusedAsync(officer.AskAsync(AccountVerbs.List, Nothing.AtAll)));
            disk.MakeRoom();
            Assert.True((await officer.AskAsync(AccountVerbs.List, Nothing.AtAll)).Accounts.Single(line => line.Account == nurse.Me.Account).Frozen);
            cell.Kill();
            var file = Custodian.Keys.KeyFile.Read(Path.Combine(folder.FullName, "custodian", "cell.json"));
            using var own = file.Unlock(Path.Combine(folder.FullName, "custodian"));
            Assert.StartsWith(nurse.Me.Account.ToString(), Assert.Single(await JournalFiles.OpenAsync(folder.FullName, file, own), entry => entry.Kind == "account.frozen").Detail, StringComparison.Ordinal);
        }
        finally { folder.Delete(recursive: true); }
    }

    /// <summary>The records on a disk of their own, so that the Custodian goes on and the database alone is full.</summary>
    [Fact]
    public async Task What_a_nurse_typed_outlives_a_full_disk_under_the_records_and_is_saved_when_there_is_room()
    {
        var apart = Directory.CreateTempSubdirectory("serment-apart-");
        SmallDisk? disk = null;
        try
        {
            await using var hospital = new Hospital();
            disk = await SmallDisk.MountAsync("48m", hospital.Directory);
            foreach (var own in new[] { "custodian", "mirror" }) Directory.CreateSymbolicLink(Path.Combine(hospital.Directory, own), apart.CreateSubdirectory(own).FullName);
            await hospital.StartAsync();
            var nurse = await hospital.EnterAsync("Infirmier·ère, Médecine polyvalente");
            for (var i = 0; i < 60 && await nurse.Locator(".ward tbody tr").CountAsync() == 0; i++)
            {
                await Hospital.LeaveAsync(nurse);
                await Hospital.EnterAsync(nurse, "Infirmier·ère, Médecine polyvalente");
                await nurse.Locator(".ward, .empty").First.WaitForAsync();
            }
            await nurse.Locator(".ward tbody tr").First.ClickAsync();
            var name = (await nurse.Locator(".banner .big").TextContentAsync())!;
            disk.Fill();
            // SQLite's log has room of its own for a while: notes are saved until one is not.
            for (var (i, refused) = (0, false); !refused && i < 300; i++)
            {
                if (i % 20 == 0) disk.Fill();
                await nurse.FillAsync("#note", $"Écrit sur un disque plein, {i}. " + new string('x', 20_000));
                await nurse.ClickAsync("#save-note");
                refused = await (await nurse.WaitForFunctionAsync("() => document.querySelector('[role=alert]')?.textContent.includes('plein') ? 'refused' : document.querySelector('#note')?.value === '' ? 'saved' : null")).EvaluateAsync<bool>("said => said === 'refused'");
            }
            var last = (await nurse.InputValueAsync("#note")).Split('.')[0];
            await Expect(nurse.GetByRole(AriaRole.Alert).Filter(new() { HasText = "Le disque des dossiers est plein" }).First).ToBeVisibleAsync();
            await Hospital.LeaveAsync(nurse);
            await Hospital.EnterAsync(nurse, "Infirmier·ère, Médecine polyvalente");
            await nurse.Locator(".banner").WaitForAsync();
            await Expect(nurse.Locator("#note")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex($"^{last}\\."));
            await Expect(nurse.Locator($"article:has-text('{last}.')")).ToHaveCountAsync(0);

            disk.MakeRoom();
            await nurse.ClickAsync("#save-note");
            await Expect(nurse.Locator($"article:has-text('{last}.')")).ToHaveCountAsync(1);
            await Expect(nurse.Locator("#note")).ToHaveValueAsync("");
            Assert.DoesNotContain("   at ", hospital.Said(), StringComparison.Ordinal);
            Assert.DoesNotContain(name.Split(' ')[0], hospital.Said(), StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            disk?.Dispose();
            apart.Delete(recursive: true);
        }
    }

    /// <summary>A page that was begun may still have room for a little.</summary>
    private static async Task UntilRefusedAsync<T>(Func<Task<T>> ask)
    {
        for (var i = 0; i < 60; i++) await ask();
    }

    private static async Task<PatientId> CreateAsync(Person clerk, string name) =>
        (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits(name, "Anne", null, new DateOnly(1960, 1, 2), Sex.Female, null), IdentityStatus.Provisional, true))).Created!.Patient;
}
