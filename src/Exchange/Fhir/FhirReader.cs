using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Serment.Exchange.Fhir;

/// <summary>
/// Takes the resources out of a bundle, a lone resource or a file of one resource a line, in a window that holds one
/// resource at a time: a file of 1 GiB costs no more memory than its largest resource.
/// </summary>
public static class FhirReader
{
    private const int Window = 1 << 20, LargestResource = 128 << 20;
    private static readonly JsonReaderOptions Lenient = new() { MaxDepth = 128, CommentHandling = JsonCommentHandling.Disallow };

    /// <param name="lines">One resource a line (bulk data).</param>
    /// <exception cref="FhirFaultException">Not JSON, or not FHIR: with line and column.</exception>
    public static async IAsyncEnumerable<SourceResource> ReadAsync(Stream stream, bool lines, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var walk = new BundleWalk();
        var found = new List<SourceResource>();
        var (buffer, filled, done, line) = (new byte[Window], 0, false, 1L);
        while (true)
        {
            while (filled < buffer.Length && !done)
            {
                var got = await stream.ReadAsync(buffer.AsMemory(filled), cancel).ConfigureAwait(false);
                (filled, done) = (filled + got, got == 0);
            }
            var consumed = lines ? Lines(buffer.AsSpan(0, filled), done, ref line, found) : walk.Advance(buffer.AsSpan(0, filled), done, ref line, found);
            foreach (var resource in found) foreach (var flat in Flat(resource)) yield return flat;
            found.Clear();
            if (consumed > 0) buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
            filled -= consumed;
            if (done && (filled == 0 || consumed == 0)) break;
            if (consumed > 0 || filled < buffer.Length) continue;
            if (buffer.Length >= LargestResource) throw new FhirFaultException(line, 1, "Une ressource dépasse 128 Mio.");
            Array.Resize(ref buffer, buffer.Length * 2);
        }
        if (!lines) walk.End(line);
    }

    /// <summary>A bundle inside a bundle is opened.</summary>
    private static IEnumerable<SourceResource> Flat(SourceResource resource)
    {
        if (resource.Type != "Bundle") return [resource];
        if (!resource.Json.TryGetProperty("entry", out var entries) || entries.ValueKind != JsonValueKind.Array) return [];
        return entries.EnumerateArray().Select(e => OfEntry(e, resource.Line, resource.Broken is null || BrokenIn(Encoding.UTF8.GetBytes(e.GetRawText()), 1) is null ? null : resource.Broken)).OfType<SourceResource>().SelectMany(Flat);
    }

    /// <summary>A request that would change something without a resource (DELETE) is given as it is, so that it is told; an entry with neither says nothing.</summary>
    private static SourceResource? OfEntry(JsonElement entry, long line, SourcePlace? broken)
    {
        if (entry.ValueKind != JsonValueKind.Object) return null;
        if (entry.TryGetProperty("resource", out var resource)) return new SourceResource(resource, broken is null ? entry.Text("fullUrl") : null, line, broken);
        return entry.At("request")?.Text("method") is { } method and not ("GET" or "HEAD") ? new SourceResource(entry, null, line, broken) : null;
    }

    /// <summary>The first text that is no text. Valid bytes may still spell half a character: \ud800.</summary>
    /// <param name="line">On which these bytes begin.</param>
    private static SourcePlace? BrokenIn(ReadOnlySpan<byte> json, long line, long column = 1)
    {
        if (Utf8.IsValid(json) && json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0) return null;
        var reader = new Utf8JsonReader(json, Lenient);
        try
        {
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) _ = reader.GetString();
            return null;
        }
        catch (InvalidOperationException)
        {
            var before = json[..(int)reader.TokenStartIndex];
            var newlines = before.Count((byte)'\n');
            return new SourcePlace(line + newlines, newlines == 0 ? column + before.Length : before.Length - before.LastIndexOf((byte)'\n'));
        }
    }

    private static int Lines(ReadOnlySpan<byte> text, bool last, ref long line, List<SourceResource> found)
    {
        var consumed = 0;
        while (consumed < text.Length)
        {
            var rest = text[consumed..];
            var end = rest.IndexOf((byte)'\n');
            if (end < 0 && !last) break;
            var one = end < 0 ? rest : rest[..end];
            if (one.StartsWith("\uFEFF"u8)) one = one[3..];
            if (one.Trim(" \r\t"u8).Length > 0)
                try
                {
                    var reader = new Utf8JsonReader(one, Lenient);
                    found.Add(Whole(JsonElement.ParseValue(ref reader), line, BrokenIn(one, line)));
                    if (reader.Read()) throw new FhirFaultException(line, reader.BytesConsumed, "Une ligne porte plus d'une ressource.");
                }
                catch (JsonException fault) { throw new FhirFaultException(line, (fault.BytePositionInLine ?? 0) + 1, "JSON illisible."); }
            consumed += end < 0 ? rest.Length : end + 1;
            if (end >= 0) line++;
        }
        return consumed;
    }

    private static SourceResource Whole(JsonElement json, long line, SourcePlace? broken) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("resourceType", out _) ? new SourceResource(json, null, line, broken) : throw new FhirFaultException(line, 1, "Ceci n'est pas une ressource FHIR : « resourceType » manque.");

    /// <summary>Where in a bundle the reading stands, from window to window.</summary>
    private sealed class BundleWalk
    {
        private JsonReaderState _state = new(Lenient);
        private bool _begun, _inEntries, _over;
        private string? _type;

        /// <returns>Bytes that are done with.</returns>
        public int Advance(ReadOnlySpan<byte> text, bool last, ref long line, List<SourceResource> found)
        {
            var mark = !_begun && text.StartsWith("\uFEFF"u8) ? 3 : 0;
            if (_over) return text.Trim(" \r\n\t\0"u8).Length == 0 ? text.Length : throw new FhirFaultException(line, 1, "Du texte suit la fin du Bundle.");
            var reader = new Utf8JsonReader(text[mark..], last, _state);
            var (safe, state, counted) = (0L, _state, 0);
            try
            {
                if (!_begun && last && text[mark..].Trim(" \r\n\t"u8).Length == 0) throw new FhirFaultException(line, 1, "Le fichier est vide.");
                if (!_begun && IsLone(text[mark..], last) is var lone && lone is not false)
                {
                    if (!last) return 0;
                    var whole = new Utf8JsonReader(text[mark..], Lenient);
                    found.Add(Whole(JsonElement.ParseValue(ref whole), 1, BrokenIn(text[mark..], 1)));
                    _over = true;
                    return mark + (int)whole.BytesConsumed;
                }
                while (Step(ref reader, text[mark..], ref counted, ref line, found)) (safe, state) = (reader.BytesConsumed, reader.CurrentState);
            }
            catch (JsonException fault) { throw new FhirFaultException((fault.LineNumber ?? 0) + 1, (fault.BytePositionInLine ?? 0) + 1, text.TrimStart(" \r\n\t"u8).StartsWith("<"u8) ? "C'est du XML : l'import lit du JSON." : "JSON illisible."); }
            catch (InvalidOperationException) { throw new FhirFaultException(line, 1, SourceResource.BrokenText); }
            line += text.Slice(mark + counted, (int)safe - counted).Count((byte)'\n');
            _state = state;
            _begun |= safe > 0;
            return safe > 0 ? (int)safe + mark : 0;
        }

        public void End(long line)
        {
            if (!_over) throw new FhirFaultException(line, 1, "Le fichier est vide ou s'arrête avant la fin.");
        }

        /// <summary>One token of the bundle, or one whole entry. False when the window does not hold it.</summary>
        private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> text, ref int counted, ref long line, List<SourceResource> found)
        {
            if (_over || !reader.Read()) return false;
            if (_inEntries)
            {
                if (reader.TokenType == JsonTokenType.EndArray) { _inEntries = false; return true; }
                var start = (int)reader.TokenStartIndex;
                if (!JsonDocument.TryParseValue(ref reader, out var entry)) return false;
                line += text[counted..start].Count((byte)'\n');
                counted = start;
                using (entry)
                    if (OfEntry(entry.RootElement, line, BrokenIn(text[start..(int)reader.BytesConsumed], line)) is { } resource)
                        found.Add(resource with { Json = resource.Json.Clone() });
                return true;
            }
            if (reader.CurrentDepth == 0)
            {
                if (reader.TokenType == JsonTokenType.EndObject)
                    return _type == "Bundle" ? _over = true : throw new FhirFaultException(1, 1, "Ceci n'est pas un Bundle FHIR : « resourceType » manque ou dit autre chose.");
                return reader.TokenType == JsonTokenType.StartObject ? true : throw new FhirFaultException(line, 1, "Ceci n'est pas un Bundle FHIR : un objet JSON est attendu.");
            }
            if (reader.TokenType != JsonTokenType.PropertyName) return true;
            if (reader.ValueTextEquals("entry"u8))
            {
                if (!reader.Read()) return false;
                return reader.TokenType == JsonTokenType.StartArray ? _inEntries = true : throw new FhirFaultException(line + text[counted..(int)reader.TokenStartIndex].Count((byte)'\n'), 1, "« entry » n'est pas une liste.");
            }
            var isType = reader.ValueTextEquals("resourceType"u8);
            if (!reader.Read()) return false;
            if (isType && reader.TokenType == JsonTokenType.String) _type = reader.GetString();
            return reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray) || reader.TrySkip();
        }

        /// <summary>A file of one resource that is no bundle; it is read in one piece. Null: the window does not tell yet.</summary>
        private static bool? IsLone(ReadOnlySpan<byte> text, bool last)
        {
            var peek = new Utf8JsonReader(text, last, new JsonReaderState(Lenient));
            bool? unknown = last ? false : null;
            if (!peek.Read()) return unknown;
            if (peek.TokenType != JsonTokenType.StartObject) return false;
            while (peek.Read())
            {
                if (peek.TokenType != JsonTokenType.PropertyName || peek.ValueTextEquals("entry"u8)) return false;
                var isType = peek.ValueTextEquals("resourceType"u8);
                if (!peek.Read()) return unknown;
                if (isType) return peek.TokenType == JsonTokenType.String && !peek.ValueTextEquals("Bundle"u8);
                if (!peek.TrySkip()) return unknown;
            }
            return unknown;
        }
    }
}
