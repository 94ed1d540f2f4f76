using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serment.Records.History;

/// <summary>
/// A file inside what came from elsewhere, as the source carried it (a FHIR Attachment): an imported document's own, a report's
/// printed form, a picture. Found wherever it lies in the entry; its bytes are decoded only when somebody asks.
/// </summary>
/// <param name="Title">What the source called it, or null.</param>
/// <param name="MediaType">Lower case, without parameters; nothing is believed of it but how to offer it.</param>
public sealed partial record ImportedAttachment(string? Title, string MediaType, string? Charset)
{
    private readonly JsonElement _data;

    private ImportedAttachment(string? title, string mediaType, string? charset, JsonElement data) : this(title, mediaType, charset) => _data = data;

    /// <summary>About how many bytes: what Base64 of that length holds.</summary>
    public long Size => (JsonMarshal.GetRawUtf8Value(_data).Length - 2) * 3L / 4;

    /// <summary>Shown in place, as text alone.</summary>
    public bool IsText => MediaType.StartsWith("text/", StringComparison.Ordinal) && MediaType is not "text/rtf" || MediaType is "application/json" or "application/fhir+json" or "application/xml" or "application/xhtml+xml";

    /// <summary>All that the entry carries, in the order in which they lie there.</summary>
    public static IReadOnlyList<ImportedAttachment> In(JsonElement body)
    {
        // A chart has thousands of lines, few with a file: a look at the bytes first.
        if (body.ValueKind != JsonValueKind.Object || JsonMarshal.GetRawUtf8Value(body).IndexOf("\"data\""u8) < 0) return [];
        var found = new List<ImportedAttachment>();
        Find(body, found);
        return found;
    }

    /// <summary>Null: it is no Base64.</summary>
    public byte[]? Bytes() => _data.TryGetBytesFromBase64(out var bytes) ? bytes : null;

    /// <summary>What a person reads: without marks of layout, which are nobody's business here, and without what moves a terminal or a page.</summary>
    public string? Text()
    {
        if (Bytes() is not { } bytes) return null;
        var text = Decoded(bytes);
        if (MediaType is "text/html" or "application/xhtml+xml") text = WebUtility.HtmlDecode(Tags().Replace(Breaks().Replace(Unseen().Replace(text, ""), "\n"), ""));
        return string.Concat(text.Where(c => c is '\n' or '\t' || !char.IsControl(c))).Trim();
    }

    private string Decoded(byte[] bytes)
    {
        if (Charset is "iso-8859-1" or "latin1" or "windows-1252") return Encoding.Latin1.GetString(bytes);
        try { return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF'); }
        catch (DecoderFallbackException) { return Encoding.Latin1.GetString(bytes); }
    }

    private static void Find(JsonElement json, List<ImportedAttachment> found)
    {
        if (json.ValueKind == JsonValueKind.Array) foreach (var item in json.EnumerateArray()) Find(item, found);
        if (json.ValueKind != JsonValueKind.Object) return;
        if (json.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.String && data.GetRawText().Length > 2 && Said(json, "contentType") is { } type)
        {
            var parts = type.ToLowerInvariant().Split(';', StringSplitOptions.TrimEntries);
            found.Add(new ImportedAttachment(Said(json, "title") ?? Said(json, "label"), parts[0], parts.Skip(1).FirstOrDefault(p => p.StartsWith("charset=", StringComparison.Ordinal))?[8..].Trim('"'), data));
        }
        foreach (var member in json.EnumerateObject()) Find(member.Value, found);
    }

    private static string? Said(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    [GeneratedRegex(@"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Unseen();

    [GeneratedRegex(@"<br\s*/?>|</(p|div|tr|li|h[1-6]|table)\s*>", RegexOptions.IgnoreCase)]
    private static partial Regex Breaks();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();
}
