using Serment.Custodian.Wire.Grpc;
using Serment.Records;
using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>The second Custodian, for the operator: how the two stand; and what the Server does by itself, where it does not run.</summary>
internal static class StandbyCommands
{
    private const string Help = """
        serment standby status [--data DIR]                  où en sont les deux gardiens ; 0 quand le second est à jour
        serment standby alone [--data DIR]                   celui qui menait continue sans son second
        serment standby lead [--data DIR] [--despite-loss]   le second prend la relève ; --despite-loss : même s'il lui manque des entrées
            Les deux adresses : SERMENT_CUSTODIAN (ou le dossier de données) et SERMENT_STANDBY, comme pour le serveur.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [] || args.Contains("--help")) { Console.WriteLine(Help); return args is [] ? 2 : 0; }
        var line = new CommandLine(args[1..], ["--despite-loss"], ["--data"]);
        var addresses = Serve.AddressesOfCustodian(line.Data);
        if (addresses.Length < 2 && args[0] != "status") throw new RefusedException("standby.none", "Aucun second gardien : donnez son adresse dans SERMENT_STANDBY.");
        var standing = await Task.WhenAll(addresses.Select(CustodianInCharge.StandingAsync)).ConfigureAwait(false);
        var records = new RecordsDatabase(line.Data, Environment.GetEnvironmentVariable("SERMENT_DATABASE"));
        switch (args[0])
        {
            case "status":
                for (var i = 0; i < addresses.Length; i++) Console.WriteLine($"{(i == 0 ? "premier" : "second")}  {addresses[i].Socket ?? addresses[i].Url!.ToString()} : {InWords(standing[i])}");
                return standing.Any(one => one?.Standing == "in-step") ? 0 : 1;
            case "alone":
                var waits = Array.FindIndex(standing, one => one?.Standing == "undecided");
                if (waits < 0) throw new RefusedException("standby.nothing", "Aucun des deux gardiens n'attend de décision : « serment standby status ».");
                return await SaidAsync(records, addresses[waits], standing[waits]!, "alone", standing[waits]!.Number + 1).ConfigureAwait(false);
            case "lead":
                var second = Array.FindIndex(standing, one => one?.Standing == "follows");
                if (second < 0) throw new RefusedException("standby.none", "Aucun gardien qui suive n'est joignable : « serment standby status ».");
                var number = line.Has("--despite-loss") ? Math.Max(standing[second]!.Number, await records.ConfigurationAsync().ConfigureAwait(false)) + 1 : standing[second]!.Number + 1;
                return await SaidAsync(records, addresses[second], standing[second]!, "lead", number).ConfigureAwait(false);
            default:
                await Console.Error.WriteLineAsync(Help).ConfigureAwait(false);
                return 2;
        }
    }

    private static async Task<int> SaidAsync(RecordsDatabase records, CustodianAddress address, StandingNow before, string decision, long number)
    {
        if (!await records.GrantConfigurationAsync(number, before.Holder).ConfigureAwait(false))
            throw new RefusedException("standby.behind", $"La base a déjà donné un numéro plus récent que {number} à l'autre gardien : celui-ci n'a pas tout. Remettez l'autre en marche ; s'il est perdu, docs/runbooks/standby.md, « il ne reste que le second ».");
        using var line = new CustodianChannel(address);
        var now = await CustodianInCharge.SayAsync(line, decision, number).ConfigureAwait(false) ?? throw new RefusedException(RefusalCodes.Away, "Ce gardien n'est plus joignable.");
        if (now.Refusal.Length > 0) throw new RefusedException("standby.refused", $"Le gardien n'a pas suivi la décision : {now.Refusal}.");
        Console.WriteLine(InWords(now));
        return 0;
    }

    private static string InWords(StandingNow? now) => now is null ? "injoignable" : $"{now.Standing switch
    {
        "single" => "mène, sans second",
        "in-step" => "mène, son second est à jour",
        "catching-up" => "mène, son second rattrape son retard",
        "alone" => "mène seul",
        "undecided" => "attend : son second est absent, rien n'est décidé",
        "replaced" => "remplacé par l'autre, ne répond plus",
        "follows" => "suit, à jour",
        _ => "suit, pas encore à jour",
    }} (configuration {now.Number}, {now.Entries} entrées)";
}
