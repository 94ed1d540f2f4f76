using System.Diagnostics;
using System.Net;

namespace Serment.Live.Tests;

/// <summary>A demonstration whose Server reaches its Custodian over a cable that a test cuts, and whose Custodian the test asks directly.</summary>
public sealed class ServedDemonstration : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-served-").FullName;
    private Process? _server;

    public ServedDemonstration()
    {
        Custodian = new CustodianProcess(port: Hospital.Port);
        Cable = new Cable(Path.Combine(_directory, "cable.sock"), Custodian.Socket);
    }

    /// <summary>Its browser and its port; the processes are this one's.</summary>
    public Hospital Hospital { get; } = new();
    public CustodianProcess Custodian { get; }
    public Cable Cable { get; }

    public async Task ServeAsync()
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "serve", "--data", _directory, "--port", $"{Hospital.Port}", "--empty"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SERMENT_CUSTODIAN"] = $"unix:{Cable.Path}";
        _server = Process.Start(start)!;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(40); await Task.Delay(50))
            try { if ((await http.GetAsync($"{Hospital.Address}/health/ready")).StatusCode == HttpStatusCode.OK) return; }
            catch (HttpRequestException) { }
        throw new TimeoutException("the Server did not answer");
    }

    public async ValueTask DisposeAsync()
    {
        await Hospital.DisposeAsync();
        if (_server is { HasExited: false })
        {
            _server.Kill();
            await _server.WaitForExitAsync();
        }
        _server?.Dispose();
        Custodian.Dispose();
        Cable.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
