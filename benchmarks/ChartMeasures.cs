using System.Diagnostics;
using System.Text.Json;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Serment.Server.Signing;

namespace Serment.Benchmarks;

/// <summary>
/// A chart of 200 entries opened as the Server opens it (release over the socket, rows, seals), against the same reading from
/// plain rows. This process stands for the Server; processor time is its own and the Custodian's together.
/// </summary>
internal static class ChartMeasures
{
    private const int Entries = 200, Workers = 8;
    private static readonly Domain[] Domains = [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results];

    public static async Task<IReadOnlyList<Row>> RunAsync(CustodianProcess cell, Wards wards, bool quick)
    {
        var records = new RecordsDatabase(cell.Directory, null);
        await records.PrepareAsync(cell.Status.Cell);
        var door = new EntriesDoor(records, cell.Status.Cell);
        var plain = Path.Combine(cell.Directory, "plain.db");
        await FillAsync(cell, door, plain, wards);

        var (runs, each) = quick ? (3, 40) : (7, 100);
        async Task SealedAsync((Clinician Nurse, PatientId Patient, (byte[] Message, byte[] Signature)[] Signed) at, int i)
        {
            var lease = await cell.Client.AskAsync(ReleaseVerbs.Release, at.Signed[i].Message, at.Signed[i].Signature);
            using var keys = PatientFiles.KeysOf(lease);
            Expect((await door.ReadAsync(keys, at.Patient, Domains)).Count);
        }
        async Task PlainAsync((Clinician Nurse, PatientId Patient, (byte[] Message, byte[] Signature)[] Signed) at, int i) => Expect((await PlainRows.ReadAsync(plain, at.Patient, Domains)).Count);

        // Processes that run for weeks are compiled for good: warm until that is so, or the compiler is what is measured.
        for (var warm = 0; warm < 4; warm++)
        {
            await LoadAsync(cell, wards, SealedAsync, 100, Workers);
            await LoadAsync(cell, wards, PlainAsync, 100, Workers);
        }
        var (sealedOnes, plainOnes) = (new List<Load>(), new List<Load>());
        var (sealedAlone, plainAlone) = (new List<Load>(), new List<Load>());
        for (var run = 0; run < runs; run++)
        {
            sealedOnes.Add(await LoadAsync(cell, wards, SealedAsync, each, Workers));
            plainOnes.Add(await LoadAsync(cell, wards, PlainAsync, each, Workers));
            sealedAlone.Add(await LoadAsync(cell, wards, SealedAsync, each * 2, 1));
            plainAlone.Add(await LoadAsync(cell, wards, PlainAsync, each * 2, 1));
        }
        return
        [
            Row.Added("chart of 200 entries, processor time added", Of(sealedOnes, l => l.Cpu), Of(plainOnes, l => l.Cpu), "ms", 1, $"both processes; median of {runs} runs against plain rows"),
            Row.Added("chart of 200 entries, p95 added", Of(sealedAlone, l => l.P95), Of(plainAlone, l => l.P95), "ms", 5, "one reader at a time"),
            Row.PartOf("chart of 200 entries, throughput", Of(sealedOnes, l => l.Rate), Of(plainOnes, l => l.Rate), "/s", 0.8, "8 readers"),
        ];

        static double Of(List<Load> loads, Func<Load, double> what) => Sample.Median([.. loads.Select(what)]);
        static void Expect(int count) { if (count != Entries) throw new InvalidOperationException($"{count} entries instead of {Entries}"); }
    }

    private sealed record Load(double Rate, double P95, double Cpu);

    private static async Task<Load> LoadAsync(CustodianProcess cell, Wards wards, Func<(Clinician, PatientId, (byte[], byte[])[]), int, Task> open, int each, int workers)
    {
        var at = wards.All.Take(workers).Select(w => (w.Nurse, w.Patients[0], Enumerable.Range(0, each).Select(_ => w.Nurse.Sign(ReleaseVerbs.Release, new ReleaseKeys([w.Patients[0]], Domains, "care"))).ToArray())).ToArray();
        var durations = new double[workers * each];
        GC.Collect();
        var (watch, before) = (Stopwatch.StartNew(), Cpu());
        await Task.WhenAll(at.Select((place, worker) => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await open(place, i);
                durations[worker * each + i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        })));
        return new Load(durations.Length / watch.Elapsed.TotalSeconds, Sample.Percentile(durations, 95), (Cpu() - before).TotalMilliseconds / durations.Length);

        TimeSpan Cpu()
        {
            using var own = Process.GetCurrentProcess();
            return own.TotalProcessorTime + cell.ProcessorTime;
        }
    }

    private static async Task FillAsync(CustodianProcess cell, EntriesDoor door, string plain, Wards wards)
    {
        var import = cell.Import();
        await using var rows = await PlainRows.PrepareAsync(plain);
        foreach (var (nurse, patients) in wards.All)
        {
            var (now, patient) = (DateTimeOffset.UtcNow, patients[0]);
            var written = Enumerable.Range(0, Entries).Select(i => new NewEntry(Id.New<EntryId>(), 1, patient, i % 4 == 0 ? Domain.Results : Domain.Clinical,
                new EntryContent("notes", now.AddHours(-i), nurse.Me.Account, nurse.Me.Name, null, EntryJson.Of(new Note("nursing", Text(i), "Douleur", "Antalgique donné, position corrigée.", "EVA 2 à une heure."))))).ToArray();
            // Three quarters by people, in one slot; results by an interface, five a message, each message its own slot.
            using (var keys = PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care", Write: true))))
                await door.WriteAsync(keys, [.. written.Where(e => e.Domain is Domain.Clinical)], now);
            foreach (var message in written.Where(e => e.Domain is Domain.Results).Chunk(5))
            {
                using var slots = await LentSlots.AskAsync(import, message);
                await door.ImportAsync(slots.Seal(door, message, now));
            }
            rows.Entries.AddRange(written.Select(e => new PlainRow { Entry = e.Entry, Version = 1, Patient = patient, Domain = e.Domain, WrittenAt = now, Json = JsonSerializer.SerializeToUtf8Bytes(e.Content, EntryJson.Options) }));
        }
        await rows.SaveChangesAsync();
    }

    /// <summary>From one line to a short report.</summary>
    private static string Text(int i) => string.Concat(Enumerable.Repeat("Patient calme, douleur contrôlée, surveillance poursuivie. ", 1 + i % 7));
}
