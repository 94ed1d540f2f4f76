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
    /// <summary>The admissions desk before whom someone stands: the administrative file only, counted as unrelated.</summary>
    Desk,
    /// <summary>On the emergency board of the unit.</summary>
    EmergencyBoard,
    /// <summary>Mother and newborn, to the unit that cares for the other.</summary>
    Newborn,
}

/// <summary>
/// States a fact that explains accesses: who is awaited, referred, queued, handed over. Within the limits of its source
/// (docs/relations.md). Used by the account that stated it, it is that account's own claim until someone else acts on it.
/// </summary>
/// <param name="Unit">For sources whose scope is a unit.</param>
/// <param name="Account">For sources whose scope is one account.</param>
/// <param name="Until">Shortened to what the source allows; in the past, it ends what one stated oneself, and only that.</param>
public sealed record StateRelation(RelationSource Source, PatientId Patient, UnitId? Unit, AccountId? Account, DateTimeOffset Until, StayId? Stay = null);

/// <summary>Several facts at once, as when a shift ends; each is decided as if it came alone.</summary>
public sealed record StateRelations(IReadOnlyList<StateRelation> Facts);

/// <param name="Refused">One for each fact, in their order; null where it was stated.</param>
public sealed record RelationsStated(IReadOnlyList<Refusal?> Refused);

/// <summary>Who else was let in to this patient, by whom and until when. For who treats him; journaled.</summary>
public sealed record RelationsOf(PatientId Patient);

/// <summary>A stated fact that is in force.</summary>
/// <param name="By">Null: an interface.</param>
public sealed record KnownRelation(RelationSource Source, PatientId Patient, UnitId? Unit, AccountId? Account, AccountId? By, DateTimeOffset From, DateTimeOffset Until);

public sealed record KnownRelations(IReadOnlyList<KnownRelation> Relations);

/// <summary>
/// Tells the Custodian, before the row is written, that a stay begins, moves or ends. The row follows in the database,
/// then <see cref="ConfirmStay"/>; an intent never confirmed ends after 15 minutes.
/// </summary>
public sealed record IntendStay(StayId Stay, PatientId Patient, string State, UnitId Responsible, UnitId Housing, DateTimeOffset? Expected);

/// <param name="Files">Every id of that person, the living one first: whoever is here under one of them is here.</param>
public sealed record StayIntended(IReadOnlyList<PatientId> Files);

public sealed record ConfirmStay(StayId Stay);

/// <summary>Intents that wait for their row; what a Server that was killed between the two asks when it is back.</summary>
public sealed record PendingStays(IReadOnlyList<PendingStay> Stays);

public sealed record PendingStay(StayId Stay, DateTimeOffset Since);

/// <summary>The patients who are present in, or expected by, the caller's units: their ids, nothing else.</summary>
public sealed record OwnPatients(UnitId? Unit);

public sealed record OwnPatientsFound(IReadOnlyList<PatientId> Patients);

public static class RelationVerbs
{
    public static readonly Verb<IntendStay, StayIntended> IntendStay = new("stay.intend");
    public static readonly Verb<Nothing, PendingStays> PendingStays = new("stay.pending");
    /// <summary>Needs no signature: it completes what a person signed, within 15 minutes. Where that brings a mother or her newborn into a unit, the other's unit is let in, by the act of who signed.</summary>
    public static readonly Verb<ConfirmStay, Done> ConfirmStay = new("stay.confirm");
    public static readonly Verb<StateRelation, Done> State = new("relation.state");
    public static readonly Verb<StateRelations, RelationsStated> StateAll = new("relation.state-all");
    public static readonly Verb<RelationsOf, KnownRelations> Of = new("relation.of");
    /// <summary>Patients whom someone else entrusted to the caller or to his units, and who are no stay of theirs: ids and facts, no name.</summary>
    public static readonly Verb<Nothing, KnownRelations> Entrusted = new("relation.entrusted");
    public static readonly Verb<OwnPatients, OwnPatientsFound> OwnPatients = new("relation.own");
}
