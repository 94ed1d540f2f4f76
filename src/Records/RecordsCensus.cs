using Microsoft.EntityFrameworkCore;
using Serment.Records.Stays;

namespace Serment.Records;

/// <summary>Counts what the database holds, across all rooms, without a key: for backups, restores and whoever runs a cell at night.</summary>
public sealed class RecordsCensus(RecordsDatabase database)
{
    /// <summary>Every pseudonym that has a stay or an entry, in pages.</summary>
    public async IAsyncEnumerable<IReadOnlyList<PatientId>> PatientsAsync(int page, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var db = database.Open();
        var found = new List<PatientId>(page);
        await foreach (var patient in db.Entries.Select(e => e.Patient).Union(db.Stays.Select(s => s.Patient)).AsAsyncEnumerable().WithCancellation(cancel).ConfigureAwait(false))
        {
            found.Add(patient);
            if (found.Count < page) continue;
            yield return found;
            found = new List<PatientId>(page);
        }
        if (found.Count > 0) yield return found;
    }

    /// <summary>Entries and movements written after a moment.</summary>
    public async Task<int> WrittenSinceAsync(DateTimeOffset moment, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Entries.CountAsync(e => e.WrittenAt > moment, cancel).ConfigureAwait(false) + await db.Movements.CountAsync(m => m.RecordedAt > moment, cancel).ConfigureAwait(false);
    }

    /// <summary>Every version of every entry: whose, of which kind, when. Streamed.</summary>
    public async IAsyncEnumerable<WrittenRow> RowsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var db = database.Open();
        await foreach (var row in db.Entries.Select(e => new { e.Entry, e.Patient, e.Domain, e.WrittenAt }).AsAsyncEnumerable().WithCancellation(cancel).ConfigureAwait(false))
            yield return new WrittenRow(row.Entry, row.Patient, row.Domain, row.WrittenAt);
    }

    /// <summary>How many rows are under each version of keys, the oldest first.</summary>
    public async Task<IReadOnlyList<(int Version, int Rows)>> KeyVersionsAsync(CancellationToken cancel = default)
    {
        await using var db = database.Open();
        var found = await db.Entries.GroupBy(e => e.KeyVersion).Select(g => new { Version = g.Key, Rows = g.Count() }).OrderBy(g => g.Version).ToListAsync(cancel).ConfigureAwait(false);
        return [.. found.Select(g => (g.Version, g.Rows))];
    }

    /// <summary>Entries, the first of them, of which a row names a version of keys beyond those that can be.</summary>
    /// <param name="most">The highest that can be; the lowest is 1.</param>
    public async Task<IReadOnlyList<EntryId>> OfImpossibleKeyVersionAsync(int most, int first, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Entries.Where(e => e.KeyVersion < 1 || e.KeyVersion > most).Select(e => e.Entry).Distinct().OrderBy(e => e).Take(first).ToArrayAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Sealed files that an entry speaks of.</summary>
    public async Task<IReadOnlyList<FileId>> FilesAsync(CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Files.Select(f => f.File).ToArrayAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Present, on leave and expected.</summary>
    public async Task<IReadOnlyList<StayRow>> OpenStaysAsync(CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Stays.Where(s => s.State == StayState.Present || s.State == StayState.OnLeave || s.State == StayState.Expected).ToArrayAsync(cancel).ConfigureAwait(false);
    }
}

public readonly record struct WrittenRow(EntryId Entry, PatientId Patient, Domain Domain, DateTimeOffset At);
