using System.Net;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The Custodian's own page, in a real browser, in a production cell: two officers who need each other.</summary>
public sealed class CustodianPageTests : IDisposable
{
    private readonly CustodianProcess _cell = new(demonstration: false, port: OfficerBrowser.FreePort());
    private readonly Staff _staff;
    private readonly List<string> _faults = [];
    private static readonly ProposeAccount Nurse = new("Inès Castaing", "Infirmière", Role.Nurse, [], null);

    public CustodianPageTests() => _staff = new Staff(_cell);

    [Fact]
    public async Task An_officer_enrols_reads_what_is_signed_and_approves_and_the_code_makes_the_nurse()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        var window = await EnrolAndEnterAsync(browser, _staff.Founding[0]);
        await Assertions.Expect(window.GetByText("Rien n’attend votre signature.")).ToBeVisibleAsync();

        var ben = await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[1]));
        var id = (await ben.AskAsync(AccountVerbs.Propose, Nurse)).Approval;
        await window.GetByRole(AriaRole.Button, new() { Name = "Actualiser" }).ClickAsync();
        var card = window.Locator($"[data-approval='{id}']");
        Assert.Equal((await _staff.ReadAsync(ben, id)).Statement, await card.Locator(".statement").TextContentAsync());
        await Accessible(window);
        await Picture(window, "approvals");
        await card.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        var code = (await card.Locator(".code").TextContentAsync())!;
        Assert.Equal("Inès Castaing", (await _staff.EnterAsync(await _staff.EnrolAsync(code))).Me.Name);
        Assert.Empty(_faults);
    }

    [Fact]
    public async Task Where_the_custodian_wants_a_touch_or_a_pin_first_the_page_asks_for_it_and_goes_on()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        var window = await EnrolAndEnterAsync(browser, _staff.Founding[0]);
        var ben = await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[1]));
        var id = (await ben.AskAsync(AccountVerbs.Propose, Nurse)).Approval;
        // As after two minutes, or fifteen: the refusal is put in its way, everything else is real.
        var (answered, due) = (new List<string>(), new Queue<string>([RefusalCodes.Locked, RefusalCodes.Pin]));
        await window.RouteAsync("**/ask", async route =>
        {
            var verb = System.Text.Json.JsonDocument.Parse(route.Request.PostDataBuffer!).RootElement.GetProperty("verb").GetString()!;
            if (verb == "account.approve" && due.TryDequeue(out var code)) { await route.FulfillAsync(new() { Status = 422, ContentType = "application/json", Body = $$"""{"code":"{{code}}","message":"Touchez."}""" }); return; }
            var reply = await route.FetchAsync();
            lock (answered) answered.Add($"{verb} {reply.Status}");
            await route.FulfillAsync(new() { Response = reply });
        });
        await window.GetByRole(AriaRole.Button, new() { Name = "Actualiser" }).ClickAsync();
        await window.Locator($"[data-approval='{id}']").GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        await Assertions.Expect(window.Locator(".code")).ToBeVisibleAsync();
        Assert.Equal(["account.waiting 200", "signin.begin 200", "session.touch 200", "signin.begin 200", "session.touch 200", "account.approve 200"], answered);
        Assert.Empty(_faults);
    }

    [Fact]
    public async Task Ones_own_request_waits_for_somebody_else_and_a_rejected_one_is_gone()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        var (ada, ben, karim) = await ThreeAsync(browser);

        // The security officer freezes alone, and asks for the way back: somebody else decides.
        await karim.GetByRole(AriaRole.Row, new() { Name = "Second administrateur" }).GetByRole(AriaRole.Button, new() { Name = "Geler" }).ClickAsync();
        await Reason(karim, "Clé vue sur un parking");
        await Assertions.Expect(karim.GetByRole(AriaRole.Status)).ToContainTextAsync("est gelé");
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(ben.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        await karim.GetByRole(AriaRole.Button, new() { Name = "Demander le dégel" }).ClickAsync();
        await Reason(karim, "Clé retrouvée");
        await Assertions.Expect(karim.GetByText("une autre personne décide")).ToBeVisibleAsync();
        await Assertions.Expect(karim.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" })).ToHaveCountAsync(0);
        await Accessible(karim);
        await Picture(karim, "accounts-dark");

        await ada.GetByRole(AriaRole.Button, new() { Name = "C’est noté" }).ClickAsync();
        await ada.GetByRole(AriaRole.Button, new() { Name = "Rejeter" }).ClickAsync();
        await Assertions.Expect(ada.GetByText("Rien n’attend votre signature.")).ToBeVisibleAsync();
        Assert.Empty(_faults);
    }

    [Fact]
    public async Task The_next_version_of_the_keys_is_asked_for_here_and_signed_by_another_role()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        var (ada, _, karim) = await ThreeAsync(browser);
        await Assertions.Expect(karim.GetByText("Version 1, depuis la fondation.")).ToBeVisibleAsync();
        await karim.GetByRole(AriaRole.Button, new() { Name = "Changer la version des clés" }).ClickAsync();
        await Picture(karim, "key-version-why-dark");
        await Reason(karim, "Poste de secours volé");
        await Assertions.Expect(karim.GetByRole(AriaRole.Status)).ToContainTextAsync("un autre responsable doit approuver");
        await Assertions.Expect(karim.GetByText("une autre personne décide")).ToBeVisibleAsync();

        await ada.GetByRole(AriaRole.Button, new() { Name = "C’est noté" }).ClickAsync();
        await Assertions.Expect(ada.GetByText("Passer de la version 1 à la version 2 des clés des dossiers.")).ToBeVisibleAsync();
        await Accessible(ada);
        await Picture(ada, "key-version-approval");
        await ada.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        await Assertions.Expect(ada.GetByRole(AriaRole.Status)).ToContainTextAsync("Approuvé.");
        await Assertions.Expect(ada.GetByText("Version 2, depuis le")).ToBeVisibleAsync();
        await Assertions.Expect(ada.GetByText("La clé n’a jamais été mise en parts")).ToBeVisibleAsync();
        Assert.Equal(2, (await _cell.Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll)).KeyVersion);
        await karim.GetByRole(AriaRole.Button, new() { Name = "EN" }).ClickAsync();
        await Assertions.Expect(karim.GetByText("Version 1, since the foundation.")).ToBeVisibleAsync();
        await karim.SetViewportSizeAsync(1024, 768);
        await Picture(karim, "key-version-english-dark");
        Assert.Empty(_faults);
    }

    /// <summary>Two founders, of whom one approves on the page the security officer that the other proposes; he enters in dark.</summary>
    private async Task<(IPage Ada, Person Ben, IPage Karim)> ThreeAsync(OfficerBrowser browser)
    {
        var (ada, ben) = (await EnrolAndEnterAsync(browser, _staff.Founding[0]), await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[1])));
        var officer = (await ben.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Référent sécurité", Role.SecurityOfficer, [], null))).Approval;
        await ada.GetByRole(AriaRole.Button, new() { Name = "Actualiser" }).ClickAsync();
        await ada.Locator($"[data-approval='{officer}']").GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        var karim = await EnrolAndEnterAsync(browser, (await ada.Locator(".code").TextContentAsync())!, ColorScheme.Dark);
        return (ada, ben, karim);
    }

    [Fact]
    public async Task A_synchronised_key_is_refused_and_the_page_says_why()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        var window = await browser.WindowAsync(_cell.Page, _faults, synchronised: true);
        await window.GetByLabel("Code d’invitation").FillAsync(_staff.Founding[0]);
        await window.GetByRole(AriaRole.Button, new() { Name = "Enrôler ma clé" }).ClickAsync();
        await Assertions.Expect(window.GetByRole(AriaRole.Alert)).ToContainTextAsync("Utilisez une clé physique");
        await window.GetByLabel("Code d’invitation").FillAsync("0000");
        await window.GetByRole(AriaRole.Button, new() { Name = "Enrôler ma clé" }).ClickAsync();
        await Assertions.Expect(window.GetByRole(AriaRole.Alert)).ToContainTextAsync("Ce code d'invitation est inconnu");
        await Accessible(window);
        await Picture(window, "entrance");
    }

    [Fact]
    public async Task A_reload_forgets_the_session_because_its_key_lives_nowhere_else()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        var window = await EnrolAndEnterAsync(browser, _staff.Founding[0]);
        Assert.Equal(0, await window.EvaluateAsync<int>("async () => localStorage.length + sessionStorage.length + document.cookie.length + (await indexedDB.databases()).length"));
        await window.ReloadAsync();
        await Assertions.Expect(window.GetByRole(AriaRole.Button, new() { Name = "Utiliser ma clé" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_page_takes_no_inline_script_no_frame_no_other_host_and_no_request_of_another_page()
    {
        using var http = new HttpClient { BaseAddress = new Uri(_cell.Page) };
        foreach (var path in new[] { "/", "/page.js", "/page.css", "/icon.svg" })
        {
            var file = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            var policy = file.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        }
        var html = await http.GetStringAsync("/");
        Assert.DoesNotMatch("(?i)<script(?![^>]*src=)|\\son\\w+=|style=", html);
        var rebound = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "evil.test" } };
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await http.SendAsync(rebound)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/../page.html")).StatusCode);
        Assert.Contains("request.origin", await Ask(_cell.Screens, "{}"), StringComparison.Ordinal);
        Assert.Contains("request.malformed", await Ask(_cell.Page, "{}"), StringComparison.Ordinal);
        Assert.Contains("request.malformed", await Ask(_cell.Page, new string('x', 70_000)), StringComparison.Ordinal);
        Assert.Contains("session.none", await Ask(_cell.Page, """{"v":"serment-request-1","cell":"","counter":0,"expires":0,"verb":"account.list","body":{}}"""), StringComparison.Ordinal);
        Assert.Contains("\"page\"", await Ask(_cell.Page, """{"v":"serment-request-1","cell":"","counter":0,"expires":0,"verb":"cell.status","body":{}}"""), StringComparison.Ordinal);

        async Task<string> Ask(string origin, string message)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/ask") { Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(message)) { Headers = { ContentType = new("application/octet-stream") } } };
            request.Headers.Add("Origin", origin);
            return await (await http.SendAsync(request)).Content.ReadAsStringAsync();
        }
    }

    private Task<IPage> EnrolAndEnterAsync(OfficerBrowser browser, string code, ColorScheme scheme = ColorScheme.Light) => browser.EnrolAndEnterAsync(_cell.Page, code, _faults, scheme);

    private static async Task Reason(IPage window, string reason)
    {
        await window.GetByLabel("Pourquoi").FillAsync(reason);
        await window.GetByRole(AriaRole.Button, new() { Name = "Confirmer" }).ClickAsync();
    }

    private static async Task Accessible(IPage window) =>
        Assert.Empty((await window.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}"));

    /// <summary>For those who look: pictures go where SERMENT_PICTURES says.</summary>
    private static async Task Picture(IPage window, string name)
    {
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is { } folder) await window.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }

    public void Dispose() => _cell.Dispose();
}

/// <summary>The demonstration key, on the page and beside it.</summary>
public sealed class CustodianPageDemonstrationTests : IDisposable
{
    private readonly CustodianProcess _cell = new(port: OfficerBrowser.FreePort());

    [Fact]
    public async Task In_a_demonstration_one_enters_without_a_key_and_only_what_came_by_the_page_approves()
    {
        var ada = await _cell.EnterAsync(Role.Administrator);
        var id = (await ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, ada.Me.Units, null))).Approval;
        var ben = await _cell.EnterAsync(Role.SecurityOfficer);
        Assert.Equal("approval.page", await Staff.RefusedAsync(ben.AskAsync(AccountVerbs.Approve, await new Staff(_cell).ReadAsync(ben, id))));

        await using var browser = await OfficerBrowser.LaunchAsync();
        var faults = new List<string>();
        var window = await browser.WindowAsync(_cell.Page, faults);
        await window.GetByLabel("Entrer comme").SelectOptionAsync(new SelectOptionValue { Value = ben.Me.Account.ToString() });
        await window.GetByRole(AriaRole.Button, new() { Name = "Entrer", Exact = true }).ClickAsync();
        await window.Locator($"[data-approval='{id}']").GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        await Assertions.Expect(window.Locator(".code")).ToBeVisibleAsync();
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is { } folder) await window.ScreenshotAsync(new() { Path = Path.Combine(folder, "demonstration.png"), FullPage = true });
        Assert.Empty(faults);
    }

    public void Dispose() => _cell.Dispose();
}
