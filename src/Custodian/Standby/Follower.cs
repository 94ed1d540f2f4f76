using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Serment.Custodian.State;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Standby;

/// <summary>
/// The Custodian that writes what another one writes, answers nobody and is ready to lead: unlocked, its journal, its state and its tree as the leader's.
/// It connects again for ever. What does not continue the leader's journal is set aside under another name, never deleted.
/// </summary>
internal sealed class Follower : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500), Silence = TimeSpan.FromSeconds(5);
    private readonly Custodian.Wire.CustodianChannel _channel;
    private readonly KeyFile _file;
    private readonly KeyTree _keys;
    private readonly string _directory, _mirror;
    private readonly CancellationTokenSource _stop = new();
    /// <summary>Held while something is taken or while it comes to lead: what is acknowledged afterwards is nothing.</summary>
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _following;
    private Mark _mark;
    private JournalLog _journal;
    private SealedStore _store;
    private bool _leads, _disposed;
    private volatile bool _linked;
    /// <summary>The one that led has heard from this one itself that it leads no more.</summary>
    private readonly TaskCompletionSource _saidSo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _said;

    /// <summary>For the operator's log, in French.</summary>
    public Action<string> Say { get; init; } = _ => { };

    public Follower(Mark mark, KeyFile file, KeyTree keys, string directory, string mirror, Custodian.Wire.CustodianAddress leader)
    {
        (_mark, _file, _keys, _directory, _mirror) = (mark, file, keys, directory, mirror);
        // Whoever led and now follows may have written what nobody was told of.
        if (mark.Leads) SetAside();
        _channel = new Custodian.Wire.CustodianChannel(leader);
        (_journal, _store) = Open();
        _following = Task.Run(FollowAsync);
    }

    public StandingNow Now() => new() { Cell = _file.Cell, Holder = _mark.Holder, Number = _mark.Number, Standing = _mark.Number == 0 ? "behind" : "follows", Entries = _journal.Size };

    /// <summary>The database gave it the next number: from here on it acknowledges nothing, and its files are a leader's.</summary>
    /// <returns>Why not; null when it leads.</returns>
    public async Task<string?> LeadAsync(long number)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_leads) return null;
            if (_mark.Number == 0) return "ce gardien n'a jamais été à jour : il ne peut pas prendre la relève";
            if (number <= _mark.Number) return $"le numéro doit dépasser {_mark.Number}";
            // Numbers change a few times a year: one far ahead would use them all up.
            if (number > _mark.Number + 1_000_000) return "ce numéro est trop loin";
            _mark = _mark with { Number = number, Leads = true, Alone = true };
            _mark.Write(_directory);
            _leads = true;
        }
        finally { _turn.Release(); }
        // Whoever carries the decision could tell the other to go on alone: while the two reach each other it hears the truth first. A leader in health beats twice a second.
        if (_linked) await Task.WhenAny(_saidSo.Task, Task.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        return null;
    }

    public Mark Mark => _mark;

    private (JournalLog, SealedStore) Open() =>
        (new JournalLog(Path.Combine(_directory, "journal"), _keys.Journal(), $"serment/{_file.Cell}", _keys.JournalSeed()), new SealedStore(Path.Combine(_directory, "state.db"), Path.Combine(_mirror, "state-mirror.db"), _keys.State()));

    private void SetAside()
    {
        // First: with files that are not whole it does not lead.
        _mark = new Mark(Mark.NewHolder(), 0, Leads: false, Alone: false);
        _mark.Write(_directory);
        var aside = string.Create(CultureInfo.InvariantCulture, $"aside-{DateTimeOffset.UtcNow:yyyyMMddHHmmssfff}");
        foreach (var (folder, name) in new[] { (_directory, "journal"), (_directory, "state.db"), (_directory, "state.db-wal"), (_directory, "state.db-shm"), (_mirror, "state-mirror.db"), (_mirror, "state-mirror.db-wal"), (_mirror, "state-mirror.db-shm") })
        {
            var path = Path.Combine(folder, name);
            if (!Path.Exists(path)) continue;
            Directory.CreateDirectory(Path.Combine(folder, aside));
            Directory.Move(path, Path.Combine(folder, aside, name));
        }
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try { await OnceAsync().ConfigureAwait(false); }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested) { return; }
            catch (Exception broken) when (broken is RpcException or IOException or InvalidDataException or OperationCanceledException or RefusedException or SqliteException or UnauthorizedAccessException)
            {
                var why = broken switch
                {
                    RpcException { StatusCode: StatusCode.FailedPrecondition, Status.Detail: "does not lead" } => "Le gardien suivi ne mène pas.",
                    RpcException { StatusCode: StatusCode.FailedPrecondition } => "Le gardien suivi est plus ancien que celui-ci : il ne peut pas mener (docs/runbooks/standby.md).",
                    RpcException { StatusCode: StatusCode.Unauthenticated } => "Le gardien suivi ne reconnaît pas celui-ci : est-ce la clé du même établissement ?",
                    RefusedException no => no.Refusal.Message,
                    SqliteException or IOException or UnauthorizedAccessException => "Ce gardien ne peut plus écrire (disque plein ?) : il ne suit plus.",
                    _ => "Le gardien suivi n'est pas joignable.",
                };
                if (why != _said) Say(_said = why);
            }
            try { await Task.Delay(Again, _stop.Token).ConfigureAwait(false); }
            catch (OperationCanceledException) { return; }
        }
    }

    /// <summary>One connection, until it breaks.</summary>
    private async Task OnceAsync()
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var nonce = RandomNumberGenerator.GetBytes(32);
        var key = _keys.Standby();
        using var call = _channel.Standby.Follow(cancellationToken: silence.Token);
        var progress = new Progress(nonce, _mark.Number, _journal.Size, _journal.BatchBefore(_journal.Size)!, _store.Number);
        await call.RequestStream.WriteAsync(Session.Hello(key, progress.ToBytes()), silence.Token).ConfigureAwait(false);
        async Task<bool> NextAsync()
        {
            // A leader in health beats twice a second.
            silence.CancelAfter(Silence);
            return await call.ResponseStream.MoveNext(silence.Token).ConfigureAwait(false);
        }

        if (!await NextAsync().ConfigureAwait(false) || call.ResponseStream.Current is not { Kind: (int)FrameKind.Welcome, Body.Length: 33 } welcome) throw new InvalidDataException("no welcome");
        var session = Session.OfFollower(key, nonce, welcome.Body.Span[..32]);
        try
        {
            for (long number = 1; await NextAsync().ConfigureAwait(false); number++)
            {
                var (kind, body) = session.Open(call.ResponseStream.Current);
                _linked = true;
                await _turn.WaitAsync(_stop.Token).ConfigureAwait(false);
                var leads = false;
                try
                {
                    leads = _leads;
                    if (!leads) Take(kind, body, first: number == 1);
                }
                finally { _turn.Release(); }
                var ack = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(ack, number);
                await call.RequestStream.WriteAsync(leads ? session.Seal(FrameKind.Leads, default).Frame : session.Seal(FrameKind.Ack, ack).Frame, _stop.Token).ConfigureAwait(false);
                if (!leads) continue;
                // Until the other hangs up, which it does when it has read this.
                while (await NextAsync().ConfigureAwait(false)) { }
                return;
            }
        }
        finally
        {
            _linked = false;
            _saidSo.TrySetResult();
        }
    }

    private void Take(FrameKind kind, byte[] body, bool first)
    {
        switch (kind)
        {
            case FrameKind.Beat when first && body is [1]:
                if (_journal.Size == 0 && _store.Number < 0) break;
                Say("Le journal de ce gardien ne continue pas celui du gardien suivi : ses fichiers sont mis de côté, et tout est repris depuis le début.");
                _journal.DisposeAsync().AsTask().GetAwaiter().GetResult();
                _store.Dispose();
                SetAside();
                (_journal, _store) = Open();
                break;
            case FrameKind.Beat: _journal.Settle(); break;
            case FrameKind.State:
                var (number, rows) = StateFrame.Read(body);
                _store.Take(number, rows);
                break;
            case FrameKind.Journal: _journal.Take(body); break;
            case FrameKind.Joined when body.Length == 8:
                _mark = _mark with { Number = BinaryPrimitives.ReadInt64BigEndian(body) };
                _mark.Write(_directory);
                Say(_said = "À jour : ce gardien suit et peut prendre la relève.");
                break;
            default: throw new InvalidDataException($"an unknown frame {kind}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(false);
        _channel.Dispose();
        await _journal.DisposeAsync().ConfigureAwait(false);
        _store.Dispose();
        _stop.Dispose();
        _turn.Dispose();
    }
}
