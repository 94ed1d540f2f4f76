namespace Serment.Server.Drill;

/// <summary>
/// A8. Whoever maintains the software: he knows every verb, has installed the interface, and holds an account of the role Support with its key. First without a ticket;
/// then with one for five named patients, which two officers of different roles signed, of which he takes all that it gives and everything beside it.
/// </summary>
internal sealed class VendorAccount(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    private const int Named = 5, Hours = 4;

    public override async Task<Outcome> PlayAsync()
    {
        var holder = People.Of(Role.Support);
        using var own = NewKey();
        await ReadEverythingAsync(new Actor(Cell, Id.New<SessionId>(), own, null)).ConfigureAwait(false);
        foreach (var (verb, ask) in EveryVerb.All)
            foreach (var body in EveryVerb.Bodies(ask, Known).Take(4))
            {
                await UnsignedAsync(verb, body).ConfigureAwait(false);
                var (message, signature) = Cell.SignAsInterface(verb, body);
                await Sink.TryAsync(() => Cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
            }
        await AsHolderAsync(holder, null).ConfigureAwait(false);
        if (Planted) await ReadEverythingAsync(await Cell.EnterAsync(Role.Physician).ConfigureAwait(false)).ConfigureAwait(false);
        var without = Sink.Reached;

        PatientId[] named = [.. Sample.Take(Named)];
        var ticket = await TicketAsync(holder, named).ConfigureAwait(false);
        Sink.Begin();
        await AsHolderAsync(holder, ticket).ConfigureAwait(false);
        var with = Sink.Reached;
        // When its hours are over it opens nothing more: another patient's file does not, nor his again.
        await Cell.AdvanceAsync(TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(1)).ConfigureAwait(false);
        Sink.Begin();
        await AsHolderAsync(holder, ticket).ConfigureAwait(false);
        return new Outcome([new("patients, sans ticket", without, 0), new($"patients, avec un ticket pour {Named} patients nommés", with, Named), new("patients lus après la fin du ticket", Sink.WindowWho(files: true).Count(), 0)]);
    }

    private async Task<ApprovalId> TicketAsync(Employee holder, PatientId[] named)
    {
        var (privacy, security) = (await Cell.EnterAsync(Role.PrivacyOfficer).ConfigureAwait(false), await Cell.EnterAsync(Role.SecurityOfficer).ConfigureAwait(false));
        var id = (await privacy.AskAsync(SupportVerbs.Propose, new ProposeTicket(holder.Account, "2026-118", "Résultats affichés en double", [Domain.Results], new PatientSelection(named), Hours)).ConfigureAwait(false)).Approval;
        await Cell.AgreeAsync(security, People.Of(Role.SecurityOfficer).Key, id).ConfigureAwait(false);
        return id;
    }

    /// <summary>Every way in his own name, every verb, and each patient that he can think of under the ticket.</summary>
    private async Task AsHolderAsync(Employee holder, ApprovalId? ticket)
    {
        var live = await Cell.EnterAsync(holder.Key).ConfigureAwait(false);
        await ReadEverythingAsync(live).ConfigureAwait(false);
        for (var i = 0; i < Math.Min(60, Sample.Length); i++)
        {
            await Cell.TouchAsync(live, holder.Key, pin: false).ConfigureAwait(false);
            await AskAsync(live, SupportVerbs.Release.Name, new ReleaseOfTicket(ticket ?? Id.New<ApprovalId>(), Sample[i], [i % 3 == 2 ? Domain.Clinical : Domain.Results])).ConfigureAwait(false);
            if (i < Named) await AskAsync(live, SupportVerbs.Release.Name, new ReleaseOfTicket(ticket ?? Id.New<ApprovalId>(), Sample[i], [Domain.Results])).ConfigureAwait(false);
        }
    }
}
