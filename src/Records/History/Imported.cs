using System.Text;
using System.Text.Json;

namespace Serment.Records.History;

// What other systems knew and this one has no room for yet. All share label and value, for lists that show every kind.

/// <summary>One laboratory or other result, or the report over several.</summary>
/// <param name="Value">As a person reads it, unit included; null for a report without conclusion.</param>
/// <param name="Group">The source's own category: "laboratory", "imaging", "survey"…</param>
/// <param name="Number">When it is a quantity, in <paramref name="Unit"/> (UCUM).</param>
/// <param name="Flag">The source's own judgement: "H", "L", "HH", "N"…</param>
/// <param name="Parts">Several values under one result.</param>
/// <param name="Status">Where the source says that it is not final: "preliminary", "amended", "corrected", "cancelled" (then the entry is withdrawn)…; null when it is.</param>
public sealed record Result(string Label, string? Value, string? Code = null, string? System = null, string? Group = null, decimal? Number = null, string? Unit = null, decimal? Low = null, decimal? High = null, string? Flag = null, IReadOnlyList<ResultPart>? Parts = null, string? Status = null)
{
    public const string Room = "result";
}

public sealed record ResultPart(string Label, string? Value, string? Code = null, string? System = null, decimal? Number = null, string? Unit = null);

/// <summary>An act that was done.</summary>
public sealed record PastAct(string Label, string? Value, string? Code = null, string? System = null, DateTimeOffset? Until = null, string? Place = null, string? Reason = null)
{
    public const string Room = "procedure";
}

/// <summary>A vaccination, given or not (then <paramref name="Value"/> says so).</summary>
public sealed record Vaccination(string Label, string? Value, string? Code = null, string? System = null, string? Lot = null)
{
    public const string Room = "immunization";
}

/// <summary>
/// A medicine of the past: "order", "administration", "dispense", "statement", "proposal" (nobody ordered it) or "prohibition"
/// (an order not to give it; the label says so too). Never prescribes anything here.
/// </summary>
/// <param name="Value">What is not ordinary about it, then the dosage, as text.</param>
public sealed record PastMedication(string Label, string? Value, string Kind, string? Code = null, string? System = null, string? Status = null, string? Reason = null)
{
    public const string Room = "medication";
}

/// <summary>A visit or stay elsewhere.</summary>
public sealed record PastEncounter(string Label, string? Value, string? Code = null, string? System = null, string? Class = null, DateTimeOffset? Until = null, string? Place = null, string? Reason = null)
{
    public const string Room = "encounter";
}

/// <summary>A document with its content, when the source carried it.</summary>
/// <param name="Data">Base64.</param>
public sealed record PastDocument(string Label, string? Value, string? Code = null, string? System = null, string? ContentType = null, string? Data = null)
{
    public const string Room = "document";
}

/// <summary>Kept whole, as it came, without being understood.</summary>
/// <param name="Type">The source's name of its kind.</param>
public sealed record KeptAsIs(string Label, string? Value, string Type, JsonElement Original)
{
    public const string Room = "attachment";
    private const int Longest = 200;

    /// <summary>All of it for a person to read, member by member; files in it are only named, they are read apart.</summary>
    /// <param name="body">The entry's, whether or not it has the shape of this record.</param>
    public static string? Readable(JsonElement body)
    {
        if (!body.TryGetProperty("original", out var original)) return null;
        var text = new StringBuilder();
        Say(text, original, 0, "");
        return text.ToString();
    }

    private static void Say(StringBuilder text, JsonElement json, int depth, string name)
    {
        var start = new string(' ', depth * 2) + (name.Length > 0 ? name + " : " : "– ");
        if (json.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            if (depth > 0) text.AppendLine(start.TrimEnd());
            if (json.ValueKind is JsonValueKind.Object) foreach (var member in json.EnumerateObject()) Say(text, member.Value, depth + 1, member.Name);
            else foreach (var item in json.EnumerateArray()) Say(text, item, depth + 1, "");
        }
        else text.Append(start).AppendLine(name == "data" && json.ToString() is { Length: > Longest } ? "…" : json.ToString());
    }
}
