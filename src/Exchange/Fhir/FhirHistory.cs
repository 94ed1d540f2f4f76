using System.Text.Json;
using System.Text.RegularExpressions;
using Serment.Records.History;

namespace Serment.Exchange.Fhir;

/// <summary>Problems and allergies.</summary>
internal static partial class FhirHistory
{
    private const string AbsentUnknown = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
    /// <summary>SNOMED CT: none known of medicines, food, animals, insects, environment, latex.</summary>
    private static readonly string[] NoneKnownOf = ["409137002", "429625007", "716220001", "428197003", "428607008", "716184000", "1003774007"];

    public static Draft? ReadCondition(Reading reading)
    {
        var json = reading.Json;
        if (json.At("code")?.Concept() is null || IsText(reading, "clinicalStatus")) return null;
        var icd = json.At("code")!.Value.CodeIn("http://hl7.org/fhir/sid/icd-10") ?? json.At("code")!.Value.CodeIn("http://hl7.org/fhir/sid/icd-10-fr");
        var code = reading.Concept("code")!;
        var clinical = reading.Status("clinicalStatus", "active", "resolved", "inactive");
        var verified = reading.Status("verificationStatus", "confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error");
        var at = reading.When("onsetDateTime", "onsetPeriod", "recordedDate");
        if (FhirElements.Day(json.Text("recordedDate")) == ClinicalTime.Day(at)) reading.Take("recordedDate");
        var until = FhirElements.Day(json.Text("abatementDateTime")) ?? FhirElements.Day(json.At("abatementPeriod")?.Text("end"));
        if (json.Text("abatementDateTime") is not null) reading.Take("abatementDateTime");
        var known = json.At("onsetDateTime") ?? json.At("onsetPeriod") ?? json.At("recordedDate");
        var problem = new Problem(code.Label, icd, clinical is "active" or "recurrence" or "relapse" || (clinical is null && until is null), known is null ? null : ClinicalTime.Day(at), until, null, icd is null && code.Code is not null ? $"{code.System}|{code.Code}" : null, Certainty: CertaintyOf(verified));
        return new Draft(Domain.Clinical, Problem.Room, at, reading.Name("asserter") ?? reading.Name("recorder"), verified is "entered-in-error" or "refuted", reading.Body(problem));
    }

    public static Draft? ReadAllergy(Reading reading)
    {
        var json = reading.Json;
        if (IsText(reading, "clinicalStatus")) return null;
        var reaction = json.First("reaction");
        if ((json.At("code") ?? reaction?.At("substance"))?.Concept() is not { } substance) return null;
        if (json.At("code") is not null) reading.Concept("code");
        // "No information" is neither "none" nor an allergy.
        if (IsNoInformation(json)) return null;
        var verified = reading.Status("verificationStatus", "confirmed", "unconfirmed", "refuted", "entered-in-error");
        var clinical = reading.Status("clinicalStatus", "active", "resolved", "inactive");
        var (doubt, status) = (CertaintyOf(verified), clinical is "active" ? null : clinical);
        // Only the general statement, still held and not doubted, says "none".
        var none = IsNone(json, substance) && doubt is null && status is null;
        var narrower = !none && (IsNone(json, substance) || IsNoneOfSome(json, substance));
        var at = reading.When("onsetDateTime", "recordedDate");
        var signs = string.Join(", ", json.Each("reaction").SelectMany(r => r.Each("manifestation")).Select(m => m.Concept()?.Label).OfType<string>().Distinct());
        var severity = json.Each("reaction").Select(r => r.Text("severity")).OfType<string>().OrderByDescending(s => s switch { "severe" => 3, "moderate" => 2, _ => 1 }).FirstOrDefault() ?? (json.Text("criticality") == "high" ? "severe" : null);
        var allergy = new Allergy(none || narrower ? null : substance.Label, signs.Length > 0 ? signs : null, severity, none, Refuted: verified == "refuted", narrower ? substance.Label : null, status, verified == "refuted" ? null : doubt);
        return new Draft(Domain.Clinical, Allergy.Room, at, reading.Name("asserter") ?? reading.Name("recorder"), verified == "entered-in-error", reading.Body(allergy));
    }

    /// <summary>One that could not be read; it may be an allergy.</summary>
    public static bool MayBeAllergy(Reading reading) => reading.Type == "AllergyIntolerance" && !IsNoInformation(reading.Json);

    private static bool IsNoInformation(JsonElement json) => json.At("code")?.Has(AbsentUnknown, "no-allergy-info") == true;

    private static bool IsNone(JsonElement json, Coded substance) => (json.At("code") is { } code && (code.Has(FhirElements.Snomed, "716186003") || code.Has(AbsentUnknown, "no-known-allergies"))) || (substance.System is null && Nka().IsMatch(substance.Label) && substance.Code is null);

    /// <summary>By its code, or by words that say "none known" of something: nobody is allergic to "no known drug allergy".</summary>
    private static bool IsNoneOfSome(JsonElement json, Coded substance) =>
        (json.At("code") is { } code && (code.Has(FhirElements.Snomed, NoneKnownOf) || code.Has(AbsentUnknown, "no-known-medication-allergies", "no-known-food-allergies", "no-known-environmental-allergies")))
        || NoneWords().IsMatch(substance.Label);

    private static string? CertaintyOf(string? verified) => verified is "confirmed" or "entered-in-error" ? null : verified;

    [GeneratedRegex(@"^(no known allerg(y|ies)|nka|aucune allergie connue|pas d[e'’] ?allergie connue)\.?$", RegexOptions.IgnoreCase)]
    private static partial Regex Nka();

    [GeneratedRegex(@"^(no (known|history)\b.*(allerg|intoleranc|sensitiv)|nk[adf]+a?$|(aucune|pas d[e'’]) ?(allergie|intolérance))", RegexOptions.IgnoreCase)]
    private static partial Regex NoneWords();

    /// <summary>STU3 wrote as a code what R4 writes as a concept: another version, kept whole.</summary>
    private static bool IsText(Reading reading, string name) => reading.Json.Text(name) is not null;
}
