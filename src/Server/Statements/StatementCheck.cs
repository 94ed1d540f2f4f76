using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Server.Commands;

namespace Serment.Server.Statements;

/// <summary>
/// Whether the file of a statement is what the establishment made, and whether each of its lines is in the signed journal. Needs the file and the public key; shares
/// no code with the writer but the table of words. docs/formats/statement.md.
/// </summary>
internal static class StatementCheck
{
    /// <summary>The fields of a leaf in their order: docs/formats/journal.md.</summary>
    private static readonly string[] Fields = ["time", "kind", "account", "session", "client", "station", "patient", "domain", "purpose", "ground", "detail"];

    /// <returns>The head, and what is wrong: nothing when the statement is whole.</returns>
    public static (StatementFile.Head? Head, IReadOnlyList<JournalFault> Faults) Of(byte[] file, Func<string, NoteKey> keyOf)
    {
        var faults = new List<JournalFault>();
        try
        {
            // The signature covers every byte before the last line.
            var end = file.AsSpan().TrimEnd("\n"u8).LastIndexOf((byte)'\n') + 1;
            var lines = Encoding.UTF8.GetString(file.AsSpan(0, end)).Split('\n')[..^1];
            var head = Read<StatementFile.Head>(lines.Length > 0 ? lines[0] : "", 1);
            if (head.Format != StatementFile.Format) throw new JournalFaultException("ligne 1", $"Format inconnu : {head.Format}.");
            var key = keyOf(head.Key);
            var note = Read<StatementFile.Note>(Encoding.UTF8.GetString(file.AsSpan(end)).TrimEnd('\n'), lines.Length + 1);
            if (!Signed(note.Text, StatementFile.NoteText(head.Cell, head.Number, file.AsSpan(0, end)), key))
                faults.Add(new JournalFault($"ligne {lines.Length + 1}", $"Ce fichier n'est pas celui que la clé « {key.Name} » a signé : il a été modifié, ou signé par une autre clé."));
            var root = Checkpoint.Open(head.Checkpoint, key, "ligne 1");
            if (lines.Length != 1 + head.Lines + head.Entries) faults.Add(new JournalFault("fichier", $"{head.Lines} lignes et {head.Entries} entrées annoncées, {lines.Length - 1} trouvées."));
            var accesses = lines.Skip(1).Take(head.Lines).Select((line, i) => (At: i + 2, Read<StatementFile.Line>(line, i + 2).Access)).ToArray();
            var entries = new Dictionary<long, StatementFile.Entry>();
            foreach (var (text, i) in lines.Skip(1 + head.Lines).Select((line, i) => (line, i + 2 + head.Lines)))
            {
                var entry = Read<StatementFile.Entry>(text, i);
                if (!entries.TryAdd(entry.Index, entry)) faults.Add(new JournalFault($"ligne {i}", $"L'entrée {entry.Index} y est deux fois."));
                if (entry.Index < 0 || entry.Index >= root.Size || LeafOf(entry) is not { } leaf || !TileTree.RootOf(entry.Index, root.Size, leaf, entry.Path).AsSpan().SequenceEqual(root.Root))
                    faults.Add(new JournalFault($"ligne {i}", $"L'entrée {entry.Index} n'est pas celle du journal signé : une valeur, un sel ou la preuve a été changé."));
            }
            foreach (var (at, access) in accesses) faults.AddRange(Compare(access, entries).Select(fault => new JournalFault($"ligne {at}", fault)));
            if (accesses.SelectMany(line => line.Access.Entries).Order().SequenceEqual(entries.Keys.Order()) is false) faults.Add(new JournalFault("fichier", "Des entrées du journal ne sont dans aucune ligne, ou dans plusieurs."));
            return (head, faults);
        }
        catch (JournalFaultException no) { return (null, [.. faults, no.Fault]); }
    }

    /// <summary>The words of a line are those that its entries give.</summary>
    private static IEnumerable<string> Compare(StatementLine line, Dictionary<long, StatementFile.Entry> entries)
    {
        var own = line.Entries.Where(entries.ContainsKey).Select(index => entries[index]).ToArray();
        if (own.Length == 0 || own.Length != line.Entries.Count) { yield return "Une entrée de cette ligne manque."; yield break; }
        string? Of(StatementFile.Entry entry, string field) => entry.Shown.TryGetValue(field, out var opened) ? opened.Value : null;
        var times = own.Select(entry => long.TryParse(Of(entry, "time"), System.Globalization.CultureInfo.InvariantCulture, out var ms) ? ms : -1).ToArray();
        if (times.Min() != line.From.ToUnixTimeMilliseconds() || times.Max() != line.Until.ToUnixTimeMilliseconds() || times.Distinct().Count() != line.Times) yield return "Le moment n'est pas celui du journal.";
        if (own.Any(entry => StatementWords.What(Of(entry, "kind") ?? "") != line.What)) yield return "L'acte n'est pas celui du journal.";
        if (own.Any(entry => StatementWords.Why(Of(entry, "kind") ?? "", Blank(Of(entry, "purpose")), Of(entry, "ground")) != line.Why)) yield return "La raison n'est pas celle du journal.";
        var data = own.Select(entry => Of(entry, "domain")).Where(domain => !string.IsNullOrEmpty(domain)).Select(domain => Enum.TryParse<Domain>(domain, out var known) ? known : 0).Distinct().Order().Select(StatementWords.Data);
        if (!data.SequenceEqual(line.Data)) yield return "Les données ne sont pas celles du journal.";
        foreach (var entry in own)
            if (StatementWords.Acting(Of(entry, "detail")) is var (role, _) && StatementWords.Function(role) != line.Function) { yield return "La fonction n'est pas celle du journal."; yield break; }
    }

    private static byte[]? LeafOf(StatementFile.Entry entry)
    {
        var leaf = new byte[1 + 32 * Fields.Length];
        for (var i = 0; i < Fields.Length; i++)
        {
            byte[] commitment;
            if (entry.Shown.TryGetValue(Fields[i], out var opened)) commitment = opened.Salt.Length == 16 ? SHA256.HashData([.. opened.Salt, .. Encoding.UTF8.GetBytes(opened.Value)]) : [];
            else if (!entry.Hidden.TryGetValue(Fields[i], out commitment!)) return null;
            if (commitment.Length != 32) return null;
            commitment.CopyTo(leaf, 1 + 32 * i);
        }
        return entry.Shown.Count + entry.Hidden.Count == Fields.Length ? SHA256.HashData(leaf) : null;
    }

    private static string? Blank(string? value) => value is { Length: 0 } ? null : value;

    private static T Read<T>(string line, int number)
    {
        try { return JsonSerializer.Deserialize<T>(line, WireJson.Options) ?? throw new JsonException(); }
        catch (JsonException) { throw new JournalFaultException($"ligne {number}", "Ligne illisible : ce n'est pas un relevé d'accès, ou il est abîmé."); }
    }

    private static bool Signed(string note, string text, NoteKey key) =>
        note.StartsWith(text + "\n", StringComparison.Ordinal) && note[(text.Length + 1)..].TrimEnd('\n').Split(' ') is ["—", var name, var signature]
        && name == key.Name && Checkpoint.Base64(signature, 68) is { } bytes && bytes.AsSpan(0, 4).SequenceEqual(key.Hash) && key.Verifies(Encoding.UTF8.GetBytes(text), bytes.AsSpan(4));
}
