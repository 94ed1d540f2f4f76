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
        serment pack device --device DIR --name NOM
            Sur le poste de secours du service : crée sa clé et son certificat, à coller dans l'écran « Données qui sortent ».
        serment pack fetch --url ADRESSE --device DIR
            Récupère le dernier dossier de secours (chiffré) ; à planifier toutes les dix minutes.
        serment pack open --device DIR --journal-key CLÉ|FICHIER --by NOM --reason MOTIF [--out FICHIER.html]
            Quand plus rien ne répond : ouvre le dernier dossier récupéré. L'ouverture est signée et gardée ici avant.
        serment pack report --url ADRESSE --device DIR [--out FICHIER.html]
            Au retour : dit les ouvertures à l'établissement, puis efface la feuille ouverte.
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
                    new PackOpener(Device()).Create(Needed("--name"));
                    Console.WriteLine($"Clé écrite dans {Device()} (elle ne quitte pas ce poste). Certificat à faire approuver :");
                    Console.WriteLine(await File.ReadAllTextAsync(Path.Combine(Device(), PackOpener.CertificateName)).ConfigureAwait(false));
                    return 0;
                case "fetch": return await FetchAsync(Address(), Path.Combine(Device(), Fetched)).ConfigureAwait(false);
                case "open": return Open();
                case "report":
                    var told = await new PackOpener(Device()).ReportAsync(Address()).ConfigureAwait(false);
                    File.Delete(Sheet());
                    Console.WriteLine($"{told} ouvertures dites à l'établissement ; la feuille ouverte est effacée.");
                    return 0;
                case "refresh": return await RefreshAsync(line).ConfigureAwait(false);
                default: throw new RefusedException("usage", Usage);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new RefusedException("pack.files", "Lecture ou écriture impossible : " + fault.Message); }
        catch (HttpRequestException) { throw new RefusedException("pack.away", "L'établissement ne répond pas à cette adresse. Le dernier dossier récupéré reste utilisable."); }

        string Needed(string option) => line.Value(option, "") is { Length: > 0 } value ? value : throw new RefusedException("usage", Usage);
        string Device() => Path.GetFullPath(Needed("--device"));
        string Sheet() => Path.GetFullPath(line.Value("--out", Path.Combine(Device(), "secours.html")));
        Uri Address() => Uri.TryCreate(Needed("--url"), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw new RefusedException("usage", Usage);

        int Open()
        {
            var file = Path.Combine(Device(), Fetched);
            if (!File.Exists(file)) throw new RefusedException("pack.file", "Aucun dossier de secours n'a été récupéré sur ce poste (serment pack fetch).");
            var opened = new PackOpener(Device()).Open(file, Exports.ExportCommands.JournalKey(line, Usage), Needed("--by"), Needed("--reason"), Sheet());
            Console.WriteLine($"{opened.Unit}, état au {ClinicalTime.Local(opened.At):dd/MM/yyyy HH:mm} : {opened.Patients} patients, dans {Sheet()}.");
            if (opened.Altered > 0) Console.WriteLine($"{opened.Altered} éléments altérés ne sont pas montrés.");
            return 0;
        }
    }

    private const string Fetched = "secours.pack";
    private const long LargestPack = 512L << 20;

    /// <param name="url">Of the pack: http://…/packs/ID.</param>
    private static async Task<int> FetchAsync(Uri url, string file)
    {
        using var http = new HttpClient();
        using var ask = new HttpRequestMessage(HttpMethod.Get, url);
        if (File.Exists(file)) ask.Headers.IfModifiedSince = File.GetLastWriteTimeUtc(file);
        using var answer = await http.SendAsync(ask).ConfigureAwait(false);
        if (answer.StatusCode is System.Net.HttpStatusCode.NotModified) { Console.WriteLine("Le dossier de secours est déjà le dernier."); return 0; }
        if (!answer.IsSuccessStatusCode) throw new RefusedException("pack.away", $"L'établissement n'a pas ce dossier de secours (réponse {(int)answer.StatusCode}). Le dernier récupéré reste utilisable.");
        if (answer.Content.Headers.ContentLength is > LargestPack) throw new RefusedException("pack.file", "Ce fichier est trop grand pour un dossier de secours. Le dernier récupéré reste en place.");
        var fresh = file + ".new";
        await Exports.ExportArchive.WriteAsync(fresh, async stream => { await answer.Content.CopyToAsync(stream).ConfigureAwait(false); }).ConfigureAwait(false);
        // What is no whole pack (a proxy's page, half a file) does not replace the last good one.
        try { PackFile.Read(fresh); }
        catch (RefusedException) { File.Delete(fresh); throw; }
        File.Move(fresh, file, overwrite: true);
        if (answer.Content.Headers.LastModified is { } at && at <= DateTimeOffset.UtcNow.AddMinutes(5)) File.SetLastWriteTimeUtc(file, at.UtcDateTime);
        Console.WriteLine("Dossier de secours récupéré.");
        return 0;
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
