using System.Text.Json;

namespace Serment.Server.Commands;

/// <summary>serment establishment init: founds a cell as `run --empty` does, without its screens. The two codes are printed once and kept nowhere.</summary>
internal static class EstablishmentCommand
{
    private const string Help = """
        serment establishment init --name NOM [--data DIR] [--json]
            Fonde un établissement réel et vide, et donne deux codes d'invitation (72 h) : deux personnes
            différentes enrôlent chacune leur clé sur la page du gardien, puis agissent à deux.
            La clé de l'établissement est protégée par SERMENT_PASSPHRASE_FILE ou par le jeton PKCS#11, comme ./run --empty.
        Codes de sortie : 0 fondé, 1 refusé (il existe déjà, pas de phrase secrète), 2 commande mal formée.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help")) { Console.WriteLine(Help); return 0; }
        if (args is not ["init", .. var rest]) throw new RefusedException("usage", Help);
        var line = new CommandLine(rest, ["--json"], ["--data", "--name"]);
        var name = line.Value("--name", "").Trim();
        if (name.Length is 0 or > 120 || line.Rest.Count > 0) throw new RefusedException("usage", Help);
        if (File.Exists(Path.Combine(line.Data, "custodian", "cell.json"))) throw new RefusedException("cell.exists", "Un établissement est déjà dans ce dossier de données. Rien n'a été changé.");
        OwnerOnly.Directory(line.Data);
        using var logs = LoggerFactory.Create(l => l.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        await using var custodian = new OwnCustodian(line.Data, 0, null, logs.CreateLogger("Serment.Custodian"), name);
        await custodian.StartAsync().ConfigureAwait(false);
        if (line.Has("--json")) Console.WriteLine(JsonSerializer.Serialize(new { name, data = line.Data, codes = custodian.FoundingCodes }, JsonSerializerOptions.Web));
        else
        {
            Console.WriteLine($"{name} est fondé dans {line.Data}.");
            foreach (var code in custodian.FoundingCodes) Console.WriteLine(Handed(code));
            Console.WriteLine("Démarrez (./run --empty), puis chacune des deux personnes enrôle sa clé sur la page du gardien.");
        }
        return 0;
    }

    public static string Handed(string code) => $"  code d'invitation (72 h, à remettre en main propre) : {code}";
}
