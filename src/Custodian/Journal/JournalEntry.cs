using System.Globalization;

namespace Serment.Custodian.Journal;

/// <summary>One thing that happened: who, in which session, to which patient's data, why. Sealed at rest; its leaf only commits to it.</summary>
internal sealed record JournalEntry
{
    public const int SaltLength = 32;

    /// <summary>To the millisecond; never before the entry that precedes it.</summary>
    public DateTimeOffset Time { get; init; }
    public required string Kind { get; init; }
    public AccountId? Account { get; init; }
    public SessionId? Session { get; init; }
    public ClientId? Client { get; init; }
    public StationId? Station { get; init; }
    public PatientId? Patient { get; init; }
    public Domain? Domain { get; init; }
    public string? Purpose { get; init; }
    /// <summary>The relation, approval or broken glass that explains an access.</summary>
    public string? Ground { get; init; }
    public string? Detail { get; init; }
    /// <summary>32 random bytes from which each field's salt comes; forgetting them makes the leaf say nothing for ever.</summary>
    public byte[] Salt { get; init; } = [];

    /// <summary>The fields in the order of the leaf, as the texts that it commits to.</summary>
    public static (string Name, Func<JournalEntry, string> Value)[] Fields { get; } =
    [
        ("time", e => e.Time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
        ("kind", e => e.Kind),
        ("account", e => e.Account?.ToString() ?? ""),
        ("session", e => e.Session?.ToString() ?? ""),
        ("client", e => e.Client?.ToString() ?? ""),
        ("station", e => e.Station?.ToString() ?? ""),
        ("patient", e => e.Patient?.ToString() ?? ""),
        ("domain", e => e.Domain is { } d ? ((int)d).ToString(CultureInfo.InvariantCulture) : ""),
        ("purpose", e => e.Purpose ?? ""),
        ("ground", e => e.Ground ?? ""),
        ("detail", e => e.Detail ?? ""),
    ];
}

/// <summary>An entry and its place in the journal, counted from 0.</summary>
internal readonly record struct NumberedEntry(long Index, JournalEntry Entry);
