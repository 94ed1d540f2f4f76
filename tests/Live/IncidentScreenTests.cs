using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>An incident from a stolen account to the register, as the privacy officer lives it.</summary>
public sealed class IncidentScreenTests(ScreenTests.Demonstration demonstration) : IClassFixture<ScreenTests.Demonstration>
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task An_incident_goes_from_a_stolen_account_to_its_exact_patients_the_notification_and_the_register()
    {
        // The thief: a nurse's live session opens two files beside the ward list, and writes in one.
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Maternité");
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        for (var i = 0; i < 2; i++)
        {
            await nurse.Locator(".ward tbody tr a").Nth(i).ClickAsync();
            await nurse.Locator(".banner").WaitForAsync();
            if (i == 1)
            {
                await nurse.FillAsync("#note", "Écrit par qui n'en a pas le droit.");
                await nurse.ClickAsync("#save-note");
                await nurse.Locator("article:has-text('Écrit par qui')").First.WaitForAsync();
            }
            await nurse.GoBackAsync();
            await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        }

        var officer = await _hospital.EnterAsync("Déléguée à la protection des données");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Incidents", Exact = true }).ClickAsync();
        await officer.FillAsync("#contact-name", "Claire Vasseur, déléguée à la protection des données");
        await officer.FillAsync("#contact-phone", "01 99 00 12 34");
        await officer.ClickAsync("#contact-save");
        await Expect(officer.GetByText("Enregistré.")).ToBeVisibleAsync();
        await officer.ClickAsync("#open-incident");
        await officer.FillAsync("#incident-title", "Compte d'infirmière utilisé par un tiers");
        await Expect(officer.Locator("#incident-account option").Nth(1)).ToBeAttachedAsync();
        await officer.SelectOptionAsync("#incident-account", new SelectOptionValue { Label = await officer.Locator("#incident-account option", new() { HasText = name }).First.InnerTextAsync() });
        await officer.FillAsync("#incident-facts", "Des dossiers ont été ouverts pendant une absence de la titulaire.");
        await officer.ClickAsync("#incident-open");

        await Expect(officer.Locator(".map")).ToContainTextAsync(name);
        await Expect(officer.Locator(".map thead")).ToContainTextAsync("clinique");
        await Expect(officer.Locator(".map tbody tr").First.Locator("td").Nth(1)).ToContainTextAsync("2");
        await Expect(officer.Locator(".clock")).ToContainTextAsync("reste 71 h");
        await Expect(officer.Locator("#completed")).ToHaveTextAsync("1 dossier complété");
        await SeriousAsync(officer);
        await Hospital.PictureAsync(officer, "incident-exposure");

        await officer.ClickAsync("#tab-measures");
        await officer.FillAsync("#measure", "Compte gelé, clé déclarée perdue.");
        await officer.ClickAsync("#add-measure");
        await Expect(officer.Locator("#tab-measures")).ToContainTextAsync("(1)");

        await officer.ClickAsync("#tab-patients");
        await Expect(officer.Locator(".list tbody tr").First).ToContainTextAsync("identité");

        await officer.ClickAsync("#tab-cnil");
        foreach (var said in new[] { "Nombre de personnes concernées", "01 99 00 12 34", "Compte gelé, clé déclarée perdue.", "Données de santé", "et altération possible : 1 dossier complété" }) await Expect(officer.Locator(".fieldlist")).ToContainTextAsync(said);
        await Expect(officer.Locator("#consequences")).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("hameçonnage"));
        await SeriousAsync(officer);
        // What she writes stands in the notification at once: the initial one can be whole before it is recorded.
        await officer.FillAsync("#consequences", "Appels frauduleux au nom de l'établissement, révélation d'une grossesse.");
        await officer.Locator("#cnil-reference").FocusAsync();
        await Expect(Consequences()).ToHaveTextAsync("Appels frauduleux au nom de l'établissement, révélation d'une grossesse.");
        await Expect(Consequences()).Not.ToHaveClassAsync("missing");
        await Hospital.PictureAsync(officer, "incident-cnil");
        // As a file, of the phase that is chosen; what the screen says stands in it.
        await officer.SelectOptionAsync("#phase", "Final");
        await Expect(officer.Locator(".fieldlist")).ToContainTextAsync("Finale");
        await officer.SelectOptionAsync("#phase", "Initial");
        await Expect(officer.Locator(".fieldlist")).ToContainTextAsync("Initiale");
        var file = await officer.RunAndWaitForDownloadAsync(() => officer.ClickAsync("#notification-file"), new() { Timeout = 60_000 });
        Assert.Matches(@"^notification-cnil-\d+-initiale\.pdf$", file.SuggestedFilename);
        Assert.StartsWith("%PDF-", System.Text.Encoding.Latin1.GetString((await File.ReadAllBytesAsync(await file.PathAsync()))[..8]), StringComparison.Ordinal);
        await officer.ClickAsync("#record-notification");
        await Expect(officer.Locator(".clock")).ToContainTextAsync("Notifié à la CNIL");

        // The complement begins with what was notified.
        await officer.ClickAsync("#tab-people");
        await officer.ClickAsync("#tab-cnil");
        await Expect(officer.Locator("#consequences")).ToHaveValueAsync("Appels frauduleux au nom de l'établissement, révélation d'une grossesse.");

        await officer.ClickAsync("#tab-people");
        await Expect(officer.Locator("code", new() { HasText = "incident letters" })).ToContainTextAsync(new System.Text.RegularExpressions.Regex(@"--out lettres-\d{4}-\d{3} "));
        await Expect(officer.GetByText("L'exemption 34(3)(a) ne tient pas")).ToBeVisibleAsync();
        await Expect(officer.Locator(".letter")).ToContainTextAsync("votre suivi médical");
        await officer.FillAsync("#told-reason", "Données de santé lues par un tiers : risque élevé.");
        await officer.ClickAsync("#decide");
        await Expect(officer.Locator("section", new() { HasText = "Information des personnes" }).First).ToContainTextAsync("Chaque personne est informée — Données de santé");
        await SeriousAsync(officer);
        await Hospital.PictureAsync(officer, "incident-people");
        await officer.FillAsync("#conclusion", "Clé remplacée, patients informés, plainte déposée.");
        await officer.ClickAsync("#close-incident");
        await Expect(officer.Locator("h1 + .mark")).ToHaveTextAsync("clos");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Incidents", Exact = true }).ClickAsync();
        await Expect(officer.Locator(".incidents tbody tr").First).ToContainTextAsync("clos");

        // Whoever cares reads no register.
        await nurse.GotoAsync($"{_hospital.Address}/incidents");
        Assert.Equal(0, await nurse.Locator(".incidents").CountAsync());

        ILocator Consequences() => officer.Locator(".fieldlist tr", new() { HasText = "Conséquences probables (article 33(3)(c))" }).Locator("td");
    }

    private static async Task SeriousAsync(IPage page) =>
        Assert.Empty((await page.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}"));
}
