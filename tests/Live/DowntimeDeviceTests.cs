using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The security desk and a ward's downtime device that nobody hears.</summary>
public sealed class DowntimeDeviceTests : IAsyncDisposable
{
    private readonly ServedDemonstration _cell = new();

    [Fact]
    public async Task A_device_that_was_due_and_never_came_is_on_the_security_desk_an_hour_later()
    {
        var privacy = await _cell.Custodian.EnterAsync(Role.PrivacyOfficer);
        using var rsa = RSA.Create(3072);
        using var certificate = new CertificateRequest("CN=Portable de secours", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pss).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        using var machine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var unit = (await privacy.AskAsync(CellVerbs.Units, Nothing.AtAll)).Units.Single(one => one.Name == "Cardiologie").Unit;
        await privacy.AskAsync(PackVerbs.Propose, new ProposePack(unit, "Portable de secours", certificate.RawData, machine.ExportSubjectPublicKeyInfo(), 30));
        await _cell.ServeAsync();
        // The other officer reads and signs on the Custodian's page.
        var page = await _cell.Hospital.BrowserAsync();
        await page.GotoAsync($"http://localhost:{_cell.Hospital.Port + 1}");
        var security = page.Locator("select option", new() { HasText = "référent sécurité" }).First;
        await security.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator("select").First.SelectOptionAsync(new SelectOptionValue { Label = await security.TextContentAsync() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Entrer" }).First.ClickAsync();
        var card = page.Locator("[data-approval]", new() { HasText = "Portable de secours" });
        await card.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        await Expect(card).ToHaveCountAsync(0);

        var officer = await _cell.Hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité" }).ClickAsync();
        await Expect(officer.GetByRole(AriaRole.Heading, new() { Name = "Quatorze jours" })).ToBeVisibleAsync();
        await Expect(officer.Locator("#downtime-devices")).ToHaveCountAsync(0);

        await _cell.Custodian.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromMinutes(61)));
        officer = await _cell.Hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité" }).ClickAsync();
        foreach (var said in new[] { "Portable de secours", "Cardiologie", "muet", "Jamais entendu" }) await Expect(officer.Locator("#downtime-devices")).ToContainTextAsync(said);
        Assert.Empty((await officer.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => v.Id));
        await Hospital.PictureAsync(officer, "downtime-devices");
    }

    public ValueTask DisposeAsync() => _cell.DisposeAsync();
}
