using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The daily acts without a pointing device: Tab, arrows, Enter, Escape, Ctrl+K, and a focus that is seen wherever it stands.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class KeyboardTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task From_the_ward_list_a_chart_is_opened_and_a_note_written_with_keys_alone()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Réanimation");
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        await TabToAsync(nurse, ".ward tbody a");
        await nurse.Keyboard.PressAsync("Enter");
        await nurse.Locator(".banner").WaitForAsync();
        await TabToAsync(nurse, "#note");
        await nurse.Keyboard.TypeAsync("Écrit sans souris.");
        await TabToAsync(nurse, "#save-note");
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator("article:has-text('Écrit sans souris.')")).ToBeVisibleAsync();
        // Every tab of the chart is reached and opened.
        await TabToAsync(nurse, "[role=tab]:text('Qui a ouvert ce dossier')");
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator("section[aria-label='Qui a ouvert ce dossier'] table")).ToBeVisibleAsync();
        // The command bar leads back, and Escape closes it.
        await nurse.Keyboard.PressAsync("Control+k");
        await Expect(nurse.Locator("#finder")).ToBeFocusedAsync();
        await EscapeAsync(nurse, "#finder");
        // Where one was before.
        await Expect(nurse.GetByRole(AriaRole.Tab, new() { Name = "Qui a ouvert ce dossier" })).ToBeFocusedAsync();
        await nurse.Keyboard.PressAsync("Control+k");
        await Expect(nurse.Locator("#finder")).ToBeFocusedAsync();
        await nurse.Keyboard.TypeAsync("plan des");
        await Expect(nurse.Locator(".found li").First).ToContainTextAsync("Plan des lits");
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator("h1")).ToHaveTextAsync("Plan des lits");
    }

    [Fact]
    public async Task A_patient_changes_his_bed_with_keys_alone_and_Escape_moves_nobody()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Chirurgie orthopédique");
        await nurse.GetByRole(AriaRole.Link, new() { Name = "Lits" }).FocusAsync();
        await nurse.Keyboard.PressAsync("Enter");
        var unit = nurse.Locator(".unit[aria-label='Chirurgie orthopédique']");
        await unit.Locator(".bedtile a").First.WaitForAsync();
        // One's own unit comes first.
        await Expect(nurse.Locator(".bedmap .unit").First).ToHaveAttributeAsync("aria-label", "Chirurgie orthopédique");
        var (who, from) = (await unit.Locator(".bedtile:has(a) a").First.TextContentAsync(), await unit.Locator(".bedtile:has(a) .no").First.EvaluateAsync<string>("e => e.firstChild.textContent.trim()"));
        await OpenTransferAsync();
        await Expect(nurse.Locator(".mud-dialog")).ToContainTextAsync(who!);
        await EscapeAsync(nurse, ".mud-dialog");
        Assert.Equal(from, await BedAsync());
        await Expect(nurse.Locator($".bedtile:has(a:text-is(\"{who}\")) .corner button")).ToBeFocusedAsync();

        await OpenTransferAsync();
        await TabToAsync(nurse, "#bed");
        // The first that is not taken, blocked or the present one, chosen as a keyboard does.
        var to = await nurse.Locator("#bed option").EvaluateAllAsync<string>("(all, from) => all.map(o => o.textContent.trim()).find(t => t && !t.includes('occupé') && !t.includes('bloqué') && !t.startsWith('Sans') && t !== from)", from);
        if (to is null) Assert.Skip("The demonstration has filled every bed of this unit.");
        await nurse.Keyboard.TypeAsync(to);
        await Expect(nurse.Locator("#bed option:checked")).ToContainTextAsync(to);
        await TabToAsync(nurse, ".mud-dialog button:has-text('Enregistrer')");
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator(".mud-dialog")).ToHaveCountAsync(0);
        await Expect(unit.Locator($".bedtile:has(a:text-is(\"{who}\")) .no")).ToContainTextAsync(to.Split(' ')[0]);

        async Task OpenTransferAsync()
        {
            await TabToAsync(nurse, $".bedtile:has(a:text-is(\"{who}\")) .corner button");
            await nurse.Keyboard.PressAsync("Enter");
            await nurse.Locator(".mud-menu-item, .mud-list-item").First.WaitForAsync();
            await TabToAsync(nurse, ".mud-popover-open :text('Transférer, changer de lit')", "ArrowDown", "Tab");
            await nurse.Keyboard.PressAsync("Enter");
            await nurse.Locator(".mud-dialog #bed").WaitForAsync();
        }

        Task<string> BedAsync() => unit.Locator($".bedtile:has(a:text-is(\"{who}\")) .no").EvaluateAsync<string>("e => e.firstChild.textContent.trim()");
    }

    [Fact]
    public async Task On_the_custodians_page_an_officer_signs_in_reads_and_approves_with_keys_alone()
    {
        var administrator = await _hospital.EnterAsync("Administratrice");
        await administrator.FillAsync("#account-name", "Solenn Clavier");
        await administrator.GetByLabel("Intitulé").FillAsync("Infirmière");
        await administrator.ClickAsync("#propose");
        await Expect(administrator.Locator("section[aria-label^='En attente']")).ToContainTextAsync("Solenn Clavier");

        var officer = await _hospital.BrowserAsync();
        await officer.GotoAsync($"http://localhost:{_hospital.Port + 1}");
        await officer.Locator("select").First.WaitForAsync();
        await TabToAsync(officer, "select");
        await officer.Keyboard.TypeAsync(await officer.Locator("select option").EvaluateAllAsync<string>("all => all.map(o => o.textContent).find(t => t.includes('référent sécurité'))"));
        await TabToAsync(officer, "button:text-is('Entrer')");
        await officer.Keyboard.PressAsync("Enter");
        await TabToAsync(officer, "[data-approval]:has-text('Solenn Clavier') button:text('j’approuve')");
        await officer.Keyboard.PressAsync("Enter");
        await Expect(officer.Locator(".code")).ToBeVisibleAsync();
        // What asks for a reason is left by Escape, and nothing was done.
        await TabToAsync(officer, "tr:has-text('Médecin, Gériatrie') button");
        await officer.Keyboard.PressAsync("Enter");
        await officer.Locator("dialog[open]").WaitForAsync();
        await officer.Keyboard.PressAsync("Escape");
        await Expect(officer.Locator("dialog")).ToHaveCountAsync(0);
        await Expect(officer.Locator("tr:has-text('Médecin, Gériatrie')")).ToContainTextAsync("Ouvert");
    }

    [Fact]
    public async Task At_a_chart_vital_signs_an_allergy_and_a_document_are_entered_and_the_station_locked_with_keys_alone()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Chirurgie digestive");
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        await PressAsync(nurse, ".ward tbody tr:not(.expected) .actions button");
        await nurse.Locator(".mud-popover-open").WaitForAsync();
        await TabToAsync(nurse, ".mud-popover-open :text('Saisir des constantes')", "ArrowDown", "Tab");
        await nurse.Keyboard.PressAsync("Enter");
        // The field waits, and the last one saves.
        await Expect(nurse.Locator(".vitals-entry input").First).ToBeFocusedAsync();
        foreach (var value in new[] { "128", "76", "81" })
        {
            await nurse.Keyboard.TypeAsync(value);
            if (value != "81") await nurse.Keyboard.PressAsync("Tab");
        }
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator(".curve-head:has-text('Fréquence cardiaque') .last")).ToContainTextAsync("81");

        var add = nurse.Locator("section[aria-label^='Allergies'] button:text-is('Ajouter')");
        await PressAsync(nurse, "section[aria-label^='Allergies'] button:text-is('Ajouter')");
        await Expect(nurse.Locator("#substance")).ToBeFocusedAsync();
        await nurse.Keyboard.TypeAsync("Latex");
        await PressAsync(nurse, "section[aria-label^='Allergies'] button:has-text('Enregistrer')");
        await Expect(nurse.Locator(".banner")).ToContainTextAsync("Latex");
        await Expect(add).ToBeFocusedAsync();

        await PressAsync(nurse, "[role=tab]:has-text('Documents')");
        // Once more where it came before the panel was at rest: the browser opens no chooser for a field that is drawn anew meanwhile.
        IFileChooser? chooser = null;
        for (var i = 0; chooser is null && i < 4; i++)
        {
            await TabToAsync(nurse, "#files");
            try { chooser = await nurse.RunAndWaitForFileChooserAsync(() => nurse.Keyboard.PressAsync("Space"), new() { Timeout = 6000 }); }
            catch (TimeoutException) { }
        }
        await chooser!.SetFilesAsync(new FilePayload { Name = "Photo du pansement.png", MimeType = "image/png", Buffer = [0x89, 0x50, 0x4e, 0x47] });
        await nurse.Locator("#add-documents").WaitForAsync();
        await PressAsync(nurse, "#add-documents");
        await Expect(nurse.Locator("table.documents")).ToContainTextAsync("Photo du pansement");
        // Ready for the next one.
        await Expect(nurse.Locator("#files")).ToBeFocusedAsync();

        await PressAsync(nurse, "#lock-now");
        await Expect(nurse.Locator("#unlock")).ToBeFocusedAsync();
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator("#lock-now")).ToBeFocusedAsync();
        await PressAsync(nurse, ".bar .who");
        await PressAsync(nurse, "#my-session button:text-is('Verrouiller')");
        await Expect(nurse.Locator("#unlock")).ToBeFocusedAsync();
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator(".lock")).ToHaveCountAsync(0);
        await Expect(nurse.Locator(".bar .who")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_physician_names_a_problem_and_breaks_the_glass_with_keys_alone()
    {
        var stranger = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        var ipp = (await stranger.Locator(".ward tbody tr:not(.expected) .ipp").First.TextContentAsync())!.Trim();
        var physician = await _hospital.EnterAsync("Médecin, Chirurgie digestive");
        await physician.Locator(".ward tbody tr").First.WaitForAsync();
        await PressAsync(physician, ".ward tbody a");
        await physician.Locator(".banner").WaitForAsync();
        await PressAsync(physician, "section[aria-label^='Allergies'] .row:has(h2:text('Problèmes')) button");
        await Expect(physician.Locator("#code")).ToBeFocusedAsync();
        await physician.Keyboard.TypeAsync("K35");
        await TabToAsync(physician, "#problem");
        await physician.Keyboard.TypeAsync("Appendicite aiguë");
        await PressAsync(physician, "section[aria-label^='Allergies'] .row.end button:has-text('Enregistrer')");
        await Expect(physician.Locator(".lines li:has-text('Appendicite aiguë')")).ToContainTextAsync("K35");

        await physician.Keyboard.PressAsync("Control+k");
        await Expect(physician.Locator("#finder")).ToBeFocusedAsync();
        await physician.Keyboard.TypeAsync(ipp);
        await Expect(physician.Locator(".found li .name")).ToHaveCountAsync(1);
        await physician.Keyboard.PressAsync("Enter");
        await Expect(physician.Locator("#reason")).ToBeFocusedAsync();
        await physician.Keyboard.TypeAsync("Arrêt cardiaque au couloir, traitement à vérifier");
        await PressAsync(physician, "#break-glass");
        await physician.Locator(".banner").Or(physician.Locator("#give-presence")).First.WaitForAsync();
        if (await physician.Locator("#give-presence").CountAsync() > 0) await PressAsync(physician, "#give-presence");
        await Expect(physician.Locator(".banner")).ToContainTextAsync(ipp);
    }

    [Fact]
    public async Task A_clerk_corrects_an_address_and_opens_the_patients_statement_with_keys_alone()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await clerk.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        // The invented people are as old on every day: their birth dates move with it.
        var martine = await clerk.Locator(".bedtile a:has-text('MARIN Martine')").GetAttributeAsync("title");
        await clerk.Keyboard.PressAsync("Control+k");
        await Expect(clerk.Locator("#finder")).ToBeFocusedAsync();
        await clerk.Keyboard.TypeAsync($"marin {martine!.Split(", ")[^1]}");
        await Expect(clerk.Locator(".found li").First).ToContainTextAsync("MARIN Martine");
        await clerk.Keyboard.PressAsync("Enter");
        await PressAsync(clerk, "section[aria-label='Coordonnées'] button:has-text('Modifier')");
        await Expect(clerk.Locator("#address")).ToBeFocusedAsync();
        await clerk.Keyboard.PressAsync("Control+a");
        await clerk.Keyboard.TypeAsync("3 rue du Port");
        await TabToAsync(clerk, "#change-reason");
        await clerk.Keyboard.TypeAsync("déménagement");
        await clerk.Keyboard.PressAsync("Enter");
        await Expect(clerk.Locator("section[aria-label='Coordonnées'] dl")).ToContainTextAsync("3 rue du Port");
        await Expect(clerk.Locator("section[aria-label='Coordonnées'] button:has-text('Modifier')")).ToBeFocusedAsync();

        await PressAsync(clerk, "[role=tab]:has-text('Qui a ouvert')");
        await clerk.Locator("#statement").WaitForAsync();
        await PressAsync(clerk, "#statement");
        await clerk.Locator("#consent").WaitForAsync();
        await TabToAsync(clerk, "#consent");
        await clerk.Keyboard.PressAsync("Space");
        await Expect(clerk.Locator("#open-statement")).ToBeEnabledAsync();
        await PressAsync(clerk, "#open-statement");
        await clerk.Locator("article.access-statement").Or(clerk.Locator("#give-presence")).First.WaitForAsync();
        if (await clerk.Locator("#give-presence").CountAsync() > 0) await PressAsync(clerk, "#give-presence");
        await Expect(clerk.Locator("article.access-statement")).ToContainTextAsync("MARIN Martine");
    }

    [Fact]
    public async Task An_administrator_proposes_an_account_with_keys_alone()
    {
        var administrator = await _hospital.EnterAsync("Administrateur");
        await administrator.Locator("#account-name").WaitForAsync();
        await TabToAsync(administrator, "#account-name");
        await administrator.Keyboard.TypeAsync("Gwenn Sanssouris");
        await administrator.Keyboard.PressAsync("Tab");
        await administrator.Keyboard.TypeAsync("Sage-femme, salle de naissance");
        await administrator.Keyboard.PressAsync("Tab");
        await administrator.Keyboard.TypeAsync("Infirmier");
        await PressAsync(administrator, "#account-units");
        foreach (var unit in new[] { "Maternité", "Cardiologie" })
        {
            await TabToAsync(administrator, $".unit-choice label:has-text('{unit}') input");
            await administrator.Keyboard.PressAsync("Space");
        }
        await Expect(administrator.Locator("#account-units")).ToContainTextAsync("Cardiologie, Maternité");
        await PressAsync(administrator, "#propose");
        await Expect(administrator.Locator("section[aria-label^='En attente'] .waiting:has-text('Gwenn Sanssouris')")).ToContainTextAsync("Maternité");
    }

    [Fact]
    public async Task A_security_officer_looks_freezes_and_opens_an_incident_with_keys_alone()
    {
        var other = await _hospital.EnterAsync("Infirmier·ère, Médecine polyvalente");
        await other.Locator(".ward tbody tr a").First.WaitForAsync();
        var strangers = await other.Locator(".ward tbody tr a[href^='/patient/']").EvaluateAllAsync<string[]>("all => [...new Set(all.map(a => a.getAttribute('href')))]");
        var intruder = await _hospital.EnterAsync("Médecin, Réanimation");
        var name = (await intruder.Locator(".bar .who b").InnerTextAsync()).Trim();
        foreach (var stranger in strangers[..5])
        {
            await intruder.EvaluateAsync("address => Blazor.navigateTo(address)", stranger);
            await intruder.Locator(".glass-panel").WaitForAsync();
            await intruder.EvaluateAsync("Blazor.navigateTo('/')");
            await intruder.Locator(".ward tbody tr").First.WaitForAsync();
        }

        var officer = await _hospital.EnterAsync("Référent sécurité");
        await PressAsync(officer, "nav a:text-is('Sécurité')");
        var alarm = $".alarms tr:has-text(\"{name}\")";
        await officer.Locator(alarm).First.WaitForAsync();
        await PressAsync(officer, $"{alarm} button:has-text(\"Ce qu'il a fait\")");
        await Expect(officer.Locator("#timeline")).ToBeFocusedAsync();
        await PressAsync(officer, "#timeline button:has-text('Fermer')");
        await Expect(officer.Locator($"{alarm} button:has-text(\"Ce qu'il a fait\")").First).ToBeFocusedAsync();
        await PressAsync(officer, $"{alarm} button:has-text('Geler')");
        await Expect(officer.GetByText($"{name} : compte gelé")).ToBeVisibleAsync();
        await Expect(intruder.Locator(".people")).ToBeVisibleAsync();
        await PressAsync(officer, $"{alarm} a:has-text('Ouvrir un incident')");
        await officer.Locator("#incident-title").WaitForAsync();
        await TabToAsync(officer, "#incident-title");
        await officer.Keyboard.TypeAsync("Dossiers demandés sans souris");
        await TabToAsync(officer, "#incident-facts");
        await officer.Keyboard.TypeAsync("Cinq dossiers d'un autre service demandés en quelques minutes.");
        await PressAsync(officer, "#incident-open");
        await Expect(officer.Locator("h1")).ToContainTextAsync("Dossiers demandés sans souris");
    }

    /// <summary>Tab to it, Enter.</summary>
    private static async Task PressAsync(IPage page, string target)
    {
        await TabToAsync(page, target);
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Once more where it came before the dialog listened.</summary>
    private static async Task EscapeAsync(IPage page, string dialog)
    {
        for (var i = 0; i < 5; i++)
        {
            await page.Keyboard.PressAsync("Escape");
            try { await page.Locator(dialog).First.WaitForAsync(new() { State = WaitForSelectorState.Detached, Timeout = 2000 }); return; }
            catch (TimeoutException) { }
        }
        Assert.Fail($"Escape does not close {dialog}");
    }

    /// <summary>Presses Tab until that element has the focus; the focus must be seen at every step.</summary>
    private static async Task TabToAsync(IPage page, string target, params string[] keys)
    {
        if (keys.Length == 0) keys = ["Tab"];
        foreach (var key in keys)
            for (var i = 0; i < 150; i++)
            {
                if (await page.Locator(target).First.EvaluateAsync<bool>("e => document.activeElement === e || (document.activeElement !== document.body && document.activeElement.contains(e) && document.activeElement.textContent.trim() === e.textContent.trim())")) return;
                await page.Keyboard.PressAsync(key);
                Assert.True(await page.EvaluateAsync<bool>("""
                    () => {
                      const e = document.activeElement;
                      if (!e || e === document.body) return true;
                      const seen = [e, e.parentElement, e.closest('.mud-input-control, .mud-input')].filter(Boolean).some(at => { const s = getComputedStyle(at); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'; });
                      return seen || e.matches(':is(.mud-list-item, .mud-menu-item, .mud-dialog, .mud-dialog-container, [tabindex="-1"], .mud-input-slot)') || getComputedStyle(e).backgroundColor !== 'rgba(0, 0, 0, 0)';
                    }
                    """), $"the focus is not seen on {await page.EvaluateAsync<string>("document.activeElement.outerHTML.slice(0, 200)")}");
            }
        Assert.Fail($"{target} is not reached by {string.Join(", ", keys)}; the focus is on {await page.EvaluateAsync<string>("document.activeElement.outerHTML.slice(0, 200)")}");
    }
}
