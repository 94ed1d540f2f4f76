using Xunit;

namespace Serment.Live.Tests;

/// <summary>The policy of a running production cell: read, checked, changed by two people of different functions, in force at once; and who rings the bell.</summary>
public sealed class PolicyTests : IDisposable
{
    private readonly CustodianProcess _cell = new(demonstration: false);
    private readonly Staff _staff;
    private readonly string _files = Directory.CreateTempSubdirectory("serment-policy-").FullName;

    public PolicyTests() => _staff = new Staff(_cell);

    [Fact]
    public async Task Two_officers_of_different_functions_change_the_policy_at_once_and_one_of_them_is_the_security_officer()
    {
        var (ada, ben, officer) = await OfficersAsync();
        var director = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Claire Zeller", "Directrice", Role.Director, [], null)), officer))!));
        var unit = await Staff.UnitAsync(ada, "Cardiologie");
        var nurse = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, [unit], null)), officer))!));

        Assert.Equal(120, Value(await nurse.AskAsync(PolicyVerbs.Mine, Nothing.AtAll), "identités créées par une personne"));
        Assert.DoesNotContain((await nurse.AskAsync(PolicyVerbs.Mine, Nothing.AtAll)).Lines, line => line.Section == "Médecins");
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(nurse.AskAsync(PolicyVerbs.Text, Nothing.AtAll)));
        for (var i = 0; i < 21; i++) await nurse.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Female, 40));

        var starting = (await ada.AskAsync(PolicyVerbs.Text, Nothing.AtAll)).Text;
        Assert.Equal("policy.file", await Staff.RefusedAsync(ada.AskAsync(PolicyVerbs.Propose, new ProposePolicy(starting.Replace("\"sinceTouch\": 30", "\"sinceTouch\": 3000", StringComparison.Ordinal), "Plus de touchers"))));
        Assert.Equal(RefusalCodes.Conflict, await Staff.RefusedAsync(ada.AskAsync(PolicyVerbs.Propose, new ProposePolicy(starting, "Rien ne change"))));
        var fewer = new ProposePolicy(starting.Replace("\"createdPerHour\": 120", "\"createdPerHour\": 20", StringComparison.Ordinal), "Des identités inventées la nuit dernière");
        var (first, stale) = ((await ada.AskAsync(PolicyVerbs.Propose, fewer)).Approval, (await director.AskAsync(PolicyVerbs.Propose, fewer)).Approval);
        var read = await _staff.ReadAsync(officer, first);
        Assert.Contains("Recherche, identités créées par une personne (identités par heure) : 120 → 20. Motif : Des identités inventées la nuit dernière", read.Statement, StringComparison.Ordinal);
        Assert.Equal("approval.same-role", await Staff.RefusedAsync(ben.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(ben, first))));
        Assert.Equal("approval.same-role", await Staff.RefusedAsync(director.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(director, first))));
        await nurse.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Female, 40));
        await officer.AskAsync(AccountVerbs.Approve, read);
        Assert.Equal("identity.limit", await Staff.RefusedAsync(nurse.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Female, 40))));
        Assert.Equal("approval.stale", await Staff.RefusedAsync(officer.AskAsync(AccountVerbs.Approve, await _staff.ReadAsync(officer, stale))));

        _cell.Kill();
        _cell.Start();
        ada.JumpCounter();
        nurse.JumpCounter();
        var version = Assert.Single((await ada.AskAsync(PolicyVerbs.Versions, Nothing.AtAll)).Versions);
        Assert.Equal((1, "Première administratrice", "Karim Weber"), (version.Version, version.ProposedBy, version.ApprovedBy));
        Assert.Equal(("search.createdPerHour", 120, 20), Assert.Single(version.Changes) is var change ? (change.Path, change.Before, change.After) : default);
        Assert.Equal(20, Value(await nurse.AskAsync(PolicyVerbs.Mine, Nothing.AtAll), "identités créées par une personne"));
    }

    [Fact]
    public async Task The_command_shows_checks_and_recalibrates_and_changes_nothing()
    {
        var (code, text) = await SermentCommand.RunAsync("policy", "show", "--data", _cell.Directory);
        Assert.Equal(0, code);
        Assert.Contains("Politique de départ", text, StringComparison.Ordinal);
        var file = Path.Combine(_files, "policy.jsonc");
        var starting = text[text.IndexOf("// Politique", StringComparison.Ordinal)..text.LastIndexOf('}')] + "}";
        await File.WriteAllTextAsync(file, starting);
        Assert.Equal((0, true), await SermentCommand.RunAsync("policy", "check", file, "--data", _cell.Directory) is var same ? (same.Code, same.Said.Contains("Aucune valeur ne change", StringComparison.Ordinal)) : default);
        await File.WriteAllTextAsync(file, starting.Replace("\"pursuit\": 10", "\"pursuit\": 5", StringComparison.Ordinal));
        Assert.Equal((0, true), await SermentCommand.RunAsync("policy", "propose", file, "--data", _cell.Directory) is var changed ? (changed.Code, changed.Said.Contains("10 → 5", StringComparison.Ordinal)) : default);
        await File.WriteAllTextAsync(file, starting.Replace("\"pursuit\": 10", "\"pursuit\": 0", StringComparison.Ordinal));
        var wrong = await SermentCommand.RunAsync("policy", "check", file, "--data", _cell.Directory);
        Assert.Equal(1, wrong.Code);
        Assert.Matches("ligne \\d+, colonne 16", wrong.Said);
        Assert.Equal(2, (await SermentCommand.RunAsync("policy", "adopt", "--data", _cell.Directory)).Code);
        var found = await SermentCommand.RunAsync("policy", "recalibrate", "--data", _cell.Directory);
        Assert.True(found.Code == 0 && found.Said.Contains("Aucun dossier ouvert", StringComparison.Ordinal), found.Said);
    }

    [Fact]
    public async Task An_administrator_who_tries_what_he_may_and_the_key_of_a_closed_account_ring()
    {
        var (ada, ben, officer) = await OfficersAsync();
        await Staff.RefusedAsync(ben.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([Id.New<PatientId>()], [Domain.Clinical], "care")));
        await Staff.RefusedAsync(ben.AskAsync(IdentityVerbs.Find, new FindIdentities("durand 01/01/1950")));
        Assert.Empty((await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(ben.AskAsync(AlarmVerbs.Honey, Nothing.AtAll)));
        var alarm = Assert.Single((await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms);
        Assert.Equal(("refused", ben.Me.Account), (alarm.Kind, alarm.Account!.Value));

        var key = await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Hugo Nadaud", "Secrétaire", Role.MedicalSecretary, [], null)), officer))!);
        var secretary = await _staff.EnterAsync(key);
        await ada.AskAsync(AccountVerbs.Close, new CloseAccount(secretary.Me.Account, ClinicalTime.Day(DateTimeOffset.UtcNow)));
        Assert.Equal(RefusalCodes.Frozen, await Staff.RefusedAsync(_staff.EnterAsync(key)));
        Assert.Equal(["closed-account", "refused"], (await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms.Select(a => a.Kind));
    }

    private static int Value(PublishedPolicy policy, string french) => policy.Lines.Single(line => line.French == french).Value;

    private async Task<(Person Ada, Person Ben, Person Officer)> OfficersAsync()
    {
        var ada = await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[0]));
        var ben = await _staff.EnterAsync(await _staff.EnrolAsync(_staff.Founding[1]));
        var officer = await _staff.EnterAsync(await _staff.EnrolAsync((await _staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Référent sécurité", Role.SecurityOfficer, [], null)), ben))!));
        return (ada, ben, officer);
    }

    public void Dispose()
    {
        _cell.Dispose();
        Directory.Delete(_files, recursive: true);
    }
}
