using System.Diagnostics;
using System.Globalization;
using Serment.Custodian.Identities;
using Serment.Custodian.Incidents;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;

namespace Serment.Benchmarks;

/// <summary>What a long journal costs: releases beside it, a start on it, an exposure counted from it. Two cells at once, measured in turns.</summary>
internal static class JournalMeasures
{
    private const int Clients = 8, FewPatients = 10_000;
    private const long ExposureEntries = 50_000_000;

    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick, bool full)
    {
        var (patients, entries) = quick ? (50_000, 300_000L) : (1_000_000, full ? ExposureEntries : 5_000_000L);
        var name = string.Create(CultureInfo.InvariantCulture, $"{patients:N0} patients and {entries:N0} entries");
        var said = quick ? "quick: smaller, no bar" : null;
        double? Bar(double bar) => quick ? null : bar;
        string few = Directory.CreateTempSubdirectory("serment-few-").FullName, many = Directory.CreateTempSubdirectory("serment-many-").FullName;
        try
        {
            var watch = Stopwatch.StartNew();
            await GrownAsync(few, FewPatients, FewPatients);
            await GrownAsync(many, patients, entries);
            var grown = watch.Elapsed;
            var (exposure, processor) = await ExposureAsync(many, entries);
            using (var first = new CustodianProcess(many)) first.Stop(); // Reads all and keeps its books, as a cell at work has long done.
            using CustodianProcess small = new(few), large = new(many);
            var (wardsOfSmall, wardsOfLarge) = (await Wards.FillAsync(small, Clients), await Wards.FillAsync(large, Clients));
            var (p95OfSmall, p95OfLarge, ratios) = (new List<double>(), new List<double>(), new List<double>());
            for (var run = -1; run < (quick ? 5 : 9); run++)
            {
                var (before, after) = (await P95Async(small, wardsOfSmall, quick), await P95Async(large, wardsOfLarge, quick));
                if (run < 0) continue;
                p95OfSmall.Add(before);
                p95OfLarge.Add(after);
                ratios.Add(after / before);
            }
            var ratio = Math.Round(Sample.Median([.. ratios]), 3);
            var nurse = wardsOfLarge.All[0].Nurse;
            var list = new List<double>();
            foreach (var patient in wardsOfLarge.All[0].Patients)
            {
                var start = Stopwatch.GetTimestamp();
                await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient));
                list.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            // What the Server asks every five seconds: the root that the tree had when it last asked.
            var (size, roots) = ((await large.Client.AskUnsignedAsync(GapVerbs.State, "", Nothing.AtAll)).Size, new List<double>());
            for (var i = 0; i < 400; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await large.Client.AskUnsignedAsync(GapVerbs.Root, "", new AskRoot(size - 1 - size * i / 400));
                roots.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            return
            [
                new Row($"release p95 at {name} / at 10,000", Math.Round(Sample.Median([.. p95OfLarge]), 3), "ms", Math.Round(Sample.Median([.. p95OfSmall]), 3), ratio, Bar(1.2), quick ? null : ratio <= 1.2, $"{Clients} clients, in turns, median of the ratios; {said ?? "bar on the ratio"}"),
                Row.AtMost($"start with {name}, first answer", large.Answered.TotalSeconds, "s", Bar(3), said),
                Row.AtMost($"Custodian memory with {name}", large.Megabytes, "MB", Bar(600), said),
                Row.AtMost($"who opened a file, {name}, p95", Sample.Percentile(list, 95), "ms", null, "first page, through the socket"),
                Row.AtMost($"root of an older tree, {name}, p95", Sample.Percentile(roots, 95), "ms", null, FormattableString.Invariant($"through the socket, at 400 sizes; median {Sample.Median([.. roots]):0.00} ms; the Server asks every 5 s")),
                Row.AtMost("entries read for an exposure, 50,000,000", exposure * ExposureEntries / entries, "s", Bar(60), FormattableString.Invariant($"{(entries < ExposureEntries ? $"{entries:N0} read in {exposure:0.0} s, scaled; " : "")}all entries of all accounts, in this process, {processor:0.0} s of processor; the journal was written in {grown.TotalSeconds:0} s")),
            ];
        }
        finally
        {
            Directory.Delete(few, recursive: true);
            Directory.Delete(many, recursive: true);
        }
    }

    private static async Task<double> P95Async(CustodianProcess cell, Wards wards, bool quick) =>
        (await ReleaseMeasures.LoadAsync(cell, wards, (_, patients, i) => ReleaseMeasures.One(patients[i % patients.Count]), quick ? 150 : 500)).P95;

    private static async Task GrownAsync(string directory, int patients, long entries)
    {
        using (new CustodianProcess(directory)) { }
        var invented = new InventedPeople(20263);
        var people = invented.Take(patients).Select((traits, i) => new Identity { Id = PatientId.From(invented.Number()), Ipp = i + 1, Traits = traits, Status = IdentityStatus.Validated }).ToArray();
        IdentityMeasures.Fill(directory, people);
        await GrownJournal.FillAsync(directory, [.. people.Select(person => person.Id)], entries);
    }

    private static async Task<(double Seconds, double Processor)> ExposureAsync(string directory, long entries)
    {
        var own = Path.Combine(directory, "custodian");
        var file = KeyFile.Read(Path.Combine(own, "cell.json"));
        using var keys = file.Unlock(own);
        await using var log = new JournalLog(Path.Combine(own, "journal"), keys.Journal(), $"serment/{file.Cell}", keys.JournalSeed());
        var (count, start, processor) = (new ExposureCount(patient => patient), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        count.TakeAll(log.Disclosures(new JournalQuestion { Until = DateTimeOffset.UtcNow, OldestFirst = true }));
        var (seconds, spent) = (Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        if (!count.Lines().Any() || log.Size < entries) throw new InvalidOperationException("the journal does not have the entries that were written");
        return (seconds, spent);
    }
}
