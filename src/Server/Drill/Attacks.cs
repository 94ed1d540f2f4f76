using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>One attacker against one cell, by the ways that he has, over its sockets and HTTP.</summary>
internal sealed class Attacks(ThrowawayCell cell, Loot loot, bool planted)
{
    private readonly List<PatientId> _patients = [.. cell.Canaries.Select(c => c.Patient)];
    private readonly Knowledge _known = new([cell.Ada.Me!.Account, cell.Nurse.Me!.Account, cell.Ben.Me!.Account], [.. cell.Canaries.Select(c => c.Patient)], [cell.Unit.Unit],
        [cell.Nurse.Session, cell.Ada.Session], [cell.Station.Id], [], [.. cell.Canaries.Take(3).Select(Query), cell.Canaries[0].Traits.BirthName, "MARTIN"]);

    public Task PlayAsync(string attacker) => attacker switch
    {
        "A1" => StolenPasswordAsync(),
        "A2" => CopiedProfileAsync(),
        "A4" => OneAdministratorAsync(),
        _ => throw new UnreachableException(attacker),
    };

    /// <summary>A1. An account's name, its id, guessed secrets: there is nothing to guess.</summary>
    private async Task StolenPasswordAsync()
    {
        await OverHttpAsync(null).ConfigureAwait(false);
        foreach (var (verb, ask) in EveryVerb.All)
            foreach (var body in EveryVerb.Bodies(ask, _known).Take(6)) await UnsignedAsync(verb, body).ConfigureAwait(false);
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await UnsignedAsync(SessionVerbs.Demonstration.Name, new DemonstrationSignIn(cell.Nurse.Me!.Account, own.ExportSubjectPublicKeyInfo())).ConfigureAwait(false);
        // A key of his own that claims to be the nurse's.
        foreach (var purpose in new[] { "shift", "tap" })
        {
            var key = new SoftwareKey(cell.Status.Cell, cell.Screens) { UserHandle = Id.Bytes(cell.Nurse.Me!.Account) };
            var ceremony = await cell.BeginAsync(purpose).ConfigureAwait(false);
            await UnsignedAsync(purpose == "tap" ? SessionVerbs.Tap.Name : SessionVerbs.Complete.Name, key.Assert(purpose, ceremony.Nonce, own.ExportSubjectPublicKeyInfo())).ConfigureAwait(false);
        }
        for (var guess = 0; guess < 20; guess++) await TryInvitationAsync(EveryVerb.Guess(guess)).ConfigureAwait(false);
        await ReadEverythingAsync(new Actor(cell, cell.Nurse.Session, own, null)).ConfigureAwait(false);
        await ReadEverythingAsync(new Actor(cell, Id.New<SessionId>(), own, null)).ConfigureAwait(false);
    }

    /// <summary>A2. All that a copy of the nurse's browser holds: identifiers, requests already sent, the station's key from its storage. Not the session key: it never leaves memory.</summary>
    private async Task CopiedProfileAsync()
    {
        foreach (var (message, signature) in cell.Nurse.Sent.ToArray())
        {
            await loot.TryAsync(() => cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
            var text = Encoding.UTF8.GetString(message);
            var altered = Encoding.UTF8.GetBytes(text.Replace("\"counter\":", "\"counter\":9", StringComparison.Ordinal));
            await loot.TryAsync(() => cell.Client.RelayAsync(altered, signature)).ConfigureAwait(false);
        }
        await OverHttpAsync(cell.Nurse.Session.ToString()).ConfigureAwait(false);
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Another device signs: with a key of its own, with the station's.
        foreach (var key in new[] { own, cell.Station.Key }) await ReadEverythingAsync(new Actor(cell, cell.Nurse.Session, key, null)).ConfigureAwait(false);
        var passkey = new SoftwareKey(cell.Status.Cell, cell.Screens) { UserHandle = Id.Bytes(cell.Nurse.Me!.Account) };
        foreach (var purpose in new[] { "tap", "shift" })
        {
            var assertion = passkey.Assert(purpose, (await cell.BeginAsync(purpose, station: cell.Station.Id).ConfigureAwait(false)).Nonce, own.ExportSubjectPublicKeyInfo());
            await UnsignedAsync(purpose == "tap" ? SessionVerbs.Tap.Name : SessionVerbs.Complete.Name, assertion with { Station = new StationProof(cell.Station.Id, cell.ProofOf(purpose, assertion)) }).ConfigureAwait(false);
        }
        var touching = new Actor(cell, cell.Nurse.Session, own, null);
        foreach (var purpose in new[] { "touch", "pin" })
        {
            var ceremony = await cell.BeginAsync(purpose, cell.Nurse.Session).ConfigureAwait(false);
            await AskAsync(touching, SessionVerbs.Touch.Name, new Touch(purpose == "pin", passkey.Assert(purpose, ceremony.Nonce, own.ExportSubjectPublicKeyInfo()))).ConfigureAwait(false);
        }
        if (planted) await ReadEverythingAsync(cell.Nurse).ConfigureAwait(false);
    }

    /// <summary>A4. Every verb that exists, in the name of a real administrator with his key and PIN; whatever it yields is used.</summary>
    private async Task OneAdministratorAsync()
    {
        var thief = cell.Ada;
        await cell.TouchAsync(thief, cell.AdaKey, pin: true).ConfigureAwait(false);
        await ReadEverythingAsync(thief).ConfigureAwait(false);
        foreach (var (verb, ask) in EveryVerb.All.Where(v => EveryVerb.RankOfLast(v.Name) < 0)) await SweepAsync(verb, ask).ConfigureAwait(false);
        // What he proposed he approves himself, with his PIN, in this session and in a second one of his.
        foreach (var who in new[] { thief, await EnterAgainAsync().ConfigureAwait(false) })
        {
            if (who is null) continue;
            await cell.TouchAsync(who, cell.AdaKey, pin: true).ConfigureAwait(false);
            if (await AskAsync(who, AccountVerbs.Waiting.Name, Nothing.AtAll).ConfigureAwait(false) is { } waiting)
                foreach (var one in JsonSerializer.Deserialize<PendingApprovals>(waiting, WireJson.Options)!.Waiting)
                    await AskAsync(who, AccountVerbs.Approve.Name, new Approve(one.Approval, one.Statement)).ConfigureAwait(false);
            await ReadEverythingAsync(who).ConfigureAwait(false);
        }
        foreach (var (verb, ask) in EveryVerb.All.Where(v => EveryVerb.RankOfLast(v.Name) >= 0).OrderBy(v => EveryVerb.RankOfLast(v.Name))) await SweepAsync(verb, ask).ConfigureAwait(false);
        await ReadEverythingAsync(thief).ConfigureAwait(false);

        async Task SweepAsync(string verb, Type ask)
        {
            foreach (var body in EveryVerb.Bodies(ask, _known)) thief = await StillInAsync(thief, await AskAsync(thief, verb, body).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    /// <summary>His session ended by his own doing: he comes back with his key.</summary>
    private async Task<Actor> StillInAsync(Actor thief, string? answer)
    {
        if (answer is not null || loot.LastRefusal is not (RefusalCodes.NoSession or RefusalCodes.Locked)) return thief;
        return await EnterAgainAsync().ConfigureAwait(false) ?? thief;
    }

    private async Task<Actor?> EnterAgainAsync()
    {
        try { return await cell.EnterAsync(cell.AdaKey).ConfigureAwait(false); }
        catch (RefusedException no) { loot.Refused(no.Refusal.Code); return null; }
    }

    /// <summary>Every file, every domain, in wards and one by one; every identity by every way.</summary>
    private async Task ReadEverythingAsync(Actor actor)
    {
        foreach (var domain in Enum.GetValues<Domain>())
            foreach (var ward in _patients.Chunk(60)) await AskAsync(actor, ReleaseVerbs.Release.Name, new ReleaseKeys(ward, [domain], "care")).ConfigureAwait(false);
        foreach (var page in _patients.Chunk(100))
        {
            await AskAsync(actor, IdentityVerbs.Lines.Name, new LinesOf(page)).ConfigureAwait(false);
            await AskAsync(actor, IdentityVerbs.Order.Name, new OrderIdentities(page, IdentitySort.Name, 0)).ConfigureAwait(false);
        }
        foreach (var canary in cell.Canaries.Take(40))
        {
            await AskAsync(actor, ReleaseVerbs.Release.Name, new ReleaseKeys([canary.Patient], [Domain.Clinical], "care")).ConfigureAwait(false);
            await AskAsync(actor, ReleaseVerbs.BreakGlass.Name, new BreakGlass(canary.Patient, "Urgence vitale, dossier nécessaire.")).ConfigureAwait(false);
            await AskAsync(actor, IdentityVerbs.Find.Name, new FindIdentities(Query(canary))).ConfigureAwait(false);
            await AskAsync(actor, IdentityVerbs.Traits.Name, new TraitsOf(canary.Patient)).ConfigureAwait(false);
            await AskAsync(actor, ReleaseVerbs.Accesses.Name, new AccessesOf(canary.Patient)).ConfigureAwait(false);
        }
    }

    private async Task<string?> AskAsync(Actor actor, string verb, object body)
    {
        var (message, signature) = actor.Sign(verb, body);
        var answer = await loot.TryAsync(() => cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
        if (answer is null) return null;
        var said = JsonSerializer.Deserialize<JsonElement>(answer);
        if (said.ValueKind is not JsonValueKind.Object) return answer;
        if (said.TryGetProperty("approval", out var approval) && approval.ValueKind is JsonValueKind.String) _known.Approvals.Add(Id.Parse<ApprovalId>(approval.GetString()!));
        if (said.TryGetProperty("invitation", out var code) && code.ValueKind is JsonValueKind.String) await TryInvitationAsync(code.GetString()!).ConfigureAwait(false);
        return answer;
    }

    /// <summary>A code that he guessed or was given: enrolled with a key of his own, entered, and all of it read.</summary>
    private async Task TryInvitationAsync(string code)
    {
        Actor? stranger = null;
        await loot.TryAsync(async () =>
        {
            stranger = await cell.EnterAsync(await cell.EnrolAsync(code).ConfigureAwait(false)).ConfigureAwait(false);
            return ReadOnlyMemory<byte>.Empty;
        }).ConfigureAwait(false);
        if (stranger is not null) await ReadEverythingAsync(stranger).ConfigureAwait(false);
    }

    private Task<string?> UnsignedAsync(string verb, object body)
    {
        var message = JsonSerializer.SerializeToUtf8Bytes(new SignedRequest { Version = SignedRequest.CurrentVersion, Cell = cell.Status.Cell, Verb = verb, Expires = DateTimeOffset.UtcNow.AddSeconds(50).ToUnixTimeMilliseconds(), Body = JsonSerializer.SerializeToElement(body, body.GetType(), WireJson.Options) }, WireJson.Options);
        return loot.TryAsync(() => cell.Client.RelayAsync(message, default));
    }

    /// <summary>The Server's and the Custodian's pages, as someone with a name, guessed passwords, or a cookie.</summary>
    private async Task OverHttpAsync(string? stolen)
    {
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
        string[] paths = ["/", "/service", "/admission", "/lits", .. _patients.Take(5).Select(p => $"/patient/{p}"), .. _patients.Take(5).Select(p => $"/dossier/{p}"), "/fhir/Patient", "/fhir/Patient?_count=1000", "/login", "/admin", "/oauth/token", "/api/patients", "/_blazor/negotiate"];
        foreach (var origin in new[] { cell.Screens, cell.Page })
            foreach (var path in paths)
            {
                using var get = new HttpRequestMessage(HttpMethod.Get, origin + path);
                if (stolen is not null) get.Headers.TryAddWithoutValidation("Cookie", $"session={stolen}; .AspNetCore.Session={stolen}; serment={stolen}");
                else get.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{cell.Nurse.Me!.Name}:{EveryVerb.Guess(2)}")));
                await SendAsync(http, get).ConfigureAwait(false);
                using var post = new HttpRequestMessage(HttpMethod.Post, origin + path) { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = cell.Nurse.Me!.Name, ["password"] = EveryVerb.Guess(3) }) };
                await SendAsync(http, post).ConfigureAwait(false);
            }
    }

    private Task SendAsync(HttpClient http, HttpRequestMessage request) => loot.TryAsync(async () =>
    {
        using var answer = await http.SendAsync(request).ConfigureAwait(false);
        loot.Take(await answer.Content.ReadAsStringAsync().ConfigureAwait(false));
        return answer.IsSuccessStatusCode ? ReadOnlyMemory<byte>.Empty : throw new RefusedException($"http.{(int)answer.StatusCode}", "");
    });

    private static string Query(Canary canary) => $"{canary.Traits.BirthName} {canary.Traits.FirstGivenName} {canary.Traits.BirthDate:dd/MM/yyyy}";
}
