using System.Net;
using System.Net.Sockets;
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
        var untouched = await ReachedAsync("Yuna", new AdministrativeFile { Address = "1 place Terre-au-Duc", PostalCode = "29000", City = "Quimper" });
        foreach (var patient in new[] { paper, mailed, homeless, secret }) await thief.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));

        await _house.Privacy.AskAsync(IncidentVerbs.Contact, new IncidentContact("Delphine Perrot", "02 98 00 00 00", "dpo@exemple.fr", "14 rue de l'Hôpital, 29000 Quimper"));
        var scope = new IncidentScope(IncidentNature.Account, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(1), thief.Me.Account);
        var incident = await _house.Privacy.AskAsync(IncidentVerbs.Open, new OpenIncident("Compte d'infirmier usurpé", "Des dossiers ouverts pendant une absence.", scope, DateTimeOffset.UtcNow.AddSeconds(-1)));
        Assert.Equal(4, incident.Patients);
        Assert.Null((await ConcernedAsync("YUNA")).Exposed);
        Assert.Equal(Domain.Clinical, Assert.Single((await ConcernedAsync("Tanguy")).Exposed!.Domains).Domain);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Clerk.AskAsync(IncidentVerbs.Patients, new ExposedPage(incident.Id, 0))));

        var (key, _, machine) = _house.Machine();
        var mandate = (await _house.Privacy.AskAsync(MandateVerbs.Propose, new ProposeMandate("Lettres", MandatePurpose.IncidentLetters, Domain.Administrative, true, key, [], new PatientSelection(Incident: incident.Id), 5000, DateTimeOffset.UtcNow.AddDays(5)))).Approval;
        await _house.Ada.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Ada, mandate));
        // What was seen of someone whom the mandate did not hand over is not told.
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(machine.AskAsync(IncidentVerbs.Exposed, new ExposedAsked(incident.Id, [untouched]))));

        using var post = new PostOffice();
        Environment.SetEnvironmentVariable("SERMENT_SMTP", $"smtp://localhost:{post.Port}");
        Environment.SetEnvironmentVariable("SERMENT_SMTP_FROM", "dpo@exemple.fr");
        var words = new LetterWords("Clinique d'essai", new DataOfficer("Delphine Perrot", "02 98 00 00 00", "dpo@exemple.fr", ""), incident.Number, "Quelqu'un a utilisé le compte d'un infirmier.", "Le compte est coupé.");
        var (last, printer) = (default(LettersProgress), Printer.Find());
        using (var mail = await LetterMail.ConnectAsync(TestContext.Current.CancellationToken))
            Assert.Equal(4, await new LetterRun(machine, entries, incident.Id, words, _folder, printer, mail, progress => last = progress).RunAsync((_, _) => throw new InvalidOperationException("nothing to wait for"), TestContext.Current.CancellationToken));
        Assert.Equal(new LettersProgress(4, 1, 1, 2, true), last);

        var printed = Assert.Single(Directory.GetFiles(_folder, "lettres-*"));
        Assert.StartsWith(printer is null ? "<!doc" : "%PDF-", System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(printed)[..8]), StringComparison.Ordinal);
        var message = Assert.Single(post.Messages);
        Assert.Contains("To: corentin@exemple.fr", message, StringComparison.Ordinal);
        Assert.DoesNotContain("TANGUY", File.ReadAllText(Path.Combine(_folder, "suivi.tsv")), StringComparison.OrdinalIgnoreCase);
        var sent = (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(mailed))).Accesses;
        Assert.Contains("Lettres", Assert.Single(sent, access => access.Kind == "incident.letter").Who, StringComparison.Ordinal);
        Assert.Contains(sent, access => access.Kind == "mandate");
        Assert.True((await _house.Privacy.AskAsync(IncidentVerbs.File, new AskedIncident(incident.Id))).Letters!.Done);

        async Task<PatientId> ReachedAsync(string name, AdministrativeFile? file)
        {
            var patient = (await _house.AdmitAsync(name)).Patient;
            if (file is null) return patient;
            using var keys = PatientFiles.KeysOf(await _house.Clerk.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Administrative], "admission", Write: true)));
            await entries.WriteAsync(keys, new NewEntry(Id.New<EntryId>(), 1, patient, Domain.Administrative, new EntryContent(AdministrativeFile.Room, DateTimeOffset.UtcNow, _house.Clerk.Me.Account, _house.Clerk.Me.Name, null, EntryJson.Of(file))), DateTimeOffset.UtcNow);
            return patient;
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
