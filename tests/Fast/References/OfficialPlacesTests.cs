using System.IO.Compression;
using CsCheck;
using Serment.Exchange.References;
using Serment.Fast.Tests.Identities;
using Xunit;

namespace Serment.Fast.Tests.References;

/// <summary>Birth places: the official files as they are published when they are here, a small invented list otherwise.</summary>
public sealed class OfficialPlacesTests
{
    private const string Communes = """"
        "COM","TNCC","NCC","NCCENR","LIBELLE","DATE_DEBUT","DATE_FIN"
        "44901","0","VIEUXBOURG","Vieuxbourg","Vieuxbourg","1943-01-01","1973-01-01"
        "44902","0","NEUVILLE","Neuville","Neuville","1973-01-01",""
        "93901","0","SAINT INVENTE","Saint-Inventé","Saint-Inventé","1943-01-01",""
        "97401","0","SAINT INVENTE","Saint-Inventé","Saint-Inventé","1943-01-01",""
        "2A901","0","A BOCCA","A Bocca, dite ""la Bouche""","A Bocca, dite ""la Bouche""","1976-01-01",""
        """", Countries = """
        COG,CRPAY,LIBCOG,LIBENR,DATE_DEBUT,DATE_FIN
        99901,,Sylvanie,République de Sylvanie,1962-07-05,
        99902,,Ancienne-Union,"Union, dite ancienne",1943-01-01,1991-12-26
        """;

    private static readonly OfficialPlaces Invented = new(CogTable.Together([Table(Communes), Table(Countries)]));

    [Theory]
    [InlineData("44901", "1950-06-01", true)]
    [InlineData("44901", "1972-12-31", true)]
    [InlineData("44901", "1973-01-01", false)]
    [InlineData("44902", "1972-12-31", false)]
    [InlineData("44901", "1911-11-11", true)]
    [InlineData("44999", "1950-06-01", false)]
    [InlineData("2A901", "1970-01-01", false)]
    [InlineData("99901", "1950-06-01", true)]
    [InlineData("99902", "1992-01-01", false)]
    [InlineData("99999", "1950-06-01", true)]
    [InlineData("98818", "1950-06-01", true)]
    public void A_code_must_have_existed_on_the_birth_date(string code, string born, bool stood) => Assert.Equal(stood, Invented.MayHaveStood(code, DateOnly.ParseExact(born, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void Namesakes_are_told_apart_by_their_department_and_a_former_name_is_found_at_its_time()
    {
        Assert.Equal(["Saint-Inventé (93)", "Saint-Inventé (974)"], Invented.Find("st inv", new DateOnly(1980, 1, 1), 8).Select(p => p.Shown));
        Assert.Equal(["44901"], Invented.Find("VIEUX", new DateOnly(1950, 1, 1), 8).Select(p => p.Code));
        Assert.Empty(Invented.Find("vieux", new DateOnly(1980, 1, 1), 8));
        Assert.Equal("Sylvanie", Assert.Single(Invented.Find("sylv", new DateOnly(1940, 1, 1), 8)).Shown);
    }

    [Theory]
    [InlineData("COM,LIBELLE,DATE_DEBUT,DATE_FIN\n4490,Court,1943-01-01,", 2, 1)]
    [InlineData("COM,LIBELLE,DATE_DEBUT,DATE_FIN\n44901,Bon,1943-01-01,\n44902,,1943-01-01,", 3, 2)]
    [InlineData("COM,LIBELLE,DATE_DEBUT,DATE_FIN\n44901,Bon,01/01/1943,", 2, 3)]
    [InlineData("COM,LIBELLE,DATE_DEBUT,DATE_FIN\n44901,Bon,1950-01-01,1943-01-01", 2, 4)]
    [InlineData("COM,LIBELLE,DATE_DEBUT,DATE_FIN\n44901,Bon,1943-01-01", 2, 0)]
    [InlineData("COM,LIBELLE,DATE_DEBUT,DATE_FIN\n44901,\"Bon,1943-01-01,", 2, 2)]
    public void A_wrong_line_is_named_with_its_column(string text, long line, int column)
    {
        var fault = Assert.Throws<ReferenceFaultException>(() => Table(text));
        Assert.Equal((line, column), (fault.Line, fault.Column));
    }

    [Fact]
    public void A_file_of_another_kind_is_not_taken_for_one() => Assert.Null(CogTable.Read(new StringReader("insee,nom,code_postal\n44109,Nantes,44000")));

    [Fact]
    public void Every_line_of_the_reference_file_reads_back_as_it_was() =>
        Gen.Select(Gen.Int[10000, 99999], Gen.String[Gen.Char["ABCDéèœ' -()"], 1, 40], Gen.Int[0, 40000], Gen.Int[1, 40000], Gen.Bool, Gen.Bool).Sample((code, name, from, days, open, always) =>
        {
            var first = new DateOnly(1943, 1, 1).AddDays(from);
            var place = new OfficialPlace($"{code}", name, always ? null : first, open ? null : first.AddDays(days));
            return OfficialPlaces.Parse(OfficialPlaces.Line(place)) == place;
        });

    [Fact]
    public void The_official_files_load_and_say_where_people_were_born()
    {
        var real = Real();
        Assert.InRange(real.Count, 42_000, 60_000);
        foreach (var (code, born, stood) in new[]
        {
            ("44109", "1990-05-05", true), ("75056", "1990-05-05", true), ("75112", "1931-05-05", true), ("69389", "1990-05-05", true), ("13201", "1990-05-05", true),
            ("20004", "1975-12-31", true), ("20004", "1976-01-01", false), ("2A004", "1975-12-31", false), ("2A004", "1976-01-01", true), ("01003", "1974-01-01", false), ("01003", "1973-12-31", true),
            ("99352", "1955-01-01", true), ("99350", "1980-01-01", true), ("99123", "1995-01-01", true), ("97411", "1990-01-01", true), ("98818", "1990-01-01", true), ("44998", "1990-01-01", false), ("99001", "1990-01-01", false),
        })
            Assert.True(stood == real.MayHaveStood(code, DateOnly.ParseExact(born, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)), $"{code} {born}");
        Assert.Contains("Saint-Denis (93)", real.Find("saint denis", new DateOnly(1990, 1, 1), 8).Select(p => p.Shown));
        Assert.Contains("Saint-Denis (974)", real.Find("St Denis", new DateOnly(1990, 1, 1), 8).Select(p => p.Shown));
        Assert.Equal("44109", real.Find("nantes", new DateOnly(1990, 1, 1), 8)[0].Code);
        Assert.Equal("99352", real.Find("algerie", new DateOnly(1955, 1, 1), 8)[0].Code);
    }

    /// <summary>Whatever the code and the day: it stood exactly when a row of the file covers that day.</summary>
    [Fact]
    public void Whatever_the_code_and_day_the_list_agrees_with_the_rows_of_the_official_file()
    {
        using var text = Unpacked("reference/cog-communes-since-1943.csv.gz");
        var rows = CogTable.Read(text)!.Places;
        var table = new OfficialPlaces(rows);
        var byCode = rows.ToLookup(r => r.Code);
        Gen.Select(Gen.Int[0, rows.Count - 1], Gen.Int[-20_000, 30_000]).Sample((which, days) =>
        {
            var (code, born) = (rows[which].Code, new DateOnly(1943, 1, 1).AddDays(days));
            var asked = born < new DateOnly(1943, 1, 1) ? new DateOnly(1943, 1, 1) : born;
            return table.MayHaveStood(code, born) == byCode[code].Any(r => (r.From is null || r.From <= asked) && (r.Until is null || asked < r.Until));
        }, iter: 20_000);
        Gen.Int[0, rows.Count - 1].Sample(which =>
        {
            var row = rows[which];
            var day = row.From ?? new DateOnly(1943, 1, 1);
            // One place moved to another department and back on one day: under that code it stood on none.
            return row.Until <= day || table.Find(row.Name, day, 60).Any(p => p.Code == row.Code);
        }, iter: 40);
    }

    private static OfficialPlaces Real()
    {
        var files = new[] { "cog-communes-since-1943", "cog-communes-2024", "cog-countries-since-1943", "v_pays_territoire_2024" }.Select(name =>
        {
            using var text = Unpacked($"reference/{name}.csv.gz");
            return CogTable.Read(text) ?? throw new InvalidOperationException($"{name}: layout not recognised");
        });
        return new OfficialPlaces(CogTable.Together(files).Select(OfficialPlaces.Line).Select(OfficialPlaces.Parse));
    }

    private static StreamReader Unpacked(string file) => new(new GZipStream(RealMaterial.Open(file), CompressionMode.Decompress));

    private static CogTable.Rows Table(string text) => CogTable.Read(new StringReader(text))!;
}
