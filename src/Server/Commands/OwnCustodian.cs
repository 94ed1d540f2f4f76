using System.Diagnostics;

namespace Serment.Server.Commands;

/// <summary>
/// Runs the Custodian beside this Server and has it running and unlocked again within seconds when it dies.
/// The child ends when this process does, however that happens: its standard input closes.
/// </summary>
/// <param name="port">The Server's; 0: without the Custodian's own page, which a command has no use for.</param>
/// <param name="name">The establishment's, when this start founds it.</param>
/// <param name="mark">"--demonstration" or "--rehearsal"; null: a cell founded here is for real patients.</param>
internal sealed partial class OwnCustodian(string data, int port, string? mark, ILogger log, string? name = null) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _codes = [];
    private Process? _process;
    private Task _watching = Task.CompletedTask;

    public static string Socket(string data) => Path.Combine(data, "custodian", "run", "custodian.sock");

    /// <summary>The two invitations of a cell that this start founded; known only now, to be handed over in person.</summary>
    public IReadOnlyList<string> FoundingCodes => _codes;

    /// <summary>True when the data directory was made by this start.</summary>
    public async Task<bool> StartAsync()
    {
        var founded = !File.Exists(Path.Combine(data, "custodian", "cell.json"));
        await LaunchAsync().ConfigureAwait(false);
        _watching = WatchAsync();
        return founded;
    }

    private async Task LaunchAsync()
    {
        string[] creation = ["--create", mark == "--demonstration" ? "Clinique des Trois Rivières" : name ?? Environment.GetEnvironmentVariable("SERMENT_NAME") ?? "Établissement", .. mark is null ? [] : new[] { mark }];
        var process = Process.Start(new ProcessStartInfo("dotnet", [Binary(), "--data", data, .. port == 0 ? [] : new[] { "--port", $"{port}" }, "--ends-with-input", .. creation]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var faults = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line == "custodian ready") { _process = process; _ = RelayAsync(process.StandardOutput); return; }
            if (line.StartsWith("invitation ", StringComparison.Ordinal)) _codes.Add(line[11..]);
            else Console.WriteLine(line);
        }
        await process.WaitForExitAsync().ConfigureAwait(false);
        throw new RefusedException("custodian.start", (await faults.ConfigureAwait(false)).Trim() is { Length: > 0 } said ? said : $"Le gardien s'est arrêté aussitôt (code {process.ExitCode}).");
    }

    /// <summary>What the Custodian logs, to standard error: a command's own output may be JSON. Kept nowhere on the way.</summary>
    private static async Task RelayAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync().ConfigureAwait(false) is { } line) await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try { await _process!.WaitForExitAsync(_stop.Token).ConfigureAwait(false); }
            catch (OperationCanceledException) { return; }
            Died(log, _process!.ExitCode);
            for (var wait = 200; !_stop.IsCancellationRequested; wait = Math.Min(wait * 2, 5000))
                try { await LaunchAsync().ConfigureAwait(false); break; }
                catch (RefusedException no) { NotBack(log, no.Refusal.Message); await Task.Delay(wait).ConfigureAwait(false); }
        }
    }

    internal static string Binary()
    {
        string[] places =
        [
            Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN_BINARY") ?? "",
            Path.Combine(AppContext.BaseDirectory, "..", "custodian", "Serment.Custodian.dll"),
            Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "Custodian", "bin", "Release", "net10.0", "Serment.Custodian.dll"),
        ];
        return places.FirstOrDefault(File.Exists) ?? throw new RefusedException("custodian.binary", "Le programme du gardien est introuvable : compilez d'abord (./run), ou donnez SERMENT_CUSTODIAN_BINARY.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_process is { HasExited: false })
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try { await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false); }
            catch (OperationCanceledException) { _process.Kill(); }
        }
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The Custodian died (exit code {Code}); starting it again")]
    private static partial void Died(ILogger log, int code);

    [LoggerMessage(Level = LogLevel.Error, Message = "The Custodian does not start: {Reason}")]
    private static partial void NotBack(ILogger log, string reason);
}
