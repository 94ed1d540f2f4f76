using Serment.Custodian.Demonstration;

namespace Serment.Custodian.Requests;

/// <summary>The time that everything here runs on. Only cells that were founded for invented patients let it be moved.</summary>
internal sealed partial class Cell
{
    /// <summary>Null in an establishment of real patients.</summary>
    private readonly SimulatedClock? _clock;

    private SimulatedClock? SimulatedTime(TimeProvider machine)
    {
        if (!_file.ClockMoves) return null;
        var clock = new SimulatedClock(machine, ahead => _store.Put(("clock", "ahead", ahead)));
        foreach (var (_, ahead) in _store.All("clock")) clock.Load(ahead);
        return clock;
    }

    private void RegisterClock() => _verbs.Nobody(ClockVerbs.Advance, async (asking, ask) =>
    {
        // Any site that a browser of this machine visits could reach the page.
        if (asking.OnPage) throw new RefusedException(RefusalCodes.Malformed, "Cette demande ne se fait pas sur la page du gardien.");
        if (_clock is not { } clock) throw new RefusedException("clock.real", "L'horloge d'un établissement réel ne s'avance pas : seules les démonstrations et les exercices, créés comme tels, ont une horloge simulée.");
        lock (_gate)
        {
            clock.Advance(ask.By);
            _sessions.Sweep(clock.GetUtcNow());
            Tell("clock", _file.Cell, clock.Ahead.ToString("c", null));
        }
        await JournalAsync([new Journal.JournalEntry { Time = clock.GetUtcNow(), Kind = "clock.advanced", Detail = ask.By.ToString("c", null) }]).ConfigureAwait(false);
        return new ClockAdvanced(clock.GetUtcNow(), clock.Ahead);
    });
}
