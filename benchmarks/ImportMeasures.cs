using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Serment.Benchmarks;

/// <summary>./serment import fhir, as anyone runs it, on invented bundles of one patient each.</summary>
internal static class ImportMeasures
{
    private const int Resources = 200;

    public static async Task<IReadOnlyList<Row>> RunAsync(CustodianProcess cell, bool quick)
    {
        var (bundles, runs) = quick ? (50, 1) : (200, 3);
        var rates = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            var folder = Path.Combine(cell.Directory, $"bundles-{run}");
            Write(folder, bundles, run);
            using var import = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "import", "fhir", folder, "--data", cell.Directory, "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var faults = import.StandardError.ReadToEndAsync();
            var said = await import.StandardOutput.ReadToEndAsync();
            await import.WaitForExitAsync();
            if (import.ExitCode != 0) return [Row.Missing("FHIR import", "/s", 5000, $"the import ended with code {import.ExitCode}: {(await faults).Trim().Split('\n')[^1]}")];
            rates.Add(JsonDocument.Parse(said).RootElement.GetProperty("perSecond").GetDouble());
            Directory.Delete(folder, recursive: true);
        }
        return [Row.AtLeast("FHIR import", Sample.Median(rates), "resources/s", 5000, $"{bundles} bundles of {Resources} resources, median of {runs}")];
    }

    private static void Write(string folder, int bundles, int run)
    {
        Directory.CreateDirectory(folder);
        var people = new InventedPeople((ulong)(900 + run));
        for (var i = 0; i < bundles; i++)
        {
            var (traits, patient) = (people.One(), $"p-{run}-{i}");
            var entries = new List<object> { Entry(patient, new { resourceType = "Patient", id = patient, identifier = new[] { new { system = "urn:bench", value = patient } }, name = new[] { new { use = "official", family = traits.BirthName, given = new[] { traits.FirstGivenName } } }, gender = traits.Sex == Sex.Female ? "female" : "male", birthDate = traits.BirthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) }) };
            for (var n = 1; n < Resources; n++)
            {
                var (id, at) = ($"o-{run}-{i}-{n}", DateTimeOffset.UtcNow.AddHours(-n).ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture));
                entries.Add(Entry(id, new
                {
                    resourceType = "Observation",
                    id,
                    status = "final",
                    category = new[] { new { coding = new[] { new { system = "http://terminology.hl7.org/CodeSystem/observation-category", code = "vital-signs" } } } },
                    code = new { coding = new[] { new { system = "http://loinc.org", code = "8867-4", display = "Heart rate" } }, text = "Heart rate" },
                    subject = new { reference = $"urn:uuid:{patient}" },
                    effectiveDateTime = at,
                    valueQuantity = new { value = 55 + n % 60, unit = "/min", system = "http://unitsofmeasure.org", code = "/min" },
                }));
            }
            File.WriteAllText(Path.Combine(folder, $"{patient}.json"), JsonSerializer.Serialize(new { resourceType = "Bundle", type = "collection", entry = entries }));
        }

        static object Entry(string id, object resource) => new { fullUrl = $"urn:uuid:{id}", resource };
    }
}
