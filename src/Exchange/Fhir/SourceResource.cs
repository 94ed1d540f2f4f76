using System.Text.Json;

namespace Serment.Exchange.Fhir;

/// <summary>One resource as it lay in a file.</summary>
/// <param name="FullUrl">By which others of its bundle refer to it; null outside bundles.</param>
/// <param name="Line">Where it begins, from 1.</param>
public sealed record SourceResource(JsonElement Json, string? FullUrl, long Line)
{
    public string Type { get; } = Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty("resourceType", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";
    public string? Id { get; } = Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
}

/// <summary>A file that cannot be read as FHIR at all: where, and why, in French.</summary>
public sealed class FhirFaultException(long line, long column, string why) : Exception(why)
{
    public long Line { get; } = line;
    public long Column { get; } = column;
}
