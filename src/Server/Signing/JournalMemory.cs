using System.Data.Common;
using Serment.Records;

namespace Serment.Server.Signing;

/// <summary>
/// Remembers in the database how long the journal is, every few seconds: a Custodian that is replaced by an older copy of itself is
/// noticed whenever that happens, and nothing is served over it. Two officers say how it goes on.
/// </summary>
public sealed class JournalMemory(CustodianClient custodian, CellStatus cell, RecordsDatabase records, IHostApplicationLifetime lifetime) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>The journal is shorter than it was: this Server stopped for that.</summary>
    public bool Regressed { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every);
        do
            try
            {
                var size = (await custodian.AskUnsignedAsync(GapVerbs.State, cell.Cell, Nothing.AtAll, stoppingToken).ConfigureAwait(false)).Size;
                if (await records.RememberJournalSizeAsync(size, stoppingToken).ConfigureAwait(false) <= size) continue;
                Regressed = true;
                lifetime.StopApplication();
                return;
            }
            catch (OperationCanceledException) { return; }
            // The Custodian or the database is away or busy: asked again; what was remembered before still holds.
            catch (Exception fault) when (fault is RefusedException or DbException || fault.InnerException is DbException) { }
        while (await tick.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
