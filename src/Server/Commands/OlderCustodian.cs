using System.Net;
using Serment.Records;
using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>
/// The database remembers a longer journal than the Custodian has, or another: it was restored from an older day, or somebody puts an older one in
/// its place. Nothing is served then but a page that says what is missing, until two officers accept it on the Custodian's own page.
/// </summary>
internal static partial class OlderCustodian
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(3);

    /// <summary>Returns when the journal continues the one remembered, or when it was accepted as it is.</summary>
    public static async Task SettleAsync(CustodianClient client, CellStatus cell, RecordsDatabase records, int port, ILogger log)
    {
        if (await SettledAsync(client, cell, records).ConfigureAwait(false)) return;
        var missing = await ReportAsync(client, cell, records).ConfigureAwait(false);
        Older(log, missing.Size, missing.Seen, missing.Unknown, cell.Page ?? "");
        Console.WriteLine(InWords(missing, cell));
        await using var page = Page(() => missing, cell, port);
        await page.StartAsync().ConfigureAwait(false);
        var stopping = page.Lifetime.ApplicationStopping;
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(LookAgain, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (await SettledAsync(client, cell, records).ConfigureAwait(false)) return;
                // Told again each time: a Custodian that restarts forgets a claim that nobody accepted.
                missing = await ReportAsync(client, cell, records).ConfigureAwait(false);
            }
            catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Away or "gap.none") { }
        }
        throw new RefusedException("custodian.older", "Arrêté avant que deux responsables n'aient accepté la reprise. Rien n'a été modifié.");
    }

    private static async Task<bool> SettledAsync(CustodianClient client, CellStatus cell, RecordsDatabase records)
    {
        var beside = await JournalMemory.LookAsync(client, cell, records).ConfigureAwait(false);
        if (beside.Continues) return true;
        if (beside.State.Accepted != beside.Seen || !(beside.Head?.Is(beside.State.AcceptedHead) ?? true)) return false;
        // From here on this journal is the one that was seen; its root is taken at the next look where it could not be said now.
        await records.RememberAsync(new RememberedJournal(beside.State.Size, beside.Root?.Now.Size ?? 0, beside.Root?.Now.Root)).ConfigureAwait(false);
        return true;
    }

    private static async Task<GapClaim> ReportAsync(CustodianClient client, CellStatus cell, RecordsDatabase records)
    {
        var census = new RecordsCensus(records);
        var beside = await JournalMemory.LookAsync(client, cell, records).ConfigureAwait(false);
        var (state, seen, forked) = (beside.State, beside.Seen, beside.Forked);
        var unknown = await UnknownAsync(client, cell, census).ConfigureAwait(false);
        var stays = (await census.OpenStaysAsync().ConfigureAwait(false)).Select(s => new GapStay(s.Stay, s.Patient, s.Occupies, s.Responsible, s.Housing, s.ExpectedAt)).ToArray();
        // Where another journal parts from the one seen is not known: nothing can be counted since then.
        var written = forked ? 0 : await census.WrittenSinceAsync(state.LastAt).ConfigureAwait(false);
        var versions = (await census.KeyVersionsAsync().ConfigureAwait(false)).ToLookup(rows => KeyVersionRows.CanBe(rows.Version), rows => new KeyVersionRows(rows.Version, rows.Rows));
        KeyVersionRows[] named = [.. versions[true]];
        var altered = versions[false].Sum(rows => rows.Rows);
        await client.AskUnsignedAsync(GapVerbs.Report, cell.Cell, new ReportGap(seen, written, unknown, stays, Rows: named, AlteredRows: altered, Head: beside.Head)).ConfigureAwait(false);
        return new GapClaim(seen, state.Size, state.LastAt, written, unknown.Count, stays.Length, Beyond: [.. named.Where(rows => rows.Version > cell.KeyVersion)], AlteredRows: altered, Forked: forked);
    }

    /// <summary>Patients who have records and whom the Custodian does not know.</summary>
    internal static async Task<IReadOnlyList<PatientId>> UnknownAsync(CustodianClient client, CellStatus cell, RecordsCensus census)
    {
        var unknown = new List<PatientId>();
        await foreach (var page in census.PatientsAsync(10_000).ConfigureAwait(false))
            unknown.AddRange((await client.AskUnsignedAsync(GapVerbs.Unknown, cell.Cell, new AskUnknown(page)).ConfigureAwait(false)).Patients);
        return unknown;
    }

    private static string InWords(GapClaim missing, CellStatus cell) => $"""

          LE GARDIEN A ÉTÉ RESTAURÉ D'UNE SAUVEGARDE PLUS ANCIENNE QUE LES DOSSIERS
          Journal : {missing.Size} entrées, {missing.Seen} avaient été vues{(missing.Forked ? ", et ses premières sont autres : une copie plus ancienne a continué à côté" : "")}. La dernière date du {ClinicalTime.Local(missing.LastAt).ToString("d MMMM yyyy 'à' HH:mm", ClinicalTime.French)}.
          Patients connus par leur pseudonyme seulement : {missing.Unknown}. {(missing.Forked ? "" : $"Éléments écrits depuis : {missing.Written}. ")}Rien n'est effacé.{string.Concat(KeysInWords(missing).Select(line => "\n      " + line))}
          Si une sauvegarde plus récente du gardien existe, arrêtez et restaurez-la. Sinon, deux responsables acceptent la reprise sur {cell.Page}
          docs/runbooks/custodian-older.md

        """;

    /// <summary>What rows say of keys, which nothing proves: for whoever looks into the database before two officers sign.</summary>
    private static IEnumerable<string> KeysInWords(GapClaim missing)
    {
        if (missing.Beyond is { Count: > 0 } beyond) yield return $"Éléments sous des versions de clés que ce gardien n'a pas : {string.Join(", ", beyond.Select(rows => $"version {rows.Version} : {rows.Rows}"))}.";
        if (missing.AlteredRows > 0) yield return $"Éléments altérés, qui nomment une version de clés qui ne peut exister : {missing.AlteredRows} (« serment doctor » dit lesquels).";
    }

    private static WebApplication Page(Func<GapClaim> missing, CellStatus cell, int port)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => { kestrel.ListenLocalhost(port); kestrel.AddServerHeader = false; });
        var app = builder.Build();
        var origins = Environment.GetEnvironmentVariable("SERMENT_ORIGINS");
        app.Use(new SecurityHeaders(origins).SendAsync);
        app.Use(new OwnAddress(port, origins).CheckAsync);
        app.MapGet("/health/live", () => Results.Ok());
        app.MapFallback(http =>
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            http.Response.ContentType = "text/html; charset=utf-8";
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
            http.Response.Headers.RetryAfter = "5";
            return http.Response.WriteAsync(Html(missing(), cell));
        });
        return app;
    }

    private static string Html(GapClaim missing, CellStatus cell) => $$"""
        <!doctype html><html lang="fr"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
        <title>Serment attend deux responsables</title>
        <style>body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem } dt { margin-top: .8rem } dd { margin: 0; font-weight: 600; font-size: 1.2rem } .do { border-left: 4px solid; padding-left: 1rem }</style></head>
        <body><h1>Les écrans reprennent dans un moment</h1>
        <p>{{WebUtility.HtmlEncode(cell.Name)}} : le gardien des clés a été restauré d'une sauvegarde plus ancienne que les dossiers. Rien n'est effacé. Deux responsables doivent dire que l'on reprend ainsi.</p>
        <dl>{{(missing.Forked
            ? $"<dt>Journal</dt><dd>{missing.Size} entrées présentes, {missing.Seen} avaient été vues, qui ne sont pas les premières de celui-ci : une copie plus ancienne a continué à côté. Où les deux se séparent, leurs empreintes ne le disent pas.</dd>"
            : $"""
                <dt>Dernière entrée du journal retrouvée</dt><dd>{ClinicalTime.Local(missing.LastAt).ToString("d MMMM yyyy 'à' HH:mm", ClinicalTime.French)}</dd>
                <dt>Entrées du journal perdues</dt><dd>{missing.Seen - missing.Size} (vues : {missing.Seen}, présentes : {missing.Size})</dd>
                """)}}
        <dt>Patients connus par leur pseudonyme seulement</dt><dd>{{missing.Unknown}}</dd>
        {{(missing.Forked ? "" : $"<dt>Éléments écrits depuis, qui restent dans les dossiers</dt><dd>{missing.Written}</dd>")}}</dl>
        {{string.Concat(KeysInWords(missing).Select(line => $"<p>{WebUtility.HtmlEncode(line)}</p>"))}}
        <div class="do"><p><b>En attendant</b>, servez-vous des fiches de secours et de la liste papier du service.</p>
        <p><b>Responsables</b> : un premier demande la reprise, un second l'approuve, sur la <a href="{{WebUtility.HtmlEncode(cell.Page ?? "")}}">page du gardien</a>. Si une sauvegarde plus récente du gardien existe, restaurez-la plutôt.</p></div>
        </body></html>
        """;

    [LoggerMessage(Level = LogLevel.Critical, Message = "The Custodian's journal has {Size} entries, {Seen} had been seen, and does not continue them; {Unknown} pseudonyms are unknown to it. Waiting for two officers on {Page}")]
    private static partial void Older(ILogger log, long size, long seen, int unknown, string page);
}
