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
        var own = Path.Combine(data, "custodian");
        var file = KeyFile.Read(Path.Combine(own, "cell.json"));
        using var keys = file.Unlock(own);
        var copy = Directory.CreateTempSubdirectory("serment-copy-").FullName;
        try
        {
            File.Copy(Path.Combine(own, "journal", "fields.log"), Path.Combine(copy, "fields.log"));
            var entries = new List<JournalEntry>();
            await using (new JournalLog(copy, keys.State(), $"serment/{file.Cell}", keys.JournalSeed(), entries.Add)) { }
            return entries;
        }
        finally { Directory.Delete(copy, recursive: true); }
    }
}
