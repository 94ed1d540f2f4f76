using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Serment.Records;
using Serment.Records.Documents;
using Serment.Records.Entries;

namespace Serment.Server.Files;

/// <summary>
/// Where files come in and go out: one address without a name in it. The ticket travels in a header, or in the body of a form
/// so that a download goes straight to the disk. No cookie is looked at.
/// </summary>
public static partial class FilesEndpoint
{
    public const string TicketHeader = "Serment-Ticket";

    public static IServiceCollection AddFiles(this IServiceCollection services, string data) => services
        .AddSingleton(s => new DocumentsDoor(s.GetRequiredService<RecordsDatabase>(), s.GetRequiredService<EntriesDoor>()))
        .AddSingleton(s => new FileStore(data, s.GetRequiredService<DocumentsDoor>(), s.GetRequiredService<ILogger<FileStore>>()))
        .AddSingleton(s => new FileTickets(s.GetRequiredService<Signing.CustodianWatch>(), s.GetRequiredService<Signing.CellClock>()))
        .AddScoped<TicketDesk>().AddHostedService<StoreSweep>();

    public static void MapFiles(this IEndpointRouteBuilder app)
    {
        app.MapPut("/files", (HttpContext context, FileTickets tickets, FileStore store) => AnswerAsync(context, () => ReceiveAsync(context, tickets, store)));
        app.MapGet("/files", (HttpContext context, FileTickets tickets, FileStore store) => AnswerAsync(context, () => GiveAsync(context, context.Request.Headers[TicketHeader], tickets, store)));
        app.MapPost("/files", (HttpContext context, FileTickets tickets, FileStore store) => AnswerAsync(context, async () => await GiveAsync(context, await FormTicketAsync(context), tickets, store)));
    }

    private static async Task<IResult> ReceiveAsync(HttpContext context, FileTickets tickets, FileStore store)
    {
        var ticket = tickets.Take(context.Request.Headers[TicketHeader], upload: true);
        try
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = FileStore.Maximum + 1;
            var stored = await store.ReceiveAsync(ticket, context.Request.Body, context.Request.ContentLength, context.RequestAborted);
            ticket.Stored.TrySetResult(stored);
            return Results.NoContent();
        }
        finally
        {
            ticket.Stored.TrySetCanceled(CancellationToken.None);
            CryptographicOperations.ZeroMemory(ticket.Key);
        }
    }

    private static async Task<IResult> GiveAsync(HttpContext context, string? name, FileTickets tickets, FileStore store)
    {
        var ticket = tickets.Take(name, upload: false);
        var offer = ticket.Offer!;
        Stream file;
        try { file = ticket.Content is { } content ? new MemoryStream(content, writable: false) : await store.OpenAsync(ticket.Address, ticket.Key, context.RequestAborted); }
        finally { CryptographicOperations.ZeroMemory(ticket.Key); }
        var disposition = new ContentDispositionHeaderValue(offer.Inline ? "inline" : "attachment");
        disposition.SetHttpFileName(offer.Name);
        var headers = context.Response.Headers;
        headers.ContentDisposition = disposition.ToString();
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        // A sandbox has no origin and runs nothing. Chromium's PDF viewer, itself walled off, does not start in one.
        headers.ContentSecurityPolicy = offer.MediaType == "application/pdf"
            ? "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
            : "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";
        var type = !offer.Inline ? "application/octet-stream" : offer.MediaType == "text/plain" ? "text/plain; charset=utf-8" : offer.MediaType;
        return Results.Stream(file, type, enableRangeProcessing: true);
    }

    private static async Task<string?> FormTicketAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType) return null;
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 4096;
        return (await context.Request.ReadFormAsync(context.RequestAborted))["ticket"];
    }

    /// <summary>Refusals become problems of RFC 9457, or a plain line for a person's tab; a fault in the middle cuts the connection.</summary>
    private static async Task AnswerAsync(HttpContext context, Func<Task<IResult>> act)
    {
        try { await (await act()).ExecuteAsync(context); }
        catch (OperationCanceledException) { context.Abort(); }
        catch (Exception fault) when (fault is RefusedException or BadHttpRequestException or IOException)
        {
            var no = (fault as RefusedException)?.Refusal ?? new Refusal("file.cut", "La demande s'est interrompue. Recommencez depuis le dossier du patient.");
            Refused(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Serment.Files"), no.Code);
            if (context.Response.HasStarted) { context.Abort(); return; }
            context.Response.Headers.ContentDisposition = default;
            var status = no.Code switch { "file.ticket" => 403, "file.size" => 413, "records.disk" => 507, "file.missing" => 404, RefusalCodes.Conflict => 409, "file.altered" => 422, _ => 400 };
            if (context.Request.Method == "POST") await Results.Text(no.Message, "text/plain; charset=utf-8", statusCode: status).ExecuteAsync(context);
            else await Results.Problem(no.Message, statusCode: status, title: "Demande refusée", type: $"urn:serment:{no.Code}", extensions: new Dictionary<string, object?> { ["code"] = no.Code }).ExecuteAsync(context);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A file was not taken or given: {Code}")]
    private static partial void Refused(ILogger log, string code);
}
