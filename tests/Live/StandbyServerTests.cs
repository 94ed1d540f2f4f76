using System.Diagnostics;
using System.Net;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The real Server between two real Custodians: it finds the one that leads by itself.</summary>
public sealed class StandbyServerTests : IAsyncDisposable
{
    private readonly CustodianPair _pair = new(inCharge: false);
    private readonly int _port = OfficerBrowser.FreePort();
    private readonly HttpClient _http = new();
    private Process? _server;

    [Fact]
    public async Task The_server_serves_again_within_seconds_after_the_first_custodian_dies_and_starts_beside_the_second_alone()
    {
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        Start();
        await UntilReadyAsync(HttpStatusCode.OK);
        _pair.First.Kill();
        var away = Stopwatch.StartNew();
        await UntilReadyAsync(HttpStatusCode.ServiceUnavailable);
        await UntilReadyAsync(HttpStatusCode.OK);
        TestContext.Current.TestOutputHelper?.WriteLine($"ready again {away.Elapsed.TotalSeconds:0.0} s after the first was killed");
        Assert.InRange(away.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal("alone", await CustodianPair.StandingAsync(_pair.Second));

        _server!.Kill();
        await _server.WaitForExitAsync();
        Start();
        await UntilReadyAsync(HttpStatusCode.OK);
    }

    private void Start()
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "serve", "--data", _pair.Data, "--port", $"{_port}", "--empty"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in _pair.Environment) start.Environment[name] = value;
        _server?.Dispose();
        _server = Process.Start(start)!;
        _server.OutputDataReceived += (_, _) => { };
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
    }

    private async Task UntilReadyAsync(HttpStatusCode wanted)
    {
        for (var patience = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            if (_server!.HasExited) throw new InvalidOperationException($"the Server ended with {_server.ExitCode}");
            try { if ((await _http.GetAsync($"http://localhost:{_port}/health/ready")).StatusCode == wanted) return; }
            catch (HttpRequestException) { }
            if (patience.Elapsed > TimeSpan.FromSeconds(40)) throw new TimeoutException($"{wanted} was awaited");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            _server.Kill();
            await _server.WaitForExitAsync();
        }
        _server?.Dispose();
        _http.Dispose();
        await _pair.DisposeAsync();
    }
}
