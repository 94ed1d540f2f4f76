using Serment.Custodian.Accounts;
using Serment.Custodian.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Sessions;

/// <summary>An authenticator that misbehaves in each way is refused, each time for its own reason.</summary>
public sealed class WebAuthnTests
{
    private readonly Ward _ward = new();

    public static TheoryData<string, string> Assertions => new()
    {
        { "NoPresence", "passkey.presence" },
        { "NoVerification", "passkey.verification" },
        { "Origin", "passkey.origin" },
        { "CrossOrigin", "passkey.framed" },
        { "RpId", "passkey.rp" },
        { "Challenge", "passkey.challenge" },
        { "BoundKey", "passkey.challenge" },
        { "Type", "passkey.type" },
        { "BadSignature", "passkey.signature" },
        { "GarbageSignature", "passkey.signature" },
        { "Counter", "passkey.counter" },
        { "BackupEligible", "passkey.synchronised" },
        { "BackedUpOnly", "passkey.malformed" },
        { "CredentialId", "passkey.unknown" },
        { "ClientDataJson", "passkey.malformed" },
        { "DuplicateMember", "passkey.malformed" },
        { "ShortData", "passkey.malformed" },
        { "UserHandle", "passkey.foreign" },
    };

    public static TheoryData<string, string> Registrations => new()
    {
        { "NoPresence", "passkey.presence" },
        { "NoVerification", "passkey.verification" },
        { "Origin", "passkey.origin" },
        { "CrossOrigin", "passkey.framed" },
        { "RpId", "passkey.rp" },
        { "Challenge", "passkey.challenge" },
        { "BoundKey", "passkey.challenge" },
        { "Type", "passkey.type" },
        { "BackupEligible", "passkey.synchronised" },
        { "BackedUpOnly", "passkey.malformed" },
        { "AttestationObject", "passkey.malformed" },
        { "EmptyAttestation", "passkey.malformed" },
        { "DeepCbor", "passkey.malformed" },
        { "ClientDataJson", "passkey.malformed" },
        { "Algorithm", "passkey.algorithm" },
        { "OffCurve", "passkey.malformed" },
        { "NoAttestedData", "passkey.malformed" },
        { "TrailingBytes", "passkey.malformed" },
        { "ShortData", "passkey.malformed" },
    };

    private static Quirks Of(string quirk) => quirk switch
    {
        "NoPresence" => new() { NoPresence = true },
        "NoVerification" => new() { NoVerification = true },
        "Origin" => new() { Origin = "http://localhost:5080.evil.test" },
        "CrossOrigin" => new() { CrossOrigin = true },
        "RpId" => new() { RpId = "evil.test" },
        "Challenge" => new() { Challenge = new byte[32] },
        "BoundKey" => new() { BoundKey = Ward.SessionKey() },
        "Type" => new() { Type = "payment.get" },
        "BadSignature" => new() { BadSignature = true },
        "GarbageSignature" => new() { GarbageSignature = true },
        "Counter" => new() { Counter = 1 },
        "BackupEligible" => new() { BackupEligible = true },
        "BackedUpOnly" => new() { BackedUpOnly = true },
        "CredentialId" => new() { CredentialId = new byte[16] },
        "ClientDataJson" => new() { ClientDataJson = "{\"type\":"u8.ToArray() },
        "DuplicateMember" => new() { ClientDataJson = "{\"type\":\"webauthn.get\",\"type\":\"webauthn.get\"}"u8.ToArray() },
        "ShortData" => new() { ShortData = true },
        "UserHandle" => new() { UserHandle = [1, 2, 3] },
        "AttestationObject" => new() { AttestationObject = [0xff, 0x00, 0x9f, 0x41] },
        "EmptyAttestation" => new() { AttestationObject = [0xa0] },
        "DeepCbor" => new() { AttestationObject = [0xa1, 0x61, 0x61, .. Enumerable.Repeat((byte)0x81, 5000)] },
        "Algorithm" => new() { Algorithm = -257 },
        "OffCurve" => new() { OffCurve = true },
        "NoAttestedData" => new() { NoAttestedData = true },
        "TrailingBytes" => new() { TrailingBytes = true },
        _ => throw new ArgumentOutOfRangeException(nameof(quirk)),
    };

    [Fact]
    public void An_honest_key_enrols_and_signs_in()
    {
        var (account, key) = _ward.Enrolled(Role.Nurse, Ward.Cardiology);
        var session = _ward.PinIn(key);
        Assert.Equal(account.Id, session.Account);
        Assert.Equal(Ward.Screens, session.Origin);
        Assert.Equal(key.Counter, _ward.Accounts.Of(account.Id).Passkeys[0].Counter);
    }

    [Theory]
    [MemberData(nameof(Assertions))]
    public void A_sign_in_that_breaks_one_rule_is_refused_for_it(string quirk, string code)
    {
        var (account, key) = _ward.Enrolled(Role.Nurse, Ward.Cardiology);
        _ward.PinIn(key);
        var assertion = key.Assert("shift", _ward.Nonce("shift"), Ward.SessionKey(), Of(quirk));
        Assert.Equal(code, Ward.Refused(() => _ward.Sessions.Complete(assertion, _ward.Now)));
        Assert.Single(_ward.Kept.Keys, k => k.Kind == "session");
        Assert.False(_ward.Accounts.Of(account.Id).Frozen);
    }

    [Theory]
    [MemberData(nameof(Registrations))]
    public void An_enrolment_that_breaks_one_rule_is_refused_for_it_and_the_invitation_stays(string quirk, string code)
    {
        var invitation = Invite();
        var key = Ward.Key();
        Assert.Equal(code, Ward.Refused(() => _ward.Sessions.Enrol(key.Enrol(invitation, _ward.Nonce("enrol"), Ward.SessionKey(), Of(quirk)), _ward.Now)));
        Assert.Empty(_ward.Accounts.All);
        _ward.Sessions.Enrol(key.Enrol(invitation, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        Assert.Single(_ward.Accounts.All);
    }

    [Fact]
    public void A_copied_key_is_refused_even_when_it_repeats_the_last_counter()
    {
        var (_, key) = _ward.Enrolled(Role.Nurse);
        _ward.PinIn(key);
        Assert.Equal("passkey.counter", Ward.Refused(() => _ward.Sessions.Complete(key.Assert("shift", _ward.Nonce("shift"), Ward.SessionKey(), new Quirks { Counter = key.Counter }), _ward.Now)));
    }

    [Fact]
    public void A_nonce_serves_once_within_two_minutes_and_for_its_own_purpose()
    {
        var (_, key) = _ward.Enrolled(Role.Nurse);
        var nonce = _ward.Nonce("shift");
        _ward.Sessions.Complete(key.Assert("shift", nonce, Ward.SessionKey()), _ward.Now);
        Assert.Equal("passkey.nonce", Ward.Refused(() => _ward.Sessions.Complete(key.Assert("shift", nonce, Ward.SessionKey()), _ward.Now)));
        var late = _ward.Nonce("shift");
        _ward.Now += TimeSpan.FromSeconds(121);
        Assert.Equal("passkey.expired", Ward.Refused(() => _ward.Sessions.Complete(key.Assert("shift", late, Ward.SessionKey()), _ward.Now)));
        var other = _ward.Nonce("touch");
        Assert.Equal("passkey.purpose", Ward.Refused(() => _ward.Sessions.Complete(key.Assert("shift", other, Ward.SessionKey()), _ward.Now)));
        Assert.Equal("passkey.nonce", Ward.Refused(() => _ward.Sessions.Complete(key.Assert("shift", new byte[32], Ward.SessionKey()), _ward.Now)));
    }

    [Fact]
    public void A_key_that_is_enrolled_already_is_refused_to_a_second_account()
    {
        var (_, key) = _ward.Enrolled(Role.Nurse);
        Assert.Equal("passkey.taken", Ward.Refused(() => _ward.Sessions.Enrol(key.Enrol(Invite(), _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now)));
    }

    [Fact]
    public void An_invitation_serves_once_and_for_72_hours()
    {
        var invitation = Invite();
        _ward.Sessions.Enrol(Ward.Key().Enrol(invitation, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now);
        Assert.Equal("enrol.invitation", Ward.Refused(() => _ward.Sessions.Enrol(Ward.Key().Enrol(invitation, _ward.Nonce("enrol"), Ward.SessionKey()), _ward.Now)));
        var old = Invite();
        _ward.Now += TimeSpan.FromHours(72);
        Assert.Equal("enrol.invitation", Ward.Refused(() => _ward.Sessions.Begin(new BeginCeremony("enrol", Invitation: old), _ward.Now)));
    }

    [Fact]
    public void A_synchronised_key_is_taken_in_a_demonstration_and_may_not_change_its_nature()
    {
        var demonstration = new Ward(demonstration: true);
        var code = Invite(demonstration);
        var key = Ward.Key();
        var synchronised = new Quirks { BackupEligible = true };
        demonstration.Sessions.Enrol(key.Enrol(code, demonstration.Nonce("enrol"), Ward.SessionKey(), synchronised), demonstration.Now);
        demonstration.Sessions.Complete(key.Assert("shift", demonstration.Nonce("shift"), Ward.SessionKey(), synchronised), demonstration.Now);
        Assert.Equal("passkey.changed", Ward.Refused(() => demonstration.Sessions.Complete(key.Assert("shift", demonstration.Nonce("shift"), Ward.SessionKey()), demonstration.Now)));
    }

    [Fact]
    public void A_touch_by_anothers_key_for_another_session_or_without_a_pin_that_is_due_is_refused()
    {
        var (_, key) = _ward.Enrolled(Role.Nurse);
        var (_, stranger) = _ward.Enrolled(Role.Nurse);
        var sessionKey = Ward.SessionKey();
        var session = _ward.PinIn(key, sessionKey: sessionKey);
        Assert.Equal("passkey.foreign", Ward.Refused(() => Touch(stranger, sessionKey)));
        Assert.Equal("passkey.session", Ward.Refused(() => Touch(key, Ward.SessionKey())));
        Assert.Equal("passkey.session", Ward.Refused(() => _ward.Sessions.Touch(session.Id, new Touch(false, key.Assert("touch", _ward.Nonce("touch"), sessionKey)), _ward.Now)));
        Assert.Equal("passkey.verification", Ward.Refused(() => _ward.Sessions.Touch(session.Id, new Touch(true, key.Assert("pin", _ward.Nonce("pin", session.Id), sessionKey, new Quirks { NoVerification = true })), _ward.Now)));
        Assert.Equal("passkey.purpose", Ward.Refused(() => _ward.Sessions.Touch(session.Id, new Touch(true, key.Assert("pin", _ward.Nonce("touch", session.Id), sessionKey)), _ward.Now)));
        Assert.Equal("passkey.origin", Ward.Refused(() => _ward.Sessions.Touch(session.Id, new Touch(false, key.Assert("touch", _ward.Nonce("touch", session.Id), sessionKey, new Quirks { Origin = Ward.Page })), _ward.Now)));
        Assert.Equal(RefusalCodes.Touch, Ward.Refused(() => _ward.Sessions.Touch(session.Id, new Touch(false, null), _ward.Now)));
        Touch(key, sessionKey);

        void Touch(SoftwareAuthenticator by, byte[] bound) => _ward.Sessions.Touch(session.Id, new Touch(false, by.Assert("touch", _ward.Nonce("touch", session.Id), bound, new Quirks { NoVerification = true })), _ward.Now);
    }

    private string Invite(Ward? at = null)
    {
        var ward = at ?? _ward;
        return ward.Invitations.Issue(hash => new Invitation { Id = Id.New<ApprovalId>(), Account = new ProposeAccount("Claire Roussel", "Infirmière", Role.Nurse, [Ward.Cardiology], null), Granted = "essai", CodeHash = hash, Until = ward.Now.AddHours(72) });
    }
}
