using System.Diagnostics;

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

          --paper DIR        cinq pages à imprimer, effacées ensuite ; sans elle, chaque part est montrée une fois à l'écran
          --phrase-file F    la nouvelle phrase secrète est la première ligne de F ; sans elle, elle est tapée
          --token            la clé sera protégée par le jeton PKCS#11 que désigne l'environnement
        docs/runbooks/key-ceremony.md
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args.Contains("--help")) { Console.WriteLine(Help); return args.Length == 0 ? 2 : 0; }
        var line = new CommandLine(args[1..], ["--token"], ["--data", "--paper", "--phrase-file"]);
        if (args[0] is not ("escrow" or "drill" or "recover" or "rotate") || line.Rest.Count > 0) throw new RefusedException("usage", Help);
        using var custodian = Process.Start(new ProcessStartInfo("dotnet", [OwnCustodian.Binary(), "key", .. args]))!;
        await custodian.WaitForExitAsync().ConfigureAwait(false);
        return custodian.ExitCode;
    }
}
