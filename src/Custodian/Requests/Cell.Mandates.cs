using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Journal;
using Serment.Custodian.Mandates;
using Serment.Custodian.Releases;

namespace Serment.Custodian.Requests;

/// <summary>
/// Keys for work with no one present. Order as of every release: mandate open → in the queue → rate → ceiling → spent →
/// journal durable → keys derived.
/// </summary>
internal sealed partial class Cell
{
    private MandateBook _mandates = null!;
    private MandateDesk _mandateDesk = null!;

    private void LoadMandates(DateTimeOffset now)
    {
        _mandates = new MandateBook(rows => _store.Put(rows));
        _mandateDesk = new MandateDesk(_approvals, _mandates, _clients);
        foreach (var (_, json) in _store.All(MandateBook.Kind)) _mandates.Load(json);
        foreach (var mandate in _mandates.All.Where(m => m.OfList).ToArray())
            if (_approvals.ListOf(mandate.Id) is { } list) _mandates.LoadList(mandate, list);
        foreach (var (id, json) in _store.All(MandateBook.QueueKind)) _mandates.LoadQueue(id, json);
        _mandates.Loaded(now);
        foreach (var patient in _mandates.GivenOn(ClinicalTime.Day(now))) _ceiling.Open(patient, now);
    }

    private void RegisterMandates()
    {
        _verbs.Person(MandateVerbs.Propose, (asking, ask) =>
        {
            var list = ListOf(asking, ask.Patients);
            return ProposeAsync(asking, () => _mandateDesk.Propose(By(asking), ask, list, asking.Now));
        });
        _verbs.Person(MandateVerbs.List, (asking, _) => Locked(() => AnyOfficer(asking, _mandates.Lines())));
        _verbs.Person(MandateVerbs.Freeze, (asking, ask) => FreezeWorkAsync(asking, "mandate.frozen", ask.Mandate.ToString()!, Words.Checked(ask.Reason, "Pourquoi ce mandat est gelé", 5, 500), () => _mandates.Freeze(ask.Mandate).Client));
        _verbs.Machine(MandateVerbs.Own, (asking, _) => { asking.Needs(MandateDesk.Scope); return Locked(() => _mandates.Own(asking.Client)); });
        _verbs.Machine(MandateVerbs.Release, ReleaseOfMandateAsync);
        _verbs.Machine(MandateVerbs.Done, (asking, ask) => { asking.Needs(MandateDesk.Scope, tells: true); return Locked(() => { _mandates.Done(asking.Client, ask, asking.Now); return Done.It; }); });
    }

    private async ValueTask<MandateLease> ReleaseOfMandateAsync(MachineAsking asking, TakeFromQueue ask)
    {
        asking.Needs(MandateDesk.Scope);
        var (mandate, patients, waiting, moreAt) = Locking(() => _mandates.Take(asking.Client, ask, patient => LeavesRoom(patient, asking.Now), asking.Now));
        var aliases = patients.ToDictionary(patient => patient, patient => mandate.OfList ? _identities.AliasesOf(patient, mandate.From) : _identities.AliasesOf(patient));
        await JournalAsync([.. patients.SelectMany(patient => Kinds(mandate).SelectMany(kind => UnderEach(aliases[patient], new JournalEntry
        {
            Time = asking.Now,
            Kind = "mandate",
            Client = asking.Client,
            Domain = kind,
            Purpose = mandate.Purpose.ToString(),
            Ground = mandate.Id.ToString(),
        })))]).ConfigureAwait(false);
        var lines = mandate.Names ? _identities.Lines(patients).ToDictionary(line => line.Patient) : [];
        return new MandateLease(asking.Now + ReleaseDesk.LeaseLife,
            [.. patients.Select(patient => new MandatedPatient(patient, aliases[patient], _patientKeys.Of(aliases[patient], [mandate.Domain]), lines.GetValueOrDefault(patient)))],
            waiting, moreAt);
    }

    /// <summary>Work that nobody waits for takes half of the day's ceiling at most: the other half is care's. A list that two officers signed is outside it, as an export is.</summary>
    private bool LeavesRoom(PatientId patient, DateTimeOffset now)
    {
        if (_ceiling.Beyond(patient, at => CeilingOf(at) / 2, now)) return false;
        _ceiling.Open(patient, now);
        return true;
    }

    private static IEnumerable<Domain> Kinds(Mandate mandate) => mandate.Names ? [mandate.Domain, Domain.Identity] : [mandate.Domain];

    /// <summary>Under the lock, after the journal has it, before the stay is known otherwise.</summary>
    private void QueueStay(IntendStay ask, bool wasPresent, DateTimeOffset now)
    {
        if (ask.State == "discharged" && wasPresent) _mandates.Happened(MandateEvent.Discharge, _identities.AliasesOf(ask.Patient)[0], now);
        else if (ask.State == "present" && !wasPresent) _mandates.Happened(MandateEvent.Admission, _identities.AliasesOf(ask.Patient)[0], now);
        else if (ask.State == "expected") _mandates.Happened(MandateEvent.ExpectedArrival, _identities.AliasesOf(ask.Patient)[0], now);
    }

    /// <summary>Under the lock, after the journal has it.</summary>
    private void QueueFact(StateRelation ask, DateTimeOffset now)
    {
        if (ask.Until <= now) return;
        if (ask.Source is RelationSource.Appointment) _mandates.Happened(MandateEvent.Appointment, _identities.AliasesOf(ask.Patient)[0], now);
        else if (ask.Source is RelationSource.BillingQueue) _mandates.Happened(MandateEvent.BillingQueue, _identities.AliasesOf(ask.Patient)[0], now);
    }

    /// <summary>Work with no one present stops for good, and its machine with it: a mandate, an export, a pack. One officer, at once.</summary>
    /// <param name="freeze">Under the lock.</param>
    private async ValueTask<Done> FreezeWorkAsync(PersonAsking asking, string kind, string work, string reason, Func<ClientId> freeze)
    {
        lock (_gate)
        {
            AnyOfficer(asking, Done.It);
            _clients.Freeze(freeze(), asking.Now);
        }
        await Told(kind, asking.Caller.Account, asking.Caller.Session, detail: $"{work} {reason}").ConfigureAwait(false);
        return Done.It;
    }

    private T AnyOfficer<T>(PersonAsking asking, T answer) => RoleAccess.IsOfficer(By(asking).Role) ? answer : throw AccountBook.NotGranting();
}
