using System.Text.Json;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Incidents;
using Serment.Server.Letters;
using Serment.Server.Signing;
using Serment.Server.Ui;
using Serment.Server.Ui.Incidents;

namespace Serment.Server.Commands;

/// <summary>serment incident open|scope|letters|close: the register from the command line, by a machine's key; people do the same at /incidents.</summary>
internal static class IncidentCommands
{
    private const string Help = """
        serment incident list    --client CLÉ [--json]                     le registre
        serment incident open    --client CLÉ --title T --facts T --nature account|session|station|interface|server|storage [--subject ID]
                                 --from jj/mm/aaaa hh:mm [--until …] [--aware …] [--json]
                                                                           ouvre un incident et compte qui est concerné
        serment incident scope   --client CLÉ --incident ID [--json]       compte de nouveau, et dit combien de patients par type de données
        serment incident notification --client CLÉ --incident ID --out FICHIER.pdf|.html [--phase initial|complement|final]
                                 [--consequences T] [--late-because T]     écrit la notification à la CNIL (article 33), remplie ; ce qui manque est dit ;
                                                                           sans ces deux options : comme à la dernière notification inscrite
        serment incident letters --client CLÉ --incident ID --out DOSSIER --happened T --done T [--mail] [--again]
                                                                           écrit les lettres de l'article 34, avec la clé du mandat approuvé à deux ;
                                                                           s'arrête et reprend ; un dossier par incident ; qui a déjà sa lettre n'en
                                                                           reçoit pas une seconde, sauf si l'on compte plus de données vues depuis
                                                                           --mail : par courriel à qui en a un (SERMENT_SMTP)
                                                                           --again : écrire de nouveau à tous, exprès, dans un autre dossier
        serment incident close   --client CLÉ --incident ID --conclusion T clôt, une fois l'information des personnes décidée à l'écran
          --client : clé d'une interface de portée « incidents », ou pour letters celle du mandat ; --data DIR partout
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [] or ["--help", ..] or [_, "--help"]) { Console.WriteLine(Help); return args is [] ? 2 : 0; }
        var line = new CommandLine(args[1..], ["--json", "--mail", "--again"], ["--data", "--client", "--title", "--facts", "--nature", "--subject", "--from", "--until", "--aware", "--incident", "--out", "--happened", "--done", "--conclusion", "--phase", "--consequences", "--late-because"]);
        using var key = ClientKey.Read(Needed(line, "--client"));
        await using var custodian = await CustodianAtHand.ReachAsync(line.Data).ConfigureAwait(false);
        var signer = key.For(custodian.Client, custodian.Cell);
        switch (args[0])
        {
            case "list": Print(line, await signer.AskAsync(IncidentVerbs.Register, Nothing.AtAll).ConfigureAwait(false), register => [.. register.Incidents.Select(i => $"{i.Number,4}  {i.Id}  {i.State,-8}  {i.Patients,9:N0} patients  {i.Title}")]); return 0;
            case "open": Print(line, await signer.AskAsync(IncidentVerbs.Open, Asked(line)).ConfigureAwait(false), i => [$"Incident n° {i.Number}, {i.Id} : {i.Patients:N0} patients concernés. À notifier avant le {ClinicalTime.Local(i.NotifyBefore):dd/MM/yyyy HH:mm}."]); return 0;
            case "scope": Print(line, await signer.AskAsync(IncidentVerbs.Recount, new AskedIncident(IncidentOf(line))).ConfigureAwait(false), e => [$"{e.Patients:N0} patients, {e.Accesses:N0} accès, {e.Completed ?? 0:N0} dossiers complétés", .. e.Domains.Select(d => $"  {French.Domain(d.Domain),-14} {d.Patients,9:N0} patients {d.Accesses,11:N0} accès")]); return 0;
            case "close": await signer.AskAsync(IncidentVerbs.Close, new CloseIncident(IncidentOf(line), Needed(line, "--conclusion"))).ConfigureAwait(false); Console.WriteLine("Clos."); return 0;
            case "notification": return await NotificationAsync(line, signer, custodian.Cell).ConfigureAwait(false);
            case "letters": return await LettersAsync(line, signer, custodian.Cell).ConfigureAwait(false);
            default: throw new RefusedException("usage", Help);
        }
    }

    private static async Task<int> NotificationAsync(CommandLine line, Signer signer, CellStatus cell)
    {
        var path = Path.GetFullPath(Needed(line, "--out"));
        var pdf = Path.GetExtension(path).Equals(".pdf", StringComparison.OrdinalIgnoreCase);
        if (!pdf && !Path.GetExtension(path).Equals(".html", StringComparison.OrdinalIgnoreCase)) throw new RefusedException("usage", "--out : un fichier .pdf ou .html.");
        NotificationPhase? asked = line.Value("--phase", "") switch { "" => null, "initial" => NotificationPhase.Initial, "complement" => NotificationPhase.Complement, "final" => NotificationPhase.Final, _ => throw new RefusedException("usage", "--phase : initial, complement ou final.") };
        if (File.Exists(path)) throw new RefusedException("file.exists", $"{path} existe déjà : une notification écrite n'est pas remplacée.");
        var file = await signer.AskAsync(IncidentVerbs.File, new AskedIncident(IncidentOf(line))).ConfigureAwait(false);
        var phase = asked ?? IncidentFrench.Next(file);
        var fields = IncidentFrench.Notification(file, cell.Name, phase, DateTimeOffset.UtcNow, Given(line, "--consequences"), Given(line, "--late-because"));
        await NotificationFile.WriteAsync(file.Summary.Number, IncidentFrench.Phase(phase), fields, path, pdf, default).ConfigureAwait(false);
        var missing = fields.Where(field => field.Missing).Select(field => field.Name).ToArray();
        Console.WriteLine($"{path} : notification {IncidentFrench.Phase(phase).ToLowerInvariant()}, incident n° {file.Summary.Number}.{(missing.Length == 0 ? "" : $" Encore à compléter : {string.Join(", ", missing)}.")}");
        return 0;
    }

    private static async Task<int> LettersAsync(CommandLine line, Signer signer, CellStatus cell)
    {
        var (incident, folder) = (IncidentOf(line), Path.GetFullPath(Needed(line, "--out")));
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) => { pressed.Cancel = true; stop.Cancel(); };
        var records = new RecordsDatabase(line.Data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        await records.PrepareAsync(cell.Cell).ConfigureAwait(false);
        var letters = await signer.AskAsync(IncidentVerbs.Letters, new AskedIncident(incident)).ConfigureAwait(false);
        var contact = letters.Contact ?? throw new RefusedException("letters.contact", "Qui répond aux personnes ? Remplissez d'abord le contact sur l'écran des incidents.");
        var words = new LetterWords(cell.Name, new DataOfficer(contact.Name, contact.Phone, contact.Email, contact.Address), letters.Number, Needed(line, "--happened"), Needed(line, "--done"));
        using var mail = line.Has("--mail") ? await LetterMail.ConnectAsync(stop.Token).ConfigureAwait(false) : null;
        var printer = Printer.Find();
        if (printer is null) Console.WriteLine("Chromium n'est pas installé : les lettres sont écrites en HTML, à imprimer depuis un navigateur (Debian : apt-get install chromium).");
        var run = new LetterRun(signer, new EntriesDoor(records, cell.Cell), incident, words, folder, printer, mail, Say, line.Has("--again"));
        try { await run.RunAsync(Task.Delay, stop.Token).ConfigureAwait(false); }
        catch (OperationCanceledException) { Console.Error.WriteLine("\nArrêté : la même commande reprend où elle en est."); return 1; }
        Console.WriteLine($"\nTerminé. Lettres dans {folder} ; suivi.tsv dit ce qui est parti et comment, « Aside » ce qui reste à remettre autrement, et pourquoi.{(run.ToldBefore > 0 ? $" {run.ToldBefore:N0} avaient déjà leur lettre de cet incident : pas de seconde (--again pour écrire de nouveau)." : "")}");
        return 0;
    }

    private static void Say(LettersProgress at)
    {
        var done = at.Written + at.Mailed + at.Aside;
        var bar = new string('█', at.Of == 0 ? 0 : 30 * done / at.Of).PadRight(30, '·');
        Console.Error.Write($"\r{bar} {done:N0} / {at.Of:N0} · papier {at.Written:N0} · courriel {at.Mailed:N0} · à part {at.Aside:N0} ");
    }

    private static OpenIncident Asked(CommandLine line)
    {
        if (!Enum.TryParse<IncidentNature>(Needed(line, "--nature"), ignoreCase: true, out var nature)) throw new RefusedException("usage", "--nature : account, session, station, interface, server ou storage.");
        T? Subject<T>(IncidentNature of) where T : struct, IId<T> => nature != of ? null : Id.TryParse<T>(line.Value("--subject", ""), out var id) ? id : throw new RefusedException("usage", "--subject : l'identifiant (32 chiffres hexadécimaux) de ce qui est en cause.");
        var scope = new IncidentScope(nature, French.Moment(Needed(line, "--from"), "--from")!.Value, French.Moment(line.Value("--until", ""), "--until") ?? DateTimeOffset.UtcNow,
            Subject<AccountId>(IncidentNature.Account), Subject<SessionId>(IncidentNature.Session), Subject<StationId>(IncidentNature.Station), Subject<ClientId>(IncidentNature.Interface));
        return new OpenIncident(Needed(line, "--title"), Needed(line, "--facts"), scope, French.Moment(line.Value("--aware", ""), "--aware") ?? DateTimeOffset.UtcNow);
    }

    private static IncidentId IncidentOf(CommandLine line) => Id.TryParse<IncidentId>(Needed(line, "--incident"), out var id) ? id : throw new RefusedException("usage", "--incident : l'identifiant de l'incident (32 chiffres hexadécimaux, donné par « list »).");

    private static string? Given(CommandLine line, string option) => line.Value(option, "") is { Length: > 0 } value ? value : null;

    private static string Needed(CommandLine line, string option) => line.Value(option, "") is { Length: > 0 } value ? value : throw new RefusedException("usage", $"{option} manque. Voir serment incident --help.");

    private static void Print<T>(CommandLine line, T answer, Func<T, IReadOnlyList<string>> lines)
    {
        if (line.Has("--json")) Console.WriteLine(JsonSerializer.Serialize(answer, WireJson.Options));
        else foreach (var one in lines(answer)) Console.WriteLine(one);
    }
}
