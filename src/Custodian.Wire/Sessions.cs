namespace Serment.Custodian.Wire;

/// <summary>Asks for a challenge. Purpose: "shift" (with PIN), "tap" (change of user on a station), "touch", "pin", "enrol". docs/formats/sessions.md.</summary>
/// <param name="Station">With "tap": the station that asks.</param>
public sealed record BeginCeremony(string Purpose, SessionId? Session = null, string? Invitation = null, StationId? Station = null);

/// <param name="Nonce">32 bytes, single use, two minutes. The browser hashes it with its session key into the challenge.</param>
/// <param name="Credentials">Credential ids that may answer; empty: any passkey of this place (discoverable).</param>
/// <param name="Page">When set, this invitation is only taken on the Custodian's own page, at this address.</param>
public sealed record Ceremony(byte[] Nonce, string RpId, IReadOnlyList<byte[]> Credentials, byte[]? UserHandle, string? UserName, string? Page = null);

/// <summary>A station's word that the ceremony happens on it: ES256 (P1363) by its key over docs/formats/sessions.md § station.</summary>
public sealed record StationProof(StationId Station, byte[] Signature);

/// <summary>A WebAuthn assertion over the challenge made of <paramref name="Nonce"/> and <paramref name="SessionKey"/>.</summary>
/// <param name="SessionKey">SubjectPublicKeyInfo of the browser's P-256 session key.</param>
/// <param name="Station">On an enrolled station; needed to change user by one tap.</param>
public sealed record Assertion(byte[] Nonce, byte[] SessionKey, byte[] CredentialId, byte[] ClientDataJson, byte[] AuthenticatorData, byte[] Signature, byte[]? UserHandle, StationProof? Station = null);

/// <param name="EndsAt">End of the shift: 13 hours after its PIN at most.</param>
/// <param name="PinUntil">Until then one tap is enough on the stations of one's own units.</param>
/// <param name="LockAfterSeconds">Without a request for so long, the session locks.</param>
/// <param name="Notices">What happened to this account that its holder has not acknowledged.</param>
public sealed record SignedIn(SessionId Session, Me Me, DateTimeOffset EndsAt, DateTimeOffset PinUntil = default, int LockAfterSeconds = 0, StationId? Station = null, IReadOnlyList<AccountNotice>? Notices = null);

/// <summary>Something the holder of an account is told: a new key, wider rights, a loan, a freeze.</summary>
public sealed record AccountNotice(DateTimeOffset At, string Text);

/// <param name="Units">Own units, and those of a duty or a loan that runs now.</param>
public sealed record Me(AccountId Account, string Name, string Title, Role Role, IReadOnlyList<UnitId> Units);

/// <summary>Registers a passkey for an invited account, with the code that its inviters handed over.</summary>
public sealed record EnrolPasskey(string Invitation, byte[] Nonce, byte[] SessionKey, byte[] ClientDataJson, byte[] AttestationObject);

/// <summary>Demonstration cells only: enter as someone without an authenticator.</summary>
public sealed record DemonstrationSignIn(AccountId Account, byte[] SessionKey);

/// <summary>The second factor of presence within a session. In demonstration sessions a click stands for it.</summary>
public sealed record Touch(bool Pin, Assertion? Assertion);

public sealed record SessionLine(SessionId Session, DateTimeOffset Started, DateTimeOffset LastUsed, StationId? Station, bool Locked, bool Current);

public sealed record SessionList(IReadOnlyList<SessionLine> Sessions);

public sealed record EndSession(SessionId Session);

/// <summary>Ties a live connection to a session: the Server's nonce, signed with the session key.</summary>
public sealed record Attach(string Connection);

public sealed record DemonstrationPeople(IReadOnlyList<Me> People);

public static class SessionVerbs
{
    public static readonly Verb<BeginCeremony, Ceremony> Begin = new("signin.begin");
    public static readonly Verb<Assertion, SignedIn> Complete = new("signin.complete");
    /// <summary>One touch on a station of one's own unit, within 4 hours of the PIN. Locks whoever was there.</summary>
    public static readonly Verb<Assertion, SignedIn> Tap = new("signin.tap");
    public static readonly Verb<EnrolPasskey, Done> Enrol = new("enrol.complete");
    public static readonly Verb<Nothing, DemonstrationPeople> DemonstrationPeople = new("signin.demonstration.people");
    public static readonly Verb<DemonstrationSignIn, SignedIn> Demonstration = new("signin.demonstration");
    public static readonly Verb<Touch, Done> Touch = new("session.touch");
    public static readonly Verb<Attach, SignedIn> Attach = new("session.attach");
    public static readonly Verb<Nothing, SessionList> Mine = new("session.mine");
    public static readonly Verb<Nothing, Done> Lock = new("session.lock");
    public static readonly Verb<EndSession, Done> End = new("session.end");
    /// <summary>The notices of the last sign-in were read; they are not shown again.</summary>
    public static readonly Verb<Nothing, Done> NoticesRead = new("session.notices-read");
}
