namespace Serment.Records.Stays;

public enum StayState { Expected, Present, OnLeave, Discharged, Cancelled }

public enum MovementKind { PreAdmission, Admission, Transfer, BedChange, Leave, Return, Discharge, DischargeCancelled, Cancellation, ArrivalPlanned, ExitPlanned, PractitionerChanged }

/// <summary>Why a stay was called off: a choice and no text, since the row can be read by whoever holds the database.</summary>
public enum CancellationReason { WrongPatient, EnteredTwice, EnteredByMistake, DidNotCome, Postponed }

/// <summary>Free beds have no row.</summary>
public enum BedState { Free, ToClean, Blocked }

/// <summary>
/// One stay: operational facts that the hospital needs to run and that name nobody. Units, beds and people are opaque
/// identifiers whose labels the Custodian keeps.
/// </summary>
public sealed class StayRow
{
    public required StayId Stay { get; init; }
    public required PatientId Patient { get; init; }
    /// <summary>Numéro de dossier (NDA): year and a running number.</summary>
    public required string FileNumber { get; init; }
    public required StayState State { get; set; }
    /// <summary>Unit that answers for the care; an outlier is housed elsewhere.</summary>
    public required UnitId Responsible { get; set; }
    public required UnitId Housing { get; set; }
    public BedId? Bed { get; set; }
    /// <summary>A second person in an occupied room on purpose: extra bed, mother and newborn, planned overlap.</summary>
    public bool ExtraBed { get; set; }
    public AccountId? Practitioner { get; set; }
    public DateTimeOffset? ExpectedAt { get; set; }
    public DateTimeOffset? AdmittedAt { get; set; }
    public DateTimeOffset? LeaveUntil { get; set; }
    public DateTimeOffset? ExpectedExitAt { get; set; }
    public DateTimeOffset? DischargedAt { get; set; }
    public StayId? MotherStay { get; init; }
    /// <summary>Grows with every change; two people who change the same stay at once: the second is told.</summary>
    public int Revision { get; set; }

    public bool Occupies => State is StayState.Present or StayState.OnLeave;
}

/// <summary>What happened to a stay, in order. Never changed.</summary>
public sealed class MovementRow
{
    public required StayId Stay { get; init; }
    public required int Number { get; init; }
    public required MovementKind Kind { get; init; }
    /// <summary>When it happened; of a plan, the moment that is planned.</summary>
    public required DateTimeOffset At { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public required UnitId Responsible { get; init; }
    public required UnitId Housing { get; init; }
    public BedId? Bed { get; init; }
    /// <summary>Who answers for the care since; rows from before schema 3 have none.</summary>
    public AccountId? Practitioner { get; init; }
    /// <summary>Of a cancellation; rows from before schema 3 have none.</summary>
    public CancellationReason? Reason { get; init; }
    public AccountId? ByAccount { get; init; }

    /// <summary>Whether <see cref="At"/> is a moment to come and the movement was made at <see cref="RecordedAt"/>.</summary>
    public bool Plans => Kind is MovementKind.PreAdmission or MovementKind.ArrivalPlanned or MovementKind.ExitPlanned;
}

public sealed class BedStateRow
{
    public required BedId Bed { get; init; }
    public required BedState State { get; set; }
    public required DateTimeOffset Since { get; set; }
}
