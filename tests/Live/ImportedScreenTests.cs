using System.Security.Cryptography;
using System.Text;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>What was taken over from another system, as a physician reads it: its files opened, what it says of allergies and doubts.</summary>
public sealed class ImportedScreenTests : IAsyncDisposable
{
    private const string Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private readonly Hospital _hospital = new();
    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("serment-imported-");

    [Fact]
    public async Task Imported_documents_are_read_in_place_opened_or_saved_and_doubts_are_said()
    {
        await _hospital.StartAsync();
        var letter = "Madame,\n\n" + string.Join('\n', Enumerable.Repeat("Votre échographie est normale.", 5000)) + "\nQuetzalcoatlus";
        var doctor = await ReadAsync(
            """{"resourceType":"AllergyIntolerance","id":"1","code":{"coding":[{"system":"http://snomed.info/sct","code":"409137002","display":"Aucune allergie médicamenteuse connue"}]},"patient":{"reference":"Patient/p"}}""",
            """{"resourceType":"MedicationRequest","id":"2","status":"active","intent":"order","doNotPerform":true,"medicationCodeableConcept":{"text":"Amoxicilline"},"authoredOn":"2024-03-02","subject":{"reference":"Patient/p"}}""",
            """{"resourceType":"Condition","id":"3","verificationStatus":{"coding":[{"code":"unconfirmed"}]},"code":{"text":"Sarcoïdose"},"onsetDateTime":"2024-01-02","subject":{"reference":"Patient/p"}}""",
            Document("4", "text/plain", "Lettre d'adressage", letter), Document("5", "application/pdf", "Compte rendu opératoire", "%PDF-1.4 canary"),
            $$$"""{"resourceType":"DocumentReference","id":"6","status":"current","date":"2024-02-04","content":[{"attachment":{"contentType":"image/png","title":"Radiographie","data":"{{{Picture}}}"}}],"subject":{"reference":"Patient/p"}}""",
            $$$"""{"resourceType":"DiagnosticReport","id":"7","status":"preliminary","code":{"text":"Scanner thoracique"},"effectiveDateTime":"2024-05-06","presentedForm":[{"contentType":"text/html","title":"Scanner","data":"{{{Base64("<p>Pas d&#39;embolie <b>proximale</b>.</p><script>document.title='mal'</script>")}}}"}],"subject":{"reference":"Patient/p"}}""",
            """{"resourceType":"CarePlan","id":"8","status":"active","intent":"plan","title":"Plan de rééducation","description":"Marcher chaque jour","subject":{"reference":"Patient/p"}}""");

        await Expect(doctor.Locator(".banner")).ToContainTextAsync("Aucune allergie médicamenteuse connue");
        await Expect(doctor.Locator(".banner .danger")).ToHaveCountAsync(0);
        await Expect(doctor.Locator("section:has(h2:text-is('Allergies'))")).ToContainTextAsync("non confirmé");
        await doctor.GetByRole(AriaRole.Button, new() { Name = "Corriger Sarcoïdose" }).ClickAsync();
        await Expect(doctor.Locator("#problem-certainty")).ToHaveValueAsync("unconfirmed");
        await doctor.SelectOptionAsync("#problem-certainty", new SelectOptionValue { Label = "confirmé" });
        await doctor.FillAsync("#problem-reason", "biopsie");
        await Hospital.PictureAsync(doctor, "certainty");
        await doctor.ClickAsync("#save-problem");
        await Expect(doctor.Locator("li:has-text('Sarcoïdose')")).ToContainTextAsync("biopsie");
        await Expect(doctor.Locator("li:has-text('Sarcoïdose') .mark.warn")).ToHaveCountAsync(0);
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Historique repris" }).ClickAsync();
        var panel = doctor.Locator("section[aria-label='Historique repris']");
        await Expect(panel).ToContainTextAsync("NE PAS DONNER : Amoxicilline");
        await Expect(panel).ToContainTextAsync("ne concluez pas à une absence");

        // A letter longer than a note, whole and in place.
        await panel.GetByRole(AriaRole.Button, new() { Name = "Lire Lettre d'adressage" }).ClickAsync();
        await Expect(panel.Locator("pre")).ToContainTextAsync("Quetzalcoatlus");
        Assert.Equal(letter, (await panel.Locator("pre").InnerTextAsync()).ReplaceLineEndings("\n"));
        await Hospital.PictureAsync(doctor, "imported-letter");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Replier Lettre d'adressage" }).ClickAsync();

        var shown = await doctor.Context.RunAndWaitForPageAsync(() => panel.GetByRole(AriaRole.Button, new() { Name = "Ouvrir Radiographie" }).ClickAsync());
        await Expect(shown.Locator("img")).ToBeVisibleAsync();
        Assert.Equal($"{_hospital.Address}/files", shown.Url);
        await shown.CloseAsync();
        var download = await doctor.RunAndWaitForDownloadAsync(() => panel.GetByRole(AriaRole.Button, new() { Name = "Télécharger Compte rendu opératoire" }).ClickAsync());
        Assert.Equal("Compte rendu opératoire.pdf", download.SuggestedFilename);
        Assert.Equal("%PDF-1.4 canary", await File.ReadAllTextAsync(await download.PathAsync()));

        await panel.GetByRole(AriaRole.Button, new() { Name = "Gardé tel quel" }).ClickAsync();
        await panel.GetByRole(AriaRole.Button, new() { Name = "Voir l'original" }).ClickAsync();
        await Expect(panel.Locator("pre")).ToContainTextAsync("Marcher chaque jour");

        // A report's printed form, without what it would run.
        await panel.GetByRole(AriaRole.Button, new() { Name = "Résultats" }).ClickAsync();
        await Expect(panel.Locator("tr:has-text('Scanner thoracique')").First).ToContainTextAsync("provisoire");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Lire Scanner" }).ClickAsync();
        await Expect(panel.Locator("pre")).ToHaveTextAsync("Pas d'embolie proximale.");
        await Hospital.PictureAsync(doctor, "imported-report");
        Assert.Empty((await doctor.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help}"));
    }

    [Fact]
    public async Task What_a_source_protects_opens_one_by_one_by_a_touch_and_a_physician_adds_to_it()
    {
        await _hospital.StartAsync();
        var doctor = await ReadAsync(
            """{"resourceType":"Condition","id":"1","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},"code":{"text":"Trouble bipolaire"},"onsetDateTime":"2019-03-04","subject":{"reference":"Patient/p"}}""",
            $$$"""{"resourceType":"DiagnosticReport","id":"2","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0074","code":"GE"}]}],"code":{"text":"Panel BRCA"},"effectiveDateTime":"2021-05-06","presentedForm":[{"contentType":"text/plain","title":"Compte rendu","data":"{{{Base64("Variant pathogène")}}}"}],"subject":{"reference":"Patient/p"}}""",
            """{"resourceType":"Condition","id":"3","code":{"text":"Entorse"},"onsetDateTime":"2020-01-02","subject":{"reference":"Patient/p"}}""");
        await Expect(doctor.Locator("body")).Not.ToContainTextAsync("bipolaire");
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Historique repris" }).ClickAsync();
        await Expect(doctor.Locator("section[aria-label='Historique repris']")).ToContainTextAsync("L'onglet Protégé l'ouvre");
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Protégé", Exact = true }).ClickAsync();
        var panel = doctor.Locator("section[aria-label='Éléments protégés']");
        await Expect(panel.Locator("article")).ToHaveCountAsync(2);
        await Hospital.PictureAsync(doctor, "protected-closed");
        await Expect(panel).Not.ToContainTextAsync("BRCA");

        async Task OpenAsync(string name)
        {
            await panel.GetByRole(AriaRole.Button, new() { Name = name }).ClickAsync();
            await doctor.ClickAsync("#give-presence");
        }
        // The glass took the touch of a moment ago: each of these takes its own.
        await OpenAsync("Ouvrir l'élément 2");
        await Expect(panel.Locator("article header b:text-is('Élément 2')")).ToHaveCountAsync(0);
        await Expect(panel.Locator("article header b:text-is('Élément 1')")).ToHaveCountAsync(1);
        await OpenAsync("Ouvrir l'élément 1");
        await Expect(panel).ToContainTextAsync("Trouble bipolaire");
        await Expect(panel).ToContainTextAsync("Panel BRCA");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Lire Compte rendu" }).ClickAsync();
        await Expect(panel.Locator("pre")).ToHaveTextAsync("Variant pathogène");

        // Nothing written is told where it was not written, and what was is there at once.
        await panel.Locator("#add-protected").ClickAsync();
        await panel.Locator("#save-protected").ClickAsync();
        await Expect(panel.GetByRole(AriaRole.Alert)).ToContainTextAsync("La note est vide");
        await panel.Locator("#protected-note").FillAsync("Antécédent de violences, ne pas appeler au domicile");
        await panel.Locator("#save-protected").ClickAsync();
        await Expect(panel.Locator("article")).ToHaveCountAsync(3);
        await Expect(panel.Locator("article").First).ToContainTextAsync("ne pas appeler au domicile");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Corriger" }).ClickAsync();
        await panel.GetByLabel("Texte corrigé").FillAsync("Antécédent de violences, appeler au travail");
        await panel.GetByLabel("Motif de la correction").FillAsync("précision de la patiente");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Enregistrer", Exact = true }).ClickAsync();
        await Expect(panel.Locator("article").First).ToContainTextAsync("appeler au travail");
        await Expect(panel.Locator("article").First).ToContainTextAsync("version 2 : précision de la patiente");
        await Expect(panel).ToContainTextAsync("06/05/2021 · FHIR");
        await Hospital.PictureAsync(doctor, "protected-open");
        Assert.Empty((await doctor.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help}"));

        // A document beside them: in no list of documents, and a gesture each time.
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Documents" }).ClickAsync();
        await doctor.SetInputFilesAsync("#files", new FilePayload { Name = "genetique.txt", MimeType = "text/plain", Buffer = "Séquence complète"u8.ToArray() });
        await doctor.GetByLabel("Type").SelectOptionAsync("protected");
        await doctor.ClickAsync("#add-documents");
        await Expect(doctor.Locator(".mud-snackbar")).ToContainTextAsync("parmi les éléments protégés");
        await Expect(doctor.Locator("section[aria-label='Documents']")).Not.ToContainTextAsync("genetique");
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Protégé", Exact = true }).ClickAsync();
        await Expect(panel.Locator("article")).ToHaveCountAsync(4);
        await OpenAsync("Ouvrir l'élément 4");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Télécharger genetique" }).ClickAsync();
        var download = await doctor.RunAndWaitForDownloadAsync(() => doctor.ClickAsync("#give-presence"));
        // What was opened stays while one looks elsewhere in the chart, and is gone when the screen was locked.
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Synthèse" }).ClickAsync();
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Protégé", Exact = true }).ClickAsync();
        await Expect(panel).ToContainTextAsync("Trouble bipolaire");
        await doctor.ClickAsync("#lock-now");
        await doctor.Locator("#unlock").ClickAsync();
        await Expect(panel.Locator("article")).ToHaveCountAsync(4);
        await Expect(panel.Locator("button:text-is('Refermer')")).ToHaveCountAsync(0);
        await Expect(panel).Not.ToContainTextAsync("bipolaire");
        Assert.Equal("Séquence complète", await File.ReadAllTextAsync(await download.PathAsync()));

        // Who opened it, kind by kind; and nothing of it for who takes care of her otherwise.
        await doctor.GetByRole(AriaRole.Tab, new() { Name = "Qui a ouvert" }).ClickAsync();
        await Expect(doctor.Locator("section:has(h2) table").First).ToContainTextAsync("données protégées");
        var path = new Uri(doctor.Url).AbsolutePath;
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Cardiologie");
        await nurse.EvaluateAsync("path => Blazor.navigateTo(path)", path);
        await nurse.FillAsync("#reason", "Lecture de l'historique repris d'un autre système");
        await nurse.ClickAsync("#break-glass");
        await Expect(nurse.Locator(".banner").Or(nurse.Locator("#give-presence"))).ToBeVisibleAsync();
        if (await nurse.Locator("#give-presence").IsVisibleAsync()) await nurse.ClickAsync("#give-presence");
        await Expect(nurse.GetByRole(AriaRole.Tab, new() { Name = "Synthèse" })).ToBeVisibleAsync();
        await Expect(nurse.GetByRole(AriaRole.Tab, new() { Name = "Protégé" })).ToHaveCountAsync(0);
    }

    /// <summary>The chart of a patient who was brought in with these, opened by a physician who has no part in him.</summary>
    private async Task<IPage> ReadAsync(params string[] resources)
    {
        const string Patient = """{"resourceType":"Patient","id":"p","identifier":[{"system":"https://example.org/ids","value":"42"}],"name":[{"family":"Kerguelen","given":["Maëlle"]}],"birthDate":"1980-05-05","gender":"female"}""";
        await File.WriteAllTextAsync(Path.Combine(_source.FullName, "1.json"), "{\"resourceType\":\"Bundle\",\"entry\":[" + string.Join(',', resources.Prepend(Patient).Select(r => "{\"resource\":" + r + "}")) + "]}");
        var (code, said) = await SermentCommand.RunAsync("import", "fhir", _source.FullName, "--data", _hospital.Directory);
        Assert.True(code == 0, said);
        var patient = await PatientAsync();
        var doctor = await _hospital.EnterAsync("Médecin, Cardiologie");
        await doctor.EvaluateAsync("path => Blazor.navigateTo(path)", $"/patient/{patient}");
        await doctor.FillAsync("#reason", "Lecture de l'historique repris d'un autre système");
        await doctor.ClickAsync("#break-glass");
        var touch = doctor.Locator("#give-presence");
        await Expect(doctor.Locator(".banner").Or(touch)).ToBeVisibleAsync();
        if (await touch.IsVisibleAsync()) await touch.ClickAsync();
        await doctor.Locator(".banner").WaitForAsync();
        return doctor;
    }

    /// <summary>As the import client itself is told when it names her again.</summary>
    private async Task<PatientId> PatientAsync()
    {
        using var client = new CustodianClient(new CustodianAddress { Socket = Path.Combine(_hospital.Directory, "custodian", "run", "custodian.sock") });
        var cell = await client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);
        var lines = (await File.ReadAllTextAsync(Path.Combine(_hospital.Directory, "demonstration-import.key"))).Split('\n', 2);
        using var key = ECDsa.Create();
        key.ImportFromPem(lines[1]);
        var import = new Signer(client, cell.Cell, key, null, Id.Parse<ClientId>(lines[0]), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1);
        var traits = new IdentityTraits("Kerguelen", "Maëlle", null, new DateOnly(1980, 5, 5), Sex.Female, null);
        return (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, "fhir|https://example.org/ids|42"))).Created!.Patient;
    }

    private static string Document(string id, string type, string title, string content) => $$$"""{"resourceType":"DocumentReference","id":"{{{id}}}","status":"current","date":"2024-02-03","content":[{"attachment":{"contentType":"{{{type}}}","title":"{{{title}}}","data":"{{{Base64(content)}}}"}}],"subject":{"reference":"Patient/p"}}""";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await _hospital.DisposeAsync();
        _source.Delete(recursive: true);
    }
}
