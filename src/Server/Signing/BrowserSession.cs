using System.Text.Json;
using Microsoft.JSInterop;

namespace Serment.Server.Signing;

/// <summary>
/// One live connection's hold on its browser's session key. Requests are built and signed in the browser, relayed here,
/// decided in the Custodian: this process can pass on what was signed and can sign nothing itself.
/// </summary>
public sealed class BrowserSession(IJSRuntime browser, CustodianClient custodian, CustodianWatch watch, CellClock clock) : IAsyncDisposable
{
    private sealed record Held(string Cell, string Session);
    private sealed record Signed(byte[] Message, byte[] Signature);

    private IJSObjectReference? _script;
    private bool _watching;

    public Me? Me { get; private set; }
    public SessionId Session { get; private set; }
    public CellStatus? Cell { get; private set; }
    /// <summary>Nothing is answered until a touch; what was typed stays.</summary>
    public bool Locked { get; private set; }
    /// <summary>This browser is an enrolled workstation: one tap changes the user.</summary>
    public StationId? Station { get; private set; }
    /// <summary>What happened to this account that its holder has not yet read.</summary>
    public IReadOnlyList<AccountNotice> Notices { get; private set; } = [];

    /// <summary>Someone came, went or was locked out.</summary>
    public event Action? Changed;

    /// <summary>The line to the Custodian was cut and is back, and what it announced meanwhile was not heard; or this account was given or lost a unit.</summary>
    public event Action? Unsure;

    /// <summary>Shows the person what is asked (a touch, a PIN) and why; true once it was given.</summary>
    public Func<Refusal, Task<bool>>? OnPresenceNeeded { get; set; }

    /// <summary>Finds a session that this browser still holds; a circuit's memory dies sooner than the key.</summary>
    public async Task ResumeAsync()
    {
        Cell ??= await custodian.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);
        Station = Id.TryParse<StationId>(await (await ScriptAsync()).InvokeAsync<string?>("station"), out var station) ? station : null;
        if (await (await ScriptAsync()).InvokeAsync<Held?>("state") is not { } held)
        {
            if (Me is not null) { Me = null; Changed?.Invoke(); }
            return;
        }
        if (Me is not null && held.Session == Session.ToString()) return;
        try
        {
            var (known, _) = await SignAndAskAsync(SessionVerbs.Attach, new Attach(""));
            Enter(known with { Session = Id.Parse<SessionId>(held.Session) });
        }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.NoSession or RefusalCodes.WrongCell or RefusalCodes.Signature or RefusalCodes.Locked or RefusalCodes.Frozen)
        {
            await LeaveAsync();
        }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Replayed)
        {
            await (await ScriptAsync()).InvokeVoidAsync("jump");
            await ResumeAsync();
        }
    }

    public async Task<IReadOnlyList<Me>> DemonstrationPeopleAsync() => (await custodian.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, Cell!.Cell, Nothing.AtAll)).People;

    public async Task DemonstrateAsync(AccountId account)
    {
        var key = await (await ScriptAsync()).InvokeAsync<byte[]>("prepare");
        await AdoptAsync(await custodian.AskUnsignedAsync(SessionVerbs.Demonstration, Cell!.Cell, new DemonstrationSignIn(account, key)));
    }

    /// <returns>False when the person gave up.</returns>
    public async Task<bool> SignInAsync()
    {
        await (await ScriptAsync()).InvokeAsync<byte[]>("prepare");
        if (await AssertAsync("shift", null) is not { } assertion) return false;
        await AdoptAsync(await custodian.AskUnsignedAsync(SessionVerbs.Complete, Cell!.Cell, assertion));
        return true;
    }

    /// <summary>Change of user on a station: one touch, no PIN. Where a PIN is due after all, it is asked for.</summary>
    /// <returns>False when the person gave up.</returns>
    public async Task<bool> TapAsync()
    {
        await (await ScriptAsync()).InvokeAsync<byte[]>("prepare");
        if (await AssertAsync("tap", null) is not { } assertion) return false;
        try { await AdoptAsync(await custodian.AskUnsignedAsync(SessionVerbs.Tap, Cell!.Cell, assertion)); return true; }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Pin) { return await SignInAsync(); }
    }

    public async Task<StationLine> EnrolStationAsync(string code)
    {
        var script = await ScriptAsync();
        var made = await script.InvokeAsync<JsonElement>("stationEnrol", Cell!.Cell, code);
        var line = await custodian.AskUnsignedAsync(AccountVerbs.EnrolStation, Cell.Cell, made.Deserialize<EnrolStation>(WireJson.Options)!);
        await script.InvokeVoidAsync("stationKeep", line.Station.ToString());
        Station = line.Station;
        return line;
    }

    public async Task LockAsync()
    {
        await SignAndAskAsync(SessionVerbs.Lock, Nothing.AtAll);
        Locked = true;
        Changed?.Invoke();
    }

    /// <summary>Takes up where one was. False when the person gave up.</summary>
    public async Task<bool> UnlockAsync()
    {
        bool given;
        try { given = await TouchAsync(pin: false); }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Pin) { given = await TouchAsync(pin: true); }
        if (!given) return false;
        Locked = false;
        Changed?.Invoke();
        // What came meanwhile was not asked for behind the lock.
        Unsure?.Invoke();
        return true;
    }

    public async Task NoticesReadAsync()
    {
        Notices = [];
        await AskAsync(SessionVerbs.NoticesRead, Nothing.AtAll);
    }

    /// <returns>False when the person gave up.</returns>
    public async Task<bool> EnrolAsync(string invitation)
    {
        var ceremony = await custodian.AskUnsignedAsync(SessionVerbs.Begin, Cell!.Cell, new BeginCeremony("enrol", null, invitation));
        if (ceremony.Page is { } page) throw new RefusedException("enrol.page", $"La clé d'un responsable s'enrôle sur la page du gardien : {page}");
        var made = await (await ScriptAsync()).InvokeAsync<JsonElement>("registration", Cell.Cell, invitation, ToJson(ceremony));
        if (made.ValueKind is not JsonValueKind.Object) return false;
        await custodian.AskUnsignedAsync(SessionVerbs.Enrol, Cell.Cell, made.Deserialize<EnrolPasskey>(WireJson.Options)!);
        return true;
    }

    /// <summary>A touch or PIN within the session. In demonstrations a click stands for it.</summary>
    public async Task<bool> TouchAsync(bool pin)
    {
        Assertion? assertion = null;
        if (!Cell!.Demonstration && (assertion = await AssertAsync(pin ? "pin" : "touch", Session)) is null) return false;
        await SignAndAskAsync(SessionVerbs.Touch, new Touch(pin, assertion));
        return true;
    }

    /// <summary>
    /// Asks the Custodian in this person's name. Where it wants a touch or a PIN first, the person is asked and the request is
    /// made once more; where it restarted meanwhile, the request is signed anew.
    /// </summary>
    public async Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body) => (await AskSignedAsync(verb, body)).Reply;

    /// <summary>The same, with the session key's signature on which the answer was given.</summary>
    public async Task<(TReply Reply, byte[] Signature)> AskSignedAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        for (var attempt = 1; ; attempt++)
            try { return await SignAndAskAsync(verb, body); }
            catch (RefusedException no) when (attempt <= 7)
            {
                switch (no.Refusal.Code)
                {
                    case RefusalCodes.Replayed: await (await ScriptAsync()).InvokeVoidAsync("jump"); continue;
                    case RefusalCodes.Away: await Task.Delay(1000); continue;
                    case RefusalCodes.Touch or RefusalCodes.Pin when attempt <= 3 && OnPresenceNeeded is { } ask && await ask(no.Refusal): continue;
                    case RefusalCodes.Locked: Locked = true; Changed?.Invoke(); throw;
                    case RefusalCodes.NoSession: await LeaveAsync(); throw;
                    default: throw;
                }
            }
    }

    /// <summary>The Custodian shows so many identities to one question; whoever has more patients asks again.</summary>
    private const int LinesAtOnce = 100;

    /// <summary>
    /// Who they are, as far as this person may see it, however many they are. Where so many names wait for a touch that is not given, those before
    /// it: a list with some names is worth more than none.
    /// </summary>
    public Task<PeopleShown> PeopleAsync(IReadOnlyCollection<PatientId> patients) => PeopleAsync(patients, ask => AskAsync(IdentityVerbs.Lines, ask));

    internal static async Task<PeopleShown> PeopleAsync(IReadOnlyCollection<PatientId> patients, Func<LinesOf, Task<IdentityLines>> ask)
    {
        var (lines, merged) = (new Dictionary<PatientId, IdentityLine>(), new Dictionary<PatientId, IReadOnlyList<PatientId>>());
        foreach (var some in patients.Distinct().Chunk(LinesAtOnce))
            try
            {
                var shown = await ask(new LinesOf(some));
                foreach (var line in shown.Lines) lines[line.Patient] = line;
                foreach (var ids in shown.Merged ?? []) merged[ids.Patient] = [ids.Patient, .. ids.Also];
            }
            catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Touch && lines.Count > 0) { break; }
        return new PeopleShown(lines, merged);
    }

    public async Task SignOutAsync()
    {
        try { await SignAndAskAsync(SessionVerbs.End, new EndSession(Session)); }
        catch (RefusedException) { }
        await LeaveAsync();
    }

    /// <summary>What was typed in a form and not saved, by field; its fields fill themselves, this tells which form to open.</summary>
    /// <param name="place">"account|patient|form": a colleague's place is another one.</param>
    public async Task<IReadOnlyDictionary<string, string>> DraftAsync(string place) => await (await ScriptAsync()).InvokeAsync<Dictionary<string, string>>("draft", place);

    public async Task KeepDraftAsync(string place, string field, string value) => await (await ScriptAsync()).InvokeVoidAsync("keep", place, field, value);

    /// <summary>Saved, or given up.</summary>
    public async Task DiscardDraftAsync(string place) => await (await ScriptAsync()).InvokeVoidAsync("discard", place);

    public async Task<IJSObjectReference> ScriptAsync() => _script ??= await browser.InvokeAsync<IJSObjectReference>("import", "/session.js");

    private async Task<(TReply Reply, byte[] Signature)> SignAndAskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body, bool inTime = true)
    {
        var signed = await (await ScriptAsync()).InvokeAsync<Signed?>("sign", verb.Name, JsonSerializer.Serialize(body, WireJson.Options))
            ?? throw new RefusedException(RefusalCodes.NoSession, "Identifiez-vous d'abord.");
        try { return (await custodian.AskAsync(verb, signed.Message, signed.Signature), signed.Signature); }
        catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Expired && inTime)
        {
            await KeepTimeAsync();
            return await SignAndAskAsync(verb, body, inTime: false);
        }
    }

    /// <summary>This workstation's clock was set, or the cell's was moved, since someone entered.</summary>
    private async Task KeepTimeAsync()
    {
        Cell = await custodian.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);
        clock.Follow(Cell);
        await (await ScriptAsync()).InvokeVoidAsync("keepTime", clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private async Task<Assertion?> AssertAsync(string purpose, SessionId? session)
    {
        var ceremony = await custodian.AskUnsignedAsync(SessionVerbs.Begin, Cell!.Cell, new BeginCeremony(purpose, session, null, purpose == "tap" ? Station : null));
        var given = await (await ScriptAsync()).InvokeAsync<JsonElement>("assertion", Cell.Cell, purpose, ToJson(ceremony));
        return given.ValueKind is JsonValueKind.Object ? given.Deserialize<Assertion>(WireJson.Options) : null;
    }

    private static JsonElement ToJson<T>(T value) => JsonSerializer.SerializeToElement(value, WireJson.Options);

    private async Task AdoptAsync(SignedIn signedIn)
    {
        await (await ScriptAsync()).InvokeVoidAsync("adopt", Cell!.Cell, signedIn.Session.ToString(), clock.GetUtcNow().ToUnixTimeMilliseconds());
        Enter(signedIn);
    }

    private void Enter(SignedIn signedIn)
    {
        (Me, Session, Locked, Notices) = (signedIn.Me, signedIn.Session, false, signedIn.Notices ?? []);
        if (!_watching) watch.Noticed += OnNotice;
        _watching = true;
        Changed?.Invoke();
    }

    private void OnNotice(Custodian.Wire.Grpc.Notice notice)
    {
        if (notice.Kind is "watching" || (notice.Kind is "account-changed" && notice.Subject == Me?.Account.ToString())) { Unsure?.Invoke(); return; }
        if (notice.Subject != Session.ToString() || Me is null) return;
        if (notice.Kind is "session-ended") Me = null;
        else if (notice.Kind is "session-locked") Locked = true;
        else return;
        Changed?.Invoke();
    }

    /// <summary>Whether this is still a session, and what the account is now: a screen that heard nothing of its end closes now, one that was given a unit for a shift shows it.</summary>
    public async Task CheckAsync()
    {
        if (Me is null || Locked) return;
        try
        {
            var known = await AskAsync(SessionVerbs.Attach, new Attach(""));
            if (Me?.Account != known.Me.Account) return;
            (Me, Notices) = (known.Me, known.Notices ?? []);
            Changed?.Invoke();
        }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Frozen or RefusalCodes.Signature) { await LeaveAsync(); }
        catch (RefusedException) { /* Left or locked by now, or the Custodian is away again and will say so when it is back. */ }
    }

    private async Task LeaveAsync()
    {
        Me = null;
        await ForgetAsync();
        Changed?.Invoke();
    }

    private async Task ForgetAsync() => await (await ScriptAsync()).InvokeVoidAsync("forget");

    public async ValueTask DisposeAsync()
    {
        watch.Noticed -= OnNotice;
        if (_script is null) return;
        try { await _script.DisposeAsync(); }
        catch (JSDisconnectedException) { }
    }
}
