namespace Serment.Custodian.Wire;

/// <summary>Moves the clock of a demonstration or a rehearsal forward. Refused with "clock.real" in an establishment of real patients.</summary>
/// <param name="By">More than nothing, a year at most; there is no way back.</param>
public sealed record AdvanceClock(TimeSpan By);

/// <param name="Ahead">How far the cell's clock is before the machine's now.</param>
public sealed record ClockAdvanced(DateTimeOffset Now, TimeSpan Ahead);

public static class ClockVerbs
{
    /// <summary>Needs no signature: time there is nobody's. As it moves, watchers get a notice of kind "clock" whose text is <see cref="ClockAdvanced.Ahead"/>.</summary>
    public static readonly Verb<AdvanceClock, ClockAdvanced> Advance = new("clock.advance");
}
