using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>Nothing typed is lost, and nobody else sees it: every field of the forms that a lock or a colleague can interrupt.</summary>
public sealed partial class ScreenTests
{
    [Fact]
    public async Task Half_typed_transmissions_vital_signs_and_allergies_outlive_a_colleague_who_sees_none_of_them()
    {
        var page = await _hospital.EnterAsync("Infirmier·ère, Cardiologie");
        await page.Locator(".ward tbody tr").First.ClickAsync();
        await page.FillAsync("#target", "Douleur");
        await page.FillAsync("#note", "EVA 6 au lever,");
        await page.FillAsync("[data-field=action]", "antalgique donné");
        await page.FillAsync("#v-8310-5", "38,");
        await page.GetByText("Ajouter", new() { Exact = true }).First.ClickAsync();
        await page.FillAsync("#substance", "Amoxic");
        await page.Locator("[data-field=severity]").SelectOptionAsync("moderate");
        var file = new Uri(page.Url).AbsolutePath;

        // Another tab of the summary, then a lock: drawn anew, filled in again.
        await page.GetByRole(AriaRole.Tab, new() { Name = "Coordonnées" }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Synthèse" }).ClickAsync();
        await Expect(page.Locator("#substance")).ToHaveValueAsync("Amoxic");
        await page.Locator(".bar .who").ClickAsync();
        await page.GetByText("Verrouiller").ClickAsync();
        await page.ClickAsync("#unlock");
        await Expect(page.Locator("#v-8310-5")).ToHaveValueAsync("38,");

        // The night nurse of the same ward has the same patient, and an empty form.
        await Hospital.LeaveAsync(page);
        await Hospital.EnterAsync(page, "Infirmier·ère de nuit, Cardiologie");
        await page.Locator($".ward a[href=\"{file}\"]").ClickAsync();
        await page.Locator("#note").WaitForAsync();
        await Expect(page.Locator("[data-field=text]")).ToHaveValueAsync("");
        foreach (var field in new[] { "#target", "#note", "[data-field=action]", "#v-8310-5" }) Assert.Equal("", await page.InputValueAsync(field));
        Assert.Equal(0, await page.Locator("#substance").CountAsync());

        await Hospital.LeaveAsync(page);
        await Hospital.EnterAsync(page, "Infirmier·ère, Cardiologie");
        await page.Locator($".ward a[href=\"{file}\"]").ClickAsync();
        foreach (var (field, value) in new[] { ("#target", "Douleur"), ("#note", "EVA 6 au lever,"), ("[data-field=action]", "antalgique donné"), ("#v-8310-5", "38,"), ("#substance", "Amoxic"), ("[data-field=severity]", "moderate") })
            await Expect(page.Locator(field)).ToHaveValueAsync(value);
        await Expect(page.Locator("section[aria-label=Écrire]")).ToContainTextAsync("Brouillon retrouvé");

        // What comes back is what is saved, and then it is gone.
        await page.ClickAsync("#save-note");
        await Expect(page.Locator("article:has-text('EVA 6 au lever')").First).ToContainTextAsync("antalgique donné");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Coordonnées" }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Synthèse" }).ClickAsync();
        await Expect(page.Locator("#substance")).ToHaveValueAsync("Amoxic");
        await Expect(page.Locator("#note")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task A_half_typed_admission_comes_back_with_its_patient_and_belongs_to_one_clerk_and_one_patient()
    {
        var page = await _hospital.EnterAsync("Agent d'admission");
        var me = await page.Locator(".bar .who b").TextContentAsync();
        await page.FillAsync("#birth", "05061972");
        await page.FillAsync("#birth-name", "Brézellec");
        await page.FillAsync("#given", "Maïwenn");
        await page.SelectOptionAsync("#sex", "Female");
        await Hospital.LeaveAsync(page);
        await page.Locator($".people button:has-text(\"Agent d'admission\"):not(:has-text(\"{me}\"))").First.ClickAsync();
        await Expect(page.Locator("#birth")).ToBeVisibleAsync();
        await Expect(page.Locator("#birth-name")).ToHaveValueAsync("");

        await Hospital.LeaveAsync(page);
        await Hospital.EnterAsync(page, me!);
        await Expect(page.Locator("#birth-name")).ToHaveValueAsync("Brézellec");
        await Expect(page.Locator("#sex")).ToHaveValueAsync("Female");
        await page.ClickAsync("#create");
        await page.Locator("#mobile").FillAsync("06 39 98");
        await page.Locator("[data-field=city]").FillAsync("Plouzan");
        await page.SelectOptionAsync("#unit", new SelectOptionValue { Index = 3 });
        var unit = await page.InputValueAsync("#unit");
        await Hospital.LeaveAsync(page);
        await Hospital.EnterAsync(page, me!);
        await Expect(page.Locator(".chosen")).ToContainTextAsync("BREZELLEC");
        await Expect(page.Locator("#mobile")).ToHaveValueAsync("06 39 98");
        await Expect(page.Locator("[data-field=city]")).ToHaveValueAsync("Plouzan");
        await Expect(page.Locator("#unit")).ToHaveValueAsync(unit);

        // Another patient: nothing that was typed for the first.
        await page.GetByRole(AriaRole.Button, new() { Name = "Changer", Exact = true }).ClickAsync();
        await page.FillAsync("#birth-name", "Quiniou");
        await page.ClickAsync("#create");
        await Expect(page.Locator(".chosen")).ToContainTextAsync("QUINIOU");
        await Expect(page.Locator("[data-field=city]")).ToHaveValueAsync("");
        await page.FillAsync("#mobile", "06 39 98 12 34");
        await page.ClickAsync("#admit");
        await page.Locator("#print").WaitForAsync();
        await page.GetByText("Admettre quelqu'un d'autre").ClickAsync();
        await Expect(page.Locator("#birth-name")).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Corrections_of_an_identity_and_of_coordinates_come_back_open()
    {
        var page = await _hospital.EnterAsync("Infirmier·ère, Chirurgie orthopédique");
        await page.Locator(".ward tbody tr").First.ClickAsync();
        var identity = page.Locator("section[aria-label=Identité]");
        async Task AwayAndBackAsync()
        {
            await page.GetByRole(AriaRole.Tab, new() { Name = "Séjours" }).ClickAsync();
            await Expect(identity).ToHaveCountAsync(0);
            await page.GetByRole(AriaRole.Tab, new() { Name = "Identité" }).ClickAsync();
            await Expect(identity.GetByRole(AriaRole.Button).First).ToBeVisibleAsync();
        }
        await AwayAndBackAsync();
        await identity.GetByRole(AriaRole.Button, new() { Name = "Corriger" }).ClickAsync();
        await page.FillAsync("#fix-name", "Autrenom");
        await page.FillAsync("#fix-reason", "carte d'identité");
        await AwayAndBackAsync();
        await Expect(page.Locator("#fix-name")).ToHaveValueAsync("Autrenom");
        await Expect(page.Locator("#fix-reason")).ToHaveValueAsync("carte d'identité");
        await identity.GetByRole(AriaRole.Button, new() { Name = "Abandonner" }).ClickAsync();
        await Expect(page.Locator("#fix-name")).ToHaveCountAsync(0);
        await AwayAndBackAsync();
        await Expect(identity.GetByRole(AriaRole.Button, new() { Name = "Corriger" })).ToBeVisibleAsync();
        Assert.Equal(0, await page.Locator("#fix-name").CountAsync());
        await page.FillAsync("#mark-reason", "relecture");
        await AwayAndBackAsync();
        await Expect(page.Locator("#mark-reason")).ToHaveValueAsync("relecture");

        var secretary = await _hospital.EnterAsync("Agent d'admission");
        await secretary.EvaluateAsync("path => Blazor.navigateTo(path)", new Uri(page.Url).AbsolutePath);
        await secretary.GetByRole(AriaRole.Tab, new() { Name = "Coordonnées" }).ClickAsync();
        await secretary.GetByRole(AriaRole.Button, new() { Name = "Modifier" }).ClickAsync();
        await secretary.FillAsync("[data-field=PostalCode]", "29");
        await secretary.GetByRole(AriaRole.Tab, new() { Name = "Documents" }).ClickAsync();
        await secretary.GetByRole(AriaRole.Tab, new() { Name = "Coordonnées" }).ClickAsync();
        await Expect(secretary.Locator("[data-field=PostalCode]")).ToHaveValueAsync("29");
        await secretary.FillAsync("[data-field=Trusted]", " ");
        await secretary.FillAsync("[data-field=TrustedKin]", "sœur");
        await secretary.FillAsync("#change-reason", "déménagement");
        await secretary.ClickAsync("#save-administrative");
        await Expect(secretary.GetByRole(AriaRole.Alert)).ToContainTextAsync("Indiquez le nom de la personne de confiance");
    }
}
