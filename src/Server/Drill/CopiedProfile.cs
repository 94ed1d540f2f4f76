using System.Text;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>
/// A2. All that a copy of someone's browser holds, while she is signed in and works: the whole profile in a second Chromium, and on the wire the identifiers,
/// the requests already sent, the station's key. Not the session key: it never leaves memory. Tried at once, and after 1, 5 and 11 minutes.
/// </summary>
internal sealed class CopiedProfile(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    private static readonly int[] Minutes = [0, 1, 5, 11];
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-drill-profile-").FullName;
    private int _opened;

    public override async Task<Outcome> PlayAsync()
    {
        var nurse = await Cell.EnterAsync(People.Of(Role.Nurse).Key, onStation: true).ConfigureAwait(false);
        Chromium? victim = null;
        Chromium.Tab? screen = null;
        try
        {
            if (Chromium.Program is not null)
            {
                victim = await Chromium.StartAsync(Path.Combine(_folder, "victim")).ConfigureAwait(false);
                screen = await Cell.EnterAsync(victim, People.Of(Role.Nurse, 1).Key).ConfigureAwait(false);
            }
            for (var i = 0; i < Minutes.Length; i++)
            {
                if (i > 0) await Cell.AdvanceAsync(TimeSpan.FromMinutes(Minutes[i] - Minutes[i - 1])).ConfigureAwait(false);
                await WorkAsync(nurse).ConfigureAwait(false);
                await OnTheWireAsync(nurse).ConfigureAwait(false);
                if (screen is not null) await InASecondBrowserAsync(screen, Minutes[i]).ConfigureAwait(false);
            }
            if (Planted) await ReadEverythingAsync(nurse).ConfigureAwait(false);
            return new Outcome([new(screen is null ? "patients (sans Chromium : sur le fil seulement)" : "patients", Sink.Reached, 0)]);
        }
        finally
        {
            if (victim is not null) await victim.DisposeAsync().ConfigureAwait(false);
            try { Directory.Delete(_folder, recursive: true); }
            catch (IOException) { /* Chromium's last writer; the system clears temporary directories. */ }
        }
    }

    private async Task InASecondBrowserAsync(Chromium.Tab screen, int minute)
    {
        // She works on: a chart is open at the very moment of the copy.
        var own = People.Census[People.Of(Role.Nurse, 1).Units[0]];
        var open = People.Patients[own[_opened++ % own.Count]];
        await screen.MustAsync($"location.pathname.endsWith('{open}') && document.querySelector('.banner') && document.documentElement.outerHTML.includes('ZQX')", meanwhile: $"location.pathname.endsWith('{open}') || Blazor.navigateTo('/patient/{open}')").ConfigureAwait(false);
        var copy = Path.Combine(_folder, $"copy-{minute}");
        await Programs.RunAsync("cp", "-r", Path.Combine(_folder, "victim"), copy).ConfigureAwait(false);
        foreach (var mark in new[] { "SingletonLock", "SingletonCookie", "SingletonSocket" }) File.Delete(Path.Combine(copy, mark));
        Sink.TakeFiles(copy);
        await using var thief = await Chromium.StartAsync(copy).ConfigureAwait(false);
        foreach (var address in new[] { $"/patient/{open}", "/" })
        {
            var tab = await thief.OpenAsync(Cell.Screens + address).ConfigureAwait(false);
            await tab.MustAsync("document.querySelector('#enter') || document.querySelector('.bar .who')").ConfigureAwait(false);
            Sink.Take(await tab.TextAsync().ConfigureAwait(false));
            var body = JsonSerializer.Serialize(new ReleaseKeys([open], [Domain.Clinical], "care"), WireJson.Options);
            var signed = await tab.EvaluateAsync($"import('/session.js').then(async m => JSON.stringify(await m.sign('{ReleaseVerbs.Release.Name}', {JsonSerializer.Serialize(body)})))").ConfigureAwait(false);
            if (signed is null or "null") { Sink.Refused("profile.no-session-key"); continue; }
            var parts = JsonSerializer.Deserialize<JsonElement>(signed);
            await Sink.TryAsync(() => Cell.Client.RelayAsync(parts.GetProperty("message").GetBytesFromBase64(), parts.GetProperty("signature").GetBytesFromBase64())).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(Actor nurse)
    {
        await Cell.TouchAsync(nurse, People.Of(Role.Nurse).Key, pin: false).ConfigureAwait(false);
        var own = await nurse.AskAsync(RelationVerbs.OwnPatients, new OwnPatients(null)).ConfigureAwait(false);
        await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([.. own.Patients.Take(5)])).ConfigureAwait(false);
        foreach (var patient in own.Patients.Take(3)) await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care")).ConfigureAwait(false);
    }

    private async Task OnTheWireAsync(Actor nurse)
    {
        foreach (var (message, signature) in nurse.Sent.ToArray())
        {
            await Sink.TryAsync(() => Cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
            var altered = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(message).Replace("\"counter\":", "\"counter\":9", StringComparison.Ordinal));
            await Sink.TryAsync(() => Cell.Client.RelayAsync(altered, signature)).ConfigureAwait(false);
        }
        await OverHttpAsync(nurse.Session.ToString()).ConfigureAwait(false);
        using var own = NewKey();
        // Another device signs: with a key of its own, with the station's.
        foreach (var key in new[] { own, People.Station.Key }) await ReadEverythingAsync(new Actor(Cell, nurse.Session, key, null)).ConfigureAwait(false);
        var passkey = Cell.At(new SoftwareKey(Cell.Status.Cell) { UserHandle = People.Of(Role.Nurse).Key.UserHandle });
        foreach (var purpose in new[] { "tap", "shift" })
        {
            var assertion = passkey.Assert(purpose, (await Cell.BeginAsync(purpose, station: People.Station.Id).ConfigureAwait(false)).Nonce, own.ExportSubjectPublicKeyInfo());
            await UnsignedAsync(purpose == "tap" ? SessionVerbs.Tap.Name : SessionVerbs.Complete.Name, assertion with { Station = new StationProof(People.Station.Id, Cell.ProofOf(purpose, assertion)) }).ConfigureAwait(false);
        }
        var touching = new Actor(Cell, nurse.Session, own, null);
        foreach (var purpose in new[] { "touch", "pin" })
        {
            var ceremony = await Cell.BeginAsync(purpose, nurse.Session).ConfigureAwait(false);
            await AskAsync(touching, SessionVerbs.Touch.Name, new Touch(purpose == "pin", passkey.Assert(purpose, ceremony.Nonce, own.ExportSubjectPublicKeyInfo()))).ConfigureAwait(false);
        }
    }
}
