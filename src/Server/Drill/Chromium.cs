using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>A real Chromium on a profile of its own, or on several that share nothing but the process, driven over its DevTools socket. https://chromedevtools.github.io/devtools-protocol/</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>Of a machine that does much else: what does not come at all is told all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SayAgain = TimeSpan.FromSeconds(5);
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _waiting = [];
    private readonly SemaphoreSlim _sending = new(1);
    private int _last;

    private Chromium(Process process) => _process = process;

    /// <summary>Null where none is installed, or where SERMENT_CHROMIUM names none.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("SERMENT_CHROMIUM") is { Length: > 0 } named ? [named] : new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }).FirstOrDefault(File.Exists);

    public static async Task<Chromium> StartAsync(string profile)
    {
        Directory.CreateDirectory(profile);
        var port = Path.Combine(profile, "DevToolsActivePort");
        File.Delete(port);
        var process = Process.Start(new ProcessStartInfo(Program!, ["--headless=new", $"--user-data-dir={profile}", "--remote-debugging-port=0", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--restore-last-session", "--disable-background-networking", "--disable-component-update", "--disable-sync", "about:blank"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var browser = new Chromium(process);
        var watch = Stopwatch.StartNew();
        string[] lines;
        while (!File.Exists(port) || (lines = await File.ReadAllLinesAsync(port).ConfigureAwait(false)).Length < 2)
        {
            if (process.HasExited || watch.Elapsed > Patience) throw new RefusedException("drill.chromium", "Chromium ne démarre pas.");
            await Task.Delay(50).ConfigureAwait(false);
        }
        await browser._socket.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), CancellationToken.None).ConfigureAwait(false);
        _ = browser.ReceiveAsync();
        return browser;
    }

    /// <param name="key">A security key plugged into this computer.</param>
    /// <param name="apart">In a profile that no other tab has: storage, workers and security key are its own, and end with it.</param>
    public async Task<Tab> OpenAsync(string address, SoftwareKey? key = null, bool apart = false)
    {
        var profile = apart ? (await SendAsync("Target.createBrowserContext", new { }).ConfigureAwait(false)).GetProperty("browserContextId").GetString() : null;
        var target = (await SendAsync("Target.createTarget", profile is null ? new { url = "about:blank" } : new { url = "about:blank", browserContextId = profile }).ConfigureAwait(false)).GetProperty("targetId").GetString()!;
        var tab = await AttachAsync(target).ConfigureAwait(false);
        await tab.SendAsync("Emulation.setFocusEmulationEnabled", new { enabled = true }).ConfigureAwait(false);
        if (key is not null)
        {
            await tab.SendAsync("WebAuthn.enable", new { }).ConfigureAwait(false);
            var made = await tab.SendAsync("WebAuthn.addVirtualAuthenticator", new { options = new { protocol = "ctap2", transport = "usb", hasResidentKey = true, hasUserVerification = true, isUserVerified = true, automaticPresenceSimulation = true } }).ConfigureAwait(false);
            tab.Authenticator = made.GetProperty("authenticatorId").GetString();
            await tab.SendAsync("WebAuthn.addCredential", new { authenticatorId = tab.Authenticator, credential = key.ForBrowser() }).ConfigureAwait(false);
        }
        await tab.SendAsync("Page.navigate", new { url = address }).ConfigureAwait(false);
        return tab;
    }

    private async Task<Tab> AttachAsync(string target) => new(this, target, (await SendAsync("Target.attachToTarget", new { targetId = target, flatten = true }).ConfigureAwait(false)).GetProperty("sessionId").GetString()!);

    internal async Task<JsonElement> SendAsync(string method, object parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _waiting[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = session is null ? JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters }) : JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters, sessionId = session });
        await _sending.WaitAsync().ConfigureAwait(false);
        try { await _socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None).ConfigureAwait(false); }
        finally { _sending.Release(); }
        var said = await answer.Task.WaitAsync(Patience).ConfigureAwait(false);
        return said.TryGetProperty("result", out var result) ? result : throw new RefusedException("drill.chromium", $"{method} : {said}");
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[1 << 16];
        using var whole = new MemoryStream();
        try
        {
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false);
                if (read.MessageType is WebSocketMessageType.Close) return;
                whole.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage) continue;
                var said = JsonSerializer.Deserialize<JsonElement>(whole.GetBuffer().AsSpan(0, (int)whole.Length));
                whole.SetLength(0);
                if (said.TryGetProperty("id", out var id) && _waiting.TryRemove(id.GetInt32(), out var waiting)) waiting.SetResult(said);
            }
        }
        catch (Exception over) when (over is WebSocketException or ObjectDisposedException or OperationCanceledException) { }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
        _sending.Dispose();
    }

    internal sealed class Tab(Chromium browser, string target, string session)
    {
        public string? Authenticator { get; set; }

        public Task<JsonElement> SendAsync(string method, object parameters) => browser.SendAsync(method, parameters, session);

        /// <summary>The security key is taken out: whatever the page asks for, nobody touches it.</summary>
        public Task UnplugAsync() => SendAsync("WebAuthn.removeVirtualAuthenticator", new { authenticatorId = Authenticator });

        /// <summary>Inside the shared worker of this page: where whoever serves its script runs what he wants.</summary>
        public async Task<Tab> WorkerAsync(string script)
        {
            var all = (await browser.SendAsync("Target.getTargets", new { }).ConfigureAwait(false)).GetProperty("targetInfos").EnumerateArray().ToArray();
            var profile = all.Single(one => one.GetProperty("targetId").GetString() == target).GetProperty("browserContextId").GetString();
            var worker = all.Single(one => one.GetProperty("type").GetString() == "shared_worker" && one.GetProperty("browserContextId").GetString() == profile && one.GetProperty("url").GetString()!.EndsWith(script, StringComparison.Ordinal));
            return await browser.AttachAsync(worker.GetProperty("targetId").GetString()!).ConfigureAwait(false);
        }

        /// <summary>The value of a script, promises awaited; null when it threw or has none.</summary>
        public async Task<string?> EvaluateAsync(string script)
        {
            var answer = await SendAsync("Runtime.evaluate", new { expression = script, awaitPromise = true, returnByValue = true }).ConfigureAwait(false);
            return answer.TryGetProperty("exceptionDetails", out _) || !answer.GetProperty("result").TryGetProperty("value", out var value) || value.ValueKind is JsonValueKind.Null ? null : value.ToString();
        }

        /// <param name="meanwhile">Said again every few seconds: a click on a page whose script is not there yet is lost.</param>
        /// <returns>False when it did not come.</returns>
        public async Task<bool> WaitAsync(string condition, string? meanwhile = null)
        {
            TimeSpan? said = null;
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < Patience; await Task.Delay(50).ConfigureAwait(false))
                try
                {
                    if (await EvaluateAsync($"!!({condition})").ConfigureAwait(false) is "True" or "true") return true;
                    if (meanwhile is null || (said is { } last && watch.Elapsed - last < SayAgain)) continue;
                    said = watch.Elapsed;
                    await EvaluateAsync(meanwhile).ConfigureAwait(false);
                }
                // The page was left while it was asked: the next one answers.
                catch (RefusedException) { }
            return false;
        }

        /// <exception cref="RefusedException">It did not come; with what the screen shows.</exception>
        public async Task MustAsync(string condition, string? meanwhile = null)
        {
            if (!await WaitAsync(condition, meanwhile).ConfigureAwait(false)) throw new RefusedException("drill.screen", $"L'écran attendu n'est pas venu : {condition} | {await EvaluateAsync("location.pathname + ' ' + document.body.innerText.slice(-600)").ConfigureAwait(false)}");
        }

        public async Task<string> TextAsync() => await EvaluateAsync("document.title + ' ' + document.documentElement.outerHTML").ConfigureAwait(false) ?? "";
    }
}
