using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using Serment.Custodian.Journal;
using Serment.Custodian.State;

namespace Serment.Custodian.Requests;

/// <summary>
/// What the past says of today: budgets, ceiling and limits are what the journal says they are. So that a start does not read all of it,
/// the books are kept now and then with the number of entries that they know of, and the entries after it are replayed; without
/// them, or when they were built by another version, the last 31 days are.
/// </summary>
internal sealed partial class Cell
{
    private const string BooksKind = "books";
    private const int KeepEvery = 50_000;
    /// <summary>The longest that a book looks back, and the day in which it does.</summary>
    private static readonly TimeSpan LooksBack = TimeSpan.FromDays(31);
    private long _kept;
    private int _keeping;
    private Task _keeper = Task.CompletedTask;

    private void Remember(DateTimeOffset now)
    {
        _kept = _store.Get(BooksKind, "all") is { Length: > 8 } kept && BinaryPrimitives.ReadInt64BigEndian(kept) is var entries && entries <= _journal.Size && BookImage.Restore(kept[8..], _releases.Books) ? entries : -1;
        var unknown = new JournalQuestion { OldestFirst = true };
        foreach (var (_, entry) in _journal.Read(_kept >= 0 ? unknown with { FromIndex = _kept } : unknown with { From = now - LooksBack })) _releases.Replay(entry);
        // Limits of an hour: a restart gives nobody a second hour.
        var counted = new JournalQuestion { Kinds = ["relation", "stay", IdentityVerbs.Create.Name, IdentityVerbs.Unknown.Name, IdentityVerbs.Newborns.Name, IdentityVerbs.Merge.Name, "statement.opened", "statement.link"], From = now - TimeSpan.FromHours(1), OldestFirst = true };
        foreach (var (_, entry) in _journal.Read(counted))
        {
            if (entry is not { Account: { } account, Patient: { } patient }) continue;
            if (entry.Kind == "relation") Hour(_stated, account).Enqueue(entry.Time);
            else if (entry.Kind.StartsWith("statement.", StringComparison.Ordinal)) Hour(_statements, account).Enqueue(entry.Time);
            else if (entry.Kind == "stay") Hour(_moved, account)[patient] = entry.Time;
            else _identityDesk.Created(account, entry.Time);
        }
        foreach (var (_, entry) in _journal.Read(new JournalQuestion { Kinds = ["stay", "relation"], From = now - TimeSpan.FromDays(1), OldestFirst = true }))
            if (entry is { Client: not null, Patient: { } patient } && entry.Detail != "cancelled") Brought(patient, entry.Time, now);
        foreach (var (_, entry) in _journal.Read(new JournalQuestion { Kinds = ["account.closed", "account.frozen", "account.narrowed", "passkey.lost"], From = now - TimeSpan.FromHours(1), OldestFirst = true }))
            if ((entry.Account?.ToString() ?? entry.Client?.ToString()) is { } by && entry.Detail is { } detail && !detail.StartsWith("unused", StringComparison.Ordinal) && detail != by) _accounts.Stopped(by, entry.Time);
        foreach (var (_, entry) in _journal.Read(new JournalQuestion { Kinds = [IdentityVerbs.Create.Name, IdentityVerbs.Unknown.Name, IdentityVerbs.Newborns.Name], From = now - TimeSpan.FromDays(1), OldestFirst = true })) Newcomer(entry);
    }

    private async ValueTask JournalAsync(IReadOnlyList<JournalEntry> entries)
    {
        await _journal.AppendAsync(entries).ConfigureAwait(false);
        foreach (var entry in entries)
            if (entry.Kind is "alarm" or "break-glass") _outlets.Wake();
        KeepBooksNowAndThen();
    }

    private readonly List<JournalEntry> _owed = [];
    private readonly SemaphoreSlim _paying = new(1);

    /// <summary>What was done already. When the disk is full it is owed: nobody is answered before it is written.</summary>
    private async ValueTask JournalDoneAsync(IReadOnlyList<JournalEntry> entries)
    {
        try { await JournalAsync(entries).ConfigureAwait(false); }
        catch (RefusedException no) when (no.Refusal.Code == JournalLog.DiskCode)
        {
            lock (_owed) _owed.AddRange(entries);
            throw;
        }
    }

    /// <exception cref="RefusedException">There is still no room for what was done already.</exception>
    private async ValueTask PayAsync()
    {
        lock (_owed) if (_owed.Count == 0) return;
        await _paying.WaitAsync().ConfigureAwait(false);
        try
        {
            JournalEntry[] owed;
            lock (_owed) owed = [.. _owed];
            await JournalAsync(owed).ConfigureAwait(false);
            lock (_owed) _owed.RemoveRange(0, owed.Length);
        }
        finally { _paying.Release(); }
    }

    /// <summary>Beside everything else. A start that had to read much keeps what it learnt: one that is killed soon after does not read it again.</summary>
    private void KeepBooksNowAndThen()
    {
        if (_journal.Size - Volatile.Read(ref _kept) < KeepEvery || Interlocked.Exchange(ref _keeping, 1) != 0) return;
        _keeper = Task.Run(() =>
        {
            try { KeepBooks(); }
            finally { Volatile.Write(ref _keeping, 0); }
        });
    }

    /// <summary>Everything is counted in the books before it is in the journal: what they know beyond the entries is replayed once more, and changes nothing.</summary>
    private void KeepBooks()
    {
        var entries = _journal.Size;
        var image = Locking(() => BookImage.Take(_releases.Books));
        var kept = new byte[8 + image.Length];
        BinaryPrimitives.WriteInt64BigEndian(kept, entries);
        image.CopyTo(kept, 8);
        try { _store.Put((BooksKind, "all", kept)); }
        catch (Exception fault) when (fault is SqliteException or RefusedException { Refusal.Code: "state.disk" }) { return; /* A full disk: the entries are in the journal, the next start reads more of them. */ }
        Volatile.Write(ref _kept, entries);
    }

    private static T Hour<T>(Dictionary<AccountId, T> of, AccountId account) where T : new() => of.TryGetValue(account, out var hour) ? hour : of[account] = new T();
}
