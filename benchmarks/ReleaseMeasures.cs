using System.Diagnostics;

namespace Serment.Benchmarks;

/// <summary>Releases over the real socket: signature, session, relation, budget, durable journal, keys. Requests are signed beforehand, as browsers do on their own machines.</summary>
internal static class ReleaseMeasures
{
    private const int Clients = 8, Ward = 60;

    public static async Task<IReadOnlyList<Row>> RunAsync(CustodianProcess cell, Wards wards, bool quick)
    {
        var (runs, perClient) = quick ? (3, 400) : (5, 1500);
        // Warm: a Custodian runs for months, and is compiled to the end only after some ten thousand requests.
        for (var warm = 0; warm < 10; warm++) await LoadAsync(cell, wards, (_, patients, i) => One(patients[i % patients.Count]), 200);
        var single = new List<(double Rate, double P95)>();
        var (custodian, own) = (cell.ProcessorTime, Environment.CpuUsage.TotalTime);
        for (var run = 0; run < runs; run++) single.Add(await LoadAsync(cell, wards, (_, patients, i) => One(patients[i % patients.Count]), perClient));
        // On a machine that others use, processor time says more than rates: two processors do 2 / (this) at best.
        var each = FormattableString.Invariant($"{(cell.ProcessorTime - custodian).TotalMilliseconds / (runs * perClient * Clients):0.00} ms of processor in the Custodian and {(Environment.CpuUsage.TotalTime - own).TotalMilliseconds / (runs * perClient * Clients):0.00} in the generator, signing included");
        await LoadAsync(cell, wards, (_, patients, _) => WardOf(patients), 20);
        var batched = new List<(double Rate, double P95)>();
        for (var run = 0; run < runs; run++) batched.Add(await LoadAsync(cell, wards, (_, patients, _) => WardOf(patients), quick ? 60 : 150));
        var alone = new List<double>();
        var (nurse, census) = wards.All[0];
        for (var i = 0; i < (quick ? 100 : 400); i++)
        {
            var (message, signature) = nurse.Sign(ReleaseVerbs.Release, WardOf(census));
            var start = Stopwatch.GetTimestamp();
            await cell.Client.AskAsync(ReleaseVerbs.Release, message, signature);
            alone.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return
        [
            Row.AtLeast("release, 8 clients", Sample.Median([.. single.Select(s => s.Rate)]), "/s", 3000, $"median of {runs} runs, {perClient} requests a client; {each}"),
            Row.AtMost("release, 8 clients, p95", Sample.Median([.. single.Select(s => s.P95)]), "ms", 5),
            Row.AtLeast("release, batched by 60, 8 clients", Sample.Median([.. batched.Select(s => Ward * s.Rate)]), "patients/s", 20_000, "60 releases a request: 30 patients, the most that one touch opens, each twice"),
            Row.AtMost("release, a ward of 60 in one request, median", Sample.Median(alone), "ms", 10, FormattableString.Invariant($"one client; p95 {Sample.Percentile(alone, 95):0.0} ms")),
        ];
    }

    public static ReleaseKeys One(PatientId patient) => new([patient], [Domain.Clinical], "care");

    private static ReleaseKeys WardOf(IReadOnlyList<PatientId> patients) => new([.. patients, .. patients], [Domain.Clinical], "care");

    public static async Task<(double Rate, double P95)> LoadAsync(CustodianProcess cell, Wards wards, Func<Clinician, IReadOnlyList<PatientId>, int, ReleaseKeys> ask, int perClient)
    {
        var signed = wards.All.Take(Clients).Select(ward => Enumerable.Range(0, perClient).Select(i => ward.Nurse.Sign(ReleaseVerbs.Release, ask(ward.Nurse, ward.Patients, i))).ToArray()).ToArray();
        var durations = new double[Clients * perClient];
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (var i = 0; i < perClient; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await cell.Client.RelayAsync(signed[client][i].Message, signed[client][i].Signature);
                durations[client * perClient + i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        })));
        return (durations.Length / watch.Elapsed.TotalSeconds, Sample.Percentile(durations, 95));
    }
}
