using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Serment.Records;
using Serment.Records.Stays;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>Stays as people register and change them: two in one bed, a birth, plans, what is called off, and whose functions may.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class StayScreenTests(ScreenTests.Demonstration demonstration) : IAsyncLifetime
{
    private static readonly CultureInfo Culture = CultureInfo.GetCultureInfo("fr-FR");
    private static bool _roomMade;
    private readonly Hospital _hospital = demonstration.Hospital;

    /// <summary>Others have filled the wards before: two of each unit go home first.</summary>
    public async ValueTask InitializeAsync()
    {
        if (_roomMade) return;
        _roomMade = true;
        var database = new RecordsDatabase(_hospital.Directory, null);
        var (stays, now) = (new StaysDoor(database), DateTimeOffset.UtcNow);
        await using var db = database.Open();
        var lying = await db.Stays.Where(s => s.State == StayState.Present && s.Bed != null && !s.ExtraBed).ToListAsync();
        foreach (var stay in lying.GroupBy(s => s.Housing).SelectMany(unit => unit.OrderBy(s => s.AdmittedAt).Take(2)))
        {
            await stays.DischargeAsync(stay.Stay, now, null, now);
            await stays.SetBedAsync(stay.Bed!.Value, BedState.Free, null, now);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

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
        await Expect(clerk.Locator("#extra-bed")).ToBeCheckedAsync();
        await AdmitAsync(clerk);

        // Whoever is chosen after a newborn is not offered the mother's bed, least of all as an extra one.
        await clerk.GetByText("Admettre quelqu'un d'autre").ClickAsync();
        await ChooseKnownAsync(clerk, "04051994", "BERTHELOT Maud");
        await clerk.GetByText("Elle vient d'accoucher").ClickAsync();
        await clerk.ClickAsync("#create-newborn");
        await Expect(clerk.Locator("#extra-bed")).ToBeCheckedAsync();
        await clerk.GetByRole(AriaRole.Button, new() { Name = "Changer", Exact = true }).ClickAsync();
        await ChooseKnownAsync(clerk, "04051994", "BERTHELOT Maud");
        await Expect(clerk.Locator("#bed")).ToHaveValueAsync("");
        await Expect(clerk.Locator("#extra-bed")).ToHaveCountAsync(0);
        // Ticked for one bed, it is not for the next.
        await TakenAsync(clerk, 0);
        await clerk.CheckAsync("#extra-bed");
        await TakenAsync(clerk, 1);
        await Expect(clerk.Locator("#extra-bed")).Not.ToBeCheckedAsync();

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

        // In a bed of its own the child lies in no extra one.
        await nurse.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        var child = nurse.Locator(".ward tbody tr:has-text('BERTHELOT Bebe'):has-text('suppl.')");
        await child.Locator("td.actions button").ClickAsync();
        await nurse.Locator(".mud-popover-open").GetByText("Transférer, changer de lit", new() { Exact = true }).ClickAsync();
        var housing = (await nurse.Locator(".mud-dialog [data-field=housing] option:has-text('libre')").First.GetAttributeAsync("value"))!;
        await nurse.SelectOptionAsync(".mud-dialog [data-field=housing]", housing);
        await Expect(nurse.Locator("#bed")).ToHaveValueAsync("");
        await FreeAsync(nurse);
        await SaveAsync(nurse);
        await Expect(nurse.Locator(".ward tbody tr:has-text('BERTHELOT Bebe')")).ToHaveCountAsync(1);
        await Expect(child).ToHaveCountAsync(0);
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

        // Nor is anything printed of it: "est attendue", "est hospitalisée".
        await Expect(stays.Locator("tbody tr").First.Locator("td.actions .mud-menu")).ToHaveCountAsync(0);
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", chart);
        await Expect(clerk.GetByRole(AriaRole.Alert).Filter(new() { HasText = "Ce séjour est annulé" })).ToBeVisibleAsync();
        await Expect(clerk.Locator(".sheet")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_refused_admission_is_tried_again_and_a_pre_admission_takes_what_was_typed_beside_it()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await CreateAsync(clerk, "12031958", "Tremeur", "Malo", Sex.Male);
        await UnitAsync(clerk, "Cardiologie");
        await clerk.SelectOptionAsync("[data-field=planned]", "true");
        await clerk.FillAsync("[data-field=expected]", $"{Day(2)} 08:00");
        await clerk.FillAsync("#mobile", "06 39 98 44 55");
        await AdmitAsync(clerk);
        await clerk.GetByText("Admettre quelqu'un d'autre").ClickAsync();
        await ChooseKnownAsync(clerk, "12031958", "TREMEUR");
        await clerk.FillAsync("[data-field=city]", "Landerneau");
        var admit = clerk.GetByText("admettre dans Cardiologie");

        // His unit's bed that somebody lies in: his address is written, he is not in; what is tried again writes it no second time.
        await UnitAsync(clerk, "Cardiologie");
        await TakenAsync(clerk, 0);
        await admit.ClickAsync();
        await Expect(clerk.GetByRole(AriaRole.Alert).Last).ToContainTextAsync("Ce lit est occupé");
        // Another unit's bed is none for him; the physician and the exit are.
        await UnitAsync(clerk, "Gériatrie");
        await clerk.SelectOptionAsync("#bed", new SelectOptionValue { Index = 1 });
        await clerk.FillAsync("[data-field=exit]", Day(-1));
        await admit.ClickAsync();
        await Expect(clerk.GetByRole(AriaRole.Alert).Last).ToContainTextAsync("La sortie prévue ne peut pas précéder l'arrivée.");
        await clerk.FillAsync("[data-field=exit]", Day(3));
        await clerk.SelectOptionAsync("[data-field=doctor]", new SelectOptionValue { Index = 1 });
        var doctor = (await clerk.Locator("[data-field=doctor] option").Nth(1).InnerTextAsync()).Split(" — ")[0];
        await admit.ClickAsync();
        var done = clerk.GetByRole(AriaRole.Status).Filter(new() { HasText = "TREMEUR" });
        await Expect(done).ToContainTextAsync("Cardiologie");
        await Expect(done).Not.ToContainTextAsync("lit");
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", (await clerk.GetAttributeAsync("#print", "href"))!);
        await clerk.GetByText("Revenir au dossier").ClickAsync();
        await Expect(clerk.Locator("section[aria-label=Coordonnées]")).ToContainTextAsync("Landerneau");
        await clerk.GetByRole(AriaRole.Tab, new() { Name = "Séjours" }).ClickAsync();
        var stays = clerk.Locator("section[aria-label=Séjours]");
        await stays.GetByText("Mouvements", new() { Exact = true }).ClickAsync();
        await Expect(stays.Locator("tr.sub").Filter(new() { HasText = "sortie prévue" })).ToHaveCountAsync(1);
        await Expect(stays.Locator("tr.sub").Filter(new() { HasText = doctor })).Not.ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_asked_for_secrecy_is_named_neither_on_the_bed_map_nor_above_the_chart_nor_on_paper()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        var me = await clerk.Locator(".bar .who b").TextContentAsync();
        await CreateAsync(clerk, "08081988", "Ploumanach", "Nolwenn", Sex.Female);
        await PlaceAsync(clerk, "Ambulatoire");
        await AdmitAsync(clerk);
        var print = (await clerk.GetAttributeAsync("#print", "href"))!;
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", print);
        await Expect(clerk.Locator(".sheet.bulletin")).ToContainTextAsync("PLOUMANACH");
        await clerk.GetByText("Revenir au dossier").ClickAsync();
        await clerk.GetByRole(AriaRole.Tab, new() { Name = "Identité" }).ClickAsync();
        await clerk.CheckAsync("[data-field=secret]");
        await clerk.FillAsync("#mark-reason", "demande de la patiente");
        var chart = new Uri(clerk.Url).AbsolutePath;
        await clerk.GetByText("Enregistrer les marques").ClickAsync();
        await Expect(clerk.Locator(".banner")).ToContainTextAsync("secret demandé");

        await Hospital.LeaveAsync(clerk);
        await clerk.Locator($".people button:has-text(\"Agent d'admission\"):not(:has-text(\"{me}\"))").First.ClickAsync();
        await clerk.Locator(".bar .who").WaitForAsync();
        await clerk.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        // The names of a site come with it.
        await clerk.GetByRole(AriaRole.Tab, new() { Name = "Site Prairie" }).ClickAsync();
        await Expect(clerk.Locator(".bedtile .occupant > a")).Not.ToHaveCountAsync(0);
        await clerk.GetByRole(AriaRole.Tab, new() { Name = "Site Vallon" }).ClickAsync();
        var tile = clerk.Locator($".occupant:has(a[href='{chart}'])");
        await Expect(tile.Locator("a")).ToHaveTextAsync("Identité protégée");
        await Expect(tile.Locator(".facts")).ToHaveCountAsync(0);
        await Hospital.PictureAsync(clerk, "masked-bed");
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", print);
        await Expect(clerk.GetByRole(AriaRole.Alert)).ToContainTextAsync("n'est pas dans vos unités");
        await Expect(clerk.Locator(".sheet")).ToHaveCountAsync(0);

        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", chart);
        await Expect(clerk.GetByRole(AriaRole.Alert)).ToContainTextAsync("Seule son équipe de soins ouvre son dossier.");
        await Expect(clerk.Locator(".banner")).ToHaveCountAsync(0);
        // She comes again: the desk admits her by what it may see, and is shown none of her contact details.
        await clerk.GetByRole(AriaRole.Link, new() { Name = "Admission", Exact = true }).ClickAsync();
        await clerk.FillAsync("#birth", "08081988");
        await clerk.Locator("#birth").PressAsync("Tab");
        await clerk.Locator(".candidate:has-text('Identité protégée')").ClickAsync();
        await Expect(clerk.Locator("section[aria-label=Coordonnées]")).ToContainTextAsync("garde sa présence secrète");
        await Expect(clerk.Locator("[data-field=address]")).ToHaveCountAsync(0);
        await Expect(clerk.Locator("#admit")).ToBeEnabledAsync();
        await Hospital.PictureAsync(clerk, "secret-admission");
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

    private static async Task ChooseKnownAsync(IPage clerk, string birth, string name)
    {
        await clerk.FillAsync("#birth", birth);
        await clerk.Locator("#birth").PressAsync("Tab");
        await clerk.Locator($".candidate:has-text('{name}')").ClickAsync();
        await clerk.Locator(".chosen").WaitForAsync();
    }

    /// <summary>In the first free bed of that unit.</summary>
    private static async Task PlaceAsync(IPage clerk, string unit)
    {
        await UnitAsync(clerk, unit);
        await FreeAsync(clerk);
    }

    private static async Task UnitAsync(IPage clerk, string unit)
    {
        await clerk.SelectOptionAsync("#unit", await clerk.Locator("#unit option").Filter(new() { HasText = unit }).First.GetAttributeAsync("value") ?? "");
        await Expect(clerk.Locator("[data-field=housing] option:checked")).ToContainTextAsync(unit);
    }

    private static async Task FreeAsync(IPage clerk)
    {
        // A bed whose name has nothing behind it; those of another unit may still be drawn for a moment.
        var free = clerk.Locator("#bed option:not([value=''])").Filter(new() { HasNotText = "—" }).First;
        await clerk.SelectOptionAsync("#bed", (await free.GetAttributeAsync("value"))!);
    }

    /// <summary>A bed of that unit that somebody lies in.</summary>
    private static async Task TakenAsync(IPage clerk, int which)
    {
        var taken = await clerk.Locator("#bed option").EvaluateAllAsync<string[]>("all => all.filter(o => o.textContent.includes('occupé')).map(o => o.value)");
        await clerk.SelectOptionAsync("#bed", taken[which]);
        await clerk.Locator("#extra-bed").WaitForAsync();
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
