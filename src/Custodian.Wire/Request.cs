using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>
/// What is signed: UTF-8 JSON with exactly these members. The signature covers the bytes as sent,
/// so there is no canonical form to disagree about; the Custodian parses only bytes whose signature holds.
/// docs/formats/request.md.
/// </summary>
public sealed record SignedRequest
{
    public const string CurrentVersion = "serment-request-1";

    [JsonPropertyName("v")] public required string Version { get; init; }
    /// <summary>The cell's id: a request made for one establishment says nothing to another.</summary>
    public required string Cell { get; init; }
    /// <summary>Who asks, when a person does.</summary>
    public SessionId? Session { get; init; }
    /// <summary>Who asks, when a machine does.</summary>
    public ClientId? Client { get; init; }
    /// <summary>Never used twice by one session or client; a window of 1,024 allows requests to overtake each other.</summary>
    public long Counter { get; init; }
    /// <summary>Unix milliseconds after which the request is worth nothing; at most 60 s ahead.</summary>
    public long Expires { get; init; }
    public required string Verb { get; init; }
    public required JsonElement Body { get; init; }
}

/// <summary>One thing that can be asked of the Custodian: a stable name, what is sent, what comes back.</summary>
public sealed record Verb<TAsk, TReply>(string Name);

/// <summary>The answer of verbs that have nothing to say.</summary>
public sealed record Done
{
    public static Done It { get; } = new();
}

/// <summary>The question of verbs that need nothing.</summary>
public sealed record Nothing
{
    public static Nothing AtAll { get; } = new();
}

public static class WireJson
{
    /// <summary>Strict: unknown members, comments and duplicate properties are errors.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 32,
        Converters = { new JsonStringEnumConverter() },
    };
}
