using System.Diagnostics;
using System.Net;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>The line from the Server to the Custodian is cut while somebody's account is closed: the end of the session was announced to nobody.</summary>
public sealed class CutLineTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-cut-").FullName;
    private readonly Hospital _hospital = new();
    private readonly CustodianProcess _custodian;
    private readonly Cable _cable;
    private Process? _server;

    public CutLineTests()
    {
        _custodian = new CustodianProcess(port: _hospital.Port);
        _cable = new Cable(Path.Combine(_directory, "cable.sock"), _custodian.Socket);
    }

    [Fact]
    public async Task After_a_cut_line_the_server_asks_again_who_is_in_session_and_the_screen_of_a_frozen_account_closes_untouched()
    {
        await ServeAsync();
        var nurse = await _hospital.EnterAsync("Infirmier·ère, Cardiologie");
        var other = await _hospital.EnterAsync("Infirmier·ère, Gériatrie");
        await nurse.Locator("h1").WaitForAsync();
        var name = (await nurse.Locator(".bar .who b").InnerTextAsync()).Trim();
        var account = (await _custodian.Client.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People.Single(person => person.Title == "Infirmier·ère, Cardiologie");
        Assert.Equal(name, account.Name);

        _cable.Cut();
        await (await _custodian.EnterAsync(Role.SecurityOfficer)).AskAsync(AccountVerbs.Freeze, new FreezeAccount(account.Account, "Clé volée"));
        // Nothing has reached this screen.
        await Expect(nurse.Locator(".bar .who b")).ToHaveTextAsync(name);
        _cable.Mend();
        await Expect(nurse.Locator(".people")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await Expect(nurse.Locator(".bar .who")).ToHaveCountAsync(0);
        // Whose session goes on has noticed nothing.
        await Expect(other.Locator(".bar .who")).ToBeVisibleAsync();
    }

    private async Task ServeAsync()
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "serve", "--data", _directory, "--port", $"{_hospital.Port}", "--empty"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SERMENT_CUSTODIAN"] = $"unix:{_cable.Path}";
        _server = Process.Start(start)!;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(40); await Task.Delay(50))
            try { if ((await http.GetAsync($"{_hospital.Address}/health/ready")).StatusCode == HttpStatusCode.OK) return; }
            catch (HttpRequestException) { }
        throw new TimeoutException("the Server did not answer");
    }

    public async ValueTask DisposeAsync()
    {
        await _hospital.DisposeAsync();
        if (_server is { HasExited: false })
        {
            _server.Kill();
            await _server.WaitForExitAsync();
        }
        _server?.Dispose();
        _custodian.Dispose();
        _cable.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
