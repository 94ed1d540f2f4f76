using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The security officer at her desk, in a real browser, while somebody goes through strangers' files in another.</summary>
public sealed class SecurityDeskTests(ScreenTests.Demonstration demonstration) : IClassFixture<ScreenTests.Demonstration>
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task An_alarm_comes_by_itself_with_its_reason_and_one_gesture_closes_the_open_screen_within_a_second()
    {
        var elsewhere = await _hospital.EnterAsync("Infirmier·ère, Médecine");
        await elsewhere.Locator(".ward tbody tr a").First.WaitForAsync();
        var strangers = (await elsewhere.Locator(".ward tbody tr a").EvaluateAllAsync<string[]>("all => [...new Set(all.map(a => a.getAttribute('href')).filter(h => h.startsWith('/patient/')))]"))[..5];

        var officer = await _hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité", Exact = true }).ClickAsync();
        await Expect(officer.GetByText("dossiers témoins, 3 voulus")).ToBeVisibleAsync();

        var nurse = await _hospital.EnterAsync("Infirmier·ère, Maternité");
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        foreach (var stranger in strangers)
        {
            await nurse.EvaluateAsync("address => Blazor.navigateTo(address)", stranger);
            await nurse.Locator(".glass-panel").WaitForAsync();
            await nurse.EvaluateAsync("Blazor.navigateTo('/')");
            await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        }

        // Nobody touched the officer's screen.
        var alarm = officer.Locator(".alarms tbody tr", new() { HasText = name });
        await Expect(alarm).ToContainTextAsync("5 dossiers sans lien de soin demandés aujourd'hui par ce compte.");
        await alarm.GetByRole(AriaRole.Button, new() { Name = "Ce qu'il a fait" }).ClickAsync();
        await Expect(officer.Locator("#timeline h2")).ToHaveTextAsync(name);
        foreach (var what in new[] { "entrée", "alarme" }) await Expect(officer.Locator("#timeline table")).ToContainTextAsync(what);
        Assert.Empty((await officer.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => v.Id));
        await Hospital.PictureAsync(officer, "security-desk");

        await nurse.Locator(".ward tbody tr a").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        var patient = (await nurse.Locator(".banner .big").InnerTextAsync()).Trim();
        // Both pages read the same clock: from the officer's click to the chart's disappearance.
        await nurse.EvaluateAsync("() => new MutationObserver(() => { if (!window.closedAt && !document.querySelector('.banner')) window.closedAt = Date.now(); }).observe(document.body, { childList: true, subtree: true })");
        await officer.EvaluateAsync("() => document.addEventListener('click', () => window.clickedAt ??= Date.now(), { capture: true })");
        await alarm.GetByRole(AriaRole.Button, new() { Name = "Geler" }).ClickAsync();
        await Expect(officer.GetByText($"{name} : compte gelé")).ToBeVisibleAsync();
        await Expect(nurse.Locator(".people")).ToBeVisibleAsync();
        var took = await nurse.EvaluateAsync<double>("window.closedAt") - await officer.EvaluateAsync<double>("window.clickedAt");
        TestContext.Current.TestOutputHelper?.WriteLine($"closed after {took} ms");
        Assert.InRange(took, 0, 1000);
        Assert.DoesNotContain(patient, await nurse.ContentAsync(), StringComparison.Ordinal);

        // Nor does she come back.
        await nurse.Locator($".people button:has-text(\"{name}\")").ClickAsync();
        await Expect(nurse.GetByText("Ce compte est fermé ou gelé.")).ToBeVisibleAsync();
        await Expect(nurse.Locator(".bar .who")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_incident_goes_from_the_alarm_to_its_letters_by_two_officers_and_a_machine_that_reads_nothing_else()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Chirurgie digestive");
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        var own = await nurse.Locator(".ward tbody tr a[href^='/patient/']").First.GetAttributeAsync("href");
        await nurse.Locator(".ward tbody tr a").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        var other = await _hospital.EnterAsync("Infirmier·ère, Cardiologie");
        await other.Locator(".ward tbody tr a").First.WaitForAsync();
        foreach (var stranger in (await other.Locator(".ward tbody tr a").EvaluateAllAsync<string[]>("all => [...new Set(all.map(a => a.getAttribute('href')).filter(h => h.startsWith('/patient/')))]"))[..5])
        {
            await nurse.EvaluateAsync("address => Blazor.navigateTo(address)", stranger);
            await nurse.Locator(".glass-panel").WaitForAsync();
            await nurse.EvaluateAsync("Blazor.navigateTo('/')");
            await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        }

        var officer = await _hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité", Exact = true }).ClickAsync();
        var alarm = officer.Locator(".alarms tbody tr", new() { HasText = name }).First;
        await alarm.GetByRole(AriaRole.Link, new() { Name = "Ouvrir un incident" }).ClickAsync();
        // The account of the alarm is chosen already.
        await Expect(officer.Locator("#incident-account option:checked")).ToContainTextAsync(name);
        await officer.FillAsync("#incident-title", "Dossiers demandés sans lien de soin");
        await officer.FillAsync("#incident-facts", "Cinq dossiers d'un autre service demandés en quelques minutes.");
        await officer.ClickAsync("#incident-open");
        await Expect(officer.Locator(".map")).ToContainTextAsync(name);
        var incident = new Uri(officer.Url).Segments[^1];
        await Hospital.PictureAsync(officer, "incident-from-alarm");

        var privacy = await _hospital.EnterAsync("Déléguée à la protection des données");
        await privacy.GetByRole(AriaRole.Link, new() { Name = "Incidents", Exact = true }).ClickAsync();
        await privacy.FillAsync("#contact-name", "Claire Vasseur, déléguée à la protection des données");
        await privacy.FillAsync("#contact-phone", "01 99 00 12 34");
        await privacy.ClickAsync("#contact-save");
        await Expect(privacy.GetByText("Enregistré.")).ToBeVisibleAsync();
        await privacy.GetByRole(AriaRole.Link, new() { Name = "Dossiers demandés sans lien de soin" }).ClickAsync();
        await privacy.ClickAsync("#tab-people");
        await privacy.FillAsync("#told-reason", "Données de santé lues par un tiers : risque élevé.");
        await privacy.ClickAsync("#decide");
        var (folder, key) = (Directory.CreateTempSubdirectory("serment-letters-").FullName, Path.Combine(Path.GetTempPath(), $"{Id.New<ClientId>()}.key"));
        var made = await SermentCommand.RunAsync("client", "create", "--out", key);
        Assert.True(made.Code == 0, made.Said);
        await privacy.FillAsync("#mandate-key", made.Said.Trim().Split('\n')[^1]);
        await privacy.ClickAsync("#propose-letters");
        await Expect(privacy.GetByText("Proposé : une autre personne")).ToBeVisibleAsync();
        Assert.Contains("Client inconnu", (await LettersAsync()).Said, StringComparison.Ordinal);

        // The other officer reads and signs on the Custodian's page.
        var page = await _hospital.BrowserAsync();
        await page.GotoAsync($"http://localhost:{_hospital.Port + 1}");
        await page.Locator("select option", new() { HasText = "référent sécurité" }).First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator("select").First.SelectOptionAsync(new SelectOptionValue { Label = await page.Locator("select option", new() { HasText = "référent sécurité" }).First.TextContentAsync() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Entrer" }).First.ClickAsync();
        var card = page.Locator("[data-approval]", new() { HasText = "Lettres de l'incident" });
        await card.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        await Expect(card).ToHaveCountAsync(0);

        var (code, said) = await LettersAsync();
        Assert.True(code == 0 && said.Contains("Terminé", StringComparison.Ordinal), said);
        Assert.NotEmpty(await File.ReadAllLinesAsync(Path.Combine(folder, "suivi.tsv")));
        await privacy.ReloadAsync();
        await Hospital.EnterAsync(privacy, "Déléguée à la protection des données");
        await privacy.GetByRole(AriaRole.Link, new() { Name = "Incidents", Exact = true }).ClickAsync();
        await privacy.GetByRole(AriaRole.Link, new() { Name = "Dossiers demandés sans lien de soin" }).ClickAsync();
        await privacy.ClickAsync("#tab-people");
        await Expect(privacy.GetByRole(AriaRole.Progressbar, new() { Name = "Avancement des lettres" })).ToHaveAttributeAsync("aria-valuenow", "100");
        await Hospital.PictureAsync(privacy, "incident-letters");
        // The patient's own list says that he was written to.
        await nurse.EvaluateAsync("address => Blazor.navigateTo(address)", own);
        await nurse.GetByText("Qui a ouvert ce dossier").ClickAsync();
        await Expect(nurse.GetByText("lettre d'information sur un incident").First).ToBeVisibleAsync();
        Directory.Delete(folder, recursive: true);
        File.Delete(key);

        Task<(int Code, string Said)> LettersAsync() => SermentCommand.RunAsync("incident", "letters", "--data", _hospital.Directory, "--client", key, "--incident", incident, "--out", folder, "--happened", "Quelqu'un a utilisé le compte d'une infirmière.", "--done", "Le compte est coupé.");
    }
}
