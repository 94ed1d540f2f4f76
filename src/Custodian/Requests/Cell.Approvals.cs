using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Requests;

/// <summary>What two officers agree on besides accounts: the list of patients that they can look at, and what an approval sets going.</summary>
internal sealed partial class Cell
{
    private const int IppsAPage = 500;

    private void RegisterApprovals() => _verbs.Person(ApprovalVerbs.Patients, async (asking, ask) =>
    {
        var list = Locking(() => _approvals.ListFor(By(asking), ask.Approval, asking.Now));
        var pages = (list.Count + IppsAPage - 1) / IppsAPage;
        if (ask.Page < 0 || ask.Page >= pages) throw new RefusedException(RefusalCodes.Invalid, $"Cette liste a {pages} pages.");
        await Told("approval.list-read", asking.Caller.Account, asking.Caller.Session, detail: ask.Approval.ToString()).ConfigureAwait(false);
        return new ApprovalPatients(list.Count, list.Digest, ask.Page, pages, _identities.Ipps(list.Patients.Skip(ask.Page * IppsAPage).Take(IppsAPage)));
    });

    /// <summary>Whom a patient's list of accesses names where no person asked.</summary>
    private string WhoWorked(JournalEntry entry) => entry.Kind switch
    {
        "mandate" when _mandates.NameOf(entry.Ground!) is { } name => $"Mandat {Words.Quoted(name)}",
        "export" when _exports.NameOf(entry.Ground!) is { } recipient => $"Export à {Words.Quoted(recipient)}",
        "pack" or "pack-opened" when _packs.NameOf(entry.Ground!) is { } device => $"Dossier de secours du poste {Words.Quoted(device)}",
        _ => entry.Client is { } client ? _clients.NameOf(client) : "Interface",
    };

    /// <summary>What explains an access, in the words of that list: an approval's id says nothing there.</summary>
    private string GroundOf(JournalEntry entry) => entry.Kind switch
    {
        "mandate" or "export" or "pack" or "pack-opened" => entry.Purpose ?? "",
        "support" => _tickets.NameOf(entry.Ground!) ?? "",
        _ => entry.Ground ?? entry.Purpose ?? "",
    };

    /// <summary>Outside the lock: a million patients take their time. Nobody but officers makes it.</summary>
    private PatientList? ListOf(PersonAsking asking, PatientSelection? patients)
    {
        if (!RoleAccess.IsOfficer(asking.Caller.Role)) throw AccountBook.NotGranting();
        if (patients is not { Incident: { } incident }) return patients is null ? null : PatientList.Of(_identities.Select(patients, PatientList.Most));
        if (patients != new PatientSelection(Incident: incident)) throw new RefusedException(RefusalCodes.Invalid, "Désignez les patients d'une seule façon : ceux de l'incident.");
        return Locking(() => _incidents.Of(incident).Exposure.Patients > 0 ? PatientList.Of(_incidents.Patients(incident)) : throw new RefusedException(RefusalCodes.Invalid, "Cet incident ne concerne personne : il n'y a pas de lettre à écrire."));
    }

    /// <summary>Under the lock: what the second signature sets going, where it is not an account's matter.</summary>
    private Approved CarryOut(Approval approval, DateTimeOffset now)
    {
        switch (approval.What)
        {
            case NewMandate what: _mandateDesk.Open(approval, what, now); break;
            case NewExport what: _exports.Open(approval, what, now); break;
            case NewPack what: _packs.Open(approval, what, now); break;
            case NewTicket what: _tickets.Open(approval, what, now); break;
            case NewPolicy what: AdoptPolicy(approval, what, now); break;
            case BulkResume: _stops.Bulk(false); break;
            case UnitFreeze what: Freeze(what); break;
            case ShorterJournal: break; // Carried out after its entry is in the journal: AcceptGapAsync.
            case NewKeyVersion what: _patientKeys.MayFollow(what.From); break; // Raised after its entry is in the journal: RaiseKeyVersionAsync.
            case KeyEscrow what: _keyCare.Approve(what.Holders, now); break;
            default: throw new System.Diagnostics.UnreachableException();
        }
        return new Approved(null);
    }
}
