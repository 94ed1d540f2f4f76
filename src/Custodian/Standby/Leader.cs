using System.Buffers.Binary;
using System.Security.Cryptography;
using Grpc.Core;
using Serment.Custodian.Journal;
using Serment.Custodian.State;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Standby;

/// <param name="Single">Never had a follower.</param>
/// <param name="InStep">Nothing counts before it is on the follower's disk too.</param>
/// <param name="Alone">The database has durably said that it goes on without.</param>
/// <param name="Undecided">The follower is away: nothing is answered until it is back or the database has decided.</param>
/// <param name="Replaced">The follower leads, or has been in a later configuration: nothing is answered any more.</param>
internal enum Standing { Single, InStep, Alone, Undecided, Replaced }

/// <summary>
/// The Custodian that answers, and what it needs to: two of three. Itself and its follower, which acknowledges each batch of the journal and each write of
/// state from its own disk; or itself and the database of records, which gives each number of a configuration to one Custodian only. So a follower can
/// never lead beside it with budgets that it does not know to be spent. docs/decisions/0021.
/// </summary>
internal sealed class Leader : IDisposable
{
    /// <summary>So long may an acknowledgement take before the follower counts as away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), CatchingUp = TimeSpan.FromSeconds(30), Beat = TimeSpan.FromMilliseconds(500), ForADecision = TimeSpan.FromSeconds(8);
    private const int OnTheWay = 32, AtTheEnd = 500, Threads = 64;
    private readonly string _directory, _cell;
    private readonly byte[] _key;
    private readonly Lock _gate = new();
    private Mark _mark;
    private Standing _standing;
    private Link? _link;
    private bool _began, _stopped, _catchingUp;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JournalLog? _log;
    private SealedStore? _store;

    public Leader(Mark mark, string directory, string cell, byte[] key)
    {
        (_mark, _directory, _cell, _key) = (mark, directory, cell, key);
        _standing = mark.Number == 0 ? Standing.Single : mark.Alone ? Standing.Alone : Standing.Undecided;
    }

    /// <summary>Held by whoever writes a batch of the journal, or a transaction of state, until it is agreed.</summary>
    public SemaphoreSlim Journal { get; } = new(1);

    public SemaphoreSlim State { get; } = new(1);

    /// <summary>Something that officers and operators must know, in French; called outside all locks.</summary>
    public event Action<Standing, string>? Told;

    public StandingNow Now()
    {
        lock (_gate)
            return new StandingNow
            {
                Cell = _cell,
                Holder = _mark.Holder,
                Number = _mark.Number,
                Entries = _log?.Size ?? 0,
                Standing = _catchingUp && _standing is (Standing.Alone or Standing.Single) ? "catching-up" : _standing switch { Standing.Single => "single", Standing.InStep => "in-step", Standing.Alone => "alone", Standing.Undecided => "undecided", _ => "replaced" },
            };
    }

    /// <summary>From here on somebody is answered; what was written before was promised to nobody.</summary>
    public void Begin(JournalLog log, SealedStore store)
    {
        lock (_gate) (_log, _store, _began) = (log, store, true);
    }

    /// <summary>Before anything is asked of this Custodian. Waits a few seconds while it is not known who leads.</summary>
    public async ValueTask MayAnswerAsync()
    {
        for (var until = Environment.TickCount64 + (long)ForADecision.TotalMilliseconds; ;)
        {
            Task changed;
            lock (_gate)
            {
                if (_standing is Standing.Single or Standing.Alone or Standing.InStep) return;
                if (_standing is Standing.Replaced || _stopped) throw Elsewhere();
                changed = _changed.Task;
            }
            if (await Task.WhenAny(changed, Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, until - Environment.TickCount64)))).ConfigureAwait(false) != changed)
                throw new RefusedException(RefusalCodes.Away, "Le second gardien ne répond plus, et rien ne dit encore que celui-ci peut continuer seul. Rien n'est perdu ; l'écran reprend dans quelques secondes.");
        }
    }

    public void StillLeads()
    {
        lock (_gate) if (_standing is Standing.Replaced || _stopped) throw Elsewhere();
    }

    /// <summary>Completes when what is on this disk may count. Gives the turn back while nobody has decided, so that a follower can come to be in step.</summary>
    /// <param name="end">Entries, or the transaction's number, with it.</param>
    public async ValueTask AgreeAsync(SemaphoreSlim turn, long end, FrameKind kind, ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            Link? link;
            Task changed;
            lock (_gate)
            {
                if (!_began || _standing is Standing.Single or Standing.Alone) return;
                if (_standing is Standing.Replaced || _stopped) throw Elsewhere();
                (link, changed) = (_standing is Standing.InStep ? _link : null, _changed.Task);
            }
            if (link is not null)
            {
                if (end <= (kind is FrameKind.Journal ? link.Entries : link.State)) return;
                if (await link.SendAsync(kind, bytes, Patience).ConfigureAwait(false)) return;
                Lost(link);
                continue;
            }
            turn.Release();
            try { await changed.ConfigureAwait(false); }
            finally { await turn.WaitAsync().ConfigureAwait(false); }
        }
    }

    /// <summary>What the database decided about the number that follows this one's.</summary>
    /// <returns>Why not; null when it was done.</returns>
    public string? Decided(string decision, long number)
    {
        lock (_gate)
        {
            // Whoever went on alone and was given up for lost may come back while another leads: with a later number, which it never heard of.
            var late = _standing is Standing.Alone && decision == "replaced" && number > _mark.Number;
            if (_standing is not Standing.Undecided && !late) return "rien n'est à décider";
            if (decision == "replaced")
            {
                // Not durable: should the other be lost as well, this one is started again.
                Become(Standing.Replaced);
                _link?.End();
            }
            else
            {
                if (number != _mark.Number + 1) return $"le numéro attendu est {_mark.Number + 1}";
                Written(_mark with { Number = number, Alone = true });
                Become(Standing.Alone);
            }
        }
        if (decision == "replaced") Told?.Invoke(Standing.Replaced, "Ce gardien a été remplacé par le second : il ne répond plus.");
        else Told?.Invoke(Standing.Alone, "Le second gardien ne suit plus : celui-ci continue seul. Rétablissez le second (docs/runbooks/standby.md).");
        return null;
    }

    /// <summary>Serves one follower until the connection breaks.</summary>
    public async Task FollowedAsync(IAsyncStreamReader<StandbyFrame> from, IServerStreamWriter<StandbyFrame> to, CancellationToken cancel)
    {
        if (!await from.MoveNext(cancel).ConfigureAwait(false) || !Session.Holds(_key, from.Current) || Progress.From(from.Current.Body.Span) is not { } progress)
            throw new RpcException(new Status(StatusCode.Unauthenticated, "not the other Custodian of this cell"));
        var (log, store) = Admitted(progress);
        try { await FollowedAsync(from, to, progress, log, store, cancel).ConfigureAwait(false); }
        finally { lock (_gate) _catchingUp = false; }
    }

    private async Task FollowedAsync(IAsyncStreamReader<StandbyFrame> from, IServerStreamWriter<StandbyFrame> to, Progress progress, JournalLog log, SealedStore store, CancellationToken cancel)
    {
        var nonce = RandomNumberGenerator.GetBytes(32);
        var session = Session.OfLeader(_key, progress.Nonce, nonce);
        var same = log.BatchBefore(progress.Entries) is { } last && last.AsSpan().SequenceEqual(progress.LastBatch) && progress.State <= store.Number;
        if (!same && progress.Number > 0)
        {
            // Who was in step has nothing that its leader did not have first: it is this directory that lacks something. What the follower has must not be set aside for it.
            lock (_gate) Become(Standing.Replaced);
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "older than its follower"));
        }
        using var link = new Link(session) { Superseded = () => { lock (_gate) Become(Standing.Replaced); } };
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, link.Over);
        // The nonce and whether to begin from nothing; authentic by the first thing that follows it.
        await to.WriteAsync(new StandbyFrame { Kind = (int)FrameKind.Welcome, Body = Google.Protobuf.ByteString.CopyFrom([.. nonce, same ? (byte)0 : (byte)1]) }, cancel).ConfigureAwait(false);
        var working = Task.WhenAll(EndingAsync(link, ReceiveAsync(link, from, either.Token)), EndingAsync(link, link.WriteAsync(to)));
        try
        {
            if (!await link.SendAsync(FrameKind.Beat, (byte[])[same ? (byte)0 : (byte)1], Patience).ConfigureAwait(false)) return;
            if (!await JoinAsync(link, log, store, same ? progress : progress with { Entries = 0, State = -1 }).ConfigureAwait(false)) return;
            while (await link.SendAsync(FrameKind.Beat, default, Patience).ConfigureAwait(false)) await Task.Delay(Beat, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) { }
        finally
        {
            Lost(link);
            await working.ConfigureAwait(false);
        }
    }

    private (JournalLog Log, SealedStore Store) Admitted(Progress progress)
    {
        lock (_gate)
        {
            if (_log is null || _store is null || _stopped || _standing is Standing.Replaced) throw new RpcException(new Status(StatusCode.FailedPrecondition, "does not lead"));
            if (progress.Number > _mark.Number)
            {
                // It has been in a later configuration than this one ever was: this directory comes from an older day.
                Become(Standing.Replaced);
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "older than its follower"));
            }
            if (_link is not null || _catchingUp) throw new RpcException(new Status(StatusCode.AlreadyExists, "has a follower"));
            _catchingUp = true;
            return (_log, _store);
        }
    }

    /// <summary>Everything until now, beside the work; then, with both turns held, the rest: from there on it is in step.</summary>
    private async Task<bool> JoinAsync(Link link, JournalLog log, SealedStore store, Progress at)
    {
        var (entries, state) = (at.Entries, at.State);
        // Under load there is always something new: a little of it is left for the moment in which nobody writes.
        for (var before = long.MinValue; entries + state - before > AtTheEnd;)
        {
            before = entries + state;
            if (!await CatchUpAsync().ConfigureAwait(false)) return false;
        }
        await State.WaitAsync(link.Over).ConfigureAwait(false);
        try
        {
            await Journal.WaitAsync(link.Over).ConfigureAwait(false);
            try
            {
                if (!await CatchUpAsync().ConfigureAwait(false)) return false;
                (link.Entries, link.State) = (entries, state);
                long number;
                lock (_gate)
                {
                    if (_standing is Standing.Replaced || _stopped) return false;
                    number = _mark.Number + 1;
                    // First here: should the follower not hear of it, it cannot lead, and this one asks the database.
                    Written(_mark with { Number = number, Alone = false });
                    Become(Standing.Undecided);
                }
                var body = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(body, number);
                if (!await link.SendAsync(FrameKind.Joined, body, Patience).ConfigureAwait(false)) return false;
                lock (_gate)
                {
                    if (_mark.Number != number || _standing is not Standing.Undecided) return false;
                    (_link, _catchingUp) = (link, false);
                    Become(Standing.InStep);
                }
            }
            finally { Journal.Release(); }
        }
        finally { State.Release(); }
        // A write of state waits for the follower under a lock for which requests wait too. What it waits for must find a thread at once: a pool that starts from
        // one a processor adds one each half second, and the follower counts as away after two. Only here: without a follower it would cost each release a fifth more processor.
        ThreadPool.SetMinThreads(Threads, Threads);
        Told?.Invoke(Standing.InStep, "Le second gardien suit, à jour : rien n'est remis sans être aussi chez lui.");
        return true;

        async Task<bool> CatchUpAsync()
        {
            var onTheWay = new Queue<Task<bool>>();
            async Task<bool> SentAsync(FrameKind kind, byte[] body)
            {
                onTheWay.Enqueue(link.SendAsync(kind, body, CatchingUp));
                return onTheWay.Count < OnTheWay || await onTheWay.Dequeue().ConfigureAwait(false);
            }

            foreach (var (number, rows) in store.Since(state))
            {
                if (!await SentAsync(FrameKind.State, StateFrame.Of(number, rows)).ConfigureAwait(false)) return false;
                state = number;
            }
            foreach (var (end, record) in log.Records(entries))
            {
                if (!await SentAsync(FrameKind.Journal, record).ConfigureAwait(false)) return false;
                entries = end;
            }
            return (await Task.WhenAll(onTheWay).ConfigureAwait(false)).All(on => on);
        }
    }

    private static async Task ReceiveAsync(Link link, IAsyncStreamReader<StandbyFrame> from, CancellationToken cancel)
    {
        while (await from.MoveNext(cancel).ConfigureAwait(false)) link.Received(from.Current);
    }

    /// <summary>Whatever ends one direction ends the connection.</summary>
    private static async Task EndingAsync(Link link, Task work)
    {
        try { await work.ConfigureAwait(false); }
        catch (Exception broken) when (broken is IOException or RpcException or OperationCanceledException or InvalidDataException or InvalidOperationException) { }
        link.End();
    }

    private void Lost(Link link)
    {
        link.End();
        lock (_gate)
        {
            if (_link != link) return;
            _link = null;
            if (_standing is Standing.InStep) Become(Standing.Undecided);
        }
    }

    /// <summary>Under the lock.</summary>
    private void Become(Standing standing)
    {
        _standing = standing;
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private void Written(Mark mark)
    {
        mark.Write(_directory);
        _mark = mark;
    }

    private static RefusedException Elsewhere() => new(RefusalCodes.Away, "Ce gardien ne répond plus : le second a pris la relève. L'écran reprend dès qu'il l'a trouvé.");

    /// <summary>What waits for an agreement is refused: the process ends.</summary>
    /// <param name="followed">Only where there is a follower; who has none answers to the end what was asked.</param>
    public void Stop(bool followed = false)
    {
        lock (_gate)
        {
            if (followed && _link is null) return;
            _stopped = true;
            _link?.End();
            Become(_standing);
        }
    }

    public void Dispose()
    {
        Journal.Dispose();
        State.Dispose();
        CryptographicOperations.ZeroMemory(_key);
    }
}
