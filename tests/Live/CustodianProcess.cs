using System.Diagnostics;
using System.Security.Cryptography;

namespace Serment.Live.Tests;

/// <summary>A real Custodian process on a directory of its own, met over its real socket.</summary>
public sealed class CustodianProcess : IDisposable
{
    private readonly bool _demonstration;
    private Process? _process;
    private readonly bool _ownsDirectory;

    private readonly CustodianSetting _setting;

    /// <param name="port">The Server's port; the Custodian's own page is served on the next one. 0: no page.</param>
    public CustodianProcess(bool demonstration = true, string? directory = null, CustodianSetting? setting = null, int port = 0)
    {
        _setting = setting ?? new CustodianSetting();
        _demonstration = demonstration;
        Port = port;
        _ownsDirectory = directory is null;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("serment-").FullName;
        Start([.. _setting.Options]);
    }

    public string Directory { get; }
    public int Port { get; }
    public string Screens => $"http://localhost:{(Port == 0 ? 5080 : Port)}";
    public string Page => $"http://localhost:{(Port == 0 ? 5081 : Port + 1)}";
    public string Socket => Path.Combine(Directory, "custodian", "run", "custodian.sock");
    public CustodianClient Client { get; private set; } = null!;
    public CellStatus Status { get; private set; } = null!;
    public List<string> Printed { get; } = [];
    /// <summary>What a production cell is started with.</summary>
    public string Passphrase { get; set; } = "une phrase secrète d'essai";

    public static string Binary(string project) => Path.Combine(Root, "src", project, "bin", "Release", "net10.0", $"Serment.{project}.dll");

    public static string Root { get; } = FindRoot();

    /// <param name="more">Options that this start adds.</param>
    public void Start(params string[] more)
    {
        Launch(more);
        string? line;
        while ((line = _process!.StandardOutput.ReadLine()) is not null && line != "custodian ready") Printed.Add(line);
        if (line is null) throw new InvalidOperationException(_process.StandardError.ReadToEnd());
        // Who reaches it by an address of his own keeps his client across its restarts, as the Server does.
        if (_setting.Address is null && _setting.Client is null) Client?.Dispose();
        if (_setting.Client is not null) Client = _setting.Client;
        else if (_setting.Address is null || Client is null) Client = new CustodianClient(_setting.Address ?? new CustodianAddress { Socket = Socket });
        if (more.Contains("--follow")) return;
        // A connection that died with the process before may be asked once more.
        for (var attempt = 1; ; attempt++)
            try
            {
                Status = Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).GetAwaiter().GetResult();
                return;
            }
            catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Away && (_setting.Address is not null || _setting.Client is not null) && attempt < 5) { }
    }

    /// <summary>Starts the process and waits for nothing.</summary>
    public void Launch(params string[] more)
    {
        var start = new ProcessStartInfo("dotnet", [Binary("Custodian"), "--data", Directory, "--create", "Clinique d'essai", .. _setting.Rehearsal ? new[] { "--rehearsal" } : _demonstration ? ["--demonstration"] : [], .. Port == 0 ? [] : new[] { "--port", $"{Port}" }, .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (!_demonstration)
        {
            var passphrase = Path.Combine(Directory, "passphrase.txt");
            File.WriteAllText(passphrase, Passphrase);
            start.Environment["SERMENT_PASSPHRASE_FILE"] = passphrase;
        }
        foreach (var (name, value) in _setting.Environment) start.Environment[name] = value;
        _process?.Dispose();
        _process = Process.Start(start)!;
    }

    /// <summary>SIGSTOP: it holds its sockets and its memory, and does nothing.</summary>
    public void Pause() => Signal("STOP");

    public void Resume() => Signal("CONT");

    private void Signal(string name)
    {
        if (_process!.HasExited) return;
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        kill.WaitForExit();
    }

    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>Asks it to end, as a supervisor does.</summary>
    public void Stop()
    {
        Signal("TERM");
        _process!.WaitForExit();
    }

    /// <summary>Waits until it ends by itself, and says how.</summary>
    public async Task<(int Code, string Error)> EndedAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process!.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, await _process.StandardError.ReadToEndAsync(limit.Token));
    }

    /// <summary>What a second start on the same directory says.</summary>
    public (int Code, string Error) StartAnother(string? passphraseFile = null)
    {
        var start = new ProcessStartInfo("dotnet", [Binary("Custodian"), "--data", Directory]) { RedirectStandardError = true, RedirectStandardOutput = true };
        if (passphraseFile is not null) start.Environment["SERMENT_PASSPHRASE_FILE"] = passphraseFile;
        using var second = Process.Start(start)!;
        var error = second.StandardError.ReadToEnd();
        second.WaitForExit();
        return (second.ExitCode, error);
    }

    public async Task<Me> PersonAsync(Role role, int nth = 0) =>
        (await Client.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People.Where(p => p.Role == role).ElementAt(nth);

    public async Task<Person> EnterAsync(Role role, int nth = 0) => await EnterAsync(await PersonAsync(role, nth));

    public async Task<Person> EnterAsync(Me who)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signedIn = await Client.AskUnsignedAsync(SessionVerbs.Demonstration, "", new DemonstrationSignIn(who.Account, key.ExportSubjectPublicKeyInfo()));
        return new Person(this, key, signedIn.Session, signedIn.Me);
    }

    public Signer Import()
    {
        var lines = File.ReadAllText(Path.Combine(Directory, "demonstration-import.key")).Split('\n', 2);
        var key = ECDsa.Create();
        key.ImportFromPem(lines[1]);
        return new Signer(Client, Status.Cell, key, null, Id.Parse<ClientId>(lines[0]), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1);
    }

    public void Dispose()
    {
        if (_setting.Client is null) Client.Dispose();
        if (!_process!.HasExited) Kill();
        _process.Dispose();
        if (_ownsDirectory) System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Serment.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Serment.slnx above the tests");
        return folder;
    }
}

/// <summary>How a Custodian is unlocked and reached: by a passphrase and its socket when nothing else is said.</summary>
public sealed record CustodianSetting
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public CustodianAddress? Address { get; init; }
    /// <summary>A client of the test's own, which knows of more than this one.</summary>
    public CustodianClient? Client { get; init; }
    /// <summary>What the first start adds.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
    /// <summary>Founded as a rehearsal: real keys, a clock that moves. Not together with a demonstration.</summary>
    public bool Rehearsal { get; init; }
}

/// <summary>Someone signed in, with the session key that a browser would hold.</summary>
public sealed record Person(CustodianProcess Cell, ECDsa Key, SessionId Session, Me Me)
{
    private long _counter;

    /// <summary>How far the cell's clock, and with it this browser's, was moved.</summary>
    public TimeSpan Ahead { get; set; }

    public SignedIn? Entered { get; init; }

    public Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        var (message, signature) = Sign(verb, body, DateTimeOffset.UtcNow.Add(Ahead).AddSeconds(30));
        return Cell.Client.AskAsync(verb, message, signature);
    }

    public (byte[] Message, byte[] Signature) Sign<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body, DateTimeOffset expires, string? cell = null)
    {
        var message = RequestBytes.Of(verb, cell ?? Cell.Status.Cell, Session, null, Interlocked.Increment(ref _counter), expires.ToUnixTimeMilliseconds(), body);
        return (message, Key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>What a browser does when a restarted Custodian no longer knows which counters were used.</summary>
    public void JumpCounter() => Interlocked.Add(ref _counter, 8192);
}
