using CsCheck;
using Serment.Custodian.Budgets;
using Serment.Custodian.Policies;
using Xunit;

namespace Serment.Fast.Tests.Policies;

/// <summary>What a policy file may say, and where it is told that it may not.</summary>
public sealed class PolicyFileTests
{
    private static string Refused(string text)
    {
        var no = Assert.Throws<RefusedException>(() => PolicyFile.Read(text)).Refusal;
        Assert.Equal("policy.file", no.Code);
        return no.Message;
    }

    [Fact]
    public void The_starting_file_holds_every_value_of_the_table_and_no_other()
    {
        var values = PolicyFile.Values(PolicyFile.Read(PolicyFile.StartingText));
        Assert.Equal(PolicyTable.All.Select(row => row.Path).Order(StringComparer.Ordinal), values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(11 * BudgetPolicy.Classes.Count, PolicyTable.All.Count(row => row.Path.StartsWith("budgets.", StringComparison.Ordinal)));
        Assert.Equal(PolicyTable.All.Count, PolicyTable.All.DistinctBy(row => row.Path).Count());
    }

    [Theory]
    [InlineData("\"pursuit\": 10", "\"poursuite\": 10", "rules.poursuite")]
    [InlineData("\"pursuit\": 10", "\"pursuit\": \"10\"", "rules.pursuit")]
    [InlineData("\"pursuit\": 10", "\"pursuit\": 10.5", "rules.pursuit")]
    [InlineData("\"pursuit\": 10", "\"pursuit\": null", "rules.pursuit")]
    [InlineData("\"pursuit\": 10", "\"pursuit\": [10]", "rules.pursuit")]
    [InlineData("\"pursuit\": 10", "\"pursuit\": 10, \"pursuit\": 10", "donné deux fois")]
    [InlineData("\"pursuit\": 10,", "\"pursuit\": 10", "pas du JSON")]
    [InlineData("\"pursuit\": 10", "\"pursuit\": 99999", "rules.pursuit")]
    public void What_is_wrong_is_told_with_its_line_and_column(string right, string wrong, string said)
    {
        var text = PolicyFile.StartingText.Replace(right, wrong, StringComparison.Ordinal);
        var message = Refused(text);
        Assert.Contains(said, message, StringComparison.Ordinal);
        var line = 1 + PolicyFile.StartingText[..PolicyFile.StartingText.IndexOf(right, StringComparison.Ordinal)].Count(c => c == '\n');
        // A missing comma is noticed where the next name begins.
        Assert.Matches(said.StartsWith("pas", StringComparison.Ordinal) ? $"ligne {line + 2}, colonne \\d+" : $"ligne {line}, colonne \\d+", message);
    }

    [Fact]
    public void A_value_that_is_missing_is_named() => Assert.Contains("orphans.ringAfterDays", Refused(PolicyFile.StartingText.Replace("\"ringAfterDays\": 45,", "", StringComparison.Ordinal)), StringComparison.Ordinal);

    /// <summary>No approval turns a protection off: each value is refused one beyond its bounds, and the bounds keep what the design promises.</summary>
    [Fact]
    public void No_value_passes_its_bounds_and_the_bounds_keep_the_promises()
    {
        foreach (var row in PolicyTable.All)
            foreach (var beyond in new[] { row.Least - 1, row.Most + 1, int.MaxValue, int.MinValue, 0 }.Where(value => value < row.Least || value > row.Most))
                Assert.Contains(row.Path, Refused(PolicyFile.With(PolicyFile.StartingText, new Dictionary<string, int> { [row.Path] = beyond })), StringComparison.Ordinal);
        foreach (var budget in BudgetPolicy.Classes)
        {
            Assert.Equal((true, 30), (Row("sinceTouch").Least > 0, Row("sinceTouch").Most));
            Assert.True(Row("touchEvery").Most <= 10);
            // Beyond them a second person is asked, whatever was approved; who cares meets 60 strangers in 30 days at most.
            Assert.True(Row("unrelated30Days").Most <= (budget is "desk" ? 800 : 60));
            Assert.True(Row("linesSinceTouch").Most <= (budget is "desk" or "biller" ? 300 : 60));
            PolicyRow Row(string name) => PolicyTable.Of($"budgets.{budget}.{name}")!;
        }
        Assert.True(PolicyTable.Of("ceiling.basePerMille")!.Most <= 50);
        Assert.Equal(24, PolicyTable.Of("ceiling.bedsDelayHours")!.Least);
        // Interfaces carry half of the ceiling at most, or what five patients a bed and day explain.
        Assert.Equal((50, 5, 200), (PolicyTable.Of("interfaces.ceilingPercent")!.Most, PolicyTable.Of("interfaces.bedsTimes")!.Most, PolicyTable.Of("interfaces.bedsMore")!.Most));
        Assert.True(PolicyTable.Of("locks.elsewhereMinutes")!.Most <= 15);
        Assert.True(PolicyTable.Of("deadlines.reviewHours")!.Most <= 72);
    }

    [Fact]
    public void A_step_never_comes_after_the_next_one()
    {
        Assert.Contains("budgets.nurse.note", Refused(PolicyFile.With(PolicyFile.StartingText, new Dictionary<string, int> { ["budgets.nurse.note"] = 70 })), StringComparison.Ordinal);
        Assert.Contains("orphans.ringAfterDays", Refused(PolicyFile.With(PolicyFile.StartingText, new Dictionary<string, int> { ["orphans.ringAfterDays"] = 80, ["orphans.closeAfterDays"] = 60 })), StringComparison.Ordinal);
    }

    /// <summary>Whatever values within the bounds: written into the text, they are read back and nothing else changes.</summary>
    [Fact]
    public void Values_written_into_the_text_are_read_back_and_the_comments_stay() =>
        Gen.Select(Gen.Int[0, PolicyTable.All.Count - 1], Gen.Int[0, 100]).Array[0, 12].Sample(changes =>
        {
            var values = changes.GroupBy(change => PolicyTable.All[change.Item1]).ToDictionary(group => group.Key.Path, group => group.Key.Least + (group.Key.Most - group.Key.Least) * group.First().Item2 / 100);
            var text = PolicyFile.With(PolicyFile.StartingText, values);
            Assert.Equal(PolicyFile.StartingText.Split('\n').Count(line => line.Contains("//", StringComparison.Ordinal)), text.Split('\n').Count(line => line.Contains("//", StringComparison.Ordinal)));
            Policy read;
            try { read = PolicyFile.Read(text); }
            catch (RefusedException) { return; }
            var (before, after) = (PolicyFile.Values(Policy.Starting), PolicyFile.Values(read));
            Assert.All(PolicyTable.All, row => Assert.Equal(values.GetValueOrDefault(row.Path, before[row.Path]), after[row.Path]));
        }, iter: 200);

    /// <summary>An attacker's file is refused or understood, never a fault.</summary>
    [Fact]
    public void Any_text_is_refused_with_a_reason_or_read() =>
        Gen.Select(Gen.Int[0, PolicyFile.StartingText.Length - 1], Gen.Int[0, 40], Gen.String[0, 8]).Sample(cut =>
        {
            var text = PolicyFile.StartingText.Remove(cut.Item1, Math.Min(cut.Item2, PolicyFile.StartingText.Length - cut.Item1)).Insert(cut.Item1, cut.Item3);
            try { PolicyFile.Read(text); }
            catch (RefusedException no) { Assert.Equal("policy.file", no.Refusal.Code); }
            PolicyFile.ReadAdopted(text);
        }, iter: 400);

    [Fact]
    public void A_version_adopted_by_an_older_software_starts_a_newer_one()
    {
        var old = PolicyFile.StartingText.Replace("\"ringAfterDays\": 45,", "\"of before\": 3,", StringComparison.Ordinal).Replace("\"touch\": 60", "\"touch\": 5000", StringComparison.Ordinal);
        var policy = PolicyFile.ReadAdopted(old);
        Assert.Equal((45, 120), (policy.Orphans.RingAfterDays, policy.Budgets.Nurse.Touch));
    }

    /// <summary>A cell that adopted its policy before interfaces had a place in it: the starting bound holds, and the next change starts from a file that is whole.</summary>
    [Fact]
    public void A_version_from_before_a_value_existed_holds_with_its_start_and_can_be_changed()
    {
        var from = PolicyFile.StartingText.IndexOf("  \"interfaces\": {", StringComparison.Ordinal);
        var old = PolicyFile.With(PolicyFile.StartingText.Remove(from, PolicyFile.StartingText.IndexOf("},", from, StringComparison.Ordinal) + 2 - from), new Dictionary<string, int> { ["budgets.nurse.touch"] = 80 });
        Assert.Contains("interfaces.ceilingPercent", Refused(old), StringComparison.Ordinal);
        var book = new PolicyBook((_, _, _) => { });
        book.Load(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new PolicyVersion(1, old, DateTimeOffset.UnixEpoch, Id.New<AccountId>(), Id.New<AccountId>()), WireJson.Options));
        Assert.Equal((new InterfacePolicy(50, 3, 100), 80), (book.Current.Interfaces, book.Current.Budgets.Nurse.Touch));
        Assert.Empty(book.Difference(book.Text));
        Assert.Equal(("interfaces.bedsTimes", 3, 4), Assert.Single(book.Difference(PolicyFile.With(book.Text, new Dictionary<string, int> { ["interfaces.bedsTimes"] = 4 }))) is var change ? (change.Path, change.Before, change.After) : default);
    }

    [Fact]
    public void Who_administers_has_no_budget_that_a_file_could_raise() =>
        Assert.All(new[] { Role.Administrator, Role.SecurityOfficer, Role.PrivacyOfficer, Role.Director }, role => Assert.Same(BudgetPolicy.Nothing, Policy.Starting.Budget(role)));

    [Fact]
    public void The_security_officer_is_always_one_of_the_two_who_sign()
    {
        var policy = new Serment.Custodian.Approvals.NewPolicy(0, "", "");
        foreach (var (one, other) in from one in Enum.GetValues<Role>() from other in Enum.GetValues<Role>() select (one, other))
            Assert.Equal(one is Role.SecurityOfficer || other is Role.SecurityOfficer, policy.Pairs(one, other));
        Assert.False(policy.MayDecide(Role.Nurse) || policy.MayPropose(Role.Physician) || policy.Founding);
    }

    [Fact]
    public void An_adopted_policy_is_kept_with_who_and_when_and_a_stale_one_is_refused()
    {
        var kept = new Dictionary<string, byte[]>();
        var book = new PolicyBook((kind, id, json) => { Assert.Equal(PolicyBook.Kind, kind); kept.Add(id, json); });
        var (one, other, now) = (Id.New<AccountId>(), Id.New<AccountId>(), new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        var text = PolicyFile.With(PolicyFile.StartingText, new Dictionary<string, int> { ["budgets.nurse.touch"] = 80 });
        Assert.Equal("Infirmiers, aides-soignants, dossiers dans la journée : touchers répétés (dossiers par jour) : 60 → 80", PolicyBook.Statement(book.Difference(text)));
        book.Adopt(0, text, one, other, now);
        Assert.Equal(80, book.Current.Budgets.Nurse.Touch);
        Assert.Equal("approval.stale", Assert.Throws<RefusedException>(() => book.Adopt(0, PolicyFile.StartingText, one, other, now)).Refusal.Code);
        var again = new PolicyBook((_, _, _) => { });
        foreach (var (_, json) in kept) again.Load(json);
        Assert.Equal((80, 1, now), (again.Current.Budgets.Nurse.Touch, again.Number, again.Since!.Value));
        Assert.Equal((one, other), (again.Versions[0].ProposedBy, again.Versions[0].ApprovedBy));
    }
}
