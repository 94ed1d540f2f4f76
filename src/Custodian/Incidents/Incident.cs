namespace Serment.Custodian.Incidents;

/// <summary>A violation of personal data, or what may become one, as the register keeps it (GDPR article 33(5)).</summary>
internal sealed record Incident
{
    public static readonly TimeSpan NotifyWithin = TimeSpan.FromHours(72);

    public required IncidentId Id { get; init; }
    public required int Number { get; init; }
    public required string Title { get; init; }
    public required string Facts { get; init; }
    public required IncidentScope Scope { get; init; }
    public required DateTimeOffset OpenedAt { get; init; }
    /// <summary>Null when an interface opened it.</summary>
    public AccountId? OpenedBy { get; init; }
    public ClientId? OpenedByClient { get; init; }
    public required DateTimeOffset AwareAt { get; init; }
    public required Exposure Exposure { get; init; }
    public IReadOnlyList<Step> Measures { get; init; } = [];
    public IReadOnlyList<Notified> Notifications { get; init; } = [];
    public Decided? Told { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? Conclusion { get; init; }
    public LettersProgress? Letters { get; init; }

    public IncidentSummary Summary => new(Id, Number, Title, Scope.Nature, ClosedAt is not null ? IncidentState.Closed : Notifications.Count > 0 ? IncidentState.Notified : IncidentState.Open,
        OpenedAt, AwareAt, AwareAt + NotifyWithin, Exposure.Patients, Notifications.Count > 0 ? Notifications[0].At : null, ClosedAt);
}

internal sealed record Step(DateTimeOffset At, AccountId By, string Text);

internal sealed record Notified(DateTimeOffset At, AccountId By, NotificationPhase Phase, string Consequences, string? LateBecause, string? Reference, int Patients);

internal sealed record Decided(DateTimeOffset At, AccountId By, PeopleTold Decision, string Reason);
