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
        var (who, from) = (await unit.Locator(".bedtile:has(a) a").First.TextContentAsync(), await unit.Locator(".bedtile:has(a) .no").First.EvaluateAsync<string>("e => e.firstChild.textContent.trim()"));
        await OpenTransferAsync();
        await Expect(nurse.Locator(".mud-dialog")).ToContainTextAsync(who!);
        await EscapeAsync(nurse, ".mud-dialog");
        Assert.Equal(from, await BedAsync());

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
