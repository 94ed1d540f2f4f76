using System.Text.Json;
using Serment.Custodian.Requests;
using Serment.Custodian.Sessions;
using Serment.Custodian.Standby;

namespace Serment.Custodian.Page;

/// <summary>
/// The Custodian's own page, on its own origin: files without inline script, and /ask, which is the one way in.
/// What officers sign is shown here, never by the Server. It answers on its own port only, so that nothing that comes
/// by the Server's socket can claim to come from here.
/// </summary>
internal static class OwnPage
{
    private const int MaximumRequest = 64 << 10;
    private static readonly Dictionary<string, (string Type, byte[] Bytes)> Files = new()
    {
        ["/"] = ("text/html; charset=utf-8", Read("page.html")),
        ["/language.js"] = ("text/javascript; charset=utf-8", Read("language.js")),
        ["/english.json"] = ("application/json", JsonSerializer.SerializeToUtf8Bytes(SecondLanguage.OfCustodian.All)),
        ["/page.js"] = ("text/javascript; charset=utf-8", Read("page.js")),
        ["/page.css"] = ("text/css; charset=utf-8", Read("page.css")),
        ["/icon.svg"] = ("image/svg+xml; charset=utf-8", Read("icon.svg")),
    };

    public static void Map(WebApplication app, Post post, RelyingParty place, int port) =>
        app.MapWhen(http => http.Connection.LocalPort == port, page => page.Run(http => AnswerAsync(http, post, place)));

    internal static async Task AnswerAsync(HttpContext http, Post post, RelyingParty place)
    {
        Harden(http.Response.Headers, place.Page);
        // A name that resolves here but is not this page's is somebody's trick (DNS rebinding).
        if (http.Request.Host.Value != new Uri(place.Page).Authority) { http.Response.StatusCode = 421; return; }
        if (http.Request is { Method: "GET", Path.Value: { } path } && Files.TryGetValue(path, out var file))
        {
            http.Response.ContentType = file.Type;
            await http.Response.Body.WriteAsync(file.Bytes).ConfigureAwait(false);
        }
        else if (http.Request is { Method: "POST", Path.Value: "/ask" }) await AskAsync(http, post, place).ConfigureAwait(false);
        else http.Response.StatusCode = 404;
    }

    private static async Task AskAsync(HttpContext http, Post post, RelyingParty place)
    {
        try
        {
            if (http.Request.Headers.Origin != place.Page || http.Request.ContentType != "application/octet-stream") throw new RefusedException("request.origin", "Demande venue d'une autre page.");
            if (http.Request.ContentLength is not (> 0 and <= MaximumRequest)) throw new RefusedException(RefusalCodes.Malformed, "Demande trop grande, ou de taille inconnue.");
            var message = new byte[http.Request.ContentLength.Value];
            await http.Request.Body.ReadExactlyAsync(message, http.RequestAborted).ConfigureAwait(false);
            var reply = await post.AnswerAsync(message, Signature(http.Request.Headers["Serment-Signature"]), onPage: true).ConfigureAwait(false);
            http.Response.ContentType = "application/json";
            await http.Response.Body.WriteAsync(reply).ConfigureAwait(false);
        }
        catch (RefusedException no) { OperatorLog.Note(LogOf(http), no.Refusal); await RefuseAsync(http, 422, no.Refusal).ConfigureAwait(false); }
        // Whoever asked is gone in the middle: there is nobody to answer, and no fault.
        catch (Exception gone) when (gone is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested) { }
        catch (Exception cut) when (cut is EndOfStreamException or BadHttpRequestException) { await RefuseAsync(http, 400, new Refusal(RefusalCodes.Malformed, "Demande incomplète.")).ConfigureAwait(false); }
        catch (Exception fault) when (!http.Response.HasStarted) { OperatorLog.Note(LogOf(http), fault); await RefuseAsync(http, 500, new Refusal("custodian.fault", "Le gardien n'a pas pu répondre. La demande n'a rien changé ; réessayez.")).ConfigureAwait(false); }
    }

    private static ILogger LogOf(HttpContext http) => http.RequestServices.GetRequiredService<ILogger<CustodyEndpoint>>();

    private static byte[] Signature(string? header)
    {
        if (string.IsNullOrEmpty(header)) return [];
        var bytes = new byte[128];
        return Convert.TryFromBase64String(header, bytes, out var length) ? bytes[..length] : throw new RefusedException(RefusalCodes.Signature, "Signature illisible.");
    }

    private static Task RefuseAsync(HttpContext http, int status, Refusal refusal)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(refusal, JsonSerializerOptions.Web);
    }

    internal static void Harden(IHeaderDictionary headers, string page)
    {
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()";
        headers.CacheControl = "no-store";
        if (page.StartsWith("https://", StringComparison.Ordinal)) headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
    }

    private static byte[] Read(string name)
    {
        using var file = typeof(OwnPage).Assembly.GetManifestResourceStream($"page/{name}")!;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
