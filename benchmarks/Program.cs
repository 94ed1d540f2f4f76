using System.Globalization;
using Serment.Benchmarks;

// bench [--quick|--full] [--json FILE] [--only PART,PART]
string? Value(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
var (quick, full, json, only) = (args.Contains("--quick"), args.Contains("--full"), Value("--json"), Value("--only")?.Split(','));
string[] parts = ["releases", "charts", "import", "identities", "journal", "standby", "letters", "screens", "files", "tap"];
var usage = $"bench [--quick|--full] [--json FICHIER] [--only PARTIE,…]     PARTIE : {string.Join(", ", parts)}     mesure les lignes du tableau de vitesse ; --quick : quelques minutes ; --full : journal de 50 000 000 d’entrées, lettres en PDF";
if (args.Contains("--help")) { Console.WriteLine(usage); return 0; }
if (args.Where((a, i) => a is not ("--quick" or "--full" or "--json" or "--only") && !(i > 0 && args[i - 1] is "--json" or "--only")).Any() || args.Contains("--json") && json is null || args.Contains("--only") && only is null || only?.Except(parts).Any() == true) { Console.Error.WriteLine(usage); return 2; }

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} processors, load average {LoadAverage()} before; .NET {Environment.Version}; {(quick ? "quick" : full ? "full" : "usual")}\n"));
var rows = new List<Row>();
using (var cell = new CustodianProcess())
{
    var wards = await Wards.FillAsync(cell, 8);
    await MeasureAsync("releases", () => ReleaseMeasures.RunAsync(cell, wards, quick));
    await MeasureAsync("charts", () => ChartMeasures.RunAsync(cell, wards, quick));
    await MeasureAsync("import", () => ImportMeasures.RunAsync(cell, quick));
}
await MeasureAsync("identities", () => IdentityMeasures.RunAsync(quick));
await MeasureAsync("journal", () => JournalMeasures.RunAsync(quick, full));
await MeasureAsync("standby", () => StandbyMeasures.RunAsync(quick));
await MeasureAsync("letters", () => LetterMeasures.RunAsync(quick, full));
await MeasureAsync("screens", () => ScreenMeasures.RunAsync(quick));
await MeasureAsync("files", () => FileMeasures.RunAsync(quick));
await MeasureAsync("tap", () => TapMeasures.RunAsync(quick));
rows.Add(Row.Missing("HL7 v2 ADT feed", "messages/s", 500, "no feed yet"));
Console.Error.WriteLine();
Table.Print(rows);
Console.WriteLine($"\nload average {LoadAverage()} after");
if (json is not null) Table.Write(json, rows);
return 0;

async Task MeasureAsync(string what, Func<Task<IReadOnlyList<Row>>> measure)
{
    if (only?.Contains(what) == false) return;
    var watch = System.Diagnostics.Stopwatch.StartNew();
    Console.Error.Write($"{what}… ");
    try { rows.AddRange(await measure()); }
    catch (Exception fault) when (fault is TimeoutException or RefusedException or InvalidOperationException or Microsoft.Playwright.PlaywrightException or IOException) { rows.Add(Row.Missing(what, "", null, $"failed: {fault.Message.Split('\n')[0]}")); }
    Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds:0} s");
    if (json is not null) Table.Write(json, rows); // What was measured stays when the rest is interrupted.
}

static string LoadAverage() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
