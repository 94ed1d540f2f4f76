using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>People of a hospital at their screens: a real browser on a demonstration cell.</summary>
[Collection(Demonstration.Shared)]
public sealed partial class ScreenTests(ScreenTests.Demonstration demonstration)
{
    /// <summary>One cell for every class of tests that only looks and writes as people do.</summary>
    [CollectionDefinition(Shared)]
    public sealed class Demonstration : IAsyncLifetime, ICollectionFixture<Demonstration>
    {
        public const string Shared = "demonstration";

        public Hospital Hospital { get; } = new();

        /// <summary>Ready when those in bed are there; the others follow in the background.</summary>
        public async ValueTask InitializeAsync()
        {
            await Hospital.StartAsync();
            var page = await Hospital.EnterAsync("Infirmier·ère, Maternité");
            for (var i = 0; i < 60 && await page.Locator(".ward tbody tr").CountAsync() < 5; i++)
            {
                await Task.Delay(500);
                await page.ReloadAsync();
                await page.Locator(".people, .ward, .empty").First.WaitForAsync();
                if (await page.Locator(".people").CountAsync() > 0) await Hospital.EnterAsync(page, "Infirmier·ère, Maternité");
                await page.Locator(".ward, .empty").First.WaitForAsync();
            }
        }

        public async ValueTask DisposeAsync() => await Hospital.DisposeAsync();
    }

    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task A_clerk_admits_with_the_keyboard_alone_and_the_nurse_finds_the_patient_by_a_misspelt_name()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await Expect(clerk.Locator("#birth")).ToBeFocusedAsync();
        var keys = clerk.Keyboard;
        await keys.TypeAsync("14071948");
        await keys.PressAsync("Tab");
        await keys.TypeAsync("Kerguélen");
        await keys.PressAsync("Tab");
        await keys.TypeAsync("Solange");
        await keys.PressAsync("Tab");
        await keys.TypeAsync("F");
        await keys.PressAsync("Tab");
        await keys.PressAsync("Enter");
        await Expect(clerk.Locator("#unit")).ToBeFocusedAsync();
        await keys.TypeAsync("Gériatrie");
        await keys.PressAsync("Tab");
        for (var i = 0; i < 20 && await clerk.EvaluateAsync<string>("document.activeElement.id") != "mobile"; i++) await keys.PressAsync("Tab");
        await keys.TypeAsync("06 39 98 12 34");
        await keys.PressAsync("Enter");
        await Expect(clerk.GetByRole(AriaRole.Status).Filter(new() { HasText = "KERGUELEN Solange" })).ToBeVisibleAsync();

        var nurse = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Keyboard.PressAsync("Control+k");
        await Expect(nurse.Locator("#finder")).ToBeFocusedAsync();
        await nurse.Keyboard.TypeAsync("kergelen solange");
        await Expect(nurse.Locator(".found li").First).ToContainTextAsync("KERGUELEN Solange");
        await nurse.Keyboard.PressAsync("Enter");
        await Expect(nurse.Locator(".banner")).ToContainTextAsync("14/07/1948");
    }

    [Fact]
    public async Task Bad_input_is_told_where_it_can_be_mended_and_nothing_typed_is_lost()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await clerk.FillAsync("#birth", "31022001");
        await clerk.FillAsync("#birth-name", "D4rk");
        await clerk.FillAsync("#given", "Léa");
        await clerk.ClickAsync("#create");
        await Expect(clerk.GetByRole(AriaRole.Alert)).ToContainTextAsync("Date de naissance");
        await clerk.FillAsync("#birth", "28022001");
        await clerk.ClickAsync("#create");
        await Expect(clerk.GetByRole(AriaRole.Alert)).ToContainTextAsync("Nom de naissance");
        await Expect(clerk.Locator("#birth-name")).ToHaveValueAsync("D4rk");
    }

    [Fact]
    public async Task What_a_nurse_typed_survives_her_leaving_and_a_colleague_at_the_same_screen()
    {
        var page = await _hospital.EnterAsync("Infirmier·ère, Cardiologie");
        await page.Locator(".ward tbody tr").First.ClickAsync();
        await page.FillAsync("#note", "Pansement du talon à refaire demain, en cours de");
        var file = page.Url;
        await Hospital.LeaveAsync(page);
        await Hospital.EnterAsync(page, "Infirmier·ère, Gériatrie");
        await Expect(page.Locator("h1")).ToContainTextAsync("Gériatrie");
        await Hospital.LeaveAsync(page);
        await Hospital.EnterAsync(page, "Infirmier·ère, Cardiologie");
        await page.Locator($".ward a[href=\"{new Uri(file).AbsolutePath}\"]").ClickAsync();
        await Expect(page.Locator("#note")).ToHaveValueAsync("Pansement du talon à refaire demain, en cours de");
    }

    [Fact]
    public async Task A_physician_breaks_the_glass_with_a_reason_and_the_file_says_so()
    {
        var orthopaedist = await _hospital.EnterAsync("Médecin, Chirurgie orthopédique");
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Maternité");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();

        await orthopaedist.EvaluateAsync("path => Blazor.navigateTo(path)", new Uri(nurse.Url).AbsolutePath);
        await orthopaedist.Locator("#reason").WaitForAsync();
        Assert.Equal(0, await orthopaedist.Locator(".banner").CountAsync());
        await orthopaedist.FillAsync("#reason", "vite");
        await orthopaedist.ClickAsync("#break-glass");
        await Expect(orthopaedist.GetByRole(AriaRole.Alert)).ToContainTextAsync("10 caractères");
        await orthopaedist.FillAsync("#reason", "Hémorragie en salle, groupe et allergies à vérifier");
        await orthopaedist.ClickAsync("#break-glass");
        var touch = orthopaedist.Locator("#give-presence");
        await Expect(orthopaedist.Locator(".banner").Or(touch)).ToBeVisibleAsync();
        if (await touch.IsVisibleAsync()) await touch.ClickAsync();
        await orthopaedist.Locator(".banner").WaitForAsync();
        await orthopaedist.GetByRole(AriaRole.Tab, new() { Name = "Qui a ouvert ce dossier" }).ClickAsync();
        await Expect(orthopaedist.Locator("tr.glass")).ToContainTextAsync("Hémorragie en salle");
    }

    [Fact]
    public async Task Vital_signs_are_drawn_and_an_impossible_value_is_refused()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Réanimation");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await Expect(nurse.Locator(".curve svg").First).ToBeVisibleAsync();
        await nurse.FillAsync("#v-8310-5", "386");
        await nurse.ClickAsync("#save-vitals");
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("hors du possible");
        await nurse.FillAsync("#v-8310-5", "38,6");
        await nurse.ClickAsync("#save-vitals");
        await Expect(nurse.Locator(".curve-head:has-text('Température') .last")).ToContainTextAsync("38,6");
    }

    [Fact]
    public async Task A_first_value_is_seen_at_once_with_its_hour_though_it_makes_no_curve_yet()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Réanimation");
        await nurse.Locator(".ward tbody tr:not(.expected)").Nth(1).ClickAsync();
        // Every sign that is asked for is shown.
        await Expect(nurse.Locator(".curve:has-text('Fréquence respiratoire') svg")).ToBeVisibleAsync();
        await nurse.FillAsync("#v-41653-7", "2,4");
        await nurse.FillAsync("#v-9192-6", "400");
        await nurse.FillAsync("#v-8302-2", "172");
        await Hospital.PictureAsync(nurse, "vitals-entry");
        await nurse.ClickAsync("#save-vitals");
        await Expect(nurse.Locator(".curve:has-text('Diurèse des 24 h') .last.unusual")).ToHaveTextAsync("Diurèse 400");
        await Expect(nurse.Locator(".curve:has-text('Taille, cm') .last")).ToHaveTextAsync("Taille 172");
        await Hospital.PictureAsync(nurse, "vitals-shown");
        var glucose = nurse.Locator(".curve:has-text('Glycémie capillaire')");
        await Expect(glucose.Locator(".last.unusual")).ToHaveTextAsync("Glyc. 2,4");
        await Expect(glucose.Locator(".facts")).ToContainTextAsync("aujourd'hui");
        await Expect(glucose.Locator("svg")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_address_that_is_no_patients_leads_to_the_search_and_home_and_leaves_no_other_file_open()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Ambulatoire");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        foreach (var (address, said) in new[] { ("/patient/rien", "ne désigne aucun dossier"), ($"/patient/{Id.New<PatientId>()}", "n'existe pas") })
        {
            await nurse.EvaluateAsync("path => Blazor.navigateTo(path)", address);
            await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync(said);
            await Expect(nurse.Locator(".banner")).ToHaveCountAsync(0);
            await Expect(nurse.GetByText("Réessayer")).ToHaveCountAsync(0);
        }
        await nurse.ClickAsync("#find");
        await Expect(nurse.Locator("#finder")).ToBeFocusedAsync();
        await nurse.Keyboard.PressAsync("Escape");
        await nurse.GetByText("Revenir à l'accueil").ClickAsync();
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
    }

    [Fact]
    public async Task Letters_typed_faster_than_the_line_answers_are_all_there()
    {
        var physician = await _hospital.BrowserAsync();
        // A ward at the end of a weak Wi-Fi: each answer takes its time, in order.
        await physician.AddInitScriptAsync("""
            window.WebSocket = class extends WebSocket {
              get onmessage() { return super.onmessage; }
              set onmessage(take) { super.onmessage = message => setTimeout(() => take(message), 150); }
            };
            """);
        await physician.GotoAsync(_hospital.Address);
        await Hospital.EnterAsync(physician, "Médecin, Ambulatoire");
        var name = (await physician.Locator(".ward .name b").First.InnerTextAsync())[..6];
        await physician.Locator(".filter input").PressSequentiallyAsync(name, new() { Delay = 70 });
        await Expect(physician.Locator(".filter input")).ToHaveValueAsync(name);
        await physician.Locator(".ward tbody tr").First.ClickAsync();
        await physician.Locator("section[aria-label^='Allergies'] .row:has(h2:text('Problèmes')) button").ClickAsync();
        await physician.Locator("#code").PressSequentiallyAsync("K35.8", new() { Delay = 70 });
        await physician.FillAsync("#problem", "Appendicite aiguë");
        await Expect(physician.Locator("#code")).ToHaveValueAsync("K35.8");
        await physician.Locator("section[aria-label^='Allergies'] .row.end button:has-text('Enregistrer')").ClickAsync();
        await Expect(physician.Locator(".lines li:has-text('Appendicite aiguë')")).ToContainTextAsync("K35.8");
    }

    [Fact]
    public async Task A_note_is_corrected_with_a_reason_and_keeps_its_first_version()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Gériatrie");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.FillAsync("#note", "Chute à 3 h sans gravité.");
        await nurse.ClickAsync("#save-note");
        var note = nurse.Locator("article:has-text('Chute à')").First;
        await note.GetByText("Corriger").ClickAsync();
        await nurse.Locator("article").GetByLabel("Texte corrigé").FillAsync("Chute à 4 h sans gravité.");
        await nurse.Locator("article").GetByLabel("Motif de la correction").FillAsync("heure fausse");
        await nurse.Locator("article").GetByText("Enregistrer", new() { Exact = true }).ClickAsync();
        await Expect(nurse.Locator("article:has-text('Chute à 4 h')").First).ToContainTextAsync("version 2 : heure fausse");
        await nurse.Locator("article:has-text('Chute à 4 h')").First.GetByRole(AriaRole.Button, new() { Name = "Versions" }).ClickAsync();
        await Expect(nurse.Locator("article:has-text('Chute à 4 h') .versions").First).ToContainTextAsync("Chute à 3 h");
    }

    [Fact]
    public async Task A_long_letter_pasted_into_a_note_is_saved_whole_and_a_longer_one_is_refused_and_stays()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        var words = string.Concat(Enumerable.Repeat("é tait une fois ", 12_600));
        await nurse.FillAsync("#note", words[..100_100]);
        await nurse.ClickAsync("#save-note");
        await Expect(nurse.GetByRole(AriaRole.Alert)).ToContainTextAsync("dépasse 100 000 caractères");
        Assert.Equal(100_100, (await nurse.InputValueAsync("#note")).Length);
        await nurse.FillAsync("#note", "Lettre du confrère. " + words[..90_000] + "Fin.");
        await nurse.ClickAsync("#save-note");
        await Expect(nurse.Locator("article:has-text('Lettre du confrère.')").First).ToContainTextAsync("Fin.");
    }

    [Fact]
    public async Task What_was_entered_wrongly_is_corrected_with_a_reason_and_says_what_it_said_before()
    {
        var doctor = await _hospital.EnterAsync("Médecin, Chirurgie digestive");
        await doctor.Locator(".ward tbody tr a").Last.ClickAsync();
        await doctor.Locator(".banner").WaitForAsync();
        var history = doctor.Locator("section[aria-label='Allergies, problèmes et antécédents']");

        await history.GetByRole(AriaRole.Button, new() { Name = "Ajouter" }).First.ClickAsync();
        await doctor.FillAsync("#substance", "Pénicilline G");
        await history.GetByText("Enregistrer l'allergie").ClickAsync();
        await Expect(doctor.Locator(".banner .danger")).ToContainTextAsync("Pénicilline G");
        await history.GetByRole(AriaRole.Button, new() { Name = "Corriger Pénicilline G" }).ClickAsync();
        await doctor.SelectOptionAsync("#allergy-state", "refuted");
        await doctor.ClickAsync("#save-allergy");
        await Expect(history.GetByRole(AriaRole.Alert)).ToContainTextAsync("Indiquez le motif");
        await doctor.FillAsync("#allergy-reason", "test cutané négatif");
        await doctor.ClickAsync("#save-allergy");
        await Expect(doctor.Locator(".banner")).Not.ToContainTextAsync("Pénicilline G");
        await history.GetByText("Montrer").First.ClickAsync();
        var gone = history.Locator("li:has-text('Pénicilline G')");
        await Expect(gone).ToContainTextAsync("version 2 : test cutané négatif");
        await gone.GetByRole(AriaRole.Button, new() { Name = "Versions" }).ClickAsync();
        await Expect(gone.Locator(".versions li")).ToContainTextAsync("Pénicilline G");

        await history.GetByRole(AriaRole.Button, new() { Name = "Ajouter" }).Last.ClickAsync();
        await doctor.FillAsync("#problem", "Embolie pulmonaire");
        await history.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).ClickAsync();
        await history.GetByRole(AriaRole.Button, new() { Name = "Corriger Embolie pulmonaire" }).ClickAsync();
        await history.GetByText("Actif (sinon antécédent)").ClickAsync();
        await doctor.FillAsync("#problem-until", "2020-01-01");
        await doctor.FillAsync("#problem-reason", "guérie");
        await doctor.ClickAsync("#save-problem");
        await Expect(history.GetByRole(AriaRole.Alert)).ToContainTextAsync("avant son début");
        await doctor.FillAsync("#problem-until", "");
        await doctor.ClickAsync("#save-problem");
        await Expect(history.Locator("li.past:has-text('Embolie pulmonaire')")).ToContainTextAsync("version 2 : guérie");
        await history.GetByRole(AriaRole.Button, new() { Name = "Corriger Embolie pulmonaire" }).ClickAsync();
        await doctor.FillAsync("#problem-reason", "autre patient");
        await history.GetByText("Saisie par erreur").ClickAsync();
        await Expect(history.Locator("li:has-text('Embolie pulmonaire')")).ToHaveCountAsync(0);

        var entry = doctor.Locator("form.vitals-entry");
        await entry.Locator("input").Nth(2).FillAsync("44");
        await doctor.ClickAsync("#save-vitals");
        await doctor.Locator(".vitals-list summary").ClickAsync();
        var measured = doctor.Locator(".vitals-list li").First;
        await Expect(measured).ToContainTextAsync("FC 44");
        await measured.GetByRole(AriaRole.Button, new() { Name = "Corriger le relevé" }).ClickAsync();
        await measured.Locator("input").First.FillAsync("84");
        await doctor.FillAsync(".vitals-reason", "chiffres inversés");
        await measured.GetByText("Enregistrer la correction").ClickAsync();
        await Expect(measured).ToContainTextAsync("FC 84");
        await Expect(doctor.Locator("section[aria-label='Constantes'] .last:has-text('FC 84')")).ToBeVisibleAsync();
        await measured.GetByRole(AriaRole.Button, new() { Name = "Versions" }).ClickAsync();
        await Expect(measured.Locator(".versions")).ToContainTextAsync("FC 44");
        await Hospital.PictureAsync(doctor, "corrections");
        Assert.Empty((await doctor.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help}"));
    }

    [Fact]
    public async Task Of_two_who_correct_the_same_thing_the_second_sees_the_first_and_saves_on_top_of_it()
    {
        var doctor = await _hospital.EnterAsync("Médecin, Chirurgie digestive");
        await doctor.Locator(".ward tbody tr:not(.expected) a").First.ClickAsync();
        await doctor.Locator(".banner").WaitForAsync();
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Chirurgie digestive");
        await doctor.Locator("section[aria-label^='Allergies']").GetByRole(AriaRole.Button, new() { Name = "Ajouter" }).First.ClickAsync();
        await doctor.FillAsync("#substance", "Arachide");
        await doctor.GetByText("Enregistrer l'allergie").ClickAsync();
        await doctor.Locator(".banner .danger:has-text('Arachide')").WaitForAsync();
        await doctor.FillAsync("#v-8867-4", "44");
        await doctor.FillAsync("#v-8310-5", "38");
        await doctor.ClickAsync("#save-vitals");
        await doctor.Locator(".vitals-list summary").ClickAsync();
        await Expect(doctor.Locator(".vitals-list li").First).ToContainTextAsync("FC 44");
        await nurse.EvaluateAsync("path => Blazor.navigateTo(path)", new Uri(doctor.Url).AbsolutePath);
        await nurse.Locator(".banner .danger:has-text('Arachide')").WaitForAsync();
        await nurse.Locator(".vitals-list summary").ClickAsync();
        foreach (var page in new[] { doctor, nurse })
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Corriger Arachide" }).ClickAsync();
            await page.Locator(".vitals-list li").First.GetByRole(AriaRole.Button, new() { Name = "Corriger le relevé" }).ClickAsync();
        }

        await nurse.SelectOptionAsync("[data-field=severity]", "severe");
        await nurse.FillAsync("#allergy-reason", "choc l'an dernier");
        await nurse.ClickAsync("#save-allergy");
        await Expect(nurse.Locator("li:has-text('Arachide')")).ToContainTextAsync("sévère");
        await nurse.FillAsync(".vitals-list [data-field='8867-4']", "84");
        await nurse.FillAsync(".vitals-reason", "chiffres inversés");
        await nurse.Locator(".vitals-list").GetByText("Enregistrer la correction").ClickAsync();
        await Expect(nurse.Locator(".vitals-list li").First).ToContainTextAsync("FC 84");

        await doctor.SelectOptionAsync("#allergy-certainty", "unconfirmed");
        await doctor.FillAsync("#allergy-reason", "interrogatoire seul");
        await doctor.ClickAsync("#save-allergy");
        await Expect(doctor.Locator(".mud-snackbar")).ToContainTextAsync("Quelqu'un d'autre a modifié");
        await Expect(doctor.Locator("main [role=alert]")).ToContainTextAsync("Quelqu'un d'autre a modifié");
        await Expect(doctor.Locator("li:has-text('Arachide')")).ToContainTextAsync("version 2 : choc l'an dernier");
        await Expect(doctor.Locator("[data-field=severity]")).ToHaveValueAsync("severe");
        await Expect(doctor.Locator("#allergy-certainty")).ToHaveValueAsync("unconfirmed");
        await Hospital.PictureAsync(doctor, "conflict");
        await doctor.ClickAsync("#save-allergy");
        await Expect(doctor.Locator("li:has-text('Arachide')")).ToContainTextAsync("version 3 : interrogatoire seul");
        await Expect(doctor.Locator("li:has-text('Arachide')")).ToContainTextAsync("sévère");
        await Expect(doctor.Locator(".banner .danger")).ToContainTextAsync("Arachide (non confirmée)");

        await doctor.FillAsync(".vitals-list [data-field='8310-5']", "37,5");
        await doctor.FillAsync(".vitals-reason", "mal lu");
        await doctor.Locator(".vitals-list").GetByText("Enregistrer la correction").ClickAsync();
        await Expect(doctor.Locator(".vitals-list li").First).ToContainTextAsync("FC 84 /min · T° 37,5");
    }

    [Fact]
    public async Task The_custodian_dies_and_the_nurse_goes_on_within_seconds()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Chirurgie digestive");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        await nurse.FillAsync("#note", "Écrit pendant que le gardien redémarre.");
        _hospital.KillCustodian();
        await nurse.ClickAsync("#save-note");
        await Expect(nurse.Locator("article:has-text('pendant que le gardien')")).ToBeVisibleAsync(new() { Timeout = 8000 });
    }

    /// <summary>Not dead: it stands still, as a machine does that swaps or was paused. Nothing hangs up, and the screens say so all the same.</summary>
    [Fact]
    public async Task A_custodian_that_stands_still_is_said_on_every_screen_and_work_goes_on_when_it_moves_again()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Chirurgie digestive");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        await Expect(nurse.Locator(".notices.away")).ToHaveCountAsync(0);
        _hospital.SignalCustodian("STOP");
        try
        {
            await Expect(nurse.Locator(".notices.away")).ToContainTextAsync("ne répond pas depuis", new() { Timeout = 9000 });
            await Expect(nurse.Locator(".banner")).ToBeVisibleAsync();
            await nurse.FillAsync("#note", "Écrit pendant que le gardien est immobile.");
            await Hospital.PictureAsync(nurse, "custodian-away");
            await nurse.ClickAsync("#save-note");
        }
        finally { _hospital.SignalCustodian("CONT"); }
        await Expect(nurse.Locator("article:has-text('gardien est immobile')")).ToHaveCountAsync(1, new() { Timeout = 8000 });
        await Expect(nurse.Locator(".notices.away")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Who_administers_sees_no_patient()
    {
        var administrator = await _hospital.EnterAsync("Administratrice");
        await Expect(administrator.Locator("h1")).ToContainTextAsync("Comptes");
        Assert.Equal(0, await administrator.Locator(".finder").CountAsync());
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Ambulatoire");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        await administrator.EvaluateAsync("path => Blazor.navigateTo(path)", new Uri(nurse.Url).AbsolutePath);
        await Expect(administrator.GetByRole(AriaRole.Alert)).ToContainTextAsync("n'ouvre pas de dossier");
    }

    [Theory]
    [InlineData("Infirmier·ère, Cardiologie", "/")]
    [InlineData("Infirmier·ère, Cardiologie", "chart")]
    [InlineData("Agent d'admission", "/admission")]
    [InlineData("Agent d'admission", "/lits")]
    [InlineData("Administratrice", "/")]
    [InlineData(null, "/")]
    public async Task Nothing_serious_for_people_who_see_or_move_otherwise(string? who, string where)
    {
        var page = who is null ? await _hospital.BrowserAsync() : await _hospital.EnterAsync(who);
        if (who is null) await page.GotoAsync(_hospital.Address);
        else if (where == "chart") await page.Locator(".ward tbody tr").First.ClickAsync();
        else if (where != "/") await page.EvaluateAsync("path => Blazor.navigateTo(path)", where);
        await page.Locator(where switch { "chart" => ".curve svg", "/lits" => ".bedtile", "/admission" => "#birth", _ => ".people, .ward, #propose" }).First.WaitForAsync();
        var found = await page.RunAxe();
        Assert.Empty(found.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help} {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html[..Math.Min(160, n.Html.Length)]))}"));
    }
}
