using System.Data.Common;
using Serment.Records;

namespace Serment.Server.Signing;

/// <summary>The Custodian's journal beside the one that the database remembers.</summary>
/// <param name="Seen">Entries remembered.</param>
/// <param name="Head">The tree remembered; null in a database from before one was.</param>
/// <param name="Root">The present journal's at that size, and its tree now; null where it could not be said.</param>
internal sealed record JournalBeside(GapState State, long Seen, JournalHead? Head, JournalRoots? Root)
{
    /// <summary>As long as what was seen, and beginning otherwise: an older copy that went on. Who is old and not malicious says his own root; so root at a size is enough.</summary>
    public bool Forked => State.Size >= Seen && Head is not null && Root?.Root is { } root && !Head.Is(new JournalHead(Head.Size, root));

    public bool Continues => State.Size >= Seen && !Forked;
}

/// <summary>
/// Remembers in the database how long the journal is and what root its tree has, every few seconds: a Custodian that is replaced by an older copy of itself is
/// noticed whenever that happens, even when that copy has grown as long, and nothing is served over it. Two officers say how it goes on.
/// </summary>
public sealed class JournalMemory(CustodianClient custodian, CellStatus cell, RecordsDatabase records, IHostApplicationLifetime lifetime) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>The journal is shorter than it was, or another: this Server stopped for that.</summary>
    public bool Regressed { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(Every);
        do
            try
            {
                if ((await LookAsync(custodian, cell, records, stoppingToken).ConfigureAwait(false)).Continues) continue;
                Regressed = true;
                lifetime.StopApplication();
                return;
            }
            catch (OperationCanceledException) { return; }
            // The Custodian or the database is away or busy: asked again; what was remembered before still holds.
            catch (Exception fault) when (fault is RefusedException or DbException || fault.InnerException is DbException) { }
        while (await tick.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    /// <summary>Compares, and remembers a journal that continues the one remembered.</summary>
    internal static async Task<JournalBeside> LookAsync(CustodianClient custodian, CellStatus cell, RecordsDatabase records, CancellationToken cancel = default)
    {
        // Before the Custodian is asked: another Server may remember more meanwhile.
        var remembered = await records.JournalAsync(cancel).ConfigureAwait(false);
        var head = remembered.Root is { } root ? new JournalHead(remembered.RootSize, root) : null;
        var state = await custodian.AskUnsignedAsync(GapVerbs.State, cell.Cell, Nothing.AtAll, cancel).ConfigureAwait(false);
        var beside = new JournalBeside(state, Math.Max(remembered.Size, remembered.RootSize), head, await RootsAsync(custodian, cell, head?.Size ?? 0, cancel).ConfigureAwait(false));
        if (!beside.Continues) return beside;
        var now = beside.Root?.Now is { } newer && newer.Size > (head?.Size ?? 0) ? newer : head;
        if (state.Size > remembered.Size || !ReferenceEquals(now, head)) await records.RememberAsync(new RememberedJournal(Math.Max(state.Size, remembered.Size), now?.Size ?? 0, now?.Root), cancel).ConfigureAwait(false);
        return beside;
    }

    /// <summary>Null: a Custodian from before the question, or a tile of its journal is lost ("serment journal verify" says which). Its size still counts.</summary>
    private static async Task<JournalRoots?> RootsAsync(CustodianClient custodian, CellStatus cell, long size, CancellationToken cancel)
    {
        try { return await custodian.AskUnsignedAsync(GapVerbs.Root, cell.Cell, new AskRoot(size), cancel).ConfigureAwait(false); }
        catch (RefusedException no) when (no.Refusal.Code != RefusalCodes.Away) { return null; }
    }
}
