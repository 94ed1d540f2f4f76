using System.Globalization;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>Stays as people register and change them: two in one bed, a birth, plans, what is called off, and whose functions may.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class StayScreenTests(ScreenTests.Demonstration demonstration)
{
    private static readonly CultureInfo Culture = CultureInfo.GetCultureInfo("fr-FR");
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task Mother_and_newborn_in_one_bed_are_both_named_linked_and_moved_and_belong_together()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await CreateAsync(clerk, "04051994", "Berthelot", "Maud", Sex.Female);
        await PlaceAsync(clerk, "Maternité");
        await clerk.ClickAsync("#admit");
        await clerk.GetByText("Admettre quelqu'un d'autre").ClickAsync();
        await clerk.FillAsync("#birth", "04051994");
        await clerk.Locator("#birth").PressAsync("Tab");
        await clerk.Locator(".candidate:has-text('BERTHELOT')").ClickAsync();
        await clerk.GetByText("Elle vient d'accoucher").ClickAsync();
        await Expect(clerk.Locator("#newborn-birth")).ToHaveValueAsync(Day(0));
        foreach (var (day, said) in new[] { (1, "elle est dans le futur"), (-30, "7 jours avant aujourd'hui au plus") })
        {
            await clerk.FillAsync("#newborn-birth", Day(day));
            await clerk.ClickAsync("#create-newborn");
            await Expect(clerk.GetByRole(AriaRole.Alert).First).ToContainTextAsync(said);
            await Expect(clerk.Locator("#newborn-birth")).ToHaveValueAsync(Day(day));
        }
        await Hospital.PictureAsync(clerk, "newborn");
        await clerk.FillAsync("#newborn-birth", Day(-1));
        await clerk.ClickAsync("#create-newborn");
        await Expect(clerk.Locator(".chosen")).ToContainTextAsync("admis avec sa mère");
        await Expect(clerk.Locator(".chosen")).ToContainTextAsync("1 j");
        await AdmitAsync(clerk);

        var nurse = await _hospital.EnterAsync("Infirmier·ère, Maternité");
        await nurse.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        var tile = nurse.Locator(".bedtile:has(a:has-text('BERTHELOT Maud'))");
        var (hers, its) = (tile.Locator(".occupant:has(a:has-text('BERTHELOT Maud'))"), tile.Locator(".occupant:has(a:has-text('BERTHELOT Bebe'))"));
        await Expect(tile.Locator(".occupant")).ToHaveCountAsync(2);
        await Expect(hers).ToContainTextAsync("avec son enfant");
        await Expect(its).ToContainTextAsync("nouveau-né");
        foreach (var one in new[] { hers, its })
        {
            await Expect(one.Locator(".corner button")).ToBeVisibleAsync();
            // Nothing of a line lies outside of the tile.
            foreach (var part in new[] { "a", ".facts", ".corner" })
            {
                var (inner, outer) = ((await one.Locator(part).BoundingBoxAsync())!, (await tile.BoundingBoxAsync())!);
                Assert.True(inner.X >= outer.X && inner.Y >= outer.Y && inner.X + inner.Width <= outer.X + outer.Width + 1 && inner.Y + inner.Height <= outer.Y + outer.Height + 1, part);
            }
        }
        await tile.ScrollIntoViewIfNeededAsync();
        await Hospital.PictureAsync(nurse, "two-in-one-bed");
        await its.Locator(".corner button").ClickAsync();
        await nurse.Locator(".mud-popover-open").GetByText("Transférer, changer de lit", new() { Exact = true }).ClickAsync();
        await Expect(nurse.Locator(".mud-dialog")).ToContainTextAsync("BERTHELOT Bebe");
        await nurse.Locator(".mud-dialog").GetByText("Fermer", new() { Exact = true }).ClickAsync();
        await its.Locator("a").ClickAsync();
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Séjours" }).ClickAsync();
        var stays = nurse.Locator("section[aria-label=Séjours]");
        await Expect(stays).ToContainTextAsync("séjour de sa mère");
        await stays.Locator("tr.sub a").ClickAsync();
        await Expect(nurse.Locator(".banner")).ToContainTextAsync("BERTHELOT Maud");
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Séjours" }).ClickAsync();
        await Expect(stays).ToContainTextAsync("séjour de son enfant");
        await Hospital.PictureAsync(nurse, "mother-stays");
    }

    [Fact]
    public async Task Leave_return_a_planned_exit_and_another_physician_are_in_the_movements_with_who_did_it()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await CreateAsync(clerk, "11091957", "Quemener", "Alban", Sex.Male);
        await PlaceAsync(clerk, "Cardiologie");
        await AdmitAsync(clerk);
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Cardiologie");
        var me = await nurse.Locator(".bar .who").InnerTextAsync();
        await nurse.Locator(".ward tbody tr:has-text('QUEMENER')").ClickAsync();
        var stays = nurse.Locator("section[aria-label=Séjours]");
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Séjours" }).ClickAsync();
        await stays.GetByText("Mouvements", new() { Exact = true }).ClickAsync();
        var rows = stays.Locator("tr.sub");
        await Expect(rows).ToHaveCountAsync(1);

        await ChooseAsync(nurse, stays, "Sortie…");
        await nurse.FillAsync("#exit-at", $"{Day(-1)} 10:00");
        await nurse.ClickAsync("#plan-exit");
        await Expect(nurse.Locator(".mud-dialog")).ToContainTextAsync("La sortie prévue ne peut pas précéder l'arrivée.");
        await nurse.FillAsync("#exit-at", $"{Day(3)} 10:00");
        await nurse.ClickAsync("#plan-exit");
        await Expect(rows).ToHaveCountAsync(2);
        await ChooseAsync(nurse, stays, "Changer de médecin responsable");
        var doctor = (await nurse.Locator("#stay-doctor option").Nth(1).InnerTextAsync()).Split(" — ")[0];
        await nurse.SelectOptionAsync("#stay-doctor", new SelectOptionValue { Index = 1 });
        await Hospital.PictureAsync(nurse, "stay-doctor");
        await SaveAsync(nurse);
        await ChooseAsync(nurse, stays, "Permission");
        await SaveAsync(nurse);
        await Expect(rows).ToHaveCountAsync(4);
        await ChooseAsync(nurse, stays, "Retour de permission");
        await SaveAsync(nurse);
        await Expect(rows).ToHaveCountAsync(5);
        foreach (var (row, said) in new[] { (1, "sortie prévue"), (2, doctor), (3, "départ en permission"), (4, "retour de permission") })
        {
            await Expect(rows.Nth(row)).ToContainTextAsync(said);
            var by = (await rows.Nth(row).Locator(".facts").InnerTextAsync())["· par ".Length..];
            Assert.Contains(by, me, StringComparison.Ordinal);
        }
        await Hospital.PictureAsync(nurse, "movements");

        // The admission was typed late: its time is corrected, by whom and why stays in the story; what cannot be is said at the field.
        await Expect(rows.Nth(1).GetByText("Corriger l'heure")).ToHaveCountAsync(0);
        await rows.Nth(0).GetByText("Corriger l'heure").ClickAsync();
        await nurse.FillAsync("#correct-at", $"{Day(1)} 10:00");
        await nurse.ClickAsync("#correct-save");
        await Expect(rows.Nth(0).GetByRole(AriaRole.Alert)).ToContainTextAsync("Choisissez le motif de la correction.");
        await nurse.SelectOptionAsync("#correct-reason", new SelectOptionValue { Label = "saisi après coup" });
        foreach (var (typed, said) in new[] { ($"{Day(1)} 10:00", "ne s'enregistre pas à l'avance"), ("hier", "par exemple 24/11/2026 14:30") })
        {
            await nurse.FillAsync("#correct-at", typed);
            await nurse.ClickAsync("#correct-save");
            await Expect(rows.Nth(0).GetByRole(AriaRole.Alert)).ToContainTextAsync(said);
        }
        await Hospital.PictureAsync(nurse, "movement-correction");
        await nurse.FillAsync("#correct-at", $"{Day(-1)} 21:10");
        await nurse.ClickAsync("#correct-save");
        await Expect(rows).ToHaveCountAsync(6);
        await Expect(rows.Nth(0)).ToContainTextAsync("hier 21:10 — admission");
        await Expect(rows.Nth(0)).ToContainTextAsync("heure corrigée");
        await Expect(rows.Nth(5)).ToContainTextAsync("heure corrigée (saisi après coup) : admission, hier 21:10 au lieu de");
        await Expect(stays.Locator("tbody tr").First).ToContainTextAsync("hier 21:10");
        await ChooseAsync(nurse, stays, "Sortie…");
        await nurse.ClickAsync("#unplan-exit");
        await Expect(rows.Nth(6)).ToContainTextAsync("plus de sortie prévue");
        await Hospital.PictureAsync(nurse, "movements-corrected");
    }

    [Fact]
    public async Task A_pre_admission_is_moved_to_another_day_and_called_off_for_a_reason()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await CreateAsync(clerk, "23021962", "Lezardrieux", "Odile", Sex.Female);
        await clerk.SelectOptionAsync("[data-field=planned]", "true");
        await clerk.FillAsync("[data-field=expected]", $"{Day(2)} 08:00");
        await AdmitAsync(clerk);
        var chart = (await clerk.GetAttributeAsync("#print", "href"))!;
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", chart);
        await clerk.GetByText("Revenir au dossier").ClickAsync();
        var stays = clerk.Locator("section[aria-label=Séjours]");
        await clerk.GetByRole(AriaRole.Tab, new() { Name = "Séjours" }).ClickAsync();
        await stays.GetByText("Mouvements", new() { Exact = true }).ClickAsync();
        var rows = stays.Locator("tr.sub");

        await ChooseAsync(clerk, stays, "Changer la date d'arrivée");
        await Expect(clerk.Locator("#arrival-at")).ToHaveValueAsync($"{Day(2)} 08:00");
        await clerk.FillAsync("#arrival-at", $"{Day(-2)} 08:00");
        await clerk.Locator(".mud-dialog").GetByText("Enregistrer", new() { Exact = true }).ClickAsync();
        await Expect(clerk.Locator(".mud-dialog")).ToContainTextAsync("La date d'arrivée prévue est passée.");
        await clerk.FillAsync("#arrival-at", $"{Day(5)} 09:30");
        await SaveAsync(clerk);
        await Expect(rows.Nth(1)).ToContainTextAsync("arrivée prévue");
        await Expect(stays.Locator("tbody tr").First).ToContainTextAsync("09:30");

        await ChooseAsync(clerk, stays, "Annuler ce séjour");
        await clerk.Locator(".mud-dialog").GetByText("Enregistrer", new() { Exact = true }).ClickAsync();
        await Expect(clerk.Locator(".mud-dialog")).ToContainTextAsync("Choisissez le motif de l'annulation.");
        await clerk.SelectOptionAsync("#cancel-reason", new SelectOptionValue { Label = "n'est pas venu·e" });
        await Hospital.PictureAsync(clerk, "cancel-stay");
        await SaveAsync(clerk);
        await Expect(rows.Nth(2)).ToContainTextAsync("annulation : n'est pas venu·e");
        await Expect(stays.Locator("tbody tr").First).ToContainTextAsync("annulé");
    }

    /// <summary>A social worker reads the list of the units and registers no stay.</summary>
    [Fact]
    public async Task Whose_function_registers_no_stay_is_offered_no_change_of_one_nor_of_a_bed()
    {
        var social = await _hospital.EnterAsync("Assistant·e de service social");
        await social.Locator(".ward tbody tr:not(.expected) td.actions button").First.ClickAsync();
        await Expect(social.Locator(".mud-popover-open .mud-menu-item, .mud-popover-open .mud-list-item")).ToHaveCountAsync(1);
        await Expect(social.Locator(".mud-popover-open")).ToContainTextAsync("Étiquettes");
        await social.Keyboard.PressAsync("Escape");
        await social.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        await social.Locator(".unit.own .bedtile").First.WaitForAsync();
        await Expect(social.Locator(".bedtile:not(:has(.occupant)) .corner")).ToHaveCountAsync(0);

        var nurse = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Locator(".ward tbody tr:not(.expected) td.actions button").First.ClickAsync();
        await Expect(nurse.Locator(".mud-popover-open")).ToContainTextAsync("Sortie…");
    }

    [Fact]
    public async Task A_matricule_that_waits_for_its_NIR_is_recorded_and_shown_as_NIA()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await CreateAsync(clerk, "30051994", "Zografou", "Eleni", Sex.Female);
        await PlaceAsync(clerk, "Gériatrie");
        await clerk.ClickAsync("#admit");
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", (await clerk.GetAttributeAsync("#print", "href"))!);
        await clerk.GetByText("Revenir au dossier").ClickAsync();
        await clerk.GetByRole(AriaRole.Tab, new() { Name = "Identité" }).ClickAsync();
        var identity = clerk.Locator("section[aria-label=Identité]");
        await identity.GetByText("Corriger").ClickAsync();
        await clerk.FillAsync("#fix-matricule", "294054410901222");
        await clerk.SelectOptionAsync("#fix-oid", "1.2.250.1.213.1.4.9");
        await Expect(clerk.Locator("#fix-oid option")).ToHaveCountAsync(2);
        await clerk.FillAsync("#fix-reason", "attestation présentée");
        await Hospital.PictureAsync(clerk, "matricule");
        await identity.GetByText("Enregistrer la correction").ClickAsync();
        await Expect(identity.Locator("dl")).ToContainTextAsync(new System.Text.RegularExpressions.Regex(@"294054410901222\s*NIA"));
    }

    private static string Day(int ahead) => DateTime.Today.AddDays(ahead).ToString("dd/MM/yyyy", Culture);

    private static async Task CreateAsync(IPage clerk, string birth, string name, string given, Sex sex)
    {
        await clerk.FillAsync("#birth", birth);
        await clerk.FillAsync("#birth-name", name);
        await clerk.FillAsync("#given", given);
        await clerk.SelectOptionAsync("#sex", $"{sex}");
        await clerk.ClickAsync("#create");
        await clerk.Locator(".chosen").WaitForAsync();
    }

    /// <summary>In the first free bed of that unit.</summary>
    private static async Task PlaceAsync(IPage clerk, string unit)
    {
        await clerk.SelectOptionAsync("#unit", await clerk.Locator("#unit option").Filter(new() { HasText = unit }).First.GetAttributeAsync("value") ?? "");
        await Expect(clerk.Locator("[data-field=housing] option:checked")).ToContainTextAsync(unit);
        var free = await clerk.Locator("#bed option").EvaluateAllAsync<string?>("all => all.find(o => o.value && !o.textContent.includes('—'))?.value");
        if (free is null) Assert.Skip("The demonstration has filled every bed of this unit.");
        await clerk.SelectOptionAsync("#bed", free);
    }

    private static async Task AdmitAsync(IPage clerk)
    {
        await clerk.ClickAsync("#admit");
        await clerk.Locator("#print").WaitForAsync();
    }

    private static async Task ChooseAsync(IPage page, ILocator stays, string choice)
    {
        await Expect(page.Locator(".mud-dialog")).ToHaveCountAsync(0);
        await stays.Locator("td.actions .mud-menu button").First.ClickAsync();
        await page.Locator(".mud-popover-open").GetByText(choice, new() { Exact = true }).ClickAsync();
    }

    private static async Task SaveAsync(IPage page)
    {
        await page.Locator(".mud-dialog").GetByText("Enregistrer", new() { Exact = true }).ClickAsync();
        await Expect(page.Locator(".mud-dialog")).ToHaveCountAsync(0);
    }
}
