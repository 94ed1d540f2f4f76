using System.Buffers.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Serment.Server.Ui;
using Serment.Server.Ui.Statements;

namespace Serment.Server.Statements;

/// <summary>
/// Where a patient reads his statement by himself, with a link and a code that the Custodian checks: plain pages and forms, no session, no cookie. Neither secret
/// is ever part of an address. The same address gives the file of a statement that was opened, here or at the desk, to who holds its handle.
/// </summary>
public static class StatementEndpoint
{
    public const string Address = "/releve";

    public static void MapStatements(this IEndpointRouteBuilder app)
    {
        app.MapGet("/releve", (HttpContext context) => Page(context, null, null, null));
        app.MapPost("/releve", OpenAsync);
        app.MapPost("/releve/fichier", FileAsync);
    }

    private static async Task<IResult> OpenAsync(HttpContext context, CustodianClient custodian, CellStatus cell)
    {
        var (token, code) = (await FieldAsync(context, "link"), await FieldAsync(context, "code"));
        // A whole address pasted into the field is as good as what stands behind its #.
        token = token.Split('#')[^1].Trim();
        try { return Page(context, null, null, await custodian.AskUnsignedAsync(StatementVerbs.ByLink, cell.Cell, new OpenByLink(token, code))); }
        catch (RefusedException no) { return Page(context, token, no.Refusal, null); }
    }

    private static async Task<IResult> FileAsync(HttpContext context, CustodianClient custodian, CellStatus cell)
    {
        var handle = new byte[64];
        if (!Base64Url.TryDecodeFromChars(await FieldAsync(context, "opened"), handle, out var written)) written = 0;
        try
        {
            var first = await custodian.AskUnsignedAsync(StatementVerbs.File, cell.Cell, new FileOfStatement(handle[..written], 0), context.RequestAborted);
            Harden(context);
            return Results.Stream(async to =>
            {
                await to.WriteAsync(first.Bytes, context.RequestAborted);
                for (var part = 1; part < first.Parts; part++)
                    await to.WriteAsync((await custodian.AskUnsignedAsync(StatementVerbs.File, cell.Cell, new FileOfStatement(handle[..written], part), context.RequestAborted)).Bytes, context.RequestAborted);
            }, "application/x-ndjson", "releve-acces.ndjson");
        }
        catch (RefusedException no) { return Page(context, null, no.Refusal, null); }
    }

    private static RazorComponentResult<StatementPage> Page(HttpContext context, string? link, Refusal? refusal, Statement? statement)
    {
        Harden(context);
        var english = context.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(language => language.Quality ?? 1).FirstOrDefault()?.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase) == true;
        _ = context.RequestServices.GetRequiredService<Texts>().ChooseAsync(english);
        return new RazorComponentResult<StatementPage>(new Dictionary<string, object?> { ["Link"] = link, ["Refusal"] = refusal, ["Statement"] = statement }) { StatusCode = refusal is null ? 200 : 422 };
    }

    private static async Task<string> FieldAsync(HttpContext context, string name)
    {
        if (!context.Request.HasFormContentType) return "";
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = 4096;
        try { return (await context.Request.ReadFormAsync(context.RequestAborted))[name].ToString(); }
        catch (Exception cut) when (cut is IOException or InvalidDataException or BadHttpRequestException) { return ""; }
    }

    private static void Harden(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers["X-Robots-Tag"] = "noindex";
    }
}
