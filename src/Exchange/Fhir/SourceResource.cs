using System.Text.Json;

namespace Serment.Exchange.Fhir;

/// <summary>One resource as it lay in a file.</summary>
/// <param name="FullUrl">By which others of its bundle refer to it; null outside bundles.</param>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Broken">Where text of it is not valid UTF-8, or half a character of UTF-16; null when all can be read.</param>
public sealed record SourceResource(JsonElement Json, string? FullUrl, long Line, SourcePlace? Broken = null)
{
    public const string BrokenText = "Du texte n'est pas de l'UTF-8 valide.";

    public string Type { get; } = Said(Json, "resourceType") ?? "";
    public string? Id { get; } = Said(Json, "id");

    private static string? Said(JsonElement json, string name)
    {
        try { return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null; }
        catch (InvalidOperationException) { return null; }
    }
}

/// <summary>In a file; both from 1.</summary>
public sealed record SourcePlace(long Line, long Column);

/// <summary>A file that cannot be read as FHIR at all: where, and why, in French.</summary>
public sealed class FhirFaultException(long line, long column, string why) : Exception(why)
{
    public long Line { get; } = line;
    public long Column { get; } = column;
}
