using System.Reflection;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.Playwright;
using Serment.Records;
using Serment.Records.Stays;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>Every screen, its panels and its dialogs, as the people of each function come to them, looked at by <see cref="ScreenInspection"/>.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class ScreensTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _walked = [];

    /// <summary>Who walks, and the screens that he comes through. A new screen is added to somebody's walk.</summary>
    private static readonly Dictionary<string, (string[] Screens, Func<ScreensTests, Task> Walk)> Walks = new()
    {
        ["outside"] = (["/"], t => t.OutsideAsync()),
        ["nurse at her ward"] = (["/", "/lits", "/preter", "/gardes", "/sessions", "/politique"], t => t.WardAsync()),
        ["nurse at a chart"] = (["/patient/{PatientText}", "/imprimer/{StayText}"], t => t.ChartAsync()),
        ["physician"] = (["/", "/patient/{PatientText}"], t => t.PhysicianAsync()),
        ["clerk"] = (["/admission", "/lits", "/patient/{PatientText}", "/releve-acces/{PatientText}"], t => t.ClerkAsync()),
        ["administrator and support"] = (["/", "/sorties", "/politique", "/assistance"], t => t.AdministratorAsync()),
        ["privacy officer"] = (["/", "/releve-acces", "/incidents", "/incidents/{IncidentText}"], t => t.PrivacyAsync()),
        ["security officer"] = (["/securite", "/incidents"], t => t.SecurityAsync()),
    };

    public static TheoryData<string> Walkers => [.. Walks.Keys];

    [Fact]
    public void Every_routed_screen_is_in_somebodys_walk()
    {
        Assert.NotEmpty(Routes);
        Assert.Empty(Routes.Except(Walks.Values.SelectMany(walk => walk.Screens)));
        Assert.Empty(Walks.Values.SelectMany(walk => walk.Screens).Except(Routes));
    }

    [Theory]
    [MemberData(nameof(Walkers))]
    public async Task What_they_see_is_whole_readable_in_light_and_dark_translated_and_within_reach_of_the_keyboard(string walker)
    {
        var (screens, walk) = Walks[walker];
        await walk(this);
        Assert.True(_faults.Count == 0, string.Join('\n', _faults));
        Assert.Empty(screens.Except(_walked));
    }

    private static string[] Routes => [.. typeof(Serment.Server.Ui.Theme).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template)];

    private async Task LookAsync(IPage page, string name, string told = "")
    {
        var at = new Uri(page.Url).AbsolutePath;
        if (Routes.Where(route => Regex.IsMatch(at, "^" + Regex.Replace(route, "\\{[^}]+\\}", "[^/]+") + "$")).MaxBy(route => route.Length) is { } route) _walked.Add(route);
        await new ScreenInspection(_faults).LookAsync(page, name, told);
    }

    private async Task OutsideAsync()
    {
        var anyone = await _hospital.BrowserAsync();
        await anyone.GotoAsync(_hospital.Address);
        await anyone.Locator(".people button").First.WaitForAsync();
        await LookAsync(anyone, "sign-in-demonstration");

        var patient = await _hospital.BrowserAsync();
        await patient.GotoAsync($"{_hospital.Address}/releve");
        await LookAsync(patient, "patient-own-page");

        // A cell that was founded, and nobody's key in it yet.
        await using var founded = new Hospital();
        using var house = new Establishment(port: founded.Port);
        await founded.ServeAsync(house.Cell.Socket);
        var entrance = await founded.BrowserAsync();
        await entrance.GotoAsync(founded.Address);
        await entrance.Locator("#enter").WaitForAsync();
        await LookAsync(entrance, "sign-in");
        foreach (var summary in await entrance.Locator("summary").AllAsync()) await summary.ClickAsync();
        await entrance.FillAsync("#station-code", "0000");
        await entrance.ClickAsync("#enrol-station");
        await Expect(entrance.GetByRole(AriaRole.Alert).First).ToContainTextAsync("Ce code de poste est inconnu");
        await LookAsync(entrance, "station-enrolment");
        var custodian = await founded.BrowserAsync();
        await custodian.GotoAsync($"http://localhost:{founded.Port + 1}");
        await custodian.GetByLabel("Code d’invitation").WaitForAsync();
        await LookAsync(custodian, "custodian-entrance");
        await StationAsync(founded, await house.OpenAsync());
    }

    /// <summary>A ward's station between two nurses, who change by one tap.</summary>
    private async Task StationAsync(Hospital hospital, Establishment house)
    {
        var (patient, stay) = await house.AdmitAsync("Tanguy");
        await new StaysDoor(new RecordsDatabase(hospital.Directory, null)).OpenAsync(stay, patient, [patient], new Placement(house.Unit, house.Unit, null), null, null, null, null, house.Clerk.Me.Account, DateTimeOffset.UtcNow);
        async Task<string> CodeAsync(Task<Proposed> proposing) => (await house.Staff.AgreeAsync(proposing, house.Privacy))!;
        Task<string> NurseAsync(string name) => CodeAsync(house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount(name, "Infirmière, Cardiologie", Role.Nurse, [house.Unit], null)));

        await using var keys = await OfficerBrowser.LaunchAsync();
        var station = await keys.WindowAsync(hospital.Address, []);
        await EnrolAsync("#station-code", "Enrôler ce poste", await CodeAsync(house.Ada.AskAsync(AccountVerbs.ProposeStation, new ProposeStation("Salle de soins", house.Unit))));
        await station.GetByText("Poste enrôlé").WaitForAsync();
        await EnrolAsync("#invitation", "J'ai un code d'invitation", await NurseAsync("Inès Castaing"));
        await station.GetByText("Clé enrôlée").WaitForAsync();
        await LookAsync(station, "station-sign-in");
        await station.ClickAsync("#enter");
        await LeaveAsync("Inès Castaing");
        await keys.TakeNewKeyAsync(station);
        await EnrolAsync("#invitation", "J'ai un code d'invitation", await NurseAsync("Bertille Le Guen"));
        await station.GetByText("Clé enrôlée").WaitForAsync();
        await station.ClickAsync("#enter");
        await LeaveAsync("Bertille Le Guen");

        await keys.TakeKeyAsync(station, 0);
        await station.ClickAsync("#tap");
        await station.Locator(".ward tbody tr a").First.ClickAsync();
        await station.Locator("#note").PressSequentiallyAsync("Pansement refait");
        await station.ClickAsync("#lock-now");
        await station.Locator(".lock #tap").WaitForAsync();
        await LookAsync(station, "station-locked");
        await keys.TakeKeyAsync(station, 1);
        await station.ClickAsync("#tap");
        await Expect(station.Locator(".bar .who")).ToContainTextAsync("Bertille Le Guen");
        await station.Locator(".ward tbody tr").First.WaitForAsync();
        await LookAsync(station, "station-taken-over");

        // The glass with real keys: the tap of a moment ago is a touch, the second takes one of its own (or the PIN, when hers is older than two minutes), given by this browser.
        foreach (var name in new[] { "Kerdoncuff", "Abgrall" })
        {
            var stranger = (await house.Clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits(name, "Maëva", null, new DateOnly(1958, 4, 3), Sex.Female, null), IdentityStatus.Provisional, DespiteDuplicates: true))).Created!.Patient;
            await station.EvaluateAsync("path => Blazor.navigateTo(path)", $"/patient/{stranger}");
            await station.FillAsync("#reason", "Malaise dans le couloir, allergies inconnues");
            await station.ClickAsync("#break-glass");
            if (name == "Abgrall") await station.ClickAsync("#give-presence");
            await Expect(station.Locator(".banner")).ToContainTextAsync(name.ToUpperInvariant());
        }
        await station.ClickAsync("#lock-now");
        await station.ClickAsync("#unlock");
        await Expect(station.Locator(".lock")).ToHaveCountAsync(0);
        await Expect(station.Locator(".banner")).ToContainTextAsync("ABGRALL");

        async Task EnrolAsync(string field, string summary, string code)
        {
            await station.GetByText(summary).First.ClickAsync();
            await station.FillAsync(field, code);
            await station.Locator(field).PressAsync("Enter");
        }

        async Task LeaveAsync(string who)
        {
            await Expect(station.Locator(".bar .who")).ToContainTextAsync(who);
            await station.Locator(".bar .who").ClickAsync();
            await station.GetByText("Quitter ou changer d'utilisateur").ClickAsync();
            await station.Locator("#tap").WaitForAsync();
        }
    }

    private async Task WardAsync()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Cardiologie");
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        await LookAsync(nurse, "ward");
        await nurse.Locator(".ward td.actions button").First.ClickAsync();
        await nurse.Locator(".mud-popover-open").First.WaitForAsync();
        await LookAsync(nurse, "stay-menu");
        foreach (var (choice, name, label) in new[] { ("Transférer, changer de lit", "transfer", "Transférer ou"), ("Sortie…", "exit", "Sortie"), ("Permission", "leave", "Permission"), ("Changer de médecin responsable", "stay-doctor", "Médecin responsable"), ("Annuler ce séjour", "cancel-stay", "Annuler le séjour") })
        {
            if (await nurse.Locator(".mud-popover-open").CountAsync() == 0) await nurse.Locator(".ward tr:not(.expected) td.actions button").First.ClickAsync();
            await nurse.Locator(".mud-popover-open").GetByText(choice, new() { Exact = true }).ClickAsync();
            await nurse.Locator(".mud-dialog").WaitForAsync();
            await LookAsync(nurse, $"dialog-{name}", label);
            await nurse.Locator(".mud-dialog").GetByText("Fermer", new() { Exact = true }).ClickAsync();
            await nurse.Locator(".mud-dialog").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        }
        await nurse.ClickAsync("#handover");
        await nurse.Locator(".handed li").First.WaitForAsync();
        await LookAsync(nurse, "dialog-handover", "Passer le relais");
        await nurse.Locator(".mud-dialog").GetByText("Fermer", new() { Exact = true }).ClickAsync();
        await nurse.Locator(".mud-dialog").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await nurse.Keyboard.PressAsync("Control+k");
        await Expect(nurse.Locator("#finder")).ToBeFocusedAsync();
        await nurse.Keyboard.TypeAsync((await nurse.Locator(".ward .name b").First.InnerTextAsync())[..3]);
        await nurse.Locator(".found li .name").First.WaitForAsync();
        await LookAsync(nurse, "finder", "Chercher un patient");
        await nurse.Keyboard.PressAsync("Escape");
        await nurse.Locator(".mud-dialog").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await nurse.Locator(".bar .who").ClickAsync();
        await nurse.Locator("#my-session").WaitForAsync();
        await LookAsync(nurse, "my-session");
        await nurse.Keyboard.PressAsync("Escape");
        foreach (var (path, shown, name) in new[] { ("/lits", ".bedtile", "beds"), ("/preter", "main h1", "lend-key"), ("/gardes", "main #duty-to", "duties"), ("/sessions", "tbody tr", "sessions"), ("/politique", "tbody tr", "policy-mine"), ("/nulle-part", "main a", "no-such-page") })
        {
            await GoAsync(nurse, path);
            await nurse.Locator($"main {shown.Replace("main ", "")}").First.WaitForAsync();
            await LookAsync(nurse, name);
        }
        await nurse.ClickAsync("#lock-now");
        await nurse.Locator(".lock").WaitForAsync();
        await Expect(nurse.Locator(".bar nav, .bar .finder")).ToHaveCountAsync(0);
        await LookAsync(nurse, "lock");
    }

    private async Task ChartAsync()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Maternité");
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        var print = await nurse.Locator(".ward tbody tr:not(.expected) a").First.GetAttributeAsync("href");
        var strangers = await StrangersAsync("Infirmier·ère de nuit, Gériatrie");
        await GoAsync(nurse, print!);
        await nurse.Locator(".curve svg").First.WaitForAsync();
        await LookAsync(nurse, "chart");
        await nurse.FillAsync("#note", "Sommeil calme.");
        await nurse.ClickAsync("#save-note");
        await nurse.Locator("article").GetByText("Corriger").First.ClickAsync();
        await nurse.Locator("section[aria-label^='Allergies'] button:text-is('Ajouter')").First.ClickAsync();
        await nurse.FillAsync("#v-8310-5", "41,9");
        await nurse.ClickAsync("#save-note");
        await nurse.GetByRole(AriaRole.Alert).First.WaitForAsync();
        await LookAsync(nurse, "chart-at-work");
        await nurse.Locator("article").GetByText("Abandonner").First.ClickAsync();
        await nurse.Locator("section[aria-label^='Allergies']").GetByText("Abandonner").ClickAsync();
        await nurse.FillAsync("#v-8310-5", "");
        await TabAsync(nurse, "Documents", "section[aria-label='Documents']");
        await nurse.SetInputFilesAsync("#files", new FilePayload { Name = "compte rendu d'hospitalisation.pdf", MimeType = "application/pdf", Buffer = "%PDF-1.4"u8.ToArray() });
        await nurse.Locator("#add-documents").WaitForAsync();
        await LookAsync(nurse, "documents-choosing");
        await nurse.ClickAsync("#add-documents");
        await nurse.Locator("table.documents tbody tr").First.WaitForAsync();
        await nurse.Locator("table.documents").GetByText("Corriger").First.ClickAsync();
        await LookAsync(nurse, "documents");
        await TabAsync(nurse, "Séjours", "section[aria-label='Séjours'] table");
        await nurse.GetByText("Mouvements").First.ClickAsync();
        await nurse.Locator("tr.sub").First.WaitForAsync();
        await LookAsync(nurse, "stays");
        await TabAsync(nurse, "Coordonnées", "section[aria-label='Coordonnées']");
        await LookAsync(nurse, "administrative-read");
        await TabAsync(nurse, "Identité", "section[aria-label='Identité'] dl");
        await LookAsync(nurse, "identity");
        await TabAsync(nurse, "Qui a ouvert ce dossier", "section[aria-label='Qui a ouvert ce dossier'] tbody tr");
        await LookAsync(nurse, "accesses");
        await TabAsync(nurse, "Séjours", "section[aria-label='Séjours'] table");
        await nurse.Locator("td.actions .mud-menu button, td.actions button[aria-haspopup]").First.ClickAsync();
        await nurse.Locator(".mud-popover-open").GetByText("Étiquettes, bracelet, bulletin").ClickAsync();
        await nurse.Locator(".sheet.bulletin").WaitForAsync();
        await LookAsync(nurse, "print");
        await GoAsync(nurse, "/patient/rien");
        await nurse.GetByRole(AriaRole.Alert).WaitForAsync();
        await LookAsync(nurse, "no-such-chart");
        // The second time asks for the PIN.
        for (var i = 0; i < 3; i++)
        {
            await GoAsync(nurse, strangers[i]);
            await nurse.Locator("#reason").WaitForAsync();
            await nurse.FillAsync("#reason", "vite");
            if (i == 0)
            {
                await nurse.ClickAsync("#break-glass");
                await nurse.GetByRole(AriaRole.Alert).WaitForAsync();
                await LookAsync(nurse, "break-glass");
            }
            await nurse.FillAsync("#reason", "Malaise dans le couloir, traitement à vérifier");
            await nurse.ClickAsync("#break-glass");
            await nurse.Locator(".banner").Or(nurse.Locator("#give-presence")).First.WaitForAsync();
            if (await nurse.Locator("#give-presence").CountAsync() == 0) continue;
            await LookAsync(nurse, "presence");
            await nurse.ClickAsync("#give-presence");
            await nurse.Locator(".banner").WaitForAsync();
            return;
        }
        Assert.Fail("no gesture was asked for");
    }

    private async Task PhysicianAsync()
    {
        var physician = await _hospital.EnterAsync("Médecin, Gériatrie");
        await physician.Locator(".ward tbody tr").First.WaitForAsync();
        await physician.ClickAsync("#allergies");
        await Expect(physician.Locator("#allergies")).ToHaveCountAsync(0);
        await LookAsync(physician, "ward-allergies");
        await physician.Locator(".ward tbody tr").Nth(1).ClickAsync();
        await physician.Locator(".banner").WaitForAsync();
        await physician.Locator("section[aria-label^='Allergies'] button:text-is('Ajouter')").Last.ClickAsync();
        await physician.Locator("#problem").WaitForAsync();
        await LookAsync(physician, "chart-physician");
        await physician.ClickAsync("#entrust");
        await Expect(physician.Locator("#entrust-to option").Nth(1)).ToBeAttachedAsync();
        await LookAsync(physician, "dialog-entrust", "Confier ce dossier");
        var unit = (await physician.Locator("#entrust-to option").Nth(1).InnerTextAsync()).Trim();
        await physician.SelectOptionAsync("#entrust-to", new SelectOptionValue { Label = unit });
        await physician.ClickAsync("#entrust-now");
        var entrusted = await _hospital.EnterAsync($"Médecin, {unit.Split(" — ")[0]}");
        await entrusted.Locator(".entrusted tbody tr").First.WaitForAsync();
        await LookAsync(entrusted, "ward-entrusted");
        await ImportedAsync(physician);
        foreach (var (who, name) in new[] { ("Pharmacien", "pharmacist"), ("Directrice", "director"), ("Assistant·e de service social", "social-worker"), ("Secrétaire médicale", "secretary") })
        {
            var other = await _hospital.EnterAsync(who);
            await other.Locator("main h1").First.WaitForAsync();
            await LookAsync(other, $"home-{name}");
            await other.Context.CloseAsync();
        }
    }

    /// <summary>What another software knew of one patient: one resource a line.</summary>
    private const string History = """
        {"resourceType":"Patient","id":"p","name":[{"family":"Lagadec","given":["Fanch"]}],"birthDate":"1961-03-12","gender":"male"}
        {"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2019-02-11T08:00:00Z","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}],"text":"Glucose [Mass/volume] in Serum or Plasma"},"valueQuantity":{"value":0.98,"unit":"g/L"},"referenceRange":[{"low":{"value":0.7},"high":{"value":1.1}}]}
        {"resourceType":"Observation","id":"o2","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2021-06-03T08:00:00Z","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}],"text":"Glucose [Mass/volume] in Serum or Plasma"},"valueQuantity":{"value":1.21,"unit":"g/L"},"referenceRange":[{"low":{"value":0.7},"high":{"value":1.1}}]}
        {"resourceType":"Observation","id":"o3","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2024-09-17T08:00:00Z","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2345-7"}],"text":"Glucose [Mass/volume] in Serum or Plasma"},"valueQuantity":{"value":1.46,"unit":"g/L"},"referenceRange":[{"low":{"value":0.7},"high":{"value":1.1}}]}
        {"resourceType":"Observation","id":"o4","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2024-09-17T08:00:00Z","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"98979-8"}],"text":"Glomerular filtration rate/1.73 sq M.predicted by Creatinine-based formula (CKD-EPI 2021)"},"valueQuantity":{"value":58,"unit":"mL/min/{1.73_m2}"},"referenceRange":[{"low":{"value":60}}]}
        {"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p"},"onsetDateTime":"2019-02-11","code":{"text":"Prediabetes"}}
        {"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/p"},"code":{"text":"Asthma"}}
        {"resourceType":"AllergyIntolerance","id":"a1","patient":{"reference":"Patient/p"},"recordedDate":"2003-05-20","code":{"text":"Penicillin V"}}
        {"resourceType":"Immunization","id":"i1","status":"completed","patient":{"reference":"Patient/p"},"occurrenceDateTime":"2023-10-24","vaccineCode":{"text":"Influenza, seasonal, injectable, preservative free"}}
        {"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","subject":{"reference":"Patient/p"},"authoredOn":"2024-09-17","medicationCodeableConcept":{"text":"metformin hydrochloride 500 MG Oral Tablet"}}
        {"resourceType":"Procedure","id":"q1","status":"completed","subject":{"reference":"Patient/p"},"performedDateTime":"2021-06-03","code":{"text":"Electrocardiographic procedure"}}
        {"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"period":{"start":"2024-09-17T07:30:00Z","end":"2024-09-17T08:30:00Z"},"type":[{"text":"General examination of patient"}]}
        {"resourceType":"Claim","id":"k1","status":"active","use":"claim","patient":{"reference":"Patient/p"},"created":"2024-09-17"}
        """;

    /// <summary>A history that came from elsewhere, of somebody who lies nowhere here.</summary>
    private async Task ImportedAsync(IPage physician)
    {
        var folder = Directory.CreateTempSubdirectory("serment-fhir-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "venues.ndjson"), History);
        var (code, said) = await SermentCommand.RunAsync("import", "fhir", folder.FullName, "--data", _hospital.Directory);
        Assert.True(code == 0, said);
        folder.Delete(recursive: true);

        await physician.Keyboard.PressAsync("Control+k");
        await Expect(physician.Locator("#finder")).ToBeFocusedAsync();
        await physician.Keyboard.TypeAsync("lagadec 12031961");
        await physician.Locator(".found li .name").First.WaitForAsync();
        await physician.Keyboard.PressAsync("Enter");
        await physician.FillAsync("#reason", "Malaise au secrétariat, antécédents à vérifier");
        await GivenAsync(physician, "#break-glass", ".banner");
        // What passes by fades, and is not measured half gone.
        await Expect(physician.Locator(".mud-snackbar")).ToHaveCountAsync(0);
        await TabAsync(physician, "Historique repris", "section[aria-label='Historique repris'] tbody tr");
        await LookAsync(physician, "imported");
        await physician.GetByRole(AriaRole.Button, new() { Name = "Résultats (4)" }).ClickAsync();
        await physician.Locator("button[aria-expanded]").First.ClickAsync();
        await physician.Locator("tr.sub svg").WaitForAsync();
        await LookAsync(physician, "imported-results");
    }

    private async Task ClerkAsync()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await GoAsync(clerk, "/admission");
        await clerk.FillAsync("#birth", "02051957");
        await clerk.FillAsync("#birth-name", "Marin");
        await clerk.Locator(".candidates .hint, .candidate").First.WaitForAsync();
        await LookAsync(clerk, "admission");
        await clerk.FillAsync("#birth", "31022001");
        await clerk.ClickAsync("text=Patient inconnu, qui ne peut pas");
        await clerk.ClickAsync("#create");
        await clerk.GetByRole(AriaRole.Alert).First.WaitForAsync();
        await LookAsync(clerk, "admission-refused");
        await clerk.FillAsync("#birth", "14032012");
        await clerk.FillAsync("#birth-name", "Trégastel");
        await clerk.FillAsync("#given", "Anne-Marguerite");
        await clerk.SelectOptionAsync("#sex", "Female");
        await clerk.ClickAsync("#create");
        await clerk.Locator("#bed").WaitForAsync();
        await LookAsync(clerk, "admission-stay");
        await clerk.FillAsync("#mobile", "06 39 98 12 35");
        await clerk.ClickAsync("#admit");
        await clerk.Locator("#print").WaitForAsync();
        await LookAsync(clerk, "admission-done");
        await GoAsync(clerk, "/lits");
        await clerk.Locator(".bedtile a").First.WaitForAsync();
        await LookAsync(clerk, "beds-desk");
        var minor = await clerk.Locator(".unplaced a:has-text('TREGASTEL')").GetAttributeAsync("href");
        var patient = await clerk.Locator(".bedtile a").First.GetAttributeAsync("href");
        await GoAsync(clerk, patient!);
        await clerk.Locator("section[aria-label='Coordonnées']").WaitForAsync();
        await LookAsync(clerk, "administrative");
        await clerk.Locator("section[aria-label='Coordonnées'] button:has-text('Modifier')").ClickAsync();
        await LookAsync(clerk, "administrative-edit");
        await clerk.GetByText("Abandonner").ClickAsync();
        await TabAsync(clerk, "Identité", "section[aria-label='Identité'] dl");
        await clerk.FillAsync("#other", "marin");
        await clerk.Locator("#other").PressAsync("Tab");
        await LookAsync(clerk, "identity-desk");
        await clerk.Locator("section[aria-label='Identité'] button:has-text('Corriger')").ClickAsync();
        await LookAsync(clerk, "identity-edit");
        await clerk.GetByText("Abandonner").ClickAsync();
        await GoAsync(clerk, patient!.Replace("/patient/", "/releve-acces/"));
        await clerk.Locator("#consent").WaitForAsync();
        await LookAsync(clerk, "statement-desk");
        await clerk.CheckAsync("#consent");
        await GivenAsync(clerk, "#open-statement", "article.access-statement");
        await LookAsync(clerk, "statement");
        await clerk.GetByText("Fermer le relevé").ClickAsync();
        await GivenAsync(clerk, "#make-link", "#statement-code");
        await LookAsync(clerk, "statement-link");
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Médecine polyvalente");
        await GoAsync(nurse, minor!);
        await TabAsync(nurse, "Qui a ouvert ce dossier", "#keep-secret");
        await nurse.ClickAsync("#keep-secret");
        await nurse.GetByText("Depuis le").WaitForAsync();
        await LookAsync(nurse, "minors-secret");
    }

    private async Task AdministratorAsync()
    {
        var administrator = await _hospital.EnterAsync("Administratrice");
        foreach (var (name, title, role) in new[] { ("Solenn Guivarch", "Assistance de l'éditeur", "Support"), ("Maëlle Rivoal", "Infirmière, Cardiologie", "Nurse") })
        {
            await administrator.FillAsync("#account-name", name);
            await administrator.FillAsync("#account-title", title);
            await administrator.SelectOptionAsync("#account-role", role);
            await administrator.ClickAsync("#propose");
            await administrator.Locator($".waiting:has-text('{name}')").WaitForAsync();
        }
        await LookAsync(administrator, "accounts", "Proposé.");
        foreach (var (tab, name) in new[] { ("Postes", "stations"), ("Unités", "units"), ("Interfaces", "clients") })
        {
            await administrator.GetByRole(AriaRole.Tab, new() { Name = tab }).ClickAsync();
            await LookAsync(administrator, name, "Proposé.");
        }
        await administrator.GetByRole(AriaRole.Tab, new() { Name = "Comptes" }).ClickAsync();
        await administrator.Locator("td.actions button").First.ClickAsync();
        await administrator.Locator(".mud-popover-open").First.WaitForAsync();
        await LookAsync(administrator, "account-menu", "Proposé.");
        if (await administrator.Locator(".mud-popover-open").CountAsync() == 0) await administrator.Locator("td.actions button").First.ClickAsync();
        await administrator.Locator(".mud-popover-open").GetByText("Modifier fonction").ClickAsync();
        await administrator.ClickAsync("#account-units");
        await administrator.Locator(".unit-choice input").First.ClickAsync();
        await administrator.Locator("#differences").WaitForAsync();
        await LookAsync(administrator, "account-change", "Proposé.");
        await GoAsync(administrator, "/sorties");
        foreach (var (tab, name) in new[] { ("Exports", "exports"), ("Mandats", "mandates"), ("Tickets", "tickets"), ("Dossiers de secours", "packs") })
        {
            await administrator.GetByRole(AriaRole.Tab, new() { Name = tab }).ClickAsync();
            await LookAsync(administrator, name);
        }
        await GoAsync(administrator, "/politique");
        await administrator.Locator("#policy-text").WaitForAsync();
        await administrator.FillAsync("#policy-text", Regex.Replace(await administrator.InputValueAsync("#policy-text"), "(\"touch\": )(\\d+)", m => m.Groups[1].Value + (int.Parse(m.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) - 1)));
        await administrator.ClickAsync("#policy-check");
        await administrator.Locator("main section h3, main [role=alert], main p[role=status]").First.WaitForAsync();
        await LookAsync(administrator, "policy");

        // What waits, as the one who approves it reads it.
        var officer = await _hospital.BrowserAsync();
        await officer.GotoAsync($"http://localhost:{_hospital.Port + 1}");
        await officer.Locator("select").First.WaitForAsync();
        await LookAsync(officer, "custodian-entrance-demonstration");
        await OfficerAsync(officer, "référent sécurité");
        await officer.Locator("[data-approval]").First.WaitForAsync();
        await LookAsync(officer, "custodian-approvals");
        await officer.Locator("summary").First.ClickAsync();
        await officer.Locator("tbody button:text('Geler')").First.ClickAsync();
        await officer.Locator("dialog[open]").WaitForAsync();
        await LookAsync(officer, "custodian-reason");
        await officer.Keyboard.PressAsync("Escape");
        await officer.Locator("dialog").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await officer.Locator("[data-approval]:has-text('Solenn Guivarch') button:text('j’approuve')").ClickAsync();
        await officer.Locator(".code").WaitForAsync();
        await LookAsync(officer, "custodian-approved");
        await using (var theirs = await OfficerBrowser.LaunchAsync())
        {
            var window = await theirs.WindowAsync($"http://localhost:{_hospital.Port + 1}", []);
            await window.GetByLabel("Code d’invitation").FillAsync((await officer.Locator(".code").InnerTextAsync()).Trim());
            await window.GetByRole(AriaRole.Button, new() { Name = "Enrôler ma clé" }).ClickAsync();
            await Expect(window.GetByRole(AriaRole.Status)).ToContainTextAsync("est enrôlée");
        }

        await GoAsync(administrator, "/sorties");
        await administrator.GetByRole(AriaRole.Tab, new() { Name = "Tickets" }).ClickAsync();
        await administrator.SelectOptionAsync("#ticket-holder", new SelectOptionValue { Label = "Solenn Guivarch" });
        await administrator.FillAsync("#ticket-reference", "2026-118");
        await administrator.FillAsync("#ticket-reason", "Courbe de température vide");
        await administrator.FillAsync("#patients-ipps", "000000001 000000002");
        await administrator.ClickAsync("#propose-ticket");
        await administrator.Locator(".waiting:has-text('2026-118')").WaitForAsync();
        await LookAsync(administrator, "ticket-waits", "Ticket proposé.");
        await officer.ReloadAsync();
        await OfficerAsync(officer, "référent sécurité");
        await officer.Locator("[data-approval]:has-text('2026-118') button:text('j’approuve')").ClickAsync();
        await Expect(officer.Locator("[data-approval]:has-text('2026-118')")).ToHaveCountAsync(0);
        var support = await _hospital.EnterAsync("Solenn Guivarch");
        await GoAsync(support, "/assistance");
        await support.GetByRole(AriaRole.Button, new() { Name = "Lire le dossier" }).First.ClickAsync();
        await support.Locator("section[aria-label='Dossier lu']").Or(support.Locator("#give-presence")).First.WaitForAsync();
        if (await support.Locator("#give-presence").CountAsync() > 0) await support.ClickAsync("#give-presence");
        await support.Locator("section[aria-label='Dossier lu']").WaitForAsync();
        await LookAsync(support, "support", "\"address\"");
    }

    private async Task PrivacyAsync()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Médecine polyvalente");
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        await nurse.Locator(".ward tbody tr a").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();

        var officer = await _hospital.EnterAsync("Déléguée à la protection");
        await officer.Locator("main h1").WaitForAsync();
        await LookAsync(officer, "home-privacy");
        await GoAsync(officer, "/releve-acces");
        await officer.Locator("#ipp").WaitForAsync();
        await LookAsync(officer, "statement-by-number");
        await officer.FillAsync("#ipp", Regex.Match(await nurse.Locator(".banner").InnerTextAsync(), "IPP ([0-9]{9})").Groups[1].Value);
        await officer.CheckAsync("#consent");
        await GivenAsync(officer, "#open-statement", "article.access-statement");
        await officer.Locator("article.access-statement").GetByText("Nommer").First.ClickAsync();
        await officer.Locator("#name-reason").WaitForAsync();
        await LookAsync(officer, "statement-naming");

        await GoAsync(officer, "/incidents");
        await officer.ClickAsync("#open-incident");
        await Expect(officer.Locator("#incident-account option").Nth(1)).ToBeAttachedAsync();
        await LookAsync(officer, "incident-form");
        await officer.FillAsync("#incident-title", "Session laissée ouverte en salle de soins");
        await officer.SelectOptionAsync("#incident-account", new SelectOptionValue { Label = await officer.Locator("#incident-account option", new() { HasText = name }).First.InnerTextAsync() });
        await officer.FillAsync("#incident-facts", "Un visiteur a lu l'écran d'une infirmière absente.");
        await officer.ClickAsync("#incident-open");
        await officer.Locator(".map").WaitForAsync();
        await LookAsync(officer, "incident-exposure", "Un visiteur");
        await Expect(officer.Locator(".bar nav a.active")).ToHaveTextAsync("Incidents");
        foreach (var tab in new[] { "patients", "measures", "cnil", "people" })
        {
            await officer.ClickAsync($"#tab-{tab}");
            await officer.Locator($"#tab-{tab}[aria-selected=true]").WaitForAsync();
            await LookAsync(officer, $"incident-{tab}", "Un visiteur");
        }
        await LettersAsync(officer);
        await officer.GetByRole(AriaRole.Link, new() { Name = "Incidents", Exact = true }).ClickAsync();
        await officer.Locator(".incidents tbody tr").First.WaitForAsync();
        await LookAsync(officer, "incidents");
    }

    /// <summary>The machine of a mandate has written some of an incident's letters, and goes on.</summary>
    private async Task LettersAsync(IPage officer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var shown = key.ExportSubjectPublicKeyInfo();
        await officer.FillAsync("#mandate-key", Convert.ToBase64String(shown));
        await officer.ClickAsync("#propose-letters");
        await officer.GetByText("Proposé : une autre personne").WaitForAsync();
        using var security = await OwnPageSession.EnterAsync($"http://localhost:{_hospital.Port + 1}", Role.SecurityOfficer);
        var mandate = (await security.AskAsync(AccountVerbs.Waiting, Nothing.AtAll)).Waiting.First(one => one.Kind == "mandate" && one.Statement.Contains("Lettres de l'incident", StringComparison.Ordinal));
        await security.AskAsync(AccountVerbs.Approve, new Approve(mandate.Approval, mandate.Statement));
        using var custodian = new CustodianClient(new CustodianAddress { Socket = Path.Combine(_hospital.Directory, "custodian", "run", "custodian.sock") });
        var machine = new Signer(custodian, security.Cell, key, null, MachineKeys.IdOf(shown), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1);
        var lease = await machine.AskAsync(MandateVerbs.Release, new TakeFromQueue((await machine.AskAsync(MandateVerbs.Own, Nothing.AtAll)).Mandate, 3));
        await machine.AskAsync(IncidentVerbs.Sent, new LettersSent(Id.Parse<IncidentId>(new Uri(officer.Url).Segments[^1]), [.. lease.Patients.Zip([LetterWay.Post, LetterWay.Mail, LetterWay.Aside], (one, way) => new LetterSent(one.Patient, way))]));
        await officer.ClickAsync("#tab-cnil");
        await officer.ClickAsync("#tab-people");
        await Expect(officer.Locator("section[aria-label='Lettres'] [role=status]").First).ToContainTextAsync("En cours : 3 lettres sur");
        await LookAsync(officer, "incident-letters", "Un visiteur");
    }

    private async Task SecurityAsync()
    {
        var strangers = await StrangersAsync("Infirmier·ère, Urgences – UHCD");
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Ambulatoire");
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        foreach (var stranger in strangers[..Math.Min(6, strangers.Length)])
        {
            await GoAsync(nurse, stranger);
            await nurse.Locator(".glass-panel").WaitForAsync();
            await GoAsync(nurse, "/");
            await nurse.Locator(".ward, .empty").First.WaitForAsync();
        }
        await GoAsync(nurse, strangers[0]);
        await nurse.FillAsync("#reason", "Patient agité dans le couloir, antécédents à vérifier");
        await nurse.ClickAsync("#break-glass");
        await nurse.Locator(".banner").Or(nurse.Locator("#give-presence")).First.WaitForAsync();

        var officer = await _hospital.EnterAsync("Référent sécurité");
        await officer.Locator("#propose").WaitForAsync();
        await GoAsync(officer, "/securite");
        await officer.Locator(".alarms tbody tr").First.WaitForAsync();
        await officer.Locator(".alarms tbody tr", new() { HasText = name }).First.GetByRole(AriaRole.Button, new() { Name = "Ce qu'il a fait" }).ClickAsync();
        await officer.Locator("#timeline tbody tr").First.WaitForAsync();
        await officer.Locator("section[aria-label='À revoir'] button:has-text('Revoir')").First.ClickAsync();
        await officer.Locator("#review-note").WaitForAsync();
        await LookAsync(officer, "security-desk", "Patient agité");
        await GoAsync(officer, "/incidents");
        await officer.Locator("main h1").WaitForAsync();
        await LookAsync(officer, "incidents-security");
    }

    private static Task GoAsync(IPage page, string path) => page.EvaluateAsync("path => Blazor.navigateTo(path)", path);

    private static async Task TabAsync(IPage page, string tab, string shown)
    {
        await page.GetByRole(AriaRole.Tab, new() { Name = tab }).ClickAsync();
        await page.Locator(shown).First.WaitForAsync();
    }

    /// <summary>Files of somebody else's unit.</summary>
    private async Task<string[]> StrangersAsync(string who)
    {
        var other = await _hospital.EnterAsync(who);
        await other.Locator(".ward tbody tr a").First.WaitForAsync();
        var found = await other.Locator(".ward tbody tr:not(.expected) a[href^='/patient/']").EvaluateAllAsync<string[]>("all => [...new Set(all.map(a => a.getAttribute('href')))]");
        await other.Context.CloseAsync();
        return found;
    }

    private static async Task GivenAsync(IPage page, string button, string done)
    {
        await page.ClickAsync(button);
        await page.Locator("#give-presence").Or(page.Locator(done)).First.WaitForAsync();
        if (await page.Locator("#give-presence").IsVisibleAsync()) await page.ClickAsync("#give-presence");
        await page.Locator(done).First.WaitForAsync();
    }

    private static async Task OfficerAsync(IPage page, string role)
    {
        var option = page.Locator("select option", new() { HasText = role }).First;
        await option.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator("select").First.SelectOptionAsync(new SelectOptionValue { Label = await option.TextContentAsync() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Entrer", Exact = true }).First.ClickAsync();
    }
}
