using System.Security.Cryptography;
using Serment.Custodian.Accounts;
using Serment.Custodian.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Sessions;

/// <summary>Life on a ward: change of user by one tap, locks, shifts.</summary>
public sealed class StationTests
{
    private readonly Ward _ward = new();
    private readonly (Serment.Custodian.Accounts.Station, ECDsa) _cardiology, _geriatrics;
    private readonly SoftwareAuthenticator _ana, _bo;
    private readonly Serment.Custodian.Accounts.Account _anaAccount;

    public StationTests()
    {
        (_anaAccount, _ana) = _ward.Enrolled(Role.Nurse, Ward.Cardiology);
        (_, _bo) = _ward.Enrolled(Role.Nurse, Ward.Cardiology);
        _cardiology = _ward.Station(Ward.Cardiology);
        _geriatrics = _ward.Station(Ward.Geriatrics);
    }

    [Fact]
    public void A_colleague_takes_over_by_one_tap_and_the_predecessor_comes_back_by_one_tap()
    {
        var bo = _ward.PinIn(_bo);
        var ana = _ward.PinIn(_ana, _cardiology);
        var boTapped = _ward.TapIn(_bo, _cardiology);
        Assert.Equal(bo.Account, boTapped.Account);
        Assert.Contains(("session-locked", ana.Id.ToString()!), _ward.Told);
        Assert.True(_ward.Sessions.Of(ana.Id).Locked);
        var back = _ward.TapIn(_ana, _cardiology);
        Assert.Contains(("session-locked", boTapped.Id.ToString()!), _ward.Told);
        Assert.Contains(("session-ended", ana.Id.ToString()!), _ward.Told);
        Assert.False(_ward.Sessions.Of(back.Id).Locked);
        Assert.False(_ward.Sessions.Of(bo.Id).Locked);
    }

    [Fact]
    public void A_predecessor_whose_browser_kept_the_session_comes_back_by_a_touch_and_locks_the_other()
    {
        var key = Ward.SessionKey();
        var ana = _ward.PinIn(_ana, _cardiology, key);
        var bo = _ward.PinIn(_bo, _cardiology);
        Assert.True(_ward.Sessions.Of(ana.Id).Locked);
        _ward.Sessions.Touch(ana.Id, new Touch(false, _ana.Assert("touch", _ward.Nonce("touch", ana.Id), key, new Quirks { NoVerification = true })), _ward.Now);
        Assert.False(_ward.Sessions.Of(ana.Id).Locked);
        Assert.True(_ward.Sessions.Of(bo.Id).Locked);
    }

    [Fact]
    public void A_code_that_enrols_no_station_is_called_a_stations_code()
    {
        var station = _ward.Invitations.Issue(hash => new Invitation { Id = Id.New<ApprovalId>(), Station = new ProposeStation("Salle de soins", Ward.Cardiology), Granted = "essai", CodeHash = hash, Until = _ward.Now.AddHours(72) });
        var person = _ward.Invitations.Issue(hash => new Invitation { Id = Id.New<ApprovalId>(), Account = new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, [], null), Granted = "essai", CodeHash = hash, Until = _ward.Now.AddHours(72) });
        var (invitation, proposal) = _ward.Invitations.OpenStation($" {station} ", _ward.Now);
        Assert.Equal("Salle de soins", proposal.Name);

        Said("0000", "Ce code de poste est inconnu, déjà utilisé ou périmé");
        Said(person, "Ce code est celui d'une personne");
        _ward.Invitations.Close(invitation);
        Said(station, "Ce code de poste est inconnu, déjà utilisé ou périmé");

        void Said(string code, string words)
        {
            var refusal = Assert.Throws<RefusedException>(() => _ward.Invitations.OpenStation(code, _ward.Now)).Refusal;
            Assert.Equal("enrol.station", refusal.Code);
            Assert.StartsWith(words, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_tap_without_a_pin_of_the_shift_or_four_hours_after_it_asks_for_the_pin()
    {
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_ana, _cardiology)));
        _ward.PinIn(_ana, _cardiology);
        _ward.Now += TimeSpan.FromHours(4);
        _ward.TapIn(_ana, _cardiology);
        _ward.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_ana, _cardiology)));
    }

    [Fact]
    public void A_tap_does_not_prolong_the_four_hours_nor_the_shift()
    {
        var first = _ward.PinIn(_ana, _cardiology);
        _ward.Now += TimeSpan.FromHours(3);
        var tapped = _ward.TapIn(_ana, _cardiology);
        Assert.Equal(first.PinAt, tapped.PinAt);
        Assert.Equal(first.EndsAt, tapped.EndsAt);
    }

    [Fact]
    public void A_foreign_station_asks_for_the_pin_and_takes_it()
    {
        _ward.PinIn(_ana, _cardiology);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_ana, _geriatrics)));
        Assert.Equal(_geriatrics.Item1.Id, _ward.PinIn(_ana, _geriatrics).Station);
    }

    [Fact]
    public void A_duty_in_the_unit_makes_its_stations_ones_own()
    {
        var giver = _ward.Someone(Role.Nurse, Ward.Geriatrics);
        _ward.PinIn(_ana, _cardiology);
        _ward.Accounts.GiveDuty(giver, new GiveDuty(_anaAccount.Id, Ward.Geriatrics, _ward.Now, _ward.Now.AddHours(2)), "Gériatrie", _ward.Now);
        _ward.TapIn(_ana, _geriatrics);
        _ward.Now += TimeSpan.FromHours(2);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_ana, _geriatrics)));
    }

    [Fact]
    public void Who_signed_out_needs_the_pin_again()
    {
        var ana = _ward.PinIn(_ana, _cardiology);
        _ward.Sessions.End(ana.Id);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_ana, _cardiology)));
    }

    [Fact]
    public void A_tap_needs_the_stations_own_signature_over_this_session()
    {
        _ward.PinIn(_ana, _cardiology);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_ana, null)));
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal("station.signature", Ward.Refused(() => _ward.TapIn(_ana, (_cardiology.Item1, foreign))));
        var stolen = _ward.On(_ana, "tap", _cardiology, Ward.SessionKey()).Station;
        var replayed = _ana.Assert("tap", _ward.Nonce("tap"), Ward.SessionKey()) with { Station = stolen };
        Assert.Equal("station.signature", Ward.Refused(() => _ward.Sessions.Tap(replayed, _ward.Now)));
        _ward.Stations.Revoke(_cardiology.Item1.Id);
        Assert.Equal("station.unknown", Ward.Refused(() => _ward.TapIn(_ana, _cardiology)));
    }

    [Fact]
    public void A_tap_needs_the_hand_and_the_same_key_that_gave_the_pin()
    {
        _ward.PinIn(_ana, _cardiology);
        var absent = _ward.On(_ana, "tap", _cardiology, Ward.SessionKey(), new Quirks { NoVerification = true, NoPresence = true });
        Assert.Equal("passkey.presence", Ward.Refused(() => _ward.Sessions.Tap(absent, _ward.Now)));
        var shift = _ward.On(_ana, "shift", _cardiology, Ward.SessionKey());
        Assert.Equal("passkey.purpose", Ward.Refused(() => _ward.Sessions.Tap(shift, _ward.Now)));
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.TapIn(_bo, _cardiology)));
    }

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 15)]
    public void Left_alone_a_session_locks_and_a_touch_opens_it(bool onStation, int minutes)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var ana = _ward.PinIn(_ana, onStation ? _cardiology : null, publicKey);
        Assert.Equal(minutes * 60, _ward.Sessions.SignedIn(ana, _ward.Now).LockAfterSeconds);
        _ward.Now += TimeSpan.FromMinutes(minutes);
        Ask(1);
        _ward.Now += TimeSpan.FromMinutes(minutes) + TimeSpan.FromSeconds(1);
        Assert.Equal(RefusalCodes.Locked, Ward.Refused(() => Ask(2)));
        Assert.Equal(RefusalCodes.Locked, Ward.Refused(() => Ask(3)));
        Assert.Contains(("session-locked", ana.Id.ToString()!), _ward.Told);
        _ward.Sessions.Touch(ana.Id, new Touch(false, _ana.Assert("touch", _ward.Nonce("touch", ana.Id), publicKey, new Quirks { NoVerification = true })), _ward.Now);
        Ask(4);

        void Ask(long counter) => Request(key, ana.Id, counter, SessionVerbs.Mine);
    }

    [Fact]
    public void A_locked_session_does_not_wake_up_because_a_touch_was_tried()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ana = _ward.PinIn(_ana, null, key.ExportSubjectPublicKeyInfo());
        _ward.Now += TimeSpan.FromMinutes(16);
        Request(key, ana.Id, 1, SessionVerbs.Touch);
        Assert.Equal(RefusalCodes.Locked, Ward.Refused(() => Request(key, ana.Id, 2, SessionVerbs.Mine)));
    }

    [Fact]
    public void Unlocking_more_than_four_hours_after_the_pin_asks_for_it()
    {
        var key = Ward.SessionKey();
        var ana = _ward.PinIn(_ana, null, key);
        _ward.Now += TimeSpan.FromHours(5);
        Assert.Equal(RefusalCodes.Pin, Ward.Refused(() => _ward.Sessions.Touch(ana.Id, new Touch(false, _ana.Assert("touch", _ward.Nonce("touch", ana.Id), key)), _ward.Now)));
        _ward.Sessions.Touch(ana.Id, new Touch(true, _ana.Assert("pin", _ward.Nonce("pin", ana.Id), key)), _ward.Now);
        Assert.False(_ward.Sessions.Of(_anaAccount.Id, ana.Id, _ward.Now).Sessions.Single().Locked);
    }

    [Fact]
    public void A_shift_ends_after_thirteen_hours_whoever_touches()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        var ana = _ward.PinIn(_ana, null, publicKey);
        _ward.Now += TimeSpan.FromHours(12.9);
        _ward.Sessions.Touch(ana.Id, new Touch(true, _ana.Assert("pin", _ward.Nonce("pin", ana.Id), publicKey)), _ward.Now);
        Request(key, ana.Id, 1, SessionVerbs.Mine);
        _ward.Now += TimeSpan.FromMinutes(6);
        Assert.Equal(RefusalCodes.NoSession, Ward.Refused(() => Request(key, ana.Id, 2, SessionVerbs.Mine)));
        Assert.Contains(("session-ended", ana.Id.ToString()!), _ward.Told);
    }

    [Fact]
    public void The_sweep_locks_the_idle_and_ends_the_shifts_and_accounts_that_are_over()
    {
        var ana = _ward.PinIn(_ana, _cardiology);
        var bo = _ward.PinIn(_bo);
        _ward.Now += TimeSpan.FromMinutes(6);
        _ward.Sessions.Sweep(_ward.Now);
        Assert.Equal([("session-locked", ana.Id.ToString()!)], _ward.Told);
        _ward.Accounts.Close(_ward.Someone(Role.Administrator), new CloseAccount(bo.Account, ClinicalTime.Day(_ward.Now)), _ward.Now);
        _ward.Sessions.Sweep(_ward.Now);
        Assert.Contains(("session-ended", bo.Id.ToString()!), _ward.Told);
        _ward.Now += TimeSpan.FromHours(13);
        _ward.Sessions.Sweep(_ward.Now);
        Assert.Contains(("session-ended", ana.Id.ToString()!), _ward.Told);
    }

    [Fact]
    public void A_year_of_shifts_leaves_as_many_rows_as_there_were_sessions_at_once()
    {
        for (var shift = 0; shift < 100; shift++)
        {
            var sessions = new[] { _ward.PinIn(_ana, _cardiology), _ward.PinIn(_bo) };
            _ward.Now += TimeSpan.FromHours(14);
            _ward.Sessions.Sweep(_ward.Now);
            _ward.Sessions.Sweep(_ward.Now);
            Assert.All(sessions, session => Assert.DoesNotContain(_ward.Sessions.Of(session.Account, session.Id, _ward.Now).Sessions, line => line.Session == session.Id));
        }
        var last = _ward.PinIn(_ana, _cardiology);
        Assert.Equal(2, _ward.Kept.Keys.Count(key => key.Kind == "session"));
        var again = new Ward();
        foreach (var (key, json) in _ward.Kept)
            if (key.Kind == "account") again.Accounts.Load(json);
            else if (key.Kind == "session") again.Sessions.Load(key.Id, json, _ward.Now);
        Assert.Single(again.Sessions.Of(last.Account, last.Id, _ward.Now).Sessions);
    }

    [Fact]
    public void Restarted_it_knows_who_was_locked()
    {
        var ana = _ward.PinIn(_ana, _cardiology);
        _ward.Sessions.Lock(ana.Id);
        var again = new Ward();
        foreach (var (key, json) in _ward.Kept)
            if (key.Kind == "account") again.Accounts.Load(json);
            else if (key.Kind == "session") again.Sessions.Load(key.Id, json, _ward.Now);
        Assert.True(again.Sessions.Of(ana.Account, ana.Id, _ward.Now).Sessions.Single().Locked);
    }

    [Fact]
    public void A_station_enrols_only_with_the_key_that_it_holds()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var wide = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var proposal = new ProposeStation("Poste 2", Ward.Cardiology);
        byte[] shown = key.ExportSubjectPublicKeyInfo(), curve384 = wide.ExportSubjectPublicKeyInfo();
        Assert.Equal("station.signature", Ward.Refused(() => _ward.Stations.Enrol(new EnrolStation("code", shown, Ward.Sign(other, Serment.Custodian.Accounts.StationBook.EnrolMessage(Ward.Cell, "code", shown))), proposal, _ward.Now)));
        Assert.Equal(RefusalCodes.Malformed, Ward.Refused(() => _ward.Stations.Enrol(new EnrolStation("code", curve384, new byte[64]), proposal, _ward.Now)));
        Assert.Equal(RefusalCodes.Malformed, Ward.Refused(() => _ward.Stations.Enrol(new EnrolStation("code", [1, 2, 3], new byte[64]), proposal, _ward.Now)));
    }

    private void Request<TAsk, TReply>(ECDsa key, SessionId session, long counter, Verb<TAsk, TReply> verb)
    {
        var expires = _ward.Now.AddSeconds(30).ToUnixTimeMilliseconds();
        var message = RequestBytes.Of(verb, Ward.Cell, session, null, counter, expires, (TAsk?)default!);
        Assert.True(SigningKey.Holds(_ward.Sessions.KeyOf(session), message, Ward.Sign(key, message)));
        _ward.Sessions.Accept(new SignedRequest { Version = SignedRequest.CurrentVersion, Cell = Ward.Cell, Session = session, Counter = counter, Expires = expires, Verb = verb.Name, Body = default }, _ward.Now);
    }
}
