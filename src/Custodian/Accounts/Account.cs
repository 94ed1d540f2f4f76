namespace Serment.Custodian.Accounts;

/// <summary>A key of one person. A lent one opens one unit, until the shift is over.</summary>
/// <param name="Handle">The user handle given at enrolment; an assertion that carries another is refused.</param>
internal sealed record Passkey(byte[] CredentialId, byte[] PublicKey, uint Counter, bool BackupEligible, DateTimeOffset Since, byte[]? Handle = null, Loan? Loan = null);

/// <summary>A spare key on loan.</summary>
internal sealed record Loan(UnitId Unit, DateTimeOffset Until);

/// <summary>A unit for one shift, given by somebody else of that unit.</summary>
internal sealed record Duty(UnitId Unit, DateTimeOffset From, DateTimeOffset Until, AccountId By)
{
    public bool RunsAt(DateTimeOffset now) => From <= now && now < Until;
}

/// <summary>What the holder has not yet acknowledged.</summary>
internal sealed record Untold(DateTimeOffset At, string Text);

/// <summary>A member of staff. No password exists.</summary>
internal sealed record Account
{
    public required AccountId Id { get; init; }
    public required string Name { get; init; }
    public required string Title { get; init; }
    public required Role Role { get; init; }
    /// <summary>Who answers, as the national directory numbers health professionals; others have none.</summary>
    public string? Rpps { get; init; }
    public IReadOnlyList<UnitId> Units { get; init; } = [];
    /// <summary>The last day, included, in Paris.</summary>
    public DateOnly? Until { get; init; }
    public bool Frozen { get; init; }
    public IReadOnlyList<Passkey> Passkeys { get; init; } = [];
    public IReadOnlyList<Duty> Duties { get; init; } = [];
    public IReadOnlyList<Untold> Notices { get; init; } = [];

    public bool OpenAt(DateTimeOffset now) => !Frozen && (Until is not { } until || ClinicalTime.Day(now) <= until);

    /// <summary>Own units, and those of a duty that runs; a lent key opens its one unit and nothing else.</summary>
    public IReadOnlyList<UnitId> UnitsAt(DateTimeOffset now, UnitId? only = null) =>
        only is { } unit ? [unit] : Duties.Any(d => d.RunsAt(now)) ? [.. Units.Union(Duties.Where(d => d.RunsAt(now)).Select(d => d.Unit))] : Units;

    public Me MeAt(DateTimeOffset now, UnitId? only = null) => new(Id, Name, Title, Role, UnitsAt(now, only));
}
