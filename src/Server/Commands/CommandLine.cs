using Serment.Records;

namespace Serment.Server.Commands;

/// <summary>Options of the form --name value, and what to say when they are wrong. Exit codes: 0 done, 1 refused or failed, 2 misuse.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string?> _options = [];

    /// <param name="flags">Options without a value.</param>
    /// <param name="valued">Options with one.</param>
    /// <exception cref="RefusedException">An option that this verb does not know, or one without its value.</exception>
    public CommandLine(string[] args, IReadOnlyCollection<string> flags, IReadOnlyCollection<string> valued)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (flags.Contains(args[i])) _options[args[i]] = null;
            else if (valued.Contains(args[i]) && i + 1 < args.Length) _options[args[i]] = args[++i];
            else if (!args[i].StartsWith('-')) Rest.Add(args[i]);
            else throw new RefusedException("usage", $"Option inconnue ou sans valeur : {args[i]}. Voir --help.");
        }
    }

    public List<string> Rest { get; } = [];

    public bool Has(string flag) => _options.ContainsKey(flag);

    public string Value(string name, string otherwise) => _options.GetValueOrDefault(name) ?? otherwise;

    public string Data => Path.GetFullPath(Value("--data", "data"));

    public int Port => int.TryParse(Value("--port", "5080"), System.Globalization.CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65535
        ? port
        : throw new RefusedException("usage", "--port : un nombre entre 1 et 65534.");

    /// <summary>Runs a verb; a refusal is said on the error output and becomes the exit code.</summary>
    public static async Task<int> AnswerAsync(Func<Task<int>> verb)
    {
        try { return await verb().ConfigureAwait(false); }
        catch (RefusedException no)
        {
            await Console.Error.WriteLineAsync(no.Refusal.Message).ConfigureAwait(false);
            return no.Refusal.Code == "usage" ? 2 : 1;
        }
        catch (Exception fault) when (RecordsDatabase.Explain(fault) is { } no)
        {
            await Console.Error.WriteLineAsync(no.Refusal.Message).ConfigureAwait(false);
            return 1;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(UnforeseenFault.Words(fault)).ConfigureAwait(false);
            return 1;
        }
    }

    public static int Usage(int code)
    {
        (code == 0 ? Console.Out : Console.Error).WriteLine("""
            serment <verbe> [options]        --data DIR partout ; chaque verbe a son --help

              run [--data DIR] [--port N] [--empty]      démarre l'établissement (gardien des clés et serveur)
              serve [--data DIR] [--port N]              le serveur seul, le gardien tourne ailleurs
              establishment init --name NOM              fonde un établissement vide et donne ses deux codes
              account list|invite|close --client CLÉ     ce que le logiciel du personnel fait des comptes
              reference load cog|cim10 DIR|FICHIER       charge les lieux de naissance, la CIM-10
              client create --scope … --out FICHIER      la clé d'une interface, et la demande que deux personnes signent
              policy show|check|propose|recalibrate      la politique de sécurité : la lire, vérifier un fichier, la recaler sur l'usage
              doctor                                     examine l'établissement : ce qui laisserait entrer, ce qui pourrait se perdre
              key escrow|drill|recover|rotate            la clé de l'établissement : en cinq parts, reprise par trois, nouveau secret, nouvelle version
              standby status|alone|lead                  le second gardien : où il en est, continuer sans lui, lui donner la relève
              backup --to FICHIER                        copie tout l'établissement, chiffré, pendant qu'il tourne
              restore --from FICHIER                     le remet dans un dossier vide
              drill [--attacker A1,…] [--patients N]     joue les huit attaques contre un établissement jetable
              incident open|scope|letters|close          le registre des violations : qui est concerné, les lettres
              journal verify|prove|checkpoint            vérifie le journal des accès, de l'extérieur
              export run|verify|open|files               un export approuvé : l'écrire, le vérifier, l'ouvrir chez le destinataire
              pack device|fetch|open|report|refresh      le dossier de secours d'un service, pour quand plus rien ne répond
              import fhir DIR|FICHIER [--client CLÉ]     reprend des dossiers FHIR R4, sans pouvoir les relire
            """);
        return code;
    }
}
