using Serment.Custodian.Accounts;
using Xunit;

namespace Serment.Fast.Tests.Sessions;

/// <summary>Nobody alone creates, enrols, re-enrols or empowers an account that reads.</summary>
public sealed class AccountTests
{
    private readonly Ward _ward = new();
    private readonly Account _ada, _ben, _officer, _nurse;

    public AccountTests()
    {
        _ada = _ward.Someone(Role.Administrator);
        _ben = _ward.Someone(Role.Administrator);
        _officer = _ward.Someone(Role.SecurityOfficer);
        _nurse = _ward.Someone(Role.Nurse, Ward.Cardiology);
    }

    private ProposeAccount New(Role role = Role.Nurse) => new("Inès Castaing", "Infirmière", role, [Ward.Cardiology], new DateOnly(2026, 12, 31));

    private Approve Read(ApprovalId id, Account by) => new(id, _ward.Approvals.Waiting(by, _ward.Now).Waiting.Single(a => a.Approval == id).Statement);

    [Fact]
    public void Two_people_create_an_account_and_its_holder_is_told_by_whom()
    {
        var proposed = _ward.Desk.Propose(_ada, New(), _ward.Now);
        Assert.Equal("Créer le compte de « Inès Castaing » (Infirmière). Fonction : infirmier·ère ; unités : « Cardiologie » ; fin : 31/12/2026.", proposed.Statement);
        var code = _ward.Desk.Approve(_officer, Read(proposed.Id, _officer), _ward.Now).Reply.Invitation!;
        var account = _ward.Sessions.Enrol(Ward.Key().Enrol(code, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        Assert.Contains($"proposé par {_ada.Name}, approuvé par {_officer.Name}", Assert.Single(_ward.Accounts.NoticesOf(account.Id)).Text, StringComparison.Ordinal);
        _ward.Accounts.NoticesRead(account.Id);
        Assert.Empty(_ward.Accounts.NoticesOf(account.Id));
    }

    [Fact]
    public void Whoever_proposes_does_not_approve_and_who_cares_does_neither()
    {
        var proposed = _ward.Desk.Propose(_ada, New(), _ward.Now);
        Assert.Equal("approval.same-person", Ward.Refused(() => _ward.Desk.Approve(_ada, Read(proposed.Id, _ada), _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Desk.Approve(_nurse, new Approve(proposed.Id, proposed.Statement), _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Desk.Propose(_nurse, New(), _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Approvals.Waiting(_nurse, _ward.Now)));
    }

    [Fact]
    public void What_is_signed_is_what_was_read()
    {
        var proposed = _ward.Desk.Propose(_ada, New(), _ward.Now);
        Assert.Equal("approval.statement", Ward.Refused(() => _ward.Desk.Approve(_ben, new Approve(proposed.Id, proposed.Statement.Replace("infirmier·ère", "agent d'admission", StringComparison.Ordinal)), _ward.Now)));
    }

    [Fact]
    public void Restarted_it_knows_what_waits_and_what_was_decided()
    {
        var decided = _ward.Desk.Propose(_ada, New(), _ward.Now);
        var code = _ward.Desk.Approve(_officer, Read(decided.Id, _officer), _ward.Now).Reply.Invitation!;
        _ward.Desk.Change(_ada, new ChangeAccount(_nurse.Id, "Infirmière", Role.Nurse, [Ward.Geriatrics], null), _ward.Now);
        _ward.Desk.ProposeStation(_ada, new ProposeStation("Poste 1", Ward.Cardiology), _ward.Now);
        var again = new Ward();
        foreach (var (key, json) in _ward.Kept)
            if (key.Kind == "account") again.Accounts.Load(json);
            else if (key.Kind == "approval") again.Approvals.Load(json);
            else if (key.Kind == "invitation") again.Invitations.Load(json);
        Assert.Equal(["rights", "station"], again.Approvals.Waiting(_officer, _ward.Now).Waiting.Select(a => a.Kind).Order());
        foreach (var waiting in again.Approvals.Waiting(_officer, _ward.Now).Waiting) again.Desk.Approve(_officer, new Approve(waiting.Approval, waiting.Statement), _ward.Now);
        Assert.Equal([Ward.Geriatrics], again.Accounts.Of(_nurse.Id).Units);
        Assert.Equal("Inès Castaing", again.Invitations.Open(code, _ward.Now).Account!.Name);
    }

    [Fact]
    public void A_name_cannot_fake_a_second_sentence_of_the_statement()
    {
        var statement = _ward.Desk.Propose(_ada, New() with { Name = "A »\nFonction :\u2028 aucune « B" }, _ward.Now).Statement;
        Assert.StartsWith("Créer le compte de « A Fonction : aucune B » (Infirmière).", statement, StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_can_the_name_of_a_unit_and_nobody_is_given_a_unit_that_does_not_exist()
    {
        Assert.Equal("Enrôler le poste « Poste 1 » pour l'unité « Gériatrie (longue » : changement d'utilisateur d'un geste, sans code PIN pendant 4 heures.", _ward.Desk.ProposeStation(_ada, new ProposeStation("Poste 1", Ward.Geriatrics), _ward.Now).Statement);
        var nowhere = Id.New<UnitId>();
        Assert.Equal("unit.unknown", Ward.Refused(() => _ward.Desk.Propose(_ada, New() with { Units = [nowhere] }, _ward.Now)));
        Assert.Equal("unit.unknown", Ward.Refused(() => _ward.Desk.ProposeStation(_ada, new ProposeStation("Poste 1", nowhere), _ward.Now)));
        Assert.Equal("unit.unknown", Ward.Refused(() => _ward.Desk.Change(_ada, new ChangeAccount(_nurse.Id, "x", Role.Nurse, [nowhere], null), _ward.Now)));
    }

    [Fact]
    public void A_decision_is_taken_once_and_within_seven_days_by_accounts_that_are_open()
    {
        var once = _ward.Desk.Propose(_ada, New(), _ward.Now);
        _ward.Desk.Approve(_officer, Read(once.Id, _officer), _ward.Now);
        Assert.Equal(RefusalCodes.NotFound, Ward.Refused(() => _ward.Desk.Approve(_officer, new Approve(once.Id, once.Statement), _ward.Now)));
        var rejected = _ward.Desk.Propose(_ada, New(), _ward.Now);
        _ward.Approvals.Reject(_officer, rejected.Id, _ward.Now);
        Assert.Equal(RefusalCodes.NotFound, Ward.Refused(() => _ward.Desk.Approve(_ben, new Approve(rejected.Id, rejected.Statement), _ward.Now)));
        var old = _ward.Desk.Propose(_ada, New(), _ward.Now);
        Assert.Equal(RefusalCodes.NotFound, Ward.Refused(() => _ward.Desk.Approve(_ben, new Approve(old.Id, old.Statement), _ward.Now.AddDays(7))));
        _ward.Accounts.Freeze(_officer, new FreezeAccount(_ada.Id, "Compte suspect"), _ward.Now);
        Assert.Equal("approval.proposer", Ward.Refused(() => _ward.Desk.Approve(_ben, new Approve(old.Id, old.Statement), _ward.Now)));
    }

    [Fact]
    public void A_new_key_needs_two_others_and_ends_the_old_one_and_its_sessions()
    {
        var (holder, key) = _ward.Enrolled(Role.Administrator);
        var session = _ward.PinIn(key);
        var replacement = New() with { Replaces = holder.Id };
        Assert.Equal("approval.holder", Ward.Refused(() => _ward.Desk.Propose(holder, replacement, _ward.Now)));
        var proposed = _ward.Desk.Propose(_ada, replacement, _ward.Now);
        Assert.Equal("approval.holder", Ward.Refused(() => _ward.Desk.Approve(holder, new Approve(proposed.Id, proposed.Statement), _ward.Now)));
        var code = _ward.Desk.Approve(_officer, Read(proposed.Id, _officer), _ward.Now).Reply.Invitation!;
        var again = _ward.Sessions.Enrol(Ward.Key(Ward.Page).Enrol(code, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        Assert.Equal((holder.Id, Role.Administrator, holder.Name), (again.Id, again.Role, again.Name));
        Assert.Contains(("session-ended", session.Id.ToString()!), _ward.Told);
        Assert.Equal("passkey.unknown", Ward.Refused(() => _ward.PinIn(key)));
    }

    [Fact]
    public void An_officers_key_is_enrolled_on_the_custodians_page_only()
    {
        foreach (var role in Enum.GetValues<Role>().Where(RoleAccess.IsOfficer))
        {
            var code = Code(role);
            Assert.Equal(Ward.Page, _ward.Sessions.Begin(new BeginCeremony("enrol", Invitation: code), _ward.Now).Page);
            Assert.Equal("enrol.page", Ward.Refused(() => _ward.Sessions.Enrol(Ward.Key(Ward.Screens).Enrol(code, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now)));
            _ward.Sessions.Enrol(Ward.Key(Ward.Page).Enrol(code, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        }
        Assert.Null(_ward.Sessions.Begin(new BeginCeremony("enrol", Invitation: Code(Role.Nurse)), _ward.Now).Page);

        string Code(Role role)
        {
            var proposed = _ward.Desk.Propose(_ada, New(role), _ward.Now);
            return _ward.Desk.Approve(_officer, Read(proposed.Id, _officer), _ward.Now).Reply.Invitation!;
        }
    }

    [Fact]
    public void Wider_rights_wait_for_a_second_person_and_narrower_ones_do_not()
    {
        var wider = new ChangeAccount(_nurse.Id, "Infirmière", Role.Nurse, [Ward.Cardiology, Ward.Geriatrics], null);
        var approval = _ward.Desk.Change(_ada, wider, _ward.Now)!;
        Assert.Equal([Ward.Cardiology], _ward.Accounts.Of(_nurse.Id).Units);
        Assert.Equal("approval.same-person", Ward.Refused(() => _ward.Desk.Approve(_ada, Read(approval.Id, _ada), _ward.Now)));
        Assert.Null(_ward.Desk.Approve(_officer, Read(approval.Id, _officer), _ward.Now).Reply.Invitation);
        Assert.Equal([Ward.Cardiology, Ward.Geriatrics], _ward.Accounts.Of(_nurse.Id).Units);
        Assert.Null(_ward.Desk.Change(_ada, wider with { Units = [Ward.Geriatrics], Until = new DateOnly(2026, 12, 1) }, _ward.Now));
        Assert.Equal([Ward.Geriatrics], _ward.Accounts.Of(_nurse.Id).Units);
        Assert.NotNull(_ward.Desk.Change(_ada, wider with { Units = [Ward.Geriatrics], Until = new DateOnly(2026, 12, 2) }, _ward.Now));
        Assert.NotNull(_ward.Desk.Change(_ada, wider with { Units = [], Role = Role.Physician, Until = new DateOnly(2026, 12, 1) }, _ward.Now));
        Assert.Equal(2, _ward.Accounts.NoticesOf(_nurse.Id).Count);
        Assert.Equal("approval.holder", Ward.Refused(() => _ward.Desk.Change(_ada, new ChangeAccount(_ada.Id, "x", Role.Nurse, [], null), _ward.Now)));
    }

    [Fact]
    public void Another_title_is_said_as_such_and_stops_nobody()
    {
        var ask = new ChangeAccount(_nurse.Id, "Cadre de santé", Role.Nurse, [Ward.Cardiology], null);
        for (var i = 0; i <= AccountBook.StopsAnHour; i++) Assert.Null(_ward.Desk.Change(_ada, ask with { Title = $"Cadre de santé {i}" }, _ward.Now));
        Assert.EndsWith("a changé votre intitulé : « Cadre de santé 10 ».", _ward.Accounts.NoticesOf(_nurse.Id)[^1].Text, StringComparison.Ordinal);
        Assert.Equal("Cadre de santé 10", _ward.Accounts.Of(_nurse.Id).Title);
    }

    /// <summary>The first two are of published implementation guides and test cards.</summary>
    [Fact]
    public void The_number_of_a_professional_is_checked_read_by_the_second_person_and_changed_by_two()
    {
        const string number = "10100473148";
        Assert.Equal((number, "99700245667", null), (Rpps.Read(number), Rpps.Read("99700245667"), Rpps.Read(" ")));
        Assert.Equal(number, Rpps.WithKey("1010047314"));
        Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Desk.Propose(_ada, New() with { Rpps = number[..10] + (char)('0' + (number[10] - '0' + 1) % 10) }, _ward.Now)));
        foreach (var wrong in new[] { number[..10], number + "0", "1010002346x", "٠١٢٣٤٥٦٧٨٩٠" }) Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Desk.Propose(_ada, New() with { Rpps = wrong }, _ward.Now)));
        var proposed = _ward.Desk.Propose(_ada, New() with { Rpps = "10 100 473148" }, _ward.Now);
        Assert.EndsWith($"RPPS : {number}.", proposed.Statement, StringComparison.Ordinal);
        var code = _ward.Desk.Approve(_officer, Read(proposed.Id, _officer), _ward.Now).Reply.Invitation!;
        var account = _ward.Sessions.Enrol(Ward.Key().Enrol(code, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        Assert.Equal(number, _ward.Accounts.List(_ada, _ward.Now).Accounts.Single(a => a.Account == account.Id).Rpps);

        var ask = new ChangeAccount(account.Id, "Cadre de santé", Role.Nurse, [Ward.Cardiology], new DateOnly(2026, 12, 31));
        var change = _ward.Desk.Change(_ada, ask, _ward.Now)!;
        Assert.EndsWith($"Intitulé : « Infirmière » devient « Cadre de santé ». RPPS : {number} devient aucun.", change.Statement, StringComparison.Ordinal);
        Assert.Equal(number, _ward.Accounts.Of(account.Id).Rpps);
        _ward.Desk.Approve(_officer, Read(change.Id, _officer), _ward.Now);
        Assert.Null(_ward.Accounts.Of(account.Id).Rpps);
    }

    [Fact]
    public void Rights_that_changed_since_the_proposal_are_not_overwritten()
    {
        var wider = new ChangeAccount(_nurse.Id, "Infirmière", Role.Nurse, [Ward.Cardiology, Ward.Geriatrics], null);
        var approval = _ward.Desk.Change(_ada, wider, _ward.Now)!;
        _ward.Accounts.Close(_officer, new CloseAccount(_nurse.Id, ClinicalTime.Day(_ward.Now)), _ward.Now);
        Assert.Equal("approval.stale", Ward.Refused(() => _ward.Desk.Approve(_officer, Read(approval.Id, _officer), _ward.Now)));
        Assert.False(_ward.Accounts.Of(_nurse.Id).OpenAt(_ward.Now));
    }

    [Fact]
    public void One_security_officer_freezes_at_once_and_two_people_reopen()
    {
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Accounts.Freeze(_ada, new FreezeAccount(_nurse.Id, "Compte suspect"), _ward.Now)));
        _ward.Accounts.Freeze(_officer, new FreezeAccount(_nurse.Id, "Compte suspect"), _ward.Now);
        Assert.False(_ward.Accounts.Of(_nurse.Id).OpenAt(_ward.Now));
        var approval = _ward.Desk.ProposeUnfreeze(_officer, new ProposeUnfreeze(_nurse.Id, "Fausse alerte"), _ward.Now);
        Assert.Equal("approval.same-person", Ward.Refused(() => _ward.Desk.Approve(_officer, Read(approval.Id, _officer), _ward.Now)));
        _ward.Desk.Approve(_ada, Read(approval.Id, _ada), _ward.Now);
        Assert.True(_ward.Accounts.Of(_nurse.Id).OpenAt(_ward.Now));
    }

    [Fact]
    public void One_officer_alone_does_not_stop_the_hospital()
    {
        for (var i = 0; i < AccountBook.StopsAnHour; i++) _ward.Accounts.Freeze(_officer, new FreezeAccount(_ward.Someone(Role.Nurse).Id, "Compte suspect"), _ward.Now);
        Assert.Equal("account.stop-limit", Ward.Refused(() => _ward.Accounts.Freeze(_officer, new FreezeAccount(_nurse.Id, "Compte suspect"), _ward.Now)));
        Assert.Equal("account.stop-limit", Ward.Refused(() => _ward.Accounts.LostKey(_officer, _nurse.Id, _ward.Now)));
        Assert.Equal("account.stop-limit", Ward.Refused(() => _ward.Accounts.Close(_officer, new CloseAccount(_nurse.Id, ClinicalTime.Day(_ward.Now)), _ward.Now)));
        // Nor does he set everyone's last day to tomorrow; a rotation known a week ahead is entered whole.
        Assert.Equal("account.stop-limit", Ward.Refused(() => _ward.Accounts.Close(_officer, new CloseAccount(_nurse.Id, ClinicalTime.Day(_ward.Now).AddDays(1)), _ward.Now)));
        for (var i = 0; i < 2 * AccountBook.StopsAnHour; i++) _ward.Accounts.Close(_officer, new CloseAccount(_ward.Someone(Role.Physician).Id, ClinicalTime.Day(_ward.Now).AddDays(7)), _ward.Now);
        Assert.Equal("account.stop-limit", Ward.Refused(() => _ward.Desk.Change(_officer, new ChangeAccount(_nurse.Id, "x", Role.Nurse, [], null), _ward.Now)));
        _ward.Accounts.Freeze(_ward.Someone(Role.SecurityOfficer), new FreezeAccount(_nurse.Id, "Compte suspect"), _ward.Now);
        _ward.Accounts.LostKey(_officer, _nurse.Id, _ward.Now.AddHours(1).AddSeconds(1));
    }

    [Fact]
    public void Two_officers_who_can_reopen_always_remain()
    {
        _ward.Accounts.Freeze(_officer, new FreezeAccount(_ada.Id, "Compte suspect"), _ward.Now);
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.Freeze(_officer, new FreezeAccount(_ben.Id, "Compte suspect"), _ward.Now)));
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.LostKey(_ben, _officer.Id, _ward.Now)));
        Assert.Equal("account.last-officers", Ward.Refused(() => _ward.Accounts.Close(_ben, new CloseAccount(_officer.Id, ClinicalTime.Day(_ward.Now)), _ward.Now)));
        _ward.Accounts.LostKey(_ben, _ben.Id, _ward.Now);
    }

    [Fact]
    public void Nobody_becomes_an_officer_by_a_change_of_rights()
    {
        Assert.Equal("rights.officer", Ward.Refused(() => _ward.Desk.Change(_ada, new ChangeAccount(_nurse.Id, "x", Role.Administrator, [], null), _ward.Now)));
        Assert.Equal("rights.officer", Ward.Refused(() => _ward.Desk.Change(_ada, new ChangeAccount(_nurse.Id, "x", Role.PrivacyOfficer, [], null), _ward.Now)));
    }

    [Fact]
    public void Whoever_is_frozen_leaves_no_code_behind()
    {
        var proposed = _ward.Desk.Propose(_ada, New(), _ward.Now);
        var code = _ward.Desk.Approve(_officer, Read(proposed.Id, _officer), _ward.Now).Reply.Invitation!;
        _ward.Invitations.VoidBy(_nurse.Id);
        _ward.Invitations.Open(code, _ward.Now);
        _ward.Invitations.VoidBy(_officer.Id);
        Assert.Equal("enrol.invitation", Ward.Refused(() => _ward.Invitations.Open(code, _ward.Now)));
    }

    [Fact]
    public void An_account_closes_on_its_date_and_reopens_only_by_two()
    {
        var (holder, key) = _ward.Enrolled(Role.Nurse);
        _ward.Accounts.Close(_ada, new CloseAccount(holder.Id, ClinicalTime.Day(_ward.Now).AddDays(1)), _ward.Now);
        _ward.Now = _ward.Now.AddDays(1);
        _ward.PinIn(key);
        _ward.Now = _ward.Now.AddDays(1);
        Assert.Equal(RefusalCodes.Frozen, Ward.Refused(() => _ward.PinIn(key)));
        Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Accounts.Close(_ada, new CloseAccount(holder.Id, ClinicalTime.Day(_ward.Now).AddDays(9)), _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Accounts.Close(_nurse, new CloseAccount(holder.Id, ClinicalTime.Day(_ward.Now)), _ward.Now)));
    }

    [Fact]
    public void A_lost_key_stops_at_the_word_of_its_holder_or_of_one_administrator()
    {
        var (holder, key) = _ward.Enrolled(Role.Nurse);
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Accounts.LostKey(_nurse, holder.Id, _ward.Now)));
        _ward.Accounts.LostKey(_ada, holder.Id, _ward.Now);
        Assert.Equal("passkey.unknown", Ward.Refused(() => _ward.PinIn(key)));
    }

    [Fact]
    public void The_list_of_accounts_is_the_officers_and_shows_no_key()
    {
        var (holder, key) = _ward.Enrolled(Role.Nurse);
        var json = System.Text.Json.JsonSerializer.Serialize(_ward.Accounts.List(_ada, _ward.Now), WireJson.Options);
        Assert.Contains(holder.Id.ToString()!, json, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(key.CredentialId), json, StringComparison.Ordinal);
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Accounts.List(_nurse, _ward.Now)));
    }

    [Fact]
    public void A_duty_is_given_by_a_colleague_of_that_unit_for_a_shift_and_ends_by_itself()
    {
        var giver = _ward.Someone(Role.Physician, Ward.Geriatrics);
        var ask = new GiveDuty(_nurse.Id, Ward.Geriatrics, _ward.Now, _ward.Now.AddHours(12));
        Assert.Equal("duty.unit", Refused(_ada, ask));
        Assert.Equal("duty.unit", Refused(_ward.Someone(Role.Nurse, Ward.Cardiology), ask));
        Assert.Equal("duty.self", Refused(giver, ask with { Account = giver.Id }));
        Assert.Equal(RefusalCodes.Invalid, Refused(giver, ask with { Until = _ward.Now.AddHours(13).AddMinutes(1) }));
        Assert.Equal(RefusalCodes.Invalid, Refused(giver, ask with { Account = _ada.Id }));
        _ward.Accounts.GiveDuty(giver, ask, "Gériatrie", _ward.Now);
        var nurse = _ward.Accounts.Of(_nurse.Id);
        Assert.Equal([Ward.Cardiology, Ward.Geriatrics], nurse.UnitsAt(_ward.Now));
        Assert.Equal([Ward.Cardiology], nurse.UnitsAt(_ward.Now.AddHours(12)));
        Assert.Equal("duty.unit", Refused(nurse, ask with { Account = _ward.Someone(Role.Nurse).Id }));
        Assert.Single(_ward.Accounts.NoticesOf(_nurse.Id));
        // Given once: neither the same again nor one that it overlaps, but the one that follows.
        Assert.Equal(RefusalCodes.Conflict, Refused(giver, ask));
        Assert.Equal(RefusalCodes.Conflict, Refused(_ward.Someone(Role.Nurse, Ward.Geriatrics), ask with { From = _ward.Now.AddHours(11), Until = _ward.Now.AddHours(14) }));
        _ward.Accounts.GiveDuty(giver, ask with { From = ask.Until, Until = ask.Until.AddHours(1) }, "Gériatrie", _ward.Now);
        // Whoever changes the account sees its own units: the duty does not become one of them.
        Assert.Equal([Ward.Cardiology], _ward.Accounts.List(_ada, _ward.Now).Accounts.Single(a => a.Account == _nurse.Id).Units);

        string Refused(Account by, GiveDuty duty) => Ward.Refused(() => _ward.Accounts.GiveDuty(by, duty, "Gériatrie", _ward.Now));
    }

    [Fact]
    public void A_duty_is_seen_by_who_gave_and_who_has_it_and_taken_back_by_who_gave_it()
    {
        var (giver, other) = (_ward.Someone(Role.Physician, Ward.Geriatrics), _ward.Someone(Role.Nurse, Ward.Geriatrics));
        var ask = new GiveDuty(_nurse.Id, Ward.Geriatrics, _ward.Now.AddHours(1), _ward.Now.AddHours(9));
        _ward.Accounts.GiveDuty(giver, ask, "Gériatrie", _ward.Now);
        var line = new DutyLine(_nurse.Id, Ward.Geriatrics, ask.From, ask.Until, giver.Id);
        Assert.Equal([line], _ward.Accounts.DutiesOf(giver, _ward.Now).Duties);
        Assert.Equal([line], _ward.Accounts.DutiesOf(_ward.Accounts.Of(_nurse.Id), _ward.Now).Duties);
        Assert.Empty(_ward.Accounts.DutiesOf(other, _ward.Now).Duties);
        Assert.Empty(_ward.Accounts.DutiesOf(giver, ask.Until).Duties);

        var end = new EndDuty(_nurse.Id, Ward.Geriatrics, ask.From, ask.Until);
        Assert.Equal(RefusalCodes.NotFound, Refused(other, end, _ward.Now));
        Assert.Equal(RefusalCodes.NotFound, Refused(_ward.Accounts.Of(_nurse.Id), end, _ward.Now));
        Assert.Equal(RefusalCodes.NotFound, Refused(giver, end with { Until = ask.Until.AddHours(1) }, _ward.Now));
        Assert.Equal(RefusalCodes.NotFound, Refused(giver, end, ask.Until));
        _ward.Accounts.EndDuty(giver, end, "Gériatrie", _ward.Now.AddHours(2));
        Assert.Equal([Ward.Cardiology], _ward.Accounts.Of(_nurse.Id).UnitsAt(_ward.Now.AddHours(2)));
        Assert.Equal(2, _ward.Accounts.NoticesOf(_nurse.Id).Count);
        Assert.Equal(RefusalCodes.NotFound, Refused(giver, end, _ward.Now));

        string Refused(Account by, EndDuty duty, DateTimeOffset now) => Ward.Refused(() => _ward.Accounts.EndDuty(by, duty, "Gériatrie", now));
    }

    [Fact]
    public void Two_colleagues_lend_a_key_for_their_unit_and_one_shift()
    {
        Account one = _ward.Someone(Role.Nurse, Ward.Cardiology), two = _ward.Someone(Role.Physician, Ward.Cardiology), other = _ward.Someone(Role.Nurse, Ward.Geriatrics);
        var (borrower, forgotten) = _ward.Enrolled(Role.Nurse, Ward.Cardiology, Ward.Geriatrics);
        var ask = new OfferLoan(borrower.Id, Ward.Cardiology);
        Assert.Equal("loan.unit", Ward.Refused(() => _ward.Loans.Propose(other, ask, _ward.Now)));
        Assert.Equal("loan.unit", Ward.Refused(() => _ward.Loans.Propose(_ada, ask, _ward.Now)));
        Assert.Equal("loan.self", Ward.Refused(() => _ward.Loans.Propose(borrower, ask, _ward.Now)));
        Assert.Equal("loan.unit", Ward.Refused(() => _ward.Loans.Propose(one, ask with { Borrower = other.Id }, _ward.Now)));
        var offered = _ward.Loans.Propose(one, ask, _ward.Now).Loan;
        Assert.Equal("approval.same-person", Ward.Refused(() => _ward.Loans.Confirm(one, offered, _ward.Now)));
        Assert.Equal("loan.unit", Ward.Refused(() => _ward.Loans.Confirm(other, offered, _ward.Now)));
        Assert.Equal("loan.self", Ward.Refused(() => _ward.Loans.Confirm(borrower, offered, _ward.Now)));
        Assert.Equal(offered, Assert.Single(_ward.Loans.Waiting(two, _ward.Now).Loans).Loan);
        var (confirmed, _) = _ward.Loans.Confirm(two, offered, _ward.Now);

        var spare = Ward.Key();
        _ward.Sessions.Enrol(spare.Enrol(confirmed.Invitation, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        _ward.Now += TimeSpan.FromHours(1);
        // The PIN of one's own key says nothing about who holds the spare one.
        _ward.PinIn(forgotten);
        var station = _ward.Station(Ward.Cardiology);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(spare, station)));
        var session = _ward.PinIn(spare);
        _ward.TapIn(spare, station);
        Assert.Equal((borrower.Id, confirmed.EndsAt), (session.Account, session.EndsAt));
        Assert.Equal([Ward.Cardiology], _ward.Sessions.SignedIn(session, _ward.Now).Me.Units);
        Assert.Equal([Ward.Cardiology, Ward.Geriatrics], _ward.Sessions.SignedIn(_ward.PinIn(forgotten), _ward.Now).Me.Units);
        Assert.Equal(RefusalCodes.Conflict, Ward.Refused(() => _ward.Loans.Propose(one, ask, _ward.Now)));
        _ward.Now = confirmed.EndsAt;
        Assert.Equal("passkey.loan-over", Ward.Refused(() => _ward.PinIn(spare)));
        _ward.PinIn(forgotten);
        Assert.Contains(_ward.Accounts.NoticesOf(borrower.Id), n => n.Text.Contains($"prêtée par {one.Name} et {two.Name}", StringComparison.Ordinal));
    }

    [Fact]
    public void An_offer_and_its_code_end_by_themselves()
    {
        Account one = _ward.Someone(Role.Nurse, Ward.Cardiology), two = _ward.Someone(Role.Nurse, Ward.Cardiology);
        var offered = _ward.Loans.Propose(one, new OfferLoan(_nurse.Id, Ward.Cardiology), _ward.Now).Loan;
        Assert.Equal(RefusalCodes.NotFound, Ward.Refused(() => _ward.Loans.Confirm(two, offered, _ward.Now.AddMinutes(16))));
        var again = _ward.Loans.Propose(one, new OfferLoan(_nurse.Id, Ward.Cardiology), _ward.Now).Loan;
        var code = _ward.Loans.Confirm(two, again, _ward.Now).Reply.Invitation;
        _ward.Now += TimeSpan.FromMinutes(30);
        Assert.Equal("enrol.invitation", Ward.Refused(() => _ward.Sessions.Enrol(Ward.Key().Enrol(code, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now)));
    }

    [Fact]
    public void Who_administers_reads_nothing()
    {
        foreach (var row in RoleAccess.AsData().Roles.Where(r => r.Role is Role.Administrator or Role.SecurityOfficer or Role.PrivacyOfficer or Role.Director))
        {
            Assert.Equal(6, row.Access.Count);
            Assert.All(row.Access.Values, mark => Assert.Equal("-", mark));
            Assert.False(row.BreaksGlass);
            Assert.False(RoleAccess.ReadsAnything(row.Role) || RoleAccess.MaySearch(row.Role) || RoleAccess.MayAdmit(row.Role));
        }
    }

    [Fact]
    public void Every_role_has_a_row_and_none_both_grants_and_reads()
    {
        var table = RoleAccess.AsData();
        Assert.Equal(Enum.GetValues<Role>(), table.Roles.Select(r => r.Role));
        Assert.All(table.Roles, row => Assert.False(row.GrantsAccounts && row.Access.Values.Any(mark => mark != "-")));
    }
}
