namespace Serment.Server.Commands;

/// <summary>What every answer of this process tells the browser to refuse. The Custodian's page has stricter ones of its own.</summary>
/// <param name="origins">SERMENT_ORIGINS: names that a TLS proxy in front answers to.</param>
internal sealed class SecurityHeaders(string? origins)
{
    private readonly HashSet<string> _behindTls = (origins?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        .Select(origin => new Uri(origin)).Where(origin => origin.Scheme == Uri.UriSchemeHttps).Select(origin => origin.Authority).ToHashSet(StringComparer.OrdinalIgnoreCase);

    public Task SendAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers.CacheControl = context.Request.Path.StartsWithSegments("/_content") || context.Request.Path.StartsWithSegments("/_framework") ? headers.CacheControl : "no-store";
        // Under plain HTTP on this machine a browser must go on believing http.
        if (_behindTls.Contains(context.Request.Host.Value ?? "")) headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        context.Response.OnStarting(static response => Finish((HttpResponse)response), context.Response);
        return next(context);
    }

    private static Task Finish(HttpResponse response)
    {
        // The framework would add a cookie against forged forms. No form here believes a cookie, so none is sent.
        response.Headers.Remove("Set-Cookie");
        if (response.ContentType is { } type && (type.StartsWith("text/", StringComparison.Ordinal) || type.EndsWith("+xml", StringComparison.Ordinal)) && !type.Contains("charset", StringComparison.Ordinal))
            response.ContentType = type + "; charset=utf-8";
        return Task.CompletedTask;
    }
}
