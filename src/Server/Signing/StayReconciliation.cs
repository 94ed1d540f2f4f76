using System.Data.Common;
using Serment.Records.Stays;

namespace Serment.Server.Signing;

/// <summary>
/// Confirms intents whose row was written and whose confirmation was lost (a process died between the two): at start, then every minute.
/// It confirms only what a person signed within the last 15 minutes and what the database shows as done since; it can intend nothing.
/// </summary>
public sealed class StayReconciliation(CustodianClient custodian, CellStatus cell, StaysDoor stays) : BackgroundService
{
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var minute = new PeriodicTimer(TimeSpan.FromMinutes(1));
        do
            try { await ReconcileAsync(stoppingToken).ConfigureAwait(false); }
            catch (OperationCanceledException) { return; }
            // The Custodian or the database is away, or its disk is full; the next minute tries again.
            catch (Exception fault) when (fault is RefusedException or DbException || fault.InnerException is DbException) { }
        while (await minute.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task ReconcileAsync(CancellationToken cancel)
    {
        foreach (var (stay, since) in (await custodian.AskUnsignedAsync(RelationVerbs.PendingStays, cell.Cell, Nothing.AtAll, cancel).ConfigureAwait(false)).Stays)
            if ((await stays.MovementsAsync(stay, cancel).ConfigureAwait(false)).Any(move => move.ChangesAccess && move.RecordedAt >= since - ClocksDiffer))
                await custodian.AskUnsignedAsync(RelationVerbs.ConfirmStay, cell.Cell, new ConfirmStay(stay), cancel).ConfigureAwait(false);
    }
}
