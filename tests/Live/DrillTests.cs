using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The attackers of the design, played by ./serment drill as anyone runs it.</summary>
public sealed class DrillTests
{
    [Fact]
    public async Task A_stolen_password_a_copied_profile_and_one_administrator_reach_nobody()
    {
        var (code, lines) = await DrillAsync();
        Assert.Equal(0, code);
        Assert.Equal(["A1", "A2", "A4"], lines.Select(l => l.GetProperty("attacker").GetString()));
        Assert.All(lines, line =>
        {
            Assert.Equal(["attacker", "patients", "reached", "bar", "met", "first_alarm_s", "stopped_by"], line.EnumerateObject().Select(p => p.Name));
            Assert.Equal((40, 0, 0, true), (line.GetProperty("patients").GetInt32(), line.GetProperty("reached").GetInt32(), line.GetProperty("bar").GetInt32(), line.GetProperty("met").GetBoolean()));
        });
        // Each was stopped by the rule that is meant to stop him, not by a drill that knocks at no door.
        Assert.Contains("enrol.invitation", StoppedBy(lines[0]), StringComparison.Ordinal);
        Assert.Contains("request.replayed", StoppedBy(lines[1]), StringComparison.Ordinal);
        Assert.Contains("approval.same-person", StoppedBy(lines[2]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handed_a_nurses_session_key_the_drill_counts_whom_it_opens_and_fails()
    {
        var (code, lines) = await DrillAsync("--attacker", "A2", "--planted");
        var line = Assert.Single(lines);
        Assert.Equal(1, code);
        Assert.False(line.GetProperty("met").GetBoolean());
        Assert.InRange(line.GetProperty("reached").GetInt32(), 30, 40);
        Assert.True(line.GetProperty("first_alarm_s").GetDouble() >= 0);
    }

    [Fact]
    public async Task An_attacker_that_is_not_played_is_a_misuse()
    {
        var (code, lines) = await DrillAsync("--attacker", "A9");
        Assert.Equal(2, code);
        Assert.Empty(lines);
    }

    private static string StoppedBy(JsonElement line) => line.GetProperty("stopped_by").GetString()!;

    private static async Task<(int Code, JsonElement[] Lines)> DrillAsync(params string[] options)
    {
        var file = Path.Combine(Path.GetTempPath(), $"serment-drill-{Id.New<EntryId>()}.json");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "drill", "--patients", "40", "--json", file, .. options]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        TestContext.Current.SendDiagnosticMessage(await said + await faults);
        if (!File.Exists(file)) return (process.ExitCode, []);
        var lines = JsonSerializer.Deserialize<JsonElement[]>(await File.ReadAllTextAsync(file))!;
        File.Delete(file);
        return (process.ExitCode, lines);
    }
}
