namespace Serment.Server.Drill;

/// <summary>
/// A8. Whoever maintains the software: he knows every verb, has the program, and an account that no unit and no patient goes with.
/// </summary>
internal sealed class VendorAccount(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    public override async Task<Outcome> PlayAsync()
    {
        // Without a ticket: nobody in particular, the interface that he installed, and a director's account that somebody once lent him.
        using var own = NewKey();
        await ReadEverythingAsync(new Actor(Cell, Id.New<SessionId>(), own, null)).ConfigureAwait(false);
        foreach (var (verb, ask) in EveryVerb.All)
            foreach (var body in EveryVerb.Bodies(ask, Known).Take(4))
            {
                await UnsignedAsync(verb, body).ConfigureAwait(false);
                var (message, signature) = Cell.SignAsInterface(verb, body);
                await Sink.TryAsync(() => Cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
            }
        if (Planted) await ReadEverythingAsync(await Cell.EnterAsync(Role.Physician).ConfigureAwait(false)).ConfigureAwait(false);
        return new Outcome([new("patients, sans ticket", Sink.Reached, 0)]);
    }
}
