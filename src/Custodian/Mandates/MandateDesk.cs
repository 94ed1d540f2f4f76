using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;

namespace Serment.Custodian.Mandates;

/// <summary>States a mandate in words and opens it once two officers agree. Not thread-safe: under the cell's lock.</summary>
internal sealed class MandateDesk(ApprovalBook approvals, MandateBook mandates, MachineClients clients)
{
    /// <summary>What a mandate's machine may do; no interface can be given it.</summary>
    public const string Scope = "mandate";
    private const int FastestPerHour = 5000;
    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1), OfEvents = TimeSpan.FromDays(366), OfList = TimeSpan.FromDays(30);

    /// <param name="list">The patients that <paramref name="ask"/> selects, or null.</param>
    public Approval Propose(Account by, ProposeMandate ask, PatientList? list, DateTimeOffset now)
    {
        var name = Words.Checked(ask.Name, "Nom du mandat", 3, 80);
        if (!Enum.IsDefined(ask.Purpose) || !Enum.IsDefined(ask.Domain) || ask.Domain is Domain.Identity or Domain.Sensitive) throw Invalid("Un mandat ouvre un type de données, et jamais les données protégées.");
        if (ask.Events.Count == 0 == ask.Patients is null || ask.Events.Any(e => !Enum.IsDefined(e)) || ask.Events.Distinct().Count() != ask.Events.Count) throw Invalid("La file d'un mandat est remplie par des événements, ou par une liste signée : l'un ou l'autre.");
        if (ask.PatientsPerHour is < 1 or > FastestPerHour) throw Invalid($"Rythme du mandat : 1 à {FastestPerHour} patients par heure.");
        var longest = ask.Patients is null ? OfEvents : OfList;
        if (ask.Until < now + Shortest || ask.Until > now + longest) throw Invalid($"Un mandat dure d'une heure à {(ask.Patients is null ? "un an" : "30 jours")}.");
        using (SigningKey.Import(ask.PublicKey, "Clé de la machine")) { }
        var client = MachineKeys.IdOf(ask.PublicKey);
        if (clients.Knows(client)) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est déjà celle d'une machine : un mandat a la sienne.");
        var queue = list is null ? $"Patients : ceux que met en file {string.Join(" ou ", ask.Events.Select(French))}"
            : $"Patients : les {Words.Count(list.Count)} de la liste, empreinte {list.Digest[..16]}, et aucun autre";
        var statement = $"Ouvrir le mandat {Words.Quoted(name)} ({French(ask.Purpose)}) : travail sans personne présente, par la machine de clé {client.ToString()![..16]}. "
            + $"Données : {Words.Of(ask.Domain)}{(ask.Names ? ", avec l'identité" : ", sans l'identité")}. {queue}. {Words.Count(ask.PatientsPerHour)} par heure au plus, jusqu'au {Words.Moment(ask.Until)}.";
        return approvals.Propose(by, new NewMandate(ask with { Name = name, Patients = null }, list?.Count ?? 0, ask.Patients?.Incident), statement, now, list);
    }

    /// <returns>The mandate that its machine may now work off.</returns>
    public Mandate Open(Approval approval, NewMandate what, DateTimeOffset now)
    {
        var ask = what.Ask;
        var client = MachineKeys.IdOf(ask.PublicKey);
        if (ask.Until <= now + Shortest) throw new RefusedException("approval.stale", "Le terme de ce mandat est trop proche : il doit être demandé de nouveau.");
        if (clients.Knows(client)) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est devenue celle d'une autre machine : le mandat doit être demandé avec une autre.");
        var mandate = new Mandate(approval.Id, ask.Name, ask.Purpose, ask.Domain, ask.Names, client, ask.Events, what.Patients, ask.PatientsPerHour, now, ask.Until, Incident: what.Incident);
        mandates.Open(mandate, approvals.ListOf(approval));
        clients.Add(new MachineClient(client, $"Mandat {Words.Quoted(ask.Name)}", ask.PublicKey, [Scope], false), now);
        return mandate;
    }

    private static string French(MandateEvent what) => what switch
    {
        MandateEvent.Discharge => "une sortie",
        MandateEvent.Admission => "une admission",
        MandateEvent.ExpectedArrival => "une pré-admission",
        MandateEvent.Appointment => "un rendez-vous",
        _ => "un séjour à facturer",
    };

    private static string French(MandatePurpose purpose) => purpose switch
    {
        MandatePurpose.Reminders => "rappels",
        MandatePurpose.Messages => "messages",
        MandatePurpose.Billing => "facturation",
        _ => "lettres d'un incident",
    };

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);
}
