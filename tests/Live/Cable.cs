using System.Net.Sockets;

namespace Serment.Live.Tests;

/// <summary>
/// The way between the two processes, which a test cuts, silences or makes deaf. What is held back arrives late and whole, as over
/// a network; what was lost takes its connection with it.
/// </summary>
public sealed class Cable : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _far;
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private TaskCompletionSource _asking = Passing(), _answering = Passing();
    private bool _cut;

    /// <param name="path">Where the near side asks.</param>
    /// <param name="far">The socket at the other end; whatever listens there when somebody connects.</param>
    public Cable(string path, string far)
    {
        (Path, _far) = (path, far);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        _ = AcceptAsync();
    }

    public string Path { get; }

    /// <summary>No connection lives, none can be made.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _cut = true;
            Drop();
        }
    }

    /// <summary>Questions wait on the way, and answers where asked.</summary>
    public void Hold(bool questions, bool answers)
    {
        lock (_gate)
        {
            if (questions && _asking.Task.IsCompleted) _asking = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (answers && _answering.Task.IsCompleted) _answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Nothing more is asked over the living connections; what was asked may still be answered.</summary>
    public void HalfClose()
    {
        lock (_gate)
            foreach (var socket in _open)
                try { socket.Shutdown(SocketShutdown.Send); }
                catch (SocketException) { }
                catch (ObjectDisposedException) { }
    }

    /// <param name="lost">What was held back never arrives.</param>
    public void Mend(bool lost = false)
    {
        lock (_gate)
        {
            _cut = false;
            if (lost) Drop();
            _asking.TrySetResult();
            _answering.TrySetResult();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near;
            try { near = await _listener.AcceptAsync(); }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException) { return; }
            var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                if (_cut) throw new SocketException((int)SocketError.ConnectionRefused);
                await far.ConnectAsync(new UnixDomainSocketEndPoint(_far));
                lock (_gate)
                {
                    if (_cut) throw new SocketException((int)SocketError.ConnectionRefused);
                    _open.Add(near);
                    _open.Add(far);
                }
                _ = PumpAsync(near, far, () => _asking.Task);
                _ = PumpAsync(far, near, () => _answering.Task);
            }
            catch (SocketException)
            {
                near.Dispose();
                far.Dispose();
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Func<Task> may)
    {
        var bytes = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(bytes) is var read and > 0)
            {
                await may();
                await to.SendAsync(bytes.AsMemory(0, read));
            }
            await may();
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            lock (_gate)
                foreach (var socket in new[] { from, to })
                {
                    _open.Remove(socket);
                    socket.Dispose();
                }
        }
    }

    private void Drop()
    {
        foreach (var socket in _open) socket.Dispose();
        _open.Clear();
    }

    private static TaskCompletionSource Passing()
    {
        var passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        passing.SetResult();
        return passing;
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_gate) Drop();
        File.Delete(Path);
    }
}
