using System.Diagnostics;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A journal written by a real Custodian, checked from outside by files alone.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly CustodianProcess _cell = new();

    [Fact]
    public async Task It_is_whole_while_the_custodian_writes_after_a_kill_and_after_the_next_start()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var patients = await WardAsync(nurse, 20);
        using var stop = new CancellationTokenSource();
        var work = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys(patients, [Domain.Clinical, Domain.Medication], "care"));
        });
        var checks = 0;
        for (var until = DateTimeOffset.UtcNow.AddSeconds(5); DateTimeOffset.UtcNow < until; checks++)
        {
            var (code, said) = JournalFiles.Run("verify", _cell.Directory);
            Assert.True(code == 0, said);
            await Task.Delay(100);
        }
        await stop.CancelAsync();
        await work;
        Assert.True(checks > 2);
        var note = Path.Combine(_cell.Directory, "remembered.note");
        await File.WriteAllTextAsync(note, (await _cell.Client.AskUnsignedAsync(CellVerbs.Checkpoint, "", Nothing.AtAll)).Note);
        _cell.Kill();
        Assert.Equal(0, JournalFiles.Run("verify", _cell.Directory, "--since", note).Code);
        _cell.Start();
        var (after, whole) = JournalFiles.Run("verify", _cell.Directory, "--since", note, "--key", _cell.Status.JournalKey);
        Assert.True(after == 0, whole);
        Assert.True((await JournalFiles.OpenAsync(_cell.Directory)).Count(entry => entry.Kind == "release") > 100);
        Assert.Equal(0, JournalFiles.Run("prove", _cell.Directory, "--index", "77").Code);

        // And as anyone would, by the command.
        using var command = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "journal", "verify", "--data", _cell.Directory, "--json"]) { RedirectStandardOutput = true })!;
        using var answer = System.Text.Json.JsonDocument.Parse(await command.StandardOutput.ReadToEndAsync());
        await command.WaitForExitAsync();
        Assert.Equal(0, command.ExitCode);
        Assert.True(answer.RootElement.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task An_older_copy_put_back_is_told_by_the_note_that_was_remembered()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        _cell.Kill();
        var (journal, older) = (Path.Combine(_cell.Directory, "custodian", "journal"), Path.Combine(_cell.Directory, "older"));
        _cell.Start();
        _cell.Kill();
        Copy(journal, older);
        _cell.Start();
        await WardAsync(nurse, 1);
        await _cell.EnterAsync(Role.Physician);
        _cell.Kill();
        _cell.Start();
        var note = Path.Combine(_cell.Directory, "remembered.note");
        await File.WriteAllTextAsync(note, (await _cell.Client.AskUnsignedAsync(CellVerbs.Checkpoint, "", Nothing.AtAll)).Note);
        _cell.Kill();
        Directory.Delete(journal, recursive: true);
        Copy(older, journal);
        // The copy is whole in itself, and the Custodian starts on it: only who remembers knows.
        _cell.Start();
        var (code, said) = JournalFiles.Run("verify", _cell.Directory, "--since", note);
        Assert.Equal(1, code);
        Assert.Contains("Régression", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_byte_in_the_sealed_entries_keeps_it_from_starting_and_says_where()
    {
        await _cell.EnterAsync(Role.Nurse);
        _cell.Kill();
        var path = Path.Combine(_cell.Directory, "custodian", "journal", "fields", "000000000000.log");
        _cell.Start();
        await _cell.EnterAsync(Role.Nurse);
        _cell.Kill();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[40] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        var (code, error) = _cell.StartAnother();
        Assert.Equal(1, code);
        Assert.Contains("Le journal a été altéré après l'entrée 0", error, StringComparison.Ordinal);
        bytes[40] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        _cell.Start();
    }

    private async Task<IReadOnlyList<PatientId>> WardAsync(Person nurse, int patients)
    {
        var import = _cell.Import();
        var ward = new List<PatientId>();
        for (var i = 0; i < patients; i++)
        {
            var traits = new IdentityTraits("Essai" + (char)('A' + i), "Jeanne", null, new DateOnly(1951, 2, 3).AddDays(40 * i), Sex.Female, "75056");
            ward.Add((await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"journal|{i}"))).Created!.Patient);
            await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), ward[^1], "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        }
        return ward;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    public void Dispose() => _cell.Dispose();
}
