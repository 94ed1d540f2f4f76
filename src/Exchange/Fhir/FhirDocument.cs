using System.Text;
using Serment.Records.History;
using Serment.Records.Notes;

namespace Serment.Exchange.Fhir;

/// <summary>Documents: a plain text that the source carried becomes a note, anything else keeps its bytes.</summary>
internal static class FhirDocument
{
    public static Draft? Read(Reading reading)
    {
        var json = reading.Json;
        if (json.Each("content").Count() != 1 || json.First("content")?.At("attachment") is not { } attachment) return null;
        var (status, written) = (reading.Status("status", "current", "superseded", "entered-in-error"), reading.Status("docStatus", "final", "preliminary", "amended", "entered-in-error"));
        var wrong = status == "entered-in-error" || written == "entered-in-error";
        var at = reading.When("date");
        var type = reading.Concept("type");
        var label = attachment.Text("title") ?? type?.Label ?? reading.Text("description") ?? "Document";
        var stands = status is (null or "current" or "entered-in-error") && written is (null or "final" or "amended" or "entered-in-error");
        if (!stands) label += status == "superseded" ? " (remplacé depuis)" : written == "preliminary" ? " (provisoire)" : $" ({written ?? status})";
        var author = reading.NameOf(json.First("author"));
        var plain = attachment.EnumerateObject().All(p => p.Name is "contentType" or "data" or "title" or "creation" or "language") && json.First("content")!.Value.EnumerateObject().All(p => p.Name is "attachment" or "format");
        if (plain && stands && attachment.Text("contentType")?.StartsWith("text/plain", StringComparison.Ordinal) == true && TextOf(attachment.Text("data")) is { } text && text.Length <= Note.MaximumLength)
        {
            reading.Take("content");
            return new Draft(Domain.Clinical, Note.Room, at, author, wrong, reading.Body(new Note("medical", text), label));
        }
        if (plain) reading.Take("content");
        return new Draft(Domain.Clinical, PastDocument.Room, at, author, wrong, reading.Body(new PastDocument(label, attachment.Text("contentType"), type?.Code, type?.System, attachment.Text("contentType"), plain ? attachment.Text("data") : null)));
    }

    private static string? TextOf(string? base64)
    {
        if (base64 is null) return null;
        try { return new UTF8Encoding(false, true).GetString(Convert.FromBase64String(base64)) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null; }
        catch (Exception fault) when (fault is FormatException or DecoderFallbackException) { return null; }
    }
}
