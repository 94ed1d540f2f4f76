namespace Serment.Custodian.Sessions;

/// <summary>One person in one browser. The key is the browser's; the Custodian has its public half.</summary>
internal sealed record Session
{
    public required SessionId Id { get; init; }
    public required AccountId Account { get; init; }
    public required byte[] PublicKey { get; init; }
    /// <summary>Start of the shift: a tap continues it, 13 hours in all.</summary>
    public required DateTimeOffset Started { get; init; }
    public required DateTimeOffset TouchedAt { get; init; }
    public required DateTimeOffset PinAt { get; init; }
    /// <summary>Where its passkey answered, as the browser said and the passkey signed.</summary>
    public string Origin { get; init; } = "";
    public byte[] Credential { get; init; } = [];
    public StationId? Station { get; init; }
    /// <summary>A lent key opens this unit only.</summary>
    public UnitId? OnlyUnit { get; init; }
    public DateTimeOffset EndsAt { get; init; }
    /// <summary>Entered with the demonstration key: a click stands for a touch.</summary>
    public bool Demonstration { get; init; }
    public bool Locked { get; init; }
    public bool Ended { get; init; }
    /// <summary>Counters up to here may have been used before a restart; none of them is taken again.</summary>
    public long CounterFloor { get; init; }
}
