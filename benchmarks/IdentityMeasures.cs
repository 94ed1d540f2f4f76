using System.Diagnostics;
using System.Globalization;
using Serment.Custodian.Identities;
using Serment.Custodian.Keys;
using Serment.Custodian.State;

namespace Serment.Benchmarks;

/// <summary>
/// A cell of many people: filled on the disk while it is stopped, as years of work would have, then started and searched.
/// The registry is also measured inside this process, because names without a birth date are searched by the registry's own checks only.
/// </summary>
internal static class IdentityMeasures
{
    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick)
    {
        var count = quick ? 100_000 : 1_000_000;
        var size = count.ToString("N0", CultureInfo.InvariantCulture);
        string? small = quick ? "quick: a tenth of the base, no bar" : null;
        double? Bar(double bar) => quick ? null : bar;
        var invented = new InventedPeople(20261);
        var people = invented.Take(count).Select((traits, i) => new Identity { Id = PatientId.From(invented.Number()), Ipp = i + 1, Traits = traits, Status = IdentityStatus.Validated }).ToArray();
        var directory = Directory.CreateTempSubdirectory("serment-people-").FullName;
        try
        {
            using (new CustodianProcess(directory)) { }
            Fill(directory, people);
            using (new CustodianProcess(directory)) { } // The first start after so much writing pays for the disk.
            using var cell = new CustodianProcess(directory);
            var (asked, dated) = await SearchAsync(cell, invented, people, quick ? 100 : 400);
            var within = Within(invented, people, quick ? 300 : 1500);
            return
            [
                Row.AtMost($"start with {size} identities, first answer", cell.Answered.TotalSeconds, "s", Bar(3), small),
                Row.AtMost($"start with {size} identities, search", cell.Searchable.TotalSeconds, "s", Bar(10), small),
                Row.AtMost($"identity search over {size}, typos, in the registry, p99", within, "ms", Bar(5), $"surname and given name, a slip in each; invented syllables; {small ?? "in this process"}"),
                Row.AtMost($"identity search over {size}, typo and birth date, through the socket, p99", dated, "ms", Bar(5), $"{asked} searches at the admissions desk, journal included"),
                Row.AtMost($"Custodian memory with {size} identities", cell.Megabytes, "MB", Bar(600), small),
            ];
        }
        finally { Directory.Delete(directory, recursive: true); }
    }

    /// <summary>Writes identities into a stopped cell.</summary>
    public static void Fill(string directory, Identity[] people)
    {
        var own = Path.Combine(directory, "custodian");
        using var keys = KeyFile.Read(Path.Combine(own, "cell.json")).Unlock(own);
        using var store = new SealedStore(Path.Combine(own, "state.db"), Path.Combine(directory, "mirror", "state-mirror.db"), keys.State());
        foreach (var some in people.Chunk(20_000)) store.Put([.. some.Select(p => (IdentityRegistry.Kind, p.Id.ToString()!, IdentityRow.Write(p)))]);
    }

    /// <summary>As the admissions desk asks. It is shown 250 lines between touches: it touches, unmeasured, before each.</summary>
    private static async Task<(int Asked, double P99)> SearchAsync(CustodianProcess cell, InventedPeople invented, Identity[] people, int count)
    {
        var clerk = await cell.EnterAsync(Role.AdmissionsClerk);
        var times = new List<double>();
        for (var i = -20; i < count; i++)
        {
            var traits = people[invented.Below(people.Length)].Traits;
            await clerk.AskAsync(SessionVerbs.Touch, new Touch(false, null));
            var start = Stopwatch.GetTimestamp();
            await clerk.AskAsync(IdentityVerbs.Find, new FindIdentities($"{invented.Slip(traits.BirthName)} {traits.FirstGivenName} {traits.BirthDate:dd/MM/yyyy}"));
            if (i >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return (count, Sample.Percentile(times, 99));
    }

    private static double Within(InventedPeople invented, Identity[] people, int count)
    {
        using var registry = new IdentityRegistry(true, new IdentityShelf(_ => { }, (_, _) => null));
        registry.Load([], take => { foreach (var person in people) take(System.Text.Encoding.ASCII.GetBytes(person.Id.ToString()!), IdentityRow.Write(person)); }, people.Length);
        while (!registry.Ready) Thread.Sleep(20);
        var (today, times) = (ClinicalTime.Day(DateTimeOffset.UtcNow), new List<double>());
        for (var i = -50; i < count; i++)
        {
            var traits = people[invented.Below(people.Length)].Traits;
            var asked = $"{invented.Slip(traits.BirthName)} {invented.Slip(traits.FirstGivenName)}";
            var start = Stopwatch.GetTimestamp();
            registry.Search(IdentityRegistry.Understand(asked, today), null);
            if (i >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return Sample.Percentile(times, 99);
    }
}
