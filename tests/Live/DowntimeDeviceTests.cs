using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The security desk and the wards' downtime devices that somebody should go and look at.</summary>
public sealed class DowntimeDeviceTests : IAsyncDisposable
{
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(61);
    private readonly ServedDemonstration _cell = new();

    [Fact]
    public async Task A_device_that_nobody_hears_that_owes_openings_or_holds_an_old_pack_is_on_the_security_desk_an_hour_later()
    {
        await _cell.ServeAsync();
        var privacy = await _cell.Custodian.EnterAsync(Role.PrivacyOfficer);
        using var security = await OwnPageSession.EnterAsync($"http://localhost:{_cell.Hospital.Port + 1}", Role.SecurityOfficer);
        var units = (await privacy.AskAsync(CellVerbs.Units, Nothing.AtAll)).Units.ToDictionary(one => one.Name, one => one.Unit);
        async Task<Device> DeviceAsync(string unit, string name)
        {
            var (device, machine) = (RSA.Create(3072), ECDsa.Create(ECCurve.NamedCurves.nistP256));
            using var certificate = new CertificateRequest("CN=Poste de secours", device, HashAlgorithmName.SHA256, RSASignaturePadding.Pss).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
            var pack = (await privacy.AskAsync(PackVerbs.Propose, new ProposePack(units[unit], name, certificate.RawData, machine.ExportSubjectPublicKeyInfo(), 30))).Approval;
            await security.AskAsync(AccountVerbs.Approve, new Approve(pack, (await security.AskAsync(AccountVerbs.Waiting, Nothing.AtAll)).Waiting.Single(one => one.Approval == pack).Statement));
            return new Device(pack, device, machine);
        }
        using var never = await DeviceAsync("Cardiologie", "Portable de secours");
        using var gone = await DeviceAsync("Réanimation", "Portable de la salle de soins, armoire du fond");
        using var owes = await DeviceAsync("Urgences – UHCD", "Portable de l'accueil");
        using var old = await DeviceAsync("Maternité", "Portable de la pouponnière");
        await SeenAsync(gone, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, 0);

        var officer = await _cell.Hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité" }).ClickAsync();
        await Expect(officer.GetByRole(AriaRole.Heading, new() { Name = "Quatorze jours" })).ToBeVisibleAsync();
        await Expect(officer.Locator("#downtime-devices")).ToHaveCountAsync(0);

        await _cell.Custodian.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(Later));
        var now = DateTimeOffset.UtcNow + Later;
        await SeenAsync(owes, now, now, 2);
        await new Signer(_cell.Custodian.Client, _cell.Custodian.Status.Cell, old.Machine, null, MachineKeys.IdOf(old.Machine.ExportSubjectPublicKeyInfo()), () => DateTimeOffset.UtcNow + Later, now.ToUnixTimeMilliseconds() + 1).AskAsync(PackVerbs.Refresh, Nothing.AtAll);
        await SeenAsync(old, now, now.AddHours(-3), 0);
        officer = await _cell.Hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité" }).ClickAsync();
        foreach (var (device, worry, said) in new[]
        {
            ("Portable de secours", "muet", "Jamais entendu"), ("armoire du fond", "muet", "Plus de nouvelles depuis"), ("Portable de l'accueil", "ouvertures sans reçu", "2 ouvertures"), ("Portable de la pouponnière", "dossier ancien", "Il tient un dossier du"),
        })
        {
            var line = officer.Locator("#downtime-devices .note", new() { HasText = device });
            await Expect(line).ToContainTextAsync(worry);
            await Expect(line).ToContainTextAsync(said);
        }
        List<string> faults = [];
        await new ScreenInspection(faults).LookAsync(officer, "downtime-devices", "Portable de");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private Task SeenAsync(Device device, DateTimeOffset at, DateTimeOffset holds, int untold)
    {
        var sighting = JsonSerializer.SerializeToUtf8Bytes(new PackSighting(device.Pack, at, holds, untold), WireJson.Options);
        return _cell.Custodian.Client.AskUnsignedAsync(PackVerbs.Seen, "", new ReportSighting(device.Pack, sighting, device.Key.SignData([.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. sighting], HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
    }

    /// <param name="Key">Of its certificate.</param>
    /// <param name="Machine">Who renews its pack.</param>
    private sealed record Device(ApprovalId Pack, RSA Key, ECDsa Machine) : IDisposable
    {
        public void Dispose()
        {
            Key.Dispose();
            Machine.Dispose();
        }
    }

    public ValueTask DisposeAsync() => _cell.DisposeAsync();
}
