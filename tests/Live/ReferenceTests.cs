using System.IO.Compression;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>`serment reference load` on a running cell: whole or not at all, in force at once.</summary>
public sealed class ReferenceTests : IDisposable
{
    private const string Communes = "\"COM\",\"TNCC\",\"NCC\",\"NCCENR\",\"LIBELLE\",\"DATE_DEBUT\",\"DATE_FIN\"\n\"44901\",\"0\",\"VIEUXBOURG\",\"Vieuxbourg\",\"Vieuxbourg\",\"1943-01-01\",\"1973-01-01\"\n\"44902\",\"0\",\"NEUVILLE\",\"Neuville\",\"Neuville\",\"1973-01-01\",\"\"\n";
    private readonly CustodianProcess _cell = new();
    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("serment-lists-");

    [Fact]
    public async Task A_wrong_line_changes_nothing_and_a_whole_list_binds_the_next_admission_without_a_restart()
    {
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        CreateIdentity Born(string place) => new(new IdentityTraits("Durand", "Anne", null, new DateOnly(1980, 1, 2), Sex.Female, place), IdentityStatus.Provisional, true);
        await clerk.AskAsync(IdentityVerbs.Create, Born("44901"));
        var file = Path.Combine(_source.FullName, "v_commune_depuis_1943.csv");
        await File.WriteAllTextAsync(file, Communes + "\"4490X\",\"0\",\"FAUX\",\"Faux\",\"Faux\",\"1973-01-01\",\"\"\n");
        var (code, said) = await LoadAsync("cog", _source.FullName);
        Assert.Equal(1, code);
        Assert.Contains("v_commune_depuis_1943.csv, ligne 4, colonne 1", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_cell.Directory, "reference")));

        File.Delete(file);
        await using (var packed = new GZipStream(File.Create(file + ".gz"), CompressionLevel.Fastest)) await packed.WriteAsync(System.Text.Encoding.UTF8.GetBytes(Communes));
        await File.WriteAllTextAsync(Path.Combine(_source.FullName, "autre.csv"), "insee,nom\n44109,Nantes\n");
        (code, said) = await LoadAsync("cog", _source.FullName);
        Assert.True(code == 0, said);
        Assert.Contains("2 lignes de 1 fichier(s), 1 d'une autre sorte", said, StringComparison.Ordinal);
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(clerk.AskAsync(IdentityVerbs.Create, Born("44901"))));
        await clerk.AskAsync(IdentityVerbs.Create, Born("44902"));

        // Nobody loses an admission to a file that was cut.
        var loaded = Path.Combine(_cell.Directory, "reference", "cog.tsv");
        await File.WriteAllLinesAsync(loaded, (await File.ReadAllLinesAsync(loaded))[..2]);
        await clerk.AskAsync(IdentityVerbs.Create, Born("44901"));
    }

    [Fact]
    public async Task Both_lists_come_plain_packed_or_zipped_and_misuse_is_told_apart_from_refusal()
    {
        await using (var archive = await ZipFile.OpenAsync(Path.Combine(_source.FullName, "cog.zip"), ZipArchiveMode.Create))
        await using (var entry = new StreamWriter(archive.CreateEntry("v_commune_depuis_1943.csv").Open())) await entry.WriteAsync(Communes);
        Assert.Equal(0, (await LoadAsync("cog", Path.Combine(_source.FullName, "cog.zip"), "--json")).Code);
        var codes = Path.Combine(_source.FullName, "cim10.txt");
        await File.WriteAllBytesAsync(codes, System.Text.Encoding.Latin1.GetBytes("I10   |0|NOOO|0|HTA|Hypertension essentielle (primitive)\nE119  |0|NOOO|0|DIAB|Diabète sucré de type 2\n"));
        Assert.Equal(2, (await LoadAsync("cim10", codes)).Code);
        var (code, said) = await LoadAsync("cim10", codes, "--edition", "2026");
        Assert.True(code == 0, said);
        Assert.Contains("E11.9\tDiabète sucré de type 2", await File.ReadAllTextAsync(Path.Combine(_cell.Directory, "reference", "cim10.tsv")), StringComparison.Ordinal);
        Assert.Equal(1, (await LoadAsync("cim10", Path.Combine(_source.FullName, "cog.zip"))).Code);
        Assert.Equal(2, (await SermentCommand.RunAsync("reference", "load", "ccam", codes)).Code);
        Assert.Contains("Pas encore : bdpm, ansm, ccam", (await SermentCommand.RunAsync("reference", "--help")).Said, StringComparison.Ordinal);
    }

    private Task<(int Code, string Said)> LoadAsync(string kind, string source, params string[] more) => SermentCommand.RunAsync(["reference", "load", kind, source, "--data", _cell.Directory, .. more]);

    public void Dispose()
    {
        _cell.Dispose();
        _source.Delete(recursive: true);
    }
}
