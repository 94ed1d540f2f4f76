using Serment.Custodian.Accounts;
using Serment.Custodian.Identities;
using Serment.Custodian.Incidents;
using Serment.Custodian.Journal;
using Serment.Custodian.Mandates;

namespace Serment.Custodian.Requests;

/// <summary>Incidents: whom they concern, counted from the journal, and what was done about it.</summary>
internal sealed partial class Cell
{
    private void RegisterIncidents()
    {
        _verbs.Person(IncidentVerbs.Register, (asking, _) => Locked(() => { Reads(asking); return _incidents.Register(); }));
        _verbs.Person(IncidentVerbs.Contact, async (asking, ask) =>
        {
            lock (_gate) { Leads(asking); _incidents.SetContact(ask); }
            await Told("incident.contact", asking.Caller.Account, asking.Caller.Session).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Person(IncidentVerbs.File, (asking, ask) => Locked(() => { Reads(asking); return FileOf(_incidents.Of(ask.Incident)); }));
        _verbs.Person(IncidentVerbs.Open, async (asking, ask) =>
        {
            Locking(() => Handles(asking));
            ask = IncidentBook.Checked(ask, asking.Now);
            return await OpenAsync((asking.Caller.Account, null), asking.Caller.Session, ask, asking.Now).ConfigureAwait(false);
        });
        _verbs.Person(IncidentVerbs.Recount, async (asking, ask) =>
        {
            Locking(() => Handles(asking));
            return await RecountAsync((asking.Caller.Account, null), asking.Caller.Session, ask.Incident, asking.Now).ConfigureAwait(false);
        });
        _verbs.Person(IncidentVerbs.Patients, async (asking, ask) =>
        {
            var page = Locking(() => { Leads(asking); return _incidents.Page(ask.Incident, ask.Page); });
            await Noted(asking, "incident.patients-shown", ask.Incident).ConfigureAwait(false);
            return page;
        });
        _verbs.Person(IncidentVerbs.Concerned, ConcernedAsync);
        _verbs.Person(IncidentVerbs.Measure, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.measure", () => { Handles(asking); _incidents.Measure(By(asking), ask, asking.Now); }));
        _verbs.Person(IncidentVerbs.Notify, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.notified", () => { Leads(asking); _incidents.Notify(By(asking), ask, asking.Now); }));
        _verbs.Person(IncidentVerbs.Decide, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.decided", () => { Leads(asking); _incidents.Decide(By(asking), ask, asking.Now); }));
        RegisterIncidentMachines();
        _verbs.Person(IncidentVerbs.Close, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.closed", () => { Leads(asking); _incidents.Close(ask, asking.Now); }));
    }

    /// <summary>An interface with the scope "incidents" opens, counts and closes; the machine of a mandate for letters asks what was seen of whom it was handed.</summary>
    private void RegisterIncidentMachines()
    {
        _verbs.Machine(IncidentVerbs.Register, (asking, _) => { asking.Needs(IncidentScope); return Locked(_incidents.Register); });
        _verbs.Machine(IncidentVerbs.File, (asking, ask) => { asking.Needs(IncidentScope); return Locked(() => FileOf(_incidents.Of(ask.Incident))); });
        _verbs.Machine(IncidentVerbs.Open, (asking, ask) => { asking.Needs(IncidentScope); return OpenAsync((null, asking.Client), null, IncidentBook.Checked(ask, asking.Now), asking.Now); });
        _verbs.Machine(IncidentVerbs.Recount, (asking, ask) => { asking.Needs(IncidentScope); return RecountAsync((null, asking.Client), null, ask.Incident, asking.Now); });
        _verbs.Machine(IncidentVerbs.Close, async (asking, ask) =>
        {
            asking.Needs(IncidentScope);
            lock (_gate) _incidents.Close(ask, asking.Now);
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "incident.closed", Client = asking.Client, Detail = ask.Incident.ToString() }]).ConfigureAwait(false);
            return Done.It;
        });
        _verbs.Machine(IncidentVerbs.Letters, (asking, ask) => Locked(() => { OfLetters(asking, ask.Incident); return new LettersOf(_incidents.Of(ask.Incident).Number, _incidents.Contact); }));
        _verbs.Machine(IncidentVerbs.Exposed, (asking, ask) => Locked(() =>
        {
            Given(asking, ask.Incident, ask.Patients);
            return new PatientsToTell([.. ask.Patients.OrderBy(patient => patient.Value).Select(patient => _incidents.Line(ask.Incident, patient)).OfType<ExposedPatient>().Select(seen => ToTell(ask.Incident, seen, asking.Now))]);
        }));
        _verbs.Machine(IncidentVerbs.Sent, async (asking, ask) =>
        {
            var (fresh, progress) = Locking(() => { Given(asking, ask.Incident, [.. ask.Letters.Select(letter => letter.Patient)], tells: true); return _incidents.Sent(ask); });
            await JournalAsync([.. fresh.Select(letter => new JournalEntry { Time = asking.Now, Kind = "incident.letter", Client = asking.Client, Patient = letter.Patient, Purpose = letter.Way.ToString(), Detail = ask.Incident.ToString() })]).ConfigureAwait(false);
            return progress;
        });
    }

    private const string IncidentScope = "incidents";

    /// <summary>Letters of another incident would empty this one's queue, and write to nobody in it.</summary>
    private void OfLetters(MachineAsking asking, IncidentId incident, bool tells = false)
    {
        asking.Needs(MandateDesk.Scope, tells);
        if (_mandates.Own(asking.Client) is not { Purpose: MandatePurpose.IncidentLetters } own) throw new RefusedException(RefusalCodes.Role, "Ce mandat n'est pas celui des lettres d'un incident.");
        if (_mandates.IncidentOf(own.Mandate) is { } signed && signed != incident) throw new RefusedException("letters.incident", "Ce mandat est celui des lettres d'un autre incident : prenez la clé du mandat de celui-ci.");
    }

    private void Given(MachineAsking asking, IncidentId incident, IReadOnlyList<PatientId> patients, bool tells = false)
    {
        OfLetters(asking, incident, tells);
        if (patients.Count > MandateBook.AtOnce || !_mandates.HandedOver(asking.Client, patients)) throw new RefusedException(RefusalCodes.Invalid, "Un patient de cette demande n'a pas été remis par ce mandat.");
    }

    /// <summary>Under the lock.</summary>
    private PatientToTell ToTell(IncidentId incident, ExposedPatient seen, DateTimeOffset now)
    {
        var aliases = _identities.AliasesOf(seen.Patient);
        var kept = _minors.Of(aliases).Any(secret => !secret.Lifted) && IsMinor(_identities.Of(aliases[0]), now);
        return new(seen, _incidents.ToldOf(incident, seen, aliases), kept);
    }

    private async ValueTask<IncidentSummary> OpenAsync((AccountId? Account, ClientId? Client) by, SessionId? session, OpenIncident ask, DateTimeOffset now)
    {
        var (exposure, lines) = await CountAsync(ask.Scope, now).ConfigureAwait(false);
        var incident = Locking(() => _incidents.Open(by, ask, exposure, lines, now));
        await JournalAsync([new JournalEntry { Time = now, Kind = "incident.opened", Account = by.Account, Client = by.Client, Session = session, Detail = incident.Id.ToString() }]).ConfigureAwait(false);
        return incident.Summary;
    }

    private async ValueTask<Exposure> RecountAsync((AccountId? Account, ClientId? Client) by, SessionId? session, IncidentId id, DateTimeOffset now)
    {
        var (exposure, lines) = await CountAsync(Locking(() => _incidents.Of(id).Scope), now).ConfigureAwait(false);
        lock (_gate) _incidents.Recounted(id, exposure, lines);
        await JournalAsync([new JournalEntry { Time = now, Kind = "incident.counted", Account = by.Account, Client = by.Client, Session = session, Detail = id.ToString() }]).ConfigureAwait(false);
        return exposure;
    }

    private async ValueTask<Done> ChangedAsync(PersonAsking asking, IncidentId incident, string kind, Action change)
    {
        lock (_gate) change();
        await Noted(asking, kind, incident).ConfigureAwait(false);
        return Done.It;
    }

    private ValueTask Noted(PersonAsking asking, string kind, IncidentId incident) => Told(kind, asking.Caller.Account, asking.Caller.Session, detail: incident.ToString());

    /// <summary>Outside the lock: releases go on while millions of entries are read.</summary>
    private Task<(Exposure Exposure, IReadOnlyList<ExposedPatient> Lines)> CountAsync(IncidentScope scope, DateTimeOffset now) => Task.Run(() =>
    {
        var count = new ExposureCount(patient => _identities.AliasesOf(patient)[0]);
        // A stolen disk opened nothing: what it holds is ciphertext.
        if (scope.Nature is not IncidentNature.Storage) count.TakeAll(DisclosuresOf(scope));
        var last = ClinicalTime.Day(scope.Until < now ? scope.Until : now);
        var exposure = count.Sum(now, _journal.Size, (account, client) => account is { } id ? _accounts.Of(id).Name : client is { } machine ? _clients.NameOf(machine) : "inconnu",
            patient => _identities.Exists(patient) && _identities.Of(patient).Traits.BirthDate > last.AddYears(-18));
        return (exposure, (IReadOnlyList<ExposedPatient>)[.. count.Lines().OrderBy(line => line.Patient.Value).Select(line => new ExposedPatient(line.Patient, _identities.Exists(line.Patient) ? Identity.Number(_identities.Of(line.Patient).Ipp) : "", line.Domains))]);
    });

    /// <summary>Of the scope's period, and of the quarter of an hour before: keys lent then were still good in it. What a downtime device was given stays good: from its first day on.</summary>
    private IEnumerable<IReadOnlyList<Disclosure>> DisclosuresOf(IncidentScope scope)
    {
        var from = scope.From - ExposureCount.LeaseLife;
        if (scope is { Nature: IncidentNature.Interface, Client: { } machine } && Locking(() => _packs.HeldSince(machine)) is { } since && since < from) from = since;
        var period = new JournalQuestion { From = from, Until = scope.Until, OldestFirst = true };
        return _journal.Disclosures(scope.Nature switch
        {
            IncidentNature.Account => period with { Account = scope.Account },
            IncidentNature.Session => period with { Session = scope.Session },
            IncidentNature.Station => period with { Station = scope.Station },
            IncidentNature.Interface => period with { Client = scope.Client },
            _ => period,
        });
    }

    /// <summary>Journaled before it is answered, whatever the answer: it says of someone whether he is in the exposure.</summary>
    private async ValueTask<ConcernedAnswer> ConcernedAsync(PersonAsking asking, ConcernedAsked ask)
    {
        var found = Locking(() => { Leads(asking); _incidents.Of(ask.Incident); return _identities.ByTraits(ask.BirthName, ask.FirstGivenName, ask.BirthDate); });
        var person = found.Count == 1 ? found[0] : (PatientId?)null;
        await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "incident.asked", Account = asking.Caller.Account, Session = asking.Caller.Session, Patient = person, Detail = ask.Incident.ToString() }]).ConfigureAwait(false);
        return new ConcernedAnswer(person is not null, person is { } one ? Locking(() => _incidents.Line(ask.Incident, one)) : null);
    }

    private IncidentFile FileOf(Incident incident)
    {
        string Name(AccountId account) => _accounts.Of(account).Name;
        return new IncidentFile(incident.Summary, incident.OpenedBy is { } opener ? Name(opener) : incident.OpenedByClient is { } machine ? _clients.NameOf(machine) : "", incident.Facts, incident.Scope, SubjectOf(incident.Scope), incident.Exposure,
            [.. incident.Measures.Select(step => new IncidentNote(step.At, Name(step.By), step.Text))],
            [.. incident.Notifications.Select(sent => new IncidentNotification(sent.At, Name(sent.By), sent.Phase, sent.Consequences, sent.LateBecause, sent.Reference, sent.Patients))],
            incident.Told is { } told ? new PeopleToldDecision(told.At, Name(told.By), told.Decision, told.Reason) : null, incident.Conclusion, incident.Letters, _incidents.Contact);
    }

    private string SubjectOf(IncidentScope scope) => scope.Nature switch
    {
        IncidentNature.Account => $"Compte : {_accounts.Of(scope.Account!.Value).Name}",
        IncidentNature.Session => "Une session",
        IncidentNature.Station => $"Poste {_stations.All.FirstOrDefault(station => station.Id == scope.Station)?.Name ?? "inconnu"}",
        IncidentNature.Interface => $"Interface {_clients.NameOf(scope.Client!.Value)}",
        IncidentNature.Server => "Serveur : tout ce qui a été ouvert pendant la période",
        _ => "Support de stockage : données chiffrées, sans leurs clés",
    };

    private static void Leads(PersonAsking asking)
    {
        if (asking.Caller.Role is not Role.PrivacyOfficer) throw new RefusedException(RefusalCodes.Role, "Les incidents sont instruits par la déléguée à la protection des données.");
    }

    private static Done Handles(PersonAsking asking) => asking.Caller.Role is Role.PrivacyOfficer or Role.SecurityOfficer ? Done.It
        : throw new RefusedException(RefusalCodes.Role, "Les incidents sont ouverts par le référent sécurité ou la déléguée à la protection des données.");

    private static void Reads(PersonAsking asking)
    {
        if (asking.Caller.Role is not (Role.PrivacyOfficer or Role.SecurityOfficer or Role.Director)) throw new RefusedException(RefusalCodes.Role, "Le registre des incidents est lu par la protection des données, la sécurité et la direction.");
    }
}
