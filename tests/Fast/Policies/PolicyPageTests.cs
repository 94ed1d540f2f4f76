using System.Reflection;
using System.Text.RegularExpressions;
using Serment.Custodian.Policies;
using Serment.Custodian.Releases;
using Serment.Fast.Tests.Walls;
using Xunit;

namespace Serment.Fast.Tests.Policies;

/// <summary>docs/policy.md says what the code holds.</summary>
public sealed partial class PolicyPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Wall.Root, "docs", "policy.md"));

    [Fact]
    public void The_page_holds_the_starting_file_word_for_word() =>
        Assert.Equal(PolicyFile.StartingText.TrimEnd(), Page.Split("```jsonc\n")[1].Split("\n```")[0]);

    [Fact]
    public void The_page_states_every_bound_and_unit() =>
        Assert.Equal(PolicyTable.All.Select(row => $"| `{row.Path}` | {row.Least} – {row.Most} | {row.Unit} |"), Page.Split("## Bounds")[1].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)));

    [Fact]
    public void The_page_lists_every_alarm_and_the_values_that_it_names_exist()
    {
        var rules = Page.Split("## Rules")[1].Split("\n## ")[0];
        var listed = rules.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);
        Assert.Equal(typeof(AlarmKinds).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetValue(null)!).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.All(Value().Matches(rules).Select(m => m.Groups[1].Value.Replace("*", "nurse", StringComparison.Ordinal)), path => Assert.Contains(PolicyTable.All, row => row.Path == path || row.Path.StartsWith(path + ".", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"`((?:rules|budgets|ceiling|interfaces|orphans)[\w.*]*)`")]
    private static partial Regex Value();
}
