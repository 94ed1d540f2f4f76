namespace Serment.Custodian.Wire;

/// <summary>Asks for a challenge. Purpose: "shift" (with PIN), "touch", "pin", "enrol".</summary>
public sealed record BeginCeremony(string Purpose, SessionId? Session = null, string? Invitation = null);

/// <param name="Nonce">32 bytes, single use, two minutes. The browser hashes it with its session key into the challenge.</param>
/// <param name="Credentials">Credential ids that may answer; empty: any passkey of this place (discoverable).</param>
public sealed record Ceremony(byte[] Nonce, string RpId, IReadOnlyList<byte[]> Credentials, byte[]? UserHandle, string? UserName);

/// <summary>A WebAuthn assertion over the challenge made of <paramref name="Nonce"/> and <paramref name="SessionKey"/>.</summary>
/// <param name="SessionKey">SubjectPublicKeyInfo of the browser's P-256 session key.</param>
public sealed record Assertion(byte[] Nonce, byte[] SessionKey, byte[] CredentialId, byte[] ClientDataJson, byte[] AuthenticatorData, byte[] Signature, byte[]? UserHandle);

public sealed record SignedIn(SessionId Session, Me Me, DateTimeOffset EndsAt);

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
    public static readonly Verb<EnrolPasskey, Done> Enrol = new("enrol.complete");
    public static readonly Verb<Nothing, DemonstrationPeople> DemonstrationPeople = new("signin.demonstration.people");
    public static readonly Verb<DemonstrationSignIn, SignedIn> Demonstration = new("signin.demonstration");
    public static readonly Verb<Touch, Done> Touch = new("session.touch");
    public static readonly Verb<Attach, SignedIn> Attach = new("session.attach");
    public static readonly Verb<Nothing, SessionList> Mine = new("session.mine");
    public static readonly Verb<EndSession, Done> End = new("session.end");
}

/// <summary>A new member of staff, or a new passkey for one: proposed by one person, approved by another.</summary>
public sealed record ProposeAccount(string Name, string Title, Role Role, IReadOnlyList<UnitId> Units, DateOnly? Until, AccountId? Replaces = null);

public sealed record Proposed(ApprovalId Approval);

public sealed record Approve(ApprovalId Approval);

/// <param name="Invitation">Shown once, to the approver, who hands it to the holder; 72 hours, one use.</param>
public sealed record Approved(string Invitation);

public sealed record PendingApproval(ApprovalId Approval, string What, string ProposedBy, DateTimeOffset At, bool Own);

public sealed record PendingApprovals(IReadOnlyList<PendingApproval> Waiting);

public static class AccountVerbs
{
    public static readonly Verb<ProposeAccount, Proposed> Propose = new("account.propose");
    public static readonly Verb<Approve, Approved> Approve = new("account.approve");
    public static readonly Verb<Nothing, PendingApprovals> Waiting = new("account.waiting");
}
