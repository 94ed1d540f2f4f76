using System.Globalization;
using Serment.Benchmarks;

// bench [--quick] [--json FILE]
var quick = args.Contains("--quick");
var json = Array.IndexOf(args, "--json") is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
if (args.Contains("--help")) { Console.WriteLine("bench [--quick] [--json FICHIER]     mesure les lignes du tableau de vitesse ; --quick : moins de 90 s"); return 0; }
if (args.Where((a, i) => a != "--quick" && a != "--json" && !(i > 0 && args[i - 1] == "--json")).Any() || args.Contains("--json") && json is null) { Console.Error.WriteLine("bench [--quick] [--json FICHIER]"); return 2; }

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} processors, load average {LoadAverage()} before; .NET {Environment.Version}; {(quick ? "quick" : "full")}\n"));
var rows = new List<Row>();
using (var cell = new CustodianProcess())
{
    var wards = await Wards.FillAsync(cell, 8);
    await MeasureAsync("releases", () => ReleaseMeasures.RunAsync(cell, wards, quick));
    await MeasureAsync("charts", () => ChartMeasures.RunAsync(cell, wards, quick));
    await MeasureAsync("import", () => ImportMeasures.RunAsync(cell, quick));
}
await MeasureAsync("identities", () => IdentityMeasures.RunAsync(quick));
await MeasureAsync("screens", () => ScreenMeasures.RunAsync(quick));
rows.AddRange(
[
    Row.Missing("HL7 v2 ADT feed", "messages/s", 500, "no feed yet"),
    Row.Missing("memory added by a file of 2 GB", "MB", 50, "not written yet"),
    Row.Missing("user change by tap", "s", 2, "needs two officers and an enrolled station: the browser test FirstLineTests walks it and says how long it took"),
]);
Console.Error.WriteLine();
Table.Print(rows);
Console.WriteLine($"\nload average {LoadAverage()} after");
if (json is not null) Table.Write(json, rows);
return 0;

async Task MeasureAsync(string what, Func<Task<IReadOnlyList<Row>>> measure)
{
    var watch = System.Diagnostics.Stopwatch.StartNew();
    Console.Error.Write($"{what}… ");
    try { rows.AddRange(await measure()); }
    catch (Exception fault) when (fault is TimeoutException or RefusedException or InvalidOperationException or Microsoft.Playwright.PlaywrightException or IOException) { rows.Add(Row.Missing(what, "", null, $"failed: {fault.Message.Split('\n')[0]}")); }
    Console.Error.WriteLine($"{watch.Elapsed.TotalSeconds:0} s");
    if (json is not null) Table.Write(json, rows); // What was measured stays when the rest is interrupted.
}

static string LoadAverage() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
