using Serment.Custodian.Wire.Grpc;

namespace Serment.Server.Signing;

/// <summary>
/// Passes on what the Custodian announces (ended, locked and frozen sessions) to the live screens, reconnects for ever, and knows since when
/// the Custodian does not answer: it died, or it stands still.
/// </summary>
public sealed class CustodianWatch(CustodianClient custodian) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(3);
    private readonly SemaphoreSlim _look = new(0);

    public event Action<Notice>? Noticed;

    /// <summary>It went away, or came back.</summary>
    public event Action? AwayChanged;

    /// <summary>Null while it answers.</summary>
    public DateTimeOffset? AwaySince { get; private set; }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(ListenAsync(stoppingToken), LookAsync(stoppingToken));

    private async Task ListenAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await foreach (var notice in custodian.WatchAsync("", cancel).ConfigureAwait(false)) Noticed?.Invoke(notice);
            // It hung up: whether it is gone is looked at now, not in two seconds.
            _look.Release();
            try { await Task.Delay(TimeSpan.FromSeconds(1), cancel).ConfigureAwait(false); }
            catch (OperationCanceledException) { return; }
        }
    }

    /// <summary>One question for all screens.</summary>
    private async Task LookAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var answers = await AnswersAsync(cancel).ConfigureAwait(false);
                if (answers != AwaySince is null)
                {
                    AwaySince = answers ? null : DateTimeOffset.UtcNow;
                    AwayChanged?.Invoke();
                }
                await _look.WaitAsync(Between, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) { }
    }

    private async Task<bool> AnswersAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(Patience);
        try { return (await custodian.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll, limit.Token).ConfigureAwait(false)).Unlocked; }
        catch (RefusedException) { return false; }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested) { return false; }
    }

    public override void Dispose()
    {
        _look.Dispose();
        base.Dispose();
    }
}
