using Serment.Server.Statements;

namespace Serment.Server.Commands;

/// <summary>
/// The names under which this Server is asked. A name that resolves here but is not its own is somebody's trick (DNS
/// rebinding), and a live connection asked for by another site's page is refused before anything answers.
/// </summary>
internal sealed class OwnAddress
{
    private readonly HashSet<string> _origins, _authorities;

    /// <param name="origins">SERMENT_ORIGINS, as the Custodian takes it: where the screens are, beside the port of this machine.</param>
    public OwnAddress(int port, string? origins)
    {
        // An address in figures is nobody's to redirect.
        var own = new[] { $"http://localhost:{port}", $"http://127.0.0.1:{port}", $"http://[::1]:{port}" }
            .Concat(origins?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []).Select(origin => new Uri(origin)).ToArray();
        _origins = own.Select(origin => origin.GetLeftPart(UriPartial.Authority)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        _authorities = own.Select(origin => origin.Authority).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (Refusal(context.Request) is not { } status) return next(context);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("Adresse inconnue de ce serveur. Si c'est la sienne, donnez-la dans SERMENT_ORIGINS (voir README.md).\n");
    }

    private int? Refusal(HttpRequest request)
    {
        if (request.Path.StartsWithSegments("/health")) return null;
        if (!_authorities.Contains(request.Host.Value ?? "")) return StatusCodes.Status421MisdirectedRequest;
        var origin = request.Headers.Origin.ToString();
        // A form comes without a name, since the pages send no referrer. These carry what opens in themselves (a ticket, a link and its code), and nothing else of the browser counts.
        return origin.Length == 0 || _origins.Contains(origin) || (origin == "null" && (request.Path == "/files" || request.Path.StartsWithSegments(StatementEndpoint.Address))) ? null : StatusCodes.Status403Forbidden;
    }
}
