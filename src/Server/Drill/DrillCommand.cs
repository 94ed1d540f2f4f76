using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serment.Server.Commands;

namespace Serment.Server.Drill;

/// <summary>
/// serment drill: plays the attackers of the design against a throw-away cell and counts whom they reached.
/// Exit codes: 0 every bar met, 1 a bar missed or no cell, 2 misuse.
/// </summary>
internal static class DrillCommand
{
    private const string Help = """
        serment drill [--attacker A1|A2|A4] [--patients N] [--json FICHIER]
            Joue les attaques contre un établissement jetable aux patients témoins (200 par défaut) et compte ceux qui ont été atteints.
            A1 mot de passe volé · A2 cookie ou profil de navigateur copié · A4 un administrateur seul
            --planted : donne la clé de session d'une infirmière à l'attaquant A2 ; l'exercice doit alors échouer.
        """;

    /// <summary>Distinct patients that each may reach at most. DESIGN §1.</summary>
    private static readonly Dictionary<string, int> Bars = new() { ["A1"] = 0, ["A2"] = 0, ["A4"] = 0 };

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record Line(
        [property: JsonPropertyName("attacker")] string Attacker, [property: JsonPropertyName("patients")] int Patients, [property: JsonPropertyName("reached")] int Reached, [property: JsonPropertyName("bar")] int Bar,
        [property: JsonPropertyName("met")] bool Met, [property: JsonPropertyName("first_alarm_s")] double? FirstAlarm, [property: JsonPropertyName("stopped_by")] string StoppedBy, [property: JsonIgnore] int Attempts);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help")) { Console.WriteLine(Help); return 0; }
        var line = new CommandLine(args, ["--planted"], ["--attacker", "--patients", "--json"]);
        string[] attackers = line.Value("--attacker", "") is { Length: > 0 } one ? [one.ToUpperInvariant()] : [.. Bars.Keys];
        if (!attackers.All(Bars.ContainsKey)) throw new RefusedException("usage", Help);
        if (!int.TryParse(line.Value("--patients", "200"), CultureInfo.InvariantCulture, out var patients) || patients is < 5 or > 5000) throw new RefusedException("usage", "--patients : de 5 à 5000.");
        var played = new List<Line>();
        foreach (var attacker in attackers) played.Add(await PlayAsync(attacker, patients, line.Has("--planted")).ConfigureAwait(false));
        Print(played);
        if (line.Value("--json", "") is { Length: > 0 } file) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(played, Json) + "\n").ConfigureAwait(false);
        return played.All(p => p.Met) ? 0 : 1;
    }

    /// <summary>Each attacker meets a cell that no other has touched.</summary>
    private static async Task<Line> PlayAsync(string attacker, int patients, bool planted)
    {
        var cell = await ThrowawayCell.MakeAsync(patients, step => Console.Error.WriteLine($"{attacker}  {step}")).ConfigureAwait(false);
        await using (cell.ConfigureAwait(false))
        {
            var loot = new Loot(cell.Canaries, cell.Rows);
            using var over = new CancellationTokenSource();
            var watch = Stopwatch.StartNew();
            double? alarm = null;
            var listening = ListenAsync();
            await Console.Error.WriteLineAsync($"{attacker}  attaque…").ConfigureAwait(false);
            await new Attacks(cell, loot, planted).PlayAsync(attacker).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new Line(attacker, patients, loot.Reached, Bars[attacker], loot.Reached <= Bars[attacker], alarm, loot.StoppedBy, loot.Attempts);

            async Task ListenAsync()
            {
                await foreach (var notice in cell.Client.WatchAsync(cell.Status.Cell, over.Token).ConfigureAwait(false))
                    if (notice.Kind == "alarm") alarm ??= Math.Round(watch.Elapsed.TotalSeconds, 1);
            }
        }
    }

    private static void Print(List<Line> played)
    {
        Console.WriteLine($"{"attaquant",-10} {"témoins",8} {"essais",7} {"atteints",9} {"limite",7}  {"",-7} {"alarme",8}  arrêté par");
        foreach (var line in played)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{line.Attacker,-10} {line.Patients,8} {line.Attempts,7} {line.Reached,9} {line.Bar,7}  {(line.Met ? "tenue" : "FRANCHIE"),-7} {(line.FirstAlarm is { } s ? $"{s:0.0} s" : "–"),8}  {line.StoppedBy}"));
    }
}
