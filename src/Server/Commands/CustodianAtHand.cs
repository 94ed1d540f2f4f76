using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>The Custodian for a command: the one that runs, or one started for as long as the command lasts.</summary>
internal sealed class CustodianAtHand : IAsyncDisposable
{
    private readonly OwnCustodian? _own;
    private readonly ILoggerFactory _logs;

    private CustodianAtHand(CustodianClient client, CellStatus cell, OwnCustodian? own, ILoggerFactory logs) => (Client, Cell, _own, _logs) = (client, cell, own, logs);

    public CustodianClient Client { get; }
    public CellStatus Cell { get; }

    public static async Task<CustodianAtHand> ReachAsync(string data)
    {
        var elsewhere = Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN") is not null;
        if (!elsewhere && !File.Exists(Path.Combine(data, "custodian", "cell.json")))
            throw new RefusedException("cell.none", "Aucun établissement dans ce dossier de données : vérifiez --data, ou créez-le d'abord (./run).");
        var client = new CustodianClient(Serve.AddressesOfCustodian(data));
        var logs = LoggerFactory.Create(l => l.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        OwnCustodian? own = null;
        try
        {
            await CustodianInCharge.TurnToLeaderAsync(client).ConfigureAwait(false);
            try { return new CustodianAtHand(client, await StatusAsync(client).ConfigureAwait(false), null, logs); }
            catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Away && !elsewhere) { }
            own = new OwnCustodian(data, 0, null, logs.CreateLogger("Serment.Custodian"));
            await own.StartAsync().ConfigureAwait(false);
            return new CustodianAtHand(client, await StatusAsync(client).ConfigureAwait(false), own, logs);
        }
        catch
        {
            client.Dispose();
            if (own is not null) await own.DisposeAsync().ConfigureAwait(false);
            logs.Dispose();
            throw;
        }
    }

    private static Task<CellStatus> StatusAsync(CustodianClient client) => client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_own is not null) await _own.DisposeAsync().ConfigureAwait(false);
        _logs.Dispose();
    }
}
