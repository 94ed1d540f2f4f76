using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Stays;
using Serment.Server.Commands;
using Serment.Server.Signing;

namespace Serment.Server.Packs;

/// <summary>serment pack device|refresh|fetch|open|report. Exit codes: 0 done, 1 refused or failed, 2 misuse.</summary>
internal static class PackCommands
{
    private const string Usage = """
        serment pack device --device DIR --name NOM --journal-key CLÉ|FICHIER
            Sur le poste de secours du service : crée sa clé et son certificat, à coller dans l'écran « Données qui sortent », et garde la clé
            publique du gardien (custodian/journal/key.pub, apportée à la main) : rien de ce qu'il n'a pas signé n'est pris ni ouvert.
        serment pack fetch --url ADRESSE --device DIR
            Récupère le dernier dossier de secours (chiffré), dit les ouvertures qui n'ont pas encore de reçu et ce que ce poste tient ; à planifier
            toutes les dix minutes. Sort en 1, avec le motif, quand quelqu'un doit regarder ce poste.
        serment pack open --device DIR --by NOM --reason MOTIF [--out FICHIER.html]
            Quand plus rien ne répond : ouvre le dernier dossier récupéré. L'ouverture est signée et gardée ici avant.
        serment pack report --url ADRESSE --device DIR [--out FICHIER.html]
            Au retour : dit les ouvertures à l'établissement, puis efface la feuille ouverte. Chaque ouverture reste ici à dire jusqu'au reçu signé du gardien.
        serment pack refresh [--data DIR]
            Sur le serveur : met à jour tous les dossiers de secours maintenant ; il le fait sinon toutes les 30 minutes.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help") || args.Contains("-h")) { Console.WriteLine(Usage); return 0; }
        if (args is not [var verb, .. var rest]) throw new RefusedException("usage", Usage);
        var line = new CommandLine(rest, [], ["--data", "--device", "--name", "--url", "--journal-key", "--by", "--reason", "--out"]);
        try
        {
            switch (verb)
            {
                case "device":
                    var gardien = Needed("--journal-key");
                    Exports.ExportCommands.JournalKey(line, Usage);
                    new PackOpener(Device()).Create(Needed("--name"), File.Exists(gardien) ? await File.ReadAllTextAsync(gardien).ConfigureAwait(false) : gardien);
                    Console.WriteLine($"Clé écrite dans {Device()} (elle ne quitte pas ce poste). Certificat à faire approuver :");
                    Console.WriteLine(await File.ReadAllTextAsync(Path.Combine(Device(), PackOpener.CertificateName)).ConfigureAwait(false));
                    return 0;
                case "fetch": return await FetchAsync(Address(), new PackOpener(Device())).ConfigureAwait(false);
                case "open": return Open();
                case "report":
                    var teller = new PackOpener(Device());
                    using (var http = Asking())
                    {
                        var told = await teller.ReportAsync(http, Address(), teller.JournalKey()).ConfigureAwait(false);
                        await teller.SeenAsync(http, Address(), teller.JournalKey()).ConfigureAwait(false);
                        if (teller.Waiting.Count > 0)
                        {
                            foreach (var worry in teller.Worries(teller.JournalKey(), DateTimeOffset.UtcNow)) await Console.Error.WriteLineAsync(worry).ConfigureAwait(false);
                            throw new RefusedException("pack.report", $"{told} ouvertures ont leur reçu, {teller.Waiting.Count} restent à dire : recommencez, et prévenez le référent sécurité si cela dure.");
                        }
                        File.Delete(Sheet());
                        Console.WriteLine($"{told} ouvertures dites à l'établissement, chacune avec le reçu du gardien ; la feuille ouverte est effacée.");
                        if (teller.Unreadable.Count > 0)
                        {
                            foreach (var worry in teller.Worries(teller.JournalKey(), DateTimeOffset.UtcNow)) await Console.Error.WriteLineAsync("ATTENTION : " + worry).ConfigureAwait(false);
                            return 1;
                        }
                    }
                    return 0;
                case "refresh": return await RefreshAsync(line).ConfigureAwait(false);
                default: throw new RefusedException("usage", Usage);
            }
        }
        catch (Exception fault) when (IsAway(fault)) { throw Away(); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new RefusedException("pack.files", "Lecture ou écriture impossible : " + fault.Message); }

        string Needed(string option) => line.Value(option, "") is { Length: > 0 } value ? value : throw new RefusedException("usage", Usage);
        string Device() => Path.GetFullPath(Needed("--device"));
        string Sheet() => Path.GetFullPath(line.Value("--out", Path.Combine(Device(), "secours.html")));
        Uri Address() => Uri.TryCreate(Needed("--url"), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw new RefusedException("usage", Usage);

        int Open()
        {
            var opener = new PackOpener(Device());
            if (!File.Exists(opener.Fetched)) throw new RefusedException("pack.file", "Aucun dossier de secours n'a été récupéré sur ce poste (serment pack fetch).");
            var opened = opener.Open(opener.Fetched, opener.JournalKey(), Needed("--by"), Needed("--reason"), Sheet());
            Console.WriteLine($"{opened.Unit}, état au {ClinicalTime.Local(opened.At):dd/MM/yyyy HH:mm} : {opened.Patients} patients, dans {Sheet()}.");
            if (opened.Altered > 0) Console.WriteLine($"{opened.Altered} éléments altérés ne sont pas montrés.");
            return 0;
        }
    }

    private const long LargestPack = 512L << 20;
    private static readonly TimeSpan LongestDownload = TimeSpan.FromMinutes(8);

    /// <summary>Whoever keeps the device waiting is away: it has other things to say.</summary>
    private static HttpClient Asking() => new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Tells first what has no receipt yet, then asks for the pack, then says what is held: in every case, in one go. One that is kept waiting stops neither of the others.</summary>
    /// <param name="url">Of the pack: http://…/packs/ID.</param>
    private static async Task<int> FetchAsync(Uri url, PackOpener device)
    {
        var journalKey = device.JournalKey();
        using var http = Asking();
        RefusedException? not = null;
        await TriedAsync(async () => { if (await device.ReportAsync(http, url, journalKey).ConfigureAwait(false) is > 0 and var told) Console.WriteLine($"{told} ouvertures dites à l'établissement, chacune avec le reçu du gardien."); }).ConfigureAwait(false);
        await TriedAsync(async () => Console.WriteLine(await TakenAsync(http, url, device, journalKey).ConfigureAwait(false))).ConfigureAwait(false);
        await TriedAsync(() => device.SeenAsync(http, url, journalKey)).ConfigureAwait(false);
        var worries = device.Worries(journalKey, DateTimeOffset.UtcNow);
        foreach (var worry in worries) await Console.Error.WriteLineAsync("ATTENTION : " + worry).ConfigureAwait(false);
        if (not is not null) throw not;
        return worries.Count == 0 ? 0 : 1;

        async Task TriedAsync(Func<Task> step)
        {
            try { await step().ConfigureAwait(false); }
            catch (RefusedException no) { not = no; }
            catch (Exception fault) when (IsAway(fault)) { not ??= Away(); }
        }
    }

    private static bool IsAway(Exception fault) => fault is HttpRequestException or OperationCanceledException or HttpIOException;

    private static RefusedException Away() => new("pack.away", "L'établissement ne répond pas à cette adresse. Le dernier dossier récupéré reste utilisable.");

    private static async Task<string> TakenAsync(HttpClient http, Uri url, PackOpener device, NoteKey journalKey)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, url);
        if (device.Held(journalKey) is not null) ask.Headers.IfModifiedSince = File.GetLastWriteTimeUtc(device.Fetched);
        using var answer = await http.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
        if (answer.StatusCode is System.Net.HttpStatusCode.NotModified) return "Le dossier de secours est déjà le dernier.";
        if (!answer.IsSuccessStatusCode) throw new RefusedException("pack.away", $"L'établissement n'a pas ce dossier de secours (réponse {(int)answer.StatusCode}). Le dernier récupéré reste utilisable.");
        if (answer.Content.Headers.ContentLength is > LargestPack) throw new RefusedException("pack.file", "Ce fichier est trop grand pour un dossier de secours. Le dernier récupéré reste en place.");
        var fresh = device.Fetched + ".new";
        using var slow = new CancellationTokenSource(LongestDownload);
        await Exports.ExportArchive.WriteAsync(fresh, async stream => { await answer.Content.CopyToAsync(stream, slow.Token).ConfigureAwait(false); }).ConfigureAwait(false);
        if (!device.Take(fresh, journalKey)) return "Le dossier de secours est déjà le dernier.";
        if (answer.Content.Headers.LastModified is { } at && at <= DateTimeOffset.UtcNow.AddMinutes(5)) File.SetLastWriteTimeUtc(device.Fetched, at.UtcDateTime);
        return "Dossier de secours récupéré.";
    }

    private static async Task<int> RefreshAsync(CommandLine line)
    {
        await using var custodian = await CustodianAtHand.ReachAsync(line.Data).ConfigureAwait(false);
        var records = new RecordsDatabase(line.Data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        await records.PrepareAsync(custodian.Cell.Cell).ConfigureAwait(false);
        var folder = new PackFolder(line.Data, custodian.Client, custodian.Cell, new EntriesDoor(records, custodian.Cell.Cell), new StaysDoor(records));
        var failed = 0;
        foreach (var key in folder.Keys)
            try { Console.WriteLine($"{(await folder.RefreshAsync(key).ConfigureAwait(false)).Pack} : à jour."); }
            catch (RefusedException no) { failed++; await Console.Error.WriteLineAsync(no.Refusal.Message).ConfigureAwait(false); }
        if (folder.Keys.Count == 0) Console.WriteLine("Aucun dossier de secours n'est tenu ici.");
        return failed == 0 ? 0 : 1;
    }
}
