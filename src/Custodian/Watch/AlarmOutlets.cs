using System.Buffers.Binary;
using System.Net.Mail;
using System.Net.Sockets;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Watch;

/// <summary>
/// Alarms leave the machine. The journal is the queue: each outlet remembers up to which entry it has delivered, and goes on from
/// there in order, after an hour of network silence as after a crash. An alarm may arrive twice; none is lost.
/// </summary>
/// <param name="remember">Name and 8 bytes: the next entry to look at.</param>
internal sealed class AlarmOutlets(JournalLog journal, string cell, string establishment, IReadOnlyList<Outlet> outlets, Func<string, byte[]?> recall, Action<string, byte[]> remember, TimeSpan? silence = null) : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2), Longest = TimeSpan.FromMinutes(1), Rest = TimeSpan.FromSeconds(30), Silence = TimeSpan.FromSeconds(30);

    private sealed class Standing : IDisposable
    {
        public readonly SemaphoreSlim Woken = new(0, 1);
        public long Next;
        public DateTimeOffset? Last;
        public string? Fault;

        public void Dispose() => Woken.Dispose();
    }

    private readonly Dictionary<Outlet, Standing> _standing = outlets.ToDictionary(outlet => outlet, _ => new Standing());
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    public void Start()
    {
        foreach (var (outlet, standing) in _standing)
        {
            // A new outlet is told what happens from here on.
            standing.Next = recall(outlet.Name) is { Length: 8 } kept ? BinaryPrimitives.ReadInt64BigEndian(kept) : journal.Size;
            Keep(outlet, standing);
            _running.Add(Task.Run(() => RunAsync(outlet, standing)));
        }
    }

    /// <summary>An alarm is in the journal.</summary>
    public void Wake()
    {
        foreach (var standing in _standing.Values)
            try { standing.Woken.Release(); }
            catch (SemaphoreFullException) { }
    }

    public IReadOnlyList<OutletLine> Lines() => [.. _standing.Select(one => new OutletLine(one.Key.Name, Waiting(one.Value.Next).Count(), one.Value.Last, one.Value.Fault))];

    private IEnumerable<NumberedEntry> Waiting(long from) => journal.Read(new JournalQuestion { Kinds = AlarmMessage.Kinds, FromIndex = from, OldestFirst = true });

    private async Task RunAsync(Outlet outlet, Standing standing)
    {
        var patience = Soon;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                foreach (var at in Waiting(standing.Next))
                {
                    await SendAsync(outlet, at).ConfigureAwait(false);
                    (standing.Next, standing.Last, standing.Fault, patience) = (at.Index + 1, DateTimeOffset.UtcNow, null, Soon);
                    Keep(outlet, standing);
                }
                await standing.Woken.WaitAsync(Rest, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested) { return; }
            catch (Exception fault) when (fault is IOException or SocketException or HttpRequestException or SmtpException or OperationCanceledException or System.Security.Authentication.AuthenticationException or FormatException or ArgumentException or RefusedException)
            {
                standing.Fault = fault.GetType().Name;
                try { await Task.Delay(patience, _stop.Token).ConfigureAwait(false); }
                catch (OperationCanceledException) { return; }
                patience = patience + patience < Longest ? patience + patience : Longest;
            }
        }
    }

    /// <summary>Who takes the connection and then says nothing has not taken the alarm.</summary>
    private async Task SendAsync(Outlet outlet, NumberedEntry at)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        patience.CancelAfter(silence ?? Silence);
        await outlet.SendAsync(AlarmMessage.Of(cell, establishment, at), patience.Token).ConfigureAwait(false);
    }

    private void Keep(Outlet outlet, Standing standing)
    {
        var next = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(next, standing.Next);
        remember(outlet.Name, next);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        foreach (var standing in _standing.Values) standing.Dispose();
        _stop.Dispose();
    }
}
