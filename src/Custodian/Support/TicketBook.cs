using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;

namespace Serment.Custodian.Support;

/// <summary>Files that one support account may read, and until when.</summary>
internal sealed record Ticket(ApprovalId Id, AccountId Holder, string Reference, string Reason, IReadOnlyList<Domain> Domains, IReadOnlyList<PatientId> Patients, DateTimeOffset From, DateTimeOffset Until, bool Ended = false);

/// <summary>
/// The vendor's support reads nothing without a ticket that two officers of different roles signed: five named patients and
/// four hours at most, and never writes. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class TicketBook(ApprovalBook approvals, AccountBook accounts, Action<(string Kind, string Id, byte[] Json)[]> persist, Func<IEnumerable<PatientId>, IReadOnlyList<string>> ipps)
{
    public const string Kind = "ticket";
    public const int MostPatients = 5, LongestHours = 4;
    private readonly Dictionary<ApprovalId, Ticket> _tickets = [];

    public void Load(byte[] json)
    {
        var ticket = JsonSerializer.Deserialize<Ticket>(json, WireJson.Options)!;
        _tickets[ticket.Id] = ticket;
    }

    public Approval Propose(Account by, ProposeTicket ask, PatientList list, DateTimeOffset now)
    {
        var holder = accounts.Of(ask.Holder);
        if (holder.Role is not Role.Support) throw Invalid("Un ticket s'ouvre pour un compte d'assistance, et pour lui seul.");
        var reference = Words.Checked(ask.Reference, "Référence du ticket", 3, 40);
        var reason = Words.Checked(ask.Reason, "Motif du ticket", 10, 300);
        if (list.Count > MostPatients) throw Invalid($"Un ticket nomme {MostPatients} patients au plus.");
        if (ask.Domains.Count == 0 || ask.Domains.Distinct().Count() != ask.Domains.Count || ask.Domains.Any(d => !Enum.IsDefined(d) || d is Domain.Identity or Domain.Sensitive)) throw Invalid("Choisissez les types de données du ticket ; les données protégées n'en font jamais partie.");
        if (ask.Hours is < 1 or > LongestHours) throw Invalid($"Un ticket dure 1 à {LongestHours} heures.");
        var statement = $"Laisser {Words.Quoted(holder.Name)} (assistance de l'éditeur) lire, sans rien écrire, {(list.Count == 1 ? "le dossier" : "les dossiers")} d'IPP {string.Join(", ", ipps(list.Patients))}, et aucun autre. "
            + $"Données : {Words.Of(ask.Domains)}. Ticket {Words.Quoted(reference)}, motif : {reason}. Pendant {ask.Hours} h après la seconde signature.";
        return approvals.Propose(by, new NewTicket(ask with { Reference = reference, Reason = reason, Patients = new PatientSelection() }, list.Count), statement, now, list);
    }

    public Ticket Open(Approval approval, NewTicket what, DateTimeOffset now)
    {
        var holder = accounts.Of(what.Ask.Holder);
        if (holder.Role is not Role.Support || !holder.OpenAt(now)) throw new RefusedException("approval.stale", "Le compte d'assistance de ce ticket n'est plus ouvert.");
        var ticket = new Ticket(approval.Id, holder.Id, what.Ask.Reference, what.Ask.Reason, what.Ask.Domains, approvals.ListOf(approval)!.Patients, now, now.AddHours(what.Ask.Hours));
        Put(ticket);
        accounts.Tell(holder.Id, $"Le ticket {Words.Quoted(ticket.Reference)} est ouvert jusqu'au {Words.Moment(ticket.Until)}. Chaque lecture est inscrite dans le dossier du patient.", now);
        return ticket;
    }

    /// <summary>Whether that account may read this now; the ticket, if so.</summary>
    /// <param name="living">The id that stands for the patient today.</param>
    public Ticket Holds(Account by, ReleaseOfTicket ask, PatientId living, DateTimeOffset now)
    {
        if (by.Role is not Role.Support || !_tickets.TryGetValue(ask.Ticket, out var ticket) || ticket.Holder != by.Id) throw new RefusedException("ticket.none", "Aucun ticket de ce compte ne porte cette référence. Deux responsables de l'établissement peuvent en ouvrir un.");
        if (ticket.Ended) throw new RefusedException("ticket.ended", "Ce ticket est clos : un autre doit être demandé.");
        if (now >= ticket.Until) throw new RefusedException("ticket.expired", "Ce ticket est arrivé à son terme : un autre doit être demandé.");
        if (!ticket.Patients.Contains(living)) throw new RefusedException("ticket.patient", "Ce patient n'est pas de ceux que le ticket nomme.");
        if (ask.Domains.Count == 0 || ask.Domains.Any(domain => !ticket.Domains.Contains(domain))) throw new RefusedException(RefusalCodes.Role, "Ce type de données n'est pas de ceux que le ticket ouvre.");
        return ticket;
    }

    public void End(Account by, ApprovalId id)
    {
        if (!_tickets.TryGetValue(id, out var ticket) || ticket.Holder != by.Id && !RoleAccess.IsOfficer(by.Role)) throw new RefusedException(RefusalCodes.NotFound, "Ce ticket n'existe pas.");
        if (!ticket.Ended) Put(ticket with { Ended = true });
    }

    public TicketLines Lines(Account by)
    {
        if (by.Role is not Role.Support && !RoleAccess.IsOfficer(by.Role)) throw AccountBook.NotGranting();
        return new TicketLines([.. _tickets.Values.Where(t => RoleAccess.IsOfficer(by.Role) || t.Holder == by.Id).OrderByDescending(t => t.From)
            .Select(t => new TicketLine(t.Id, t.Holder, accounts.Of(t.Holder).Name, t.Reference, t.Reason, t.Domains, [.. t.Patients.Zip(ipps(t.Patients), (patient, ipp) => new TicketPatient(patient, ipp))], t.From, t.Until, t.Ended))]);
    }

    public string? NameOf(string id) => Id.TryParse<ApprovalId>(id, out var ticket) && _tickets.TryGetValue(ticket, out var known) ? known.Reference : null;

    private void Put(Ticket ticket)
    {
        persist([(Kind, ticket.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(ticket, WireJson.Options))]);
        _tickets[ticket.Id] = ticket;
    }

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);
}
