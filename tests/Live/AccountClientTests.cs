using System.Text.Json;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The personnel department's software: it asks, closes and lists, and opens nothing.</summary>
public sealed class AccountClientTests
{
    private static readonly string[] Scopes = ["account:propose", "account:close", "account:list"];

    [Fact]
    public async Task What_a_machine_asks_for_is_opened_by_two_people_and_what_it_closes_is_bounded()
    {
        using var cell = new CustodianProcess(demonstration: false, port: OfficerBrowser.FreePort());
        var staff = new Staff(cell);
        var (ada, ben) = (await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[0], cell.Page)), await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[1], cell.Page)));
        var unit = await Staff.UnitAsync(ada, "Cardiologie");
        var key = await OpenAsync(cell, staff, ada, ben, Scopes);
        async Task<(int Code, string Said)> Account(params string[] arguments) => await SermentCommand.RunAsync(["account", .. arguments, "--client", key, "--data", cell.Directory]);

        Assert.Equal(1, (await Account("invite", "--name", "Inès Castaing", "--title", "Infirmière", "--role", "nurse", "--unit", "Nulle part")).Code);
        Assert.Equal(2, (await Account("invite", "--name", "Inès Castaing", "--title", "Infirmière", "--role", "sorcière")).Code);
        var asked = await Account("invite", "--name", "Inès Castaing", "--title", "Infirmière", "--role", "nurse", "--unit", "Cardiologie", "--json");
        Assert.True(asked.Code == 0, asked.Said);
        var id = Id.Parse<ApprovalId>(JsonDocument.Parse(asked.Said).RootElement.GetProperty("approval").GetString()!);

        // The first who signs takes the proposer's place: still nobody alone.
        var statement = await staff.ReadAsync(ada, id);
        Assert.Contains("Demandé par l'interface « Personnel »", statement.Statement, StringComparison.Ordinal);
        var first = await ada.AskAsync(AccountVerbs.Approve, statement);
        Assert.Equal((null, true), (first.Invitation, first.SecondNeeded));
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Approve, statement)));
        Assert.Equal(2, (await ada.AskAsync(AccountVerbs.List, Nothing.AtAll)).Accounts.Count);
        var code = (await ben.AskAsync(AccountVerbs.Approve, statement)).Invitation!;
        var nurse = await staff.EnterAsync(await staff.EnrolAsync(code, cell.Screens));
        Assert.Equal((Role.Nurse, unit), (nurse.Me.Role, Assert.Single(nurse.Me.Units)));

        var listed = await Account("list", "--json");
        Assert.Contains(JsonDocument.Parse(listed.Said).RootElement.EnumerateArray(), a => a.GetProperty("name").GetString() == "Inès Castaing" && a.GetProperty("open").GetBoolean());
        Assert.Equal(0, (await Account("close", "--name", "Inès Castaing")).Code);
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(nurse.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        var officer = await Account("close", "--account", $"{ada.Me.Account}");
        Assert.Equal(1, officer.Code);
        Assert.Contains("entre personnes", officer.Said, StringComparison.Ordinal);
        Assert.Equal(1, (await Account("close", "--name", "Personne")).Code);

        var only = await OpenAsync(cell, staff, ada, ben, ["account:list"]);
        Assert.Equal(1, (await SermentCommand.RunAsync("account", "invite", "--name", "X", "--title", "Y", "--role", "nurse", "--client", only, "--data", cell.Directory)).Code);
        Assert.Equal(1, (await SermentCommand.RunAsync("account", "close", "--account", $"{nurse.Me.Account}", "--client", only, "--data", cell.Directory)).Code);
    }

    [Fact]
    public async Task From_the_command_line_an_establishment_is_founded_once_and_with_its_passphrase()
    {
        var data = Directory.CreateTempSubdirectory("serment-init-").FullName;
        try
        {
            var without = await SermentCommand.RunAsync("establishment", "init", "--name", "Clinique du Port", "--data", data);
            Assert.Equal(1, without.Code);
            Assert.Contains("SERMENT_PASSPHRASE_FILE", without.Said, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(data, "custodian", "cell.json")));
            var passphrase = Path.Combine(data, "passphrase.txt");
            await File.WriteAllTextAsync(passphrase, "une phrase secrète d'essai");
            var environment = new Dictionary<string, string> { ["SERMENT_PASSPHRASE_FILE"] = passphrase };
            var founded = await SermentCommand.RunAsync(environment, "establishment", "init", "--name", "Clinique du Port", "--data", data, "--json");
            Assert.True(founded.Code == 0, founded.Said);
            Assert.Equal(2, JsonDocument.Parse(founded.Said).RootElement.GetProperty("codes").EnumerateArray().Select(c => c.GetString()).Distinct().Count());
            Assert.Equal(1, (await SermentCommand.RunAsync(environment, "establishment", "init", "--name", "Autre", "--data", data)).Code);
            Assert.Equal(2, (await SermentCommand.RunAsync("establishment", "init", "--data", data)).Code);

            // The other rules of the door: a wrong passphrase, another version, another cell's records.
            await File.WriteAllTextAsync(passphrase, "une autre phrase");
            await SaysAsync(environment, data, "Phrase secrète incorrecte");
            await File.WriteAllTextAsync(passphrase, "une phrase secrète d'essai");
            var cell = Path.Combine(data, "custodian", "cell.json");
            var whole = await File.ReadAllTextAsync(cell);
            await File.WriteAllTextAsync(cell, whole.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
            await SaysAsync(environment, data, "autre version de Serment (format 2");
            await File.WriteAllTextAsync(cell, whole[..^20]);
            await SaysAsync(environment, data, "cell.json est illisible");
            await File.WriteAllTextAsync(cell, whole);
            Assert.Equal(0, (await SermentCommand.RunAsync("journal", "verify", "--data", data)).Code);
        }
        finally { Directory.Delete(data, recursive: true); }
    }

    private static async Task SaysAsync(Dictionary<string, string> environment, string data, string expected)
    {
        var (code, said) = await SermentCommand.RunAsync(environment, "run", "--empty", "--data", data, "--port", $"{OfficerBrowser.FreePort()}");
        Assert.Equal(1, code);
        Assert.Contains(expected, said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    private static async Task<string> OpenAsync(CustodianProcess cell, Staff staff, Person ada, Person ben, string[] scopes)
    {
        var file = Path.Combine(cell.Directory, $"{Id.New<EntryId>()}.key");
        var made = await SermentCommand.RunAsync("client", "create", "--out", file);
        await staff.AgreeAsync(ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Personnel", scopes, Convert.FromBase64String(made.Said.Trim().Split('\n')[^1]))), ben);
        return file;
    }
}
