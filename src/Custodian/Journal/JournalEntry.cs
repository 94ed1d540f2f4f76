using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Serment.Custodian.Journal;

/// <summary>One thing that happened: who, in which session, to which patient's data, why. Sealed at rest; its leaf only commits to it.</summary>
internal sealed record JournalEntry
{
    /// <summary>Never before the entry that precedes it.</summary>
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

    /// <summary>
    /// The Merkle leaf: for each field in this order SHA-256(salt ‖ name ‖ 0 ‖ value), salt = HMAC-SHA256(entry salt, name)[..16],
    /// all concatenated. Absent fields commit to the empty value. docs/formats/journal.md.
    /// </summary>
    public byte[] Leaf()
    {
        var leaf = new byte[32 * Fields.Length];
        for (var i = 0; i < Fields.Length; i++) Commit(Salt, Fields[i].Name, Fields[i].Value(this), leaf.AsSpan(32 * i, 32));
        return leaf;
    }

    public static void Commit(byte[] entrySalt, string name, string value, Span<byte> into)
    {
        Span<byte> salt = stackalloc byte[32];
        HMACSHA256.HashData(entrySalt, Encoding.ASCII.GetBytes(name), salt);
        SHA256.HashData([.. salt[..16], .. Encoding.ASCII.GetBytes(name), 0, .. Encoding.UTF8.GetBytes(value)], into);
    }

    [JsonIgnore]
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
