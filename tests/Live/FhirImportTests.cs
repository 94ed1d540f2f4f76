using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Observations;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>serment import fhir as a process beside a running Custodian, on a hundred invented American patients and on broken files.</summary>
public sealed class FhirImportTests : IDisposable
{
    private readonly CustodianProcess _cell = new();
    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("serment-fhir-");

    [Fact]
    public async Task A_hundred_bundles_are_taken_over_once_and_a_physician_with_a_relation_reads_them()
    {
        Unpack(100);
        var first = await ImportAsync();
        Assert.Equal((0, 100), (first.Code, first.Report.GetProperty("patients").GetInt32()));
        AddsUp(first.Report);
        var kept = Sum(first.Report, "stored") + Sum(first.Report, "attachments");
        Assert.True(kept > 30_000);
        Assert.Equal(kept, Rows());
        TestContext.Current.SendDiagnosticMessage($"{first.Report.GetProperty("resources")} resources, {first.Report.GetProperty("perSecond")}/s");

        var second = await ImportAsync();
        Assert.Equal((0, kept, kept), (second.Code, Sum(second.Report, "known"), Rows()));

        var entries = await ReadAmmieAsync();
        Assert.All(entries, e => Assert.Equal("FHIR", e.Content.Origin));
        Assert.Contains(entries, e => e.Content.Room == VitalSet.Room && e.Body<VitalSet>().Measures.Count > 0);
        Assert.Contains(entries, e => e.Content.Room == Result.Room && e.Body<Result>() is { Number: not null, Unit: not null });
        Assert.Contains(entries, e => e.Content.Room == PastEncounter.Room && e.Content.AuthorName is not null);
        Assert.DoesNotContain(entries, e => e.Domain is Domain.Activity);
    }

    [Fact]
    public async Task Killed_in_the_middle_and_run_again_it_ends_as_if_nothing_had_happened()
    {
        Unpack(30);
        using (var import = Start())
        {
            for (var i = 0; i < 600 && Rows() == 0; i++) await Task.Delay(50);
            import.Kill();
            await import.WaitForExitAsync();
        }
        var half = Rows();
        var again = await ImportAsync();
        Assert.Equal(0, again.Code);
        AddsUp(again.Report);
        Assert.InRange(half, 1, Rows() - 1);
        Assert.Equal(half, Sum(again.Report, "known"));
        Assert.Equal(Sum(again.Report, "stored") + Sum(again.Report, "attachments") + Sum(again.Report, "protected") + half, Rows());
    }

    [Fact]
    public async Task Bad_files_and_bad_patients_are_refused_by_line_and_do_not_stop_the_others()
    {
        Write("1-cut.json", "{\"resourceType\":\"Bundle\",\n\"entry\":[{\"resource\":{\"resourceType\":\"Basic\"");
        Write("2-list.json", "[1, 2]");
        Write("3-old.json", Bundle("""{"resourceType":"MedicationOrder","patient":{"reference":"Patient/a"}}"""));
        Write("4-Filename_Ofsomeone.json", Bundle("""{"resourceType":"Patient","id":"b","name":[{"family":"Secretname","given":["Xenia"]}]}""", """{"resourceType":"Condition","id":"c","code":{"text":"Asthme"},"subject":{"reference":"Patient/b"}}"""));
        Write("5-good.json", Bundle("""{"resourceType":"Patient","id":"a","name":[{"family":"Goodname","given":["Yann"]}],"birthDate":"1980-05-05","gender":"male"}""", """{"resourceType":"Condition","id":"d","code":{"text":"Asthme"},"subject":{"reference":"Patient/a"}}"""));
        Write("notes.txt", "not FHIR");
        var ran = await ImportAsync();
        Assert.Equal((1, 1, 2), (ran.Code, ran.Report.GetProperty("patients").GetInt32(), Rows()));
        var refusals = ran.Report.GetProperty("refusals").EnumerateArray().Select(r => (r.GetProperty("file").GetInt32(), r.GetProperty("line").GetInt64())).ToHashSet();
        foreach (var place in new[] { (1, 2L), (2, 1L), (3, 3L), (4, 3L), (4, 4L) }) Assert.Contains(place, refusals);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(_source.FullName, "2-list.json"))))[..12], ran.Report.GetProperty("refusals").EnumerateArray().Single(r => r.GetProperty("file").GetInt32() == 2).GetProperty("sha256").GetString());
        Assert.Equal(1, ran.Report.GetProperty("filesLeftAside").GetInt32());
        foreach (var name in new[] { "Secretname", "Xenia", "Goodname", "Yann", "Filename", "Ofsomeone" }) Assert.DoesNotContain(name, ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_people_under_one_number_are_never_one_file_in_one_run_or_in_two()
    {
        static string Patient(string id, string given, string born, string sex) => $$"""{"resourceType":"Patient","id":"{{id}}","identifier":[{"system":"https://assurance.example/assures","value":"42"}],"name":[{"family":"Le Gall","given":["{{given}}"]}],"birthDate":"{{born}}","gender":"{{sex}}"}""";
        static string Allergy(string id, string patient) => $$$"""{"resourceType":"AllergyIntolerance","id":"{{{id}}}","code":{"text":"Arachide"},"patient":{"reference":"Patient/{{{patient}}}"}}""";
        // Of one bundle; the same birth date and name, another given name (a twin) in a second file; then alone, in a second run.
        Write("1.json", Bundle(Patient("m", "Nolwenn", "1984-05-05", "female"), Patient("c", "Yann", "2020-01-02", "male"), Allergy("1", "c")));
        var first = await ImportAsync();
        Assert.Equal((1, 1, 1, 2), (first.Code, first.Report.GetProperty("patients").GetInt32(), Rows(), first.Report.GetProperty("refused").GetInt32()));
        Assert.All(first.Report.GetProperty("refusals").EnumerateArray(), r => Assert.Contains("rien n'est mêlé", r.GetProperty("why").GetString(), StringComparison.Ordinal));
        Write("1.json", Bundle(Patient("t", "Nolwen", "1984-05-05", "female"), Allergy("2", "t")));
        Assert.Equal((1, 1), ((await ImportAsync()).Code, Rows()));
        Write("1.json", Bundle(Patient("m", "Nolwenn", "1984-05-05", "male"), Allergy("3", "m")));
        Assert.Equal((1, 1), ((await ImportAsync()).Code, Rows()));
        // Spelled otherwise, it is she.
        Write("1.json", Bundle(Patient("m", "NOLWENN", "1984-05-05", "female").Replace("Le Gall", "LE-GALL", StringComparison.Ordinal), Allergy("4", "m")));
        var again = await ImportAsync();
        Assert.Equal((0, 0), (again.Code, again.Report.GetProperty("refused").GetInt32()));
        foreach (var name in new[] { "Nolwenn", "Gall" }) Assert.DoesNotContain(name, first.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_a_desk_corrected_since_is_still_the_person_of_the_source()
    {
        const string Person = """{"resourceType":"Patient","id":"m","identifier":[{"system":"https://example.org/ids","value":"42"}],"name":[{"family":"Le Gall","given":["Nolwenn"]}],"birthDate":"1984-05-05"}""";
        Write("1.json", Bundle(Person));
        Assert.Equal(0, (await ImportAsync()).Code);
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var known = Assert.Single((await clerk.AskAsync(IdentityVerbs.Find, new FindIdentities("le gall 05/05/1984"))).Lines);
        await clerk.AskAsync(IdentityVerbs.Correct, new CorrectIdentity(known.Patient, new IdentityTraits("Morvan", "Nolwenn", null, new DateOnly(1984, 5, 6), Sex.Female, null), IdentityStatus.Validated, "livret de famille"));
        Write("2.json", Bundle(Person, """{"resourceType":"Condition","id":"d","code":{"text":"Asthme"},"subject":{"reference":"Patient/m"}}"""));
        Assert.Equal((0, 2), ((await ImportAsync()).Code, Rows()));
    }

    [Fact]
    public async Task Text_that_is_no_text_and_a_file_that_may_not_be_read_refuse_that_file_alone()
    {
        const string Good = """{"resourceType":"Patient","id":"a","name":[{"family":"Goodname","given":["Yann"]}],"birthDate":"1980-05-05","gender":"male"}""";
        await File.WriteAllBytesAsync(Path.Combine(_source.FullName, "1.json"), System.Text.Encoding.Latin1.GetBytes(Bundle(Good.Replace("Yann", "Noël", StringComparison.Ordinal))), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(_source.FullName, "Practitioner.ndjson"), System.Text.Encoding.Latin1.GetBytes("""{"resourceType":"Practitioner","id":"d","name":[{"family":"Noël"}]}"""), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(_source.FullName, "3.json"), System.Text.Encoding.Latin1.GetBytes(Bundle(Good, """{"resourceType":"Condition","id":"c","code":{"text":"Entéro"},"subject":{"reference":"Patient/a"}}""")), TestContext.Current.CancellationToken);
        Directory.CreateSymbolicLink(Path.Combine(_source.FullName, "4.json"), "/proc/1/nowhere");
        Write("5.json", Bundle(Good.Replace("\"a\"", "\"b\"", StringComparison.Ordinal).Replace("Yann", "Yves", StringComparison.Ordinal)));
        var ran = await ImportAsync();
        Assert.Equal((1, 2, 2), (ran.Code, ran.Report.GetProperty("patients").GetInt32(), Rows()));
        var refusals = ran.Report.GetProperty("refusals").EnumerateArray().Select(r => (r.GetProperty("file").GetInt32(), r.GetProperty("line").GetInt64(), r.GetProperty("column").GetInt64() > 20)).ToHashSet();
        Assert.Equal([(1, 3L, true), (2, 4L, true), (3, 0L, false), (5, 1L, true)], refusals.Order());
    }

    [Fact]
    public async Task What_is_protected_is_counted_on_a_line_of_its_own_and_an_allergy_is_read_whatever_its_label()
    {
        Write("1.json", Bundle("""{"resourceType":"Patient","id":"a","identifier":[{"system":"https://example.org/ids","value":"42"}],"name":[{"family":"Le Gall","given":["Yann"]}],"birthDate":"1980-05-05"}""",
            """{"resourceType":"Condition","id":"c","meta":{"security":[{"code":"HIV"}]},"code":{"text":"x"},"subject":{"reference":"Patient/a"}}""",
            """{"resourceType":"AllergyIntolerance","id":"d","meta":{"security":[{"code":"HIV"}]},"code":{"text":"Abacavir"},"patient":{"reference":"Patient/a"}}"""));
        var ran = await ImportAsync();
        AddsUp(ran.Report);
        Assert.Equal((0, 1, 2, 3), (ran.Code, Sum(ran.Report, "protected"), Sum(ran.Report, "stored"), Rows()));
        var read = await ReadAsPhysicianAsync(new IdentityTraits("Le Gall", "Yann", null, new DateOnly(1980, 5, 5), Sex.Unknown, null), "fhir|https://example.org/ids|42");
        Assert.Equal("Abacavir", Assert.Single(read).Body<Allergy>().Substance);
    }

    [Fact]
    public async Task Folders_below_and_compressed_files_are_read_and_what_is_not_is_counted_by_type()
    {
        const string Patient = """{"resourceType":"Patient","id":"a","identifier":[{"system":"https://example.org/ids","value":"42"}],"name":[{"family":"Le Gall","given":["Yann"]}],"birthDate":"1980-05-05"}""";
        static string Condition(string said) => $$$"""{"resourceType":"Condition","id":"obs1","code":{"text":"{{{said}}}"},"subject":{"reference":"Patient/a"}}""";
        _source.CreateSubdirectory("2024").CreateSubdirectory("juin");
        // One id, two files, two things said; and the same once more.
        Write("2024/1.json", Bundle(Patient, Condition("Asthme")));
        Compress("2024/juin/2.json.gz", Bundle(Patient, Condition("Grippe")));
        Compress("3.NDJSON.gz", Patient + "\n" + Condition("Asthme") + "\n" + Condition("Eczéma"));
        var whole = await ImportAsync();
        Assert.Equal((0, 4), (whole.Code, Rows()));
        Assert.Equal((0, 4), ((await ImportAsync()).Code, Rows()));

        Write("2024/juin/notes.xml", "<Bundle/>");
        Write("2024/Martin.Jeanne", "x");
        var left = await ImportAsync();
        Assert.Equal((1, 2, 4), (left.Code, left.Report.GetProperty("filesLeftAside").GetInt32(), Rows()));
        Assert.Equal("""{".xml":1,"autre":1}""", JsonSerializer.Serialize(left.Report.GetProperty("leftAside")));
        Assert.DoesNotContain("eanne", left.Output, StringComparison.Ordinal);

        // Cut where a line of it ends, a reader of JSON sees nothing wrong.
        await using (var cut = new FileStream(Path.Combine(_source.FullName, "3.NDJSON.gz"), FileMode.Open)) cut.SetLength(cut.Length - 12);
        Write("4.json", Bundle(Patient, Condition("Angine"))[..^2] + ",{\"request\":{\"method\":\"DELETE\",\"url\":\"Condition/1\"}}]}");
        var broken = await ImportAsync();
        Assert.Equal((1, 5, 2), (broken.Code, Rows(), broken.Report.GetProperty("refused").GetInt32()));
        Assert.Contains(broken.Report.GetProperty("refusals").EnumerateArray(), r => r.GetProperty("why").GetString()!.Contains("abîmée", StringComparison.Ordinal));
        Assert.Contains(broken.Report.GetProperty("refusals").EnumerateArray(), r => r.GetProperty("why").GetString()!.Contains("effacement", StringComparison.Ordinal));
    }

    private void Compress(string name, string text)
    {
        using var file = File.Create(Path.Combine(_source.FullName, name));
        using var gzip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest);
        gzip.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }

    [Fact]
    public async Task A_directory_of_one_resource_a_line_finds_its_patients_in_another_file()
    {
        Write("Condition.ndjson", """{"resourceType":"Condition","id":"c","code":{"text":"Asthme"},"subject":{"reference":"Patient/a"}}""" + "\n");
        Write("Patient.ndjson", """{"resourceType":"Patient","id":"a","name":[{"family":"Le Gall","given":["Yann"]}],"birthDate":"1980-05-05"}""" + "\n");
        Assert.Equal((0, 2), ((await ImportAsync()).Code, Rows()));
    }

    [Fact]
    public async Task Without_a_custodian_it_starts_one_and_without_its_key_it_says_so()
    {
        Write("a.json", Bundle("""{"resourceType":"Patient","id":"a","name":[{"family":"Le Gall","given":["Yann"]}],"birthDate":"1980-05-05"}"""));
        _cell.Kill();
        Assert.Equal((0, 1), ((await ImportAsync()).Code, Rows()));
        Assert.Contains("--client", (await ImportAsync("--client", "nowhere.key")).Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("import", "fhir")).Code);
        Assert.Equal(2, (await RunAsync("import", "fhir", _source.FullName, "--frob")).Code);
    }

    private async Task<IReadOnlyList<OpenedEntry>> ReadAmmieAsync()
    {
        var uuid = Directory.GetFiles(_source.FullName, "Ammie_Huels_*.json").Select(f => Path.GetFileNameWithoutExtension(f).Split('_')[^1]).Single();
        return await ReadAsPhysicianAsync(new IdentityTraits("Jones", "Ammie", null, new DateOnly(1948, 4, 26), Sex.Female, null), $"fhir|http://hospital.smarthealthit.org|{uuid}");
    }

    private async Task<IReadOnlyList<OpenedEntry>> ReadAsPhysicianAsync(IdentityTraits traits, string source)
    {
        var import = _cell.Import();
        var patient = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, source))).Created!;
        var physician = await _cell.EnterAsync(Role.Physician);
        var asked = new ReleaseKeys([patient.Patient], [Domain.Clinical, Domain.Results, Domain.Medication], "care");
        Assert.Equal(RefusalCodes.NoRelation, (await Assert.ThrowsAsync<RefusedException>(() => physician.AskAsync(ReleaseVerbs.Release, asked))).Refusal.Code);
        await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient.Patient, "present", physician.Me.Units[0], physician.Me.Units[0], null));
        var lease = await physician.AskAsync(ReleaseVerbs.Release, asked);
        using var keys = new FileKeys(lease.ExpiresAt, lease.Patients.ToDictionary(p => p.Patient, p => p.Aliases), lease.Patients.SelectMany(p => p.Keys).ToDictionary(k => (k.Patient, k.Domain), k => (k.Version, k.Key)));
        return await new EntriesDoor(new RecordsDatabase(_cell.Directory, null), _cell.Status.Cell).ReadAsync(keys, patient.Patient, asked.Domains);
    }

    private static void AddsUp(JsonElement report) =>
        Assert.Equal(report.GetProperty("resources").GetInt32(), new[] { "stored", "attachments", "protected", "known", "named", "refused" }.Sum(fate => Sum(report, fate)));

    private static int Sum(JsonElement report, string fate) => report.GetProperty("types").EnumerateObject().Sum(t => t.Value.GetProperty(fate).GetInt32());

    private int Rows()
    {
        var file = Path.Combine(_cell.Directory, "records.db");
        if (!File.Exists(file)) return 0;
        using var db = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        db.Open();
        using var count = db.CreateCommand();
        count.CommandText = "SELECT count(*) FROM entry";
        try { return Convert.ToInt32(count.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture); }
        catch (SqliteException) { return 0; }
    }

    private static string Bundle(params string[] resources) => "{\"resourceType\":\"Bundle\",\n\"entry\":[\n" + string.Join(",\n", resources.Select(r => "{\"resource\":" + r + "}")) + "\n]}";

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_source.FullName, name), text);

    private void Unpack(int bundles)
    {
        var archive = Path.Combine(CustodianProcess.Root, "..", "shared", "data", "synthea", "synthea-r4-100-bundles.tar.xz");
        Assert.SkipUnless(File.Exists(archive), "the bundles are not here");
        using var tar = Process.Start("tar", ["xf", archive, "-C", _source.FullName]);
        tar.WaitForExit();
        Assert.SkipUnless(tar.ExitCode == 0, "tar could not read them");
        foreach (var file in _source.GetFiles().OrderBy(f => f.Name, StringComparer.Ordinal).Skip(bundles)) file.Delete();
    }

    private Process Start(params string[] options) => Run(["import", "fhir", _source.FullName, "--data", _cell.Directory, "--json", .. options]);

    private static Process Run(string[] args) => Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), .. args]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private async Task<(int Code, string Output, string Error, JsonElement Report)> ImportAsync(params string[] options) => await EndAsync(Start(options));

    private static async Task<(int Code, string Output, string Error, JsonElement Report)> RunAsync(params string[] args) => await EndAsync(Run(args));

    private static async Task<(int Code, string Output, string Error, JsonElement Report)> EndAsync(Process process)
    {
        using (process)
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, await output, await error, (await output).StartsWith('{') ? JsonDocument.Parse(await output).RootElement : default);
        }
    }

    public void Dispose()
    {
        _cell.Dispose();
        _source.Delete(recursive: true);
    }
}
