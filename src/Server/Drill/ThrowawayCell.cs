using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Notes;

namespace Serment.Server.Drill;

/// <summary>
/// A production cell of its own in a temporary directory: both processes as the establishment runs them, two founders, a unit,
/// a clerk, a nurse on an enrolled station, a security officer, and canary patients in bed. Gone afterwards.
/// </summary>
internal sealed class ThrowawayCell : IAsyncDisposable
{
    private const int PerTouch = 10;
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-drill-").FullName;
    private readonly List<string> _codes = [];
    private Process? _process;

    public int Port { get; } = FreePort();
    public string Screens => $"http://localhost:{Port}";
    public string Page => $"http://localhost:{Port + 1}";
    public CustodianClient Client { get; private set; } = null!;
    public CellStatus Status { get; private set; } = null!;
    public EntriesDoor Rows { get; private set; } = null!;
    public Actor Ada { get; private set; } = null!;
    public SoftwareKey AdaKey { get; private set; } = null!;
    public Actor Ben { get; private set; } = null!;
    public Actor Nurse { get; private set; } = null!;
    public UnitLabel Unit { get; private set; } = null!;
    public (StationId Id, ECDsa Key) Station { get; private set; }
    public IReadOnlyList<Canary> Canaries { get; private set; } = [];

    public static async Task<ThrowawayCell> MakeAsync(int patients, Action<string> say)
    {
        var cell = new ThrowawayCell();
        try
        {
            say("Établissement jetable…");
            await cell.StartAsync().ConfigureAwait(false);
            await cell.FoundAsync().ConfigureAwait(false);
            say($"{patients} patients témoins…");
            await cell.AdmitAsync(patients).ConfigureAwait(false);
            return cell;
        }
        catch { await cell.DisposeAsync().ConfigureAwait(false); throw; }
    }

    public async Task<SoftwareKey> EnrolAsync(string code, string? origin = null)
    {
        var ceremony = await BeginAsync("enrol", null, code).ConfigureAwait(false);
        var key = new SoftwareKey(Status.Cell, origin ?? ceremony.Page ?? Screens) { UserHandle = ceremony.UserHandle };
        using var session = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Client.AskUnsignedAsync(SessionVerbs.Enrol, "", key.Enrol(code, ceremony.Nonce, session.ExportSubjectPublicKeyInfo())).ConfigureAwait(false);
        return key;
    }

    public async Task<Actor> EnterAsync(SoftwareKey key, bool onStation = false)
    {
        var session = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var assertion = key.Assert("shift", (await BeginAsync("shift").ConfigureAwait(false)).Nonce, session.ExportSubjectPublicKeyInfo());
        if (onStation) assertion = assertion with { Station = new StationProof(Station.Id, ProofOf("shift", assertion)) };
        var entered = await Client.AskUnsignedAsync(SessionVerbs.Complete, "", assertion).ConfigureAwait(false);
        return new Actor(this, entered.Session, session, entered.Me);
    }

    public async Task TouchAsync(Actor who, SoftwareKey key, bool pin)
    {
        var purpose = pin ? "pin" : "touch";
        await who.AskAsync(SessionVerbs.Touch, new Touch(pin, key.Assert(purpose, (await BeginAsync(purpose, who.Session).ConfigureAwait(false)).Nonce, who.Key.ExportSubjectPublicKeyInfo()))).ConfigureAwait(false);
    }

    public byte[] ProofOf(string purpose, Assertion assertion) =>
        Sign(Station.Key, [.. Encoding.ASCII.GetBytes($"serment-station-v1\0{Status.Cell}\0{Station.Id}\0{purpose}\0"), .. assertion.Nonce, .. assertion.SessionKey]);

    public Task<Ceremony> BeginAsync(string purpose, SessionId? session = null, string? invitation = null, StationId? station = null) =>
        Client.AskUnsignedAsync(SessionVerbs.Begin, "", new BeginCeremony(purpose, session, invitation, station));

    private async Task StartAsync()
    {
        var passphrase = Path.Combine(_directory, "passphrase.txt");
        await File.WriteAllTextAsync(passphrase, Convert.ToHexString(RandomNumberGenerator.GetBytes(16))).ConfigureAwait(false);
        var start = new ProcessStartInfo("dotnet", [typeof(ThrowawayCell).Assembly.Location, "run", "--data", _directory, "--port", $"{Port}", "--empty"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing of the establishment that this machine may run: neither its database, nor its Custodian, nor its addresses.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("SERMENT_", StringComparison.Ordinal) && n != "SERMENT_CUSTODIAN_BINARY").ToArray()) start.Environment.Remove(name);
        start.Environment["SERMENT_PASSPHRASE_FILE"] = passphrase;
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.OutputDataReceived += (_, line) => { if (line.Data?.Contains("code d'invitation", StringComparison.Ordinal) == true) lock (_codes) _codes.Add(line.Data.Split(':')[^1].Trim()); };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var http = new HttpClient();
        for (var i = 0; ; i++)
            try { if ((await http.GetAsync(new Uri($"{Screens}/health/ready")).ConfigureAwait(false)).StatusCode is HttpStatusCode.OK) break; throw new HttpRequestException(); }
            catch (HttpRequestException)
            {
                if (_process.HasExited || i > 600) throw new RefusedException("drill.start", "L'établissement jetable ne démarre pas.");
                await Task.Delay(100).ConfigureAwait(false);
            }
        Client = new CustodianClient(new CustodianAddress { Socket = Commands.OwnCustodian.Socket(_directory) });
        Status = await Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).ConfigureAwait(false);
        Rows = new EntriesDoor(new RecordsDatabase(_directory, null), Status.Cell);
    }

    private async Task FoundAsync()
    {
        for (var i = 0; i < 50 && _codes.Count < 2; i++) await Task.Delay(100).ConfigureAwait(false);
        AdaKey = await EnrolAsync(_codes[0]).ConfigureAwait(false);
        var benKey = await EnrolAsync(_codes[1]).ConfigureAwait(false);
        (Ada, Ben) = (await EnterAsync(AdaKey).ConfigureAwait(false), await EnterAsync(benKey).ConfigureAwait(false));
        Unit = await Ada.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Médecine", "Site unique", [new PutBed("101", "101")])).ConfigureAwait(false);
        Station = await StationAsync((await AgreeAsync((await Ada.AskAsync(AccountVerbs.ProposeStation, new ProposeStation("Salle de soins", Unit.Unit)).ConfigureAwait(false)).Approval).ConfigureAwait(false))!).ConfigureAwait(false);
    }

    private async Task AdmitAsync(int patients)
    {
        var (clerk, clerkKey) = await HireAsync("Alix Témoin", Role.AdmissionsClerk, [], onStation: false).ConfigureAwait(false);
        (Nurse, var nurseKey) = await HireAsync("Noé Témoin", Role.Nurse, [Unit.Unit], onStation: true).ConfigureAwait(false);
        var canaries = new List<Canary>();
        foreach (var some in Enumerable.Range(0, patients).Chunk(PerTouch))
        {
            foreach (var number in some)
            {
                var traits = Rare(number);
                var who = (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Validated, DespiteDuplicates: true)).ConfigureAwait(false)).Created!.Patient;
                var stay = Id.New<StayId>();
                await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, who, "present", Unit.Unit, Unit.Unit, null)).ConfigureAwait(false);
                await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay)).ConfigureAwait(false);
                canaries.Add(new Canary(who, traits, $"temoin-{Id.New<EntryId>()}"));
            }
            await TouchAsync(clerk, clerkKey, pin: false).ConfigureAwait(false);
            var fresh = canaries.TakeLast(some.Length).ToArray();
            using (var keys = Signing.PatientFiles.KeysOf(await Nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([.. fresh.Select(c => c.Patient)], [Domain.Clinical], "care", Write: true)).ConfigureAwait(false)))
                await Rows.WriteAsync(keys, [.. fresh.Select(c => new NewEntry(Id.New<EntryId>(), 1, c.Patient, Domain.Clinical, new EntryContent(Note.Room, DateTimeOffset.UtcNow, Nurse.Me!.Account, Nurse.Me.Name, null, EntryJson.Of(new Note("nursing", c.Text)))))], DateTimeOffset.UtcNow).ConfigureAwait(false);
            await TouchAsync(Nurse, nurseKey, pin: false).ConfigureAwait(false);
        }
        Canaries = canaries;
    }

    private async Task<(Actor, SoftwareKey)> HireAsync(string name, Role role, UnitId[] units, bool onStation)
    {
        var key = await EnrolAsync((await AgreeAsync((await Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount(name, name, role, units, null)).ConfigureAwait(false)).Approval).ConfigureAwait(false))!).ConfigureAwait(false);
        return (await EnterAsync(key, onStation).ConfigureAwait(false), key);
    }

    private async Task<string?> AgreeAsync(ApprovalId id)
    {
        var statement = (await Ben.AskAsync(AccountVerbs.Waiting, Nothing.AtAll).ConfigureAwait(false)).Waiting.Single(w => w.Approval == id).Statement;
        return (await Ben.AskAsync(AccountVerbs.Approve, new Approve(id, statement)).ConfigureAwait(false)).Invitation;
    }

    private async Task<(StationId, ECDsa)> StationAsync(string code)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var shown = key.ExportSubjectPublicKeyInfo();
        byte[] message = [.. Encoding.ASCII.GetBytes($"serment-station-enrol-v1\0{Status.Cell}\0{code}\0"), .. shown];
        return ((await Client.AskUnsignedAsync(AccountVerbs.EnrolStation, "", new EnrolStation(code, shown, Sign(key, message))).ConfigureAwait(false)).Station, key);
    }

    /// <summary>Of one length, so that no name holds another; borne by nobody.</summary>
    private static IdentityTraits Rare(int number)
    {
        string[] parts = ["XA", "ZU", "QO", "WI", "KY", "JE", "VO", "YX", "FU", "GZ", "HW", "KJ", "ZX", "WQ", "YV", "XO", "QI", "JU", "VY", "ZE"];
        var name = $"ZQ{parts[number / 8000 % 20]}{parts[number / 400 % 20]}{parts[number / 20 % 20]}{parts[number % 20]}WX";
        return new IdentityTraits(name, "Temoin", null, new DateOnly(1930, 1, 1).AddDays(number * 37 % 30_000), number % 2 == 0 ? Sex.Female : Sex.Male, null);
    }

    private static byte[] Sign(ECDsa key, byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static int FreePort()
    {
        for (; ; )
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            using var second = new TcpListener(IPAddress.Loopback, port + 1);
            try { second.Start(); return port; }
            catch (SocketException) { /* The Custodian's page needs the next one. */ }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        _process?.Dispose();
        try { Directory.Delete(_directory, recursive: true); }
        catch (IOException) { /* The Custodian, orphaned, may still write its last file; the system clears temporary directories. */ }
    }
}
