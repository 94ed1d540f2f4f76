using System.Text.Json;
using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>
/// Makes the key of an interface or import, and asks for the interface. The private half stays in the file; two people read and sign the
/// request on the Custodian's page. Until then it opens nothing; after, it adds and never reads. docs/decisions/0023.
/// </summary>
internal static class ClientCommands
{
    private static readonly string Help = $"""
        serment client create --scope PORTÉE[,PORTÉE…] --name NOM --out FICHIER [--data DIR] [--json]
            crée la clé d'une interface et demande l'interface : deux personnes la lisent et la signent sur la page du gardien.
        serment client create --out FICHIER
            la clé seule, pour la machine d'un mandat ou d'un export, que l'on nomme en le proposant.
        PORTÉE :
        {string.Join('\n', MachineKeys.Scopes.Select(scope => $"    {scope.Scope,-16} {scope.French}"))}
        Codes de sortie : 0 fait, 1 refusé, 2 commande mal formée.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help")) { Console.WriteLine(Help); return 0; }
        if (args is not ["create", .. var rest]) throw new RefusedException("usage", Help);
        var line = new CommandLine(rest, ["--json"], ["--out", "--data", "--scope", "--name"]);
        var (file, name) = (line.Value("--out", ""), line.Value("--name", "").Trim());
        string[] scopes = [.. line.Value("--scope", "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Distinct()];
        if (line.Rest.Count > 0 || file.Length == 0 || (scopes.Length > 0) != (name.Length > 0)) throw new RefusedException("usage", Help);
        if (scopes.FirstOrDefault(scope => MachineKeys.Scopes.All(known => known.Scope != scope)) is { } unknown) throw new RefusedException("usage", $"Portée inconnue : {unknown}. {Help}");
        if (File.Exists(file)) throw new RefusedException("client.exists", $"{file} existe déjà : une clé n'en écrase pas une autre.");
        try
        {
            if (scopes.Length == 0) { Say(file, ClientKey.Create(OwnerOnly.Create(file)), null, line.Has("--json")); return 0; }
            await using var custodian = await CustodianAtHand.ReachAsync(line.Data).ConfigureAwait(false);
            var key = ClientKey.Create(OwnerOnly.Create(file));
            try
            {
                var asked = await custodian.Client.AskUnsignedAsync(AccountVerbs.ProposeClient, custodian.Cell.Cell, new ProposeClient(name, scopes, key)).ConfigureAwait(false);
                Say(file, key, asked.Approval, line.Has("--json"));
                return 0;
            }
            catch (RefusedException)
            {
                // A key that nobody was asked for would be mistaken for one that is waiting.
                File.Delete(file);
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync("Ce fichier ne peut pas être écrit ici. Rien n'a été créé.").ConfigureAwait(false);
            return 1;
        }
    }

    private static void Say(string file, byte[] publicKey, ApprovalId? approval, bool json)
    {
        var client = MachineKeys.IdOf(publicKey);
        if (json) { Console.WriteLine(JsonSerializer.Serialize(new { client, publicKey, approval }, WireJson.Options)); return; }
        Console.WriteLine($"Clé {client.ToString()![..16]} écrite dans {file} (gardez-la comme un mot de passe).");
        if (approval is null)
        {
            Console.WriteLine("Clé publique, à coller dans la proposition (mandat, export, ou Comptes, onglet Interfaces) :");
            Console.WriteLine(Convert.ToBase64String(publicKey));
        }
        else Console.WriteLine($"Demande {approval} enregistrée. Deux personnes de fonctions différentes la signent sur la page du gardien, sous 7 jours ; elles y lisent ce numéro de clé. D'ici là, la clé n'ouvre rien.");
    }
}
