using Serment.Custodian.Accounts;
using Serment.Custodian.Identities;
using Serment.Custodian.Incidents;
using Serment.Custodian.Journal;

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
            var (exposure, lines) = await CountAsync(ask.Scope, asking.Now).ConfigureAwait(false);
            var incident = Locking(() => _incidents.Open(By(asking), ask, exposure, lines, asking.Now));
            await Noted(asking, "incident.opened", incident.Id).ConfigureAwait(false);
            return incident.Summary;
        });
        _verbs.Person(IncidentVerbs.Recount, async (asking, ask) =>
        {
            var scope = Locking(() => { Handles(asking); return _incidents.Of(ask.Incident).Scope; });
            var (exposure, lines) = await CountAsync(scope, asking.Now).ConfigureAwait(false);
            lock (_gate) _incidents.Recounted(ask.Incident, exposure, lines);
            await Noted(asking, "incident.counted", ask.Incident).ConfigureAwait(false);
            return exposure;
        });
        _verbs.Person(IncidentVerbs.Patients, (asking, ask) => Locked(() => { Leads(asking); return _incidents.Page(ask.Incident, ask.Page); }));
        _verbs.Person(IncidentVerbs.Concerned, ConcernedAsync);
        _verbs.Person(IncidentVerbs.Measure, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.measure", () => { Handles(asking); _incidents.Measure(By(asking), ask, asking.Now); }));
        _verbs.Person(IncidentVerbs.Notify, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.notified", () => { Leads(asking); _incidents.Notify(By(asking), ask, asking.Now); }));
        _verbs.Person(IncidentVerbs.Decide, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.decided", () => { Leads(asking); _incidents.Decide(By(asking), ask, asking.Now); }));
        _verbs.Person(IncidentVerbs.Close, (asking, ask) => ChangedAsync(asking, ask.Incident, "incident.closed", () => { Leads(asking); _incidents.Close(ask, asking.Now); }));
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
        if (scope.Nature is not IncidentNature.Storage)
            foreach (var entry in EntriesOf(scope)) count.Take(entry);
        var last = ClinicalTime.Day(scope.Until < now ? scope.Until : now);
        var exposure = count.Sum(now, _journal.Size, (account, client) => account is { } id ? _accounts.Of(id).Name : client is { } machine ? _clients.NameOf(machine) : "inconnu",
            patient => _identities.Exists(patient) && _identities.Of(patient).Traits.BirthDate > last.AddYears(-18));
        return (exposure, (IReadOnlyList<ExposedPatient>)[.. count.Lines().Select(line => (line.Patient, Ipp: _identities.Exists(line.Patient) ? _identities.Of(line.Patient).Ipp : 0, line.Domains)).OrderBy(line => line.Ipp)
            .Select(line => new ExposedPatient(line.Patient, Identity.Number(line.Ipp), line.Domains))]);
    });

    /// <summary>Of the scope's period, and of the quarter of an hour before: keys lent then were still good in it.</summary>
    private IEnumerable<JournalEntry> EntriesOf(IncidentScope scope)
    {
        var period = new JournalQuestion { From = scope.From - ExposureCount.LeaseLife, Until = scope.Until, OldestFirst = true };
        return _journal.Read(scope.Nature switch
        {
            IncidentNature.Account => period with { Account = scope.Account },
            IncidentNature.Session => period with { Session = scope.Session },
            IncidentNature.Station => period with { Station = scope.Station },
            IncidentNature.Interface => period with { Client = scope.Client },
            _ => period,
        }).Select(at => at.Entry);
    }

    /// <summary>Journaled before it is answered, whatever the answer: it says of someone whether he is in the exposure.</summary>
    private async ValueTask<ConcernedAnswer> ConcernedAsync(PersonAsking asking, ConcernedAsked ask)
    {
        var found = Locking(() => { Leads(asking); _incidents.Of(ask.Incident); return _identities.ByTraits(ask.BirthName, ask.FirstGivenName, ask.BirthDate); });
        var person = found.Count == 1 ? found[0] : (PatientId?)null;
        await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "incident.asked", Account = asking.Caller.Account, Session = asking.Caller.Session, Patient = person, Detail = ask.Incident.ToString() }]).ConfigureAwait(false);
        return new ConcernedAnswer(person is not null, person is { } one ? Locking(() => _incidents.Lines(ask.Incident).FirstOrDefault(line => line.Patient == one)) : null);
    }

    private IncidentFile FileOf(Incident incident)
    {
        string Name(AccountId account) => _accounts.Of(account).Name;
        return new IncidentFile(incident.Summary, Name(incident.OpenedBy), incident.Facts, incident.Scope, SubjectOf(incident.Scope), incident.Exposure,
            [.. incident.Measures.Select(step => new IncidentNote(step.At, Name(step.By), step.Text))],
            [.. incident.Notifications.Select(sent => new IncidentNotification(sent.At, Name(sent.By), sent.Phase, sent.Consequences, sent.LateBecause, sent.Reference, sent.Patients))],
            incident.Told is { } told ? new PeopleToldDecision(told.At, Name(told.By), told.Decision, told.Reason) : null, incident.Conclusion, incident.Letters, _incidents.Contact);
    }

    private string SubjectOf(IncidentScope scope) => scope.Nature switch
    {
        IncidentNature.Account => $"Compte de {_accounts.Of(scope.Account!.Value).Name}",
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
