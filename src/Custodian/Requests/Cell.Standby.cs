using Serment.Custodian.Journal;
using Serment.Custodian.Releases;
using Serment.Custodian.Standby;

namespace Serment.Custodian.Requests;

/// <summary>What becomes of the second Custodian is in the journal, and rings when it is bad.</summary>
internal sealed partial class Cell
{
    public void Note(Standing standing, string text) => _ = Task.Run(async () =>
    {
        var now = _time.GetUtcNow();
        try
        {
            if (standing is Standing.InStep) await JournalAsync([new JournalEntry { Time = now, Kind = "standby.in-step", Detail = text }]).ConfigureAwait(false);
            else if (standing is Standing.Alone) await RingAsync(new Alarm(AlarmKinds.Standby, null, null, text), now).ConfigureAwait(false);
        }
        catch (RefusedException) { /* It no longer leads, or its disk is full: the operator's log says so. */ }
    });
}
