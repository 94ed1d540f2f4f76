using Xunit;

namespace Serment.Live.Tests;

/// <summary>The database is of today, the Custodian of yesterday.</summary>
public sealed class OlderCustodianTests
{
    [Fact]
    public async Task A_custodian_restored_from_an_older_day_is_told_and_nothing_starts()
    {
        await using var hospital = new Hospital();
        var (kept, own) = (Directory.CreateTempSubdirectory("serment-older-").FullName, Path.Combine(hospital.Directory, "custodian"));
        var passphrase = Path.Combine(kept, "passphrase.txt");
        await File.WriteAllTextAsync(passphrase, "une phrase secrète d'essai");
        var environment = new Dictionary<string, string> { ["SERMENT_PASSPHRASE_FILE"] = passphrase };
        await hospital.StartAsync(["--empty"], environment);
        await hospital.StopAsync();
        Copy(own, Path.Combine(kept, "custodian"));
        Copy(Path.Combine(hospital.Directory, "mirror"), Path.Combine(kept, "mirror"));

        // A day of work: whatever is signed in is in the journal, and the Server remembers how far it got.
        using (var custodian = new CustodianProcess(demonstration: false, directory: hospital.Directory, setting: new CustodianSetting { Environment = environment }))
        {
            var staff = new Staff(custodian);
            await staff.EnrolAsync(hospital.Said().Split('\n').First(l => l.Contains("d'invitation (72 h", StringComparison.Ordinal)).Split(':')[^1].Trim());
        }
        await hospital.StartAsync(["--empty"], environment);
        await hospital.StopAsync();

        Directory.Delete(own, recursive: true);
        Directory.Delete(Path.Combine(hospital.Directory, "mirror"), recursive: true);
        Copy(Path.Combine(kept, "custodian"), own);
        Copy(Path.Combine(kept, "mirror"), Path.Combine(hospital.Directory, "mirror"));
        var (code, said) = await SermentCommand.RunAsync(environment, "run", "--empty", "--data", hospital.Directory, "--port", $"{OfficerBrowser.FreePort()}");
        Assert.Equal(1, code);
        Assert.Contains("sauvegarde plus ancienne", said, StringComparison.Ordinal);
        Assert.Contains("custodian-older.md", said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Directory.Delete(kept, recursive: true);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
