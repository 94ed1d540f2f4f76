using Serment.Custodian.Wire.Grpc;

namespace Serment.Server.Signing;

/// <summary>Passes on what the Custodian announces (ended, locked and frozen sessions) to the live screens, and reconnects for ever.</summary>
public sealed class CustodianWatch(CustodianClient custodian) : BackgroundService
{
    public event Action<Notice>? Noticed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await foreach (var notice in custodian.WatchAsync("", stoppingToken).ConfigureAwait(false)) Noticed?.Invoke(notice);
            try { await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(false); }
            catch (OperationCanceledException) { return; }
        }
    }
}
