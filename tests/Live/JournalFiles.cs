using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Server.Commands;

namespace Serment.Live.Tests;

/// <summary>The journal of a cell as its files tell it, read beside the process that writes it.</summary>
internal static class JournalFiles
{
    /// <summary>What `serment journal` says.</summary>
    public static (int Code, string Said) Run(string verb, string data, params string[] more)
    {
        using var said = new StringWriter();
        return (JournalCommands.Run([verb, "--data", data, .. more], said, said), said.ToString());
    }

    /// <summary>Every entry on the disk, opened from a copy with the cell's own key; the Custodian is dead or busy, this looks at its files only.</summary>
    public static async Task<IReadOnlyList<JournalEntry>> OpenAsync(string data)
    {
        var (file, keys) = Unlock(data);
        using (keys) return await OpenAsync(data, file, keys);
    }

    /// <summary>For whoever looks often: a passphrase takes its second once.</summary>
    public static (KeyFile File, KeyTree Keys) Unlock(string data)
    {
        var own = Path.Combine(data, "custodian");
        var file = KeyFile.Read(Path.Combine(own, "cell.json"));
        return (file, file.Unlock(own));
    }

    public static async Task<IReadOnlyList<JournalEntry>> OpenAsync(string data, KeyFile file, KeyTree keys)
    {
        var own = Path.Combine(data, "custodian");
        var copy = Directory.CreateTempSubdirectory("serment-copy-").FullName;
        try
        {
            var fields = Directory.CreateDirectory(Path.Combine(copy, "fields")).FullName;
            foreach (var segment in Directory.EnumerateFiles(Path.Combine(own, "journal", "fields")).Order(StringComparer.Ordinal)) File.Copy(segment, Path.Combine(fields, Path.GetFileName(segment)));
            await using var log = new JournalLog(copy, keys.Journal(), $"serment/{file.Cell}", keys.JournalSeed());
            return [.. log.Read(new JournalQuestion { OldestFirst = true }).Select(at => at.Entry)];
        }
        finally { Directory.Delete(copy, recursive: true); }
    }
}
