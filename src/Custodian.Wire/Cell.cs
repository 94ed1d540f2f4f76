namespace Serment.Custodian.Wire;

/// <summary>What anyone may know of a cell before signing in.</summary>
/// <param name="Demonstration">Set when the data directory was created, never later.</param>
/// <param name="Ahead">In demonstrations and rehearsals: how far the clock was moved; null in an establishment of real patients, whose clock never is.</param>
/// <param name="Unlocked">Keys are in memory; releases are answered.</param>
/// <param name="SearchReady">Identities are indexed; search is answered.</param>
/// <param name="KeyVersion">Of the patients' keys, under which what is added now is sealed.</param>
/// <param name="KeyVersionSince">Null: since the cell was founded.</param>
public sealed record CellStatus(string Cell, string Name, bool Demonstration, bool Unlocked, bool SearchReady, DateTimeOffset Now, string JournalKey, string? Page = null, TimeSpan? Ahead = null, int KeyVersion = 1, DateTimeOffset? KeyVersionSince = null);

/// <summary>A unit's label lives here, not in the database: labels are sealed from the host.</summary>
public sealed record UnitLabel(UnitId Unit, string Name, string Site, IReadOnlyList<BedLabel> Beds);

public sealed record BedLabel(BedId Bed, string Room, string Name);

/// <summary>A new unit, or another name or more beds for one. Units and beds are never taken away: old stays still name them.</summary>
/// <param name="Beds">Room and bed of each; those known by the same name keep their identity.</param>
public sealed record PutUnit(UnitId? Unit, string Name, string Site, IReadOnlyList<PutBed> Beds);

public sealed record PutBed(string Room, string Name);

public sealed record UnitList(IReadOnlyList<UnitLabel> Units);

public sealed record CheckpointText(string Note);

/// <summary>Who works here, by name and function: what a signature under a note or a responsible doctor's id reads as.</summary>
public sealed record StaffLabel(AccountId Account, string Name, string Title, Role Role);

public sealed record StaffList(IReadOnlyList<StaffLabel> Staff);

public static class CellVerbs
{
    public static readonly Verb<Nothing, CellStatus> Status = new("cell.status");
    public static readonly Verb<Nothing, UnitList> Units = new("cell.units");
    public static readonly Verb<PutUnit, UnitLabel> PutUnit = new("cell.put-unit");
    public static readonly Verb<Nothing, StaffList> Staff = new("cell.staff");
    public static readonly Verb<Nothing, CheckpointText> Checkpoint = new("journal.checkpoint");
}
