using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>Where a care relation comes from. docs/relations.md gives source, scope and expiry of each.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RelationSource>))]
public enum RelationSource
{
    /// <summary>The unit that is responsible for the stay or houses it; discharge + 30 days.</summary>
    Stay = 1,
    /// <summary>Expected in the unit within 7 days.</summary>
    ExpectedArrival,
    Appointment,
    Referral,
    MobileTeam,
    TheatreProgramme,
    Anaesthesia,
    PharmacyQueue,
    LaboratoryQueue,
    ImagingQueue,
    CodingQueue,
    BillingQueue,
    Secretariat,
    Handover,
    /// <summary>Wrote to this file: own letters and results, 90 days.</summary>
    Author,
    /// <summary>The glass was broken; 12 hours, this account only.</summary>
    BreakGlass,
    /// <summary>The desk that created or admitted the identity; 24 hours, administrative only.</summary>
    Desk,
}

/// <summary>
/// Tells the Custodian, before the row is written, that a stay begins, moves or ends. The row follows in the database,
/// then <see cref="ConfirmStay"/>; an intent never confirmed ends after 15 minutes.
/// </summary>
public sealed record IntendStay(StayId Stay, PatientId Patient, string State, UnitId Responsible, UnitId Housing, DateTimeOffset? Expected);

public sealed record ConfirmStay(StayId Stay);

/// <summary>The patients who are present in, or expected by, the caller's units: their ids, nothing else.</summary>
public sealed record OwnPatients(UnitId? Unit);

public sealed record OwnPatientsFound(IReadOnlyList<PatientId> Patients);

public static class RelationVerbs
{
    public static readonly Verb<IntendStay, Done> IntendStay = new("stay.intend");
    public static readonly Verb<ConfirmStay, Done> ConfirmStay = new("stay.confirm");
    public static readonly Verb<OwnPatients, OwnPatientsFound> OwnPatients = new("relation.own");
}
