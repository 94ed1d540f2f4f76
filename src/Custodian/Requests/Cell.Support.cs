using Serment.Custodian.Journal;
using Serment.Custodian.Releases;
using Serment.Custodian.Support;

namespace Serment.Custodian.Requests;

/// <summary>What the vendor's support may read: nothing, or what a ticket names. Order: ticket → touch → journal durable → keys.</summary>
internal sealed partial class Cell
{
    private TicketBook _tickets = null!;

    private void LoadTickets()
    {
        _tickets = new TicketBook(_approvals, _accounts, rows => _store.Put(rows), _identities.Ipps);
        foreach (var (_, json) in _store.All(TicketBook.Kind)) _tickets.Load(json);
    }

    private void RegisterSupport()
    {
        _verbs.Person(SupportVerbs.Propose, (asking, ask) =>
        {
            var list = ListOf(asking, ask.Patients)!;
            return ProposeAsync(asking, () => _tickets.Propose(By(asking), ask, list, asking.Now));
        });
        _verbs.Person(SupportVerbs.List, (asking, _) => Locked(() => _tickets.Lines(By(asking))));
        _verbs.Person(SupportVerbs.End, async (asking, ask) =>
        {
            lock (_gate) _tickets.End(By(asking), ask.Ticket);
            await Told("ticket.ended", asking.Caller.Account, asking.Caller.Session, detail: ask.Ticket.ToString()).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(SupportVerbs.Release, ReleaseOfTicketAsync);
    }

    private async ValueTask<Lease> ReleaseOfTicketAsync(PersonAsking asking, ReleaseOfTicket ask)
    {
        var living = _identities.AliasesOf(ask.Patient)[0];
        var ticket = Locking(() => _tickets.Holds(By(asking), ask, living, asking.Now));
        var aliases = _identities.AliasesOf(living, ticket.From);
        Touched(asking);
        await JournalAsync([.. ask.Domains.Distinct().SelectMany(domain => UnderEach(aliases, new JournalEntry
        {
            Time = asking.Now,
            Kind = "support",
            Account = asking.Caller.Account,
            Session = asking.Caller.Session,
            Station = asking.Caller.Station,
            Domain = domain,
            Purpose = "support",
            Ground = ticket.Id.ToString(),
        }))]).ConfigureAwait(false);
        var until = asking.Now + ReleaseDesk.LeaseLife;
        return new Lease(until < ticket.Until ? until : ticket.Until,
            [new ReleasedPatient(ask.Patient, aliases, _patientKeys.Of(aliases, [.. ask.Domains.Distinct()]), null)], null);
    }
}
