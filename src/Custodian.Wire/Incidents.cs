using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>Whose accesses an incident counts, and between when. Exactly the member that <paramref name="Nature"/> names is given; none for Server and Storage.</summary>
public sealed record IncidentScope(IncidentNature Nature, DateTimeOffset From, DateTimeOffset Until, AccountId? Account = null, SessionId? Session = null, StationId? Station = null, ClientId? Client = null);

/// <param name="Facts">What is known, in words; kept sealed.</param>
/// <param name="AwareAt">When the establishment became aware: the 72 hours of article 33 run from here.</param>
public sealed record OpenIncident(string Title, string Facts, IncidentScope Scope, DateTimeOffset AwareAt);

[JsonConverter(typeof(JsonStringEnumConverter<IncidentState>))]
public enum IncidentState { Open, Notified, Closed }

/// <param name="Number">Running number in the register of article 33(5).</param>
/// <param name="NotifyBefore">72 hours after awareness.</param>
public sealed record IncidentSummary(IncidentId Id, int Number, string Title, IncidentNature Nature, IncidentState State, DateTimeOffset OpenedAt, DateTimeOffset AwareAt, DateTimeOffset NotifyBefore, int Patients, DateTimeOffset? NotifiedAt, DateTimeOffset? ClosedAt);

/// <summary>Who answers for the data towards the authority and the people (article 33(3)(b)).</summary>
public sealed record IncidentContact(string Name, string Phone, string Email, string Address);

public sealed record IncidentRegister(IReadOnlyList<IncidentSummary> Incidents, IncidentContact? Contact);

/// <summary>What was opened, counted from the journal. An access is one domain of one patient released once.</summary>
/// <param name="JournalSize">Entries that the journal had: the same count can be made again from the same journal.</param>
/// <param name="Minors">Of the patients, those under 18 on the last day.</param>
/// <param name="Completed">Patients whose file was added to, read or not: what stands there may be false. Null: counted before this was.</param>
public sealed record Exposure(DateTimeOffset ComputedAt, long JournalSize, int Patients, int Minors, long Accesses, DateTimeOffset? First, DateTimeOffset? Last,
    IReadOnlyList<DomainExposure> Domains, IReadOnlyList<ActorExposure> Actors, IReadOnlyList<HourExposure> Hours, int? Completed = null);

public sealed record DomainExposure(Domain Domain, int Patients, long Accesses);

/// <summary>One row of the map: who opened, and how many distinct patients of each kind of data.</summary>
/// <param name="Who">An account's name, a station or an interface; never a patient.</param>
public sealed record ActorExposure(string Who, IReadOnlyList<DomainExposure> Domains, int Patients);

/// <param name="Hour">Start of an hour that saw accesses, UTC.</param>
public sealed record HourExposure(DateTimeOffset Hour, int Patients, long Accesses);

/// <summary>One patient of an exposure, by IPP: a name is nobody's business before the letters are written.</summary>
public sealed record ExposedPatient(PatientId Patient, string Ipp, IReadOnlyList<ExposedDomain> Domains);

public sealed record ExposedDomain(Domain Domain, DateTimeOffset First, DateTimeOffset Last, int Accesses);

/// <param name="Page">From 0, 100 patients a page.</param>
public sealed record ExposedPage(IncidentId Incident, int Page);

public sealed record ExposedPatients(IReadOnlyList<ExposedPatient> Patients, int Total);

/// <summary>Someone calls: is he concerned? Exact strict traits; one answer, journaled.</summary>
public sealed record ConcernedAsked(IncidentId Incident, string BirthName, string FirstGivenName, DateOnly BirthDate);

/// <param name="Known">Exactly one identity has those traits.</param>
public sealed record ConcernedAnswer(bool Known, ExposedPatient? Exposed);

public sealed record IncidentNote(DateTimeOffset At, string Who, string Text);

/// <summary>Something that was done about it: frozen, revoked, told, changed.</summary>
public sealed record AddMeasure(IncidentId Incident, string Text);

[JsonConverter(typeof(JsonStringEnumConverter<NotificationPhase>))]
public enum NotificationPhase { Initial, Complement, Final }

/// <summary>A notification to the CNIL as it was sent. Phased where not everything is known in time (article 33(4)).</summary>
/// <param name="Consequences">Likely consequences for people, in words.</param>
/// <param name="LateBecause">Needed after 72 hours (article 33(1)).</param>
/// <param name="Reference">The CNIL's own number, when there is one.</param>
public sealed record RecordNotification(IncidentId Incident, NotificationPhase Phase, string Consequences, string? LateBecause, string? Reference);

public sealed record IncidentNotification(DateTimeOffset At, string Who, NotificationPhase Phase, string Consequences, string? LateBecause, string? Reference, int Patients);

/// <summary>Whether people are told (article 34), and why not where they are not.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PeopleTold>))]
public enum PeopleTold
{
    /// <summary>High risk: each is told without undue delay.</summary>
    Yes = 1,
    /// <summary>34(3)(a): unintelligible to whoever has it.</summary>
    Unintelligible,
    /// <summary>34(3)(b): measures taken since make the high risk unlikely.</summary>
    RiskGone,
    /// <summary>No high risk in the first place.</summary>
    NoHighRisk,
}

/// <param name="Reason">At least 20 characters; in the register.</param>
public sealed record DecidePeopleTold(IncidentId Incident, PeopleTold Decision, string Reason);

public sealed record PeopleToldDecision(DateTimeOffset At, string Who, PeopleTold Decision, string Reason);

public sealed record CloseIncident(IncidentId Incident, string Conclusion);

public sealed record AskedIncident(IncidentId Incident);

public sealed record IncidentFile(IncidentSummary Summary, string OpenedBy, string Facts, IncidentScope Scope, string Subject, Exposure Exposure, IReadOnlyList<IncidentNote> Measures,
    IReadOnlyList<IncidentNotification> Notifications, PeopleToldDecision? Told, string? Conclusion, LettersProgress? Letters, IncidentContact? Contact);

/// <summary>What the letters of an incident need to know about it.</summary>
public sealed record LettersOf(int Number, IncidentContact? Contact);

/// <param name="Written">Letters ready as PDF.</param>
/// <param name="Mailed">E-mails accepted by the mail server.</param>
/// <param name="Aside">Patients who need another way: secrecy request, a minor's secret, no address, a homonym in doubt.</param>
public sealed record LettersProgress(int Of, int Written, int Mailed, int Aside, bool Done);

/// <summary>For the machine of a mandate "lettres d'un incident": what was seen of patients that the mandate has handed over; 100 at most.</summary>
public sealed record ExposedAsked(IncidentId Incident, IReadOnlyList<PatientId> Patients);

/// <summary>What was seen of one patient, and what his letter must know.</summary>
/// <param name="Told">How a letter of this incident told him of all that; null where none did, or of fewer kinds of data than are counted now.</param>
/// <param name="MinorsSecret">He is a minor and keeps days of care from his parents: whoever opens his letter at home must not learn of them.</param>
public sealed record PatientToTell(ExposedPatient Seen, LetterWay? Told, bool MinorsSecret);

public sealed record PatientsToTell(IReadOnlyList<PatientToTell> Patients);

[JsonConverter(typeof(JsonStringEnumConverter<LetterWay>))]
public enum LetterWay
{
    Post = 1,
    Mail,
    /// <summary>By another way, by hand: secrecy request, a minor's secret, no address, an identity in doubt.</summary>
    Aside,
}

public sealed record LetterSent(PatientId Patient, LetterWay Way);

/// <summary>Each is journaled with its way; said twice, it counts once. Whoever was set aside, or told of less than is counted now, may be written to later.</summary>
/// <param name="Again">Written once more on purpose: journaled each time that it is said.</param>
public sealed record LettersSent(IncidentId Incident, IReadOnlyList<LetterSent> Letters, bool Again = false);

public static class IncidentVerbs
{
    public static readonly Verb<OpenIncident, IncidentSummary> Open = new("incident.open");
    public static readonly Verb<Nothing, IncidentRegister> Register = new("incident.register");
    public static readonly Verb<IncidentContact, Done> Contact = new("incident.contact");
    public static readonly Verb<AskedIncident, IncidentFile> File = new("incident.file");
    /// <summary>Counts again from the journal as it is now.</summary>
    public static readonly Verb<AskedIncident, Exposure> Recount = new("incident.recount");
    public static readonly Verb<ExposedPage, ExposedPatients> Patients = new("incident.patients");
    public static readonly Verb<ConcernedAsked, ConcernedAnswer> Concerned = new("incident.concerned");
    public static readonly Verb<AddMeasure, Done> Measure = new("incident.measure");
    public static readonly Verb<RecordNotification, Done> Notify = new("incident.notify");
    public static readonly Verb<DecidePeopleTold, Done> Decide = new("incident.decide");
    public static readonly Verb<CloseIncident, Done> Close = new("incident.close");
    public static readonly Verb<AskedIncident, LettersOf> Letters = new("incident.letters");
    public static readonly Verb<ExposedAsked, PatientsToTell> Exposed = new("incident.exposed");
    public static readonly Verb<LettersSent, LettersProgress> Sent = new("incident.sent");
}
