using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using Serment.Records.History;

namespace Serment.Exchange.Fhir;

/// <summary>
/// From one FHIR R4 resource to the one entry that keeps it. Every resource has a <see cref="Fate"/>: none is lost in silence.
/// Understood kinds become entries of their rooms; whatever does not have the expected shape is kept whole.
/// </summary>
public static class FhirTranslation
{
    /// <summary>A type of FHIR R4; what else a file calls a type is its own text, not for reports.</summary>
    public static bool IsKnownType(string type) => FhirTypes.R4.Contains(type);

    /// <param name="now">For what carries no date at all.</param>
    public static Translation Of(SourceResource resource, FhirIndex index, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(index);
        try { return Translate(resource, index, now); }
        catch (InvalidOperationException) { return new Translation(resource, Fate.Refused, Why: SourceResource.BrokenText); }
    }

    private static Translation Translate(SourceResource resource, FhirIndex index, DateTimeOffset now)
    {
        if (resource.Broken is not null) return new Translation(resource, Fate.Refused, Why: SourceResource.BrokenText);
        if (resource.Type.Length == 0 && resource.Json.At("request")?.Text("method") is not null) return new Translation(resource, Fate.Refused, Why: "Une demande d'effacement, ou sans ressource : rien n'est effacé, rien n'est repris.");
        if (!FhirTypes.R4.Contains(resource.Type)) return new Translation(resource, Fate.Refused, Why: FhirTypes.WhyUnknown(resource.Type));
        if (FhirIndex.IsNamed(resource.Type)) return new Translation(resource, Fate.Named);
        var quote = index.QuoteOf(resource);
        var person = resource.Type == "Patient" ? FhirPatient.Read(resource) : quote is not null ? index.PatientOf(quote) : index.PatientOf(resource, out var named) ?? Only(index, resource, named);
        if (person is null) return new Translation(resource, Fate.Refused, Why: "Ne se rapporte à aucun patient de cet import.");
        if (person.Refusal is { } why) return new Translation(resource, Fate.Refused, Why: resource.Type == "Patient" || why == FhirIndex.Ambiguous ? why : $"Le patient de cette ressource est refusé (ligne {person.Line}).");
        var reading = new Reading(resource, index, now);
        var modified = resource.Json.IsModified();
        var draft = modified ? null : Understood(reading);
        var fate = draft is null ? Fate.Attachment : Fate.Stored;
        draft ??= Kept(new Reading(resource, index, now, quote?.At), modified, quote?.Title);
        var (key, byContent) = KeyOf(resource);
        return new Translation(resource, fate, new SourceEntry(person, key, byContent, FhirConfidentiality.IsProtected(resource) || quote is { IsProtected: true } ? Domain.Sensitive : draft.Domain, draft.Room, draft.At, draft.Author, draft.Withdrawn, draft.Body));
    }

    /// <summary>A bundle of one patient need not say whose each resource is, but definitions and lists of codes are nobody's.</summary>
    private static SourcePerson? Only(FhirIndex index, SourceResource resource, bool namesSomebody) =>
        !namesSomebody && index.Patients.Count == 1 && FhirTypes.Clinical.Contains(resource.Type) ? index.Patients[0] : null;

    private static Draft? Understood(Reading reading) => reading.Type switch
    {
        "Patient" => FhirPatientFile.Read(reading),
        "Observation" => FhirObservation.Read(reading),
        "DiagnosticReport" => FhirObservation.ReadReport(reading),
        "Condition" => FhirHistory.ReadCondition(reading),
        "AllergyIntolerance" => FhirHistory.ReadAllergy(reading),
        "Procedure" => FhirEvents.ReadProcedure(reading),
        "Immunization" => FhirEvents.ReadImmunization(reading),
        "Encounter" => FhirEvents.ReadEncounter(reading),
        "MedicationRequest" or "MedicationAdministration" or "MedicationStatement" or "MedicationDispense" => FhirEvents.ReadMedication(reading),
        "DocumentReference" => FhirDocument.Read(reading),
        _ => null,
    };

    private static Draft Kept(Reading reading, bool modified, string? title)
    {
        var json = reading.Json;
        var label = (json.At("code") ?? json.First("category") ?? json.At("type") ?? json.First("type") ?? json.At("description") ?? json.First("modality") ?? json.At("class"))?.Concept()?.Label
            ?? title ?? json.Text("title") ?? json.Text("description") ?? json.Text("name");
        var amount = json.At("total") is { ValueKind: JsonValueKind.Object } one ? one : json.First("total")?.At("amount");
        var value = amount?.Number("value") is { } total ? total.French(amount?.Text("currency")) : json.Text("status") ?? json.Text("lifecycleStatus");
        if (modified) value = "non interprété : un modificateur de la source n'est pas compris";
        else if (json.At("doNotPerform") is { ValueKind: JsonValueKind.True }) label = $"NE PAS FAIRE : {label ?? FhirTypes.French(reading.Type)}";
        var domain = reading.Type switch
        {
            "Claim" or "ClaimResponse" or "ExplanationOfBenefit" or "Coverage" or "CoverageEligibilityRequest" or "CoverageEligibilityResponse" or "Account" or "Invoice" or "ChargeItem" or "PaymentNotice" or "PaymentReconciliation" or "EnrollmentRequest" or "EnrollmentResponse" => Domain.Activity,
            "ImagingStudy" or "Observation" or "DiagnosticReport" or "Specimen" or "Media" or "BodyStructure" => Domain.Results,
            "MedicationRequest" or "MedicationAdministration" or "MedicationStatement" or "MedicationDispense" => Domain.Medication,
            "Patient" or "RelatedPerson" or "Person" or "Appointment" or "AppointmentResponse" or "Consent" => Domain.Administrative,
            "MolecularSequence" => Domain.Sensitive,
            _ => Domain.Clinical,
        };
        var at = reading.When("effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod", "occurrenceDateTime", "period", "billablePeriod", "started", "startDate", "date", "authoredOn", "recordedDate", "created", "recorded", "start", "issued");
        // Of allergies it is said that there is one to be read, where all others are: never "not asked", never "none".
        if (FhirHistory.MayBeAllergy(reading)) return new Draft(domain, Allergy.Room, at, null, false, reading.Body(new { NoneOf = "Une allergie de la source n'est pas interprétée : lisez l'original", Certainty = "unread", reading.Type, Original = reading.Original() }, rest: false));
        return new Draft(domain, KeptAsIs.Room, at, null, json.Text("status") == "entered-in-error", reading.Body(new KeptAsIs(label ?? FhirTypes.French(reading.Type), value, reading.Type, reading.Original()), rest: false));
    }

    /// <summary>
    /// What tells a resource from every other of that person, in whatever file: an id that nobody else can have given, else the
    /// whole address, else the source's own number. An id such as "obs1" is of its file alone: then its content tells, and only then.
    /// </summary>
    private static (string Key, bool ByContent) KeyOf(SourceResource resource)
    {
        var name = $"{resource.Type}/{resource.Id ?? resource.FullUrl}";
        if (Guid.TryParse(resource.Id, out _)) return (name, false);
        if (resource.FullUrl is { } url && (url.StartsWith("urn:", StringComparison.Ordinal) || url.Contains("://", StringComparison.Ordinal))) return ($"{resource.Type}/{url}", false);
        if (resource.Type != "Patient" && resource.Json.Each("identifier").FirstOrDefault(i => i.Text("system") is not null && i.Text("value") is not null) is { ValueKind: JsonValueKind.Object } number) return ($"{name}|{number.Text("system")}|{number.Text("value")}", false);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // When a server last touched it, and the text that it makes of it, are not what it says.
        foreach (var member in resource.Json.EnumerateObject().Where(m => m.Name is not ("meta" or "text"))) digest.AppendData(JsonSerializer.SerializeToUtf8Bytes<object[]>([member.Name, member.Value]));
        if (resource.Json.At("meta")?.At("security") is { } labels) digest.AppendData(JsonSerializer.SerializeToUtf8Bytes(labels));
        return ($"{name}|{Convert.ToHexStringLower(digest.GetHashAndReset())}", true);
    }
}

/// <summary>An entry without its person.</summary>
internal sealed record Draft(Domain Domain, string Room, DateTimeOffset At, string? Author, bool Withdrawn, JsonElement Body);

/// <summary>The resource types of FHIR R4 (4.0.1).</summary>
internal static class FhirTypes
{
    public static readonly FrozenSet<string> R4 = """
        Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest MedicationStatement MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult VisionPrescription
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();

    /// <summary>Those that a bundle of one patient can only mean of him.</summary>
    public static readonly FrozenSet<string> Clinical = """
        AdverseEvent AllergyIntolerance CarePlan CareTeam Claim ClaimResponse ClinicalImpression Composition Condition Consent Coverage DetectedIssue DeviceRequest DiagnosticReport DocumentReference Encounter EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag Goal ImagingStudy Immunization MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MolecularSequence NutritionOrder Observation Procedure Provenance QuestionnaireResponse RelatedPerson RiskAssessment ServiceRequest Specimen
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();

    private static readonly FrozenSet<string> Older = "BodySite ConsentDirective DataElement DeviceComponent DeviceUseRequest DiagnosticOrder EligibilityRequest EligibilityResponse ExpansionProfile ImagingManifest ImagingObjectSelection MedicationOrder Order OrderResponse ProcedureRequest ProcessRequest ProcessResponse ReferralRequest Sequence ServiceDefinition".Split(' ').ToFrozenSet();

    public static string WhyUnknown(string type) =>
        type.Length == 0 ? "« resourceType » manque."
        : Older.Contains(type) ? $"{type} : type d'une version de FHIR antérieure à R4. Convertissez le fichier en R4."
        : type.Length <= 60 && type.All(char.IsAsciiLetter) ? $"{type} : type inconnu de FHIR R4 (autre version ?)."
        : "Type inconnu de FHIR R4.";

    public static string French(string type) => type switch
    {
        "Claim" => "Demande de remboursement", "ExplanationOfBenefit" => "Décompte de remboursement", "Coverage" => "Couverture", "CarePlan" => "Plan de soins", "Goal" => "Objectif de soins", "ImagingStudy" => "Examen d'imagerie",
        "CareTeam" => "Équipe de soins", "FamilyMemberHistory" => "Antécédent familial", "Consent" => "Consentement", "Specimen" => "Prélèvement", "ServiceRequest" => "Demande", "QuestionnaireResponse" => "Questionnaire", "Binary" => "Fichier", _ => type,
    };
}
