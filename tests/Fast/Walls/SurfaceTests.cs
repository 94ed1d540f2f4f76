using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Fast.Tests.Walls;

/// <summary>Nothing shows several patients that nobody classified: found from the code, compared with the table, seen to fail on a planted breach.</summary>
public sealed partial class SurfaceTests
{
    private const string Planted = "Serment.Fast.Tests.Walls.Planted.Surfaces";

    [Fact]
    public void Every_verb_with_several_patients_is_covered_by_a_decision() => Assert.Empty(Surfaces.Compare(Surfaces.VerbsWithSeveral(typeof(CellVerbs).Assembly), Surfaces.Verbs));

    /// <summary>A verb that the Custodian answers under a name of its own would be in no table.</summary>
    [Fact]
    public void The_custodian_answers_no_verb_that_the_wire_does_not_declare()
    {
        var declared = Sources("Custodian.Wire").SelectMany(source => Declared().Matches(source.Text).Select(m => m.Groups[1].Value)).ToHashSet();
        Assert.NotEmpty(declared);
        Assert.All(Sources("Custodian").SelectMany(source => Declared().Matches(source.Text).Select(m => m.Groups[1].Value)), verb => Assert.Contains(verb, declared));
    }

    [Fact]
    public void Every_door_to_several_patients_is_covered_by_a_decision() => Assert.Empty(Surfaces.Compare(Surfaces.DoorsToSeveral(typeof(Serment.Records.RecordsDatabase).Assembly), Surfaces.Doors));

    [Fact]
    public void Every_screen_print_file_and_command_with_several_patients_is_covered_by_a_decision() =>
        Assert.Empty(Surfaces.Compare(Surfaces.UsersAmong(Sources("Server").Where(source => !source.File.StartsWith("Drill/", StringComparison.Ordinal))), Surfaces.Users));

    [Fact]
    public void Every_address_that_answers_is_covered_by_a_decision() =>
        Assert.Empty(Surfaces.Compare(new[] { "Server", "Custodian" }.SelectMany(process => Sources(process).SelectMany(source => Surfaces.EndpointsIn(process, source.Text))), Surfaces.Endpoints));

    /// <summary>What a row names is there.</summary>
    [Fact]
    public void The_decisions_that_rows_name_exist()
    {
        var code = string.Join('\n', Sources("Custodian").Concat(Sources("Records")).Select(source => source.Text));
        foreach (var decision in Surfaces.Verbs.Values.Concat(Surfaces.Doors.Values).Concat(Surfaces.Users.Values).Distinct())
            Assert.Contains(decision.Split(':')[0].Split('.')[^1], code, StringComparison.Ordinal);
    }

    [Fact]
    public void A_planted_surface_is_seen_and_so_is_a_row_whose_surface_is_gone()
    {
        var own = typeof(SurfaceTests).Assembly;
        Assert.Equal(["planted.census", "planted.keys"], Surfaces.VerbsWithSeveral(own, Planted).Order(StringComparer.Ordinal));
        Assert.Equal(["CensusDoor.EverybodyAsync"], Surfaces.DoorsToSeveral(own, Planted));
        Assert.Equal(["Ui/Export.razor", "Ui/Wall.razor"], Surfaces.UsersAmong([("Ui/Export.razor", "await Session.AskAsync(IdentityVerbs.Order, x)"), ("Ui/Wall.razor", "@inject StaysDoor Stays\nawait Stays.OfUnitsAsync(units)"), ("Ui/One.razor", "IdentityVerbs.Mark")]));
        Assert.Equal(["Server: MapGet /fhir/Patient", "Server: MapHub"], Surfaces.EndpointsIn("Server", "app.MapGet(\"/fhir/Patient\", All); app.MapHub<Census>(pattern)"));
        Assert.Equal(["new holds several patients and is in no row: say in tests/Fast/Walls/Surfaces.cs which decision covers each of them", "old is gone: take its row away"], Surfaces.Compare(["new", "kept"], new Dictionary<string, string> { ["kept"] = "", ["old"] = "" }));
    }

    private static IEnumerable<(string File, string Text)> Sources(string project)
    {
        var root = Path.Combine(Wall.Root, "src", project);
        return Directory.EnumerateFiles(root, "*.*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Where(file => (file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal)) && !file.StartsWith("bin/", StringComparison.Ordinal) && !file.StartsWith("obj/", StringComparison.Ordinal))
            .Select(file => (file, File.ReadAllText(Path.Combine(root, file))));
    }

    [GeneratedRegex(@"new(?: Verb<[^>]+>)?\(""([a-z][a-z.\-]*\.[a-z.\-]+)""\)")]
    private static partial Regex Declared();
}
