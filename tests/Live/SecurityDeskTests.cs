using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The security officer at her desk, in a real browser, while somebody goes through strangers' files in another.</summary>
public sealed class SecurityDeskTests(ScreenTests.Demonstration demonstration) : IClassFixture<ScreenTests.Demonstration>
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task An_alarm_comes_by_itself_with_its_reason_and_one_gesture_closes_the_open_screen_within_a_second()
    {
        var elsewhere = await _hospital.EnterAsync("Infirmier·ère, Médecine");
        await elsewhere.Locator(".ward tbody tr a").First.WaitForAsync();
        var strangers = (await elsewhere.Locator(".ward tbody tr a").EvaluateAllAsync<string[]>("all => [...new Set(all.map(a => a.getAttribute('href')).filter(h => h.startsWith('/patient/')))]"))[..5];

        var officer = await _hospital.EnterAsync("Référent");
        await officer.GetByRole(AriaRole.Link, new() { Name = "Sécurité" }).ClickAsync();
        await Expect(officer.GetByText("Aucune alarme.")).ToBeVisibleAsync();
        await Expect(officer.GetByText("dossiers témoins, 3 voulus")).ToBeVisibleAsync();

        var nurse = await _hospital.EnterAsync("Infirmier·ère, Maternité");
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        foreach (var stranger in strangers)
        {
            await nurse.EvaluateAsync("address => Blazor.navigateTo(address)", stranger);
            await nurse.Locator(".glass-panel").WaitForAsync();
            await nurse.EvaluateAsync("Blazor.navigateTo('/')");
            await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        }

        // Nobody touched the officer's screen.
        var alarm = officer.Locator(".alarms tbody tr", new() { HasText = name });
        await Expect(alarm).ToContainTextAsync("5 dossiers sans lien de soin demandés aujourd'hui par ce compte.");
        await alarm.GetByRole(AriaRole.Button, new() { Name = "Ce qu'il a fait" }).ClickAsync();
        await Expect(officer.Locator("#timeline h2")).ToHaveTextAsync(name);
        foreach (var what in new[] { "entrée", "alarme" }) await Expect(officer.Locator("#timeline table")).ToContainTextAsync(what);
        Assert.Empty((await officer.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical").Select(v => v.Id));
        await Hospital.PictureAsync(officer, "security-desk");

        await nurse.Locator(".ward tbody tr a").First.ClickAsync();
        await nurse.Locator(".banner").WaitForAsync();
        var patient = (await nurse.Locator(".banner .big").InnerTextAsync()).Trim();
        // Both pages read the same clock: from the officer's click to the chart's disappearance.
        await nurse.EvaluateAsync("() => new MutationObserver(() => { if (!window.closedAt && !document.querySelector('.banner')) window.closedAt = Date.now(); }).observe(document.body, { childList: true, subtree: true })");
        await officer.EvaluateAsync("() => document.addEventListener('click', () => window.clickedAt ??= Date.now(), { capture: true })");
        await alarm.GetByRole(AriaRole.Button, new() { Name = "Geler" }).ClickAsync();
        await Expect(officer.GetByText($"{name} : compte gelé")).ToBeVisibleAsync();
        await Expect(nurse.Locator(".people")).ToBeVisibleAsync();
        var took = await nurse.EvaluateAsync<double>("window.closedAt") - await officer.EvaluateAsync<double>("window.clickedAt");
        TestContext.Current.TestOutputHelper?.WriteLine($"closed after {took} ms");
        Assert.InRange(took, 0, 1000);
        Assert.DoesNotContain(patient, await nurse.ContentAsync(), StringComparison.Ordinal);

        // Nor does she come back.
        await nurse.Locator($".people button:has-text(\"{name}\")").ClickAsync();
        await Expect(nurse.GetByText("Ce compte est fermé ou gelé.")).ToBeVisibleAsync();
        await Expect(nurse.Locator(".bar .who")).ToHaveCountAsync(0);
    }
}
