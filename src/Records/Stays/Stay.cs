namespace Serment.Records.Stays;

public enum StayState { Expected, Present, OnLeave, Discharged, Cancelled }

public enum MovementKind { PreAdmission, Admission, Transfer, BedChange, Leave, Return, Discharge, DischargeCancelled, Cancellation }

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
    public required DateTimeOffset At { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public required UnitId Responsible { get; init; }
    public required UnitId Housing { get; init; }
    public BedId? Bed { get; init; }
    public AccountId? ByAccount { get; init; }
}

public sealed class BedStateRow
{
    public required BedId Bed { get; init; }
    public required BedState State { get; set; }
    public required DateTimeOffset Since { get; set; }
}
