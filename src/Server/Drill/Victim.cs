using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>What a session key signed.</summary>
internal sealed record Signed(byte[] Message, byte[] Signature);

/// <summary>
/// Someone who is signed in at a patched Server, which has her session sign what it wants: in her own live browser, whose page and worker it serves and whose key it cannot take out;
/// where no Chromium is, by a key that the drill holds in its place.
/// </summary>
internal sealed class Victim
{
    private readonly Chromium.Tab? _page;
    private readonly Actor? _standIn;

    private Victim(Employee who, Chromium.Tab page) => (Who, _page) = (who, page);
    private Victim(Employee who, Actor standIn) => (Who, _standIn) = (who, standIn);

    public Employee Who { get; }
    public bool InBrowser => _page is not null;
    /// <summary>What was signed in her name, as whoever relays it keeps it.</summary>
    public List<Signed> Sent { get; } = [];

    /// <summary>At her own screen, in a profile that nobody shares. From there on nobody touches her key.</summary>
    public static async Task<Victim> EnterAsync(ThrowawayCell cell, Employee who, Chromium? chromium)
    {
        if (chromium is null) return new Victim(who, await cell.EnterAsync(who.Key).ConfigureAwait(false));
        var page = await cell.EnterAsync(chromium, who.Key, apart: true).ConfigureAwait(false);
        await page.UnplugAsync().ConfigureAwait(false);
        return new Victim(who, page);
    }

    /// <summary>By the page, as its own requests are: in one go, with the counters of the same worker.</summary>
    /// <returns>In that order; null where nobody is signed in any more.</returns>
    public async Task<Signed?[]> SignAsync(IReadOnlyList<(string Verb, object Body)> asks)
    {
        var signed = _page is null ? [.. asks.Select(ask => Of(_standIn!.Sign(ask.Verb, ask.Body)))]
            : await InBrowserAsync(_page, $"import('/session.js').then(page => Promise.all({Script(asks)}.map(([verb, body]) => page.sign(verb, body)))).then(JSON.stringify)").ConfigureAwait(false);
        Sent.AddRange(signed.OfType<Signed>());
        return signed;
    }

    /// <summary>For another establishment. The page's worker writes its own into all that it signs; a patched Server serves that worker's script too.</summary>
    public async Task<Signed?[]> SignForAsync(string other, IReadOnlyList<(string Verb, object Body)> asks) =>
        _page is null ? [.. asks.Select(ask => Of(_standIn!.SignFor(other, ask.Verb, ask.Body)))]
            : await InBrowserAsync(await _page.WorkerAsync("/session-worker.js").ConfigureAwait(false), $$"""
                !own ? "[]" : (() => {
                  const mine = own.cell;
                  own.cell = '{{other}}';
                  const signing = {{Script(asks)}}.map(([verb, body]) => operations.sign({ verb, body }));
                  own.cell = mine;
                  return Promise.all(signing).then(JSON.stringify);
                })()
                """).ConfigureAwait(false);

    /// <summary>What her screen shows; nothing where the drill stands in for it.</summary>
    public async Task<string> ScreenAsync() => _page is null ? "" : await _page.TextAsync().ConfigureAwait(false);

    private static async Task<Signed?[]> InBrowserAsync(Chromium.Tab page, string script) =>
        JsonSerializer.Deserialize<Signed?[]>(await page.EvaluateAsync(script).ConfigureAwait(false) ?? throw new RefusedException("drill.screen", "Un navigateur de l'exercice ne signe plus."), WireJson.Options)!;

    private static string Script(IEnumerable<(string Verb, object Body)> asks) => JsonSerializer.Serialize(asks.Select(ask => new[] { ask.Verb, JsonSerializer.Serialize(ask.Body, ask.Body.GetType(), WireJson.Options) }));

    private static Signed Of((byte[] Message, byte[] Signature) signed) => new(signed.Message, signed.Signature);
}
