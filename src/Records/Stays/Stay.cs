namespace Serment.Records.Stays;

public enum StayState { Expected, Present, OnLeave, Discharged, Cancelled }

public enum MovementKind { PreAdmission, Admission, Transfer, BedChange, Leave, Return, Discharge, DischargeCancelled, Cancellation, ArrivalPlanned, ExitPlanned, PractitionerChanged, ExitUnplanned, TimeCorrected }

/// <summary>
/// Why a stay was called off (the first five) or a movement's time corrected (the last two): a choice and no text, since the row can be read by
/// whoever holds the database.
/// </summary>
public enum MovementReason { WrongPatient, EnteredTwice, EnteredByMistake, DidNotCome, Postponed, Mistyped, RecordedLate }

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
    /// <summary>Of a cancellation or a correction; cancellations from before schema 3 have none.</summary>
    public MovementReason? Reason { get; init; }
    /// <summary>Number of the movement whose time this one corrects: <see cref="At"/> is when it happened.</summary>
    public int? Corrects { get; init; }
    public AccountId? ByAccount { get; init; }

    /// <summary>Whether <see cref="At"/> is a moment to come and the movement was made at <see cref="RecordedAt"/>.</summary>
    public bool Plans => Kind is MovementKind.PreAdmission or MovementKind.ArrivalPlanned or MovementKind.ExitPlanned;

    /// <summary>Whether the Custodian was asked first: who may read hangs on it.</summary>
    public bool ChangesAccess => Kind is not (MovementKind.ExitPlanned or MovementKind.ExitUnplanned or MovementKind.PractitionerChanged or MovementKind.TimeCorrected);
}

/// <summary>One thing that happened in a stay, at the moment last given for it.</summary>
public sealed record StayEvent(MovementRow Movement, DateTimeOffset At)
{
    /// <summary>
    /// What happened and still stands, in order: from the admission on, without plans, without a discharge that was cancelled. These are the
    /// movements whose time can be corrected.
    /// </summary>
    public static IReadOnlyList<StayEvent> Of(IReadOnlyList<MovementRow> movements)
    {
        var story = new List<StayEvent>();
        foreach (var movement in movements.SkipWhile(m => m.Kind != MovementKind.Admission))
            switch (movement)
            {
                case { Corrects: { } number } when story.FindIndex(e => e.Movement.Number == number) is >= 0 and var of: story[of] = story[of] with { At = movement.At }; break;
                case { Kind: MovementKind.DischargeCancelled }: story.RemoveAll(e => e.Movement.Kind == MovementKind.Discharge); break;
                case { Kind: MovementKind.Admission or MovementKind.Transfer or MovementKind.BedChange or MovementKind.Leave or MovementKind.Return or MovementKind.Discharge }: story.Add(new StayEvent(movement, movement.At)); break;
            }
        return story;
    }
}

public sealed class BedStateRow
{
    public required BedId Bed { get; init; }
    public required BedState State { get; set; }
    public required DateTimeOffset Since { get; set; }
    /// <summary>Who said so, or whose change of a stay left the bed; rows from before schema 4, and an automaton's, have none.</summary>
    public AccountId? ByAccount { get; set; }
}
