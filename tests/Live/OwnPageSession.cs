using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Serment.Live.Tests;

/// <summary>The Custodian's own page without a browser: what its script sends, by hand. In a demonstration, where nobody needs a key.</summary>
public sealed class OwnPageSession : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _page;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private long _counter;

    private OwnPageSession(string page) => (_page, _http) = (page, new HttpClient { BaseAddress = new Uri(page) });

    public string Cell { get; private set; } = "";
    public SessionId? Session { get; private set; }

    /// <summary>Nobody yet.</summary>
    public static OwnPageSession Open(string page) => new(page);

    public static async Task<OwnPageSession> EnterAsync(string page, Role role)
    {
        var own = new OwnPageSession(page);
        own.Cell = (await own.AskAsync(CellVerbs.Status, Nothing.AtAll)).Cell;
        var who = (await own.AskAsync(SessionVerbs.DemonstrationPeople, Nothing.AtAll)).People.First(person => person.Role == role);
        own.Session = (await own.AskAsync(SessionVerbs.Demonstration, new DemonstrationSignIn(who.Account, own._key.ExportSubjectPublicKeyInfo()))).Session;
        return own;
    }

    /// <exception cref="RefusedException">What the Custodian said.</exception>
    public async Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        var answer = await PostAsync(Message(verb.Name, JsonSerializer.SerializeToElement(body, WireJson.Options)));
        if (answer.StatusCode == HttpStatusCode.OK) return JsonSerializer.Deserialize<TReply>(await answer.Content.ReadAsStreamAsync(), WireJson.Options)!;
        throw new RefusedException(await CodeAsync(answer), await answer.Content.ReadAsStringAsync());
    }

    public byte[] Message(string verb, JsonElement body) => JsonSerializer.SerializeToUtf8Bytes(new SignedRequest
    {
        Version = SignedRequest.CurrentVersion, Cell = Cell, Session = Session, Client = null, Counter = Session is null ? 0 : ++_counter,
        Expires = DateTimeOffset.UtcNow.AddSeconds(30).ToUnixTimeMilliseconds(), Verb = verb, Body = body,
    }, WireJson.Options);

    /// <param name="signature">As the header says it; null: signed by the session, where there is one.</param>
    public async Task<HttpResponseMessage> PostAsync(byte[] message, string? signature = null, string? origin = null, string type = "application/octet-stream", bool length = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ask") { Content = length ? new ByteArrayContent(message) : new StreamContent(new MemoryStream(message)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (!length) request.Headers.TransferEncodingChunked = true;
        if (origin != "") request.Headers.Add("Origin", origin ?? _page);
        signature ??= Session is null ? "" : Convert.ToBase64String(_key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        request.Headers.TryAddWithoutValidation("Serment-Signature", signature);
        return await _http.SendAsync(request);
    }

    /// <summary>What a refusal names itself; "" for an answer.</summary>
    public static async Task<string> CodeAsync(HttpResponseMessage answer) =>
        answer.StatusCode == HttpStatusCode.OK ? "" : JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString()!;

    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }
}
