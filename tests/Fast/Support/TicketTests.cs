using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Support;
using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Support;

/// <summary>A8: the vendor's support reads nothing, or what a ticket names.</summary>
public sealed class TicketTests
{
    private readonly Ward _ward = new();
    private readonly Account _security, _director, _support;
    private readonly PatientList _list = PatientList.Of(Enumerable.Range(0, 3).Select(_ => Id.New<PatientId>()));

    public TicketTests() => (_security, _director, _support) = (_ward.Someone(Role.SecurityOfficer), _ward.Someone(Role.Director), _ward.Someone(Role.Support));

    private ProposeTicket Ask => new(_support.Id, "2026-118", "Résultats affichés en double", [Domain.Results], new PatientSelection(), 4);

    private Ticket Open()
    {
        var proposed = _ward.Tickets.Propose(_security, Ask, _list, _ward.Now);
        var approval = _ward.Approvals.Approve(_director, new Approve(proposed.Id, proposed.Statement), _ward.Now);
        return _ward.Tickets.Open(approval, (NewTicket)approval.What, _ward.Now);
    }

    private string Read(Account by, ApprovalId ticket, PatientId patient, params Domain[] domains)
    {
        try { _ward.Tickets.Holds(by, new ReleaseOfTicket(ticket, patient, domains), patient, _ward.Now); return "open"; }
        catch (RefusedException no) { return no.Refusal.Code; }
    }

    [Fact]
    public void The_role_of_support_reads_nothing_and_decides_nothing()
    {
        Assert.False(RoleAccess.ReadsAnything(Role.Support) || RoleAccess.MayBreakGlass(Role.Support) || RoleAccess.MaySearch(Role.Support) || RoleAccess.MayAdmit(Role.Support) || RoleAccess.MayGrant(Role.Support) || RoleAccess.IsOfficer(Role.Support));
        Assert.Equal("ticket.none", Read(_support, Id.New<ApprovalId>(), _list.Patients[0], Domain.Results));
    }

    [Fact]
    public void The_statement_names_every_patient_by_his_number()
    {
        var numbers = string.Join(", ", _list.Patients.Select(p => p.ToString()![..9]));
        Assert.Equal($"Laisser « {_support.Name} » (assistance de l'éditeur) lire, sans rien écrire, les dossiers d'IPP {numbers}, et aucun autre. Données : résultats. Ticket « 2026-118 », motif : Résultats affichés en double. Pendant 4 h après la seconde signature.",
            _ward.Tickets.Propose(_security, Ask, _list, _ward.Now).Statement);
    }

    [Fact]
    public void A_ticket_beyond_its_limits_is_not_even_proposed()
    {
        foreach (var (ask, list) in new[]
        {
            (Ask, PatientList.Of(Enumerable.Range(0, 6).Select(_ => Id.New<PatientId>()))), (Ask with { Hours = 5 }, _list), (Ask with { Hours = 0 }, _list), (Ask with { Domains = [] }, _list), (Ask with { Domains = [Domain.Sensitive] }, _list), (Ask with { Domains = [Domain.Identity] }, _list),
            (Ask with { Holder = _director.Id }, _list), (Ask with { Holder = _ward.Someone(Role.Physician).Id }, _list), (Ask with { Reason = "bug" }, _list), (Ask with { Reference = "" }, _list),
        })
            Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Tickets.Propose(_security, ask, list, _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Tickets.Propose(_support, Ask, _list, _ward.Now)));
        var proposed = _ward.Tickets.Propose(_security, Ask, _list, _ward.Now);
        Assert.Equal("approval.same-role", Ward.Refused(() => _ward.Approvals.Approve(_ward.Someone(Role.SecurityOfficer), new Approve(proposed.Id, proposed.Statement), _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Approvals.Approve(_support, new Approve(proposed.Id, proposed.Statement), _ward.Now)));
    }

    [Fact]
    public void It_opens_the_named_patients_and_kinds_of_data_to_its_holder_until_its_end()
    {
        var ticket = Open();
        Assert.Equal("open", Read(_support, ticket.Id, _list.Patients[0], Domain.Results));
        Assert.Equal("ticket.patient", Read(_support, ticket.Id, Id.New<PatientId>(), Domain.Results));
        Assert.Equal(RefusalCodes.Role, Read(_support, ticket.Id, _list.Patients[0], Domain.Results, Domain.Clinical));
        Assert.Equal(RefusalCodes.Role, Read(_support, ticket.Id, _list.Patients[0]));
        Assert.Equal("ticket.none", Read(_ward.Someone(Role.Support), ticket.Id, _list.Patients[0], Domain.Results));
        Assert.Equal("ticket.none", Read(_director, ticket.Id, _list.Patients[0], Domain.Results));
        _ward.Now = ticket.Until;
        Assert.Equal("ticket.expired", Read(_support, ticket.Id, _list.Patients[0], Domain.Results));
    }

    [Fact]
    public void Its_holder_and_any_officer_end_it_at_once_and_nobody_else()
    {
        var (one, other) = (Open(), Open());
        Assert.Equal(RefusalCodes.NotFound, Ward.Refused(() => _ward.Tickets.End(_ward.Someone(Role.Support), one.Id)));
        _ward.Tickets.End(_support, one.Id);
        _ward.Tickets.End(_director, other.Id);
        Assert.Equal("ticket.ended", Read(_support, one.Id, _list.Patients[0], Domain.Results));
        Assert.Equal("ticket.ended", Read(_support, other.Id, _list.Patients[0], Domain.Results));
    }

    [Fact]
    public void A_support_account_closed_meanwhile_gets_no_ticket()
    {
        var proposed = _ward.Tickets.Propose(_security, Ask, _list, _ward.Now);
        var approval = _ward.Approvals.Approve(_director, new Approve(proposed.Id, proposed.Statement), _ward.Now);
        _ward.Accounts.Put(_support with { Frozen = true });
        Assert.Equal("approval.stale", Ward.Refused(() => _ward.Tickets.Open(approval, (NewTicket)approval.What, _ward.Now)));
    }
}
