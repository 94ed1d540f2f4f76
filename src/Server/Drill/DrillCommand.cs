using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serment.Server.Commands;

namespace Serment.Server.Drill;

/// <summary>
/// serment drill: plays the attackers of the design against throw-away cells and counts whom they reached.
/// Exit codes: 0 every bar met, 1 a bar missed or no cell, 2 misuse.
/// </summary>
internal static class DrillCommand
{
    private const int Fewest = 60, Most = 2_000_000, ElsewhereMost = 300;

    private const string Help = """
        serment drill [--attacker A1..A8[,…]] [--patients N] [--data DIR] [--json FICHIER]
            Joue les attaques contre des établissements jetables aux patients témoins (20 000 par défaut, 60 à 2 000 000) et compte ceux qui ont été atteints :
            chaque patient porte une marque par type de données, et seul compte ce qui arrive chez l'attaquant. Jamais sur vos données.
            A1 mot de passe volé · A2 cookie ou profil de navigateur copié · A3 programme malveillant sur un poste vivant · A4 un administrateur seul
            A5 hébergeur : base, disque, sauvegardes · A6 serveur d'application piégé · A7 root sur le gardien · A8 compte de l'éditeur
            --data : où ces établissements sont faits puis effacés, un dossier absent ou vide (le dossier temporaire sinon ; un million de patients : 60 Go).
            --prove : joue aussi chaque attaquant contre une faiblesse posée exprès, qu'il doit trouver : l'exercice sait échouer.
            --planted : ne joue que contre la faiblesse posée ; l'exercice échoue alors.
        """;

    private static readonly string[] Attackers = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"];

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record Measured([property: JsonPropertyName("what")] string What, [property: JsonPropertyName("reached")] int Reached, [property: JsonPropertyName("bar")] int? Bar, [property: JsonPropertyName("met")] bool Met);

    private sealed record Line(
        [property: JsonPropertyName("attacker")] string Attacker, [property: JsonPropertyName("patients")] int Patients, [property: JsonPropertyName("reached")] int Reached, [property: JsonPropertyName("bar")] int Bar,
        [property: JsonPropertyName("met")] bool Met, [property: JsonPropertyName("first_alarm_s")] double? FirstAlarm, [property: JsonPropertyName("stopped_by")] string StoppedBy,
        [property: JsonPropertyName("domains")] IReadOnlyList<string> Domains, [property: JsonPropertyName("attempts")] int Attempts, [property: JsonPropertyName("parts")] IReadOnlyList<Measured> Parts,
        [property: JsonPropertyName("finds_planted"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? FindsPlanted = null);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help")) { Console.WriteLine(Help); return 0; }
        var line = new CommandLine(args, ["--planted", "--prove"], ["--attacker", "--patients", "--json", "--data"]);
        string[] attackers = line.Value("--attacker", "") is { Length: > 0 } some ? some.ToUpperInvariant().Split(',') : Attackers;
        if (!attackers.All(Attackers.Contains)) throw new RefusedException("usage", Help);
        if (!int.TryParse(line.Value("--patients", "20000"), NumberStyles.None, CultureInfo.InvariantCulture, out var patients) || patients is < Fewest or > Most) throw new RefusedException("usage", $"--patients : de {Fewest} à {Most}.");
        if (line.Has("--data")) MakeUnder(line.Data);
        var played = new List<Line>();
        var watch = Stopwatch.StartNew();
        var seed = await Founding.MakeAsync(patients, Progress).ConfigureAwait(false);
        await using (seed.ConfigureAwait(false))
        {
            Say($"{patients} patients témoins en {watch.Elapsed.TotalSeconds:0} s ({patients / watch.Elapsed.TotalSeconds:0} par seconde).");
            await seed.StopAsync().ConfigureAwait(false);
            foreach (var attacker in attackers)
            {
                var row = await PlayAsync(attacker, seed, line.Has("--planted")).ConfigureAwait(false);
                played.Add(line.Has("--prove") ? row with { FindsPlanted = !(await PlayAsync(attacker, seed, planted: true).ConfigureAwait(false)).Met } : row);
            }
        }
        if (line.Has("--data")) Clear(line.Data);
        Print(played);
        if (line.Value("--json", "") is { Length: > 0 } file) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(played, Json) + "\n").ConfigureAwait(false);
        return played.All(p => p.Met && p.FindsPlanted is not false) ? 0 : 1;
    }

    /// <summary>All that the drill and its processes write lies under that folder.</summary>
    /// <exception cref="RefusedException">Something lies there: it may be an establishment.</exception>
    private static void MakeUnder(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new RefusedException("drill.data", $"--data : {folder} n'est pas vide, et l'exercice ne touche à rien qui existe. Donnez un dossier absent ou vide.");
        Directory.CreateDirectory(folder);
        Environment.SetEnvironmentVariable("TMPDIR", folder);
    }

    /// <summary>Of what its processes left there too: it held nothing before.</summary>
    private static void Clear(string folder)
    {
        foreach (var left in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            if (left is DirectoryInfo inner) inner.Delete(recursive: true);
            else left.Delete();
    }

    /// <summary>Each attacker meets a cell that no other has touched.</summary>
    private static async Task<Line> PlayAsync(string attacker, ThrowawayCell seed, bool planted)
    {
        var watch = Stopwatch.StartNew();
        Say($"{attacker}  établissement…");
        var cell = await seed.CopyAsync().ConfigureAwait(false);
        await using (cell.ConfigureAwait(false))
        {
            var people = cell.People;
            var sink = new Sink(people.Canaries, people.Patients.Length, () => cell.Rows);
            var began = cell.Now;
            Say($"{attacker}  attaque…");
            var outcome = attacker switch
            {
                "A1" => await new StolenPassword(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                "A2" => await new CopiedProfile(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                "A3" => await new LiveMalware(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                "A4" => await new OneAdministrator(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                "A5" => await new StolenHost(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                "A6" => await TwoCellsAsync(cell, sink, planted).ConfigureAwait(false),
                "A7" => await new CustodianRoot(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                "A8" => await new VendorAccount(cell, sink, planted).PlayAsync().ConfigureAwait(false),
                _ => throw new UnreachableException(attacker),
            };
            var first = outcome.Parts[0];
            Say($"{attacker}  {(planted ? "faiblesse posée : " : "")}{(outcome.Parts.All(p => p.Met) ? "tenu" : "FRANCHI")} en {watch.Elapsed.TotalSeconds:0} s.");
            return new Line(attacker, people.Patients.Length, first.Reached, first.Bar ?? 0, outcome.Parts.All(p => p.Met), outcome.FirstAlarm ?? cell.FirstAlarm(began), outcome.StoppedBy ?? sink.StoppedBy, sink.Domains, sink.Attempts,
                [.. outcome.Parts.Select(p => new Measured(p.What, p.Reached, p.Bar, p.Met))]);
        }
    }

    private static async Task<Outcome> TwoCellsAsync(ThrowawayCell cell, Sink sink, bool planted)
    {
        var elsewhere = await Founding.MakeAsync(Math.Min(ElsewhereMost, cell.People.Patients.Length), (_, _, _) => { }).ConfigureAwait(false);
        await using (elsewhere.ConfigureAwait(false))
            return await new PatchedServer(cell, elsewhere, sink, new Sink(elsewhere.People.Canaries, elsewhere.People.Patients.Length, () => elsewhere.Rows), planted).PlayAsync().ConfigureAwait(false);
    }

    private static void Print(List<Line> played)
    {
        Console.WriteLine("| | essais | mesuré | atteints | limite | | première alarme | arrêté par |\n|---|--:|---|--:|--:|---|--:|---|");
        foreach (var line in played)
            foreach (var (part, i) in line.Parts.Select((p, i) => (p, i)))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {(i == 0 ? line.Attacker : "")} | {(i == 0 ? $"{line.Attempts}" : "")} | {part.What} | {part.Reached} | {part.Bar?.ToString(CultureInfo.InvariantCulture) ?? "–"} | {(part.Bar is null ? "" : part.Met ? "tenue" : "**franchie**")} | {(i > 0 ? "" : line.FirstAlarm is { } s ? $"{s:0.#} s" : "–")} | {(i == 0 ? line.StoppedBy : "")} |"));
    }

    private static void Progress(string what, int done, int of)
    {
        const int width = 30;
        if (Console.IsErrorRedirected) return;
        Console.Error.Write($"\r  [{new string('#', done * width / of)}{new string('.', width - done * width / of)}] {done}/{of} {what}{(done == of ? "\n" : "")}");
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
