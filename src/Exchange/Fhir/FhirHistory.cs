using Serment.Records.History;

namespace Serment.Exchange.Fhir;

/// <summary>Problems and allergies.</summary>
internal static class FhirHistory
{
    private const string NoKnownAllergy = "716186003";

    public static Draft? ReadCondition(Reading reading)
    {
        var json = reading.Json;
        if (json.At("code")?.Concept() is null || IsText(reading, "clinicalStatus")) return null;
        var icd = json.At("code")!.Value.CodeIn("http://hl7.org/fhir/sid/icd-10") ?? json.At("code")!.Value.CodeIn("http://hl7.org/fhir/sid/icd-10-fr");
        var code = reading.Concept("code")!;
        var clinical = reading.Status("clinicalStatus", "active", "resolved", "inactive");
        var verified = reading.Status("verificationStatus", "confirmed", "refuted", "entered-in-error");
        var at = reading.When("onsetDateTime", "onsetPeriod", "recordedDate");
        if (FhirElements.Day(json.Text("recordedDate")) == ClinicalTime.Day(at)) reading.Take("recordedDate");
        var until = FhirElements.Day(json.Text("abatementDateTime")) ?? FhirElements.Day(json.At("abatementPeriod")?.Text("end"));
        if (json.Text("abatementDateTime") is not null) reading.Take("abatementDateTime");
        var known = json.At("onsetDateTime") ?? json.At("onsetPeriod") ?? json.At("recordedDate");
        var problem = new Problem(code.Label, icd, clinical is "active" or "recurrence" or "relapse" || (clinical is null && until is null), known is null ? null : ClinicalTime.Day(at), until, null, icd is null && code.Code is not null ? $"{code.System}|{code.Code}" : null);
        return new Draft(Domain.Clinical, Problem.Room, at, reading.Name("asserter") ?? reading.Name("recorder"), verified is "entered-in-error" or "refuted", reading.Body(problem));
    }

    public static Draft? ReadAllergy(Reading reading)
    {
        var json = reading.Json;
        if (IsText(reading, "clinicalStatus")) return null;
        var reaction = json.First("reaction");
        if ((json.At("code") ?? reaction?.At("substance"))?.Concept() is not { } substance) return null;
        if (json.At("code") is not null) reading.Concept("code");
        var none = substance.Code == NoKnownAllergy && substance.System == FhirElements.Snomed;
        var verified = reading.Status("verificationStatus", "confirmed", "refuted", "entered-in-error");
        var clinical = reading.Status("clinicalStatus", "active", "resolved", "inactive");
        var at = reading.When("onsetDateTime", "recordedDate");
        var signs = string.Join(", ", json.Each("reaction").SelectMany(r => r.Each("manifestation")).Select(m => m.Concept()?.Label).OfType<string>().Distinct());
        var severity = json.Each("reaction").Select(r => r.Text("severity")).OfType<string>().OrderByDescending(s => s switch { "severe" => 3, "moderate" => 2, _ => 1 }).FirstOrDefault() ?? (json.Text("criticality") == "high" ? "severe" : null);
        var allergy = new Allergy(none ? null : substance.Label, signs.Length > 0 ? signs : null, severity, none, Refuted: verified == "refuted" || clinical == "resolved");
        return new Draft(Domain.Clinical, Allergy.Room, at, reading.Name("asserter") ?? reading.Name("recorder"), verified == "entered-in-error", reading.Body(allergy));
    }

    /// <summary>STU3 wrote as a code what R4 writes as a concept: another version, kept whole.</summary>
    private static bool IsText(Reading reading, string name) => reading.Json.Text(name) is not null;
}
