using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Serment.Server.Signing;

namespace Serment.Benchmarks;

/// <summary>A real Custodian process of a demonstration cell on a throw-away directory, met over its socket.</summary>
public sealed class CustodianProcess : IDisposable
{
    private readonly Process _process;
    private readonly bool _ownsDirectory;

    /// <summary>A second Custodian of that cell, following it, in step when this returns.</summary>
    public static async Task<CustodianProcess> FollowingAsync(CustodianProcess first, TimeSpan patience)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("serment-bench-second-").FullName;
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "custodian"));
        foreach (var name in new[] { "cell.json", "demonstration.passphrase" }) File.Copy(Path.Combine(first.Directory, "custodian", name), Path.Combine(directory, "custodian", name));
        var second = new CustodianProcess(first, directory);
        for (var watch = Stopwatch.StartNew(); (await CustodianInCharge.StandingAsync(new CustodianAddress { Socket = first.Socket }))?.Standing != "in-step"; await Task.Delay(50))
            if (watch.Elapsed > patience) { second.Dispose(); throw new TimeoutException("the second Custodian is not in step"); }
        return second;
    }

    private CustodianProcess(CustodianProcess first, string directory)
    {
        (_ownsDirectory, Directory, Status) = (true, directory, first.Status);
        _process = Launch(directory, "--follow", $"unix:{first.Socket}");
        Client = new CustodianClient(new CustodianAddress { Socket = Socket });
    }

    private static Process Launch(string directory, params string[] more)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [Binary("Custodian"), "--data", directory, "--create", "Mesures", "--demonstration", .. more]) { RedirectStandardOutput = true })!;
        while (process.StandardOutput.ReadLine() is { } line && line != "custodian ready") { }
        if (process.HasExited) throw new InvalidOperationException($"the Custodian ended at once (exit code {process.ExitCode})");
        // Warnings and faults, for whoever reads the measure; a pipe that nobody reads would hold up the process.
        _ = Task.Run(async () => { while (await process.StandardOutput.ReadLineAsync() is { } said) await Console.Error.WriteLineAsync(said); });
        return process;
    }

    /// <param name="directory">An existing cell; null: a new one, gone afterwards.</param>
    public CustodianProcess(string? directory = null)
    {
        _ownsDirectory = directory is null;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("serment-bench-").FullName;
        var watch = Stopwatch.StartNew();
        _process = Launch(Directory);
        Client = new CustodianClient(new CustodianAddress { Socket = Socket });
        Status = Ask();
        Answered = watch.Elapsed;
        while (!Status.SearchReady) { Thread.Sleep(20); Status = Ask(); }
        Searchable = watch.Elapsed;

        CellStatus Ask() => Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).GetAwaiter().GetResult();
    }

    public string Directory { get; }
    public string Socket => Path.Combine(Directory, "custodian", "run", "custodian.sock");
    public CustodianClient Client { get; }
    public CellStatus Status { get; }
    /// <summary>From the process's first instant to its first answer, and to its first possible search.</summary>
    public TimeSpan Answered { get; }
    public TimeSpan Searchable { get; }

    public static string Root { get; } = FindRoot();

    public static string Binary(string project) => Path.Combine(Root, "src", project, "bin", "Release", "net10.0", $"Serment.{project}.dll");

    public TimeSpan ProcessorTime { get { _process.Refresh(); return _process.TotalProcessorTime; } }

    public double Megabytes => Memory.Resident(_process.Id);

    public async Task<Clinician> EnterAsync(Role role, int nth = 0)
    {
        var who = (await Client.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People.Where(p => p.Role == role).ElementAt(nth);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var entered = await Client.AskUnsignedAsync(SessionVerbs.Demonstration, "", new DemonstrationSignIn(who.Account, key.ExportSubjectPublicKeyInfo()));
        return new Clinician(this, key, entered.Session, entered.Me);
    }

    /// <summary>The demonstration's import: it creates identities, announces stays and encrypts; it reads nothing.</summary>
    public Signer Import()
    {
        var lines = File.ReadAllText(Path.Combine(Directory, "demonstration-import.key")).Split('\n', 2);
        var key = ECDsa.Create();
        key.ImportFromPem(lines[1]);
        return new Signer(Client, Status.Cell, key, null, Id.Parse<ClientId>(lines[0]), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1);
    }

    /// <summary>As a service manager stops it: what it was keeping is kept.</summary>
    public void Stop()
    {
        using var term = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        if (_ownsDirectory) System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Serment.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Serment.slnx above the benchmarks");
        return folder;
    }
}

/// <summary>Someone signed in, with the session key that a browser would hold.</summary>
public sealed class Clinician(CustodianProcess cell, ECDsa key, SessionId session, Me me)
{
    private long _counter;

    public Me Me => me;

    public Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        var (message, signature) = Sign(verb, body);
        return cell.Client.AskAsync(verb, message, signature);
    }

    /// <summary>Signs ahead of time, as the browser does on its own processor: within the 60 seconds that a request may live.</summary>
    public (byte[] Message, byte[] Signature) Sign<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        var message = RequestBytes.Of(verb, cell.Status.Cell, session, null, Interlocked.Increment(ref _counter), DateTimeOffset.UtcNow.AddSeconds(55).ToUnixTimeMilliseconds(), body);
        return (message, key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }
}

public static class Memory
{
    /// <summary>Resident memory in MB (of 2^20 bytes), as the system counts it.</summary>
    public static double Resident(int process) =>
        double.Parse(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024;
}
