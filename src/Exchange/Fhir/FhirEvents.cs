using System.Text.Json;
using Serment.Records.History;

namespace Serment.Exchange.Fhir;

/// <summary>What was done and given: acts, vaccinations, visits, medicines.</summary>
internal static class FhirEvents
{
    public static Draft? ReadProcedure(Reading reading)
    {
        if (reading.Concept("code") is not { } code) return null;
        var status = reading.Status("status", "final", "completed", "finished", "current", "entered-in-error");
        var at = reading.When("performedDateTime", "performedPeriod");
        var until = reading.Until("performedPeriod");
        var reason = Reason(reading);
        var author = reading.Json.First("performer")?.At("actor")?.Text("display");
        return new Draft(Domain.Clinical, PastAct.Room, at, author, status == "entered-in-error", reading.Body(new PastAct(code.Label, StatusOf(status), code.Code, code.System, until, reading.Name("location"), reason)));
    }

    public static Draft? ReadImmunization(Reading reading)
    {
        if (reading.Concept("vaccineCode") is not { } code) return null;
        var status = reading.Status("status", "final", "completed", "finished", "current", "entered-in-error");
        var at = reading.When("occurrenceDateTime", "recorded");
        if (reading.Json.At("primarySource") is { ValueKind: JsonValueKind.True }) reading.Take("primarySource");
        return new Draft(Domain.Clinical, Vaccination.Room, at, null, status == "entered-in-error", reading.Body(new Vaccination(code.Label, Said(StatusOf(status), reading.Json.At("isSubpotent") is { ValueKind: JsonValueKind.True } ? "dose insuffisante" : null), code.Code, code.System, reading.Text("lotNumber"))));
    }

    public static Draft? ReadEncounter(Reading reading)
    {
        if (reading.Json.At("class") is not { ValueKind: JsonValueKind.Object } kind) return null;
        if (kind.EnumerateObject().All(p => p.Name is "system" or "code" or "display")) reading.Take("class");
        var status = reading.Status("status", "final", "completed", "finished", "current", "entered-in-error");
        var at = reading.When("period");
        var until = reading.Until("period");
        var type = reading.FirstConcept("type");
        var reason = Reason(reading);
        var seen = reading.Json.First("participant")?.At("individual")?.Text("display") ?? reading.NameOf(reading.Json.First("participant")?.At("individual"));
        return new Draft(Domain.Clinical, PastEncounter.Room, at, seen, status == "entered-in-error", reading.Body(new PastEncounter(type?.Label ?? ClassOf(kind.Text("code")) ?? "Venue", Said(StatusOf(status), reason), type?.Code, type?.System, ClassOf(kind.Text("code")) ?? kind.Concept()?.Label, until, reading.Name("serviceProvider"), reason)));
    }

    public static Draft? ReadMedication(Reading reading)
    {
        var json = reading.Json;
        var code = reading.Concept("medicationCodeableConcept");
        if (code is null && reading.Name("medicationReference") is { } named) code = new Coded(named, null, null);
        if (code is null) return null;
        var kind = reading.Type switch { "MedicationRequest" => IsOrder(reading) ? "order" : "proposal", "MedicationAdministration" => "administration", "MedicationDispense" => "dispense", _ => "statement" };
        // An order not to: whoever reads the label alone reads that too.
        if (json.At("doNotPerform") is { } not)
        {
            if (not.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return null;
            reading.Take("doNotPerform");
            if (not.ValueKind is JsonValueKind.True) (kind, code) = ("prohibition", code with { Label = $"NE PAS DONNER : {code.Label}" });
        }
        var status = reading.Text("status");
        var at = reading.When("authoredOn", "effectiveDateTime", "effectivePeriod", "whenHandedOver", "whenPrepared", "dateAsserted");
        if (json.Text("intent") is "order") reading.Take("intent");
        JsonElement[] dosages = [.. json.Each("dosageInstruction"), .. json.Each("dosage"), .. json.At("dosage") is { ValueKind: JsonValueKind.Object } one ? new[] { one } : []];
        var dose = string.Join(" ; ", dosages.Select(d => d.Text("text") ?? Dose(d)).OfType<string>());
        return new Draft(Domain.Medication, PastMedication.Room, at, reading.Name("requester") ?? json.First("performer")?.At("actor")?.Text("display"), status == "entered-in-error",
            reading.Body(new PastMedication(code.Label, Said(kind == "proposal" ? "proposé, non prescrit" : null, dose.Length > 0 && status is "active" ? null : StatusOf(status), dose), kind, code.Code, code.System, status, Reason(reading))));
    }

    private static bool IsOrder(Reading reading) => reading.Json.Text("intent") is null or "order" or "original-order" or "reflex-order" or "filler-order" or "instance-order";

    private static string? Said(params ReadOnlySpan<string?> parts)
    {
        var said = new List<string>();
        foreach (var part in parts) if (!string.IsNullOrEmpty(part)) said.Add(part);
        return said.Count == 0 ? null : string.Join(" — ", said);
    }

    private static string? Dose(JsonElement? dosage)
    {
        var quantity = dosage?.First("doseAndRate")?.At("doseQuantity") ?? dosage?.At("dose");
        if (quantity?.Number("value") is not { } amount) return null;
        var repeat = dosage?.At("timing")?.At("repeat");
        var every = repeat?.Number("frequency") is { } times && repeat?.Number("period") is { } period
            ? $", {times:0.##} fois par {(period == 1 ? "" : period.French(null) + " ")}{repeat?.Text("periodUnit") switch { "d" => "jour", "h" => "heure", "wk" => "semaine", "mo" => "mois", "min" => "minute", var other => other }}" : "";
        return amount.French(quantity?.Text("unit")) + every;
    }

    private static string? Reason(Reading reading) => reading.FirstConcept("reasonCode")?.Label ?? reading.NameOf(reading.Json.First("reasonReference"));

    private static string? ClassOf(string? code) => code switch
    {
        "AMB" => "Consultation", "EMER" => "Urgences", "IMP" or "ACUTE" or "NONAC" => "Hospitalisation", "HH" => "À domicile", "SS" => "Court séjour", "VR" => "À distance", "OBSENC" => "Observation", "PRENC" => "Préadmission", _ => null,
    };

    /// <summary>What is ordinary needs no word.</summary>
    private static string? StatusOf(string? status) => status switch
    {
        null or "completed" or "finished" => null,
        "not-done" => "non fait", "in-progress" => "en cours", "active" => "en cours", "stopped" => "arrêté", "cancelled" => "annulé", "on-hold" => "suspendu", "planned" => "prévu", "preparation" => "en préparation", "entered-in-error" => "saisi par erreur",
        "not-taken" => "non pris", "intended" => "prévu", "draft" => "brouillon", "declined" => "refusé", "unknown" => "statut inconnu", "arrived" or "triaged" => "en cours", "onleave" => "en permission", _ => status,
    };
}
