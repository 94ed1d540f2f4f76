using Microsoft.Playwright;
using Serment.Server.Drill;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The system's Chromium with a security key of its own in each window (CDP's virtual authenticator).</summary>
public sealed class OfficerBrowser : IAsyncDisposable
{
    public static readonly string? Chromium = new[] { Environment.GetEnvironmentVariable("SERMENT_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly Dictionary<IPage, (ICDPSession Devtools, List<string> Keys)> _windows = [];

    private OfficerBrowser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<OfficerBrowser> LaunchAsync()
    {
        if (Chromium is null) Assert.Skip("Chromium is not installed");
        var playwright = await Playwright.CreateAsync();
        return new OfficerBrowser(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    /// <summary>A window of its own, with its own key; what the page says on its console ends in <paramref name="faults"/>.</summary>
    /// <param name="synchronised">A key that a cloud may copy.</param>
    public async Task<IPage> WindowAsync(string address, List<string> faults, ColorScheme scheme = ColorScheme.Light, bool synchronised = false)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions { ColorScheme = scheme, Locale = "fr-FR", ViewportSize = new ViewportSize { Width = 1366, Height = 768 } });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(15_000);
        page.Console += (_, message) => { if (message.Type == "error" && !message.Text.Contains("status of 4", StringComparison.Ordinal)) lock (faults) faults.Add(message.Text); };
        page.PageError += (_, error) => { lock (faults) faults.Add(error); };
        var devtools = await context.NewCDPSessionAsync(page);
        await devtools.SendAsync("WebAuthn.enable");
        _windows[page] = (devtools, []);
        await TakeNewKeyAsync(page, synchronised);
        await page.GotoAsync(address);
        return page;
    }

    /// <summary>Someone else at that window, with a key of his own that nothing is enrolled on yet.</summary>
    public async Task TakeNewKeyAsync(IPage window, bool synchronised = false)
    {
        var (devtools, keys) = _windows[window];
        var added = await devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2", ["transport"] = "usb", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true, ["defaultBackupEligibility"] = synchronised, ["defaultBackupState"] = synchronised,
            },
        });
        keys.Add(added!.Value.GetProperty("authenticatorId").GetString()!);
        await TakeKeyAsync(window, keys.Count - 1);
    }

    /// <summary>The key that answers there from now on, in the order in which they came; the others are in their holders' pockets.</summary>
    public async Task TakeKeyAsync(IPage window, int nth)
    {
        var (devtools, keys) = _windows[window];
        foreach (var (key, at) in keys.Select((key, at) => (key, at)))
            await devtools.SendAsync("WebAuthn.setAutomaticPresenceSimulation", new Dictionary<string, object> { ["authenticatorId"] = key, ["enabled"] = at == nth });
    }

    /// <summary>On the Custodian's page: the invitation's key, made in that window, then the session that it opens.</summary>
    public async Task<IPage> EnrolAndEnterAsync(string address, string code, List<string> faults, ColorScheme scheme = ColorScheme.Light)
    {
        var window = await WindowAsync(address, faults, scheme);
        await window.GetByLabel("Code d’invitation").FillAsync(code);
        await window.GetByRole(AriaRole.Button, new() { Name = "Enrôler ma clé" }).ClickAsync();
        await Assertions.Expect(window.GetByRole(AriaRole.Status)).ToContainTextAsync("est enrôlée");
        await window.GetByRole(AriaRole.Button, new() { Name = "Utiliser ma clé" }).ClickAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "J’ai lu", Exact = true }).ClickAsync();
        await Assertions.Expect(window.GetByRole(AriaRole.Heading, new() { Name = "Comptes" })).ToBeVisibleAsync();
        return window;
    }

    /// <summary>A port whose successor is free too, below those that the system hands out by itself.</summary>
    public static int FreePort()
    {
        while (true)
            if (Interlocked.Add(ref _port, 2) is var port && ThrowawayCell.Free(port) && ThrowawayCell.Free(port + 1)) return port;
    }

    private static int _port = 21000 + Environment.ProcessId % 400 * 20;

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
