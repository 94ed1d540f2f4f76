using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serment.Benchmarks;

/// <summary>One line of the speed table of the design.</summary>
/// <param name="Value">Null: not measured, and <paramref name="Note"/> says why.</param>
/// <param name="Baseline">The same work without the protection, measured in the same run; null where the design names none.</param>
/// <param name="Bar">What the value must reach (rates, ratios) or stay below (times, memory).</param>
/// <param name="Met">Null when nothing was measured or nothing is asked.</param>
public sealed record Row(string Name, double? Value, string Unit, double? Baseline, double? Ratio, double? Bar, bool? Met, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Note = null)
{
    public static Row AtMost(string name, double value, string unit, double? bar, string? note = null) => new(name, Round(value), unit, null, null, bar, bar is { } b ? value <= b : null, note);

    public static Row AtLeast(string name, double value, string unit, double? bar, string? note = null) => new(name, Round(value), unit, null, null, bar, bar is { } b ? value >= b : null, note);

    public static Row Missing(string name, string unit, double? bar, string why) => new(name, null, unit, null, null, bar, null, why);

    /// <summary>How much more than the baseline.</summary>
    public static Row Added(string name, double value, double baseline, string unit, double bar, string? note = null) =>
        new(name, Round(value - baseline), unit, Round(baseline), Round(value / baseline), bar, value - baseline <= bar, note);

    /// <summary>Which part of the baseline is left.</summary>
    public static Row PartOf(string name, double value, double baseline, string unit, double bar, string? note = null) =>
        new(name, Round(value), unit, Round(baseline), Round(value / baseline), bar, value / baseline >= bar, note);

    /// <summary>Two ways in one run, and nothing that the design asks of them.</summary>
    /// <param name="ratio">Median of the runs' ratios.</param>
    public static Row Beside(string name, double value, double baseline, string unit, double ratio, string? note = null) =>
        new(name, Round(value), unit, Round(baseline), Round(ratio), null, null, note);

    private static double Round(double value) => Math.Abs(value) >= 100 ? Math.Round(value) : Math.Round(value, 3);
}

public static class Table
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Print(IReadOnlyList<Row> rows)
    {
        var width = rows.Max(r => r.Name.Length);
        Console.WriteLine($"{"".PadRight(width)}  {"value",10}  {"unit",-11} {"baseline",10} {"ratio",7} {"bar",8}");
        foreach (var row in rows)
            Console.WriteLine($"{row.Name.PadRight(width)}  {Text(row.Value),10}  {row.Unit,-11} {Text(row.Baseline),10} {Text(row.Ratio),7} {Text(row.Bar),8}  {(row.Value is null ? "not measured" : row.Met switch { true => "met", false => "MISSED", null => "" })}{(row.Note is null ? "" : $"  ({row.Note})")}");
    }

    public static void Write(string file, IReadOnlyList<Row> rows) => File.WriteAllText(file, JsonSerializer.Serialize(rows, Json) + "\n");

    private static string Text(double? value) => value?.ToString(Math.Abs(value.Value) >= 100 ? "N0" : "0.###", CultureInfo.InvariantCulture) ?? "–";
}
