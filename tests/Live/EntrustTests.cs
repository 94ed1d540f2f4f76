using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>From hand to hand on the screens: whom somebody let in opens without breaking the glass, and no longer once it is ended.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class EntrustTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task A_physician_hands_over_by_the_keyboard_and_the_colleague_finds_the_patient_and_opens_without_glass()
    {
        var colleague = await _hospital.EnterAsync("Médecin, Chirurgie digestive");
        var to = await colleague.Locator(".bar .who b").TextContentAsync();
        var physician = await _hospital.EnterAsync("Médecin, Médecine polyvalente");
        await physician.Locator(".ward tbody tr:not(.expected)").Nth(2).ClickAsync();
        await physician.Locator(".banner").WaitForAsync();
        var (path, who) = (new Uri(physician.Url).AbsolutePath, await physician.Locator(".banner .big").TextContentAsync());
        await colleague.EvaluateAsync("path => Blazor.navigateTo(path)", path);
        await colleague.Locator("#reason").WaitForAsync();

        await physician.Locator("#entrust").FocusAsync();
        var keys = physician.Keyboard;
        await keys.PressAsync("Enter");
        await Expect(physician.Locator("#entrust-Referral")).ToBeFocusedAsync();
        await keys.PressAsync("ArrowDown");
        await keys.PressAsync("ArrowDown");
        await Expect(physician.Locator("#entrust-Handover")).ToBeCheckedAsync();
        await Expect(physician.Locator("#entrust-to option")).Not.ToHaveCountAsync(1);
        await Hospital.PictureAsync(physician, "entrust");
        await keys.PressAsync("Tab");
        await Expect(physician.Locator("#entrust-to")).ToBeFocusedAsync();
        await keys.TypeAsync(to!);
        await Expect(physician.Locator("#entrust-to option:checked")).ToContainTextAsync(to!);
        await keys.PressAsync("Tab");
        await keys.PressAsync("Tab");
        await keys.PressAsync("Tab");
        await Expect(physician.Locator("#entrust-now")).ToBeFocusedAsync();
        await keys.PressAsync("Enter");
        await Expect(physician.GetByText("Dossier confié")).ToBeVisibleAsync();

        // Under his own list, without a word said in the corridor.
        await colleague.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        var row = colleague.Locator(".entrusted tbody tr").Filter(new() { Has = colleague.Locator($"a[href='{path}']") });
        await Expect(row).ToContainTextAsync("Relais");
        await Hospital.PictureAsync(colleague, "entrusted");
        await row.Locator("a").ClickAsync();
        await Expect(colleague.Locator(".banner .big")).ToHaveTextAsync(who!);

        // Ended by who stated it, it opens no more.
        await physician.ClickAsync("#entrust");
        await Expect(physician.Locator(".entrusted-to li")).ToContainTextAsync("vous");
        await Hospital.PictureAsync(physician, "entrust-known");
        await physician.Locator(".entrusted-to button").ClickAsync();
        await Expect(physician.Locator(".entrusted-to li")).ToHaveCountAsync(0);
        await colleague.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        await colleague.Locator(".ward").WaitForAsync();
        await colleague.EvaluateAsync("path => Blazor.navigateTo(path)", path);
        await colleague.Locator("#reason").WaitForAsync();
    }

    [Fact]
    public async Task A_referral_lets_in_another_unit_and_a_secretary_is_no_colleague_of_the_shift_but_of_letters()
    {
        var physician = await _hospital.EnterAsync("Médecin, Gériatrie");
        await physician.Locator(".ward tbody tr:not(.expected)").First.ClickAsync();
        await physician.ClickAsync("#entrust");
        await physician.Locator("#entrust-to option:has-text('Cardiologie')").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await Expect(physician.Locator("#entrust-to option:has-text('Gériatrie')")).ToHaveCountAsync(0);
        // Nothing chosen: said where it can be mended.
        await physician.ClickAsync("#entrust-now");
        await Expect(physician.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert)).ToContainTextAsync("Choisissez l'unité");
        await physician.ClickAsync("#entrust-Secretariat");
        await Expect(physician.Locator("#entrust-to option:not([value=''])").Filter(new() { HasNotText = "Secrétaire médicale" })).ToHaveCountAsync(0);
        await physician.ClickAsync("#entrust-Referral");
        await physician.SelectOptionAsync("#entrust-to", new SelectOptionValue { Label = await physician.Locator("#entrust-to option:has-text('Cardiologie')").TextContentAsync() });
        await physician.ClickAsync("#entrust-now");
        await Expect(physician.GetByText("Dossier confié : Cardiologie")).ToBeVisibleAsync();

        var cardiologist = await _hospital.EnterAsync("Médecin, Cardiologie");
        await Expect(cardiologist.Locator(".entrusted")).ToContainTextAsync("Avis demandé");
        await cardiologist.EvaluateAsync("path => Blazor.navigateTo(path)", new Uri(physician.Url).AbsolutePath);
        await cardiologist.Locator(".banner").WaitForAsync();
        await cardiologist.GetByRole(AriaRole.Tab, new() { Name = "Qui a ouvert ce dossier" }).ClickAsync();
        await Expect(cardiologist.Locator("tr").Filter(new() { HasText = "Avis demandé" }).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task At_the_end_of_the_shift_the_list_goes_to_one_colleague_in_one_go()
    {
        var night = await _hospital.EnterAsync("Infirmier·ère de nuit, Chirurgie orthopédique");
        var to = await night.Locator(".bar .who b").TextContentAsync();
        var day = await _hospital.EnterAsync("Infirmier·ère, Réanimation");
        await day.ClickAsync("#handover");
        await Expect(day.Locator("#handover-to")).ToBeFocusedAsync();
        var present = await day.Locator(".handed li").CountAsync();
        Assert.True(present > 1);
        await day.Locator(".handed input").First.UncheckAsync();
        await day.SelectOptionAsync("#handover-to", new SelectOptionValue { Label = await day.Locator($"#handover-to option:has-text('{to}')").First.TextContentAsync() });
        await Hospital.PictureAsync(day, "handover");
        await day.ClickAsync("#handover-now");
        await Expect(day.GetByText($"{present - 1} patients confiés à {to}")).ToBeVisibleAsync();

        await night.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        await night.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        await Expect(night.Locator(".entrusted tbody tr")).ToHaveCountAsync(present - 1);
    }
}
