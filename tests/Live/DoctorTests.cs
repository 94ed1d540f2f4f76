using Xunit;

namespace Serment.Live.Tests;

/// <summary>`serment doctor` on a real cell: says nothing is wrong, then finds what was made wrong.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class DoctorTests : IDisposable
{
    private readonly CustodianProcess _cell = new();

    [Fact]
    public async Task A_sound_cell_passes_and_each_thing_made_wrong_is_named()
    {
        var (code, text) = await DoctorAsync();
        Assert.True(code == 0, text);
        File.SetUnixFileMode(Path.Combine(_cell.Directory, "mirror"), (UnixFileMode)0b111_101_101);
        (code, text) = await DoctorAsync();
        Assert.Equal(1, code);
        Assert.Contains("chmod 700", text, StringComparison.Ordinal);
        File.SetUnixFileMode(Path.Combine(_cell.Directory, "mirror"), (UnixFileMode)0b111_000_000);

        _cell.Kill();
        File.Delete(Path.Combine(_cell.Directory, "mirror", "state-mirror.db"));
        Assert.Contains("n'a pas de copie", (await DoctorAsync()).Said, StringComparison.Ordinal);
        await File.AppendAllTextAsync(Path.Combine(_cell.Directory, "custodian", "journal", "checkpoint"), "— quelqu'un AAAA\n");
        var checkpoint = Path.Combine(_cell.Directory, "custodian", "journal", "checkpoint");
        await File.WriteAllTextAsync(checkpoint, (await File.ReadAllTextAsync(checkpoint)).Replace("\n\n", "\nx\n\n", StringComparison.Ordinal));
        Assert.Contains("ne se vérifie pas", (await DoctorAsync()).Said, StringComparison.Ordinal);
    }

    private Task<(int Code, string Said)> DoctorAsync() => SermentCommand.RunAsync("doctor", "--data", _cell.Directory);

    public void Dispose() => _cell.Dispose();
}
