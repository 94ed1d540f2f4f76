using Microsoft.AspNetCore.Http.Features;

namespace Serment.Server.Packs;

/// <summary>
/// Where a ward's device fetches its pack and tells of openings. What is fetched is ciphertext that this device alone opens; what is told is
/// believed for the device's signature, which the Custodian checks.
/// </summary>
internal static class PacksEndpoint
{
    private const long LongestReport = 64 << 10;

    public static void MapPacks(this IEndpointRouteBuilder app)
    {
        app.MapGet("/packs/{pack}", (string pack, HttpContext context, PackFolder folder) =>
        {
            if (!Id.TryParse<ApprovalId>(pack, out var id) || !File.Exists(folder.File(id))) return Results.NotFound();
            context.Response.Headers.CacheControl = "no-store";
            return Results.File(folder.File(id), "application/octet-stream", "secours.pack", File.GetLastWriteTimeUtc(folder.File(id)));
        });
        app.MapPost("/packs/openings", (HttpContext context, CustodianClient custodian, CellStatus cell) => RelayAsync(context, custodian, cell, PackVerbs.Opened));
        app.MapPost("/packs/seen", (HttpContext context, CustodianClient custodian, CellStatus cell) => RelayAsync(context, custodian, cell, PackVerbs.Seen));
    }

    private static async Task<IResult> RelayAsync<TAsk, TReply>(HttpContext context, CustodianClient custodian, CellStatus cell, Verb<TAsk, TReply> verb)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = LongestReport;
        try
        {
            if (await context.Request.ReadFromJsonAsync<TAsk>(WireJson.Options, context.RequestAborted) is not { } said) throw new System.Text.Json.JsonException();
            return Results.Json(await custodian.AskUnsignedAsync(verb, cell.Cell, said, context.RequestAborted), WireJson.Options);
        }
        catch (RefusedException no) { return Results.Problem(no.Refusal.Message, statusCode: no.Refusal.Code == RefusalCodes.Away ? 503 : 400, title: no.Refusal.Code); }
        catch (Exception fault) when (fault is System.Text.Json.JsonException or BadHttpRequestException) { return Results.Problem("Compte rendu d'ouverture illisible.", statusCode: 400, title: RefusalCodes.Malformed); }
    }
}
