using System.Security.Cryptography;
using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A production cell, from its two founding codes to a ward that changes users by a tap. Through the real socket, with keys that may misbehave.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly CustodianProcess _cell = new(demonstration: false);
    private readonly Staff _staff;
    private UnitId _cardiology, _geriatrics;

    public SessionTests() => _staff = new Staff(_cell);

    [Fact]
    public async Task Two_founders_create_a_nurse_together_who_enters_and_reads_who_created_her()
    {
        var (ada, ben) = await Founders();
        var nurse = await NurseAsync(ada, ben, _cardiology);
        var person = await _staff.EnterAsync(nurse);
        Assert.Equal((Role.Nurse, "Inès Castaing"), (person.Me.Role, person.Me.Name));
        Assert.Contains("proposé par Première administratrice, approuvé par Second administrateur", Assert.Single(person.Entered!.Notices!).Text, StringComparison.Ordinal);
        await person.AskAsync(SessionVerbs.NoticesRead, Nothing.AtAll);
        Assert.Empty((await _staff.EnterAsync(nurse)).Entered!.Notices!);
        Assert.Equal(2, (await person.AskAsync(SessionVerbs.Mine, Nothing.AtAll)).Sessions.Count);
    }

    public static TheoryData<string, string> Misbehaviours => new()
    {
        { "presence", "passkey.presence" }, { "verification", "passkey.verification" }, { "origin", "passkey.origin" }, { "framed", "passkey.framed" },
        { "rp", "passkey.rp" }, { "challenge", "passkey.challenge" }, { "key", "passkey.challenge" }, { "type", "passkey.type" }, { "signature", "passkey.signature" },
        { "counter", "passkey.counter" }, { "synchronised", "passkey.synchronised" }, { "garbage", "passkey.malformed" },
    };

    [Fact]
    public async Task Every_misbehaviour_of_a_key_is_refused_through_the_socket_with_its_own_code()
    {
        var key = await _staff.EnrolAsync(_staff.Founding[0]);
        await _staff.EnterAsync(key);
        foreach (var row in Misbehaviours)
        {
            var (what, code) = row.Data;
            Assert.Equal(code, await Staff.RefusedAsync(_staff.EnterAsync(key, quirks: what switch
            {
                "presence" => new() { NoPresence = true },
                "verification" => new() { NoVerification = true },
                "origin" => new() { Origin = "http://evil.test" },
                "framed" => new() { CrossOrigin = true },
                "rp" => new() { RpId = "evil.test" },
                "challenge" => new() { Challenge = new byte[32] },
                "key" => new() { BoundKey = Staff.Spki() },
                "type" => new() { Type = "webauthn.create" },
                "signature" => new() { BadSignature = true },
                "counter" => new() { Counter = 1 },
                "synchronised" => new() { BackupEligible = true },
                _ => new() { ClientDataJson = [0xff, 0xfe] },
            })));
        }
        await _staff.EnterAsync(key);
    }

    [Fact]
    public async Task A_nonce_or_an_invitation_that_was_used_serves_no_more_and_there_is_no_demonstration_key_here()
    {
        var code = _staff.Founding[0];
        var key = await _staff.EnrolAsync(code);
        Assert.Equal("enrol.invitation", await Staff.RefusedAsync(_staff.EnrolAsync(code)));
        var assertion = key.Assert("shift", (await _staff.BeginAsync("shift")).Nonce, Staff.Spki());
        var entered = await _cell.Client.AskUnsignedAsync(SessionVerbs.Complete, "", assertion);
        Assert.Equal("passkey.nonce", await Staff.RefusedAsync(_cell.Client.AskUnsignedAsync(SessionVerbs.Complete, "", assertion)));
        Assert.Equal("signin.demonstration", await Staff.RefusedAsync(_cell.Client.AskUnsignedAsync(SessionVerbs.Demonstration, "", new DemonstrationSignIn(entered.Me.Account, Staff.Spki()))));
        Assert.Empty((await _cell.Client.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People);
    }

    [Fact]
    public async Task On_a_station_enrolled_by_two_a_colleague_takes_over_by_one_tap_which_locks_the_predecessor()
    {
        var (ada, ben) = await Founders();
        var (ana, bo) = (await NurseAsync(ada, ben, _cardiology), await NurseAsync(ada, ben, _cardiology));
        var foreigner = await NurseAsync(ada, ben, _geriatrics);
        var station = await _staff.StationAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.ProposeStation, new ProposeStation("Poste de soins", _cardiology)), ben))!);
        var notices = new List<string>();
        using var stop = new CancellationTokenSource();
        var watching = Task.Run(async () => { await foreach (var notice in _cell.Client.WatchAsync(_cell.Status.Cell, stop.Token)) lock (notices) notices.Add($"{notice.Kind} {notice.Subject}"); });

        await _staff.EnterAsync(bo);
        var anaHere = await _staff.EnterAsync(ana, station);
        Assert.Equal((300, station.Station), (anaHere.Entered!.LockAfterSeconds, anaHere.Entered.Station!.Value));
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var boHere = await _staff.EnterAsync(bo, station, tap: true);
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);
        Assert.Equal(RefusalCodes.Locked, await Staff.RefusedAsync(anaHere.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        await _staff.EnterAsync(ana, station, tap: true);
        Assert.Equal(RefusalCodes.Locked, await Staff.RefusedAsync(boHere.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        await _staff.EnterAsync(foreigner);
        Assert.Equal(RefusalCodes.Pin, await Staff.RefusedAsync(_staff.EnterAsync(foreigner, station, tap: true)));
        await Until(() => { lock (notices) return notices.Contains($"session-locked {anaHere.Session}") && notices.Contains($"session-locked {boHere.Session}"); });

        await ada.AskAsync(AccountVerbs.RevokeStation, new RevokeStation(station.Station));
        Assert.Equal("station.unknown", await Staff.RefusedAsync(_staff.EnterAsync(bo, station, tap: true)));
        await stop.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task A_lock_holds_over_a_restart_until_a_touch_and_ones_sessions_are_ones_own_to_end()
    {
        var key = await _staff.EnrolAsync(_staff.Founding[0]);
        var (one, two) = (await _staff.EnterAsync(key), await _staff.EnterAsync(key));
        await one.AskAsync(SessionVerbs.Lock, Nothing.AtAll);
        _cell.Kill();
        _cell.Start();
        var again = new Person(_cell, one.Key, one.Session, one.Me);
        again.JumpCounter();
        Assert.Equal(RefusalCodes.Locked, await Staff.RefusedAsync(again.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        await _staff.TouchAsync(again, key, pin: false);
        Assert.Equal(2, (await again.AskAsync(SessionVerbs.Mine, Nothing.AtAll)).Sessions.Count);
        await again.AskAsync(SessionVerbs.End, new EndSession(two.Session));
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(two.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        var stranger = await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[1]));
        Assert.Equal(RefusalCodes.NotFound, await Staff.RefusedAsync(stranger.AskAsync(SessionVerbs.End, new EndSession(again.Session))));
    }

    [Fact]
    public async Task Two_colleagues_lend_a_spare_key_and_a_third_unit_cannot()
    {
        var (ada, ben) = await Founders();
        var one = await _staff.EnterAsync(await NurseAsync(ada, ben, _cardiology));
        var two = await _staff.EnterAsync(await NurseAsync(ada, ben, _cardiology));
        var other = await _staff.EnterAsync(await NurseAsync(ada, ben, _geriatrics));
        var borrower = (await _staff.EnterAsync(await NurseAsync(ada, ben, _cardiology, _geriatrics))).Me;
        var loan = (await one.AskAsync(AccountVerbs.OfferLoan, new OfferLoan(borrower.Account, _cardiology))).Loan;
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(one.AskAsync(AccountVerbs.ConfirmLoan, new ConfirmLoan(loan))));
        Assert.Equal("loan.unit", await Staff.RefusedAsync(other.AskAsync(AccountVerbs.ConfirmLoan, new ConfirmLoan(loan))));
        Assert.Equal(loan, Assert.Single((await two.AskAsync(AccountVerbs.WaitingLoans, Nothing.AtAll)).Loans).Loan);
        var code = (await two.AskAsync(AccountVerbs.ConfirmLoan, new ConfirmLoan(loan))).Invitation;
        var entered = await _staff.EnterAsync(await _staff.EnrolAsync(code));
        Assert.Equal((borrower.Account, 1), (entered.Me.Account, entered.Me.Units.Count));
        Assert.Equal(_cardiology, entered.Me.Units[0]);
    }

    [Fact]
    public async Task A_duty_opens_a_unit_at_once_in_a_session_that_runs()
    {
        var (ada, ben) = await Founders();
        var nurse = await _staff.EnterAsync(await NurseAsync(ada, ben, _cardiology));
        var giver = await _staff.EnterAsync(await NurseAsync(ada, ben, _geriatrics));
        var now = DateTimeOffset.UtcNow;
        await giver.AskAsync(AccountVerbs.GiveDuty, new GiveDuty(nurse.Me.Account, _geriatrics, now, now.AddHours(12)));
        Assert.Equal([_cardiology, _geriatrics], (await nurse.AskAsync(SessionVerbs.Attach, new Attach(""))).Me.Units);
        Assert.Equal("duty.unit", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.GiveDuty, new GiveDuty(nurse.Me.Account, Id.New<UnitId>(), now, now.AddHours(12)))));
    }

    [Fact]
    public async Task The_table_of_roles_is_public_and_says_that_who_administers_reads_nothing()
    {
        var table = await _cell.Client.AskUnsignedAsync(AccountVerbs.Roles, "", Nothing.AtAll);
        Assert.Equal(Enum.GetValues<Role>().Length, table.Roles.Count);
        foreach (var role in new[] { Role.Administrator, Role.SecurityOfficer, Role.PrivacyOfficer, Role.Director })
            Assert.All(table.Roles.Single(r => r.Role == role).Access.Values, mark => Assert.Equal("-", mark));
    }

    private async Task<(Person Ada, Person Ben)> Founders()
    {
        var (ada, ben) = (await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[0])), await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[1])));
        (_cardiology, _geriatrics) = (await Staff.UnitAsync(ada, "Cardiologie"), await Staff.UnitAsync(ada, "Gériatrie"));
        return (ada, ben);
    }

    private async Task<SoftwareAuthenticator> NurseAsync(Person ada, Person ben, params UnitId[] units) =>
        await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, units, null)), ben))!);

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 100 && !holds(); i++) await Task.Delay(50);
        Assert.True(holds());
    }

    public void Dispose() => _cell.Dispose();
}
