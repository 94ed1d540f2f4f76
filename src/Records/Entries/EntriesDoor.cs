using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;

namespace Serment.Records.Entries;

/// <summary>What is inside a seal: which room it is of, who wrote it, when it was true, and the room's own content.</summary>
/// <param name="Room">The owning room: "notes", "vitals"…</param>
/// <param name="At">When it was true for the patient (observed, said), not when it was typed.</param>
/// <param name="Author">Null when it came from outside; then <paramref name="Origin"/> says from where.</param>
/// <param name="Reason">Why this version replaced the one before; null for a first version.</param>
/// <param name="Withdrawn">Entered in error: kept, shown struck out.</param>
public sealed record EntryContent(string Room, DateTimeOffset At, AccountId? Author, string? AuthorName, StayId? Stay, JsonElement Body, string? Origin = null, string? Reason = null, bool Withdrawn = false);

/// <summary>An entry as someone who holds its key sees it: the present version and how many there are.</summary>
public sealed record OpenedEntry(EntryId Entry, int Version, PatientId Patient, Domain Domain, DateTimeOffset WrittenAt, EntryContent Content)
{
    /// <summary>No room's: the row's seal does not hold, or names a version of keys that was not lent; its content is unknown.</summary>
    public const string AlteredRoom = "altered", NotLentRoom = "not-lent";

    /// <summary>Its content is unknown: it may have been of any room.</summary>
    public bool Altered => Content.Room is AlteredRoom or NotLentRoom;

    /// <summary>Of those: written under a later version of keys than this lease knows, or by somebody who says so.</summary>
    public bool NotLent => Content.Room is NotLentRoom;

    public T Body<T>() => Content.Body.Deserialize<T>(EntryJson.Options)!;

    /// <summary>The version that follows it; this one stays, and with the next the reason.</summary>
    /// <param name="body">Of the next version; made once the reason is there.</param>
    /// <param name="by">Who answers for it from there on; null: whoever did.</param>
    /// <exception cref="RefusedException">It was taken back; no reason; or what <paramref name="body"/> says.</exception>
    public NewEntry Revised(string? reason, Func<JsonElement> body, bool withdrawn, (AccountId Account, string Name)? by = null)
    {
        if (Content.Withdrawn) throw new RefusedException(RefusalCodes.Invalid, "Cet élément a été retiré entre-temps : il ne se corrige plus. Saisissez-en un autre.");
        if (reason?.Trim() is not { Length: >= 3 } why) throw new RefusedException(RefusalCodes.Invalid, "Indiquez le motif : il reste visible avec l'ancienne version.");
        return new NewEntry(Entry, Version + 1, Patient, Domain, Content with { Author = by?.Account ?? Content.Author, AuthorName = by?.Name ?? Content.AuthorName, Body = WithSource(body()), Reason = why, Withdrawn = withdrawn });
    }

    /// <summary>What came from elsewhere stays with its source, and with what the room's shape does not say of it.</summary>
    private JsonElement WithSource(JsonElement body)
    {
        if (Content.Origin is null || Content.Body.ValueKind is not JsonValueKind.Object || body.ValueKind is not JsonValueKind.Object) return body;
        var next = JsonObject.Create(body)!;
        foreach (var member in new[] { "source", "rest" })
            if (!next.ContainsKey(member) && Content.Body.TryGetProperty(member, out var kept)) next[member] = JsonSerializer.SerializeToNode(kept);
        return JsonSerializer.SerializeToElement(next);
    }
}

/// <summary>An entry about to be written.</summary>
public sealed record NewEntry(EntryId Entry, int Version, PatientId Patient, Domain Domain, EntryContent Content)
{
    /// <summary>As it lies open once it was written.</summary>
    public OpenedEntry Opened(DateTimeOffset at) => new(Entry, Version, Patient, Domain, at, Content);
}

public static class EntryJson
{
    /// <summary>Lenient on what it does not know: an older program reads what a newer one wrote.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public static JsonElement Of<T>(T body) => JsonSerializer.SerializeToElement(body, Options);
}

/// <summary>
/// The one door to sealed entries of every room. Reading and writing take keys on loan from the Custodian; the address
/// in the seal binds cell, patient, domain, entry and version, so that no row can stand in for another.
/// Versions are rows: two people who revise the same version at once meet on the primary key, and the second is told.
/// </summary>
public sealed class EntriesDoor(RecordsDatabase database, string cell)
{
    /// <summary>The room in an address: constant, because the true one is inside the seal and must not be needed to open it.</summary>
    private const string AnyRoom = "file";

    /// <summary>Every entry of those domains, newest first; the present versions only. One that was altered is marked and hides none of the others.</summary>
    public async Task<IReadOnlyList<OpenedEntry>> ReadAsync(FileKeys keys, PatientId patient, IReadOnlyList<Domain> domains, CancellationToken cancel = default)
    {
        var wanted = domains.Where(d => keys.Opens(patient, d)).ToArray();
        if (wanted.Length == 0) return [];
        var present = await EntryRead.PresentAsync(database, keys.AliasesOf(patient), wanted, cancel).ConfigureAwait(false);
        var opened = new List<OpenedEntry>(present.Count);
        foreach (var row in present) opened.Add(OpenOrMark(keys, row));
        opened.Sort((a, b) => b.Content.At.CompareTo(a.Content.At));
        return opened;
    }

    /// <summary>
    /// The entries of one room, of everyone whose key of that domain was lent: one question to the database for a whole ward.
    /// Which room an entry is of lies inside its seal, so all of the domain are opened; an altered one, which may be of that room, is among them.
    /// </summary>
    public async Task<IReadOnlyDictionary<PatientId, IReadOnlyList<OpenedEntry>>> OfRoomAsync(FileKeys keys, Domain domain, string room, CancellationToken cancel = default)
    {
        var patients = keys.Patients.Where(p => keys.Opens(p, domain)).ToArray();
        PatientId[] aliases = [.. patients.SelectMany(keys.AliasesOf)];
        await using var db = database.Open();
        var present = (await db.Entries.Where(r => aliases.Contains(r.Patient) && r.Domain == domain).ToListAsync(cancel).ConfigureAwait(false))
            .GroupBy(r => r.Entry).Select(versions => versions.MaxBy(r => r.Version)!).ToLookup(r => r.Patient);
        return patients.ToDictionary(patient => patient, patient => (IReadOnlyList<OpenedEntry>)
            [.. keys.AliasesOf(patient).SelectMany(alias => present[alias]).Select(row => OpenOrMark(keys, row)).Where(e => e.Content.Room == room || e.Altered)]);
    }

    /// <summary>
    /// The protected records of one person as they lie, the present version of each, newest first: that there are so many, and when they were written.
    /// Each opens with its own key, <see cref="Open"/>.
    /// </summary>
    /// <param name="aliases">His ids.</param>
    public async Task<IReadOnlyList<EntryRow>> ProtectedAsync(IReadOnlyList<PatientId> aliases, CancellationToken cancel = default) =>
        [.. (await EntryRead.PresentAsync(database, aliases, [Domain.Sensitive], cancel).ConfigureAwait(false)).OrderByDescending(row => row.WrittenAt).ThenBy(row => row.Entry.ToString(), StringComparer.Ordinal)];

    /// <summary>The versions of one entry as they lie, first to last; of a protected one, each opens with its own key.</summary>
    public async Task<IReadOnlyList<EntryRow>> VersionsAsync(EntryId entry, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Entries.Where(r => r.Entry == entry).OrderBy(r => r.Version).ToListAsync(cancel).ConfigureAwait(false);
    }

    /// <exception cref="RefusedException">Someone else wrote that version first, or the disk is full.</exception>
    public Task WriteAsync(FileKeys keys, IReadOnlyList<NewEntry> entries, DateTimeOffset now, CancellationToken cancel = default) => WriteAsync(keys, entries, null, now, cancel);

    /// <param name="also">Rows that must come with the entries or not at all.</param>
    internal async Task WriteAsync(FileKeys keys, IReadOnlyList<NewEntry> entries, Action<RecordsContext>? also, DateTimeOffset now, CancellationToken cancel)
    {
        await using var db = database.Open();
        also?.Invoke(db);
        foreach (var entry in entries)
        {
            var (keyVersion, sealedRecord) = keys.Seal(AddressOf(entry), Json(entry.Content));
            db.Entries.Add(Row(entry, keyVersion, sealedRecord, now));
        }
        await SaveAsync(db, cancel).ConfigureAwait(false);
    }

    public async Task WriteAsync(FileKeys keys, NewEntry entry, DateTimeOffset now, CancellationToken cancel = default) => await WriteAsync(keys, [entry], now, cancel).ConfigureAwait(false);

    /// <summary>For machines that add and never read: sealed in a slot that the Custodian lent for this patient × domain, ready to be written.</summary>
    public EntryRow Seal(NewEntry entry, RecordSlot slot, DateTimeOffset now) => Row(entry, slot.KeyVersion, slot.Seal(AddressOf(entry), Json(entry.Content)), now);

    /// <summary>
    /// Entries known already are left as they are. One transaction, written without change tracking: an import is thousands of rows.
    /// </summary>
    /// <returns>How many were new.</returns>
    /// <exception cref="RefusedException">The disk is full, or the database went away: none of them was written, or all.</exception>
    public async Task<int> ImportAsync(IReadOnlyList<EntryRow> rows, CancellationToken cancel = default)
    {
        try
        {
            await using var db = database.Open();
            await using var insert = await EntryInsert.BeginAsync(db, cancel).ConfigureAwait(false);
            foreach (var row in rows) await insert.AddAsync(row, cancel).ConfigureAwait(false);
            return await insert.CommitAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception fault) when (RecordsDatabase.Explain(fault) is { } refusal) { throw refusal; }
    }

    /// <summary>Rows as they lie, every version, for an archive: whoever holds no key reads nothing in them.</summary>
    public async IAsyncEnumerable<EntryRow> SealedAsync(IReadOnlyList<PatientId> patients, IReadOnlyList<Domain> domains, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var db = database.Open();
        foreach (var some in patients.Chunk(200))
            await foreach (var row in db.Entries.Where(r => some.Contains(r.Patient) && domains.Contains(r.Domain)).AsAsyncEnumerable().WithCancellation(cancel).ConfigureAwait(false)) yield return row;
    }

    /// <summary>What one sealed row of that cell says, for who received its domain key in an archive.</summary>
    /// <exception cref="RefusedException">Altered, moved, or under another key; or under a version of it that was not lent.</exception>
    public static EntryContent Opened(string cell, FileKeys keys, EntryRow row) =>
        keys.Open(new RecordAddress(cell, row.Patient, row.Domain, AnyRoom, row.Entry, row.Version), row.KeyVersion, new SealedRecord(row.Salt, row.Commitment, row.Sealed), Content);

    /// <summary>Which of those entries exist already; an import asks before it asks for keys.</summary>
    public async Task<IReadOnlySet<EntryId>> KnownAsync(IReadOnlyCollection<EntryId> entries, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return (await db.Entries.Where(r => entries.Contains(r.Entry)).Select(r => r.Entry).ToListAsync(cancel).ConfigureAwait(false)).ToHashSet();
    }

    /// <summary>When something was last written in each of those files: a fact without content, for worklists.</summary>
    /// <param name="people">Every id of each: what is written of one of them is written of the person.</param>
    /// <returns>By the first id of each; whose file is empty is left out.</returns>
    public async Task<IReadOnlyDictionary<PatientId, DateTimeOffset>> LastWrittenAsync(IReadOnlyCollection<IReadOnlyList<PatientId>> people, CancellationToken cancel = default)
    {
        PatientId[] ids = [.. people.SelectMany(one => one)];
        await using var db = database.Open();
        var written = await db.Entries.Where(r => ids.Contains(r.Patient)).GroupBy(r => r.Patient).Select(g => new { g.Key, At = g.Max(r => r.WrittenAt) })
            .ToDictionaryAsync(g => g.Key, g => g.At, cancel).ConfigureAwait(false);
        return people.Where(one => one.Any(written.ContainsKey)).ToDictionary(one => one[0], one => one.Where(written.ContainsKey).Max(id => written[id]));
    }

    private RecordAddress AddressOf(NewEntry entry) => new(cell, entry.Patient, entry.Domain, AnyRoom, entry.Entry, entry.Version);

    /// <summary>One that was altered, or that the keys on loan do not open, is marked and says nothing.</summary>
    public OpenedEntry OpenOrMark(FileKeys keys, EntryRow row)
    {
        try { return Open(keys, row); }
        catch (RefusedException no) when (no.Refusal.Code is RecordSlot.AlteredCode or RecordSlot.NotLentCode)
        {
            var room = no.Refusal.Code == RecordSlot.NotLentCode ? OpenedEntry.NotLentRoom : OpenedEntry.AlteredRoom;
            return new OpenedEntry(row.Entry, row.Version, row.Patient, row.Domain, row.WrittenAt, new EntryContent(room, row.WrittenAt, null, null, null, default));
        }
    }

    /// <exception cref="RefusedException">Altered, moved, or its key was not lent.</exception>
    public OpenedEntry Open(FileKeys keys, EntryRow row) => new(row.Entry, row.Version, row.Patient, row.Domain, row.WrittenAt, Opened(cell, keys, row));

    /// <summary>The padding is spaces, which a parser would walk one by one.</summary>
    private static EntryContent Content(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<EntryContent>(json[..(json.LastIndexOfAnyExcept((byte)' ') + 1)], EntryJson.Options)!;

    private static byte[] Json(EntryContent content) => JsonSerializer.SerializeToUtf8Bytes(content, EntryJson.Options);

    private static EntryRow Row(NewEntry entry, int keyVersion, SealedRecord sealedRecord, DateTimeOffset now) => new()
    {
        Entry = entry.Entry,
        Version = entry.Version,
        Patient = entry.Patient,
        Domain = entry.Domain,
        KeyVersion = keyVersion,
        WrittenAt = now,
        Salt = sealedRecord.Salt,
        Commitment = sealedRecord.Commitment,
        Sealed = sealedRecord.Text,
    };

    private static async Task<int> SaveAsync(RecordsContext db, CancellationToken cancel)
    {
        try { return await db.SaveChangesAsync(cancel).ConfigureAwait(false); }
        catch (Exception fault) when (RecordsDatabase.Explain(fault) is { } refusal) { throw refusal; }
    }
}
