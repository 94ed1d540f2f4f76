using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Serment.Records;
using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.Incidents;
using Serment.Server.Letters;
using Serment.Server.Signing;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>From a stolen account to the letters in the post: exposure, mandate signed by two, paper, mail and what needs another way.</summary>
public sealed class LetterRunTests : IDisposable
{
    private readonly Establishment _house = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-letters-").FullName;

    [Fact]
    public async Task The_notification_of_article_33_is_written_as_a_file_with_its_phase_and_what_is_not_known_yet()
    {
        await _house.OpenAsync();
        var key = Path.Combine(_folder, "incidents.key");
        var made = await SermentCommand.RunAsync("client", "create", "--out", key);
        await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Registre", ["incidents"], Convert.FromBase64String(made.Said.Trim().Split('\n')[^1]))), _house.Privacy);
        var scope = new IncidentScope(IncidentNature.Account, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(1), _house.Clerk.Me.Account);
        var incident = await _house.Privacy.AskAsync(IncidentVerbs.Open, new OpenIncident("Compte usurpé <essai>", "Des dossiers ouverts pendant une absence.", scope, DateTimeOffset.UtcNow.AddSeconds(-1)));
        Task<(int Code, string Said)> Write(string file, params string[] more) => SermentCommand.RunAsync(["incident", "notification", "--data", _house.Cell.Directory, "--client", key, "--incident", incident.Id.ToString()!, "--out", Path.Combine(_folder, file), .. more]);
        async Task<string> Read(string file) => await File.ReadAllTextAsync(Path.Combine(_folder, file), TestContext.Current.CancellationToken);

        var (code, said) = await Write("premiere.html");
        Assert.True(code == 0, said);
        Assert.Contains("Encore à compléter", said, StringComparison.Ordinal);
        Assert.DoesNotContain("<essai>", await Read("premiere.html"), StringComparison.Ordinal);
        var page = WebUtility.HtmlDecode(await Read("premiere.html"));
        foreach (var words in new[] { "initiale", "Compte usurpé <essai>", "Nombre de personnes concernées", "pas encore connu" }) Assert.Contains(words, page, StringComparison.Ordinal);
        // What she knows and has not recorded yet stands in it; nothing of article 33(3)(c) is missing then.
        (code, said) = await Write("complete.html", "--consequences", "Hameçonnage d'<une> centaine de personnes.", "--late-because", "sans effet : dans les 72 heures");
        Assert.True(code == 0 && !said.Contains("Conséquences", StringComparison.Ordinal), said);
        page = WebUtility.HtmlDecode(await Read("complete.html"));
        Assert.Contains("Hameçonnage d'<une> centaine de personnes.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("sans effet", page, StringComparison.Ordinal);
        Assert.Equal(1, (await Write("premiere.html")).Code);
        Assert.Equal(2, (await Write("autre.doc")).Code);
        Assert.Equal(2, (await Write("autre.html", "--phase", "prochaine")).Code);

        await _house.Privacy.AskAsync(IncidentVerbs.Notify, new RecordNotification(incident.Id, NotificationPhase.Initial, "Hameçonnage au nom de l'établissement.", null, "CNIL-2026-17"));
        Assert.Equal(0, (await Write("suite.html")).Code);
        page = WebUtility.HtmlDecode(await Read("suite.html"));
        foreach (var words in new[] { "complémentaire", "CNIL-2026-17", "Hameçonnage au nom de l'établissement." }) Assert.Contains(words, page, StringComparison.Ordinal);
        if (Printer.Find() is null) return;
        Assert.Equal(0, (await Write("fin.pdf", "--phase", "final")).Code);
        Assert.StartsWith("%PDF-", await Read("fin.pdf"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_patient_of_an_incident_gets_one_letter_by_the_way_that_suits_him_and_nobody_else_does()
    {
        await _house.OpenAsync();
        var thief = await _house.HireAsync(new ProposeAccount("Noé Kerbrat", "Infirmier, Cardiologie", Role.Nurse, [_house.Unit], null));
        var records = new RecordsDatabase(_house.Cell.Directory, null);
        await records.PrepareAsync(_house.Cell.Status.Cell);
        var entries = new EntriesDoor(records, _house.Cell.Status.Cell);
        var paper = await ReachedAsync("Tanguy", new AdministrativeFile { Address = "12 rue des Halles", PostalCode = "29000", City = "Quimper" });
        var mailed = await ReachedAsync("Corentin", new AdministrativeFile { Address = "3 quai Vert", PostalCode = "29000", City = "Quimper", Email = "corentin@exemple.fr" });
        var homeless = await ReachedAsync("Maelle", null);
        var secret = await ReachedAsync("Loanne", new AdministrativeFile { Address = "9 rue Haute", PostalCode = "29000", City = "Quimper" });
        await _house.Clerk.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(secret, true, "demande de la patiente"));
        var minor = await ReachedAsync("Enora", new AdministrativeFile { Address = "5 rue Kéréon", PostalCode = "29000", City = "Quimper" }, ClinicalTime.Day(DateTimeOffset.UtcNow).AddYears(-16));
        await thief.AskAsync(StatementVerbs.KeepSecret, new KeepMinorsSecret(minor, ClinicalTime.Day(DateTimeOffset.UtcNow).AddDays(-1), null));
        var untouched = await ReachedAsync("Yuna", new AdministrativeFile { Address = "1 place Terre-au-Duc", PostalCode = "29000", City = "Quimper" });
        foreach (var patient in new[] { paper, mailed, homeless, secret, minor }) await thief.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));

        await thief.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([paper], [Domain.Clinical], "care", Write: true));

        await _house.Privacy.AskAsync(IncidentVerbs.Contact, new IncidentContact("Delphine Perrot", "02 98 00 00 00", "dpo@exemple.fr", "14 rue de l'Hôpital, 29000 Quimper"));
        var scope = new IncidentScope(IncidentNature.Account, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(1), thief.Me.Account);
        var incident = await _house.Privacy.AskAsync(IncidentVerbs.Open, new OpenIncident("Compte d'infirmier usurpé", "Des dossiers ouverts pendant une absence.", scope, DateTimeOffset.UtcNow.AddSeconds(-1)));
        Assert.Equal(5, incident.Patients);
        Assert.Equal(1, (await _house.Privacy.AskAsync(IncidentVerbs.File, new AskedIncident(incident.Id))).Exposure.Completed);
        Assert.Null((await ConcernedAsync("YUNA")).Exposed);
        Assert.Equal(Domain.Clinical, Assert.Single((await ConcernedAsync("Tanguy")).Exposed!.Domains).Domain);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Clerk.AskAsync(IncidentVerbs.Patients, new ExposedPage(incident.Id, 0))));

        var machine = await MandatedAsync(incident.Id);
        // What was seen of someone whom the mandate did not hand over is not told.
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(machine.AskAsync(IncidentVerbs.Exposed, new ExposedAsked(incident.Id, [untouched]))));

        using var post = new PostOffice();
        Environment.SetEnvironmentVariable("SERMENT_SMTP", $"smtp://localhost:{post.Port}");
        Environment.SetEnvironmentVariable("SERMENT_SMTP_FROM", "dpo@exemple.fr");
        var words = new LetterWords("Clinique d'essai", new DataOfficer("Delphine Perrot", "02 98 00 00 00", "dpo@exemple.fr", ""), incident.Number, "Quelqu'un a utilisé le compte d'un infirmier.", "Le compte est coupé.");
        var (last, printer) = (default(LettersProgress), Printer.Find());
        using (var mail = await LetterMail.ConnectAsync(TestContext.Current.CancellationToken))
            Assert.Equal(5, await new LetterRun(machine, entries, incident.Id, words, _folder, printer, mail, progress => last = progress).RunAsync(AtOnce, TestContext.Current.CancellationToken));
        Assert.Equal(new LettersProgress(5, 1, 1, 3, true), last);

        var printed = Assert.Single(Directory.GetFiles(_folder, "lettres-*"));
        Assert.StartsWith(printer is null ? "<!doc" : "%PDF-", System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(printed)[..8]), StringComparison.Ordinal);
        var message = Assert.Single(post.Messages);
        Assert.Contains("To: corentin@exemple.fr", message, StringComparison.Ordinal);
        var book = await File.ReadAllTextAsync(Path.Combine(_folder, "suivi.tsv"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("TANGUY", book, StringComparison.OrdinalIgnoreCase);
        // What a minor keeps from his parents is told to him by whoever treats him, not in a letter to them.
        foreach (var why in new[] { "secret demandé", "sans adresse", "soins qu'un mineur garde secrets" }) Assert.Single(Regex.Matches(book, why));
        var sent = (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(mailed))).Accesses;
        Assert.Contains("Lettres", Assert.Single(sent, access => access.Kind == "incident.letter").Who, StringComparison.Ordinal);
        Assert.Contains(sent, access => access.Kind == "mandate");
        Assert.True((await _house.Privacy.AskAsync(IncidentVerbs.File, new AskedIncident(incident.Id))).Letters!.Done);

        // A second mandate, another folder: whoever has his letter gets no second one; who was set aside for want of an address gets his.
        await LiveAsync(homeless, new AdministrativeFile { Address = "2 impasse du Jardin", PostalCode = "29000", City = "Quimper" });
        var second = Run(await MandatedAsync(incident.Id), "deux");
        Assert.Equal(5, await second.RunAsync(AtOnce, TestContext.Current.CancellationToken));
        Assert.Equal((2, new LettersProgress(5, 2, 1, 2, true)), (second.ToldBefore, last));
        Assert.Single(Directory.GetFiles(Path.Combine(_folder, "deux"), "lettres-*"));
        Assert.Equal(4, (await File.ReadAllLinesAsync(Path.Combine(_folder, "deux", "suivi.tsv"), TestContext.Current.CancellationToken)).Length);
        // Written again on purpose: to those who may have a letter, by the way that suits them now.
        var again = Run(await MandatedAsync(incident.Id), "trois", again: true);
        Assert.Equal(5, await again.RunAsync(AtOnce, TestContext.Current.CancellationToken));
        Assert.Equal((0, new LettersProgress(5, 3, 0, 2, true)), (again.ToldBefore, last));
        Assert.Equal(2, (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(mailed))).Accesses.Count(access => access.Kind == "incident.letter"));

        // A second incident concerns the same patients: their letters of the first do not count, and its folder is refused.
        var other = await _house.Privacy.AskAsync(IncidentVerbs.Open, new OpenIncident("Le même compte, encore", "Des dossiers ouverts pendant une absence.", scope, DateTimeOffset.UtcNow.AddSeconds(-1)));
        var third = await MandatedAsync(other.Id);
        Assert.Equal("letters.folder", await Staff.RefusedAsync(Run(third, "deux", of: other.Id).RunAsync(AtOnce, TestContext.Current.CancellationToken)));
        Assert.Equal(5, (await third.AskAsync(MandateVerbs.Own, Nothing.AtAll)).Waiting);
        Assert.Equal("letters.incident", await Staff.RefusedAsync(third.AskAsync(IncidentVerbs.Letters, new AskedIncident(incident.Id))));
        Assert.Equal("letters.incident", await Staff.RefusedAsync(third.AskAsync(IncidentVerbs.Exposed, new ExposedAsked(incident.Id, []))));
        Assert.Equal(5, await Run(third, "quatre", of: other.Id).RunAsync(AtOnce, TestContext.Current.CancellationToken));
        Assert.Equal(new LettersProgress(5, 3, 0, 2, true), last);

        static Task AtOnce(TimeSpan by, CancellationToken cancel) => throw new InvalidOperationException("nothing to wait for");

        LetterRun Run(Signer with, string folder, bool again = false, IncidentId? of = null) => new(with, entries, of ?? incident.Id, words, Path.Combine(_folder, folder), null, null, progress => last = progress, again);

        async Task<Signer> MandatedAsync(IncidentId of)
        {
            var (key, _, signer) = _house.Machine();
            var mandate = (await _house.Privacy.AskAsync(MandateVerbs.Propose, new ProposeMandate("Lettres", MandatePurpose.IncidentLetters, Domain.Administrative, true, key, [], new PatientSelection(Incident: of), 5000, DateTimeOffset.UtcNow.AddDays(5)))).Approval;
            await _house.Ada.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Ada, mandate));
            return signer;
        }

        async Task<PatientId> ReachedAsync(string name, AdministrativeFile? file, DateOnly? born = null)
        {
            var patient = (await _house.AdmitAsync(name, born)).Patient;
            if (file is not null) await LiveAsync(patient, file);
            return patient;
        }

        async Task LiveAsync(PatientId patient, AdministrativeFile file)
        {
            using var keys = PatientFiles.KeysOf(await _house.Clerk.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Administrative], "admission", Write: true)));
            await entries.WriteAsync(keys, new NewEntry(Id.New<EntryId>(), 1, patient, Domain.Administrative, new EntryContent(AdministrativeFile.Room, DateTimeOffset.UtcNow, _house.Clerk.Me.Account, _house.Clerk.Me.Name, null, EntryJson.Of(file))), DateTimeOffset.UtcNow);
        }

        Task<ConcernedAnswer> ConcernedAsync(string name) => _house.Privacy.AskAsync(IncidentVerbs.Concerned, new ConcernedAsked(incident.Id, name, "Morvane", new DateOnly(1961, 5, 4)));
    }

    public void Dispose()
    {
        _house.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Takes mail as a mail server does (RFC 5321, the words that a client needs).</summary>
    private sealed class PostOffice : IDisposable
    {
        private readonly TcpListener _door = new(IPAddress.Loopback, 0);

        public PostOffice()
        {
            _door.Start();
            _ = Task.Run(ServeAsync);
        }

        public int Port => ((IPEndPoint)_door.LocalEndpoint).Port;
        public List<string> Messages { get; } = [];

        private async Task ServeAsync()
        {
            using var client = await _door.AcceptTcpClientAsync();
            using var reader = new StreamReader(client.GetStream());
            await using var writer = new StreamWriter(client.GetStream()) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 essai");
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line == "DATA")
                {
                    await writer.WriteLineAsync("354 allez");
                    var message = new System.Text.StringBuilder();
                    while (await reader.ReadLineAsync() is { } text && text != ".") message.AppendLine(text);
                    Messages.Add(message.ToString());
                }
                await writer.WriteLineAsync(line == "QUIT" ? "221 adieu" : "250 bien");
                if (line == "QUIT") return;
            }
        }

        public void Dispose() => _door.Dispose();
    }
}
