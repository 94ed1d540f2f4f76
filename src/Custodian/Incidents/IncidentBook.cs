using System.Text.Json;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Incidents;

/// <summary>
/// The register of incidents and who may do what in it: the privacy officer everything, the security officer opens, counts and
/// measures, the direction reads. Not thread-safe: under the cell's lock.
/// </summary>
/// <param name="persist">Kind, id and value of each object; all of them or none.</param>
/// <param name="read">One object, or null.</param>
internal sealed class IncidentBook(Action<(string Kind, string Id, byte[] Value)[]> persist, Func<string, string, byte[]?> read)
{
    public const string Kind = "incident", LinesKind = "incident-exposure", ContactKind = "incident-contact", LetterKind = "incident-letter";
    private const int PageSize = 100, ChunkSize = 1_000;
    private readonly Dictionary<IncidentId, Incident> _incidents = [];
    private (IncidentId Incident, IReadOnlyList<ExposedPatient> Lines)? _last;

    public void Load(byte[] json)
    {
        var incident = JsonSerializer.Deserialize<Incident>(json, WireJson.Options)!;
        _incidents[incident.Id] = incident;
    }

    /// <summary>Whom people and the authority are told to ask.</summary>
    public IncidentContact? Contact { get; private set; }

    public void LoadContact(byte[] json) => Contact = JsonSerializer.Deserialize<IncidentContact>(json, WireJson.Options);

    public void SetContact(IncidentContact ask)
    {
        if (new[] { ask.Name, ask.Phone, ask.Email, ask.Address }.Any(text => text.Length > 200) || ask.Name.Trim().Length < 3) throw Invalid("Contact : nom (3 caractères au moins), téléphone, courriel et adresse (200 caractères au plus chacun).");
        if (ask.Phone.Trim().Length == 0 && ask.Email.Trim().Length == 0) throw Invalid("Contact : un téléphone ou un courriel, pour que l'on puisse vous répondre.");
        persist([(ContactKind, "officer", JsonSerializer.SerializeToUtf8Bytes(ask, WireJson.Options))]);
        Contact = ask;
    }

    public Incident Of(IncidentId id) => _incidents.TryGetValue(id, out var incident) ? incident : throw new RefusedException(RefusalCodes.NotFound, "Cet incident n'est pas au registre.");

    public IncidentRegister Register() => new([.. _incidents.Values.OrderByDescending(i => i.Number).Select(i => i.Summary)], Contact);

    /// <summary>What was typed, checked before anything is counted.</summary>
    public static OpenIncident Checked(OpenIncident ask, DateTimeOffset now)
    {
        var (title, facts, scope) = (ask.Title.Trim(), ask.Facts.Trim(), ask.Scope);
        if (title.Length is < 5 or > 120) throw Invalid("Intitulé de l'incident : 5 à 120 caractères.");
        if (facts.Length is < 20 or > 4000) throw Invalid("Décrivez ce que l'on sait (20 à 4 000 caractères) : ce texte sert à la notification.");
        if (ask.AwareAt > now) throw Invalid("La prise de connaissance ne peut pas être dans le futur.");
        if (scope.Until <= scope.From || scope.From > now) throw Invalid("Période : le début précède la fin, et ne peut pas être dans le futur.");
        if (ask.AwareAt < scope.From) throw Invalid("La prise de connaissance ne peut pas précéder le début de l'incident.");
        var named = (scope.Account is not null, scope.Session is not null, scope.Station is not null, scope.Client is not null);
        var wanted = scope.Nature switch
        {
            IncidentNature.Account => (true, false, false, false),
            IncidentNature.Session => (false, true, false, false),
            IncidentNature.Station => (false, false, true, false),
            IncidentNature.Interface => (false, false, false, true),
            _ => (false, false, false, false),
        };
        return named == wanted ? ask with { Title = title, Facts = facts } : throw Invalid("Précisez ce qui est en cause : un compte, une session, un poste ou une interface, selon la nature de l'incident.");
    }

    /// <param name="by">The person, or the interface, that opens it.</param>
    public Incident Open((AccountId? Account, ClientId? Client) by, OpenIncident ask, Exposure exposure, IReadOnlyList<ExposedPatient> lines, DateTimeOffset now)
    {
        var incident = new Incident
        {
            Id = Id.New<IncidentId>(),
            Number = _incidents.Values.Select(i => i.Number).DefaultIfEmpty(0).Max() + 1,
            Title = ask.Title,
            Facts = ask.Facts,
            Scope = ask.Scope,
            OpenedAt = now,
            OpenedBy = by.Account,
            OpenedByClient = by.Client,
            AwareAt = ask.AwareAt,
            Exposure = exposure,
        };
        Keep(incident, lines);
        return incident;
    }

    public void Recounted(IncidentId id, Exposure exposure, IReadOnlyList<ExposedPatient> lines) => Keep(Live(id) with { Exposure = exposure }, lines);

    public void Measure(Account by, AddMeasure ask, DateTimeOffset now)
    {
        if (ask.Text.Trim().Length is < 5 or > 2000) throw Invalid("Mesure prise : 5 à 2 000 caractères.");
        var incident = Live(ask.Incident);
        Keep(incident with { Measures = [.. incident.Measures, new Step(now, by.Id, ask.Text.Trim())] });
    }

    public void Notify(Account by, RecordNotification ask, DateTimeOffset now)
    {
        var incident = Live(ask.Incident);
        if (ask.Consequences.Trim().Length is < 20 or > 4000) throw Invalid("Conséquences probables pour les personnes : 20 à 4 000 caractères (article 33(3)(c)).");
        var first = incident.Notifications.Count == 0;
        if (first && ask.Phase is NotificationPhase.Complement) throw Invalid("Une notification complémentaire suit une notification initiale.");
        if (!first && ask.Phase is NotificationPhase.Initial) throw Invalid("La notification initiale est déjà au registre : enregistrez un complément, ou la notification finale.");
        var late = first && now > incident.AwareAt + Incident.NotifyWithin;
        if (late && (ask.LateBecause?.Trim().Length ?? 0) < 20) throw Invalid("Les 72 heures sont passées : le motif du retard est exigé (20 caractères au moins, article 33(1)).");
        if (ask.Reference is { Length: > 60 }) throw Invalid("Référence de la CNIL : 60 caractères au plus.");
        Keep(incident with { Notifications = [.. incident.Notifications, new Notified(now, by.Id, ask.Phase, ask.Consequences.Trim(), late ? ask.LateBecause!.Trim() : null, ask.Reference?.Trim(), incident.Exposure.Patients)] });
    }

    public void Decide(Account by, DecidePeopleTold ask, DateTimeOffset now)
    {
        var incident = Live(ask.Incident);
        if (ask.Reason.Trim().Length is < 20 or > 2000) throw Invalid("Motivez la décision (20 à 2 000 caractères) : elle figure au registre.");
        // Encryption exempts only where no key went out: what the journal released was readable to whoever asked.
        if (ask.Decision is PeopleTold.Unintelligible && incident.Exposure.Patients > 0)
            throw new RefusedException("incident.intelligible", $"L'exemption 34(3)(a) ne tient pas : {incident.Exposure.Patients} dossiers ont été ouverts en clair dans cette période.");
        Keep(incident with { Told = new Decided(now, by.Id, ask.Decision, ask.Reason.Trim()) });
    }

    public void Close(CloseIncident ask, DateTimeOffset now)
    {
        var incident = Live(ask.Incident);
        if (ask.Conclusion.Trim().Length is < 20 or > 4000) throw Invalid("Conclusion : 20 à 4 000 caractères.");
        if (incident.Told is null) throw new RefusedException("incident.undecided", "Décidez d'abord si les personnes sont informées (article 34) : la décision et son motif figurent au registre.");
        Keep(incident with { ClosedAt = now, Conclusion = ask.Conclusion.Trim() });
    }

    /// <summary>Letters that went, each counted once whatever a resumed run says again.</summary>
    /// <returns>Those that are new, and how far the whole is.</returns>
    public (IReadOnlyList<LetterSent> Fresh, LettersProgress Progress) Sent(LettersSent ask)
    {
        var incident = Of(ask.Incident);
        var fresh = ask.Letters.DistinctBy(letter => letter.Patient).Select(letter => (Letter: letter, Kinds: KindsOf(Line(incident.Id, letter.Patient)), Before: KeptLetter(incident.Id, letter.Patient)))
            .Where(one => one.Before is not { } before || one.Letter.Way is not LetterWay.Aside && (ask.Again || before.Way is LetterWay.Aside || !before.Tells(one.Kinds))).ToArray();
        var before = incident.Letters ?? new LettersProgress(incident.Exposure.Patients, 0, 0, 0, false);
        // A patient stands once in the whole: whoever was set aside and is written to now leaves the one for the other.
        int More(LetterWay way) => fresh.Count(one => one.Letter.Way == way) - fresh.Count(one => one.Before?.Way == way);
        var now = before with { Of = incident.Exposure.Patients, Written = before.Written + More(LetterWay.Post), Mailed = before.Mailed + More(LetterWay.Mail), Aside = before.Aside + More(LetterWay.Aside) };
        now = now with { Done = now.Written + now.Mailed + now.Aside >= now.Of };
        persist([.. fresh.Select(one => (LetterKind, LetterId(incident.Id, one.Letter.Patient), new[] { (byte)one.Letter.Way, one.Kinds })), (Kind, incident.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(incident with { Letters = now }, WireJson.Options))]);
        _incidents[incident.Id] = incident with { Letters = now };
        return ([.. fresh.Select(one => one.Letter)], now);
    }

    /// <summary>How this person was told of all that is counted now, under any of his ids.</summary>
    public LetterWay? ToldOf(IncidentId id, ExposedPatient seen, IReadOnlyList<PatientId> aliases) =>
        aliases.Select(alias => KeptLetter(id, alias)).OfType<Letter>().Where(letter => letter.Tells(KindsOf(seen))).Select(letter => (LetterWay?)letter.Way).Min();

    /// <param name="Kinds">The kinds of data that it told of, a bit each.</param>
    private readonly record struct Letter(LetterWay Way, byte Kinds)
    {
        public bool Tells(byte kinds) => (kinds & ~Kinds) == 0;
    }

    /// <summary>One byte alone is a letter from before the kinds were kept: it told of what was counted then, and is taken as whole.</summary>
    private Letter? KeptLetter(IncidentId id, PatientId patient) => read(LetterKind, LetterId(id, patient)) is [var way, .. var kinds] ? new Letter((LetterWay)way, kinds is [var kept] ? kept : byte.MaxValue) : null;

    private static byte KindsOf(ExposedPatient? seen) => (byte)(seen?.Domains.Aggregate(0, (kinds, one) => kinds | 1 << (int)one.Domain) ?? 0);

    public ExposedPatients Page(IncidentId id, int page)
    {
        var incident = Of(id);
        if (page < 0) throw Invalid("Page inconnue.");
        var first = page * PageSize;
        var lines = Chunk(id, first / ChunkSize);
        return new ExposedPatients([.. lines.Skip(first % ChunkSize).Take(PageSize).OrderBy(line => line.Ipp, StringComparer.Ordinal)], incident.Exposure.Patients);
    }

    /// <summary>What was seen of one patient, or null. Lines lie in the order of ids: about ten chunks are looked into, one when asked in that order.</summary>
    public ExposedPatient? Line(IncidentId id, PatientId patient)
    {
        var (low, high) = (0, (Of(id).Exposure.Patients - 1) / ChunkSize);
        if (_last is { } last && last.Incident == id && Holds(last.Lines)) return last.Lines.FirstOrDefault(line => line.Patient == patient);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (Chunk(id, middle) is not [var first, ..] lines) return null;
            if (Holds(lines))
            {
                _last = (id, lines);
                return lines.FirstOrDefault(line => line.Patient == patient);
            }
            if (patient.Value < first.Patient.Value) high = middle - 1; else low = middle + 1;
        }
        return null;

        bool Holds(IReadOnlyList<ExposedPatient> lines) => lines.Count > 0 && lines[0].Patient.Value <= patient.Value && patient.Value <= lines[^1].Patient.Value;
    }

    /// <summary>Everyone in it, for a mandate's list.</summary>
    public IEnumerable<PatientId> Patients(IncidentId id)
    {
        for (var chunk = 0; chunk * ChunkSize < Of(id).Exposure.Patients; chunk++)
            foreach (var line in Chunk(id, chunk)) yield return line.Patient;
    }

    private IReadOnlyList<ExposedPatient> Chunk(IncidentId id, int chunk) =>
        read(LinesKind, ChunkId(id, chunk)) is { } json ? JsonSerializer.Deserialize<IReadOnlyList<ExposedPatient>>(json, WireJson.Options)! : [];

    private Incident Live(IncidentId id) => Of(id) is { ClosedAt: null } incident ? incident : throw new RefusedException(RefusalCodes.Conflict, "Cet incident est clos : le registre ne se réécrit pas. Ouvrez-en un autre s'il reprend.");

    private void Keep(Incident incident, IReadOnlyList<ExposedPatient>? lines = null)
    {
        persist([.. (lines ?? []).Chunk(ChunkSize).Select((chunk, i) => (LinesKind, ChunkId(incident.Id, i), JsonSerializer.SerializeToUtf8Bytes<IReadOnlyList<ExposedPatient>>(chunk, WireJson.Options))),
            (Kind, incident.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(incident, WireJson.Options))]);
        _incidents[incident.Id] = incident;
        if (lines is not null) _last = null;
    }

    private static string LetterId(IncidentId incident, PatientId patient) => $"{incident}|{patient}";

    private static string ChunkId(IncidentId id, int chunk) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}|{chunk:D6}");

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);
}
