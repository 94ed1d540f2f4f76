using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The ward list and the bed map: what is seen at a glance, and what it costs.</summary>
[Collection(ScreenTests.Demonstration.Shared)]
public sealed class WardTests(ScreenTests.Demonstration demonstration)
{
    private readonly Hospital _hospital = demonstration.Hospital;

    [Fact]
    public async Task Allergies_of_a_ward_come_by_one_release_and_only_for_those_who_are_released()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère de nuit, Urgences – UHCD");
        var (rows, marks) = (nurse.Locator(".ward tbody tr:not(.expected)"), nurse.Locator(".ward tbody tr:not(.expected) td.allergies"));
        await rows.First.WaitForAsync();
        var present = await rows.CountAsync();
        await Expect(marks.GetByText("—", new() { Exact = true })).ToHaveCountAsync(present);
        await nurse.ClickAsync("#allergies");
        await Expect(marks.GetByText("—", new() { Exact = true })).ToHaveCountAsync(0);
        await Expect(nurse.Locator("#allergies")).ToHaveCountAsync(0);
        await Expect(nurse.Locator(".ward tbody tr.expected td.allergies").Filter(new() { HasNotText = "—" })).ToHaveCountAsync(0);

        // Every one of them was opened, and his journal says so.
        var last = rows.Last;
        var who = await last.Locator(".name b").TextContentAsync();
        await last.ClickAsync();
        await Expect(nurse.Locator(".banner")).ToContainTextAsync(who!);
        await nurse.GetByText("Ajouter", new() { Exact = true }).First.ClickAsync();
        await nurse.FillAsync("#substance", "Iode");
        await nurse.GetByRole(AriaRole.Button, new() { Name = "Enregistrer l'allergie" }).ClickAsync();
        await Expect(nurse.Locator(".banner")).ToContainTextAsync("Iode");

        // Back on the list: what nobody wrote to since is shown again, this one has to be asked for.
        await nurse.GetByRole(AriaRole.Link, new() { Name = "Mon service" }).ClickAsync();
        var row = nurse.Locator($".ward tbody tr:has(b:text-is(\"{who}\"))");
        await Expect(row.Locator("td.allergies")).ToHaveTextAsync("—");
        await Expect(marks.GetByText("—", new() { Exact = true })).ToHaveCountAsync(1);
        await nurse.ClickAsync("#allergies");
        await Expect(row.Locator("td.allergies")).ToContainTextAsync("Iode");
        await Hospital.PictureAsync(nurse, "ward-allergies");

        // Whoever comes to the same screen has asked for nothing, and whose function reads no file has no such column.
        await Hospital.LeaveAsync(nurse);
        await Hospital.EnterAsync(nurse, "Infirmier·ère, Urgences – UHCD");
        await Expect(marks.GetByText("—", new() { Exact = true })).ToHaveCountAsync(present);
        await Hospital.LeaveAsync(nurse);
        await Hospital.EnterAsync(nurse, "Assistant·e de service social");
        await nurse.Locator(".ward tbody tr").First.WaitForAsync();
        await Expect(nurse.Locator("#allergies, td.allergies")).ToHaveCountAsync(0);
    }

    /// <summary>In the demonstration's general medicine lie MARIN Martine, born GRANDJEAN, and MARIN Fernand.</summary>
    [Fact]
    public async Task Two_of_one_name_are_marked_and_a_bed_says_whose_patient_lies_in_it()
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Médecine polyvalente");
        var same = nurse.Locator(".ward tbody tr:has-text('même nom')");
        await Expect(same).ToHaveCountAsync(2);
        foreach (var row in await same.AllAsync()) await Expect(row).ToContainTextAsync("MARIN");
        var doctor = await nurse.Locator(".ward tbody tr:has-text('MARIN Fernand') td").Filter(new() { HasText = "Weber" }).TextContentAsync();
        await nurse.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        var tile = nurse.Locator(".bedtile:has-text('MARIN Fernand')");
        await Expect(tile.Locator(".doctor")).ToHaveTextAsync(doctor!);
        await Expect(nurse.Locator(".bedtile:has-text('même nom')")).ToHaveCountAsync(2);
        await Expect(nurse.Locator(".unit:not(:has-text('Médecine polyvalente')) .doctor")).ToHaveCountAsync(0);
    }

    /// <summary>The rows of the demonstration, each several times: what is measured is the drawing.</summary>
    [Theory]
    [InlineData("/", 1366)]
    [InlineData("/", 1024)]
    [InlineData("/lits", 1366)]
    [InlineData("/lits", 1024)]
    public async Task Thirty_beds_are_seen_without_scrolling(string screen, int width)
    {
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Médecine polyvalente");
        await nurse.SetViewportSizeAsync(width, 768);
        if (screen == "/lits") await nurse.GetByRole(AriaRole.Link, new() { Name = "Lits" }).ClickAsync();
        var many = screen == "/" ? ".ward tbody" : ".beds";
        await nurse.Locator($"{many} > *").First.WaitForAsync();
        await nurse.EvaluateAsync("""
            many => {
              document.querySelectorAll('.unit:not(:first-child)').forEach(unit => unit.remove());
              const all = document.querySelector(many), rows = [...all.children];
              for (let i = 0; all.children.length < 30; i++) all.append(rows[i % rows.length].cloneNode(true));
            }
            """, many);
        var (below, wide) = (await nurse.EvaluateAsync<int>("many => Math.ceil(document.querySelector(many).lastElementChild.getBoundingClientRect().bottom)", many), await nurse.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.True(below <= 768 && wide <= width, $"the thirtieth ends at {below}, the screen is {wide} wide");
    }
}
