using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Observations;

namespace Serment.Server.Exports;

/// <summary>
/// What of an entry goes into a research extract: coded and measured values by name, months instead of days, and nothing that
/// was typed. A closed list: a room or a member that is not in it stays out.
/// </summary>
internal static class Minimised
{
    private static readonly Dictionary<string, string[]> Members = new()
    {
        [Problem.Room] = ["code", "foreignCode", "active", "since", "until", "category", "certainty"],
        [Allergy.Room] = ["severity", "noneKnown", "refuted", "status", "certainty"],
        [VitalSet.Room] = ["measures", "loinc", "value", "unit"],
        [Result.Room] = ["code", "system", "group", "number", "unit", "low", "high", "flag", "parts", "status"],
        [PastAct.Room] = ["code", "system", "until"],
        [Vaccination.Room] = ["code", "system"],
        [PastMedication.Room] = ["code", "system", "kind", "status"],
        [PastEncounter.Room] = ["code", "system", "class", "until"],
    };

    private static readonly HashSet<string> Dates = ["since", "until"];

    /// <summary>Null when nothing of it is kept: free text, documents, what came from elsewhere without being understood, what was withdrawn.</summary>
    public static object? Of(EntryContent content) =>
        !content.Withdrawn && Members.TryGetValue(content.Room, out var members) && Kept(JsonNode.Parse(content.Body.GetRawText()), members) is JsonObject { Count: > 0 } body
            ? new { content.Room, At = Month(content.At), body }
            : null;

    public static string Month(DateTimeOffset at) => ClinicalTime.Local(at).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    private static JsonNode? Kept(JsonNode? node, string[] members) => node switch
    {
        JsonObject many => new JsonObject(many.Where(m => members.Contains(m.Key) && m.Value is not null).Select(m => KeyValuePair.Create(m.Key, Dates.Contains(m.Key) ? JsonValue.Create(m.Value!.ToString()[..7]) : Kept(m.Value, members)))),
        JsonArray list => new JsonArray([.. list.Select(one => Kept(one, members))]),
        // A vital sign's value is a number; anything typed under an allowed name would have to be a code.
        JsonValue value when value.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.DeepClone(),
        JsonValue value when value.GetValueKind() is JsonValueKind.String && value.ToString() is { Length: <= 64 } text && !text.Contains(' ', StringComparison.Ordinal) => JsonValue.Create(text),
        _ => null,
    };
}
