using System.Diagnostics;
using Serment.Records;

namespace Serment.Server.Commands;

/// <summary>
/// Hands the terminal over to the Custodian's own program: key bytes, parts and phrases are typed to it and never pass through this one.
/// </summary>
internal static class KeyCommands
{
    private const string Help = """
        serment key escrow  [--data DIR] [--paper DIR]            met la clé en cinq parts, dont trois la reforment
        serment key drill   [--data DIR]                          exercice : trois parts reforment-elles la clé ? ne change rien
        serment key recover [--data DIR] [--phrase-file F|--token]   reprend la clé par trois parts, sous un nouveau secret
        serment key rotate  [--data DIR] [--phrase-file F|--token]   protège la clé par un nouveau secret
        serment key rotate --version [--data DIR]                 la version des clés des dossiers : où elle en est, comment passer à la suivante

          --paper DIR        cinq pages à imprimer, effacées ensuite ; sans elle, chaque part est montrée une fois à l'écran
          --phrase-file F    la nouvelle phrase secrète est la première ligne de F ; sans elle, elle est tapée
          --token            la clé sera protégée par le jeton PKCS#11 que désigne l'environnement
        docs/runbooks/key-ceremony.md, docs/runbooks/key-version.md
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help")) { Console.WriteLine(Help); return args.Length == 0 ? 2 : 0; }
        var line = new CommandLine(args[1..], ["--token", "--version"], ["--data", "--paper", "--phrase-file"]);
        if (args[0] is not ("escrow" or "drill" or "recover" or "rotate") || line.Rest.Count > 0) throw new RefusedException("usage", Help);
        if (line.Has("--version")) return args[0] == "rotate" && !line.Has("--token") && line.Value("--phrase-file", "").Length == 0 ? await VersionAsync(line.Data).ConfigureAwait(false) : throw new RefusedException("usage", Help);
        using var custodian = Process.Start(new ProcessStartInfo("dotnet", [OwnCustodian.Binary(), "key", .. args]))!;
        await custodian.WaitForExitAsync().ConfigureAwait(false);
        return custodian.ExitCode;
    }

    /// <summary>Says, and changes nothing: the next version is asked for by a person and signed by another, on the Custodian's page.</summary>
    private static async Task<int> VersionAsync(string data)
    {
        await using var custodian = await CustodianAtHand.ReachAsync(data).ConfigureAwait(false);
        var (cell, postgres) = (custodian.Cell, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        Console.WriteLine($"Version {cell.KeyVersion} des clés des dossiers, en vigueur {(cell.KeyVersionSince is { } at ? $"depuis le {ClinicalTime.Local(at).ToString("d MMMM yyyy 'à' HH:mm", ClinicalTime.French)}" : "depuis la fondation")}.");
        if (postgres is not null || File.Exists(Path.Combine(data, "records.db")))
        {
            var database = new RecordsDatabase(data, postgres);
            await database.PrepareAsync(cell.Cell).ConfigureAwait(false);
            foreach (var (version, rows) in await new RecordsCensus(database).KeyVersionsAsync().ConfigureAwait(false)) Console.WriteLine($"  version {version} : {rows.ToString("N0", ClinicalTime.French)} éléments");
        }
        Console.WriteLine($"""
            Passer à la version {cell.KeyVersion + 1} : un responsable le demande sur {cell.Page ?? "la page du gardien"}
            (Clé de l'établissement, « Changer la version des clés »), un autre, d'une autre fonction, l'approuve. Rien n'a changé ici.
            """);
        return 0;
    }
}
