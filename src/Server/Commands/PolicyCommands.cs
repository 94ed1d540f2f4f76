using System.Text.Json;

namespace Serment.Server.Commands;

/// <summary>Reads the policy, checks a file and shows its difference, recalibrates. Changes nothing: that takes two people, on a screen and on the Custodian's page.</summary>
internal static class PolicyCommands
{
    private const string Help = """
        serment policy show                              la politique en vigueur (le fichier, sur la sortie standard)
        serment policy check FICHIER [--json]            vérifie un fichier et dit ce qu'il changerait
        serment policy propose FICHIER                   de même, et dit comment une personne le propose
        serment policy recalibrate [--out FICHIER] [--json]   28 jours d'usage réel : valeurs proposées, effet d'abord
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [] or ["--help", ..] or [_, "--help"]) { Console.WriteLine(Help); return args.Length == 0 ? 2 : 0; }
        var options = new CommandLine(args[1..], ["--json"], ["--out", "--data"]);
        try
        {
            return (args[0], options.Rest) switch
            {
                ("show", []) => await ShowAsync(options).ConfigureAwait(false),
                ("check" or "propose", [var file]) => await CheckAsync(options, file, args[0] == "propose").ConfigureAwait(false),
                ("recalibrate", []) => await RecalibrateAsync(options).ConfigureAwait(false),
                _ => throw new RefusedException("usage", Help),
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync("Ce fichier ne peut pas être lu ou écrit ici. Rien n'a changé.").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> ShowAsync(CommandLine options)
    {
        await using var custodian = await CustodianAtHand.ReachAsync(options.Data).ConfigureAwait(false);
        var policy = await custodian.Client.AskUnsignedAsync(PolicyVerbs.Text, "", Nothing.AtAll).ConfigureAwait(false);
        await Console.Error.WriteLineAsync(policy.Since is { } since ? $"Politique n° {policy.Version}, en vigueur depuis le {ClinicalTime.Local(since):dd/MM/yyyy HH:mm}." : "Politique de départ, jamais changée.").ConfigureAwait(false);
        Console.Write(policy.Text);
        return 0;
    }

    private static async Task<int> CheckAsync(CommandLine options, string file, bool propose)
    {
        var text = await File.ReadAllTextAsync(file).ConfigureAwait(false);
        await using var custodian = await CustodianAtHand.ReachAsync(options.Data).ConfigureAwait(false);
        var changes = (await custodian.Client.AskUnsignedAsync(PolicyVerbs.Check, "", new CheckPolicy(text)).ConfigureAwait(false)).Changes;
        if (options.Has("--json")) { Console.WriteLine(JsonSerializer.Serialize(changes, WireJson.Options)); return 0; }
        Say(changes);
        if (propose && changes.Count > 0) Console.WriteLine("Une politique est proposée par une personne : collez ce fichier dans l'écran Politique. Une autre, d'une autre fonction, la signe sur la page du gardien ; l'une des deux est le référent sécurité.");
        return 0;
    }

    private static async Task<int> RecalibrateAsync(CommandLine options)
    {
        await using var custodian = await CustodianAtHand.ReachAsync(options.Data).ConfigureAwait(false);
        var found = await custodian.Client.AskUnsignedAsync(PolicyVerbs.Recalibrate, "", Nothing.AtAll).ConfigureAwait(false);
        if (options.Value("--out", "") is { Length: > 0 } file) await File.WriteAllTextAsync(file, found.Text).ConfigureAwait(false);
        if (options.Has("--json")) { Console.WriteLine(JsonSerializer.Serialize(found, WireJson.Options)); return 0; }
        Console.WriteLine($"Du {found.First:dd/MM/yyyy} au {found.Last:dd/MM/yyyy}. Effet, en journées de travail où quelqu'un aurait rencontré :");
        Console.WriteLine($"{"classe",-12}{"journées",10}{"toucher avant",16}{"après",8}{"2e personne avant",20}{"après",8}");
        foreach (var effect in found.Effects) Console.WriteLine($"{effect.RoleClass,-12}{effect.Days,10}{effect.TouchBefore,16}{effect.TouchAfter,8}{effect.SecondBefore,20}{effect.SecondAfter,8}");
        if (found.Effects.Count == 0) Console.WriteLine("Aucun dossier ouvert dans cette période.");
        if (found.Interfaces is { } brought) Console.WriteLine($"Interfaces : {brought.Busiest} patients amenés dans les unités le jour le plus chargé de {brought.Days}. Limite {brought.MostBefore}, au-delà {brought.BeyondBefore} fois ; proposée {brought.MostAfter}, au-delà {brought.BeyondAfter} fois (lits et plafond d'aujourd'hui).");
        Say(found.Changes);
        if (found.Changes.Count > 0) Console.WriteLine("Rien n'a changé. « --out FICHIER » écrit la politique proposée ; une personne la propose dans l'écran Politique.");
        return 0;
    }

    private static void Say(IReadOnlyList<PolicyChange> changes)
    {
        if (changes.Count == 0) Console.WriteLine("Aucune valeur ne change.");
        foreach (var change in changes) Console.WriteLine($"  {change.Section}, {change.French} ({change.Unit}) : {change.Before} → {change.After}");
    }
}
