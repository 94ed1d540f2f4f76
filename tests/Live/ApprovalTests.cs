using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>Nobody alone. Through the real socket of a production cell.</summary>
public sealed class ApprovalTests : IDisposable
{
    private readonly CustodianProcess _cell = new(demonstration: false);
    private readonly Staff _staff;
    private UnitId _cardiology;
    private ProposeAccount Nurse => new("Inès Castaing", "Infirmière", Role.Nurse, [_cardiology], null);

    public ApprovalTests() => _staff = new Staff(_cell);

    [Fact]
    public async Task Nobody_alone_creates_an_account_and_a_refused_approval_changes_nothing()
    {
        var (ada, _, ben, _) = await Founders();
        var id = (await ada.AskAsync(AccountVerbs.Propose, Nurse)).Approval;
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ada, id))));
        Assert.Equal("approval.statement", await Staff.RefusedAsync(ben.AskAsync(AccountVerbs.Approve, new Approve(id, "Créer un compte."))));
        Assert.Equal(2, (await ben.AskAsync(AccountVerbs.List, Nothing.AtAll)).Accounts.Count);
        await ben.AskAsync(AccountVerbs.Reject, new Reject(id));
        Assert.Empty((await ben.AskAsync(AccountVerbs.Waiting, Nothing.AtAll)).Waiting);
    }

    [Fact]
    public async Task An_officer_enrols_and_approves_on_the_custodians_page_only()
    {
        Assert.Equal("enrol.page", await Staff.RefusedAsync(_staff.EnrolAsync(_staff.Founding[0], _cell.Screens)));
        var (ada, adaKey, ben, benKey) = await Founders();
        var id = (await ada.AskAsync(AccountVerbs.Propose, Nurse)).Approval;
        var elsewhere = await _staff.EnterAsync(benKey, quirks: new Quirks { Origin = _cell.Screens });
        Assert.Equal("approval.page", await Staff.RefusedAsync(elsewhere.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(elsewhere, id))));
        Assert.Equal("approval.page", await Staff.RefusedAsync(elsewhere.AskAsync(AccountVerbs.Reject, new Reject(id))));
        Assert.NotNull((await ben.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ben, id))).Invitation);
    }

    [Fact]
    public async Task A_new_key_needs_two_others_whom_its_holder_can_name()
    {
        var (ada, adaKey, ben, _) = await Founders();
        var officer = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Référent sécurité", Role.SecurityOfficer, [], null)), ben))!));
        var replacement = new ProposeAccount("", "", Role.Administrator, [], null, ada.Me.Account);
        Assert.Equal("approval.holder", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Propose, replacement)));
        var id = (await ben.AskAsync(AccountVerbs.Propose, replacement)).Approval;
        Assert.Equal("approval.holder", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ada, id))));
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(ben.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ben, id))));
        var code = (await officer.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(officer, id))).Invitation!;
        var again = await _staff.EnterAsync(await _staff.EnrolAsync(code));
        Assert.Equal(ada.Me.Account, again.Me.Account);
        Assert.Contains(again.Entered!.Notices!, n => n.Text.Contains("proposé par Second administrateur, approuvé par Karim Weber", StringComparison.Ordinal));
        Assert.Equal("passkey.unknown", await Staff.RefusedAsync(_staff.EnterAsync(adaKey)));
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(ada.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
    }

    [Fact]
    public async Task One_security_officer_freezes_at_once_and_two_people_reopen()
    {
        var (ada, _, ben, _) = await Founders();
        var officer = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Référent sécurité", Role.SecurityOfficer, [], null)), ben))!));
        var nurseKey = await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, Nurse), officer))!);
        var nurse = await _staff.EnterAsync(nurseKey);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Freeze, new FreezeAccount(nurse.Me.Account, "Compte suspect"))));
        await officer.AskAsync(AccountVerbs.Freeze, new FreezeAccount(nurse.Me.Account, "Compte suspect"));
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(nurse.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        Assert.Equal(RefusalCodes.Frozen, await Staff.RefusedAsync(_staff.EnterAsync(nurseKey)));
        var id = (await officer.AskAsync(AccountVerbs.ProposeUnfreeze, new ProposeUnfreeze(nurse.Me.Account, "Fausse alerte"))).Approval;
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(officer.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(officer, id))));
        await ben.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ben, id));
        await _staff.EnterAsync(nurseKey);
    }

    [Fact]
    public async Task Wider_rights_hold_from_the_second_signature_on_in_sessions_that_run()
    {
        var (ada, _, ben, _) = await Founders();
        var nurse = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, Nurse), ben))!));
        var geriatrics = await Staff.UnitAsync(ada, "Gériatrie");
        var changed = await ada.AskAsync(AccountVerbs.Change, new ChangeAccount(nurse.Me.Account, "Infirmière", Role.Nurse, [_cardiology, geriatrics], null));
        Assert.Single((await nurse.AskAsync(SessionVerbs.Attach, new Attach(""))).Me.Units);
        await ben.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ben, changed.Approval!.Value));
        Assert.Equal(2, (await nurse.AskAsync(SessionVerbs.Attach, new Attach(""))).Me.Units.Count);
        await ada.AskAsync(AccountVerbs.Close, new CloseAccount(nurse.Me.Account, ClinicalTime.Day(DateTimeOffset.UtcNow)));
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(nurse.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
    }

    [Fact]
    public async Task Killed_between_the_two_signatures_it_still_waits_for_the_second()
    {
        var (ada, _, ben, _) = await Founders();
        var id = (await ada.AskAsync(AccountVerbs.Propose, Nurse)).Approval;
        _cell.Kill();
        _cell.Start();
        ben.JumpCounter();
        var code = (await ben.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ben, id))).Invitation!;
        _cell.Kill();
        _cell.Start();
        Assert.Equal("Inès Castaing", (await _staff.EnterAsync(await _staff.EnrolAsync(code))).Me.Name);
    }

    [Fact]
    public async Task One_stolen_administrator_with_every_verb_widens_nothing()
    {
        var (ada, _, ben, _) = await Founders();
        var nurse = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, Nurse), ben))!));
        var before = (await ben.AskAsync(AccountVerbs.List, Nothing.AtAll)).Accounts;
        var now = DateTimeOffset.UtcNow;
        var thief = ada;
        ApprovalId[] proposed =
        [
            (await thief.AskAsync(AccountVerbs.Propose, Nurse with { Name = "Complice" })).Approval,
            (await thief.AskAsync(AccountVerbs.Propose, Nurse with { Replaces = nurse.Me.Account })).Approval,
            (await thief.AskAsync(AccountVerbs.Change, new ChangeAccount(nurse.Me.Account, "x", Role.Physician, [], null))).Approval!.Value,
        ];
        foreach (var id in proposed) Assert.Equal("approval.same-person", await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(thief, id))));
        Assert.Equal("approval.holder", await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.Change, new ChangeAccount(thief.Me.Account, "x", Role.Physician, [_cardiology], null))));
        Assert.Equal("rights.officer", await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.Change, new ChangeAccount(nurse.Me.Account, "x", Role.SecurityOfficer, [], null))));
        Assert.Equal("duty.self", await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.GiveDuty, new GiveDuty(thief.Me.Account, _cardiology, now, now.AddHours(8)))));
        Assert.Equal("duty.unit", await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.GiveDuty, new GiveDuty(nurse.Me.Account, _cardiology, now, now.AddHours(8)))));
        Assert.Equal("loan.unit", await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.OfferLoan, new OfferLoan(nurse.Me.Account, _cardiology))));
        Assert.Equal("enrol.station", await Staff.RefusedAsync(_staff.StationAsync("00112233445566778899")));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(thief.AskAsync(AccountVerbs.Freeze, new FreezeAccount(nurse.Me.Account, "Pour voir"))));
        Assert.Equal(Told(before), Told((await ben.AskAsync(AccountVerbs.List, Nothing.AtAll)).Accounts));

        static string Told(IReadOnlyList<AccountLine> accounts) => System.Text.Json.JsonSerializer.Serialize(accounts, WireJson.Options);
    }

    [Fact]
    public async Task A_frozen_officer_leaves_no_code_behind()
    {
        var (ada, _, ben, _) = await Founders();
        var code = (await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, Nurse), ben))!;
        var officer = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Référent sécurité", Role.SecurityOfficer, [], null)), ben))!));
        await officer.AskAsync(AccountVerbs.Freeze, new FreezeAccount(ben.Me.Account, "Clé vue sur un parking"));
        Assert.Equal("enrol.invitation", await Staff.RefusedAsync(_staff.EnrolAsync(code)));
        Assert.Equal("account.last-officers", await Staff.RefusedAsync(officer.AskAsync(AccountVerbs.Freeze, new FreezeAccount(ada.Me.Account, "Compte suspect"))));
    }

    private async Task<(Person Ada, SoftwareAuthenticator AdaKey, Person Ben, SoftwareAuthenticator BenKey)> Founders()
    {
        var (adaKey, benKey) = (await _staff.EnrolAsync(_staff.Founding[0]), await _staff.EnrolAsync(_staff.Founding[1]));
        var (ada, ben) = (await _staff.EnterAsync(adaKey), await _staff.EnterAsync(benKey));
        _cardiology = await Staff.UnitAsync(ada, "Cardiologie");
        return (ada, adaKey, ben, benKey);
    }

    public void Dispose() => _cell.Dispose();
}
