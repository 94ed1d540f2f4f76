using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Stays;

namespace Serment.Server.Drill;

/// <summary>Someone of the drill's establishment, with the security key that he keeps.</summary>
internal sealed record Employee(AccountId Account, string Name, Role Role, IReadOnlyList<UnitId> Units, SoftwareKey Key);

/// <summary>What was founded, whatever process serves it: shared by the copies of one cell.</summary>
internal sealed class Establishment(Canaries canaries)
{
    public Canaries Canaries => canaries;
    public string Passphrase { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    public List<Employee> Staff { get; } = [];
    public List<UnitLabel> Units { get; } = [];
    /// <summary>In the order of their canaries.</summary>
    public PatientId[] Patients { get; set; } = [];
    public IdentityTraits[] Traits { get; set; } = [];
    /// <summary>Which of them lie in the beds of which unit.</summary>
    public Dictionary<UnitId, List<int>> Census { get; } = [];
    public (StationId Id, ECDsa Key) Station { get; set; }
    public (ClientId Id, ECDsa Key) Interface { get; set; }

    public Employee Of(Role role, int nth = 0) => Staff.Where(s => s.Role == role).ElementAt(nth);
}

/// <summary>
/// A rehearsal cell in a temporary directory: both processes as an establishment runs them, on a production cell's rules; gone afterwards.
/// Stopped, it can be copied, so that each attacker meets one that no other has touched.
/// </summary>
internal sealed class ThrowawayCell : IAsyncDisposable
{
    /// <summary>Of a machine that does much else.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly List<string> _codes = [];
    private readonly List<(DateTimeOffset At, string Kind)> _alarms = [];
    private readonly CancellationTokenSource _over = new();
    private Process? _process;
    private TimeSpan _ahead;
    private long _counter;

    public string Folder { get; } = Directory.CreateTempSubdirectory("serment-drill-").FullName;
    public int Port { get; } = FreePort();
    public string Screens => $"http://localhost:{Port}";
    public string Page => $"http://localhost:{Port + 1}";
    public required Establishment People { get; init; }
    public CustodianClient Client { get; private set; } = null!;
    public CellStatus Status { get; private set; } = null!;
    public EntriesDoor Rows { get; private set; } = null!;
    public StaysDoor Stays { get; private set; } = null!;

    /// <summary>The cell's time.</summary>
    public DateTimeOffset Now => DateTimeOffset.UtcNow + _ahead;

    public async Task<ThrowawayCell> CopyAsync()
    {
        var copy = new ThrowawayCell { People = People };
        await Programs.RunAsync("cp", "-r", Folder + "/.", copy.Folder).ConfigureAwait(false);
        await copy.StartAsync().ConfigureAwait(false);
        return copy;
    }

    public async Task StartAsync()
    {
        // Not where the data lie: whoever copies them has not got it.
        await File.WriteAllTextAsync(Folder + ".passphrase", People.Passphrase).ConfigureAwait(false);
        var start = new ProcessStartInfo("dotnet", [typeof(ThrowawayCell).Assembly.Location, "run", "--data", Folder, "--port", $"{Port}", "--rehearsal"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Nothing of the establishment that this machine may run: neither its database, nor its Custodian, nor its addresses.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("SERMENT_", StringComparison.Ordinal) && n != "SERMENT_CUSTODIAN_BINARY").ToArray()) start.Environment.Remove(name);
        start.Environment["SERMENT_PASSPHRASE_FILE"] = Folder + ".passphrase";
        _process = Process.Start(start)!;
        var said = new StringBuilder();
        _process.ErrorDataReceived += (_, line) => { lock (said) said.AppendLine(line.Data); };
        _process.OutputDataReceived += (_, line) => { if (line.Data?.Contains("code d'invitation", StringComparison.Ordinal) == true) lock (_codes) _codes.Add(line.Data.Split(':')[^1].Trim()); };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var http = new HttpClient();
        for (var watch = Stopwatch.StartNew(); ;)
            try { if ((await http.GetAsync(new Uri($"{Screens}/health/ready")).ConfigureAwait(false)).StatusCode is HttpStatusCode.OK) break; throw new HttpRequestException(); }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException)
            {
                if (_process.HasExited || watch.Elapsed > Patience) throw new RefusedException("drill.start", $"L'établissement jetable ne démarre pas. {said}");
                await Task.Delay(100).ConfigureAwait(false);
            }
        Client = new CustodianClient(new CustodianAddress { Socket = Commands.OwnCustodian.Socket(Folder) });
        do Status = await Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).ConfigureAwait(false);
        while (!Status.SearchReady);
        _ahead = Status.Ahead ?? TimeSpan.Zero;
        var database = new RecordsDatabase(Folder, null);
        (Rows, Stays) = (new EntriesDoor(database, Status.Cell), new StaysDoor(database));
        _ = ListenAsync();
    }

    /// <summary>Asks it to stop as a service manager does: what is on the disk afterwards is whole.</summary>
    public async Task StopAsync()
    {
        Client.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await Programs.RunAsync("kill", "-TERM", $"{_process!.Id}").ConfigureAwait(false);
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    public async Task AdvanceAsync(TimeSpan by) => _ahead = (await Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(by)).ConfigureAwait(false)).Ahead;

    /// <summary>Seconds of the cell's time from then to the first alarm that rang since; null while none did.</summary>
    public double? FirstAlarm(DateTimeOffset since)
    {
        lock (_alarms) return _alarms.Where(a => a.At >= since).Select(a => (double?)Math.Round((a.At - since).TotalSeconds, 1)).FirstOrDefault();
    }

    /// <summary>The processes of this cell, by part of their command line.</summary>
    public IEnumerable<int> Processes(string program) =>
        Process.GetProcessesByName("dotnet").Where(p => Programs.CommandLine(p.Id) is { } line && line.Contains(program, StringComparison.Ordinal) && line.Contains(Folder, StringComparison.Ordinal)).Select(p => p.Id);

    public async Task<string[]> FoundingCodesAsync()
    {
        for (var i = 0; i < 100 && _codes.Count < 2; i++) await Task.Delay(100).ConfigureAwait(false);
        lock (_codes) return [.. _codes];
    }

    public async Task<SoftwareKey> EnrolAsync(string code, bool? onPage = null)
    {
        var ceremony = await BeginAsync("enrol", null, code).ConfigureAwait(false);
        var key = new SoftwareKey(Status.Cell, onPage ?? ceremony.Page is not null) { UserHandle = ceremony.UserHandle };
        using var session = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Client.AskUnsignedAsync(SessionVerbs.Enrol, "", At(key).Enrol(code, ceremony.Nonce, session.ExportSubjectPublicKeyInfo())).ConfigureAwait(false);
        return key;
    }

    /// <summary>Start of a shift, with the PIN.</summary>
    public async Task<Actor> EnterAsync(SoftwareKey key, bool onStation = false)
    {
        var session = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var assertion = At(key).Assert("shift", (await BeginAsync("shift").ConfigureAwait(false)).Nonce, session.ExportSubjectPublicKeyInfo());
        if (onStation) assertion = assertion with { Station = new StationProof(People.Station.Id, ProofOf("shift", assertion)) };
        var entered = await Client.AskUnsignedAsync(SessionVerbs.Complete, "", assertion).ConfigureAwait(false);
        return new Actor(this, entered.Session, session, entered.Me);
    }

    /// <summary>The same at her real screen, in a real browser that her key is plugged into.</summary>
    public async Task<Chromium.Tab> EnterAsync(Chromium browser, SoftwareKey key, bool apart = false)
    {
        var tab = await browser.OpenAsync(Screens, key, apart).ConfigureAwait(false);
        await tab.MustAsync("document.querySelector('#enter')").ConfigureAwait(false);
        await tab.MustAsync("document.querySelector('.bar .who')", meanwhile: "document.querySelector('#enter:not([disabled])')?.click()").ConfigureAwait(false);
        return tab;
    }

    public Task<Actor> EnterAsync(Role role, int nth = 0) => EnterAsync(People.Of(role, nth).Key);

    /// <summary>The second of two reads what waits and signs it, with her PIN.</summary>
    public async Task<Approved> AgreeAsync(Actor second, SoftwareKey key, ApprovalId approval)
    {
        var statement = (await second.AskAsync(AccountVerbs.Waiting, Nothing.AtAll).ConfigureAwait(false)).Waiting.Single(w => w.Approval == approval).Statement;
        await TouchAsync(second, key, pin: true).ConfigureAwait(false);
        return await second.AskAsync(AccountVerbs.Approve, new Approve(approval, statement)).ConfigureAwait(false);
    }

    public async Task TouchAsync(Actor who, SoftwareKey key, bool pin)
    {
        var purpose = pin ? "pin" : "touch";
        await who.AskAsync(SessionVerbs.Touch, new Touch(pin, At(key).Assert(purpose, (await BeginAsync(purpose, who.Session).ConfigureAwait(false)).Nonce, who.Key.ExportSubjectPublicKeyInfo()))).ConfigureAwait(false);
    }

    public byte[] ProofOf(string purpose, Assertion assertion) =>
        Sign(People.Station.Key, [.. Encoding.ASCII.GetBytes($"serment-station-v1\0{Status.Cell}\0{People.Station.Id}\0{purpose}\0"), .. assertion.Nonce, .. assertion.SessionKey]);

    public Task<Ceremony> BeginAsync(string purpose, SessionId? session = null, string? invitation = null, StationId? station = null) =>
        Client.AskUnsignedAsync(SessionVerbs.Begin, "", new BeginCeremony(purpose, session, invitation, station));

    /// <summary>The key's answers, as a browser on this cell's addresses gives them.</summary>
    public SoftwareKey At(SoftwareKey key)
    {
        key.Origin = key.OnPage ? Page : Screens;
        return key;
    }

    /// <summary>Asks in the interface's name: it adds and never reads.</summary>
    public Task<TReply> AskAsInterfaceAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        var (message, signature) = SignAsInterface(verb.Name, body!);
        return Client.AskAsync(verb, message, signature);
    }

    public (byte[] Message, byte[] Signature) SignAsInterface(string verb, object body)
    {
        var first = Now.ToUnixTimeMilliseconds();
        Interlocked.CompareExchange(ref _counter, first, 0);
        var message = Actor.Message(Status.Cell, null, People.Interface.Id, Interlocked.Increment(ref _counter), Now, verb, body);
        return (message, Sign(People.Interface.Key, message));
    }

    public static byte[] Sign(ECDsa key, byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private async Task ListenAsync()
    {
        await foreach (var notice in Client.WatchAsync(Status.Cell, _over.Token).ConfigureAwait(false))
            if (notice.Kind == "alarm") lock (_alarms) _alarms.Add((Now, notice.Text));
    }

    /// <summary>A port whose successor is free too (the Custodian's page needs it), below those that Linux hands out to every connection of the machine: one of these may be taken again before the cell listens.</summary>
    internal static int FreePort()
    {
        for (; ; )
        {
            var port = 30000 + 2 * RandomNumberGenerator.GetInt32(1380);
            if (Free(port) && Free(port + 1)) return port;
        }
    }

    internal static bool Free(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException) { return false; }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        Client?.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        _process?.Dispose();
        _over.Dispose();
        File.Delete(Folder + ".passphrase");
        try { Directory.Delete(Folder, recursive: true); }
        catch (IOException) { /* The Custodian, orphaned, may still write its last file; the system clears temporary directories. */ }
    }
}
