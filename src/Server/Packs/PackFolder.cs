using Serment.Records.Entries;
using Serment.Records.Stays;
using Serment.Server.Commands;
using Serment.Server.Signing;

namespace Serment.Server.Packs;

/// <summary>
/// The packs of this establishment as files: one key per pack, which asks and opens nothing, and the newest pack of each, which only its device opens.
/// </summary>
internal sealed class PackFolder(string data, CustodianClient custodian, CellStatus cell, EntriesDoor entries, StaysDoor stays)
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(30);
    private string Place => Path.Combine(data, "packs");

    public IReadOnlyList<string> Keys => Directory.Exists(Place) ? Directory.GetFiles(Place, "*.key") : [];

    public string File(ApprovalId pack) => Path.Combine(Place, $"{pack}.pack");

    /// <summary>A new machine key; it stays when <paramref name="propose"/> did.</summary>
    public async Task WithKeyAsync(Func<byte[], Task> propose)
    {
        OwnerOnly.Directory(Place);
        var made = Path.Combine(Place, $"{Id.New<ClientId>()}.key");
        var publicKey = ClientKey.Create(OwnerOnly.Create(made));
        try { await propose(publicKey).ConfigureAwait(false); }
        catch
        {
            System.IO.File.Delete(made);
            throw;
        }
    }

    /// <exception cref="RefusedException">Not approved yet, frozen, over, asked a moment ago; or the Custodian is away.</exception>
    public async Task<RefreshedPack> RefreshAsync(string keyFile, CancellationToken cancel = default)
    {
        using var key = ClientKey.Read(keyFile);
        var fresh = await key.For(custodian, cell).AskAsync(PackVerbs.Refresh, Nothing.AtAll, cancel).ConfigureAwait(false);
        var newest = new Dictionary<EntryId, EntryRow>();
        await foreach (var row in entries.SealedAsync(fresh.Ids, PackKeys.Domains, cancel).ConfigureAwait(false))
            if (!newest.TryGetValue(row.Entry, out var before) || before.Version < row.Version) newest[row.Entry] = row;
        var present = (await stays.OfUnitsAsync([fresh.Unit], cancel).ConfigureAwait(false)).Where(stay => stay.Occupies && fresh.Ids.Contains(stay.Patient));
        await PackFile.WriteAsync(File(fresh.Pack), fresh,
            newest.Values.Select(row => new ExportedRow(row.Entry, row.Version, row.Patient, row.Domain, row.KeyVersion, row.WrittenAt.ToUnixTimeMilliseconds(), row.Salt, row.Commitment, row.Sealed)),
            [.. present.Select(stay => new PackStay(stay.Patient, stay.Bed, stay.FileNumber, stay.State, stay.AdmittedAt, stay.ExpectedExitAt))], cancel).ConfigureAwait(false);
        return fresh;
    }
}

/// <summary>Every pack anew each half hour, and at every start; one that fails is tried again a minute later, the one before stays meanwhile.</summary>
internal sealed class PackKeeper(PackFolder folder, ILogger<PackKeeper> log) : BackgroundService
{
    private readonly Dictionary<string, long> _due = [];
    private readonly Dictionary<string, string> _refused = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var minute = new PeriodicTimer(TimeSpan.FromMinutes(1));
        do
            foreach (var key in folder.Keys)
            {
                if (_due.GetValueOrDefault(key) > Environment.TickCount64) continue;
                try
                {
                    await folder.RefreshAsync(key, stoppingToken).ConfigureAwait(false);
                    _refused.Remove(key);
                    _due[key] = Environment.TickCount64 + (long)PackFolder.Every.TotalMilliseconds;
                }
                catch (RefusedException no)
                {
                    // Not approved yet, over, or the Custodian is away: nothing to do here. A unit that grew too large is for somebody to see, once.
                    if (no.Refusal.Code is "pack.large" or "pack.frozen" && (!_refused.TryGetValue(key, out var before) || before != no.Refusal.Code)) Refused(log, no.Refusal.Code, null);
                    _refused[key] = no.Refusal.Code;
                }
                catch (OperationCanceledException) { return; }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or System.Data.Common.DbException) { Failed(log, fault.GetType().Name, null); }
            }
        while (await minute.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private static readonly Action<ILogger, string, Exception?> Refused = LoggerMessage.Define<string>(LogLevel.Warning, new EventId(2, "pack"), "Un dossier de secours n'est pas renouvelé ({Code}) : le précédent reste en place.");

    private static readonly Action<ILogger, string, Exception?> Failed = LoggerMessage.Define<string>(LogLevel.Warning, new EventId(1, "pack"), "Un dossier de secours n'a pas pu être écrit ({Fault}) : le précédent reste en place.");
}
