namespace Serment.Benchmarks;

/// <summary>
/// What a second Custodian in step costs a release, which then waits for one more disk: two cells, one of them with a second, measured in turns. All three
/// Custodians and the generator share this machine, and both disks are one: in a hospital the second has its own.
/// </summary>
internal static class StandbyMeasures
{
    private const int Clients = 8;

    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick)
    {
        var (runs, perClient) = quick ? (5, 300) : (9, 1000);
        using CustodianProcess single = new(), first = new();
        var (wardsOfSingle, wardsOfFirst) = (await Wards.FillAsync(single, Clients), await Wards.FillAsync(first, Clients));
        using var second = await CustodianProcess.FollowingAsync(first, TimeSpan.FromSeconds(30));
        for (var warm = 0; warm < 10; warm++)
        {
            await LoadAsync(single, wardsOfSingle, 200);
            await LoadAsync(first, wardsOfFirst, 200);
        }
        var (without, with) = (new List<(double Rate, double P95)>(), new List<(double Rate, double P95)>());
        var (own, its) = (first.ProcessorTime, second.ProcessorTime);
        for (var run = 0; run < runs; run++)
        {
            without.Add(await LoadAsync(single, wardsOfSingle, perClient));
            with.Add(await LoadAsync(first, wardsOfFirst, perClient));
        }
        var requests = runs * perClient * Clients;
        var note = FormattableString.Invariant($"{Clients} clients, median of {runs} runs in turns, all on this machine; {(first.ProcessorTime - own).TotalMilliseconds / requests:0.00} ms of processor in the first and {(second.ProcessorTime - its).TotalMilliseconds / requests:0.00} in the second for each");
        return
        [
            Row.Beside("release p95, a second Custodian in step / without", Sample.Median([.. with.Select(s => s.P95)]), Sample.Median([.. without.Select(s => s.P95)]), "ms", Sample.Median([.. with.Zip(without, (one, other) => one.P95 / other.P95)])),
            Row.Beside("releases, a second Custodian in step / without", Sample.Median([.. with.Select(s => s.Rate)]), Sample.Median([.. without.Select(s => s.Rate)]), "/s", Sample.Median([.. with.Zip(without, (one, other) => one.Rate / other.Rate)]), note),
        ];
    }

    private static Task<(double Rate, double P95)> LoadAsync(CustodianProcess cell, Wards wards, int perClient) =>
        ReleaseMeasures.LoadAsync(cell, wards, (_, patients, i) => ReleaseMeasures.One(patients[i % patients.Count]), perClient);
}
