using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Serment.Custodian.Approvals;
using Serment.Custodian.Journal;
using Serment.Custodian.State;
using Serment.Records;
using Serment.Records.Documents;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Serment.Records.Stays;
using Serment.Server.Packs;
using Serment.Server.Signing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>
/// A new version of the patients' keys in a cell that works: what was written before and after is read by everyone who may, through every way in and
/// out, after a restart, a restore and a change of Custodian.
/// </summary>
public sealed class KeyVersionTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly Establishment _house = new();
    private readonly string _away = Directory.CreateTempSubdirectory("serment-away-").FullName;
    private RecordsDatabase _records = null!;
    private EntriesDoor _entries = null!;
    private Person _nurse = null!;
    private Signer _interface = null!;
    private PatientId _patient;

    private string Data => _house.Cell.Directory;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_written_before_and_after_is_read_through_every_way_and_from_a_backup(bool postgres)
    {
        if (postgres) Assert.SkipWhen(cluster.Missing is not null, cluster.Missing ?? "");
        var database = postgres ? cluster.Create() : null;
        var at = new Dictionary<string, string> { ["SERMENT_PASSPHRASE_FILE"] = Path.Combine(Data, "passphrase.txt") };
        if (database is not null) at["SERMENT_DATABASE"] = database;
        await OpenAsync(database);
        var older = await WriteAllAsync("avant");
        using var running = await LentAsync();

        await RaiseAsync();
        Assert.Equal(2, (await StatusAsync()).KeyVersion);
        var newer = await WriteAllAsync("après");
        Assert.Equal((1, 2), (older.KeyVersion, newer.KeyVersion));
        Assert.Equal([(1, 3), (2, 3)], await new RecordsCensus(_records).KeyVersionsAsync());
        await AllReadAsync(_entries, _nurse);

        // A lease that began before reads what it could, and says of the rest what it is.
        var read = await _entries.ReadAsync(running, _patient, [Domain.Clinical]);
        Assert.Equal((3, 3), (read.Count(e => e.NotLent), read.Count(e => !e.Altered)));

        // Files open under their own version, under no other, and there is no third.
        Assert.Equal("fichier avant", await FileAsync(older));
        Assert.Equal("fichier après", await FileAsync(newer));
        Assert.Equal("file.altered", await Staff.RefusedAsync(FileAsync(older with { KeyVersion = 2 })));
        Assert.Equal("file.altered", await Staff.RefusedAsync(FileAsync(newer with { KeyVersion = 1 })));
        foreach (var none in new[] { 0, 3, -1 }) Assert.Equal("key.version", await Staff.RefusedAsync(FileAsync(newer with { KeyVersion = none })));

        // Mandates, tickets, packs and exports carry both.
        await PackAsync(at);
        await ExportAsync(at);
        await MachinesAsync();

        var (code, said) = await SermentCommand.RunAsync(at, "doctor", "--data", Data);
        Assert.Contains("Version 2 des clés en vigueur depuis le", said, StringComparison.Ordinal);
        Assert.Contains("3 sous la version 1, 3 sous la version 2", said, StringComparison.Ordinal);
        (code, said) = await SermentCommand.RunAsync(at, "key", "rotate", "--version", "--data", Data);
        Assert.True(code == 0 && said.Contains("version 1 : 3 éléments", StringComparison.Ordinal) && said.Contains("Passer à la version 3", StringComparison.Ordinal), said);
        Assert.Equal(2, (await SermentCommand.RunAsync(at, "key", "rotate", "--version", "--token", "--data", Data)).Code);

        // From a backup, on another machine.
        var dump = database is null ? null : cluster.Save(database);
        Assert.Equal(0, (await SermentCommand.RunAsync(at, "backup", "--to", Path.Combine(_away, "all.tar"), "--data", Data)).Code);
        _house.Cell.Kill();
        var restored = dump is null ? null : cluster.Restore(dump);
        if (restored is not null) at["SERMENT_DATABASE"] = restored;
        (code, said) = await SermentCommand.RunAsync(at, "restore", "--from", Path.Combine(_away, "all.tar"), "--data", Path.Combine(_away, "restored"), "--check");
        Assert.True(code == 0, said);
        using var again = new CustodianProcess(demonstration: false, directory: Path.Combine(_away, "restored"));
        Assert.Equal(2, again.Status.KeyVersion);
        var nurse = _nurse with { Cell = again };
        nurse.JumpCounter();
        await AllReadAsync(new EntriesDoor(new RecordsDatabase(again.Directory, restored), again.Status.Cell), nurse);
    }

    [Fact]
    public async Task A_row_that_claims_another_version_is_refused_and_hides_none_of_the_others()
    {
        await OpenAsync(null);
        await WriteAllAsync("avant");
        await RaiseAsync();
        await WriteAllAsync("après");
        using var keys = await LentAsync();
        // Each other's: the key that it derives does not fit.
        await SetVersionsAsync("key_version = 3 - key_version");
        Assert.All(await _entries.ReadAsync(keys, _patient, [Domain.Clinical]), entry => Assert.True(entry is { Altered: true, NotLent: false }));
        await SetVersionsAsync("key_version = 3 - key_version");
        EntryId one;
        await using (var db = _records.Open()) one = (await db.Entries.FirstAsync(row => row.KeyVersion == 1)).Entry;
        foreach (var claimed in new[] { 3, 0, -7, int.MaxValue })
        {
            await SetVersionsAsync($"key_version = {claimed} WHERE entry = '{one}'");
            var read = await _entries.ReadAsync(keys, _patient, [Domain.Clinical]);
            Assert.Equal((one, 5), (Assert.Single(read, e => e.NotLent).Entry, read.Count(e => !e.Altered)));
            // It may have been of the room that is asked for.
            Assert.True((await _entries.OfRoomAsync(keys, Domain.Clinical, "allergies"))[_patient].Single().NotLent);
            var lies = Assert.Single(await _entries.VersionsAsync(one));
            Assert.Equal("record.key-version", Assert.Throws<RefusedException>(() => _entries.Open(keys, lies)).Refusal.Code);
        }
        // What can be is counted; what cannot is an altered row, named, and steers nothing.
        var said = (await SermentCommand.RunAsync("doctor", "--data", Data)).Said;
        Assert.Contains("Version 2 des clés en vigueur", said, StringComparison.Ordinal);
        Assert.Contains($"1 éléments altérés nomment une version de clés qui ne peut exister (1 à 32) : quelqu'un a écrit dans la base. Ils ne s'ouvrent pas et n'empêchent rien d'autre : {one}", said, StringComparison.Ordinal);
        await SetVersionsAsync($"key_version = 3 WHERE entry = '{one}'");
        Assert.Contains("ce gardien n'en est qu'à la 2", (await SermentCommand.RunAsync("doctor", "--data", Data)).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_two_officers_signed_and_a_crash_left_undone_is_in_force_after_the_start()
    {
        await OpenAsync(null);
        await RaiseAsync();
        _house.Cell.Kill();
        var custodian = Path.Combine(Data, "custodian");
        var file = Custodian.Keys.KeyFile.Read(Path.Combine(custodian, "cell.json"));
        using var own = file.Unwrap(_house.Cell.Passphrase);
        // As it lies there when the process dies after the second signature; beside it one that was refused and one that was overtaken.
        Leave((2, false), (3, true), (1, false));
        _house.Cell.Start();
        Assert.Equal(3, (await StatusAsync()).KeyVersion);
        _house.Privacy.JumpCounter();
        Assert.Equal((3, "La version 3 des clés des dossiers est en vigueur."), await _house.Privacy.AskAsync(KeyVerbs.Care, Nothing.AtAll) is var care ? (care.Version, care.Held[0].Text) : default);
        _house.Cell.Kill();
        Assert.Equal(["1 2", "2 3"], await JournaledAsync());

        // It may have died later, after the journal had it: that is said once.
        await using (var journal = new JournalLog(Path.Combine(custodian, "journal"), own.Journal(), $"serment/{file.Cell}", own.JournalSeed()))
            await journal.AppendAsync([new JournalEntry { Time = DateTimeOffset.UtcNow, Kind = "key.version", Account = _house.Ada.Me.Account, Detail = "3 4" }]);
        Leave((3, false));
        for (var start = 0; start < 2; start++)
        {
            _house.Cell.Start();
            Assert.Equal(4, (await StatusAsync()).KeyVersion);
            _house.Cell.Kill();
        }
        Assert.Equal(["1 2", "2 3", "3 4"], await JournaledAsync());
        _house.Cell.Start();

        void Leave(params (int From, bool Rejected)[] signed)
        {
            using var store = new SealedStore(Path.Combine(custodian, "state.db"), Path.Combine(Data, "mirror", "state-mirror.db"), own.State());
            foreach (var (from, rejected) in signed)
            {
                var approval = new Approval(Id.New<ApprovalId>(), new NewKeyVersion(from, "Export remis à un tiers"), "…", _house.Privacy.Me.Account, DateTimeOffset.UtcNow, _house.Ada.Me.Account, DateTimeOffset.UtcNow, rejected);
                store.Put(("approval", approval.Id.ToString(), JsonSerializer.SerializeToUtf8Bytes(approval, WireJson.Options)));
            }
        }

        async Task<IEnumerable<string?>> JournaledAsync()
        {
            var raised = (await JournalFiles.OpenAsync(Data, file, own)).Where(entry => entry.Kind == "key.version").ToArray();
            Assert.All(raised, entry => Assert.Equal(_house.Ada.Me.Account, entry.Account));
            return raised.Select(entry => entry.Detail);
        }
    }

    [Fact]
    public async Task Two_officers_of_different_roles_raise_it_and_nobody_else()
    {
        await OpenAsync(null);
        var ask = new ProposeKeyVersion("Export remis à un tiers");
        Assert.Equal("approval.page", await Staff.RefusedAsync(_nurse.AskAsync(KeyVerbs.ProposeVersion, ask)));
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(_house.Privacy.AskAsync(KeyVerbs.ProposeVersion, new ProposeKeyVersion("non"))));
        var (one, two) = ((await _house.Privacy.AskAsync(KeyVerbs.ProposeVersion, ask)).Approval, (await _house.Privacy.AskAsync(KeyVerbs.ProposeVersion, ask)).Approval);
        var waiting = await _house.Staff.ReadAsync(_house.Ada, one);
        Assert.StartsWith("Passer de la version 1 à la version 2 des clés des dossiers.", waiting.Statement, StringComparison.Ordinal);
        Assert.EndsWith("Motif : Export remis à un tiers", waiting.Statement, StringComparison.Ordinal);
        // No more than is true: running leases, and whoever kept keys and writes to the database.
        Assert.Contains("Pendant 15 minutes encore, des dossiers déjà ouverts et des interfaces peuvent ajouter sous la version 1.", waiting.Statement, StringComparison.Ordinal);
        Assert.Contains("il peut y ajouter, sous la version 1, des éléments qui passeront pour authentiques.", waiting.Statement, StringComparison.Ordinal);
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(_house.Privacy.AskAsync(AccountVerbs.Approve, waiting)));
        var second = await _house.HireAsync(new ProposeAccount("Denis Perrot", "Adjoint à la protection des données", Role.PrivacyOfficer, [], null));
        Assert.Equal("approval.same-role", await Staff.RefusedAsync(second.AskAsync(AccountVerbs.Approve, waiting)));
        Assert.Equal(1, (await StatusAsync()).KeyVersion);
        await _house.Ada.AskAsync(AccountVerbs.Approve, waiting);
        Assert.Equal(2, (await StatusAsync()).KeyVersion);
        // What was asked from the first version is not signed on the second.
        Assert.Equal("approval.stale", await Staff.RefusedAsync(_house.Ada.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Ada, two))));
        var care = await _house.Privacy.AskAsync(KeyVerbs.Care, Nothing.AtAll);
        Assert.Equal((2, "version", "La version 2 des clés des dossiers est en vigueur."), (care.Version, care.Held[0].Act, care.Held[0].Text));
        Assert.Equal(care.Held[0].At, care.VersionSince);
        _house.Cell.Kill();
        var file = Custodian.Keys.KeyFile.Read(Path.Combine(Data, "custodian", "cell.json"));
        using (var own = file.Unwrap(_house.Cell.Passphrase))
        {
            var raised = Assert.Single(await JournalFiles.OpenAsync(Data, file, own), entry => entry.Kind == "key.version");
            Assert.Equal(("1 2", _house.Ada.Me.Account), (raised.Detail, raised.Account!.Value));
        }
        _house.Cell.Start();
        Assert.Equal(2, (await StatusAsync()).KeyVersion);
    }

    [Fact]
    public async Task A_second_custodian_that_takes_over_knows_the_version()
    {
        await using var pair = new CustodianPair(production: true);
        var staff = new Staff(pair.First);
        var (ada, ben) = (await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[0])), await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[1])));
        async Task<Person> HireAsync(string name, Role role, params UnitId[] units) => await staff.EnterAsync(await staff.EnrolAsync((await staff.AgreeAsync(ada.AskAsync(AccountVerbs.Propose, new ProposeAccount(name, name, role, units, null)), ben))!));
        var unit = await Staff.UnitAsync(ada, "Cardiologie");
        var (clerk, nurse, privacy) = (await HireAsync("Alix Roche", Role.AdmissionsClerk), await HireAsync("Inès Castaing", Role.Nurse, unit), await HireAsync("Delphine Perrot", Role.PrivacyOfficer));
        var patient = (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits("Tanguy", "Morvane", null, new DateOnly(1961, 5, 4), Sex.Female, null), IdentityStatus.Provisional))).Created!.Patient;
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", unit, unit, null));
        await CustodianPair.UntilAsync(pair.First, "in-step");

        await staff.AgreeAsync(privacy.AskAsync(KeyVerbs.ProposeVersion, new ProposeKeyVersion("Tous les ans")), ada);
        var before = await KeysAsync();
        pair.First.Kill();
        await CustodianPair.UntilAsync(pair.Second, "alone");
        nurse.JumpCounter();
        string[]? after = null;
        // The client has to find it first.
        for (var patience = System.Diagnostics.Stopwatch.StartNew(); after is null && patience.Elapsed < TimeSpan.FromSeconds(30);)
            try { after = await KeysAsync(); }
            catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Away) { await Task.Delay(50); }
        Assert.Equal(before, after);
        Assert.Equal(2, before.Length);

        async Task<string[]> KeysAsync() => [.. (await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"))).Patients[0].Keys.Select(key => $"{key.Version} {Convert.ToHexString(key.Key)}")];
    }

    private async Task OpenAsync(string? database)
    {
        await _house.OpenAsync();
        _nurse = await _house.HireAsync(new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, [_house.Unit], null));
        (_patient, _) = await _house.AdmitAsync("Tanguy");
        (var key, _, _interface) = _house.Machine();
        await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Laboratoire", ["encrypt"], key)), _house.Privacy);
        _records = new RecordsDatabase(Data, database);
        await _records.PrepareAsync(_house.Cell.Status.Cell);
        _entries = new EntriesDoor(_records, _house.Cell.Status.Cell);
    }

    private Task RaiseAsync() => _house.Staff.AgreeAsync(_house.Privacy.AskAsync(KeyVerbs.ProposeVersion, new ProposeKeyVersion("Export remis à un tiers")), _house.Ada);

    private Task<CellStatus> StatusAsync() => _house.Cell.Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);

    private async Task<FileKeys> LentAsync(Person? who = null, bool write = false) =>
        PatientFiles.KeysOf(await (who ?? _nurse).AskAsync(ReleaseVerbs.Release, new ReleaseKeys([_patient], [Domain.Clinical], "care", write)));

    /// <summary>A note by a person, one by an interface that only adds, and a document with its file.</summary>
    private async Task<Document> WriteAllAsync(string when)
    {
        var now = DateTimeOffset.UtcNow;
        using var keys = await LentAsync(write: true);
        await _entries.WriteAsync(keys, New(Note.Room, new Note("nursing", $"note {when}")), now);
        var added = New(Note.Room, new Note("nursing", $"automate {when}"));
        using (var lent = await LentSlots.AskAsync(_interface, [added])) Assert.Equal(1, await _entries.ImportAsync(lent.Seal(_entries, [added], now)));

        var own = await _nurse.AskAsync(ReleaseVerbs.File, new FileKeyAsked(_patient, Domain.Clinical, null, "care", KeyVersion: 1));
        var file = own.File;
        var content = Encoding.UTF8.GetBytes($"fichier {when}");
        Directory.CreateDirectory(Path.GetDirectoryName(PlaceOf(file))!);
        await using (var store = File.Create(PlaceOf(file))) await FileSealing.SealAsync(own.Key, AddressOf(file), new MemoryStream(content), store, 1000);
        var document = new Document($"document {when}", "report", "text/plain", content.Length, "", file, KeyVersion: own.KeyVersion);
        await new DocumentsDoor(_records, _entries).KeepAsync(keys, New(Document.Room, document), document, now);
        return document;

        NewEntry New<T>(string room, T body) => new(Id.New<EntryId>(), 1, _patient, Domain.Clinical, new EntryContent(room, now, _nurse.Me.Account, _nurse.Me.Name, null, EntryJson.Of(body)));
    }

    private async Task AllReadAsync(EntriesDoor entries, Person nurse)
    {
        using var keys = await LentAsync(nurse);
        var read = await entries.ReadAsync(keys, _patient, [Domain.Clinical]);
        Assert.Equal(["automate après", "automate avant", "document après", "document avant", "note après", "note avant"],
            read.Select(e => e.Content.Room == Document.Room ? e.Body<Document>().Title : e.Body<Note>().Text).Order(StringComparer.Ordinal));
    }

    private async Task<string> FileAsync(Document document)
    {
        var lent = await _nurse.AskAsync(ReleaseVerbs.File, new FileKeyAsked(_patient, Domain.Clinical, document.File, "care", KeyVersion: document.KeyVersion));
        await using var plain = await SealedFileStream.OpenAsync(lent.Key, AddressOf(document.File), File.OpenRead(PlaceOf(document.File)));
        using var text = new MemoryStream();
        await plain.CopyToAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private FileAddress AddressOf(FileId file) => new(_house.Cell.Status.Cell, _patient, Domain.Clinical, file);

    private string PlaceOf(FileId file) => Path.Combine(Data, "files", file.ToString()![..2], file.ToString()!);

    private async Task PackAsync(Dictionary<string, string> at)
    {
        var device = Path.Combine(_away, "device");
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "device", "--device", device, "--name", "Portable", "--journal-key", JournalKey)).Code);
        using var shown = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(device, "certificat.pem")));
        var folder = new PackFolder(Data, _house.Cell.Client, _house.Cell.Status, _entries, new StaysDoor(_records));
        await folder.WithKeyAsync(key => _house.Staff.AgreeAsync(_house.Privacy.AskAsync(PackVerbs.Propose, new ProposePack(_house.Unit, "Portable", shown.RawData, key, 30)), _house.Ada));
        var fresh = await folder.RefreshAsync(folder.Keys[0]);
        File.Copy(folder.File(fresh.Pack), Path.Combine(device, "secours.pack"));
        var (code, said) = await SermentCommand.RunAsync(at, "pack", "open", "--device", device, "--by", "Inès Castaing", "--reason", "Panne");
        Assert.True(code == 0 && !said.Contains("altérés", StringComparison.Ordinal), said);
        var sheet = System.Net.WebUtility.HtmlDecode(await File.ReadAllTextAsync(Path.Combine(device, "secours.html")));
        foreach (var text in new[] { "note avant", "note après", "automate avant", "automate après" }) Assert.Contains(text, sheet, StringComparison.Ordinal);
    }

    private async Task ExportAsync(Dictionary<string, string> at)
    {
        var (certificate, secret, client, archive, opened) = (Path.Combine(_away, "cert.pem"), Path.Combine(_away, "key.pem"), Path.Combine(_away, "machine.key"), Path.Combine(_away, "archive"), Path.Combine(_away, "opened"));
        using var rsa = RSA.Create(3072);
        using var recipient = new CertificateRequest("CN=Destinataire", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        await File.WriteAllTextAsync(certificate, recipient.ExportCertificatePem());
        await File.WriteAllTextAsync(secret, rsa.ExportPkcs8PrivateKeyPem());
        Assert.Equal(0, (await SermentCommand.RunAsync("client", "create", "--out", client)).Code);
        using var machine = ECDsa.Create();
        machine.ImportFromPem((await File.ReadAllTextAsync(client)).Split('\n', 2)[1]);
        await _house.Staff.AgreeAsync(_house.Privacy.AskAsync(ExportVerbs.Propose, new ProposeExport("Nouvel hébergeur", "Changement de logiciel", [Domain.Clinical], true, new PatientSelection([_patient]), recipient.RawData, machine.ExportSubjectPublicKeyInfo(), 2)), _house.Ada);
        var (code, said) = await SermentCommand.RunAsync(at, "export", "run", "--data", Data, "--client", client, "--out", archive);
        Assert.True(code == 0, said);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Data, "files"), "*", SearchOption.AllDirectories))
        {
            var beside = Path.Combine(archive, "files", Path.GetRelativePath(Path.Combine(Data, "files"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(beside)!);
            File.Copy(file, beside);
        }
        (code, said) = await SermentCommand.RunAsync(at, "export", "open", "--archive", archive, "--journal-key", JournalKey, "--certificate", certificate, "--key", secret, "--out", opened);
        Assert.True(code == 0 && said.Contains("6 éléments, 0 altérés, 2 documents ouverts", StringComparison.Ordinal), said);
        Assert.Equal(["fichier après", "fichier avant"], Directory.GetFiles(Path.Combine(opened, "files")).Select(File.ReadAllText).Order(StringComparer.Ordinal));
    }

    private async Task MachinesAsync()
    {
        var (key, _, machine) = _house.Machine();
        var mandate = (await _house.Privacy.AskAsync(MandateVerbs.Propose, new ProposeMandate("Lettres", MandatePurpose.IncidentLetters, Domain.Administrative, true, key, [], new PatientSelection([_patient]), 10, DateTimeOffset.UtcNow.AddDays(3)))).Approval;
        await _house.Ada.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Ada, mandate));
        Assert.Equal([1, 2], Assert.Single((await machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(mandate, 10))).Patients).Keys.Select(k => k.Version));

        var support = await _house.HireAsync(new ProposeAccount("Léa Éditeur", "Assistance", Role.Support, [], null));
        var ticket = (await _house.Privacy.AskAsync(SupportVerbs.Propose, new ProposeTicket(support.Me.Account, "2026-118", "Résultats affichés en double", [Domain.Clinical], new PatientSelection([_patient]), 4))).Approval;
        await _house.Ada.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Ada, ticket));
        using var keys = PatientFiles.KeysOf(await support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(ticket, _patient, [Domain.Clinical])));
        Assert.Equal((6, 0), await _entries.ReadAsync(keys, _patient, [Domain.Clinical]) is var read ? (read.Count, read.Count(e => e.Altered)) : default);
    }

    private string JournalKey => Path.Combine(Data, "custodian", "journal", "key.pub");

    private async Task SetVersionsAsync(string set)
    {
        await using var db = _records.Open();
#pragma warning disable EF1002 // written in this file
        await db.Database.ExecuteSqlRawAsync($"UPDATE entry SET {set}");
#pragma warning restore EF1002
    }

    public void Dispose()
    {
        _house.Dispose();
        Directory.Delete(_away, recursive: true);
    }
}

/// <summary>A row of another version, or an altered one, as the chart shows it.</summary>
public sealed class UnreadableRowScreenTests
{
    [Theory]
    [InlineData("key_version = 7", "est scellé sous une version des clés que cette ouverture n'a pas")]
    [InlineData("commitment = salt", "a été altéré dans la base")]
    public async Task A_row_that_cannot_be_read_is_told_and_the_banner_says_nothing_of_allergies_that_it_might_be(string change, string told)
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        var nurse = await DocumentScreenTests.WithPatientAsync(hospital);
        var patient = Id.Parse<PatientId>(new Uri(nurse.Url).Segments[^1]);
        await using (var db = new RecordsDatabase(hospital.Directory, null).Open())
        {
#pragma warning disable EF1002 // written in this file
            Assert.Equal(1, await db.Database.ExecuteSqlRawAsync($"UPDATE entry SET {change} WHERE entry = (SELECT entry FROM entry WHERE patient = '{patient}' AND domain = 2 LIMIT 1)"));
#pragma warning restore EF1002
        }
        await nurse.GotoAsync(hospital.Address);
        await Hospital.EnterAsync(nurse, "Infirmier·ère, Cardiologie");
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await Expect(nurse.GetByRole(AriaRole.Alert).Filter(new() { HasText = told })).ToBeVisibleAsync();
        await Expect(nurse.Locator(".banner")).ToContainTextAsync("Allergies : un élément du dossier est illisible");
        await Expect(nurse.Locator(".banner")).Not.ToContainTextAsync("non recherchées");
        await Hospital.PictureAsync(nurse, change.StartsWith("key", StringComparison.Ordinal) ? "row-not-lent" : "row-altered");
    }
}
