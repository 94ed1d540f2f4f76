using System.Buffers;
using System.Text.Json;
using Serment.Records.Entries;

namespace Serment.Exchange.Fhir;

/// <summary>
/// One resource being read, member by member. What was taken whole is said by the entry; everything else goes with it
/// as "rest", so that nothing of the source is lost by being read.
/// </summary>
/// <param name="quoted">When whatever quotes it says that it was; for what says nothing itself.</param>
internal sealed class Reading(SourceResource from, FhirIndex index, DateTimeOffset now, DateTimeOffset? quoted = null)
{
    private readonly List<string> _taken = ["resourceType", "id", "subject", "patient", "beneficiary"];

    private bool _undated;

    public JsonElement Json { get; } = from.Json;
    public string Type { get; } = from.Type;

    /// <summary>Says that nothing of these members needs keeping beyond what the entry says.</summary>
    public void Take(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _taken.Add(name);
    }

    public string? Text(string name)
    {
        var text = Json.Text(name);
        if (text is not null) Take(name);
        return text;
    }

    public Coded? Concept(string name)
    {
        if (Json.At(name) is not { } json) return null;
        if (json.IsPlainConcept()) Take(name);
        return json.Concept();
    }

    /// <summary>The first of a list of concepts; the list is taken when it has only that one.</summary>
    public Coded? FirstConcept(string name)
    {
        if (Json.First(name) is not { } json) return null;
        if (Json.GetProperty(name).GetArrayLength() == 1 && json.IsPlainConcept()) Take(name);
        return json.Concept();
    }

    /// <summary>A status, written as a code or as a concept; the ordinary ones are said by the entry and need no keeping.</summary>
    public string? Status(string name, params ReadOnlySpan<string> ordinary)
    {
        if (Json.At(name) is not { } json) return null;
        var status = json.ValueKind == JsonValueKind.String ? json.GetString() : StandardOf(json)?.Text("code") ?? json.Text("text");
        if (status is not null && ordinary.Contains(status) && (json.ValueKind == JsonValueKind.String || json.IsPlainConcept())) Take(name);
        return status;
    }

    /// <summary>A status is HL7's own code; a source may put its own before it.</summary>
    private static JsonElement? StandardOf(JsonElement concept) =>
        concept.Each("coding").FirstOrDefault(c => c.Text("system")?.StartsWith("http://terminology.hl7.org/CodeSystem/", StringComparison.Ordinal) == true) is { ValueKind: JsonValueKind.Object } standard ? standard : concept.First("coding");

    /// <summary>The name behind a reference, or behind the first of a list of them.</summary>
    public string? Name(string name)
    {
        if (Json.At(name) is not { } json) return null;
        var (one, whole) = json.ValueKind == JsonValueKind.Array ? (Json.First(name), json.GetArrayLength() == 1) : (json, true);
        var shown = NameOf(one);
        if (shown is not null && whole && one!.Value.EnumerateObject().All(p => p.Name is "reference" or "display" or "type")) Take(name);
        return shown;
    }

    public string? NameOf(JsonElement? reference) => index.NameOf(reference, Json);

    /// <summary>When it was true, by the first of these members that says so; else when it was written down, else the import (then the body says "undated").</summary>
    public DateTimeOffset When(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Json.At(name) is not { } json) continue;
            if (json.ValueKind == JsonValueKind.String && FhirElements.Instant(json.GetString()) is { } instant) { Take(name); return instant; }
            if ((FhirElements.Instant(json.Text("start")) ?? FhirElements.Instant(json.Text("end"))) is { } start) return start;
        }
        var written = quoted ?? FhirElements.Instant(Json.At("meta")?.Text("lastUpdated"));
        _undated = written is null;
        return written ?? now;
    }

    /// <summary>The end of a period whose start is the entry's moment.</summary>
    public DateTimeOffset? Until(string name)
    {
        if (Json.At(name) is not { ValueKind: JsonValueKind.Object } period) return null;
        if (FhirElements.Instant(period.Text("start")) is not null && period.EnumerateObject().All(p => p.Name is "start" or "end")) Take(name);
        return FhirElements.Instant(period.Text("end"));
    }

    /// <summary>The entry's body: the room's own shape, then where it came from, then the rest.</summary>
    /// <param name="label">For shapes without a label of their own, what lists show.</param>
    /// <param name="rest">False when the shape holds the whole resource already.</param>
    public JsonElement Body<T>(T shape, string? label = null, bool rest = true)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            foreach (var member in EntryJson.Of(shape).EnumerateObject()) member.WriteTo(writer);
            if (label is not null) writer.WriteString("label", label);
            if (_undated) writer.WriteBoolean("undated", true);
            writer.WriteString("source", $"{Type}/{from.Id ?? from.FullUrl}");
            if (rest && Json.At("encounter")?.Text("reference") is { } encounter && Json.GetProperty("encounter").EnumerateObject().Count() == 1) { writer.WriteString("encounter", encounter); Take("encounter"); }
            if (rest) WriteRest(writer);
            writer.WriteEndObject();
        }
        var reader = new Utf8JsonReader(buffer.WrittenSpan, Deep);
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>The whole resource, without the patient's name where a reference repeats it: names lie with the Custodian only.</summary>
    public JsonElement Original()
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, Writing)) Copy(writer, Json, generatedTextToo: false, traitsToo: Type != "Patient");
        var reader = new Utf8JsonReader(buffer.WrittenSpan, Deep);
        return JsonElement.ParseValue(ref reader);
    }

    private static readonly JsonWriterOptions Writing = new() { Encoder = EntryJson.Options.Encoder, SkipValidation = true, MaxDepth = 256 };
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 256 };

    private void WriteRest(Utf8JsonWriter writer)
    {
        var begun = false;
        foreach (var member in Json.EnumerateObject())
        {
            if (_taken.Contains(member.Name) || SaysNothing(member)) continue;
            if (!begun) { writer.WriteStartObject("rest"); begun = true; }
            writer.WritePropertyName(member.Name);
            Copy(writer, member.Value, generatedTextToo: true);
        }
        if (begun) writer.WriteEndObject();
    }

    /// <summary>A narrative generated from the data, and the machinery's own notes, add nothing; security labels do.</summary>
    private static bool SaysNothing(JsonProperty member) => member.Name switch
    {
        "text" => member.Value.Text("status") == "generated",
        "meta" => member.Value.At("security") is null && member.Value.At("extension") is null,
        _ => false,
    };

    private void Copy(Utf8JsonWriter writer, JsonElement json, bool generatedTextToo, bool traitsToo = true)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var toPatient = json.Text("reference") is { } reference && index.IsPatient(reference);
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    if (toPatient && member.Name == "display") continue;
                    if (!traitsToo && member.Name is ("name" or "birthDate" or "gender" or "text")) continue;
                    if (!generatedTextToo && member.Name == "text" && member.Value.Text("status") == "generated") continue;
                    writer.WritePropertyName(member.Name);
                    Copy(writer, member.Value, generatedTextToo);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray()) Copy(writer, item, generatedTextToo);
                writer.WriteEndArray();
                break;
            default: json.WriteTo(writer); break;
        }
    }
}
