using System.Security.Cryptography;
using Serment.Records;
using Serment.Records.Stays;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>Interfaces opened by two people; a stay whose confirmation was lost between the two stores.</summary>
public sealed class ClientAndStayTests
{
    [Fact]
    public async Task An_interface_opens_by_two_people_adds_what_was_read_out_and_stops_at_once()
    {
        using var cell = new CustodianProcess(demonstration: false, port: OfficerBrowser.FreePort());
        var staff = new Staff(cell);
        var (ada, ben) = (await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[0], cell.Page)), await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[1], cell.Page)));
        var file = Path.Combine(cell.Directory, "lab.key");
        Assert.Equal(0, (await SermentCommand.RunAsync("client", "create", "--out", file)).Code);
        Assert.Equal(1, (await SermentCommand.RunAsync("client", "create", "--out", file)).Code);
        var lines = (await File.ReadAllTextAsync(file)).Split('\n', 2);
        using var key = ECDsa.Create();
        key.ImportFromPem(lines[1]);
        var client = new Signer(cell.Client, cell.Status.Cell, key, null, Id.Parse<ClientId>(lines[0]), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1);
        var jeanne = new CreateIdentity(new IdentityTraits("Le Goff", "Jeanne", null, new DateOnly(1951, 2, 3), Sex.Female, null), IdentityStatus.Provisional, Source: "test|1");
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(client.AskAsync(IdentityVerbs.Create, jeanne)));

        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Laboratoire", ["release"], key.ExportSubjectPublicKeyInfo()))));
        await staff.AgreeAsync(ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Laboratoire", ["identity:create"], key.ExportSubjectPublicKeyInfo())), ben);
        client = new Signer(cell.Client, cell.Status.Cell, key, null, Id.Parse<ClientId>(lines[0]), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1000);
        var patient = (await client.AskAsync(IdentityVerbs.Create, jeanne)).Created!.Patient;
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(client.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([new FilePart(patient, Domain.Clinical)]))));
        await ada.AskAsync(AccountVerbs.FreezeClient, new FreezeClient(Id.Parse<ClientId>(lines[0])));
        Assert.Equal(RefusalCodes.Frozen, await Staff.RefusedAsync(client.AskAsync(IdentityVerbs.Create, jeanne with { Source = "test|2" })));
    }

    [Fact]
    public async Task From_the_command_line_a_key_is_made_and_asked_for_and_two_people_open_it()
    {
        using var cell = new CustodianProcess(demonstration: false, port: OfficerBrowser.FreePort());
        var staff = new Staff(cell);
        var (ada, ben) = (await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[0], cell.Page)), await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[1], cell.Page)));
        var file = Path.Combine(cell.Directory, "reprise.key");
        Task<(int Code, string Said)> Create(params string[] options) => SermentCommand.RunAsync(["client", "create", "--data", cell.Directory, .. options]);
        foreach (var misuse in new[] { new[] { "--scope", "release", "--name", "Reprise", "--out", file }, ["--scope", "encrypt", "--out", file], ["--scope", "encrypt", "--name", "Reprise"] }) Assert.Equal(2, (await Create(misuse)).Code);
        Assert.Equal(0, (await Create("--help")).Code);
        var refused = await Create("--scope", "encrypt", "--name", new string('x', 81), "--out", file);
        Assert.Equal(1, refused.Code);
        Assert.DoesNotContain("   at ", refused.Said, StringComparison.Ordinal);
        Assert.False(File.Exists(file));

        var made = await Create("--scope", "identity:create,encrypt", "--name", "Reprise", "--out", file, "--json");
        Assert.True(made.Code == 0, made.Said);
        var said = System.Text.Json.JsonDocument.Parse(made.Said).RootElement;
        var (id, approval) = (Id.Parse<ClientId>(said.GetProperty("client").GetString()!), Id.Parse<ApprovalId>(said.GetProperty("approval").GetString()!));
        var lines = (await File.ReadAllTextAsync(file)).Split('\n', 2);
        Assert.Equal(id, Id.Parse<ClientId>(lines[0]));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        using var key = ECDsa.Create();
        key.ImportFromPem(lines[1]);
        // A signer each time: what was refused has not moved the Custodian's window.
        Signer Client() => new(cell.Client, cell.Status.Cell, key, null, id, () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1000);
        var jeanne = new CreateIdentity(new IdentityTraits("Le Goff", "Jeanne", null, new DateOnly(1951, 2, 3), Sex.Female, null), IdentityStatus.Provisional, Source: "test|1");

        var statement = await staff.ReadAsync(ada, approval);
        Assert.Contains($"« Reprise », clé {id.ToString()![..16]}. Elle peut créer des identités, ajouter aux dossiers ; elle ne lit aucun dossier", statement.Statement, StringComparison.Ordinal);
        Assert.True((await ada.AskAsync(AccountVerbs.Approve, statement)).SecondNeeded);
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Approve, statement)));
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(Client().AskAsync(IdentityVerbs.Create, jeanne)));
        await ben.AskAsync(AccountVerbs.Approve, statement);
        var patient = (await Client().AskAsync(IdentityVerbs.Create, jeanne)).Created!.Patient;
        await Client().AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([new FilePart(patient, Domain.Clinical)]));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(Client().AskAsync(AccountVerbs.List, Nothing.AtAll)));
    }

    [Fact]
    public async Task A_row_written_before_both_processes_died_is_confirmed_and_an_intent_without_its_row_is_not()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        using var custodian = new CustodianClient(new CustodianAddress { Socket = Path.Combine(hospital.Directory, "custodian", "run", "custodian.sock") });
        var status = await custodian.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var clerk = (await custodian.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People.First(p => p.Role is Role.AdmissionsClerk);
        var session = (await custodian.AskUnsignedAsync(SessionVerbs.Demonstration, "", new DemonstrationSignIn(clerk.Account, key.ExportSubjectPublicKeyInfo()))).Session;
        var signer = new Signer(custodian, status.Cell, key, session, null, () => DateTimeOffset.UtcNow);
        var unit = (await signer.AskAsync(CellVerbs.Units, Nothing.AtAll)).Units[0].Unit;
        var patient = (await signer.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits("Tanguy", "Morvane", null, new DateOnly(1988, 8, 9), Sex.Female, null), IdentityStatus.Provisional, true))).Created!.Patient;
        var (written, onlyIntended) = (Id.New<StayId>(), Id.New<StayId>());
        await signer.AskAsync(RelationVerbs.IntendStay, new IntendStay(written, patient, "present", unit, unit, null));
        await signer.AskAsync(RelationVerbs.IntendStay, new IntendStay(onlyIntended, patient, "present", unit, unit, null));
        await new StaysDoor(new RecordsDatabase(hospital.Directory, null)).OpenAsync(written, patient, [patient], new Placement(unit, unit, null), null, null, null, null, clerk.Account, DateTimeOffset.UtcNow);
        await hospital.KillAsync();
        await hospital.StartAsync();

        var waiting = Array.Empty<StayId>();
        for (var i = 0; i < 40 && (i == 0 || waiting.Contains(written)); i++)
        {
            await Task.Delay(500);
            waiting = [.. (await AskAgainAsync(custodian)).Stays.Select(s => s.Stay)];
        }
        Assert.DoesNotContain(written, waiting);
        Assert.Contains(onlyIntended, waiting);
    }

    private static async Task<PendingStays> AskAgainAsync(CustodianClient custodian)
    {
        try { return await custodian.AskUnsignedAsync(RelationVerbs.PendingStays, "", Nothing.AtAll); }
        catch (RefusedException) { return await custodian.AskUnsignedAsync(RelationVerbs.PendingStays, "", Nothing.AtAll); }
    }
}
