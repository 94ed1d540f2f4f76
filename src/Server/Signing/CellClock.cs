namespace Serment.Server.Signing;

/// <summary>The cell's time in this process: the machine's own in a real establishment; in a demonstration or a rehearsal, moved as the Custodian's is.</summary>
public sealed class CellClock : TimeProvider
{
    private long _ahead;

    public CellClock(CellStatus cell, CustodianWatch watch)
    {
        if (cell.Ahead is null) return;
        Follow(cell);
        watch.Noticed += notice => { if (notice.Kind == "clock") Move(TimeSpan.Parse(notice.Text, null)); };
    }

    /// <summary>For whoever was refused for being late: the notice may have been missed while the Custodian was away.</summary>
    public void Follow(CellStatus cell) { if (cell.Ahead is { } ahead) Move(ahead); }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _ahead));

    private void Move(TimeSpan ahead) => Interlocked.Exchange(ref _ahead, ahead.Ticks);
}
