using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>An export, read and signed on the Custodian's page: by two people of different roles, in a real browser.</summary>
public sealed class DeparturePageTests : IDisposable
{
    private readonly Establishment _house = new(OfficerBrowser.FreePort());

    [Fact]
    public async Task The_requesters_colleague_sees_for_whom_it_waits_and_the_other_officer_reads_the_list_and_signs()
    {
        await using var browser = await OfficerBrowser.LaunchAsync();
        await _house.OpenAsync();
        PatientId[] patients = [(await _house.AdmitAsync("Tanguy")).Patient, (await _house.AdmitAsync("Corentin")).Patient];
        using var rsa = RSA.Create(3072);
        using var certificate = new CertificateRequest("CN=Destinataire", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        var (machine, _, signer) = _house.Machine();
        var id = (await _house.Privacy.AskAsync(ExportVerbs.Propose, new ProposeExport("Nouvel hébergeur", "Changement de logiciel au 1er janvier", [Domain.Administrative, Domain.Clinical], true, new PatientSelection(patients), certificate.RawData, machine, 8))).Approval;
        var faults = new List<string>();
        var colleague = await WindowAsync(browser, "Paul Lemaire", Role.PrivacyOfficer, faults);
        var officer = await WindowAsync(browser, "Karim Weber", Role.SecurityOfficer, faults);

        var hers = colleague.Locator($"[data-approval='{id}']");
        await Assertions.Expect(hers.Locator(".waits", new() { HasText = "référent sécurité, administration ou direction" })).ToBeVisibleAsync();
        await Assertions.Expect(hers.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" })).ToHaveCountAsync(0);

        var card = officer.Locator($"[data-approval='{id}']");
        await Assertions.Expect(card.Locator(".statement")).ToContainTextAsync(Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)));
        await card.GetByRole(AriaRole.Button, new() { Name = "Voir la liste (2)" }).ClickAsync();
        foreach (var ipp in new[] { "000000001", "000000002" }) await Assertions.Expect(card.Locator(".ipps")).ToContainTextAsync(ipp);
        await Assertions.Expect(card.Locator(".statement")).ToContainTextAsync((await card.Locator(".digest").TextContentAsync())!);
        Assert.Empty((await officer.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {string.Join(" | ", v.Nodes.Select(n => n.Html))}"));
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is { } folder)
        {
            await officer.ScreenshotAsync(new() { Path = Path.Combine(folder, "export-approval.png"), FullPage = true });
            await colleague.ScreenshotAsync(new() { Path = Path.Combine(folder, "export-waits.png"), FullPage = true });
        }
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(signer.AskAsync(ExportVerbs.Own, Nothing.AtAll)));
        await card.GetByRole(AriaRole.Button, new() { Name = "J’ai lu, j’approuve" }).ClickAsync();
        await Assertions.Expect(officer.GetByText("Rien n’attend votre signature.")).ToBeVisibleAsync();
        Assert.Equal(2, (await signer.AskAsync(ExportVerbs.Own, Nothing.AtAll)).Patients);
        Assert.Empty(faults);
    }

    private async Task<IPage> WindowAsync(OfficerBrowser browser, string name, Role role, List<string> faults) =>
        await browser.EnrolAndEnterAsync(_house.Cell.Page, (await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount(name, name, role, [], null)), _house.Privacy))!, faults);

    public void Dispose() => _house.Dispose();
}
