using Serment.Custodian.Accounts;
using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Approvals;

/// <summary>Two people, two roles; a cell can begin, and is never locked out. docs/decisions/0015.</summary>
public sealed class TwoRolesTests
{
    private readonly Ward _ward = new();
    private readonly Account _ada, _ben;
    private static readonly ProposeAccount Nurse = new("Inès Castaing", "Infirmière", Role.Nurse, [Ward.Cardiology], null);
    private static readonly ProposeAccount Security = new("Karim Weber", "Référent sécurité", Role.SecurityOfficer, [], null);

    public TwoRolesTests() => (_ada, _ben) = (_ward.Someone(Role.Administrator), _ward.Someone(Role.Administrator));

    [Fact]
    public void Two_administrators_found_a_cell_until_the_first_officer_of_another_role_has_a_key()
    {
        Assert.Null(Try(Nurse, _ada, _ben));
        Assert.Null(Try(Security, _ada, _ben));
        Assert.Null(Try(Nurse, _ben, _ada));
        var officer = _ward.Someone(Role.PrivacyOfficer);
        Assert.Equal("approval.same-role", Try(Nurse, _ada, _ben));
        Assert.Null(Try(Nurse, _ada, officer));
    }

    [Fact]
    public void Founding_never_comes_back()
    {
        var officer = _ward.Someone(Role.SecurityOfficer);
        _ward.Accounts.Put(officer with { Frozen = true, Passkeys = [] });
        Assert.Equal("approval.same-role", Try(Nurse, _ada, _ben));
    }

    [Fact]
    public void Where_no_other_officer_could_sign_two_of_one_role_make_or_rekey_an_officer_and_nothing_else()
    {
        var officer = _ward.Someone(Role.SecurityOfficer);
        Assert.Equal("approval.same-role", Try(Security, _ada, _ben));
        _ward.Accounts.LostKey(officer, officer.Id, _ward.Now);
        Assert.Equal("approval.same-role", Try(Nurse, _ada, _ben));
        Assert.Equal("approval.same-role", Try(Nurse with { Role = Role.Administrator, Units = [] }, _ada, _ben));
        Assert.Null(Try(Security with { Replaces = officer.Id }, _ada, _ben));
        _ward.Someone(Role.Director);
        Assert.Equal("approval.same-role", Try(Security with { Replaces = officer.Id }, _ada, _ben));
    }

    [Fact]
    public void What_takes_data_out_is_never_founded()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var ask = new ProposeMandate("Rappels", MandatePurpose.Reminders, Domain.Administrative, true, key.ExportSubjectPublicKeyInfo(), [MandateEvent.Appointment], null, 60, _ward.Now.AddDays(30));
        var proposed = _ward.Mandates.Propose(_ada, ask, null, _ward.Now);
        Assert.Equal("approval.same-role", Ward.Refused(() => _ward.Approvals.Approve(_ben, Read(proposed.Id, _ben), _ward.Now)));
        var waiting = Assert.Single(_ward.Approvals.Waiting(_ben, _ward.Now).Waiting);
        Assert.True(waiting.Own);
        Assert.Equal("protection des données, référent sécurité ou direction", waiting.WaitsFor);
        Assert.Equal(_ward.Now.AddDays(7), waiting.Until);
        var director = _ward.Someone(Role.Director);
        Assert.False(Assert.Single(_ward.Approvals.Waiting(director, _ward.Now).Waiting).Own);
        _ward.Approvals.Approve(director, Read(proposed.Id, director), _ward.Now);
    }

    [Fact]
    public void One_administrator_does_not_stop_the_only_officer_of_another_role()
    {
        var officer = _ward.Someone(Role.SecurityOfficer);
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.Close(_ada, new CloseAccount(officer.Id, ClinicalTime.Day(_ward.Now)), _ward.Now)));
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.LostKey(_ada, officer.Id, _ward.Now)));
        // Nor by an end that is still to come: of two, each counted as the one who remains.
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.Close(_ada, new CloseAccount(officer.Id, ClinicalTime.Day(_ward.Now).AddDays(1)), _ward.Now)));
        var director = _ward.Someone(Role.Director);
        _ward.Accounts.Close(_ada, new CloseAccount(director.Id, ClinicalTime.Day(_ward.Now).AddDays(2)), _ward.Now);
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.LostKey(_ada, officer.Id, _ward.Now)));
        _ward.Someone(Role.Director);
        _ward.Accounts.LostKey(_ada, officer.Id, _ward.Now);
    }

    private string? Try(ProposeAccount what, Account by, Account approver)
    {
        var proposed = _ward.Desk.Propose(by, what, _ward.Now);
        try { _ward.Desk.Approve(approver, Read(proposed.Id, approver), _ward.Now); return null; }
        catch (RefusedException no) { return no.Refusal.Code; }
    }

    private Approve Read(ApprovalId id, Account by) => new(id, _ward.Approvals.Waiting(by, _ward.Now).Waiting.Single(a => a.Approval == id).Statement);
}
