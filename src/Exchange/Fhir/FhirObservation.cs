using System.Text.Json;
using Serment.Records.History;
using Serment.Records.Observations;

namespace Serment.Exchange.Fhir;

/// <summary>Observations: vital signs in their own units, and everything else that was measured or found.</summary>
internal static class FhirObservation
{
    /// <summary>LOINC codes that say the same as one of ours.</summary>
    private static readonly Dictionary<string, string> SameSign = new() { ["59408-5"] = "2708-6", ["3141-9"] = "29463-7", ["8306-3"] = "8302-2", ["8331-1"] = "8310-5", ["38208-5"] = "72514-3", ["8328-7"] = "8310-5" };

    public static Draft? Read(Reading reading)
    {
        var json = reading.Json;
        if (json.At("code")?.Concept() is null) return null;
        var loinc = json.At("code")!.Value.CodeIn(FhirElements.Loinc);
        var code = reading.Concept("code")!;
        var category = CategoryOf(reading);
        var status = StatusOf(reading);
        var at = reading.When("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued");
        if (json.Text("issued") is { } issued && FhirElements.Instant(issued) is { } said && Math.Abs((said - at).TotalMinutes) < 1) reading.Take("issued");
        var parts = json.Each("component").Select(PartOf).ToArray();
        var wrong = status is "entered-in-error" or "cancelled";
        // Curves show what was measured for good: what is not final, or was called off, stays a result that says so.
        if (status is (null or "amended" or "corrected" or "entered-in-error") && Vitals(reading, loinc, parts) is { } set) return new Draft(Domain.Clinical, VitalSet.Room, at, null, wrong, reading.Body(set, status is "amended" or "corrected" ? $"{code.Label} (corrigé)" : code.Label));

        var (value, number, unit) = Value(reading);
        if (parts.Length > 0 && parts.All(p => p is not null) && json.Each("component").All(IsPlainComponent)) reading.Take("component");
        var (low, high) = Range(reading);
        var flag = json.First("interpretation")?.Concept()?.Code;
        if (flag is not null) reading.FirstConcept("interpretation");
        var missing = value is null && parts.Length == 0 ? reading.Concept("dataAbsentReason")?.Label : null;
        return new Draft(category is "vital-signs" or "survey" or "social-history" or "exam" or "procedure" or "therapy" or "activity" ? Domain.Clinical : Domain.Results, Result.Room, at, reading.Name("performer"), wrong,
            reading.Body(new Result(code.Label, value ?? missing ?? (parts.Length > 0 ? string.Join(" · ", parts.OfType<ResultPart>().Select(p => $"{p.Label} {p.Value}")) : null), code.Code, code.System, category, number, unit, low, high, flag, parts.Length > 0 ? [.. parts.OfType<ResultPart>()] : null, status)));
    }

    public static Draft? ReadReport(Reading reading)
    {
        var json = reading.Json;
        if (reading.Concept("code") is not { } code) return null;
        var category = CategoryOf(reading);
        var at = reading.When("effectiveDateTime", "effectivePeriod", "issued");
        if (FhirElements.Instant(json.Text("issued")) is { } said && Math.Abs((said - at).TotalMinutes) < 1) reading.Take("issued");
        var conclusion = reading.Text("conclusion") ?? json.First("conclusionCode")?.Concept()?.Label;
        var results = json.Each("result").Select(r => r.Text("display")).OfType<string>().ToArray();
        var status = StatusOf(reading);
        return new Draft(Domain.Results, Result.Room, at, null, status is "entered-in-error" or "cancelled", reading.Body(new Result(code.Label, conclusion ?? (results.Length > 0 ? "Compte rendu : " + string.Join(", ", results) : "Compte rendu"), code.Code, code.System, category ?? "report", Status: status)));
    }

    /// <summary>Null when it is final, or says nothing.</summary>
    private static string? StatusOf(Reading reading) =>
        reading.Status("status", "final", "registered", "partial", "preliminary", "amended", "corrected", "appended", "cancelled", "entered-in-error", "unknown") is var status and not "final" ? status : null;

    private static string? CategoryOf(Reading reading) => reading.FirstConcept("category") is { } category ? (category.Code ?? category.Label) is "vital-sign" ? "vital-signs" : category.Code ?? category.Label : null;

    /// <summary>Null unless every measure is a sign that we know, or a plain quantity among vital signs, possible in a living person.</summary>
    private static VitalSet? Vitals(Reading reading, string? loinc, ResultPart?[] parts)
    {
        var quantity = reading.Json.At("valueQuantity");
        if (quantity is not null && loinc is not null && parts.Length == 0)
        {
            if (Measured(loinc, quantity.Value) is not { } measure) return null;
            if (IsPlainQuantity(quantity.Value)) reading.Take("valueQuantity");
            return new VitalSet([measure]);
        }
        if (quantity is not null || parts.Length == 0) return null;
        var measures = reading.Json.Each("component").Select(c => c.At("code")?.CodeIn(FhirElements.Loinc) is { } sign && c.At("valueQuantity") is { } value ? Measured(sign, value) : null).ToArray();
        if (measures.Any(m => m is null)) return null;
        if (reading.Json.Each("component").All(IsPlainComponent)) reading.Take("component");
        return new VitalSet([.. measures.OfType<Measure>()]);
    }

    private static Measure? Measured(string loinc, JsonElement quantity)
    {
        if (VitalSign.Of(SameSign.GetValueOrDefault(loinc, loinc)) is not { } sign || quantity.Number("value") is not { } value || quantity.At("comparator") is not null) return null;
        if (InUnitOf(sign, value, quantity.Text("code") ?? quantity.Text("unit")) is not { } converted || converted < sign.Minimum || converted > sign.Maximum) return null;
        return new Measure(sign.Loinc, decimal.Round(converted, sign.Decimals), sign.Unit);
    }

    private static decimal? InUnitOf(VitalSign sign, decimal value, string? unit) => (sign.Unit, unit) switch
    {
        ("mmHg", "mm[Hg]" or "mmHg") or ("%", "%") or ("kg", "kg") or ("cm", "cm") or ("°C", "Cel" or "°C" or "C") or ("mL", "mL") or ("g/L", "g/L") => value,
        ("/min", "/min" or "{beats}/min" or "{Beats}/min" or "{breaths}/min" or "{Breaths}/min" or "bpm" or "beats/minute" or "breaths/minute") => value,
        ("/10", "{score}" or "1" or "{#}" or "/10" or null) => value,
        ("kg", "g") => value / 1000m,
        ("kg", "[lb_av]" or "lb" or "lbs") => value * 0.45359237m,
        ("cm", "m") => value * 100m,
        ("cm", "[in_i]" or "in") => value * 2.54m,
        ("°C", "[degF]" or "degF") => (value - 32m) * 5m / 9m,
        ("g/L", "mg/dL") => value / 100m,
        _ => null,
    };

    private static (string? Text, decimal? Number, string? Unit) Value(Reading reading)
    {
        foreach (var member in reading.Json.EnumerateObject())
        {
            if (!member.Name.StartsWith("value", StringComparison.Ordinal)) continue;
            if (ValueOf(member) is { } value && value.Text is not null)
            {
                if (member.Value.ValueKind is not JsonValueKind.Object || IsPlainQuantity(member.Value) || member.Value.IsPlainConcept()) reading.Take(member.Name);
                return value;
            }
        }
        return default;
    }

    private static (string? Text, decimal? Number, string? Unit) ValueOf(JsonProperty member) => member.Name switch
    {
        "valueQuantity" when member.Value.Number("value") is { } number =>
            ((member.Value.Text("comparator") is { } comparator ? comparator + " " : "") + number.French(member.Value.Text("unit") ?? member.Value.Text("code")), member.Value.At("comparator") is null ? number : null, member.Value.Text("code") ?? member.Value.Text("unit")),
        "valueCodeableConcept" => (member.Value.Concept()?.Label, null, null),
        "valueString" or "valueTime" when member.Value.ValueKind == JsonValueKind.String => (member.Value.GetString(), null, null),
        "valueDateTime" when member.Value.ValueKind == JsonValueKind.String => (FhirElements.Day(member.Value.GetString())?.ToString("dd/MM/yyyy", ClinicalTime.French), null, null),
        "valueInteger" when member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDecimal(out var whole) => (whole.French(null), whole, null),
        "valueBoolean" => (member.Value.ValueKind switch { JsonValueKind.True => "oui", JsonValueKind.False => "non", _ => null }, null, null),
        _ => default,
    };

    private static ResultPart? PartOf(JsonElement component)
    {
        if (component.At("code")?.Concept() is not { } code) return null;
        var (text, number, unit) = component.EnumerateObject().Where(m => m.Name.StartsWith("value", StringComparison.Ordinal)).Select(ValueOf).FirstOrDefault(v => v.Text is not null);
        return new ResultPart(code.Label, text ?? component.At("dataAbsentReason")?.Concept()?.Label, code.Code, code.System, number, unit);
    }

    private static (decimal?, decimal?) Range(Reading reading)
    {
        if (reading.Json.First("referenceRange") is not { } range) return default;
        if (reading.Json.GetProperty("referenceRange").GetArrayLength() == 1 && range.EnumerateObject().All(p => p.Name is "low" or "high" && IsPlainQuantity(p.Value))) reading.Take("referenceRange");
        return (range.At("low")?.Number("value"), range.At("high")?.Number("value"));
    }

    private static bool IsPlainQuantity(JsonElement json) => json.ValueKind == JsonValueKind.Object && json.At("value") is not null && json.EnumerateObject().All(p => p.Name is "value" or "unit" or "system" or "code" or "comparator");

    private static bool IsPlainComponent(JsonElement component) => component.ValueKind == JsonValueKind.Object && component.EnumerateObject().All(p =>
        (p.Name == "code" && p.Value.IsPlainConcept()) || (p.Name == "valueQuantity" && IsPlainQuantity(p.Value)) || (p.Name == "valueCodeableConcept" && p.Value.IsPlainConcept()) || p.Name is "valueString" or "valueInteger" or "valueBoolean");
}
