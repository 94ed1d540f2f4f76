using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Deque.AxeCore.Playwright;
using Serment.Records;
using Serment.Records.Documents;
using Serment.Records.Entries;
using Serment.Server.Files;
using Serment.Server.Signing;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Serment.Live.Tests;

/// <summary>Files over HTTP, under keys that a real Custodian lent on real signatures.</summary>
public sealed class DocumentTests : IAsyncLifetime
{
    private const string Canary = "Quetzalcoatlus";
    private static readonly FileOffer Saved = new("application/pdf", $"Lettre de {Canary}.pdf", false);
    private readonly CustodianProcess _cell = new();
    private readonly Clock _clock = new();
    private readonly HttpClient _http = new();
    private WebApplication _app = null!;
    private Person _nurse = null!;
    private PatientId _patient;
    private string _data = "";

    private FileTickets Tickets => _app.Services.GetRequiredService<FileTickets>();
    private FileStore Store => _app.Services.GetRequiredService<FileStore>();
    private Uri Files => new($"{_app.Urls.First()}/files");
    private string[] AtRest => Directory.Exists(Path.Combine(_data, "files")) ? Directory.GetFiles(Path.Combine(_data, "files"), "*", SearchOption.AllDirectories) : [];

    public async ValueTask InitializeAsync()
    {
        _data = Path.Combine(_cell.Directory, "server");
        await ServeAsync(_data);
        _nurse = await _cell.EnterAsync(Role.Nurse);
        _patient = await AdmitAsync(_nurse.Me.Units[0], "Jeanne");
    }

    [Fact]
    public async Task A_file_goes_in_comes_out_and_lies_nowhere_readable()
    {
        var content = Content(300_000);
        var file = await PutAsync(content);
        var place = Assert.Single(AtRest);
        Assert.Equal(file.ToString(), Path.GetFileName(place));
        Assert.DoesNotContain(Canary, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(place)), StringComparison.Ordinal);

        var answer = await GetAsync(await LendAsync(file, Saved));
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.StartsWith("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        var accesses = (await _nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(_patient))).Accesses;
        Assert.Equal(["release", "write"], accesses.Where(a => a.Account == _nurse.Me.Account && a.Domains.Contains(Domain.Clinical)).Select(a => a.Kind).Order());
    }

    [Fact]
    public async Task What_is_shown_in_a_tab_runs_nothing_and_travels_by_a_form()
    {
        var file = await PutAsync("<script>alert(1)</script>"u8.ToArray());
        var ticket = await LendAsync(file, new FileOffer("text/plain", "note.txt", true));
        using var form = new FormUrlEncodedContent([new("ticket", ticket.Name)]);
        var answer = await _http.PostAsync(Files, form);
        Assert.Equal(("text/plain", "inline"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.DispositionType));
        Assert.StartsWith("sandbox; default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var again = new FormUrlEncodedContent([new("ticket", ticket.Name)]);
        var refused = await _http.PostAsync(Files, again);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("déjà servi", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_is_given_without_the_rest()
    {
        var content = Content(500_000);
        var file = await PutAsync(content);
        using var ask = new HttpRequestMessage(HttpMethod.Get, Files) { Headers = { Range = new RangeHeaderValue(130_000, 270_000) } };
        ask.Headers.Add(FilesEndpoint.TicketHeader, (await LendAsync(file, Saved)).Name);
        var answer = await _http.SendAsync(ask);
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(content[130_000..270_001], await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_ticket_that_is_made_up_used_old_or_meant_otherwise_is_worth_nothing()
    {
        var file = await PutAsync(Content(1000));
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(GetAsync("c2lnbmF0dXJl")));
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(GetAsync("")));
        var used = await LendAsync(file, Saved);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(used)).StatusCode);
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(GetAsync(used)));
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(GetAsync(await LendAsync(null, null))));
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(PutAsync(await LendAsync(Id.New<FileId>(), Saved), Content(10))));
        var old = await LendAsync(file, Saved);
        _clock.Ahead = TimeSpan.FromSeconds(61);
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(GetAsync(old)));
        Assert.All(old.Key, b => Assert.Equal(0, b));
        Assert.Single(AtRest);
    }

    [Fact]
    public async Task A_session_that_ends_takes_its_tickets_with_it()
    {
        var file = await PutAsync(Content(1000));
        var ticket = await LendAsync(file, Saved);
        await _nurse.AskAsync(SessionVerbs.End, new EndSession(_nurse.Session));
        for (var i = 0; i < 50 && ticket.Key.Any(b => b != 0); i++) await Task.Delay(100);
        Assert.Equal((HttpStatusCode.Forbidden, "file.ticket"), await RefusedAsync(GetAsync(ticket)));
    }

    [Fact]
    public async Task Who_may_not_open_the_file_gets_no_ticket_and_another_patients_opens_nothing()
    {
        var file = await PutAsync(Content(1000));
        foreach (var (role, nth, code) in new[] { (Role.Nurse, 4, RefusalCodes.NoRelation), (Role.Administrator, 0, RefusalCodes.Role), (Role.Biller, 0, RefusalCodes.Role) })
            Assert.Equal(code, await Staff.RefusedAsync(LendAsync(file, Saved, await _cell.EnterAsync(role, nth))));
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(_nurse.AskAsync(ReleaseVerbs.File, new FileKeyAsked(_patient, Domain.Identity, file, "care"))));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_nurse.AskAsync(ReleaseVerbs.File, new FileKeyAsked(_patient, Domain.Administrative, null, "care"))));

        // Leave to add is leave for a file that nobody has yet.
        Assert.NotEqual(file, (await _nurse.AskAsync(ReleaseVerbs.File, new FileKeyAsked(_patient, Domain.Clinical, null, "care"))).File);

        // Her own other patient: the ticket is hers by right, and its key fits no file but that patient's.
        var other = await AdmitAsync(_nurse.Me.Units[0], "Odette");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "file.altered"), await RefusedAsync(GetAsync(await LendAsync(file, Saved, patient: other))));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "file.altered"), await RefusedAsync(GetAsync(await LendAsync(file, Saved, domain: Domain.Results))));
        Assert.Equal((HttpStatusCode.NotFound, "file.missing"), await RefusedAsync(GetAsync(await LendAsync(Id.New<FileId>(), Saved))));
    }

    [Fact]
    public async Task Altered_truncated_or_exchanged_in_the_store_it_is_not_given()
    {
        var (one, two) = (await PutAsync(Content(200_000)), await PutAsync(Content(200_000)));
        string Place(FileId file) => AtRest.Single(f => Path.GetFileName(f) == file.ToString());
        var (first, second) = (await File.ReadAllBytesAsync(Place(one)), await File.ReadAllBytesAsync(Place(two)));
        async Task<(HttpStatusCode, string)> With(byte[] bytes)
        {
            await File.WriteAllBytesAsync(Place(one), bytes);
            return await RefusedAsync(GetAsync(await LendAsync(one, Saved)));
        }
        var wrong = (HttpStatusCode.UnprocessableEntity, "file.altered");
        Assert.Equal(wrong, await With(second));
        Assert.Equal(wrong, await With(first[..(80 + 2 * 65_552)]));
        Assert.Equal(wrong, await With(first[..40]));
        Assert.Equal(wrong, await With([.. first[..^1], (byte)(first[^1] ^ 1)]));
        // In the middle: what was given is cut off, never ended as if it were whole.
        await File.WriteAllBytesAsync(Place(one), [.. first[..100_000], (byte)(first[100_000] ^ 1), .. first[100_001..]]);
        await Assert.ThrowsAsync<HttpRequestException>(async () => await GetAsync(await LendAsync(one, Saved)));
        await File.WriteAllBytesAsync(Place(one), first);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(await LendAsync(one, Saved))).StatusCode);
    }

    [Fact]
    public async Task Empty_or_too_large_it_is_refused_and_nothing_is_left()
    {
        Assert.Equal((HttpStatusCode.BadRequest, "file.empty"), await RefusedAsync(PutAsync(await LendAsync(null, null), [])));
        var ticket = await LendAsync(null, null);
        var answer = await RawAsync($"PUT /files HTTP/1.1\r\nHost: x\r\n{FilesEndpoint.TicketHeader}: {ticket.Name}\r\nContent-Length: {FileStore.Maximum + 1}\r\n\r\n", []);
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("file.size", answer, StringComparison.Ordinal);
        Assert.Empty(AtRest);
    }

    [Fact]
    public async Task A_connection_that_is_cut_leaves_nothing_half_written()
    {
        var ticket = await LendAsync(null, null);
        await RawAsync($"PUT /files HTTP/1.1\r\nHost: x\r\n{FilesEndpoint.TicketHeader}: {ticket.Name}\r\nContent-Length: 1000000\r\n\r\n", new byte[200_000], cut: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ticket.Stored.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Empty(AtRest);
        await PutAsync(Content(1000));
        Assert.Single(AtRest);
    }

    [Fact]
    public async Task A_full_disk_is_said_and_leaves_nothing_half_written()
    {
        using var disk = await SmallDisk.MountAsync("3m");
        var small = disk.Folder;
        var store = new FileStore(small, _app.Services.GetRequiredService<DocumentsDoor>(), Microsoft.Extensions.Logging.Abstractions.NullLogger<FileStore>.Instance);
        foreach (long? announced in new long?[] { 8_000_000, null })
            Assert.Equal("records.disk", await Staff.RefusedAsync(store.ReceiveAsync(await LendAsync(null, null), new MemoryStream(new byte[8_000_000]), announced)));
        Assert.Empty(Directory.GetFiles(small, "*", SearchOption.AllDirectories));
        await store.ReceiveAsync(await LendAsync(null, null), new MemoryStream(new byte[1_000_000]), null);
        Assert.Single(Directory.GetFiles(small, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_no_entry_speaks_of_goes_after_a_day_and_what_is_kept_stays()
    {
        var (kept, orphan, young) = (await PutAsync(Content(1000)), await PutAsync(Content(1000)), await PutAsync(Content(1000)));
        var arriving = Path.Combine(_data, "files", "incoming", Id.New<FileId>().ToString());
        await File.WriteAllBytesAsync(arriving, new byte[10]);
        var lease = await _nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([_patient], [Domain.Clinical], "care", Write: true));
        using var keys = PatientFiles.KeysOf(lease);
        var document = new Document("Compte rendu", "report", "text/plain", 1000, "", kept);
        await _app.Services.GetRequiredService<DocumentsDoor>().KeepAsync(keys, new NewEntry(Id.New<EntryId>(), 1, _patient, Domain.Clinical, new EntryContent(Document.Room, DateTimeOffset.UtcNow, null, null, null, EntryJson.Of(document))), document, DateTimeOffset.UtcNow);

        Assert.Equal(0, await Store.SweepAsync(DateTimeOffset.UtcNow));
        foreach (var file in AtRest.Where(f => Path.GetFileName(f) != young.ToString())) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-25));
        Assert.Equal(2, await Store.SweepAsync(DateTimeOffset.UtcNow));
        Assert.Equal(new[] { kept, young }.Select(f => f.ToString()).Order(), AtRest.Select(f => Path.GetFileName(f)).Order());
        Assert.DoesNotContain(orphan.ToString(), string.Concat(AtRest), StringComparison.Ordinal);
    }

    private async Task ServeAsync(string data)
    {
        Directory.CreateDirectory(data);
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var records = new RecordsDatabase(data, null);
        await records.PrepareAsync(_cell.Status.Cell);
        builder.Services.AddSingleton(_cell.Client).AddSingleton(records).AddSingleton(new EntriesDoor(records, _cell.Status.Cell))
            .AddSingleton<CustodianWatch>().AddHostedService(s => s.GetRequiredService<CustodianWatch>())
            .AddFiles(data).AddSingleton(s => new FileTickets(s.GetRequiredService<CustodianWatch>(), _clock));
        builder.Services.Remove(builder.Services.Single(s => s.ServiceType == typeof(TicketDesk)));
        _app = builder.Build();
        _app.MapFiles();
        await _app.StartAsync();
        _ = Tickets;
    }

    private async Task<PatientId> AdmitAsync(UnitId unit, string given)
    {
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var created = (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits(given, given, given, new DateOnly(1930 + 7 * given.Length, given.Length, 3), Sex.Female, "75056"), IdentityStatus.Validated))).Created!.Patient;
        var stay = Id.New<StayId>();
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, created, "present", unit, unit, null));
        await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
        return created;
    }

    /// <summary>What the screen does: the request is signed by the session key, and its signature names the ticket.</summary>
    private async Task<FileTicket> LendAsync(FileId? file, FileOffer? offer, Person? who = null, PatientId? patient = null, Domain domain = Domain.Clinical)
    {
        var (person, whose) = (who ?? _nurse, patient ?? _patient);
        var (message, signature) = person.Sign(ReleaseVerbs.File, new FileKeyAsked(whose, domain, file, "care"), DateTimeOffset.UtcNow.AddSeconds(30));
        var lent = await _cell.Client.AskAsync(ReleaseVerbs.File, message, signature);
        return Tickets.Issue(signature, new FileAddress(_cell.Status.Cell, whose, domain, lent.File), lent, person.Session, offer);
    }

    private async Task<FileId> PutAsync(byte[] content)
    {
        var ticket = await LendAsync(null, null);
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(ticket, content)).StatusCode);
        Assert.Equal(new StoredFile(content.Length, Convert.ToHexStringLower(SHA256.HashData(content))), await ticket.Stored.Task);
        return ticket.Address.File;
    }

    private async Task<HttpResponseMessage> PutAsync(FileTicket ticket, byte[] content)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Put, Files) { Content = new ByteArrayContent(content) };
        ask.Headers.Add(FilesEndpoint.TicketHeader, ticket.Name);
        return await _http.SendAsync(ask);
    }

    private Task<HttpResponseMessage> GetAsync(FileTicket ticket) => GetAsync(ticket.Name);

    private async Task<HttpResponseMessage> GetAsync(string ticket)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, Files);
        ask.Headers.Add(FilesEndpoint.TicketHeader, ticket);
        return await _http.SendAsync(ask);
    }

    private static async Task<(HttpStatusCode, string)> RefusedAsync(Task<HttpResponseMessage> asked)
    {
        var answer = await asked;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
        return (answer.StatusCode, System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()!);
    }

    /// <summary>HTTP by hand: announces what it does not send.</summary>
    private async Task<string> RawAsync(string head, byte[] body, bool cut = false)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Files.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        await stream.WriteAsync(body);
        if (cut) { await Task.Delay(300); client.Client.Close(0); return ""; }
        var answer = "";
        for (var buffer = new byte[4096]; !answer.Contains('}', StringComparison.Ordinal) && await stream.ReadAsync(buffer) is > 0 and var read;) answer += Encoding.UTF8.GetString(buffer, 0, read);
        return answer;
    }

    private static byte[] Content(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        Encoding.ASCII.GetBytes(Canary).AsSpan(0, Math.Min(Canary.Length, length)).CopyTo(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _cell.Dispose();
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}

/// <summary>Documents at a real screen, in Chromium, over the real Server.</summary>
public sealed class DocumentScreenTests
{
    [Fact]
    public async Task A_nurse_adds_opens_downloads_renames_and_withdraws_documents()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        var folder = Directory.CreateTempSubdirectory("serment-sent-").FullName;
        var (letter, empty) = (Path.Combine(folder, "Lettre Quetzalcoatlus.txt"), Path.Combine(folder, "rien.txt"));
        await File.WriteAllTextAsync(letter, "FEVG 55 %, pas de valvulopathie.");
        await File.WriteAllTextAsync(empty, "");

        var nurse = await WithPatientAsync(hospital);
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Documents" }).ClickAsync();
        await Expect(nurse.Locator("#files")).ToBeEnabledAsync();
        await nurse.SetInputFilesAsync("#files", [letter, empty]);
        await Expect(nurse.Locator(".sending")).ToHaveCountAsync(2);
        await Expect(nurse.Locator(".sending").Nth(1)).ToContainTextAsync("vide");
        await nurse.ClickAsync("#add-documents");
        var row = nurse.Locator(".documents tbody tr").First;
        await Expect(row).ToContainTextAsync("Lettre Quetzalcoatlus");
        await Expect(nurse.GetByRole(AriaRole.Tab, new() { Name = "Documents (1)" })).ToBeVisibleAsync();

        var shown = await nurse.Context.RunAndWaitForPageAsync(() => row.GetByText("Ouvrir").ClickAsync());
        await Expect(shown.Locator("body")).ToContainTextAsync("pas de valvulopathie");
        Assert.Equal($"{hospital.Address}/files", shown.Url);
        await shown.CloseAsync();
        var download = await nurse.RunAndWaitForDownloadAsync(() => row.GetByText("Télécharger").ClickAsync());
        Assert.Equal("Lettre Quetzalcoatlus.txt", download.SuggestedFilename);
        Assert.Equal(await File.ReadAllTextAsync(letter), await File.ReadAllTextAsync(await download.PathAsync()));

        var found = await nurse.RunAxe();
        Assert.Empty(found.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {v.Help}"));

        await row.GetByText("Corriger").ClickAsync();
        await nurse.FillAsync("#document-title", "Échographie");
        await nurse.GetByText("Enregistrer le titre").ClickAsync();
        await Expect(nurse.GetByRole(AriaRole.Alert).Filter(new() { HasText = "motif" }).First).ToBeVisibleAsync();
        await nurse.FillAsync("#document-reason", "titre imprécis");
        await nurse.GetByText("Enregistrer le titre").ClickAsync();
        await Expect(row).ToContainTextAsync("version 2 : titre imprécis");
        await row.GetByText("Corriger").ClickAsync();
        await nurse.FillAsync("#document-reason", "mauvais patient");
        await nurse.GetByText("Retirer du dossier").ClickAsync();
        await Expect(nurse.GetByRole(AriaRole.Tab, new() { Name = "Documents (0)" })).ToBeVisibleAsync();
        await nurse.GetByText("Montrer le document retiré").ClickAsync();
        await Expect(row).ToContainTextAsync("retiré : mauvais patient");

        Assert.DoesNotContain("Quetzalcoatlus", hospital.Said(), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(hospital.Directory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".sock", StringComparison.Ordinal) && !f.EndsWith(".new", StringComparison.Ordinal) && Path.GetFileName(f) != "lock"))
            Assert.DoesNotContain("Quetzalcoatlus", Encoding.Latin1.GetString(await ReadSharedAsync(file)), StringComparison.OrdinalIgnoreCase);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_document_from_before_a_new_version_of_keys_and_one_from_after_both_open()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        var folder = Directory.CreateTempSubdirectory("serment-sent-").FullName;
        var nurse = await WithPatientAsync(hospital);
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Documents" }).ClickAsync();
        await AddAsync("avant");
        var page = $"http://localhost:{hospital.Port + 1}";
        using var ada = await OwnPageSession.EnterAsync(page, Role.Administrator);
        using var karim = await OwnPageSession.EnterAsync(page, Role.SecurityOfficer);
        var id = (await ada.AskAsync(KeyVerbs.ProposeVersion, new ProposeKeyVersion("Tous les ans"))).Approval;
        await karim.AskAsync(AccountVerbs.Approve, new Approve(id, (await karim.AskAsync(AccountVerbs.Waiting, Nothing.AtAll)).Waiting.Single(w => w.Approval == id).Statement));
        await AddAsync("après");
        foreach (var name in new[] { "avant", "après" })
        {
            var row = nurse.Locator(".documents tbody tr").Filter(new() { HasText = name });
            var download = await nurse.RunAndWaitForDownloadAsync(() => row.GetByText("Télécharger").ClickAsync());
            Assert.Equal($"Document {name}.", await File.ReadAllTextAsync(await download.PathAsync()));
        }
        Directory.Delete(folder, recursive: true);

        async Task AddAsync(string name)
        {
            var file = Path.Combine(folder, $"{name}.txt");
            await File.WriteAllTextAsync(file, $"Document {name}.");
            await Expect(nurse.Locator("#files")).ToBeEnabledAsync();
            await nurse.SetInputFilesAsync("#files", [file]);
            await nurse.ClickAsync("#add-documents");
            await Expect(nurse.Locator(".documents tbody tr").Filter(new() { HasText = name })).ToBeVisibleAsync();
        }
    }

    /// <summary>Someone of a ward that the demonstration fills early, on the first patient's chart.</summary>
    internal static async Task<IPage> WithPatientAsync(Hospital hospital)
    {
        for (var i = 0; ; i++)
        {
            var page = await hospital.EnterAsync("Infirmier·ère, Cardiologie");
            await page.Locator(".ward, .empty").First.WaitForAsync();
            if (await page.Locator(".ward tbody tr").CountAsync() > 0)
            {
                await page.Locator(".ward tbody tr").First.ClickAsync();
                await page.Locator(".banner").WaitForAsync();
                return page;
            }
            Assert.True(i < 60, "nobody lies in this ward");
            await page.Context.CloseAsync();
            await Task.Delay(500);
        }
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[open.Length];
        await open.ReadAtLeastAsync(bytes, bytes.Length, false);
        return bytes;
    }
}
