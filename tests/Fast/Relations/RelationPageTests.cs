using System.Globalization;
using System.Text.RegularExpressions;
using Serment.Custodian.Relations;
using Serment.Server.Ui.Chart;
using Xunit;

namespace Serment.Fast.Tests.Relations;

/// <summary>docs/relations.md says what the code does, source by source.</summary>
public sealed partial class RelationPageTests
{
    private static readonly (string Source, string Scope, string Expiry, string State)[] Page =
        [.. Row().Matches(File.ReadAllText(Path.Combine(Walls.Wall.Root, "docs", "relations.md"))).Select(row => (row.Groups[1].Value, row.Groups[3].Value, row.Groups[4].Value, row.Groups[5].Value))];

    [Fact]
    public void Every_source_has_one_row_and_one_rule()
    {
        var sources = Enum.GetNames<RelationSource>();
        Assert.Equal(sources.Order(), Page.Select(row => row.Source).Order());
        Assert.Equal(sources.Order(), RelationRules.All.Select(rule => rule.Source.ToString()).Order());
    }

    [Fact]
    public void Scope_expiry_and_state_are_those_of_the_rule()
    {
        foreach (var (source, scope, expiry, state) in Page)
        {
            var rule = RelationRules.Of(Enum.Parse<RelationSource>(source));
            Assert.Equal((source, rule.Scope.ToString().ToUpperInvariant()), (source, scope.ToUpperInvariant()));
            Assert.Equal((source, rule.Feed is RelationFeed.Verb ? "fed" : "live"), (source, state));
            var life = rule.Life switch
            {
                null => "the stay, then 30 days",
                { Ticks: 0 } => "nothing is kept",
                { TotalDays: > 2 } days => string.Create(CultureInfo.InvariantCulture, $"{days.TotalDays} days"),
                { } hours => string.Create(CultureInfo.InvariantCulture, $"{hours.TotalHours} hours"),
            };
            Assert.StartsWith(life, expiry, StringComparison.Ordinal);
        }
    }

    /// <summary>What is said to be stated from a screen is on a screen, in its scope, for no longer than it can last.</summary>
    [Fact]
    public void The_screen_offers_what_the_rules_say_it_states()
    {
        Assert.Equal(RelationRules.All.Where(rule => rule.Feed is RelationFeed.Screen).Select(rule => rule.Source).Order(), Entrusting.All.Select(one => one.Source).Order());
        Assert.All(Entrusting.All, one =>
        {
            var rule = RelationRules.Of(one.Source);
            Assert.Equal(rule.Scope is RelationScope.Account, one.ToAccount);
            Assert.All(one.Hours, hours => Assert.InRange(hours, 1, rule.Life!.Value.TotalHours));
        });
    }

    [GeneratedRegex(@"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (\w+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
