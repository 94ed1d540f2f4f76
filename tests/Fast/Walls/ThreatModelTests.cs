using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Fast.Tests.Walls;

/// <summary>Every line of the threat model names the tests that prove it, and they exist.</summary>
public sealed partial class ThreatModelTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Wall.Root, "docs", "threat-model", "README.md"));

    [Fact]
    public void Every_attacker_and_limit_names_tests_that_exist()
    {
        var known = KnownTests();
        Assert.True(known.Count > 100);
        Assert.Equal("", string.Join('\n', Missing(Page, known)));
    }

    [Fact]
    public void Every_line_about_bad_input_names_tests_that_exist()
    {
        var (known, lines) = (KnownTests(), File.ReadAllLines(Path.Combine(Wall.Root, "docs", "bad-input.md")).Where(l => l.StartsWith('|') && !l.StartsWith("|---", StringComparison.Ordinal) && !l.EndsWith("| test |", StringComparison.Ordinal)).ToArray());
        Assert.True(lines.Length > 25);
        Assert.All(lines, line => Assert.NotEmpty(Named().Matches(line.Split('|')[^2])));
        Assert.All(lines.SelectMany(line => Named().Matches(line.Split('|')[^2])).Select(test => test.Groups[1].Value), test => Assert.Contains(test, known));
    }

    [Fact]
    public void All_eight_attackers_are_there() =>
        Assert.Equal(Enumerable.Range(1, 8).Select(n => $"A{n}"), Row().Matches(Page).Select(row => row.Groups[1].Value).Where(name => name[0] == 'A').Distinct());

    [Fact]
    public void A_line_without_a_test_and_a_test_that_is_gone_are_found() =>
        Assert.Equal(["A1 names no test", "A2 names WallTests.Nothing_that_exists, which does not exist"],
            Missing("| A1 | x | y | see elsewhere |\n| A2 | x | y | `WallTests.Nothing_that_exists` |\n", KnownTests()));

    private static IEnumerable<string> Missing(string page, HashSet<string> known)
    {
        foreach (Match row in Row().Matches(page))
        {
            var named = Named().Matches(row.Value.Split('|')[^2]).Select(test => test.Groups[1].Value).ToArray();
            if (named.Length == 0) yield return $"{row.Groups[1].Value} names no test";
            foreach (var test in named.Where(test => !known.Contains(test))) yield return $"{row.Groups[1].Value} names {test}, which does not exist";
        }
    }

    /// <summary>From the sources, since these tests do not reference those that start processes.</summary>
    internal static HashSet<string> KnownTests() =>
        [.. from file in Directory.EnumerateFiles(Path.Combine(Wall.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            let text = File.ReadAllText(file)
            from type in TestClass().Matches(text)
            from method in TestMethod().Matches(text)
            select $"{type.Groups[1].Value}.{method.Groups[1].Value}"];

    [GeneratedRegex(@"^\| ([AJL]\d+) \|.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(\w+\.\w+)`")]
    internal static partial Regex Named();

    [GeneratedRegex(@"class (\w+Tests)\b")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"\[(?:Fact|Theory)[^\]]*\](?:\s*\[[^\n]*\])*\s*public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex TestMethod();
}
