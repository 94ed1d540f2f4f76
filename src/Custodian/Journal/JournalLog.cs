using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;

namespace Serment.Custodian.Journal;

/// <summary>
/// The append-only journal. One writer task drains what waits, writes it as one sealed batch, flushes once to the disk
/// and only then lets the callers go: nothing lingers and nothing is answered before it is durable.
/// Fields are in fields.log, [u32 length][nonce 12][AES-256-GCM][tag 16]; each batch's associated data binds its first index.
/// A batch torn by a crash was never acknowledged and is cut; damage anywhere else, or less than the last checkpoint
/// signed here, stops the start.
/// </summary>
internal sealed class JournalLog : IAsyncDisposable
{
    private sealed record Waiting(IReadOnlyList<JournalEntry> Entries, TaskCompletionSource Durable);

    private readonly string _directory;
    private readonly string _origin;
    private readonly AesGcm _aes;
    private readonly CheckpointSigner _signer;
    private readonly MerkleTiles _tiles;
    private readonly FileStream _fields;
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true });
    private readonly Task _writer;
    private DateTimeOffset _last;
    private long _signedAt;

    /// <param name="replay">Sees every entry of the past, in order, before the journal takes new ones.</param>
    public JournalLog(string directory, byte[] stateKey, string origin, byte[] signingSeed, Action<JournalEntry> replay)
    {
        Directory.CreateDirectory(directory);
        (_directory, _origin) = (directory, origin);
        _aes = new AesGcm(stateKey, 16);
        _signer = new CheckpointSigner(origin, signingSeed);
        _tiles = new MerkleTiles(directory);
        _fields = new FileStream(Path.Combine(directory, "fields.log"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        var signed = _signer.Open(Path.Combine(directory, "checkpoint"));
        Replay(replay, signed);
        if (signed?.Size > _tiles.Size)
            throw new RefusedException("journal.regression", $"Le journal finit à l'entrée {_tiles.Size}, mais son point de contrôle en compte {signed.Value.Size} : la fin a été perdue ou retirée. Le gardien ne démarre pas ; restaurez la sauvegarde la plus récente.");
        SignCheckpoint();
        _writer = Task.Run(WriteAsync);
    }

    public long Size => _tiles.Size;

    /// <summary>The latest signed note.</summary>
    public string Checkpoint { get; private set; } = "";

    public string PublicKey => _signer.PublicKey;

    /// <summary>Completes when the entries are on the disk. A full disk fails it: nothing may then be released.</summary>
    public async ValueTask AppendAsync(IReadOnlyList<JournalEntry> entries)
    {
        if (entries.Count == 0) return;
        var waiting = new Waiting(entries, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_waiting.Writer.TryWrite(waiting)) throw new RefusedException(RefusalCodes.Away, "Le gardien s'arrête.");
        await waiting.Durable.Task.ConfigureAwait(false);
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>();
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < 512 && _waiting.Reader.TryRead(out var next)) batch.Add(next);
            try
            {
                var entries = batch.SelectMany(w => w.Entries).Select(Stamp).ToArray();
                Append(entries);
                foreach (var waiting in batch) waiting.Durable.SetResult();
                foreach (var entry in entries) _tiles.Add(entry.Leaf());
                if (Environment.TickCount64 - _signedAt >= 1000) SignCheckpoint();
            }
            catch (IOException)
            {
                var full = new RefusedException("journal.disk", "Le journal ne peut plus être écrit (disque plein ?). Aucun dossier n'est ouvert sans trace ; prévenez l'exploitation.");
                foreach (var waiting in batch) waiting.Durable.TrySetException(full);
            }
        }
    }

    private JournalEntry Stamp(JournalEntry entry)
    {
        _last = entry.Time > _last ? entry.Time : _last;
        return entry with { Time = _last, Salt = RandomNumberGenerator.GetBytes(32) };
    }

    private void Append(JournalEntry[] entries)
    {
        var start = _fields.Position;
        var plain = JsonSerializer.SerializeToUtf8Bytes(entries, WireJson.Options);
        var record = new byte[4 + 12 + plain.Length + 16];
        BinaryPrimitives.WriteInt32BigEndian(record, record.Length - 4);
        RandomNumberGenerator.Fill(record.AsSpan(4, 12));
        _aes.Encrypt(record.AsSpan(4, 12), plain, record.AsSpan(16, plain.Length), record.AsSpan(16 + plain.Length), Bound(_tiles.Size));
        try
        {
            _fields.Write(record);
            _fields.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Back to the last whole batch, so that a later success does not follow half a record.
            try { _fields.SetLength(start); _fields.Position = start; } catch (IOException) { }
            throw;
        }
    }

    private void Replay(Action<JournalEntry> replay, (long Size, byte[] Root)? signed)
    {
        Span<byte> head = stackalloc byte[4];
        while (true)
        {
            var start = _fields.Position;
            if (_fields.Length - start < 4) { Cut(start); return; }
            _fields.ReadExactly(head);
            var length = BinaryPrimitives.ReadInt32BigEndian(head);
            if (length < 28 || _fields.Length - start - 4 < length) { Cut(start); return; }
            var record = new byte[length];
            _fields.ReadExactly(record);
            var plain = new byte[length - 28];
            try { _aes.Decrypt(record.AsSpan(0, 12), record.AsSpan(12, plain.Length), record.AsSpan(12 + plain.Length), plain, Bound(_tiles.Size)); }
            catch (CryptographicException) when (_fields.Position == _fields.Length) { Cut(start); return; }
            catch (CryptographicException) { throw new RefusedException("journal.damaged", $"Le journal a été altéré après l'entrée {_tiles.Size}. Le gardien ne démarre pas ; restaurez la sauvegarde."); }
            foreach (var entry in JsonSerializer.Deserialize<JournalEntry[]>(plain, WireJson.Options)!)
            {
                _tiles.Add(entry.Leaf());
                _last = entry.Time;
                if (_tiles.Size == signed?.Size && !_tiles.Root().AsSpan().SequenceEqual(signed.Value.Root))
                    throw new RefusedException("journal.damaged", $"Les {_tiles.Size} premières entrées du journal ne sont pas celles que son point de contrôle a signées. Le gardien ne démarre pas ; restaurez la sauvegarde.");
                replay(entry);
            }
        }
    }

    private void Cut(long at)
    {
        if (_fields.Length > at) _fields.SetLength(at);
        _fields.Position = at;
    }

    private void SignCheckpoint()
    {
        _tiles.WritePartial();
        Checkpoint = _signer.Sign(_tiles.Size, _tiles.Root());
        _signedAt = Environment.TickCount64;
        var path = Path.Combine(_directory, "checkpoint");
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(Checkpoint));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
        File.WriteAllText(Path.Combine(_directory, "key.pub"), _signer.PublicKey + "\n");
    }

    private byte[] Bound(long index) => System.Text.Encoding.ASCII.GetBytes($"serment/v1/journal|{_origin}|{index}");

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
        SignCheckpoint();
        await _fields.DisposeAsync().ConfigureAwait(false);
        _aes.Dispose();
        _signer.Dispose();
    }
}
