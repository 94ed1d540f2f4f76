using System.Diagnostics;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A Custodian whose disk is full says so, keeps what it has, releases nothing untraced, and goes on when there is room again.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _small = Directory.CreateTempSubdirectory("serment-full-").FullName;
    private bool _mounted;

    [Fact]
    public async Task Nothing_is_half_written_and_nothing_opens_untraced_on_a_full_disk()
    {
        using (var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", _small]) { RedirectStandardError = true })!)
        {
            await mount.WaitForExitAsync();
            Assert.SkipWhen(mount.ExitCode != 0, "No file system may be mounted here: a full disk cannot be tried.");
        }
        _mounted = true;
        using var cell = new CustodianProcess(directory: _small);
        var (clerk, nurse) = (await cell.EnterAsync(Role.AdmissionsClerk), await cell.EnterAsync(Role.Nurse));
        var first = await CreateAsync(clerk, "Quintin");
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), first, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([first], [Domain.Clinical], "care"));

        Fill();
        Assert.Equal("state.disk", await Staff.RefusedAsync(UntilRefusedAsync(() => CreateAsync(clerk, "Perdu"))));
        Assert.Equal("journal.disk", await Staff.RefusedAsync(UntilRefusedAsync(() => nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([first], [Domain.Clinical], "care")))));

        File.Delete(Path.Combine(_small, "ballast"));
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([first], [Domain.Clinical], "care"));
        var second = await CreateAsync(clerk, "Rescape");
        async Task<int> Called(string name) => (await clerk.AskAsync(IdentityVerbs.Find, new FindIdentities($"{name} 02/01/1960"))).Lines.Count(l => l.BirthName.StartsWith(name, StringComparison.Ordinal));
        var kept = await Called("PERDU");
        cell.Kill();
        cell.Start();
        clerk.JumpCounter();
        Assert.Equal((1, kept, 1), (await Called("QUINTIN"), await Called("PERDU"), await Called("RESCAPE")));
        Assert.NotEqual(first, second);
        var (code, said) = await SermentCommand.RunAsync("journal", "verify", "--data", _small);
        Assert.True(code == 0, said);
    }

    /// <summary>A page that was begun may still have room for a little.</summary>
    private static async Task UntilRefusedAsync<T>(Func<Task<T>> ask)
    {
        for (var i = 0; i < 60; i++) await ask();
    }

    private static async Task<PatientId> CreateAsync(Person clerk, string name) =>
        (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits(name, "Anne", null, new DateOnly(1960, 1, 2), Sex.Female, null), IdentityStatus.Provisional, true))).Created!.Patient;

    private void Fill()
    {
        using var ballast = new FileStream(Path.Combine(_small, "ballast"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try { while (true) ballast.Write(new byte[4096]); }
        catch (IOException) { }
    }

    public void Dispose()
    {
        if (_mounted) using (var unmount = Process.Start("umount", ["-l", _small])) unmount.WaitForExit();
        Directory.Delete(_small, recursive: true);
    }
}
