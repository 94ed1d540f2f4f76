using System.Diagnostics;
using System.Net;
using Microsoft.Playwright;

namespace Serment.Live.Tests;

/// <summary>A whole cell as `./run` starts it: both real processes on a directory of their own, met through a real browser.</summary>
public sealed class Hospital : IAsyncDisposable
{
    private Process? _process;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("serment-hospital-").FullName;
    public int Port { get; } = OfficerBrowser.FreePort();
    public string Address => $"http://localhost:{Port}";
    public List<string> Printed { get; } = [];

    /// <param name="environment">What the establishment's operator would set.</param>
    public async Task StartAsync(string[]? options = null, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "run", "--data", Directory, "--port", $"{Port}", .. options ?? []]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        await ReadyAsync(start);
    }

    /// <summary>The Server alone, beside a Custodian that the test started itself.</summary>
    /// <param name="socket">Where that Custodian listens.</param>
    public Task ServeAsync(string socket)
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "serve", "--data", Directory, "--port", $"{Port}", "--empty"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SERMENT_CUSTODIAN"] = $"unix:{socket}";
        return ReadyAsync(start);
    }

    private async Task ReadyAsync(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => { lock (Printed) if (line.Data is not null) Printed.Add(line.Data); };
        _process.ErrorDataReceived += (_, line) => { lock (Printed) if (line.Data is not null) Printed.Add(line.Data); };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var i = 0; i < 200; i++)
        {
            if (_process.HasExited) throw new InvalidOperationException(Said());
            try { if ((await http.GetAsync($"{Address}/health/ready")).StatusCode == HttpStatusCode.OK) return; }
            catch (HttpRequestException) { }
            await Task.Delay(100);
        }
        throw new TimeoutException(Said());
    }

    public string Said() { lock (Printed) return string.Join('\n', Printed); }

    /// <summary>Both processes at once, as a power cut does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await Task.Delay(300);
    }

    /// <summary>The Custodian alone, found by its data directory.</summary>
    public void KillCustodian() => SignalCustodian("KILL");

    /// <param name="signal">STOP, CONT, KILL.</param>
    public void SignalCustodian(string signal)
    {
        foreach (var custodian in Custodians())
            using (var sent = Process.Start("kill", ["-" + signal, $"{custodian}"])!) sent.WaitForExit();
    }

    private List<int> Custodians()
    {
        var found = new List<int>();
        foreach (var candidate in Process.GetProcessesByName("dotnet"))
            using (candidate)
            {
                var arguments = $"/proc/{candidate.Id}/cmdline";
                if (File.Exists(arguments) && File.ReadAllText(arguments) is var line && line.Contains("Serment.Custodian.dll", StringComparison.Ordinal) && line.Contains(Directory, StringComparison.Ordinal)) found.Add(candidate.Id);
            }
        return found;
    }

    /// <summary>Asks the process to stop as a service manager does, and waits.</summary>
    public async Task<int> StopAsync()
    {
        using (var term = Process.Start("kill", $"-TERM {_process!.Id}")) await term!.WaitForExitAsync();
        return await EndedAsync();
    }

    /// <summary>Ctrl+C in the terminal of `./run`: both processes are told at once.</summary>
    public async Task<int> InterruptAsync()
    {
        using (var interrupt = Process.Start("kill", $"-INT {_process!.Id} {Custodians().Single()}")) await interrupt!.WaitForExitAsync();
        return await EndedAsync();
    }

    /// <summary>Its end, not that of its output: once, under load, the pipes of a process that was gone were never heard to close.</summary>
    private async Task<int> EndedAsync()
    {
        await Task.Run(() => _process!.WaitForExit(TimeSpan.FromMinutes(2)));
        return _process!.ExitCode;
    }

    /// <summary>A browser of its own: nothing is shared with any other but what the servers hold.</summary>
    public async Task<IPage> BrowserAsync(int width = 1366, int height = 768)
    {
        if (OfficerBrowser.Chromium is null) Xunit.Assert.Skip("Chromium is not installed");
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = OfficerBrowser.Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var context = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, Locale = "fr-FR", TimezoneId = "Europe/Paris" });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        Assertions.SetDefaultExpectTimeout(15_000);
        return page;
    }

    /// <summary>Enters a demonstration cell as the first person whose line holds that text.</summary>
    public async Task<IPage> EnterAsync(string who)
    {
        var page = await BrowserAsync();
        await page.GotoAsync(Address);
        await EnterAsync(page, who);
        return page;
    }

    public static async Task EnterAsync(IPage page, string who)
    {
        await page.Locator($".people button:has-text(\"{who}\")").First.ClickAsync();
        await page.Locator(".bar .who").WaitForAsync();
    }

    public static async Task LeaveAsync(IPage page)
    {
        await page.Locator(".bar .who").ClickAsync();
        await page.GetByText("Quitter ou changer d'utilisateur").ClickAsync();
        await page.Locator(".people").WaitForAsync();
    }

    /// <summary>For people who look: where SERMENT_PICTURES names a folder, the screen as it is at a workstation and on a tablet.</summary>
    public static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is not { } folder) return;
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
        await page.SetViewportSizeAsync(820, 1180);
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-tablet.png") });
        await page.SetViewportSizeAsync(1366, 768);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
        if (_process is { HasExited: false }) _process.Kill(entireProcessTree: true);
        _process?.Dispose();
        try { System.IO.Directory.Delete(Directory, recursive: true); }
        catch (IOException) { }
    }
}
