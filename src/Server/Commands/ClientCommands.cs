using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>
/// Makes the key of an interface or import. The private half stays in the file; the public half is proposed on the accounts screen by one
/// person and approved on the Custodian's page by another. Until then it opens nothing; after, it adds and never reads.
/// </summary>
internal static class ClientCommands
{
    private const string Help = "serment client create --out FICHIER     crée la clé d'une interface et dit ce qu'il faut faire approuver";

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help"] or [_, "--help"]) { Console.WriteLine(Help); return 0; }
        try
        {
            if (args is not ["create", .. var rest]) throw new RefusedException("usage", Help);
            var file = new CommandLine(rest, [], ["--out", "--data"]).Value("--out", "");
            if (file.Length == 0) throw new RefusedException("usage", Help);
            if (File.Exists(file)) throw new RefusedException("client.exists", $"{file} existe déjà : une clé n'en écrase pas une autre.");
            var publicKey = ClientKey.Create(OwnerOnly.Create(file));
            Console.WriteLine($"Clé écrite dans {file} (gardez-la comme un mot de passe).");
            Console.WriteLine("Clé publique, à coller dans l'écran Comptes, onglet Interfaces ; une autre personne approuve ensuite :");
            Console.WriteLine(Convert.ToBase64String(publicKey));
            return 0;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync("Ce fichier ne peut pas être écrit ici. Rien n'a été créé.").ConfigureAwait(false);
            return 1;
        }
    }
}
