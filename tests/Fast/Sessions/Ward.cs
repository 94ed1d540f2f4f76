using System.Security.Cryptography;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Exports;
using Serment.Custodian.Mandates;
using Serment.Custodian.Sessions;
using Serment.Custodian.Support;

namespace Serment.Fast.Tests.Sessions;

/// <summary>The Custodian's books on people, in memory, under a clock that the test moves.</summary>
internal sealed class Ward
{
    public const string Cell = "00000000000000000000000000000001", Screens = "http://localhost:5080", Page = "http://localhost:5081";
    public static readonly UnitId Cardiology = Id.New<UnitId>(), Geriatrics = Id.New<UnitId>();

    public Ward(bool demonstration = false)
    {
        Action<string, string, byte[]> persist = (kind, id, json) => Kept[(kind, id)] = json;
        Accounts = new AccountBook(persist);
        Invitations = new Invitations(persist);
        Approvals = new ApprovalBook(Accounts, persist, (kind, id) => Kept.GetValueOrDefault((kind, id)));
        Stations = new StationBook(Cell, persist);
        var clients = new MachineClients((id, json) => persist("client", id, json));
        MandateBook = new MandateBook(Keep);
        Mandates = new MandateDesk(Approvals, MandateBook, clients);
        Exports = new ExportBook(Approvals, clients, Keep);
        Tickets = new TicketBook(Approvals, Accounts, Keep, patients => [.. patients.Select(patient => patient.ToString()![..9])]);
        Desk = new AccountDesk(Accounts, Approvals, Invitations, clients, unit => unit == Cardiology ? "Cardiologie" : unit == Geriatrics ? "Gériatrie\n(longue »" : null);
        Loans = new LoanDesk(Accounts, Invitations);
        Sessions = new SessionDesk(Cell, demonstration, new RelyingParty("localhost", [Screens], demonstration, Page), Accounts, Desk, Invitations, Stations, persist, (kind, subject, _) => Told.Add((kind, subject)), () => Custodian.Policies.Policy.Starting.Locks);
    }

    public Dictionary<(string Kind, string Id), byte[]> Kept { get; } = [];
    public List<(string Kind, string Subject)> Told { get; } = [];
    public AccountBook Accounts { get; }
    public Invitations Invitations { get; }
    public ApprovalBook Approvals { get; }
    public StationBook Stations { get; }
    public AccountDesk Desk { get; }
    public LoanDesk Loans { get; }
    public MandateBook MandateBook { get; private set; }
    public MandateDesk Mandates { get; }
    public ExportBook Exports { get; }
    public TicketBook Tickets { get; }
    public SessionDesk Sessions { get; }
    public DateTimeOffset Now { get; set; } = new(2026, 11, 24, 6, 0, 0, TimeSpan.Zero);

    /// <summary>The mandates as they are found again: what was kept, and nothing else.</summary>
    public void RestartMandates()
    {
        MandateBook = new MandateBook(Keep);
        foreach (var (key, json) in Kept.Where(k => k.Key.Kind == MandateBook.Kind)) MandateBook.Load(json);
        foreach (var mandate in MandateBook.All.Where(m => m.OfList).ToArray()) MandateBook.LoadList(mandate, Approvals.ListOf(mandate.Id)!);
        foreach (var (key, json) in Kept.Where(k => k.Key.Kind == MandateBook.QueueKind)) MandateBook.LoadQueue(key.Id, json);
        MandateBook.Loaded(Now);
    }

    private void Keep((string Kind, string Id, byte[] Json)[] rows) { foreach (var (kind, id, json) in rows) Kept[(kind, id)] = json; }

    public static byte[] SessionKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfo();

    public static SoftwareAuthenticator Key(string origin = Screens) => new(Cell, origin);

    public byte[] Nonce(string purpose, SessionId? session = null) => Sessions.Begin(new BeginCeremony(purpose, session), Now).Nonce;

    public Account Someone(Role role, params UnitId[] units)
    {
        var account = new Account { Id = Id.New<AccountId>(), Name = $"{role} {Accounts.All.Count()}", Title = role.ToString(), Role = role, Units = units, Passkeys = [new Passkey(RandomNumberGenerator.GetBytes(32), [], 0, false, Now)] };
        Accounts.Put(account);
        return account;
    }

    /// <summary>An account with an enrolled key.</summary>
    public (Account Account, SoftwareAuthenticator Key) Enrolled(Role role, params UnitId[] units)
    {
        var code = Invitations.Issue(hash => new Invitation { Id = Id.New<ApprovalId>(), Account = new ProposeAccount($"{role} {Accounts.All.Count()}", role.ToString(), role, units, null), Granted = "essai", CodeHash = hash, Until = Now.AddHours(72) });
        var key = Key(RoleAccess.IsOfficer(role) ? Page : Screens);
        return (Sessions.Enrol(key.Enrol(code, Nonce("enrol"), SessionKey()), Now), key);
    }

    /// <summary>An enrolled workstation and the key that its browser keeps.</summary>
    public (Station Station, ECDsa Key) Station(UnitId unit)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        return (Stations.Enrol(new EnrolStation("code", publicKey, Sign(key, StationBook.EnrolMessage(Cell, "code", publicKey))), new ProposeStation("Poste 1", unit), Now), key);
    }

    public Session PinIn(SoftwareAuthenticator key, (Station Station, ECDsa Key)? at = null, byte[]? sessionKey = null) =>
        Sessions.Complete(On(key, "shift", at, sessionKey ?? SessionKey()), Now).Session;

    public Session TapIn(SoftwareAuthenticator key, (Station Station, ECDsa Key)? at) => Sessions.Tap(On(key, "tap", at, SessionKey(), new Quirks { NoVerification = true }), Now).Session;

    public Assertion On(SoftwareAuthenticator key, string purpose, (Station Station, ECDsa Key)? at, byte[] sessionKey, Quirks? quirks = null)
    {
        var assertion = key.Assert(purpose, Nonce(purpose), sessionKey, quirks);
        return at is { } place ? assertion with { Station = new StationProof(place.Station.Id, Sign(place.Key, StationBook.ProofMessage(Cell, place.Station.Id, purpose, assertion.Nonce, sessionKey))) } : assertion;
    }

    public static byte[] Sign(ECDsa key, byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public static string Refused(Action act) => Xunit.Assert.Throws<RefusedException>(act).Refusal.Code;
}
