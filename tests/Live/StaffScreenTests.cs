using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>Who works where, on the screens: a duty that a colleague gives, and the accounts that administrators keep.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class StaffScreenTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task A_nurse_gives_a_colleague_of_another_unit_a_duty_and_he_opens_its_patients_without_glass_until_she_takes_it_back()
    {
        var colleague = await _hospital.EnterAsync("Infirmier·ère de nuit, Ambulatoire");
        var to = await colleague.Locator(".bar .who b").TextContentAsync();
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Locator(".ward tbody tr:not(.expected) a").First.WaitForAsync();
        var path = await nurse.Locator(".ward tbody tr:not(.expected) a").First.GetAttributeAsync("href");
        await colleague.Locator(".ward").WaitForAsync();
        await colleague.EvaluateAsync("path => Blazor.navigateTo(path)", path);
        await colleague.Locator("#reason").WaitForAsync();

        await nurse.Locator(".bar .who").ClickAsync();
        await nurse.GetByText("Donner une garde à un collègue").ClickAsync();
        await Expect(nurse.Locator("#duty-unit option:checked")).ToHaveTextAsync("Gériatrie");
        await Expect(nurse.Locator("#duty-to option", new() { HasTextString = "Administratrice" })).ToHaveCountAsync(0);
        // Nothing chosen, one of the unit already, too long: each is said where it can be mended, and what was typed stays.
        await nurse.ClickAsync("#give-duty");
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("Choisissez le collègue");
        await ChooseAsync("Infirmier·ère de nuit, Gériatrie");
        await GiveAsync();
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("déjà affecté à cette unité");
        await ChooseAsync(to!);
        var proposed = await nurse.InputValueAsync("#duty-until");
        await nurse.FillAsync("#duty-until", "01/01/2040 07:00");
        await GiveAsync();
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("13 heures au plus");
        await nurse.FillAsync("#duty-until", "demain");
        await GiveAsync();
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("jj/mm/aaaa hh:mm");
        await Expect(nurse.Locator("#duty-to option:checked")).ToContainTextAsync(to!);
        await nurse.FillAsync("#duty-until", proposed);
        await GiveAsync();
        await Expect(nurse.GetByRole(AriaRole.Status).Filter(new() { HasText = $"Garde donnée à {to} : Gériatrie" })).ToBeVisibleAsync();
        await Expect(nurse.Locator(".given")).ToContainTextAsync(to!);
        await Hospital.PictureAsync(nurse, "duties");

        // He is told where he is, his list has the unit, and the file opens.
        await Expect(colleague.Locator(".notices")).ToContainTextAsync("vous a donné une garde : Gériatrie");
        await colleague.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        await Expect(colleague.Locator("h1")).ToHaveTextAsync("Mes services");
        await colleague.Locator($".ward a[href='{path}']").First.ClickAsync();
        await colleague.Locator(".banner").WaitForAsync();
        await Expect(colleague.Locator("#reason")).ToHaveCountAsync(0);

        await nurse.GetByRole(AriaRole.Button, new() { Name = $"Retirer la garde de {to}" }).ClickAsync();
        await Expect(nurse.Locator(".given")).ToHaveCountAsync(0);
        await Expect(colleague.Locator(".notices")).ToContainTextAsync("a retiré votre garde : Gériatrie");
        await colleague.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        await Expect(colleague.Locator("h1")).ToHaveTextAsync("Ambulatoire");
        await colleague.EvaluateAsync("path => Blazor.navigateTo(path)", path);
        await colleague.Locator("#reason").WaitForAsync();

        async Task ChooseAsync(string who) => await nurse.SelectOptionAsync("#duty-to", new SelectOptionValue { Label = await nurse.Locator("#duty-to option", new() { HasTextString = who }).First.TextContentAsync() });

        async Task GiveAsync()
        {
            await nurse.ClickAsync("#give-duty");
            await nurse.Locator(".mud-alert").Or(nurse.Locator("#give-presence")).First.WaitForAsync();
            if (await nurse.Locator("#give-presence").CountAsync() > 0) await nurse.ClickAsync("#give-presence");
        }
    }

    [Fact]
    public async Task An_account_with_two_units_keeps_both_when_its_title_changes_and_what_is_taken_away_is_said_before()
    {
        const string who = "Technicien·ne d'information médicale";
        var administrator = await _hospital.EnterAsync("Administratrice");
        await ChangeAsync();
        await administrator.ClickAsync("#account-units");
        await administrator.GetByLabel("Facturation", new() { Exact = true }).CheckAsync();
        await Expect(administrator.Locator("#differences")).ToHaveTextAsync("Unités ajoutées : Facturation");
        await Hospital.PictureAsync(administrator, "account-units");
        await administrator.ClickAsync("#propose");
        await Expect(administrator.Locator(".waiting").Filter(new() { HasText = "unités : « Facturation », « Information médicale »" })).ToBeVisibleAsync();
        await ApproveAsync("Changer les droits");

        await AgainAsync(administrator);
        await Expect(Row().Locator("td").Nth(3)).ToContainTextAsync("Facturation");
        await ChangeAsync();
        await Expect(administrator.Locator("#account-units")).ToContainTextAsync("Facturation, Information médicale");
        // Nothing changed: nothing is sent, and it says so.
        await administrator.ClickAsync("#propose");
        await Expect(administrator.GetByRole(AriaRole.Alert)).ToContainTextAsync("Rien n'a changé");
        await administrator.FillAsync("#account-title", $"{who}, mi-temps");
        await administrator.Locator("#account-title").BlurAsync();
        await Expect(administrator.Locator("#differences li")).ToHaveCountAsync(1);
        await administrator.ClickAsync("#propose");
        await Expect(Row()).ToContainTextAsync("mi-temps");
        await Expect(Row().Locator("td").Nth(3)).ToHaveTextAsync("Facturation, Information médicale");

        await ChangeAsync();
        await administrator.ClickAsync("#account-units");
        await administrator.GetByLabel("Facturation", new() { Exact = true }).UncheckAsync();
        await Expect(administrator.Locator("#differences")).ToHaveTextAsync("Unités retirées : Facturation");
        await administrator.ClickAsync("#propose");
        await Expect(Row().Locator("td").Nth(3)).ToHaveTextAsync("Information médicale");

        ILocator Row() => administrator.Locator("tr").Filter(new() { HasText = who });

        async Task ChangeAsync()
        {
            await Row().GetByRole(AriaRole.Button).ClickAsync();
            await administrator.Locator(".mud-popover-open").GetByText("Modifier fonction").ClickAsync();
            await administrator.GetByRole(AriaRole.Heading, new() { Name = "Modifier " }).WaitForAsync();
        }
    }

    [Fact]
    public async Task Whoever_freezes_or_reopens_an_account_writes_why_and_who_signs_reads_it()
    {
        const string who = "Agent de facturation";
        var officer = await _hospital.EnterAsync("Référent sécurité");
        await officer.EvaluateAsync("Blazor.navigateTo('/')");
        await officer.Locator("#propose").WaitForAsync();
        await OpenAsync("Geler tout de suite…");
        await officer.FillAsync("#account-reason", "vu");
        await officer.ClickAsync("#account-reasoned");
        await Expect(officer.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("5 à 500 caractères");
        await Hospital.PictureAsync(officer, "account-freeze");
        await officer.FillAsync("#account-reason", "Session laissée ouverte au couloir");
        await officer.Keyboard.PressAsync("Enter");
        await Expect(Row().Locator(".state")).ToHaveTextAsync("gelé");

        await OpenAsync("Proposer de dégeler…");
        await officer.ClickAsync("#account-reasoned");
        await Expect(officer.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("5 à 500 caractères");
        await officer.FillAsync("#account-reason", "Vérifié avec elle : personne d'autre n'y a touché");
        await officer.ClickAsync("#account-reasoned");
        await Expect(officer.Locator(".waiting").Filter(new() { HasText = "Motif : Vérifié avec elle : personne d'autre n'y a touché" })).ToBeVisibleAsync();
        await ApproveAsync("Vérifié avec elle", "administra");
        await AgainAsync(officer);
        await Expect(Row().Locator(".state")).Not.ToHaveTextAsync("gelé");

        ILocator Row() => officer.Locator("tr").Filter(new() { HasText = who });

        async Task OpenAsync(string what)
        {
            await Row().GetByRole(AriaRole.Button).ClickAsync();
            await officer.Locator(".mud-popover-open").GetByText(what).ClickAsync();
            await officer.Locator("#account-reason").WaitForAsync();
        }
    }

    /// <summary>The accounts as they are by now.</summary>
    private static async Task AgainAsync(IPage page)
    {
        await page.EvaluateAsync("Blazor.navigateTo('/sessions')");
        await page.Locator("main h1:has-text('sessions')").WaitForAsync();
        await page.EvaluateAsync("Blazor.navigateTo('/')");
        await page.Locator("#propose").WaitForAsync();
    }

    /// <summary>On the Custodian's own page, by an officer of another role than who proposed.</summary>
    private async Task ApproveAsync(string statement, string role = "référent sécurité")
    {
        var page = await _hospital.BrowserAsync();
        await page.GotoAsync($"http://localhost:{_hospital.Port + 1}");
        await page.Locator("select option").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator("select").First.SelectOptionAsync(new SelectOptionValue { Label = await page.Locator("select option").EvaluateAllAsync<string>("(all, role) => all.map(o => o.textContent).find(t => t.toLowerCase().includes(role))", role) });
        await page.GetByRole(AriaRole.Button, new() { Name = "Entrer" }).ClickAsync();
        var card = page.Locator("[data-approval]").Filter(new() { HasText = statement });
        await card.GetByRole(AriaRole.Button, new() { Name = "j’approuve" }).ClickAsync();
        await Expect(card).ToHaveCountAsync(0);
        await page.CloseAsync();
    }
}
