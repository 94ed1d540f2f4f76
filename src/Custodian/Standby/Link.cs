using System.Buffers.Binary;
using System.Threading.Channels;
using Grpc.Core;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Standby;

/// <summary>The leader's end of one connection with a follower: frames out in order, each acknowledged when it is on the follower's disk.</summary>
internal sealed class Link(Session session) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Channel<StandbyFrame> _out = Channel.CreateUnbounded<StandbyFrame>(new() { SingleReader = true });
    private readonly Dictionary<long, TaskCompletionSource<bool>> _waiting = [];
    private readonly CancellationTokenSource _over = new();

    /// <summary>What the follower had when it came to be in step: a write that waited until then need not be sent.</summary>
    public long Entries { get; set; }

    public long State { get; set; }

    /// <summary>The follower leads: it says so itself.</summary>
    public Action? Superseded { get; init; }

    public CancellationToken Over => _over.Token;

    /// <summary>True: on the follower's disk. False: the connection broke, or no answer in time.</summary>
    public async Task<bool> SendAsync(FrameKind kind, ReadOnlyMemory<byte> body, TimeSpan patience)
    {
        var on = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_over.IsCancellationRequested) return false;
            var (number, frame) = session.Seal(kind, body);
            _waiting[number] = on;
            _out.Writer.TryWrite(frame);
        }
        try { return await on.Task.WaitAsync(patience).ConfigureAwait(false); }
        catch (TimeoutException) { return false; }
    }

    /// <exception cref="InvalidDataException">Not the follower's.</exception>
    public void Received(StandbyFrame frame)
    {
        var (kind, body) = session.Open(frame);
        if (kind is FrameKind.Leads)
        {
            Superseded?.Invoke();
            End();
            return;
        }
        if (kind is not FrameKind.Ack || body.Length != 8) throw new InvalidDataException("an acknowledgement was expected");
        lock (_gate)
            if (_waiting.Remove(BinaryPrimitives.ReadInt64BigEndian(body), out var on)) on.TrySetResult(true);
    }

    public async Task WriteAsync(IServerStreamWriter<StandbyFrame> to)
    {
        await foreach (var frame in _out.Reader.ReadAllAsync(_over.Token).ConfigureAwait(false)) await to.WriteAsync(frame, _over.Token).ConfigureAwait(false);
    }

    public void End()
    {
        lock (_gate)
        {
            if (!_over.IsCancellationRequested) _over.Cancel();
            foreach (var on in _waiting.Values) on.TrySetResult(false);
            _waiting.Clear();
        }
    }

    public void Dispose()
    {
        End();
        _over.Dispose();
    }
}
