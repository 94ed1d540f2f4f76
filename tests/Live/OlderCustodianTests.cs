using System.Diagnostics;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Serment.Records.Stays;
using Serment.Server.Signing;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>
/// The Custodian's disk is put back as it was on an older day, under a Server that runs: it stops serving, says what is missing, goes on
/// when two officers accepted it, and the patients of the lost days are in their beds, with their files, waiting for their names.
/// </summary>
public sealed class OlderCustodianTests : IDisposable
{
    private readonly CustodianProcess _cell = new(demonstration: false, port: OfficerBrowser.FreePort());
    private readonly string _older = Directory.CreateTempSubdirectory("serment-older-").FullName;
    private Process? _server;

    [Fact]
    public async Task A_custodian_restored_from_an_older_day_says_what_is_missing_and_orphans_nobody()
    {
        var staff = new Staff(_cell);
        var (adaKey, benKey) = (await staff.EnrolAsync(staff.Founding[0]), await staff.EnrolAsync(staff.Founding[1]));
        var (ada, ben) = (await staff.EnterAsync(adaKey), await staff.EnterAsync(benKey));
        var unit = (await ada.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Cardiologie", "Site Rivière", [new PutBed("101", "P"), new PutBed("101", "F")]))).Unit;
        var nurseKey = await staff.EnrolAsync((await staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, [unit], null)), ben))!);
        var clerkKey = await staff.EnrolAsync((await staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Admissions", Role.AdmissionsClerk, [], null)), ben))!);
        var privacyKey = await staff.EnrolAsync((await staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Delphine Perrot", "Déléguée à la protection des données", Role.PrivacyOfficer, [], null)), ben))!);
        StartServer();
        await UntilAsync(HttpStatusCode.OK);
        var records = new RecordsDatabase(_cell.Directory, null);
        var (stays, entries) = (new StaysDoor(records), new EntriesDoor(records, _cell.Status.Cell));

        // The older day: one patient, known to both.
        var first = await AdmitAsync(await staff.EnterAsync(clerkKey), stays, unit, "Quéméneur");
        var forged = Id.New<EntryId>();
        await WriteAsync(await staff.EnterAsync(nurseKey), entries, first, forged);
        _cell.Kill();
        CopyFolder(Path.Combine(_cell.Directory, "custodian"), Path.Combine(_older, "custodian"));
        CopyFolder(Path.Combine(_cell.Directory, "mirror"), Path.Combine(_older, "mirror"));
        _cell.Start();

        // The day that will be lost: a new version of keys, another patient, a bed, a note.
        var privacy = await staff.EnterAsync(privacyKey);
        await staff.AgreeAsync(privacy.AskAsync(KeyVerbs.ProposeVersion, new ProposeKeyVersion("Tous les ans")), await staff.EnterAsync(adaKey));
        var second = await AdmitAsync(await staff.EnterAsync(clerkKey), stays, unit, "Le Floc'h");
        var nurse = await staff.EnterAsync(nurseKey);
        var note = Id.New<EntryId>();
        await WriteAsync(nurse, entries, second, note);
        Assert.Contains("se correspondent, élément par élément", (await DoctorAsync()), StringComparison.Ordinal);
        var seen = await SizeAsync();
        while ((await records.JournalAsync()).RootSize < seen) await Task.Delay(200);

        // The host writes a version of keys that cannot be into one row: it steers nothing.
        await using (var db = records.Open()) Assert.Equal(1, await db.Entries.Where(e => e.Entry == forged).ExecuteUpdateAsync(set => set.SetProperty(e => e.KeyVersion, 33)));

        // The disk is put back under the running Server.
        PutOlderBack();
        var page = await UntilAsync(HttpStatusCode.ServiceUnavailable, containing: "restauré d'une sauvegarde plus ancienne");
        Assert.Contains("<dt>Patients connus par leur pseudonyme seulement</dt><dd>1</dd>", page, StringComparison.Ordinal);
        Assert.DoesNotContain(second.ToString()!, page, StringComparison.Ordinal);
        foreach (var words in new[] { "versions de clés que ce gardien n'a pas : version 2 : 1.", "nomment une version de clés qui ne peut exister : 1 " }) Assert.Contains(words, WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.False(_server!.HasExited);

        // One officer asks, another reads and signs; alone it changes nothing.
        (ada, privacy) = (await staff.EnterAsync(adaKey), await staff.EnterAsync(privacyKey));
        var claim = (await ada.AskAsync(GapVerbs.Claim, Nothing.AtAll)).Claim!;
        Assert.Equal((1, 1, 2, 1), (claim.Unknown, claim.Stays, claim.KeyVersion, claim.AlteredRows));
        Assert.True(claim.Seen >= seen && claim.Size < claim.Seen);
        var proposed = ada.AskAsync(GapVerbs.Propose, Nothing.AtAll);
        Assert.Contains("1 patients n'existent plus que par leur pseudonyme", (await staff.ReadAsync(privacy, (await proposed).Approval)).Statement, StringComparison.Ordinal);
        Assert.EndsWith("1 éléments nomment une version de clés qui ne peut exister : ils sont altérés, et n'y changent rien. Des éléments nomment des versions de clés que ce gardien n'a pas encore, version 2 : 1 éléments. "
            + "Ces numéros ne sont pas prouvés : qui écrit dans la base a pu les y mettre. Le gardien reprend à la version 2 et ne revient jamais à une version d'avant ; un établissement en a 32 au plus.",
            (await staff.ReadAsync(privacy, (await proposed).Approval)).Statement, StringComparison.Ordinal);
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(ada.AskAsync(AccountVerbs.Approve, await staff.ReadAsync(ada, (await proposed).Approval))));
        await staff.AgreeAsync(proposed, privacy);
        await UntilAsync(HttpStatusCode.OK);

        // The version that came so is journaled and told to every officer, as one that was asked for.
        Assert.Equal((2, "La version 2 des clés des dossiers est en vigueur."), await privacy.AskAsync(KeyVerbs.Care, Nothing.AtAll) is var care ? (care.Version, care.Held[0].Text) : default);
        var cellFile = Custodian.Keys.KeyFile.Read(Path.Combine(_cell.Directory, "custodian", "cell.json"));
        using (var own = cellFile.Unwrap(_cell.Passphrase))
            Assert.Equal(("1 2", privacy.Me.Account), Assert.Single(await JournalFiles.OpenAsync(_cell.Directory, cellFile, own), entry => entry.Kind == "key.version") is var raised ? (raised.Detail, raised.Account!.Value) : default);
        // Nobody is orphaned: both lie in the ward, the file opens, the note is read.
        nurse = await staff.EnterAsync(nurseKey);
        var present = (await nurse.AskAsync(RelationVerbs.OwnPatients, new OwnPatients(null))).Patients.ToHashSet();
        Assert.True(present.SetEquals([first, second]), $"{present.Count} present");
        var line = Assert.Single((await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([second]))).Lines);
        Assert.Equal(("IDENTITE A RETABLIR", IdentityStatus.Provisional, true), (line.BirthName, line.Status, line.Doubtful));
        using (var keys = PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([second], [Domain.Clinical], "care"))))
            Assert.Contains("dort", Assert.Single(await entries.ReadAsync(keys, second, [Domain.Clinical])).Content.Body.ToString(), StringComparison.Ordinal);

        // What the journal lost is named by its opaque id; so is what the records lose, and a file that is gone.
        var said = await DoctorAsync();
        Assert.Contains("1 éléments de dossier que le journal ne connaît pas", said, StringComparison.Ordinal);
        Assert.Contains(note.ToString()!, said, StringComparison.Ordinal);
        Assert.DoesNotContain("patients connus par leur pseudonyme seulement", said, StringComparison.Ordinal);
        var (written, file) = (Id.New<EntryId>(), Id.New<FileId>());
        await WriteAsync(nurse, entries, second, written);
        await using (var db = records.Open())
        {
            // The earlier note too: written half a minute before at most, it could pass for what this write was for.
            await db.Entries.Where(e => e.Entry == written || e.Entry == note).ExecuteDeleteAsync();
            db.Files.Add(new Records.Documents.FileRow { File = file, Since = DateTimeOffset.UtcNow });
            await db.SaveChangesAsync();
        }
        said = await DoctorAsync();
        Assert.Contains("1 écritures au journal sans élément", said, StringComparison.Ordinal);
        Assert.Contains($"stockage n'a pas : {file}", said, StringComparison.Ordinal);

        // The desk gives the name back, under the same pseudonym; numbers printed in the lost days are not given twice.
        var clerk = await staff.EnterAsync(clerkKey);
        var known = (await clerk.AskAsync(IdentityVerbs.Find, new FindIdentities("identite a retablir"))).Lines;
        Assert.Equal(second, Assert.Single(known).Patient);
        var named = await clerk.AskAsync(IdentityVerbs.Correct, new CorrectIdentity(second, Traits("Le Floc'h"), IdentityStatus.Validated, "Pièce d'identité revue"));
        Assert.Equal(("LE FLOC'H", false), (named.BirthName, named.Doubtful));
        Assert.True(int.Parse(named.Ipp, System.Globalization.CultureInfo.InvariantCulture) > 1000, named.Ipp);
        Assert.Contains((await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(second))).Accesses, access => access.Kind == "identity.to-re-establish");
        // Accepted once: the next start asks nobody.
        await StopServerAsync();
        StartServer();
        await UntilAsync(HttpStatusCode.OK);
    }

    /// <summary>The size alone says nothing here: the older copy has grown past it before any Server looked.</summary>
    [Fact]
    public async Task An_older_custodian_that_has_grown_beyond_what_was_seen_is_told_by_the_root_of_its_journal()
    {
        var staff = new Staff(_cell);
        var (adaKey, benKey) = (await staff.EnrolAsync(staff.Founding[0]), await staff.EnrolAsync(staff.Founding[1]));
        var (ada, ben) = (await staff.EnterAsync(adaKey), await staff.EnterAsync(benKey));
        var unit = (await ada.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Cardiologie", "Site Rivière", [new PutBed("101", "P"), new PutBed("101", "F")]))).Unit;
        var clerkKey = await staff.EnrolAsync((await staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Karim Weber", "Admissions", Role.AdmissionsClerk, [], null)), ben))!);
        var privacyKey = await staff.EnrolAsync((await staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Delphine Perrot", "Déléguée à la protection des données", Role.PrivacyOfficer, [], null)), ben))!);
        StartServer();
        await UntilAsync(HttpStatusCode.OK);
        var records = new RecordsDatabase(_cell.Directory, null);
        var stays = new StaysDoor(records);
        await AdmitAsync(await staff.EnterAsync(clerkKey), stays, unit, "Quéméneur");
        _cell.Kill();
        CopyFolder(Path.Combine(_cell.Directory, "custodian"), Path.Combine(_older, "custodian"));
        CopyFolder(Path.Combine(_cell.Directory, "mirror"), Path.Combine(_older, "mirror"));
        _cell.Start();
        var lost = await AdmitAsync(await staff.EnterAsync(clerkKey), stays, unit, "Le Floc'h");
        var seen = await SizeAsync();
        while ((await records.JournalAsync()).RootSize < seen) await Task.Delay(200);

        // A database from before roots were kept goes on and takes one.
        await StopServerAsync();
        await using (var db = records.Open()) Assert.Equal(1, await db.Facts.Where(f => f.Name == "journal.root").ExecuteDeleteAsync());
        StartServer();
        await UntilAsync(HttpStatusCode.OK);
        while ((await records.JournalAsync()).RootSize < seen) await Task.Delay(200);
        await StopServerAsync();

        PutOlderBack();
        while (await SizeAsync() < (await records.JournalAsync()).Size + 5) await staff.EnterAsync(clerkKey);
        StartServer();
        var page = await UntilAsync(HttpStatusCode.ServiceUnavailable, containing: "une copie plus ancienne a continué");
        Assert.Contains("<dt>Patients connus par leur pseudonyme seulement</dt><dd>1</dd>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Entrées du journal perdues", page, StringComparison.Ordinal);

        (ada, var privacy) = (await staff.EnterAsync(adaKey), await staff.EnterAsync(privacyKey));
        var claim = (await ada.AskAsync(GapVerbs.Claim, Nothing.AtAll)).Claim!;
        Assert.True(claim is { Forked: true, Unknown: 1, Stays: 1 } && claim.Size > claim.Seen, $"{claim}");
        // A Server cannot make one believe it of a journal that is whole.
        var own = await _cell.Client.AskUnsignedAsync(GapVerbs.Root, "", new AskRoot(claim.Seen));
        Assert.Equal("gap.none", await Staff.RefusedAsync(_cell.Client.AskUnsignedAsync(GapVerbs.Report, "", new ReportGap(claim.Seen, 0, [], [], Head: new JournalHead(claim.Seen, own.Root!)))));
        var proposed = ada.AskAsync(GapVerbs.Propose, Nothing.AtAll);
        Assert.StartsWith($"Reprendre avec un autre journal. Le serveur dit en avoir vu un de {claim.Seen} entrées", (await staff.ReadAsync(privacy, (await proposed).Approval)).Statement, StringComparison.Ordinal);
        await staff.AgreeAsync(proposed, privacy);
        await UntilAsync(HttpStatusCode.OK);
        Assert.Equal("IDENTITE A RETABLIR", Assert.Single((await (await staff.EnterAsync(clerkKey)).AskAsync(IdentityVerbs.Lines, new LinesOf([lost]))).Lines).BirthName);
        // This journal is the one remembered now: the next start asks nobody.
        var kept = await records.JournalAsync();
        Assert.Equal(kept.Root, (await _cell.Client.AskUnsignedAsync(GapVerbs.Root, "", new AskRoot(kept.RootSize))).Root);
        await StopServerAsync();
        StartServer();
        await UntilAsync(HttpStatusCode.OK);
    }

    private void PutOlderBack()
    {
        _cell.Kill();
        foreach (var folder in new[] { "custodian", "mirror" })
        {
            Directory.Delete(Path.Combine(_cell.Directory, folder), recursive: true);
            CopyFolder(Path.Combine(_older, folder), Path.Combine(_cell.Directory, folder));
        }
        _cell.Start();
    }

    private async Task StopServerAsync()
    {
        _server!.Kill();
        await _server.WaitForExitAsync();
    }

    private async Task<PatientId> AdmitAsync(Person clerk, StaysDoor stays, UnitId unit, string name)
    {
        var patient = (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(Traits(name), IdentityStatus.Provisional, DespiteDuplicates: true))).Created!.Patient;
        var stay = Id.New<StayId>();
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, patient, "present", unit, unit, null));
        await stays.OpenAsync(stay, patient, [patient], new Placement(unit, unit, null), null, null, null, null, clerk.Me.Account, DateTimeOffset.UtcNow);
        await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
        return patient;
    }

    private static async Task WriteAsync(Person nurse, EntriesDoor entries, PatientId patient, EntryId entry)
    {
        using var keys = PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care", Write: true)));
        await entries.WriteAsync(keys, new NewEntry(entry, 1, patient, Domain.Clinical, new EntryContent(Note.Room, DateTimeOffset.UtcNow, nurse.Me.Account, nurse.Me.Name, null, EntryJson.Of(new Note("care", "Vu ce soir, dort.")))), DateTimeOffset.UtcNow);
    }

    private async Task<string> DoctorAsync() => (await SermentCommand.RunAsync("doctor", "--records", "--data", _cell.Directory)).Said;

    private static IdentityTraits Traits(string name) => new(name, "Yann", null, new DateOnly(1951, 2, 3), Sex.Male, "29019");

    private async Task<long> SizeAsync() => (await _cell.Client.AskUnsignedAsync(GapVerbs.State, "", Nothing.AtAll)).Size;

    private void StartServer()
    {
        _server = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "serve", "--data", _cell.Directory, "--port", $"{_cell.Port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _server.OutputDataReceived += (_, _) => { };
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
    }

    /// <summary>What the start page says, once it answers so.</summary>
    private async Task<string> UntilAsync(HttpStatusCode status, string containing = "")
    {
        using var http = new HttpClient();
        var said = "";
        for (var until = DateTimeOffset.UtcNow.AddMinutes(3); DateTimeOffset.UtcNow < until;)
        {
            try
            {
                var ready = await http.GetAsync($"{_cell.Screens}/health/ready");
                var page = await http.GetAsync(_cell.Screens);
                said = await page.Content.ReadAsStringAsync();
                if (ready.StatusCode == status && page.StatusCode == status && said.Contains(containing, StringComparison.Ordinal)) return said;
            }
            catch (HttpRequestException) { }
            await Task.Delay(200);
        }
        throw new TimeoutException($"never {status}: {said}");
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, Path.GetRelativePath(from, file)))!);
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    public void Dispose()
    {
        if (_server is { HasExited: false }) _server.Kill();
        _server?.Dispose();
        _cell.Dispose();
        Directory.Delete(_older, recursive: true);
    }
}
