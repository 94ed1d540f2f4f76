using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>What someone must look at: each broken glass, each alarm, each file that only its opener's own word explains.</summary>
/// <param name="Done">Those already looked at, the latest first, instead of those that wait.</param>
public sealed record ReviewAsked(bool Done = false);

/// <param name="Index">The journal's entry; it names the item.</param>
/// <param name="Kind">"break-glass", "alarm", "own-claim".</param>
/// <param name="Due">As many hours after it happened as the policy says.</param>
/// <param name="Text">French; names no patient. Of a broken glass: the reason given.</param>
/// <param name="Ipp">Of the file, where one is meant.</param>
/// <param name="Account">Null: an interface, which <paramref name="Client"/> names.</param>
/// <param name="Own">About whoever asks: another officer looks at it.</param>
public sealed record ReviewItem(long Index, string Kind, DateTimeOffset At, DateTimeOffset Due, AccountId? Account, string Who, Role? Role, string Text, string? Ipp, bool Own, ReviewDone? Done, ClientId? Client = null);

public sealed record ReviewDone(DateTimeOffset At, string Who, ReviewOutcome Outcome, string Note);

/// <param name="WithinHours">The policy's `deadlines.reviewHours`.</param>
public sealed record ReviewQueue(IReadOnlyList<ReviewItem> Items, int Waiting, int Overdue, int WithinHours);

[JsonConverter(typeof(JsonStringEnumConverter<ReviewOutcome>))]
public enum ReviewOutcome
{
    /// <summary>Care explains it.</summary>
    Justified = 1,
    /// <summary>Not care, and harmless: a wrong line clicked, a test.</summary>
    Harmless,
    /// <summary>An incident was opened.</summary>
    Incident,
}

/// <param name="Note">At least 5 characters.</param>
public sealed record Reviewed(long Index, ReviewOutcome Outcome, string Note);

/// <summary>What an account did, for the security officer: times, kinds, counts; no patient is named.</summary>
public sealed record TimelineAsked(AccountId Account, DateTimeOffset From, DateTimeOffset Until);

/// <summary>Ten minutes of one kind of act.</summary>
/// <param name="What">The journal's kind: "signin", "release", "write", "identity.shown", "break-glass", "alarm"…</param>
/// <param name="Ground">What explained it: a relation's source; of an alarm, its text.</param>
public sealed record TimelineLine(DateTimeOffset At, string What, int Times, int Patients, IReadOnlyList<Domain> Domains, string? Ground, string? Station);

public sealed record Timeline(AccountId Account, string Who, IReadOnlyList<TimelineLine> Lines, int Patients, bool Cut);

/// <summary>Stops all work with no one present at once: mandates and exports. One security officer; two people let it go on.</summary>
public sealed record StopBulk(string Reason);

public sealed record ProposeResumeBulk(string Reason);

/// <summary>No relation through this unit opens any more, for anyone; breaking the glass does. Two people; two people end it.</summary>
public sealed record ProposeUnitFreeze(UnitId Unit, bool Frozen, string Reason);

/// <param name="Waiting">Alarms that the outlet has not taken yet.</param>
/// <param name="Fault">Why, while it does not; null when all is well.</param>
public sealed record OutletLine(string Name, int Waiting, DateTimeOffset? LastDelivered, string? Fault);

/// <param name="Honey">How many files that no care can need are marked; <paramref name="HoneyWanted"/> is the policy's.</param>
public sealed record WatchState(bool BulkStopped, IReadOnlyList<UnitId> FrozenUnits, IReadOnlyList<OutletLine> Outlets, int OpenedToday, int Ceiling, int ReviewsWaiting, int ReviewsOverdue, int Honey, int HoneyWanted, IReadOnlyList<DayCount> Days);

/// <summary>One day of the last fourteen.</summary>
public sealed record DayCount(DateOnly Day, int Alarms, int BrokenGlasses);

/// <summary>The security desk. Security and privacy officers; what stops others is the security officer's.</summary>
public static class WatchVerbs
{
    public static readonly Verb<Nothing, WatchState> State = new("watch.state");
    public static readonly Verb<ReviewAsked, ReviewQueue> Reviews = new("watch.reviews");
    public static readonly Verb<Reviewed, Done> Review = new("watch.review");
    public static readonly Verb<TimelineAsked, Timeline> Timeline = new("watch.timeline");
    public static readonly Verb<StopBulk, Done> StopBulk = new("bulk.stop");
    public static readonly Verb<ProposeResumeBulk, Proposed> ResumeBulk = new("bulk.propose-resume");
    public static readonly Verb<ProposeUnitFreeze, Proposed> UnitFreeze = new("unit.propose-freeze");
}
