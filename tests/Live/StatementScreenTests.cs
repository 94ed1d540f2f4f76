using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Serment.Server.Commands;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>At the desk, and on the patient's own telephone: a real browser on a demonstration cell.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class StatementScreenTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task A_clerk_opens_the_statement_with_consent_and_hands_over_a_file_that_holds_outside()
    {
        var path = await SeenAsync("Infirmier·ère, Cardiologie");
        var clerk = await DeskAsync(path);
        await Expect(clerk.Locator("#open-statement")).ToBeDisabledAsync();
        await AxeAsync(clerk);
        await PicturesAsync(clerk, "statement-desk");
        await clerk.CheckAsync("#consent");
        await GivenAsync(clerk, "#open-statement");
        var sheet = clerk.Locator("article.access-statement");
        await Expect(sheet).ToContainTextAsync("infirmier ou infirmière, Cardiologie");
        await Expect(sheet).ToContainTextAsync("relevé d'accès ouvert");
        await Expect(sheet).ToContainTextAsync("service responsable du séjour");
        Assert.Equal(0, await sheet.Locator(".named").CountAsync());
        await AxeAsync(clerk);
        await PicturesAsync(clerk, "statement");
        Assert.Equal(0, await VerifiedAsync(clerk, clerk.Locator("#statement-file")));
        await clerk.EmulateMediaAsync(new() { Media = Media.Print });
        Assert.False(await clerk.Locator("#statement-file").IsVisibleAsync());
        await Expect(sheet).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_patient_opens_it_on_his_telephone_with_link_and_code_once()
    {
        var path = await SeenAsync("Infirmier·ère, Gériatrie");
        var clerk = await DeskAsync(path);
        await clerk.CheckAsync("#consent");
        await GivenAsync(clerk, "#make-link");
        var (link, code) = (await clerk.Locator("#statement-link").InnerTextAsync(), await clerk.Locator("#statement-code").InnerTextAsync());
        await AxeAsync(clerk);
        await PicturesAsync(clerk, "statement-link");

        var phone = await _hospital.BrowserAsync(390, 844);
        var asked = new List<string>();
        phone.Request += (_, request) => asked.Add(request.Url + string.Join(' ', request.Headers.Values));
        await phone.GotoAsync(link);
        await Expect(phone.Locator("#link")).ToBeHiddenAsync();
        Assert.DoesNotContain("#", phone.Url, StringComparison.Ordinal);
        await AxeAsync(phone);
        await PicturesAsync(phone, "statement-phone-code", 390);
        await phone.FillAsync("#code", code[0] == '0' ? $"1{code[1..]}" : $"0{code[1..]}");
        await phone.ClickAsync("button[type=submit]");
        await Expect(phone.GetByRole(AriaRole.Alert)).ToContainTextAsync("Essais restants : 4");
        await AxeAsync(phone);
        await phone.FillAsync("#code", code);
        await phone.ClickAsync("button[type=submit]");
        var sheet = phone.Locator("article.access-statement");
        await Expect(sheet).ToContainTextAsync("infirmier ou infirmière, Gériatrie");
        await Expect(sheet).ToContainTextAsync("essayé avec un code faux");
        await AxeAsync(phone);
        await PicturesAsync(phone, "statement-phone", 390);
        Assert.True(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the telephone");
        Assert.Equal(0, await VerifiedAsync(phone, phone.Locator("form button")));
        // What opens is in no address and in no header.
        Assert.All(asked, request => Assert.DoesNotContain(link.Split('#')[1], request, StringComparison.Ordinal));
        Assert.Empty(await phone.Context.CookiesAsync());

        // Again, by hand and without the script's help: it has served.
        await phone.GotoAsync($"{_hospital.Address}/releve");
        await phone.FillAsync("#link", link);
        await phone.FillAsync("#code", code);
        await phone.ClickAsync("button[type=submit]");
        await Expect(phone.GetByRole(AriaRole.Alert)).ToContainTextAsync("n'ouvre plus de relevé");

        using var http = new HttpClient();
        var page = await http.GetAsync($"{_hospital.Address}/releve");
        Assert.Equal("no-store", page.Headers.CacheControl!.ToString());
        Assert.Equal("no-referrer", page.Headers.GetValues("Referrer-Policy").Single());
        Assert.StartsWith("default-src 'none'; script-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var english = new HttpRequestMessage(HttpMethod.Get, $"{_hospital.Address}/releve") { Headers = { { "Accept-Language", "en-GB,en;q=0.9,fr;q=0.5" } } };
        Assert.Contains("Who opened my file?", await (await http.SendAsync(english)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // Another site's page asks for nothing here, and nonsense is answered in words.
        using var foreign = new HttpRequestMessage(HttpMethod.Post, $"{_hospital.Address}/releve") { Headers = { { "Origin", "https://ailleurs.example" } }, Content = new FormUrlEncodedContent([]) };
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, (await http.SendAsync(foreign)).StatusCode);
        foreach (var nonsense in new HttpContent[] { new FormUrlEncodedContent([]), new StringContent("{}"), new FormUrlEncodedContent([new("link", new string('x', 5000)), new("code", "\u0000")]) })
        {
            var answer = await http.PostAsync($"{_hospital.Address}/releve", nonsense);
            Assert.Equal((422, true), ((int)answer.StatusCode, (await answer.Content.ReadAsStringAsync()).Contains("ouvre plus de relev", StringComparison.Ordinal)));
            Assert.Equal(422, (int)(await http.PostAsync($"{_hospital.Address}/releve/fichier", new FormUrlEncodedContent([new("opened", "AAAA")]))).StatusCode);
        }
    }

    [Fact]
    public async Task A_nurse_marks_what_a_minor_keeps_secret_and_the_parents_statement_shows_nothing_of_that_day()
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        var keys = clerk.Keyboard;
        await Expect(clerk.Locator("#birth")).ToBeFocusedAsync();
        foreach (var typed in new[] { "14072011", "Lestrange", "Maïwenn", "F" }) { await keys.TypeAsync(typed); await keys.PressAsync("Tab"); }
        await keys.PressAsync("Enter");
        await Expect(clerk.Locator("#unit")).ToBeFocusedAsync();
        await keys.TypeAsync("Cardiologie");
        await keys.PressAsync("Tab");
        for (var i = 0; i < 20 && await clerk.EvaluateAsync<string>("document.activeElement.id") != "mobile"; i++) await keys.PressAsync("Tab");
        await keys.PressAsync("Enter");
        await Expect(clerk.GetByRole(AriaRole.Status).Filter(new() { HasText = "LESTRANGE" })).ToBeVisibleAsync();
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Cardiologie");
        await nurse.Keyboard.PressAsync("Control+k");
        await nurse.Locator("#finder").FillAsync("lestrange maiwenn");
        await Expect(nurse.Locator(".found li").First).ToContainTextAsync("LESTRANGE");
        await nurse.Keyboard.PressAsync("Enter");
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Qui a ouvert ce dossier" }).ClickAsync();
        await nurse.ClickAsync("#keep-secret");
        await Expect(nurse.GetByText("Depuis le")).ToBeVisibleAsync();
        await AxeAsync(nurse);
        await PicturesAsync(nurse, "minors-secret");

        var desk = await DeskAsync(new Uri(nurse.Url).AbsolutePath.Split('/')[^1]);
        await desk.CheckAsync("#parent");
        await Expect(desk.GetByText("son identité et sa qualité sont vérifiées")).ToBeVisibleAsync();
        await desk.CheckAsync("#consent");
        await GivenAsync(desk, "#open-statement");
        var sheet = desk.Locator("article.access-statement");
        await Expect(sheet).ToContainTextAsync("Cette phrase figure sur tous les relevés");
        await Expect(sheet).ToContainTextAsync("Aucun accès n'est à montrer");
        await PicturesAsync(desk, "statement-parent");
    }

    [Fact]
    public async Task The_privacy_officer_opens_it_by_its_number_and_gives_a_name()
    {
        var path = await SeenAsync("Infirmier·ère, Réanimation");
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Réanimation");
        await nurse.EvaluateAsync("path => Blazor.navigateTo(path)", $"/patient/{path}");
        var ipp = System.Text.RegularExpressions.Regex.Match(await nurse.Locator(".banner").InnerTextAsync(), "IPP ([0-9]{9})").Groups[1].Value;
        var officer = await _hospital.EnterAsync("Déléguée à la protection");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Relevés", Exact = true }).ClickAsync();
        await officer.FillAsync("#ipp", ipp);
        await officer.CheckAsync("#consent");
        await GivenAsync(officer, "#open-statement");
        var line = officer.Locator("article.access-statement tr:has-text('consultation')").First;
        await line.GetByText("Nommer").ClickAsync();
        await officer.FillAsync("#name-reason", "Plainte du patient contre cette personne");
        await PicturesAsync(officer, "statement-name");
        await officer.GetByText("Donner le nom").ClickAsync();
        await officer.Locator("#give-presence").Or(officer.Locator(".named").First).First.WaitForAsync();
        if (await officer.Locator("#give-presence").IsVisibleAsync()) await officer.ClickAsync("#give-presence");
        await Expect(officer.Locator(".named").First).ToBeVisibleAsync();
        await AxeAsync(officer);
    }

    /// <summary>The first patient of a ward, whose file its nurse has opened; his id.</summary>
    private async Task<string> SeenAsync(string nurse)
    {
        var page = await _hospital.EnterAsync(nurse);
        await page.Locator(".ward tbody tr").First.ClickAsync();
        await page.Locator(".banner").WaitForAsync();
        return new Uri(page.Url).AbsolutePath.Split('/')[^1];
    }

    private async Task<IPage> DeskAsync(string patient)
    {
        var clerk = await _hospital.EnterAsync("Agent d'admission");
        await clerk.EvaluateAsync("path => Blazor.navigateTo(path)", $"/releve-acces/{patient}");
        await clerk.Locator("#consent").WaitForAsync();
        return clerk;
    }

    /// <summary>A click stands for the touch in a demonstration, where one is asked for.</summary>
    private static async Task GivenAsync(IPage page, string button)
    {
        await page.ClickAsync(button);
        var (touch, done) = (page.Locator("#give-presence"), page.Locator("article.access-statement, #statement-code"));
        await touch.Or(done).First.WaitForAsync();
        if (await touch.IsVisibleAsync()) await touch.ClickAsync();
        await done.First.WaitForAsync();
    }

    private async Task<int> VerifiedAsync(IPage page, ILocator button)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => button.ClickAsync());
        Assert.Equal("releve-acces.ndjson", download.SuggestedFilename);
        using var said = new StringWriter();
        var code = JournalCommands.Run(["verify", "--statement", (await download.PathAsync())!, "--key", Path.Combine(_hospital.Directory, "custodian", "journal", "key.pub")], said, said);
        Assert.True(code == 0, said.ToString());
        return code;
    }

    private static async Task AxeAsync(IPage page) =>
        Assert.Empty((await page.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}"));

    private static async Task PicturesAsync(IPage page, string name, int width = 0)
    {
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is not { } folder) return;
        foreach (var (wide, high) in width == 0 ? new[] { (1366, 768), (1024, 768), (390, 844) } : [(390, 844), (1366, 768)])
            foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme });
                if (width == 0 && (await page.Locator("button[aria-label='Mode clair']").CountAsync() > 0) != (scheme == ColorScheme.Dark) && await page.Locator("button[aria-label^='Mode ']").CountAsync() > 0) await page.Locator("button[aria-label^='Mode ']").First.ClickAsync();
                await page.SetViewportSizeAsync(wide, high);
                await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{wide}-{scheme}.png".ToLowerInvariant()), FullPage = width != 0 });
            }
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        if (width == 0 && await page.Locator("button[aria-label='Mode clair']").CountAsync() > 0) await page.Locator("button[aria-label='Mode clair']").ClickAsync();
        await page.SetViewportSizeAsync(width == 0 ? 1366 : width, width == 0 ? 768 : 844);
    }
}
