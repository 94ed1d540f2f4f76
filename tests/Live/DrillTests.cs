using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The attackers of the design, played by ./serment drill as anyone runs it.</summary>
public sealed class DrillTests
{
    private static readonly string[] Members = ["attacker", "patients", "reached", "bar", "met", "first_alarm_s", "stopped_by", "domains", "attempts", "parts"];

    /// <summary>The rule that is meant to stop each, so that no drill passes which knocks at no door.</summary>
    private static readonly Dictionary<string, string[]> Stops = new()
    {
        ["A1"] = ["enrol.invitation"], ["A2"] = ["request.replayed", "request.signature"], ["A3"] = ["budget.touch"], ["A4"] = ["approval.same-person"], ["A5"] = ["entropie"], ["A6"] = ["relation.none", "budget.touch"], ["A7"] = ["aucun contenu"], ["A8"] = ["ticket.none", "role.domain"],
    };

    [Fact]
    public async Task Eight_attackers_stay_within_their_bars_and_each_finds_the_weakness_that_is_planted_for_him()
    {
        var (code, lines, said) = await DrillAsync("120", "--prove");
        Assert.True(lines.Length > 0, said);
        Assert.Equal(Stops.Keys, lines.Select(l => l.GetProperty("attacker").GetString()));
        Assert.All(lines, line =>
        {
            Assert.Equal([.. Members, "finds_planted"], line.EnumerateObject().Select(p => p.Name));
            var attacker = line.GetProperty("attacker").GetString()!;
            Assert.True(line.GetProperty("met").GetBoolean(), $"{attacker}: {line.GetProperty("parts")}");
            Assert.True(line.GetProperty("finds_planted").GetBoolean(), $"{attacker} did not find what was planted for him");
            Assert.True(line.GetProperty("reached").GetInt32() <= line.GetProperty("bar").GetInt32());
            Assert.True(line.GetProperty("bar").GetInt32() == 0 == attacker is "A1" or "A2" or "A4" or "A5" or "A7" or "A8");
            Assert.True(Stops[attacker].All(stop => line.GetProperty("stopped_by").GetString()!.Contains(stop, StringComparison.Ordinal)), $"{attacker} was stopped by {line.GetProperty("stopped_by")}");
        });
        Assert.Equal(0, code);
        Assert.InRange(lines[2].GetProperty("first_alarm_s").GetDouble(), 0, 900);
        Assert.Equal(OfficerBrowser.Chromium is not null, SignedInBrowsers(lines[5]));
    }

    [Fact]
    public async Task Without_a_Chromium_the_patched_server_has_no_browsers_and_says_so()
    {
        var (code, lines, said) = await DrillAsync("60", without: true, "--attacker", "A6");
        var line = Assert.Single(lines);
        Assert.True(line.GetProperty("met").GetBoolean(), said);
        Assert.Equal(0, code);
        Assert.False(SignedInBrowsers(line));
        Assert.Contains("sans Chromium", line.GetProperty("parts")[0].GetProperty("what").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_misses_its_bar_fails_the_drill_that_is_played_where_nothing_lies()
    {
        var (parent, where) = (Directory.CreateTempSubdirectory("serment-drills-"), Path.Combine(Path.GetTempPath(), $"serment-drills-{Id.New<EntryId>()}"));
        var (code, lines, _) = await DrillAsync("60", "--attacker", "A8", "--planted", "--data", where);
        Assert.Empty(Directory.GetFileSystemEntries(where)); // made there, and gone
        Directory.Delete(where);
        await File.WriteAllTextAsync(Path.Combine(parent.FullName, "records.db"), "somebody's");
        Assert.Equal((1, 0), await DrillAsync("60", "--attacker", "A8", "--data", parent.FullName) is var (refused, none, said) && said.Contains("n'est pas vide", StringComparison.Ordinal) ? (refused, none.Length) : default);
        Assert.Single(parent.GetFileSystemInfos());
        parent.Delete(recursive: true);
        var line = Assert.Single(lines);
        Assert.Equal(Members, line.EnumerateObject().Select(p => p.Name));
        Assert.Equal(1, code);
        Assert.False(line.GetProperty("met").GetBoolean());
        Assert.InRange(line.GetProperty("reached").GetInt32(), 10, 60);
        Assert.Contains("clinical", line.GetProperty("domains").EnumerateArray().Select(d => d.GetString()));
    }

    [Fact]
    public async Task An_attacker_that_is_not_played_is_a_misuse()
    {
        var (code, lines, _) = await DrillAsync("60", "--attacker", "A9");
        Assert.Equal(2, code);
        Assert.Empty(lines);
    }

    private static bool SignedInBrowsers(JsonElement line) => line.GetProperty("parts")[0].GetProperty("what").GetString()!.Contains("dix navigateurs", StringComparison.Ordinal);

    private static Task<(int Code, JsonElement[] Lines, string Said)> DrillAsync(string patients, params string[] options) => DrillAsync(patients, without: false, options);

    /// <param name="without">Chromium.</param>
    private static async Task<(int Code, JsonElement[] Lines, string Said)> DrillAsync(string patients, bool without, params string[] options)
    {
        var file = Path.Combine(Path.GetTempPath(), $"serment-drill-{Id.New<EntryId>()}.json");
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "drill", "--patients", patients, "--json", file, .. options]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (without) start.Environment["SERMENT_CHROMIUM"] = "/nowhere";
        using var process = Process.Start(start)!;
        var (table, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var said = await table + await faults;
        if (!File.Exists(file)) return (process.ExitCode, [], said);
        var lines = JsonSerializer.Deserialize<JsonElement[]>(await File.ReadAllTextAsync(file))!;
        File.Delete(file);
        return (process.ExitCode, lines, said);
    }
}
