using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The second language: a real browser on a demonstration cell, in English, and back.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed partial class EnglishTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;

    /// <summary>Words that French screens are full of and English ones are not. Names, notes and titles of people are the hospital's, and French: they are left out.</summary>
    [GeneratedRegex(@"\b(le|la|les|des|du|une|est|sont|votre|vos|avec|pour|dans|pas|lit|dossier|séjours?|sortie|entrée|médecin|fonction|enregistrer|annuler|abandonner|clé|poste|depuis|aujourd'hui|hier|demain|attendus?|admettre|libre|occupé|naissance|prénom|nom|sexe|unité|coordonnées|ouvrir|ajouter|filtrer|constantes|poids|ans|mois)\b", RegexOptions.IgnoreCase)]
    private static partial Regex FrenchWord();

    private const string Visible = """
        () => {
          const own = '.people button, .who, td:first-child, td:nth-child(2), .statement, #place, .born, .name b, .curve svg, article p, article header, textarea, .ward td:nth-child(6), .bar .brand, option, .lines b, [lang=fr], h1, .bedtile a, .unit h2, .unplaced, dd';
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), said = [];
          for (let node = walker.nextNode(); node; node = walker.nextNode())
            if (node.textContent.trim() && node.parentElement.checkVisibility({ visibilityProperty: true }) && !node.parentElement.closest(own)) said.push(node.textContent.trim());
          for (const one of document.querySelectorAll('[placeholder],[title],[aria-label]'))
            if (one.checkVisibility() && !one.closest(own)) for (const name of ['placeholder', 'title', 'aria-label']) if (one.getAttribute(name)) said.push(one.getAttribute(name));
          return said;
        }
        """;

    /// <summary>What of a screen in English is French all the same.</summary>
    internal static async Task<string[]> FrenchSeenAsync(IPage page)
    {
        var said = await page.EvaluateAsync<string[]>(Visible);
        Assert.True(said.Length > 5, "nothing to read");
        return [.. said.Where(text => FrenchWord().IsMatch(text)).Distinct()];
    }

    private static async Task NoFrenchAsync(IPage page, string where)
    {
        Assert.Equal([], (await FrenchSeenAsync(page)).Select(text => $"{where}: {text}"));
        var found = await page.RunAxe();
        Assert.Empty(found.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{where}: {v.Id} {v.Nodes[0].Html}"));
    }

    private static async Task SpeakAsync(IPage page, string language)
    {
        await page.Locator($".language button[lang={language}]").ClickAsync();
        await Expect(page.Locator($"html[lang={language}]")).ToBeAttachedAsync();
    }

    [Fact]
    public async Task A_nurse_and_a_clerk_work_in_English_and_see_no_French()
    {
        var nurse = await _hospital.BrowserAsync();
        await nurse.GotoAsync(_hospital.Address);
        await SpeakAsync(nurse, "en");
        await Expect(nurse.Locator(".enter")).ToContainTextAsync("Demonstration hospital");
        await NoFrenchAsync(nurse, "sign-in");
        await Hospital.EnterAsync(nurse, "Infirmier·ère, Cardiologie");
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        await NoFrenchAsync(nurse, "ward");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator(".curve svg").First.WaitForAsync();
        await NoFrenchAsync(nurse, "chart");
        await nurse.ClickAsync("#save-note");
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("The note is empty");
        await nurse.FillAsync("#v-8310-5", "386");
        await nurse.ClickAsync("#save-vitals");
        await Expect(nurse.GetByRole(AriaRole.Alert).Last).ToContainTextAsync("Temperature: 386 °C is not possible (25 to 45)");
        await nurse.Locator(".bar .who").ClickAsync();
        await nurse.GetByText("Lock", new() { Exact = true }).ClickAsync();
        await nurse.Locator(".lock").WaitForAsync();
        await NoFrenchAsync(nurse, "lock");

        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await SpeakAsync(clerk, "en");
        await Expect(clerk.Locator("#create")).ToHaveTextAsync("Create this identity");
        await NoFrenchAsync(clerk, "admission");
        await clerk.FillAsync("#birth", "28022001");
        await clerk.FillAsync("#birth-name", "D4rk");
        await clerk.FillAsync("#given", "Léa");
        await clerk.ClickAsync("#create");
        await Expect(clerk.GetByRole(AriaRole.Alert)).ToContainTextAsync("Birth name");
        await NoFrenchAsync(clerk, "refused admission");
        await clerk.EvaluateAsync("Blazor.navigateTo('/lits')");
        await clerk.Locator(".bedtile").First.WaitForAsync();
        await NoFrenchAsync(clerk, "bed map");
    }

    [Fact]
    public async Task Changing_the_language_keeps_the_session_and_a_half_typed_note_and_is_remembered()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator("#note").PressSequentiallyAsync("Refuse le repas du soir, en cours de");
        await SpeakAsync(nurse, "en");
        await Expect(nurse.Locator("#save-note")).ToHaveTextAsync("Save the note");
        await Expect(nurse.Locator("#note")).ToHaveValueAsync("Refuse le repas du soir, en cours de");
        await Expect(nurse.Locator(".banner")).ToContainTextAsync(EnglishDate());
        await SpeakAsync(nurse, "fr");
        await Expect(nurse.Locator("#save-note")).ToHaveTextAsync("Enregistrer la note");
        await Expect(nurse.Locator("#note")).ToHaveValueAsync("Refuse le repas du soir, en cours de");
        await SpeakAsync(nurse, "en");
        await nurse.ReloadAsync();
        await Expect(nurse.Locator(".enter")).ToContainTextAsync("Demonstration hospital");
        Assert.DoesNotContain(await nurse.Context.CookiesAsync(), cookie => !cookie.Name.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_said_to_be_done_is_said_anew_when_the_language_changes()
    {
        var administrator = await _hospital.EnterAsync("Administratrice");
        await administrator.FillAsync("#account-name", "Gaëlle Bilingue");
        await administrator.FillAsync("#account-title", "Kinésithérapeute");
        await administrator.ClickAsync("#propose");
        var said = administrator.Locator(".mud-alert[role=status]");
        await Expect(said).ToContainTextAsync("Une autre personne doit l'approuver");
        await SpeakAsync(administrator, "en");
        await Expect(said).ToContainTextAsync("Someone else must approve it");

        // What passes by at the edge of the screen, too.
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Urgences – UHCD");
        await nurse.Locator(".ward tbody tr:not(.expected) td.actions button").First.ClickAsync();
        await nurse.Locator(".mud-popover-open").GetByText("Sortie…", new() { Exact = true }).ClickAsync();
        await nurse.ClickAsync("#plan-exit");
        await Expect(nurse.Locator(".mud-snackbar")).ToContainTextAsync("Sortie prévue.");
        await nurse.Locator(".language button[lang=en]").ClickAsync();
        await Expect(nurse.Locator(".mud-snackbar")).ToContainTextAsync("Discharge planned.");
    }

    [Fact]
    public async Task The_Custodians_page_speaks_English_and_leaves_what_is_signed_in_French()
    {
        var administrator = await _hospital.EnterAsync("Administratrice");
        await SpeakAsync(administrator, "en");
        await Expect(administrator.Locator("#propose")).ToHaveTextAsync("Propose");
        await administrator.FillAsync("#account-name", "Inès Castaing");
        await administrator.FillAsync("#account-title", "Physiotherapist");
        await administrator.ClickAsync("#propose");
        await Expect(administrator.Locator(".mud-alert[role=status]")).ToContainTextAsync("Someone else must approve it");
        await NoFrenchAsync(administrator, "accounts");

        var page = await _hospital.BrowserAsync();
        await page.GotoAsync($"http://localhost:{_hospital.Port + 1}");
        await page.Locator("#people").WaitForAsync();
        await page.Locator("#language button[lang=en]").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Custodian's page");
        await NoFrenchAsync(page, "Custodian's page");
        await page.Locator("#people").SelectOptionAsync(new SelectOptionValue { Index = await page.Locator("#people option", new() { HasText = "security officer" }).EvaluateAsync<int>("option => option.index") });
        await page.GetByRole(AriaRole.Button, new() { Name = "Enter", Exact = true }).ClickAsync();
        var card = page.Locator(".card", new() { HasText = "Inès Castaing" });
        await Expect(card.Locator(".statement[lang=fr]")).ToContainTextAsync("Créer le compte de « Inès Castaing » (Physiotherapist)");
        await NoFrenchAsync(page, "approvals");
        await card.GetByRole(AriaRole.Button, new() { Name = "I have read it, I approve" }).ClickAsync();
        await Expect(page.Locator(".code")).ToBeVisibleAsync();
        await page.Locator("#language button[lang=fr]").ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Approbations");
    }

    [GeneratedRegex(@"\b\d{1,2} (Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec) \d{4}\b")]
    private static partial Regex EnglishDate();
}
