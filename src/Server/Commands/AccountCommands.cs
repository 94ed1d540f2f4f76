using System.Globalization;
using System.Text.Json;
using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>
/// serment account: what the personnel department's software does about accounts, under a client key of its own. It asks for
/// accounts, which two people then sign on the Custodian's page; it closes them; it lists them. It opens none. docs/decisions/0023.
/// </summary>
internal static class AccountCommands
{
    private static readonly string Help = $"""
        serment account list   --client CLÉ                                                     portée account:list
        serment account invite --client CLÉ --name NOM --title INTITULÉ --role FONCTION         portée account:propose
                               [--unit UNITÉ[,UNITÉ…]] [--until aaaa-mm-jj] [--rpps NUMÉRO]
            La demande attend deux personnes, qui la lisent et la signent sur la page du gardien.
        serment account close  --client CLÉ (--account IDENTIFIANT | --name NOM) [--on aaaa-mm-jj]     portée account:close
            --on : dernier jour du compte ; sans --on, aujourd'hui, tout de suite. Dix comptes par heure au plus.
        Partout : --data DIR, --json. FONCTION : {string.Join(", ", Enum.GetNames<Role>())}.
        Codes de sortie : 0 fait, 1 refusé, 2 commande mal formée.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help")) { Console.WriteLine(Help); return 0; }
        if (args is not [var verb and ("list" or "invite" or "close"), .. var rest]) throw new RefusedException("usage", Help);
        var line = new CommandLine(rest, ["--json"], ["--data", "--client", "--name", "--title", "--role", "--unit", "--until", "--account", "--on", "--rpps"]);
        if (line.Rest.Count > 0 || line.Value("--client", "").Length == 0) throw new RefusedException("usage", Help);
        var ask = verb == "invite" ? Asked(line) : null;
        using var key = ClientKey.Read(line.Value("--client", ""));
        await using var custodian = await CustodianAtHand.ReachAsync(line.Data).ConfigureAwait(false);
        var client = key.For(custodian.Client, custodian.Cell);
        await (verb switch
        {
            "list" => ListAsync(client, line),
            "invite" => InviteAsync(client, line, ask!),
            _ => CloseAsync(client, line),
        }).ConfigureAwait(false);
        return 0;
    }

    private static async Task ListAsync(Signer client, CommandLine line)
    {
        var accounts = (await client.AskAsync(AccountVerbs.List, Nothing.AtAll).ConfigureAwait(false)).Accounts;
        if (line.Has("--json")) { Console.WriteLine(JsonSerializer.Serialize(accounts, WireJson.Options)); return; }
        foreach (var account in accounts)
            Console.WriteLine($"{account.Account}  {(account.Frozen ? "gelé  " : account.Open ? "ouvert" : "fermé ")}  {account.Role,-18} {account.Until?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "sans fin  "}  {account.Rpps ?? "",-11}  {account.Name}");
    }

    private static ProposeAccount Asked(CommandLine line)
    {
        if (line.Value("--name", "").Length == 0 || line.Value("--title", "").Length == 0) throw new RefusedException("usage", Help);
        if (!Enum.TryParse<Role>(line.Value("--role", ""), ignoreCase: true, out var role) || !Enum.IsDefined(role)) throw new RefusedException("usage", $"--role : une de {string.Join(", ", Enum.GetNames<Role>())}.");
        return new ProposeAccount(line.Value("--name", ""), line.Value("--title", ""), role, [], Day(line, "--until"), Rpps: Rpps.Read(line.Value("--rpps", "")));
    }

    private static async Task InviteAsync(Signer client, CommandLine line, ProposeAccount ask)
    {
        var units = (await client.AskAsync(CellVerbs.Units, Nothing.AtAll).ConfigureAwait(false)).Units;
        UnitId Named(string name) => units.FirstOrDefault(u => string.Equals(u.Name, name, StringComparison.OrdinalIgnoreCase))?.Unit
            ?? throw new RefusedException("unit.unknown", $"Aucune unité ne s'appelle « {name} ». Unités : {string.Join(", ", units.Select(u => u.Name))}.");
        UnitId[] wanted = [.. line.Value("--unit", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Named)];
        var approval = (await client.AskAsync(AccountVerbs.Propose, ask with { Units = wanted }).ConfigureAwait(false)).Approval;
        if (line.Has("--json")) Console.WriteLine(JsonSerializer.Serialize(new { approval }, WireJson.Options));
        else Console.WriteLine($"Demande {approval} enregistrée. Deux personnes la signent sur la page du gardien, sous 7 jours ; la seconde reçoit le code d'invitation à remettre.");
    }

    private static async Task CloseAsync(Signer client, CommandLine line)
    {
        var account = Id.TryParse<AccountId>(line.Value("--account", ""), out var given) ? given : line.Value("--name", "") is { Length: > 0 } name ? await NamedAsync(client, name).ConfigureAwait(false) : throw new RefusedException("usage", Help);
        var last = Day(line, "--on") ?? ClinicalTime.Day(DateTimeOffset.UtcNow);
        await client.AskAsync(AccountVerbs.Close, new CloseAccount(account, last)).ConfigureAwait(false);
        if (line.Has("--json")) Console.WriteLine(JsonSerializer.Serialize(new { account, lastDay = last }, WireJson.Options));
        else Console.WriteLine(last == ClinicalTime.Day(DateTimeOffset.UtcNow) ? "Compte fermé, sessions terminées." : $"Dernier jour du compte : {last:dd/MM/yyyy}.");
    }

    private static async Task<AccountId> NamedAsync(Signer client, string name)
    {
        var same = (await client.AskAsync(AccountVerbs.List, Nothing.AtAll).ConfigureAwait(false)).Accounts.Where(a => a.Open && string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase)).ToArray();
        return same.Length == 1 ? same[0].Account : throw new RefusedException(RefusalCodes.NotFound, same.Length == 0 ? "Aucun compte ouvert de ce nom : voir « account list »." : "Plusieurs comptes ouverts portent ce nom : donnez --account (voir « account list »).");
    }

    private static DateOnly? Day(CommandLine line, string option) => line.Value(option, "") is not { Length: > 0 } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new RefusedException("usage", $"{option} : une date aaaa-mm-jj.");
}
