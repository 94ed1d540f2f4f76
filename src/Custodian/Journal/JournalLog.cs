using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;
using Serment.Custodian.Standby;

namespace Serment.Custodian.Journal;

/// <summary>
/// The append-only journal. One writer task drains what waits, writes it as one sealed batch, flushes once to the disk
/// and only then lets the callers go: nothing lingers and nothing is answered before it is durable. Entries lie in segments;
/// a start reads the last one and what no checkpoint covers, not the rest. A batch torn by a crash was never acknowledged
/// and is cut; damage anywhere else that it meets, or less than the last checkpoint signed here, stops the start.
/// Reading: JournalLog.Reading.cs.
/// </summary>
internal sealed partial class JournalLog : IAsyncDisposable
{
    /// <summary>As many entries a batch at most, unless one caller brings more.</summary>
    private const int BatchEntries = 4096;

    private sealed record Waiting(IReadOnlyList<JournalEntry> Entries, TaskCompletionSource Durable);

    private readonly string _directory;
    private readonly long _segmentBytes;
    private readonly Seal _seal;
    private readonly CheckpointSigner _signer;
    /// <summary>Whose word an entry needs beside this disk's; null: nobody's.</summary>
    private readonly Leader? _leader;
    private readonly Leaf _leaf = new();
    private readonly ArrayBufferWriter<byte> _plain = new(1 << 16);
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true });
    private readonly Task _writer;
    private readonly MerkleTiles _tiles;
    /// <summary>Leaves on the disk that the tree does not have yet: none, unless a tile could not be written.</summary>
    private readonly Queue<byte[]> _owed = [];
    /// <summary>Replaced whole when one is added; the last one grows.</summary>
    private volatile IReadOnlyList<LogSegment> _segments;
    private Task _indexing = Task.CompletedTask;
    private DateTimeOffset _last = DateTimeOffset.UnixEpoch;
    private long _count, _signedAt;
    private volatile Signed _signed = new(0, [], "");

    private sealed record Signed(long Size, byte[] Root, string Note);

    /// <param name="segmentBytes">At this length the next batch begins a new segment.</param>
    public JournalLog(string directory, byte[] key, string origin, byte[] signingSeed, long segmentBytes = 16 << 20, Leader? leader = null)
    {
        Directory.CreateDirectory(directory);
        if (File.Exists(Path.Combine(directory, "fields.log"))) throw new RefusedException("journal.version", "Ce journal a été écrit par une version d'essai plus ancienne de Serment, que celle-ci ne lit pas. Le gardien ne démarre pas.");
        (_directory, _segmentBytes, _leader) = (directory, segmentBytes, leader);
        _seal = new Seal(key, origin);
        _signer = new CheckpointSigner(origin, signingSeed);
        var signed = _signer.Open(Path.Combine(directory, "checkpoint"));
        var segments = LogSegment.All(directory, _seal);
        _tiles = TilesOf(signed);
        foreach (var complete in segments.SkipLast(1)) complete.Opened();
        _count = Load(segments, signed);
        if (Math.Max(signed?.Size ?? 0, _tiles.Size) is var promised && promised > _count)
            throw new RefusedException("journal.regression", $"Le journal finit à l'entrée {_count}, mais son point de contrôle en compte {promised} : la fin a été perdue ou retirée. Le gardien ne démarre pas ; restaurez la sauvegarde la plus récente.");
        if (segments.Count == 0) segments.Add(new LogSegment(directory, _seal, 0));
        _segments = segments;
        // The last segment may begin with a batch that was cut.
        if (_count > 0 && _last == DateTimeOffset.UnixEpoch) _last = At(_count - 1).Entry.Time;
        foreach (var complete in segments.SkipLast(1)) IndexLater(complete);
        SignCheckpoint();
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Entries on the disk.</summary>
    public long Size => Volatile.Read(ref _count);

    /// <summary>The latest signed note.</summary>
    public string Checkpoint => _signed.Note;

    public string PublicKey => _signer.PublicKey;

    /// <summary>Completes when the entries are on the disk. A full disk fails it: nothing may then be released.</summary>
    public ValueTask AppendAsync(IReadOnlyList<JournalEntry> entries) => entries.Count == 0 ? ValueTask.CompletedTask : PassAsync(entries);

    /// <summary>Nothing to write asks for a checkpoint.</summary>
    private async ValueTask PassAsync(IReadOnlyList<JournalEntry> entries)
    {
        var waiting = new Waiting(entries, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_waiting.Writer.TryWrite(waiting)) throw new RefusedException(RefusalCodes.Away, "Le gardien s'arrête.");
        await waiting.Durable.Task.ConfigureAwait(false);
    }

    /// <summary>Nothing can be written; nothing is released.</summary>
    public const string DiskCode = "journal.disk";

    private async Task WriteAsync()
    {
        var (batch, asked) = (new List<Waiting>(), new List<Waiting>());
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            asked.Clear();
            for (var entries = 0; entries < BatchEntries && _waiting.Reader.TryRead(out var next); entries += next.Entries.Count) (next.Entries.Count > 0 ? batch : asked).Add(next);
            try
            {
                if (batch.Count > 0) await WriteAsync(batch).ConfigureAwait(false);
                if (asked.Count > 0 || Environment.TickCount64 - _signedAt >= 1000) SignCheckpoint();
                foreach (var waiting in asked) waiting.Durable.SetResult();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                var full = new RefusedException(DiskCode, "Le journal ne peut plus être écrit (disque plein ?). Aucun dossier n'est ouvert sans trace ; prévenez l'exploitation.");
                foreach (var waiting in batch.Concat(asked)) waiting.Durable.TrySetException(full);
            }
            catch (RefusedException no)
            {
                foreach (var waiting in batch.Concat(asked)) waiting.Durable.TrySetException(no);
            }
        }
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        var entries = Stamped(batch);
        if (_leader is not null) await _leader.Journal.WaitAsync().ConfigureAwait(false);
        try
        {
            _leader?.StillLeads();
            if (_segments[^1].Length >= _segmentBytes) Roll();
            var record = _segments[^1].Append(_count, entries, _plain);
            // On this disk, and not yet in the journal: nobody is told of it before the other Custodian has it too.
            if (_leader is not null) await _leader.AgreeAsync(_leader.Journal, _count + entries.Length, FrameKind.Journal, record).ConfigureAwait(false);
            Volatile.Write(ref _count, _count + entries.Length);
        }
        finally { _leader?.Journal.Release(); }
        foreach (var waiting in batch) waiting.Durable.SetResult();
        Grow(entries);
    }

    private void Grow(IReadOnlyList<JournalEntry> entries)
    {
        foreach (var entry in entries) _owed.Enqueue(_leaf.HashOf(entry));
        for (; _owed.TryPeek(out var hash); _owed.Dequeue()) _tiles.AddHash(hash);
    }

    /// <summary>A follower's: one batch of the leader, durable when it returns. Segments begin and end where the leader's do.</summary>
    public void Take(byte[] record)
    {
        if (_segments[^1].Length >= _segmentBytes) Roll();
        var entries = _segments[^1].Take(_count, record);
        _last = entries[^1].Time;
        Volatile.Write(ref _count, _count + entries.Count);
        Grow(entries);
        Settle();
    }

    /// <summary>A follower's: a checkpoint for what has none yet, one a second.</summary>
    public void Settle()
    {
        if (_signed.Size != _tiles.Size && Environment.TickCount64 - _signedAt >= 1000) SignCheckpoint();
    }

    /// <summary>The batches from an entry on, as they lie on this disk, those that nobody was told of among them.</summary>
    public IEnumerable<(long End, byte[] Record)> Records(long from)
    {
        var segments = _segments;
        for (var i = Math.Max(0, segments.ToList().FindLastIndex(s => s.First <= from)); i < segments.Count; i++)
            foreach (var record in segments[i].Records(from))
            {
                yield return record;
                from = record.End;
            }
    }

    /// <summary>SHA-256 of the batch that ends at an entry: each has a nonce of its own, so that two journals that agree in it agree in all before. Null: no batch ends there.</summary>
    public byte[]? BatchBefore(long end)
    {
        if (end == 0) return new byte[SHA256.HashSizeInBytes];
        foreach (var segment in _segments.Where(s => s.First < end).TakeLast(1))
            foreach (var record in segment.Records(segment.First))
                if (record.End >= end) return record.End == end ? SHA256.HashData(record.Record) : null;
        return null;
    }

    private JournalEntry[] Stamped(List<Waiting> batch)
    {
        var entries = new JournalEntry[batch.Sum(w => w.Entries.Count)];
        var (salts, i) = (RandomNumberGenerator.GetBytes(JournalEntry.SaltLength * entries.Length), 0);
        foreach (var entry in batch.SelectMany(w => w.Entries))
        {
            if (entry.Time > _last) _last = DateTimeOffset.FromUnixTimeMilliseconds(entry.Time.ToUnixTimeMilliseconds());
            entries[i] = entry with { Time = _last, Salt = salts[(i * JournalEntry.SaltLength)..((i + 1) * JournalEntry.SaltLength)] };
            i++;
        }
        return entries;
    }

    private void Roll()
    {
        var complete = _segments[^1];
        complete.Close();
        _segments = [.. _segments, new LogSegment(_directory, _seal, _count)];
        IndexLater(complete);
    }

    /// <summary>Index files are written one after the other, beside everything else; what fails is tried again at the next start.</summary>
    private void IndexLater(LogSegment segment) => _indexing = _indexing.ContinueWith(_ =>
    {
        try { segment.SaveIndex(); }
        catch (Exception fault) when (fault is IOException or RefusedException) { }
    }, TaskScheduler.Default);

    /// <summary>The tree as the signed checkpoint knows it; empty when the tiles do not say the same: it is then made again from the entries.</summary>
    private MerkleTiles TilesOf((long Size, byte[] Root)? signed) =>
        signed is var (size, root) && MerkleTiles.Open(_directory, size) is { } tiles && tiles.Root().AsSpan().SequenceEqual(root) ? tiles : new MerkleTiles(_directory);

    /// <summary>Reads the last segment, and before it every segment with entries that the tree does not have yet.</summary>
    /// <returns>How many entries the log has.</returns>
    private long Load(List<LogSegment> segments, (long Size, byte[] Root)? signed)
    {
        if (segments.Count == 0) return 0;
        var (from, at) = (Math.Max(0, segments.FindLastIndex(s => s.First <= _tiles.Size)), 0L);
        for (var i = 0; i < from; i++)
            if (segments[i].KnownEnd is { } end && end != segments[i + 1].First) throw LogSegment.Damaged(end);
        for (var i = from; i < segments.Count; i++)
        {
            at = segments[i].First;
            if (at > _tiles.Size) throw LogSegment.Damaged(_tiles.Size);
            segments[i].Load(last: i == segments.Count - 1, entry =>
            {
                _last = entry.Time;
                if (at++ < _tiles.Size) return;
                _tiles.AddHash(_leaf.HashOf(entry));
                if (_tiles.Size == signed?.Size && !_tiles.Root().AsSpan().SequenceEqual(signed.Value.Root))
                    throw new RefusedException("journal.damaged", $"Les {_tiles.Size} premières entrées du journal ne sont pas celles que son point de contrôle a signées. Le gardien ne démarre pas ; restaurez la sauvegarde.");
            });
            // What was read to the tree's end only: its index is in its file, or made again in its turn.
            if (i < segments.Count - 1) segments[i].Opened();
        }
        return at;
    }

    private void SignCheckpoint()
    {
        _tiles.WritePartial();
        var root = _tiles.Root();
        var note = _signer.Sign(_tiles.Size, root);
        _signedAt = Environment.TickCount64;
        var path = Path.Combine(_directory, "checkpoint");
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(note));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
        File.WriteAllText(Path.Combine(_directory, "key.pub"), _signer.PublicKey + "\n");
        _signed = new Signed(_tiles.Size, root, note);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
        SignCheckpoint();
        await _indexing.ConfigureAwait(false);
        _segments[^1].Close();
        _leaf.Dispose();
        _seal.Dispose();
        _signer.Dispose();
    }
}
