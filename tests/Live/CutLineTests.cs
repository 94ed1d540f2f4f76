using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The line from the Server to the Custodian is cut while somebody's account is closed: the end of the session was announced to nobody.</summary>
public sealed class CutLineTests : IAsyncDisposable
{
    private readonly ServedDemonstration _cell = new();

    [Fact]
    public async Task After_a_cut_line_the_server_asks_again_who_is_in_session_and_the_screen_of_a_frozen_account_closes_untouched()
    {
        await _cell.ServeAsync();
        var nurse = await _cell.Hospital.EnterAsync("Infirmier·ère, Cardiologie");
        var other = await _cell.Hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Locator("h1").WaitForAsync();
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        var account = (await _cell.Custodian.Client.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People.Single(person => person.Title == "Infirmier·ère, Cardiologie");
        Assert.Equal(name, account.Name);

        _cell.Cable.Cut();
        await (await _cell.Custodian.EnterAsync(Role.SecurityOfficer)).AskAsync(AccountVerbs.Freeze, new FreezeAccount(account.Account, "Clé volée"));
        // Nothing has reached this screen.
        await Expect(nurse.Locator(".bar .who b")).ToHaveTextAsync(name);
        _cell.Cable.Mend();
        await Expect(nurse.Locator(".people")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await Expect(nurse.Locator(".bar .who")).ToHaveCountAsync(0);
        // Whose session goes on has noticed nothing.
        await Expect(other.Locator(".bar .who")).ToBeVisibleAsync();
    }

    public ValueTask DisposeAsync() => _cell.DisposeAsync();
}
