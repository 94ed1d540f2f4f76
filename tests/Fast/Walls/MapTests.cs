using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Fast.Tests.Walls;

/// <summary>docs/map.md is the folders on disk, no more and no less.</summary>
public sealed partial class MapTests
{
    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("Custodian")]
    [InlineData("Records")]
    [InlineData("Exchange")]
    [InlineData("Server")]
    public void Every_room_is_on_the_map_and_everything_on_the_map_exists(string project)
    {
        var folders = Directory.GetDirectories(Path.Combine(Root, "src", project)).Select(f => Path.GetFileName(f)!).Where(f => f is not ("bin" or "obj" or "wwwroot" or "Properties")).Order(StringComparer.Ordinal);
        Assert.Equal(folders, RoomsOf(File.ReadAllText(Path.Combine(Root, "docs", "map.md")), project));
    }

    [Fact]
    public void A_room_that_is_missing_from_the_map_is_seen() =>
        Assert.NotEqual(RoomsOf("## Server — x\n| Ui | a | b |\n", "Server"), RoomsOf(File.ReadAllText(Path.Combine(Root, "docs", "map.md")), "Server"));

    private static IEnumerable<string> RoomsOf(string map, string project)
    {
        var section = map.Split("\n## ").Single(s => s.TrimStart('#', ' ').StartsWith(project + " — ", StringComparison.Ordinal));
        return Row().Matches(section).Select(m => m.Groups[1].Value).Where(name => name != "room").Order(StringComparer.Ordinal);
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Serment.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex(@"^\| ([A-Za-z0-9]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
