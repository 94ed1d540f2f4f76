using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serment.Custodian.Policies;

/// <summary>
/// The policy as text: JSON with comments. Read strictly: an unknown, missing or double value, a bound passed or an order broken is
/// refused with its line and column. Whatever was adopted once is read again leniently, so that an upgrade never stops a cell.
/// </summary>
internal static class PolicyFile
{
    public const int MostBytes = 64 << 10;

    private sealed record Found(int Value, int Line, int Column);

    public static string StartingText { get; } = Embedded();

    /// <exception cref="RefusedException">Code "policy.file": where and why.</exception>
    public static Policy Read(string text)
    {
        var found = Parse(text);
        foreach (var row in PolicyTable.All)
        {
            if (!found.TryGetValue(row.Path, out var value)) throw No(null, $"il manque « {row.Path} » ({row.French}, {row.Unit}).");
            if (value.Value < row.Least || value.Value > row.Most)
                throw No(value, $"« {row.Path} » vaut {value.Value} ; les bornes écrites dans le logiciel sont {row.Least} à {row.Most} {row.Unit}, et aucune approbation ne les passe.");
        }
        foreach (var (low, high) in PolicyTable.Ordered)
            if (found[low].Value > found[high].Value) throw No(found[low], $"« {low} » ({found[low].Value}) ne dépasse pas « {high} » ({found[high].Value}) : sinon l'étape suivante viendrait avant.");
        return Of(path => found[path].Value);
    }

    /// <summary>A version that was adopted: what an older software did not know has its starting value, what passes a bound of today is brought back to it.</summary>
    public static Policy ReadAdopted(string text)
    {
        Dictionary<string, Found> found;
        try { found = Parse(text, strict: false); }
        catch (RefusedException) { return Policy.Starting; }
        var starting = Parse(StartingText);
        return Of(path => PolicyTable.Of(path)! is var row && found.TryGetValue(path, out var value) ? Math.Clamp(value.Value, row.Least, row.Most) : starting[path].Value);
    }

    /// <summary>The text of an adopted version; one that an older software wrote becomes the starting file with its values: nobody could propose a change to a file that is refused for what it lacks.</summary>
    public static string Whole(string adopted)
    {
        try { Read(adopted); return adopted; }
        catch (RefusedException) { return With(StartingText, Values(ReadAdopted(adopted))); }
    }

    /// <summary>Every value by its path.</summary>
    public static IReadOnlyDictionary<string, int> Values(Policy policy)
    {
        var values = new Dictionary<string, int>();
        Walk(JsonSerializer.SerializeToNode(policy, WireJson.Options)!.AsObject(), "");
        return values;

        void Walk(JsonObject node, string path)
        {
            foreach (var (name, value) in node)
                if (value is JsonObject inner) Walk(inner, $"{path}{name}.");
                else values[path + name] = value!.GetValue<int>();
        }
    }

    /// <summary>The text with other values and the same comments.</summary>
    public static string With(string text, IReadOnlyDictionary<string, int> values)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var (changed, from) = (new List<byte>(bytes.Length), 0);
        Visit(bytes, (path, start, length, number) =>
        {
            if (number is null || !values.TryGetValue(path, out var value) || value == number) return;
            changed.AddRange(bytes.AsSpan(from, start - from));
            changed.AddRange(Encoding.ASCII.GetBytes(value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            from = start + length;
        });
        changed.AddRange(bytes.AsSpan(from));
        return Encoding.UTF8.GetString([.. changed]);
    }

    private static Policy Of(Func<string, int> value)
    {
        var root = new JsonObject();
        foreach (var row in PolicyTable.All)
        {
            var names = row.Path.Split('.');
            var node = root;
            foreach (var name in names[..^1]) node = (node[name] ??= new JsonObject()).AsObject();
            node[names[^1]] = value(row.Path);
        }
        return root.Deserialize<Policy>(WireJson.Options)!;
    }

    private static Dictionary<string, Found> Parse(string text, bool strict = true)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MostBytes) throw No(null, $"le fichier dépasse {MostBytes / 1024} Kio.");
        var found = new Dictionary<string, Found>();
        try
        {
            Visit(bytes, (path, start, _, number) =>
            {
                var (line, column) = Place(bytes, start);
                if (strict && !PolicyTable.All.Any(row => row.Path == path || (number is null && row.Path.StartsWith(path + ".", StringComparison.Ordinal))))
                    throw No(new Found(0, line, column), $"« {path} » n'est pas une valeur de la politique, ou n'est pas un nombre entier.");
                if (number is { } value && !found.TryAdd(path, new Found(value, line, column))) throw No(new Found(0, line, column), $"« {path} » est donné deux fois.");
            });
        }
        catch (JsonException fault)
        {
            throw No(new Found(0, (int)(fault.LineNumber ?? 0) + 1, (int)(fault.BytePositionInLine ?? 0) + 1), "ce n'est pas du JSON (commentaires permis) : accolade, virgule ou guillemet manquant ?");
        }
        return found;
    }

    /// <summary>Calls for each object and whole number with its dotted path; anything else is visited as an object, so that the caller refuses it.</summary>
    private static void Visit(byte[] bytes, Action<string, int, int, int?> seen)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, MaxDepth = 8 });
        var (path, name) = (new Stack<string>(), "");
        while (reader.Read())
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName: name = reader.GetString()!; break;
                case JsonTokenType.StartObject:
                    if (reader.CurrentDepth > 0) { Say(null, reader); path.Push(name); }
                    break;
                case JsonTokenType.EndObject: if (path.Count > 0) path.Pop(); break;
                case JsonTokenType.Number when reader.TryGetInt32(out var number): Say(number, reader); break;
                default: name += "?"; Say(null, reader); break;
            }

        void Say(int? number, Utf8JsonReader at) => seen(string.Join('.', path.Reverse().Append(name)), (int)at.TokenStartIndex, at.ValueSpan.Length, number);
    }

    private static (int Line, int Column) Place(byte[] bytes, int at)
    {
        var before = bytes.AsSpan(0, at);
        return (before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }

    private static RefusedException No(Found? at, string why) =>
        new("policy.file", $"Politique refusée{(at is null ? "" : $", ligne {at.Line}, colonne {at.Column}")} : {why}");

    private static string Embedded()
    {
        using var file = new StreamReader(typeof(PolicyFile).Assembly.GetManifestResourceStream("policy/starting-policy.jsonc")!);
        return file.ReadToEnd();
    }
}
