namespace Serment.Custodian.Wire;

/// <summary>Asks to let one support account read a few named files for a few hours. docs/formats/sessions.md § support tickets.</summary>
/// <param name="Holder">An account of role Support: without a ticket it reads nothing.</param>
/// <param name="Reference">The ticket's number at the vendor's.</param>
/// <param name="Patients">1 to 5.</param>
/// <param name="Hours">From the second signature on, 1 to 4.</param>
public sealed record ProposeTicket(AccountId Holder, string Reference, string Reason, IReadOnlyList<Domain> Domains, PatientSelection Patients, int Hours);

/// <summary>Reads one file under a ticket; with a touch of the last two minutes.</summary>
public sealed record ReleaseOfTicket(ApprovalId Ticket, PatientId Patient, IReadOnlyList<Domain> Domains);

public sealed record EndTicket(ApprovalId Ticket);

public sealed record TicketPatient(PatientId Patient, string Ipp);

/// <param name="Ended">Before its time, by its holder or an officer.</param>
public sealed record TicketLine(ApprovalId Ticket, AccountId Holder, string HolderName, string Reference, string Reason, IReadOnlyList<Domain> Domains, IReadOnlyList<TicketPatient> Patients, DateTimeOffset From, DateTimeOffset Until, bool Ended);

public sealed record TicketLines(IReadOnlyList<TicketLine> Tickets);

public static class SupportVerbs
{
    public static readonly Verb<ProposeTicket, Proposed> Propose = new("ticket.propose");
    /// <summary>For officers all; for a support account its own.</summary>
    public static readonly Verb<Nothing, TicketLines> List = new("ticket.list");
    public static readonly Verb<ReleaseOfTicket, Lease> Release = new("ticket.release");
    /// <summary>By its holder or one officer, at once.</summary>
    public static readonly Verb<EndTicket, Done> End = new("ticket.end");
}
