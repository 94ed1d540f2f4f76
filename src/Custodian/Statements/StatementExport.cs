using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serment.Custodian.Exports;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Statements;

/// <summary>A statement as a file that anyone can check with the journal's public key. docs/formats/statement.md.</summary>
internal static class StatementExport
{
    private static readonly JsonSerializerOptions Json = new(WireJson.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="entries">Ascending, those of the lines and no others.</param>
    /// <param name="paths">Of each entry, to the checkpoint of <paramref name="head"/>.</param>
    public static byte[] Write(StatementFile.Head head, IReadOnlyList<StatementLine> lines, IReadOnlyList<NumberedEntry> entries, IReadOnlyList<IReadOnlyList<byte[]>> paths, byte[] journalSeed)
    {
        using var file = new MemoryStream();
        Line(file, head);
        foreach (var line in lines) Line(file, new StatementFile.Line("line", line));
        using var leaf = new Leaf();
        for (var i = 0; i < entries.Count; i++) Line(file, EntryOf(entries[i], paths[i], leaf));
        var note = RecipientSeal.Note(StatementFile.NoteText(head.Cell, head.Number, file.ToArray()), journalSeed, $"serment/{head.Cell}");
        Line(file, new StatementFile.Note("note", note));
        return file.ToArray();
    }

    private static StatementFile.Entry EntryOf(NumberedEntry at, IReadOnlyList<byte[]> path, Leaf leaf)
    {
        var salts = new byte[Leaf.FieldSalt * JournalEntry.Fields.Length];
        Leaf.Salts(at.Entry.Salt, salts);
        var commitments = leaf.Of(at.Entry).ToArray();
        var shows = StatementWords.Shows(at.Entry.Kind);
        var (shown, hidden) = (new Dictionary<string, StatementFile.Opened>(), new Dictionary<string, byte[]>());
        for (var i = 0; i < JournalEntry.Fields.Length; i++)
        {
            var (name, value) = JournalEntry.Fields[i];
            if (shows.Contains(name)) shown[name] = new StatementFile.Opened(value(at.Entry), salts[(Leaf.FieldSalt * i)..(Leaf.FieldSalt * (i + 1))]);
            else hidden[name] = commitments[(32 * i)..(32 * (i + 1))];
        }
        return new StatementFile.Entry("entry", at.Index, shown, hidden, path);
    }

    private static void Line<T>(MemoryStream file, T line)
    {
        JsonSerializer.Serialize(file, line, Json);
        file.WriteByte((byte)'\n');
    }
}
