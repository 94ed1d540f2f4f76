using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>
/// The first line of the house, end to end in a production cell: passkey → signed release → journal → sealed row →
/// read in the browser → both processes killed, the disk lost → restored → read again.
/// </summary>
public sealed class FirstLineTests
{
    [Fact]
    public async Task From_two_founding_codes_to_a_nurses_note_read_again_after_the_disk_was_lost()
    {
        await using var hospital = new Hospital();
        var passphrase = Path.GetTempFileName();
        await File.WriteAllTextAsync(passphrase, "une phrase secrète d'essai, longue");
        var environment = new Dictionary<string, string> { ["SERMENT_PASSPHRASE_FILE"] = passphrase };
        await hospital.StartAsync(["--empty"], environment);
        var codes = hospital.Said().Split('\n').Where(l => l.Contains("d'invitation (72 h", StringComparison.Ordinal)).Select(l => l.Split(':')[^1].Trim()).ToArray();
        Assert.Equal(2, codes.Length);

        await using var browser = await OfficerBrowser.LaunchAsync();
        var custodian = $"http://localhost:{hospital.Port + 1}";
        var (ada, ben) = (await OfficerAsync(browser, custodian, codes[0]), await OfficerAsync(browser, custodian, codes[1]));

        // One describes the clinic and proposes; the other approves on the Custodian's page.
        await ada.GotoAsync(hospital.Address);
        await ada.ClickAsync("#enter");
        await ada.Locator("#propose").WaitForAsync();
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Unités" }).ClickAsync();
        await ada.FillAsync("#unit-name", "Cardiologie");
        await ada.FillAsync("#unit-site", "Site unique");
        await ada.FillAsync("#unit-beds", "201, 202");
        await ada.ClickAsync("#put-unit");
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Unités (1)" }).WaitForAsync();
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Comptes" }).ClickAsync();
        await ProposeAsync(ada, "Inès Castaing", "Infirmière, Cardiologie", "Infirmier·ère", "Cardiologie");
        await ProposeAsync(ada, "Karim Weber", "Admissions", "Admissions", null);
        await ada.GetByRole(AriaRole.Tab, new() { Name = "Postes" }).ClickAsync();
        await ada.FillAsync("#station-name", "Salle de soins");
        await ada.SelectOptionAsync("#station-unit", new SelectOptionValue { Label = "Cardiologie" });
        await ada.GetByRole(AriaRole.Button, new() { Name = "Proposer" }).ClickAsync();
        await Expect(ada.Locator(".waiting")).ToHaveCountAsync(3);
        var nurseCode = await ApproveAsync(ben, "Inès Castaing");
        var clerkCode = await ApproveAsync(ben, "Karim Weber");
        var stationCode = await ApproveAsync(ben, "Salle de soins");

        var clerk = await StaffAsync(browser, hospital, clerkCode);
        await clerk.FillAsync("#birth", "09111957");
        await clerk.FillAsync("#birth-name", "Quéméneur");
        await clerk.FillAsync("#given", "Yann");
        await clerk.ClickAsync("#create");
        await clerk.Locator("#bed").WaitForAsync();
        await clerk.SelectOptionAsync("#bed", new SelectOptionValue { Label = "201" });
        await clerk.ClickAsync("#admit");
        await clerk.Locator("#print").WaitForAsync();

        var nurse = await StaffAsync(browser, hospital, nurseCode);
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.FillAsync("#target", "Douleur");
        await nurse.FillAsync("#note", "Précordialgie cédée en dix minutes, tracé montré au médecin.");
        await nurse.ClickAsync("#save-note");
        await Expect(nurse.Locator("article")).ToContainTextAsync("Précordialgie cédée");

        // On an enrolled station, coming back is one touch.
        await nurse.Locator(".bar .who").ClickAsync();
        await nurse.GetByText("Quitter ou changer d'utilisateur").ClickAsync();
        await nurse.GetByText("Enrôler ce poste").First.ClickAsync();
        await nurse.FillAsync("#station-code", stationCode);
        await nurse.ClickAsync("#enrol-station");
        await nurse.ClickAsync("#enter");
        await nurse.Locator(".banner").WaitForAsync();
        await nurse.Locator(".bar .who").ClickAsync();
        await nurse.GetByText("Verrouiller").ClickAsync();
        var watch = Stopwatch.StartNew();
        await nurse.ClickAsync("#tap");
        await Expect(nurse.Locator(".lock")).ToHaveCountAsync(0);
        await Expect(nurse.Locator(".banner")).ToBeVisibleAsync();
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"change of user by tap: {watch.ElapsedMilliseconds} ms"));

        // The night: saved while running, killed, the disk lost, restored elsewhere, read again with the same key.
        var backup = Path.Combine(Path.GetTempPath(), $"serment-{Guid()}.tar");
        Assert.Equal(0, await RunAsync("backup", "--data", hospital.Directory, "--to", backup));
        await hospital.KillAsync();
        Directory.Delete(hospital.Directory, recursive: true);
        Assert.Equal(0, await RunAsync("restore", "--data", hospital.Directory, "--from", backup));
        await hospital.StartAsync(["--empty"], environment);
        await nurse.GotoAsync(hospital.Address);
        await nurse.ClickAsync("#enter");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await Expect(nurse.Locator("article")).ToContainTextAsync("Précordialgie cédée");
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Qui a ouvert ce dossier" }).ClickAsync();
        await Expect(nurse.Locator("tbody")).ToContainTextAsync("Inès Castaing");
        Assert.Equal(0, await RunAsync("journal", "verify", "--data", hospital.Directory));
        Assert.Equal(1, await RunAsync("restore", "--data", hospital.Directory, "--from", backup));
        File.Delete(backup);
        File.Delete(passphrase);
    }

    private static string Guid() => Id.New<EntryId>().ToString()!;

    private static async Task<IPage> OfficerAsync(OfficerBrowser browser, string address, string code)
    {
        var window = await browser.WindowAsync(address, []);
        window.SetDefaultTimeout(20_000);
        SetDefaultExpectTimeout(15_000);
        await window.GetByLabel("Code d’invitation").FillAsync(code);
        await window.GetByRole(AriaRole.Button, new() { Name = "Enrôler ma clé" }).ClickAsync();
        await Expect(window.GetByRole(AriaRole.Status)).ToContainTextAsync("est enrôlée");
        await window.GetByRole(AriaRole.Button, new() { Name = "Utiliser ma clé" }).ClickAsync();
        await window.GetByRole(AriaRole.Button, new() { Name = "J’ai lu", Exact = true }).ClickAsync();
        return window;
    }

    private static async Task ProposeAsync(IPage page, string name, string title, string role, string? unit)
    {
        await page.FillAsync("#account-name", name);
        await page.FillAsync("#account-title", title);
        await page.SelectOptionAsync("#account-role", new SelectOptionValue { Label = role });
        if (unit is not null)
        {
            await page.ClickAsync("#account-units");
            await page.GetByLabel(unit, new() { Exact = true }).CheckAsync();
        }
        await page.ClickAsync("#propose");
        await Expect(page.Locator($".waiting:has-text('{name}')")).ToBeVisibleAsync();
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

    private static async Task<IPage> StaffAsync(OfficerBrowser browser, Hospital hospital, string code)
    {
        var window = await browser.WindowAsync(hospital.Address, []);
        window.SetDefaultTimeout(20_000);
        await window.GetByText("J'ai un code d'invitation").ClickAsync();
        await window.FillAsync("#invitation", code);
        await window.ClickAsync("#enrol");
        await window.GetByText("Clé enrôlée").WaitForAsync();
        await window.ClickAsync("#enter");
        await window.Locator(".bar .who").WaitForAsync();
        return window;
    }

    private static async Task<int> RunAsync(params string[] arguments)
    {
        var (code, said) = await SermentCommand.RunAsync(arguments);
        TestContext.Current.SendDiagnosticMessage(said);
        return code;
    }
}
