namespace Serment.Custodian.Wire;

/// <summary>A new member of staff, or a new passkey for one: proposed by one person, approved by another.</summary>
/// <param name="Rpps">Of a health professional: <see cref="Kernel.Rpps"/>.</param>
public sealed record ProposeAccount(string Name, string Title, Role Role, IReadOnlyList<UnitId> Units, DateOnly? Until, AccountId? Replaces = null, string? Rpps = null);

/// <summary>What an account is to become. Wider in role, units or time, or of another RPPS number: two people. Narrower, or of another title: at once.</summary>
/// <param name="Rpps">Null: none.</param>
public sealed record ChangeAccount(AccountId Account, string Title, Role Role, IReadOnlyList<UnitId> Units, DateOnly? Until, string? Rpps = null);

/// <param name="Approval">Null when the change only narrowed and holds already.</param>
public sealed record Changed(ApprovalId? Approval);

public sealed record Proposed(ApprovalId Approval);

/// <param name="Statement">The text as it was read, letter for letter: the signature covers it.</param>
public sealed record Approve(ApprovalId Approval, string Statement);

/// <param name="Invitation">Shown once, to the approver, who hands it to the holder; 72 hours, one use. Null when nothing is left to enrol.</param>
/// <param name="SecondNeeded">A machine had asked: this was the first of the two people.</param>
public sealed record Approved(string? Invitation, bool SecondNeeded = false);

public sealed record Reject(ApprovalId Approval);

/// <param name="Statement">What is signed, word for word, as the Custodian states it.</param>
/// <param name="Own">Somebody else decides: proposed by, or about, the person who asks, or by one of the same role.</param>
/// <param name="WaitsFor">Who may still sign, in words.</param>
/// <param name="Until">After this nobody signs it any more.</param>
/// <param name="Patients">How many patients it names; their list can be looked at.</param>
public sealed record PendingApproval(ApprovalId Approval, string Kind, string Statement, string ProposedBy, DateTimeOffset At, bool Own, string WaitsFor, DateTimeOffset Until, int Patients = 0);

public sealed record PendingApprovals(IReadOnlyList<PendingApproval> Waiting);

/// <param name="Units">Its own: a duty's is not among them, and does not become its own when the account is changed.</param>
public sealed record AccountLine(AccountId Account, string Name, string Title, Role Role, IReadOnlyList<UnitId> Units, DateOnly? Until, bool Frozen, bool Open, int Keys, bool Loan, string? Rpps = null);

public sealed record AccountLines(IReadOnlyList<AccountLine> Accounts);

public sealed record FreezeAccount(AccountId Account, string Reason);

public sealed record ProposeUnfreeze(AccountId Account, string Reason);

/// <summary>The last day of an account; today closes at once.</summary>
public sealed record CloseAccount(AccountId Account, DateOnly LastDay);

/// <summary>A key is lost or stolen: all keys of the account stop. By its holder or an administrator; a new one needs two people.</summary>
public sealed record LostKey(AccountId? Account);

/// <summary>A unit for one shift, given by somebody else who belongs to that unit.</summary>
public sealed record GiveDuty(AccountId Account, UnitId Unit, DateTimeOffset From, DateTimeOffset Until);

/// <summary>A duty that has not ended, given by or to the person who asks.</summary>
/// <param name="Account">Who has it.</param>
public sealed record DutyLine(AccountId Account, UnitId Unit, DateTimeOffset From, DateTimeOffset Until, AccountId GivenBy);

public sealed record DutyLines(IReadOnlyList<DutyLine> Duties);

/// <summary>Taken back by whoever gave it, to the wrong colleague or for too long: what is left of it ends now.</summary>
public sealed record EndDuty(AccountId Account, UnitId Unit, DateTimeOffset From, DateTimeOffset Until);

/// <summary>A colleague forgot his key: one of two colleagues of the unit offers a spare key, with a fresh touch.</summary>
public sealed record OfferLoan(AccountId Borrower, UnitId Unit);

public sealed record LoanOffered(ApprovalId Loan);

/// <summary>The second colleague, with a fresh touch.</summary>
public sealed record ConfirmLoan(ApprovalId Loan);

/// <param name="Invitation">Enrols the spare key, within 30 minutes, for this shift and unit only.</param>
public sealed record LoanConfirmed(string Invitation, DateTimeOffset EndsAt);

public sealed record WaitingLoan(ApprovalId Loan, string Borrower, UnitId Unit, string OfferedBy, DateTimeOffset At);

public sealed record WaitingLoans(IReadOnlyList<WaitingLoan> Loans);

public sealed record ProposeStation(string Name, UnitId Unit);

/// <param name="PublicKey">SubjectPublicKeyInfo of the station's P-256 key; the browser keeps the private half, not extractable.</param>
/// <param name="Signature">By that key: docs/formats/sessions.md § station.</param>
public sealed record EnrolStation(string Code, byte[] PublicKey, byte[] Signature);

public sealed record StationLine(StationId Station, string Name, UnitId Unit, DateTimeOffset Since, bool Revoked);

public sealed record StationLines(IReadOnlyList<StationLine> Stations);

public sealed record RevokeStation(StationId Station);

/// <summary>An interface or import with a key of its own. It adds to files and reads none.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo, P-256.</param>
public sealed record ProposeClient(string Name, IReadOnlyList<string> Scopes, byte[] PublicKey);

public sealed record ClientLine(ClientId Client, string Name, IReadOnlyList<string> Scopes, bool Frozen);

public sealed record ClientLines(IReadOnlyList<ClientLine> Clients);

public sealed record FreezeClient(ClientId Client);

public static class MachineKeys
{
    /// <summary>What an interface may be allowed to add, and, for the personnel department's, what it may ask and stop.</summary>
    public static IReadOnlyList<(string Scope, string French)> Scopes { get; } =
    [
        ("identity:create", "créer des identités"), ("stay:intend", "enregistrer des séjours"), ("relation:state", "dire qui attend qui : rendez-vous, demandes, files"), ("encrypt", "ajouter aux dossiers"),
        ("account:propose", "demander des comptes, que deux personnes signent"), ("account:close", "fermer des comptes"), ("account:list", "lire la liste des comptes"),
        ("incidents", "ouvrir des incidents et compter qui est concerné, sans nom"),
    ];

    /// <summary>A client is named by its key: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo.</summary>
    public static ClientId IdOf(ReadOnlySpan<byte> publicKey) => Id.FromBytes<ClientId>(System.Security.Cryptography.SHA256.HashData(publicKey).AsSpan(0, 16));
}

/// <param name="Access">"R" reads, "W" reads and adds, "-" neither; by domain.</param>
public sealed record RoleRow(Role Role, string French, IReadOnlyDictionary<Domain, string> Access, bool BreaksGlass, bool GrantsAccounts);

public sealed record RoleTable(IReadOnlyList<RoleRow> Roles);

public static class AccountVerbs
{
    public static readonly Verb<ProposeAccount, Proposed> Propose = new("account.propose");
    /// <summary>Only from a session opened on the Custodian's own page, with a PIN of the last two minutes.</summary>
    public static readonly Verb<Approve, Approved> Approve = new("account.approve");
    public static readonly Verb<Reject, Done> Reject = new("account.reject");
    public static readonly Verb<Nothing, PendingApprovals> Waiting = new("account.waiting");
    public static readonly Verb<Nothing, AccountLines> List = new("account.list");
    public static readonly Verb<ChangeAccount, Changed> Change = new("account.change");
    public static readonly Verb<FreezeAccount, Done> Freeze = new("account.freeze");
    public static readonly Verb<ProposeUnfreeze, Proposed> ProposeUnfreeze = new("account.propose-unfreeze");
    public static readonly Verb<CloseAccount, Done> Close = new("account.close");
    public static readonly Verb<LostKey, Done> LostKey = new("account.lost-key");
    public static readonly Verb<GiveDuty, Done> GiveDuty = new("duty.give");
    public static readonly Verb<Nothing, DutyLines> Duties = new("duty.list");
    public static readonly Verb<EndDuty, Done> EndDuty = new("duty.end");
    public static readonly Verb<OfferLoan, LoanOffered> OfferLoan = new("loan.offer");
    public static readonly Verb<ConfirmLoan, LoanConfirmed> ConfirmLoan = new("loan.confirm");
    public static readonly Verb<Nothing, WaitingLoans> WaitingLoans = new("loan.waiting");
    public static readonly Verb<ProposeStation, Proposed> ProposeStation = new("station.propose");
    public static readonly Verb<EnrolStation, StationLine> EnrolStation = new("station.enrol");
    public static readonly Verb<Nothing, StationLines> Stations = new("station.list");
    public static readonly Verb<RevokeStation, Done> RevokeStation = new("station.revoke");
    public static readonly Verb<ProposeClient, Proposed> ProposeClient = new("client.propose");
    public static readonly Verb<Nothing, ClientLines> Clients = new("client.list");
    public static readonly Verb<FreezeClient, Done> FreezeClient = new("client.freeze");
    public static readonly Verb<Nothing, RoleTable> Roles = new("role.table");
}
