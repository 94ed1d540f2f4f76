using System.Diagnostics;
using Microsoft.Playwright;

namespace Serment.Benchmarks;

/// <summary>A whole cell as ./run starts it, on a throw-away directory, and the system's Chromium before it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public static readonly string? Chromium = new[] { Environment.GetEnvironmentVariable("SERMENT_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
    private readonly Process _process;
    private readonly List<string> _said = [];
    private IPlaywright? _playwright;

    private RunningServer(Process process, int port, string directory) => (_process, Port, Directory) = (process, port, directory);

    public int Port { get; }
    public string Directory { get; }
    public string Address => $"http://localhost:{Port}";
    public IBrowser Browser { get; private set; } = null!;
    public double Megabytes => Memory.Resident(_process.Id);

    /// <summary>Until the demonstration is full and nothing goes on by itself: a twentieth of a processor at most.</summary>
    public async Task AtRestAsync()
    {
        for (var (i, before) = (0, ProcessorTime); i < 180; i++, before = ProcessorTime)
        {
            await Task.Delay(1000);
            if (ProcessorTime - before < TimeSpan.FromMilliseconds(50)) return;
        }
    }

    /// <summary>The Server's and its Custodian's so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            var spent = TimeSpan.Zero;
            foreach (var process in Process.GetProcessesByName("dotnet"))
                using (process)
                    if (Serment.Server.Drill.Programs.CommandLine(process.Id)?.Contains(Directory, StringComparison.Ordinal) == true) spent += process.TotalProcessorTime;
            return spent;
        }
    }

    public string Said { get { lock (_said) return string.Join('\n', _said); } }

    public static async Task<RunningServer> StartAsync(string[]? options = null, Dictionary<string, string>? environment = null)
    {
        var (port, directory) = (Serment.Server.Drill.ThrowawayCell.FreePort(), System.IO.Directory.CreateTempSubdirectory("serment-bench-").FullName);
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "run", "--data", directory, "--port", $"{port}", .. options ?? []]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        var server = new RunningServer(Process.Start(start)!, port, directory);
        try
        {
            server._process.OutputDataReceived += (_, line) => { lock (server._said) server._said.Add(line.Data ?? ""); };
            server._process.ErrorDataReceived += (_, _) => { };
            server._process.BeginOutputReadLine();
            server._process.BeginErrorReadLine();
            await server.ReadyAsync();
            server._playwright = await Playwright.CreateAsync();
            server.Browser = await server._playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
            return server;
        }
        catch { await server.DisposeAsync(); throw; }
    }

    /// <summary>A window that shares nothing with the others.</summary>
    public async Task<IPage> WindowAsync(string? address = null)
    {
        var page = await (await Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1366, Height = 768 }, Locale = "fr-FR" })).NewPageAsync();
        page.SetDefaultTimeout(60_000);
        await page.GotoAsync(address ?? Address);
        return page;
    }

    /// <summary>A window of a demonstration, entered as that person.</summary>
    public async Task<IPage> EnterAsync(string who)
    {
        var page = await WindowAsync();
        await page.Locator($".people button:has-text(\"{who}\")").First.ClickAsync();
        await page.Locator(".ward, .empty").First.WaitForAsync();
        return page;
    }

    /// <summary>As <see cref="EnterAsync"/>, once the demonstration has filled a ward of that person's with patients.</summary>
    public async Task<IPage> EnterWardAsync(string who)
    {
        for (var i = 0; ; i++)
        {
            var page = await EnterAsync(who);
            if (i == 120 || await page.Locator(".ward tbody tr").CountAsync() >= 4) return page;
            await page.Context.CloseAsync();
            await Task.Delay(500);
        }
    }

    private async Task ReadyAsync()
    {
        using var http = new HttpClient();
        for (var i = 0; i < 600; i++)
        {
            try { if ((await http.GetAsync(new Uri($"{Address}/health/ready"))).IsSuccessStatusCode) return; }
            catch (HttpRequestException) { }
            await Task.Delay(100);
        }
        throw new TimeoutException("the Server does not start");
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try { System.IO.Directory.Delete(Directory, recursive: true); }
        catch (IOException) { /* The Custodian may still write its last file; the system clears temporary directories. */ }
    }
}
