using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Serment.Exchange.Fhir;

/// <summary>What a code says: for people and for programs.</summary>
internal sealed record Coded(string Label, string? Code, string? System);

/// <summary>How FHIR's data types are read. What does not have the expected shape reads as null, never as a fault.</summary>
internal static class FhirElements
{
    public const string Loinc = "http://loinc.org", Snomed = "http://snomed.info/sct", Ucum = "http://unitsofmeasure.org";

    public static JsonElement? At(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement json, string name) =>
        json.At(name) is { ValueKind: JsonValueKind.String } value && value.GetString()!.Trim() is { Length: > 0 } text ? text : null;

    public static IEnumerable<JsonElement> Each(this JsonElement json, string name) =>
        json.At(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static JsonElement? First(this JsonElement json, string name) =>
        json.At(name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : null;

    public static decimal? Number(this JsonElement json, string name) =>
        json.At(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var number) ? number : null;

    /// <summary>A CodeableConcept or a Coding: its own text first, then the first display.</summary>
    public static Coded? Concept(this JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) return null;
        var coding = json.At("coding") is null ? json : json.Each("coding").FirstOrDefault(c => c.Text("code") is not null) is { ValueKind: JsonValueKind.Object } coded ? coded : json.First("coding") ?? json;
        var label = json.Text("text") ?? coding.Text("display") ?? coding.Text("code");
        return label is null ? null : new Coded(label, coding.Text("code"), coding.Text("system"));
    }

    /// <summary>The concept's code in that system.</summary>
    public static string? CodeIn(this JsonElement concept, string system) =>
        concept.Each("coding").FirstOrDefault(c => c.Text("system") == system) is { ValueKind: JsonValueKind.Object } coding ? coding.Text("code") : null;

    /// <summary>The concept has that code of that system among its codings.</summary>
    public static bool Has(this JsonElement concept, string system, params ReadOnlySpan<string> codes)
    {
        foreach (var coding in concept.Each("coding"))
            if (coding.Text("system") == system && coding.Text("code") is { } code && codes.Contains(code)) return true;
        return false;
    }

    /// <summary>
    /// Something in it changes the meaning of the rest in a way that only its author knows (FHIR R4, 2.4.1 and 2.26.5.2): whoever does
    /// not understand it may not read on. None is understood here.
    /// </summary>
    public static bool IsModified(this JsonElement resource)
    {
        if (resource.At("implicitRules") is not null) return true;
        return JsonMarshal.GetRawUtf8Value(resource).IndexOf("modifierExtension"u8) >= 0 && Modified(resource);

        static bool Modified(JsonElement json) => json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject().Any(m => (m.Name == "modifierExtension" && m.Value.ValueKind is not JsonValueKind.Null) || Modified(m.Value)),
            JsonValueKind.Array => json.EnumerateArray().Any(Modified),
            _ => false,
        };
    }

    /// <summary>True when reading it as a <see cref="Coded"/> loses nothing.</summary>
    public static bool IsPlainConcept(this JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) return false;
        var codings = json.Each("coding").ToArray();
        if (json.EnumerateObject().Any(p => p.Name is not ("coding" or "text")) || codings.Length > 1) return false;
        if (codings.Length == 0) return true;
        return codings[0].ValueKind == JsonValueKind.Object && codings[0].EnumerateObject().All(p => p.Name is "system" or "code" or "display")
            && (json.Text("text") is not { } text || (codings[0].Text("display") ?? text) == text);
    }

    /// <summary>A FHIR date, partial ones included (their first day, Paris noon where no time is said), or null.</summary>
    public static DateTimeOffset? Instant(string? text)
    {
        if (text is null) return null;
        if (text.Length > 10)
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) && instant.Year > 1850 ? instant.ToUniversalTime() : null;
        if (Day(text) is not { } day) return null;
        var noon = day.ToDateTime(new TimeOnly(12, 0));
        return new DateTimeOffset(noon, ClinicalTime.Paris.GetUtcOffset(noon)).ToUniversalTime();
    }

    public static DateOnly? Day(string? text)
    {
        if (text is null) return null;
        var whole = text.Length switch { 4 => text + "-01-01", 7 => text + "-01", > 10 => text[..10], _ => text };
        return DateOnly.TryParseExact(whole, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year > 1850 ? day : null;
    }

    /// <summary>6,4 mmol/L: a quantity as a French reader writes it; at most four digits after the comma.</summary>
    public static string French(this decimal number, string? unit) =>
        number.ToString("#,0.####", ClinicalTime.French) + (unit is null or "1" || unit.StartsWith('{') ? "" : " " + unit);
}
