using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>One measured thing, and what it may be at most; without a bar it is told, not judged.</summary>
internal sealed record Part(string What, int Reached, int? Bar)
{
    public bool Met => Bar is not { } bar || Reached <= bar;
}

/// <summary>What came of an attack. <paramref name="Reached"/> of the row is that of its first part.</summary>
/// <param name="StoppedBy">In words where no refusal says it; else null.</param>
internal sealed record Outcome(IReadOnlyList<Part> Parts, string? StoppedBy = null, double? FirstAlarm = null);

/// <summary>One attacker against one cell that no other has touched, by the ways that he has, over its sockets and HTTP.</summary>
/// <param name="planted">A weakness is planted that this attacker must find: so that nobody believes a drill that cannot fail.</param>
internal abstract class Attack(ThrowawayCell cell, Sink sink, bool planted)
{
    /// <summary>In bed, and as many others: who tries to read all has tried enough after these.</summary>
    private const int Others = 1000;

    protected ThrowawayCell Cell => cell;
    protected Sink Sink => sink;
    protected bool Planted => planted;
    protected Establishment People => cell.People;
    protected PatientId[] Sample { get; } = [.. cell.People.Census.Values.SelectMany(c => c).Concat(Enumerable.Range(0, Math.Min(Others, cell.People.Patients.Length))).Distinct().Select(n => cell.People.Patients[n])];

    protected Knowledge Known { get; } = new([.. cell.People.Staff.Select(s => s.Account)], [.. cell.People.Patients.Take(60)], [.. cell.People.Units.Select(u => u.Unit)], [], [cell.People.Station.Id], [],
        [.. Enumerable.Range(0, 3).Select(n => Query(cell.People, n)), "MARTIN"]);

    public abstract Task<Outcome> PlayAsync();

    /// <summary>A name and a birth date of somebody: generously, he knows them already.</summary>
    protected static string Query(Establishment people, int number) => $"{people.Traits[number].FirstGivenName} {people.Traits[number].BirthDate:dd/MM/yyyy}";

    protected string Query(int number) => Query(People, number);

    /// <summary>
    /// Asks the privacy officer's way whom an incident concerns, kind of data by kind of data, and compares it with the sink: nobody may be missing, and of twenty
    /// named at least nineteen were read.
    /// </summary>
    protected async Task<Part[]> ExposureAsync(IncidentNature nature, AccountId? account, DateTimeOffset from)
    {
        var officer = await cell.EnterAsync(Role.PrivacyOfficer).ConfigureAwait(false);
        var incident = (await officer.AskAsync(IncidentVerbs.Open, new OpenIncident("Exercice", "Exposition à comparer avec ce que l'attaquant a emporté.", new IncidentScope(nature, from, cell.Now, account), cell.Now)).ConfigureAwait(false)).Id;
        var number = People.Patients.Select((patient, n) => (patient, n)).ToDictionary(p => p.patient, p => p.n);
        var (named, total) = (new HashSet<(int, Domain)>(), 1);
        for (var (page, seen) = (0, 0); seen < total; page++)
        {
            var lines = await officer.AskAsync(IncidentVerbs.Patients, new ExposedPage(incident, page)).ConfigureAwait(false);
            (seen, total) = (seen + lines.Patients.Count, lines.Total);
            foreach (var one in lines.Patients) foreach (var exposed in one.Domains) named.Add((number[one.Patient], exposed.Domain));
            if (lines.Patients.Count == 0) break;
        }
        var taken = sink.Window().ToHashSet();
        return
        [
            new($"patient × type de données emporté que l'exposition calculée ignore, sur {taken.Count}", taken.Except(named).Count(), 0),
            new($"désigné en trop par elle, sur {named.Count}", named.Except(taken).Count(), named.Count / 20),
        ];
    }

    /// <summary>Every file, every domain, in wards and one by one; every identity by every way.</summary>
    protected async Task ReadEverythingAsync(Actor actor)
    {
        foreach (var ward in Sample.Chunk(60)) await AskAsync(actor, ReleaseVerbs.Release.Name, new ReleaseKeys(ward, [.. Enum.GetValues<Domain>().Where(d => d is not (Domain.Identity or Domain.Sensitive))], "care")).ConfigureAwait(false);
        foreach (var domain in Enum.GetValues<Domain>()) await AskAsync(actor, ReleaseVerbs.Release.Name, new ReleaseKeys([.. Sample.Take(60)], [domain], "care")).ConfigureAwait(false);
        foreach (var page in Sample.Chunk(100))
        {
            await AskAsync(actor, IdentityVerbs.Lines.Name, new LinesOf(page)).ConfigureAwait(false);
            await AskAsync(actor, IdentityVerbs.Order.Name, new OrderIdentities(page, IdentitySort.Name, 0)).ConfigureAwait(false);
        }
        for (var number = 0; number < Math.Min(20, Sample.Length); number++)
        {
            await AskAsync(actor, ReleaseVerbs.Release.Name, new ReleaseKeys([Sample[number]], [Domain.Clinical], "care")).ConfigureAwait(false);
            await AskAsync(actor, ReleaseVerbs.BreakGlass.Name, new BreakGlass(Sample[number], "Urgence vitale, dossier nécessaire.")).ConfigureAwait(false);
            await TakeProtectedAsync(actor, Sample[number]).ConfigureAwait(false);
            await AskAsync(actor, IdentityVerbs.Find.Name, new FindIdentities(Query(number))).ConfigureAwait(false);
            await AskAsync(actor, IdentityVerbs.Traits.Name, new TraitsOf(Sample[number])).ConfigureAwait(false);
            await AskAsync(actor, ReleaseVerbs.Accesses.Name, new AccessesOf(Sample[number])).ConfigureAwait(false);
        }
    }

    /// <summary>Every protected record of one patient. Their salts lie in the database: whoever attacks is given them.</summary>
    protected async Task TakeProtectedAsync(Actor actor, PatientId patient)
    {
        foreach (var row in await cell.Rows.ProtectedAsync([patient]).ConfigureAwait(false))
        {
            if (await AskAsync(actor, ReleaseVerbs.Record.Name, new RecordKeyAsked(patient, row.Salt, row.KeyVersion, "care")).ConfigureAwait(false) is not { } answer) continue;
            using var keys = Signing.PatientFiles.KeysOf(patient, JsonSerializer.Deserialize<RecordKeyLent>(answer, WireJson.Options)!, add: false);
            sink.Take(cell.Rows.Open(keys, row).Content.Body.ToString());
        }
    }

    /// <returns>The JSON of the answer, or null when refused.</returns>
    protected Task<string?> AskAsync(Actor actor, string verb, object body)
    {
        var (message, signature) = actor.Sign(verb, body);
        return RelayAsync(message, signature);
    }

    protected async Task<string?> RelayAsync(byte[] message, byte[] signature)
    {
        var answer = await sink.TryAsync(() => cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
        if (answer is null) return null;
        var said = JsonSerializer.Deserialize<JsonElement>(answer);
        if (said.ValueKind is not JsonValueKind.Object) return answer;
        if (said.TryGetProperty("approval", out var approval) && approval.ValueKind is JsonValueKind.String) Known.Approvals.Add(Id.Parse<ApprovalId>(approval.GetString()!));
        if (said.TryGetProperty("invitation", out var code) && code.ValueKind is JsonValueKind.String) await TryInvitationAsync(code.GetString()!).ConfigureAwait(false);
        return answer;
    }

    /// <summary>A code that he guessed or was given: enrolled with a key of his own, entered, and all of it read.</summary>
    protected async Task TryInvitationAsync(string code)
    {
        Actor? stranger = null;
        await sink.TryAsync(async () =>
        {
            stranger = await cell.EnterAsync(await cell.EnrolAsync(code).ConfigureAwait(false)).ConfigureAwait(false);
            return ReadOnlyMemory<byte>.Empty;
        }).ConfigureAwait(false);
        if (stranger is not null) await ReadEverythingAsync(stranger).ConfigureAwait(false);
    }

    protected Task<string?> UnsignedAsync(string verb, object body)
    {
        var message = Actor.Message(cell.Status.Cell, null, null, 0, cell.Now, verb, body);
        return sink.TryAsync(() => cell.Client.RelayAsync(message, default));
    }

    /// <summary>The Server's and the Custodian's pages, as someone with a name, guessed passwords, or a cookie.</summary>
    protected async Task OverHttpAsync(string? stolen)
    {
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
        string[] paths = ["/", "/service", "/admission", "/lits", .. Sample.Take(5).Select(p => $"/patient/{p}"), "/fhir/Patient", "/fhir/Patient?_count=1000", "/login", "/admin", "/oauth/token", "/api/patients", "/_blazor/negotiate", "/files"];
        foreach (var origin in new[] { cell.Screens, cell.Page })
            foreach (var path in paths)
            {
                using var get = new HttpRequestMessage(HttpMethod.Get, origin + path);
                if (stolen is not null) get.Headers.TryAddWithoutValidation("Cookie", $"session={stolen}; .AspNetCore.Session={stolen}; serment={stolen}");
                else get.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{People.Of(Role.Nurse).Name}:{EveryVerb.Guess(2)}")));
                await SendAsync(http, get).ConfigureAwait(false);
                using var post = new HttpRequestMessage(HttpMethod.Post, origin + path) { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = People.Of(Role.Nurse).Name, ["password"] = EveryVerb.Guess(3) }) };
                await SendAsync(http, post).ConfigureAwait(false);
            }
    }

    private Task SendAsync(HttpClient http, HttpRequestMessage request) => sink.TryAsync(async () =>
    {
        using var answer = await http.SendAsync(request).ConfigureAwait(false);
        sink.Take(await answer.Content.ReadAsStringAsync().ConfigureAwait(false));
        return answer.IsSuccessStatusCode ? ReadOnlyMemory<byte>.Empty : throw new RefusedException($"http.{(int)answer.StatusCode}", "");
    });

    protected static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);
}
