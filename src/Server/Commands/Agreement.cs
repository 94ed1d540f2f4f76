using Serment.Records;

namespace Serment.Server.Commands;

/// <summary>Something of the journal, the identities, the records or the files that the others do not know.</summary>
/// <param name="Ids">Opaque ids of the first of them.</param>
internal sealed record Disagreement(string Kind, string Text, int Count, IReadOnlyList<string> Ids);

/// <summary>
/// Whether what was restored belongs together: every row was journaled before it was written, every journaled write has its row, every
/// pseudonym is somebody, every file that an entry speaks of lies in the store. Needs the Custodian, no key of a patient.
/// </summary>
internal sealed class Agreement(CustodianClient client, CellStatus cell, RecordsCensus records, string data)
{
    /// <summary>A release to write is worth 15 minutes; the two processes' clocks differ by some seconds.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(15), Skew = TimeSpan.FromSeconds(30);
    private const int Named = 20;
    private readonly Dictionary<(PatientId, Domain), List<Write>> _writes = [];
    private readonly Dictionary<(PatientId, Domain), long> _imported = [];

    private sealed class Write(long at, long index)
    {
        public long At => at;
        public long Index => index;
        public bool Found { get; set; }
    }

    public static async Task<IReadOnlyList<Disagreement>> CompareAsync(CustodianAtHand custodian, string data)
    {
        var database = new RecordsDatabase(data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        await database.PrepareAsync(custodian.Cell.Cell).ConfigureAwait(false);
        return await new Agreement(custodian.Client, custodian.Cell, new RecordsCensus(database), data).CompareAsync().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<Disagreement>> CompareAsync()
    {
        await ReadWritesAsync().ConfigureAwait(false);
        var imported = _imported.Keys.ToHashSet();
        var (unexplained, first) = (0, new List<string>());
        await foreach (var row in records.RowsAsync().ConfigureAwait(false))
        {
            imported.Remove((row.Patient, row.Domain));
            if (Explained(row)) continue;
            unexplained++;
            if (first.Count < Named) first.Add(row.Entry.ToString());
        }
        var lost = _writes.Values.SelectMany(list => list).Where(write => !write.Found).DistinctBy(write => write.Index).OrderBy(write => write.Index).ToArray();
        var unknown = await OlderCustodian.UnknownAsync(client, cell, records).ConfigureAwait(false);
        var files = (await records.FilesAsync().ConfigureAwait(false)).Where(file => new FileInfo(Path.Combine(data, "files", file.ToString()![..2], file.ToString()!)) is not { Exists: true, Length: > 0 }).ToArray();
        return [.. new Disagreement[]
        {
            new("rows-unjournaled", "éléments de dossier que le journal ne connaît pas : le gardien est plus ancien que la base, ou quelqu'un a écrit sans lui", unexplained, first),
            new("writes-without-row", "écritures au journal sans élément dans la base : la base est plus ancienne, ou un enregistrement n'a pas abouti (numéros d'entrée du journal)", lost.Length, [.. lost.Take(Named).Select(write => $"{write.Index}")]),
            new("imports-without-row", "ajouts d'interface au journal dont le dossier ne contient rien", imported.Count, [.. imported.Take(Named).Select(i => $"{_imported[i]}")]),
            new("patients-unknown", "patients connus par leur pseudonyme seulement", unknown.Count, [.. unknown.Take(Named).Select(p => p.ToString()!)]),
            new("files-missing", "fichiers dont un dossier parle et que le stockage n'a pas", files.Length, [.. files.Take(Named).Select(f => f.ToString()!)]),
        }.Where(found => found.Count > 0)];
    }

    private async Task ReadWritesAsync()
    {
        for (var next = 0L; ;)
        {
            var page = await client.AskUnsignedAsync(GapVerbs.Writes, cell.Cell, new AskWrites(next)).ConfigureAwait(false);
            foreach (var write in page.Writes)
            {
                if (write.Import) { foreach (var patient in write.Aliases) _imported[(patient, write.Domain)] = write.Index; continue; }
                // One act under each of the ids that a person's entries may lie under.
                var one = new Write(write.At.ToUnixTimeMilliseconds(), write.Index);
                foreach (var patient in write.Aliases)
                    if (_writes.TryGetValue((patient, write.Domain), out var list)) list.Add(one); else _writes[(patient, write.Domain)] = [one];
            }
            if (page.Next >= page.Size) return;
            next = page.Next;
        }
    }

    private bool Explained(WrittenRow row)
    {
        var (from, until) = ((row.At - Lease - Skew).ToUnixTimeMilliseconds(), (row.At + Skew).ToUnixTimeMilliseconds());
        var explained = _imported.ContainsKey((row.Patient, row.Domain));
        foreach (var write in _writes.GetValueOrDefault((row.Patient, row.Domain), []))
            if (write.At >= from && write.At <= until) explained = write.Found = true;
        return explained;
    }
}
