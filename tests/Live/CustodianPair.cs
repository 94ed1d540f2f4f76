using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Serment.Custodian.Wire.Grpc;
using Serment.Records;
using Serment.Server.Signing;

namespace Serment.Live.Tests;

/// <summary>Two real Custodians of one cell, one following the other, a real database, and the part of the Server that finds the one that leads.</summary>
public sealed class CustodianPair : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-pair-").FullName;
    private CustodianInCharge _charge;

    /// <param name="inCharge">Without: a real Server is, which the test starts.</param>
    /// <param name="production">People with real keys, who approve what two decide.</param>
    public CustodianPair(bool inCharge = true, bool production = false)
    {
        var (first, second) = (Made("first"), Made("second"));
        Client = new CustodianClient(AddressOf(first), AddressOf(second));
        ToFirst = new Cable(Path.Combine(_directory, "to-first.sock"), AddressOf(first).Socket!);
        ToSecond = new Cable(Path.Combine(_directory, "to-second.sock"), AddressOf(second).Socket!);
        First = new CustodianProcess(demonstration: !production, directory: first, setting: new CustodianSetting { Client = Client });
        // By hand, as the runbook says: the wrapped key and what unwraps it; nothing of it goes over the way between the two.
        Directory.CreateDirectory(Path.Combine(second, "custodian"));
        foreach (var name in production ? new[] { "cell.json" } : ["cell.json", "demonstration.passphrase"]) File.Copy(Path.Combine(first, "custodian", name), Path.Combine(second, "custodian", name));
        Second = new CustodianProcess(demonstration: !production, directory: second, setting: new CustodianSetting { Client = Client, Options = Follow(First) });
        Records = new RecordsDatabase(_directory, null);
        Records.PrepareAsync(First.Status.Cell).GetAwaiter().GetResult();
        _charge = Charge();
        if (inCharge) _charge.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <summary>Nobody of the Server looks after the two, until it is taken up again.</summary>
    public async Task LeaveAloneAsync()
    {
        await _charge.StopAsync(CancellationToken.None);
        _charge.Dispose();
        _charge = Charge();
    }

    public Task TakeUpAsync() => _charge.StartAsync(CancellationToken.None);

    private CustodianInCharge Charge() => new(Client, Records, NullLogger<CustodianInCharge>.Instance);

    public CustodianClient Client { get; }
    public CustodianProcess First { get; }
    public CustodianProcess Second { get; }
    /// <summary>The way on which one follows the other, and nobody asks.</summary>
    public Cable ToFirst { get; }
    public Cable ToSecond { get; }

    public CustodianProcess Other(CustodianProcess one) => one == First ? Second : First;

    /// <summary>Options of a start that follows that one.</summary>
    public string[] Follow(CustodianProcess leader) => ["--follow", $"unix:{(leader == First ? ToFirst : ToSecond).Path}"];

    public RecordsDatabase Records { get; }
    /// <summary>Where commands of the Server find the database.</summary>
    public string Data => _directory;

    public static async Task<string> StandingAsync(CustodianProcess which) => (await NowAsync(which))?.Standing ?? "";

    public static Task<StandingNow?> NowAsync(CustodianProcess which) => CustodianInCharge.StandingAsync(new CustodianAddress { Socket = which.Socket });

    public static async Task<TimeSpan> UntilAsync(CustodianProcess which, string standing)
    {
        var since = Stopwatch.StartNew();
        for (var last = ""; (last = await StandingAsync(which)) != standing; await Task.Delay(20))
            if (since.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException($"« {standing} » was awaited, it is « {last} »");
        return since.Elapsed;
    }

    /// <summary>A person as known to the pair, asking one of the two past the one that is in charge.</summary>
    public static async Task<Lease> AskDirectlyAsync(CustodianProcess which, Person who, PatientId patient)
    {
        using var client = new CustodianClient(new CustodianAddress { Socket = which.Socket });
        var (message, signature) = who.Sign(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "direct"), DateTimeOffset.UtcNow.AddSeconds(60));
        return await client.AskAsync(ReleaseVerbs.Release, message, signature);
    }

    /// <summary>What the Server and its commands are told of the two.</summary>
    public Dictionary<string, string> Environment => new() { ["SERMENT_CUSTODIAN"] = $"unix:{First.Socket}", ["SERMENT_STANDBY"] = $"unix:{Second.Socket}" };

    public Task<(int Code, string Said)> CommandAsync(params string[] arguments) => SermentCommand.RunAsync(Environment, [.. arguments, "--data", _directory]);

    private string Made(string name) => Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;

    private static CustodianAddress AddressOf(string data) => new() { Socket = Path.Combine(data, "custodian", "run", "custodian.sock") };

    public async ValueTask DisposeAsync()
    {
        await _charge.StopAsync(CancellationToken.None);
        _charge.Dispose();
        Second.Resume();
        First.Resume();
        Second.Dispose();
        First.Dispose();
        Client.Dispose();
        ToFirst.Dispose();
        ToSecond.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
