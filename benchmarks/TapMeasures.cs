using System.Diagnostics;
using Microsoft.Playwright;

namespace Serment.Benchmarks;

/// <summary>
/// Change of user on an enrolled station: from the click to one's own screen. A production cell, because only there are keys real:
/// two officers with security keys of their own (CDP's virtual authenticator) enrol a nurse and a station first.
/// </summary>
internal static class TapMeasures
{
    private const string Name = "user change by tap";

    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick)
    {
        if (RunningServer.Chromium is null) return [Row.Missing(Name, "s", 2, "Chromium is not installed")];
        var passphrase = Path.GetTempFileName();
        await File.WriteAllTextAsync(passphrase, "une phrase secrète de mesure, longue");
        try
        {
            await using var server = await RunningServer.StartAsync(["--empty"], new() { ["SERMENT_PASSPHRASE_FILE"] = passphrase });
            var codes = server.Said.Split('\n').Where(l => l.Contains("d'invitation (72 h", StringComparison.Ordinal)).Select(l => l.Split(':')[^1].Trim()).ToArray();
            var (ada, ben) = (await OfficerAsync(server, codes[0]), await OfficerAsync(server, codes[1]));
            await DescribeAsync(ada, server);
            var (nurseCode, stationCode) = (await ApproveAsync(ben, "Inès Castaing"), await ApproveAsync(ben, "Salle de soins"));
            var nurse = await KeyedAsync(server, server.Address);
            await nurse.GetByText("J'ai un code d'invitation").ClickAsync();
            await nurse.FillAsync("#invitation", nurseCode);
            await nurse.ClickAsync("#enrol");
            await nurse.GetByText("Clé enrôlée").WaitForAsync();
            await nurse.GetByText("Enrôler ce poste").First.ClickAsync();
            await nurse.FillAsync("#station-code", stationCode);
            await nurse.ClickAsync("#enrol-station");
            await nurse.ClickAsync("#enter");
            var times = new List<double>();
            for (var i = 0; i < (quick ? 5 : 20); i++)
            {
                await nurse.Locator(".bar .who").ClickAsync();
                await nurse.GetByText("Verrouiller").ClickAsync();
                await nurse.Locator("#tap").WaitForAsync();
                var watch = Stopwatch.StartNew();
                await nurse.ClickAsync("#tap");
                await nurse.Locator(".lock").WaitForAsync(new() { State = WaitForSelectorState.Detached });
                await nurse.Locator(".ward, .empty").First.WaitForAsync();
                times.Add(watch.Elapsed.TotalSeconds);
            }
            return [Row.AtMost(Name, Sample.Percentile(times, 95), "s", 2, FormattableString.Invariant($"p95 of {times.Count} taps of a virtual key, median {Sample.Median(times):0.00} s; the hand's own time is not in it"))];
        }
        finally { File.Delete(passphrase); }
    }

    private static async Task DescribeAsync(IPage ada, RunningServer server)
    {
        await ada.GotoAsync(server.Address);
        await ada.ClickAsync("#enter");
        await ada.Locator("#propose").WaitForAsync();
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Unités" }).ClickAsync();
        await ada.FillAsync("#unit-name", "Cardiologie");
        await ada.FillAsync("#unit-site", "Site unique");
        await ada.FillAsync("#unit-beds", "201, 202");
        await ada.ClickAsync("#put-unit");
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Unités (1)" }).WaitForAsync();
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Comptes" }).ClickAsync();
        await ada.FillAsync("#account-name", "Inès Castaing");
        await ada.FillAsync("#account-title", "Infirmière, Cardiologie");
        await ada.SelectOptionAsync("#account-role", new SelectOptionValue { Label = "Infirmier·ère" });
        await ada.SelectOptionAsync("#account-unit", new SelectOptionValue { Label = "Cardiologie" });
        await ada.ClickAsync("#propose");
        await ada.Locator(".waiting:has-text('Inès Castaing')").WaitForAsync();
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Postes" }).ClickAsync();
        await ada.FillAsync("#station-name", "Salle de soins");
        await ada.SelectOptionAsync("#station-unit", new SelectOptionValue { Label = "Cardiologie" });
        await ada.GetByRole(AriaRole.Button, new() { Name = "Proposer" }).ClickAsync();
        await ada.Locator(".waiting:has-text('Salle de soins')").WaitForAsync();
    }

    private static async Task<IPage> KeyedAsync(RunningServer server, string address)
    {
        var page = await server.WindowAsync("about:blank");
        var devtools = await page.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("WebAuthn.enable");
        await devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new() { ["options"] = new Dictionary<string, object> { ["protocol"] = "ctap2", ["transport"] = "usb", ["hasResidentKey"] = true, ["hasUserVerification"] = true, ["isUserVerified"] = true, ["automaticPresenceSimulation"] = true, ["defaultBackupEligibility"] = false, ["defaultBackupState"] = false } });
        await page.GotoAsync(address);
        return page;
    }

    private static async Task<IPage> OfficerAsync(RunningServer server, string code)
    {
        var window = await KeyedAsync(server, $"http://localhost:{server.Port + 1}");
        await window.GetByLabel("Code d’invitation").FillAsync(code);
        await window.GetByRole(AriaRole.Button, new() { Name = "Enrôler ma clé" }).ClickAsync();
        await window.GetByText("est enrôlée").First.WaitForAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "Utiliser ma clé" }).ClickAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "J’ai lu", Exact = true }).ClickAsync();
        return window;
    }

    private static async Task<string> ApproveAsync(IPage officer, string what)
    {
        await officer.GetByRole(AriaRole.Button, new() { Name = "Actualiser" }).ClickAsync();
        var card = officer.Locator($"[data-approval]:has-text('{what}')");
        await card.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        var code = (await card.Locator(".code").TextContentAsync())!;
        await officer.GetByRole(AriaRole.Button, new() { Name = "C’est noté" }).ClickAsync();
        return code.Trim();
    }
}
