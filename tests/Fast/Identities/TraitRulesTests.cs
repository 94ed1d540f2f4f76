using Serment.Custodian.Identities;
using Xunit;

namespace Serment.Fast.Tests.Identities;

public sealed class TraitRulesTests
{
    private static readonly DateOnly Today = new(2026, 3, 14);

    [Fact]
    public void Matricules_of_other_peoples_software_get_the_verdict_that_was_verified()
    {
        var checkedOnes = 0;
        foreach (var line in RealMaterial.Text("reference/nir-vectors.tsv").Split('\n').Where(l => l.Length > 0 && l[0] != '#' && !l.StartsWith("source\t", StringComparison.Ordinal)))
        {
            var (value, verdict) = (line.Split('\t')[1], line.Split('\t')[2]);
            var plain = value.Replace(" ", "", StringComparison.Ordinal);
            var mine = !TraitRules.WellFormed(plain) ? "format" : TraitRules.KeyHolds(plain) ? "valid" : "badkey";
            Assert.True(verdict.StartsWith(mine, StringComparison.Ordinal), $"{value}: {mine} instead of {verdict}");
            checkedOnes++;
        }
        Assert.True(checkedOnes >= 20);
    }

    [Theory]
    [InlineData("253072A07300443", "253072A07300444")]
    [InlineData("253072B07300470", "253072B07300443")]
    public void Corsica_counts_as_19_or_18_in_the_key(string right, string wrong)
    {
        Assert.True(TraitRules.KeyHolds(right));
        Assert.False(TraitRules.KeyHolds(wrong));
    }

    [Fact]
    public void A_wrong_key_is_flagged_and_bars_qualification_but_not_the_record()
    {
        using var registry = new Registry();
        var line = registry.Create("Durand", "Paul", "1960-01-02", Sex.Male, matricule: "123456789012244", status: IdentityStatus.Retrieved);
        Assert.True(line.MatriculeSuspect);
        var traits = registry.Identities.Of(line.Patient).Traits;
        var no = Assert.Throws<RefusedException>(() => registry.Identities.Correct(new CorrectIdentity(line.Patient, traits, IdentityStatus.Qualified, "carte d'identité vue"), Registry.Clerk, Registry.Now));
        Assert.Equal(RefusalCodes.Invalid, no.Refusal.Code);
        var mended = registry.Identities.Correct(new CorrectIdentity(line.Patient, traits with { Matricule = "1 23 45 67 890 122 12" }, IdentityStatus.Qualified, "clé relue"), Registry.Clerk, Registry.Now);
        Assert.False(mended.MatriculeSuspect);
        Assert.Equal(IdentityStatus.Qualified, mended.Status);
    }

    [Theory]
    [InlineData("Lefèvre", "LEFEVRE")]
    [InlineData("d’Ormesson", "D'ORMESSON")]
    [InlineData("  Œuvray  Łuczak ", "OEUVRAY LUCZAK")]
    [InlineData("Dupont--Martin", "DUPONT--MARTIN")]
    [InlineData("'t Hooft", "'T HOOFT")]
    public void Family_names_take_their_strict_form(string typed, string strict) => Assert.Equal(strict, Strict(typed, "Paul").BirthName);

    [Theory]
    [InlineData("-Durand", "Paul")]
    [InlineData("Durand2", "Paul")]
    [InlineData("Durand", "Paul--Marie")]
    [InlineData("Durand", "Paul-")]
    [InlineData("Durand", "Paul'")]
    [InlineData("", "Paul")]
    [InlineData("'", "Paul")]
    [InlineData("Durand---Martin", "Paul")]
    public void Names_outside_the_national_rule_are_refused(string birthName, string given) =>
        Assert.Equal(RefusalCodes.Invalid, Assert.Throws<RefusedException>(() => Strict(birthName, given)).Refusal.Code);

    [Theory]
    [InlineData("75056", true)]
    [InlineData("2a004", true)]
    [InlineData("99999", true)]
    [InlineData("7505", false)]
    [InlineData("2C004", false)]
    public void A_birth_place_is_a_code_of_five_characters(string place, bool allowed)
    {
        if (allowed) Assert.Equal(place.ToUpperInvariant(), TraitRules.Strict(Registry.Traits("Durand", "Paul", "1960-01-02", place: place), false, Today).BirthPlace);
        else Assert.Throws<RefusedException>(() => TraitRules.Strict(Registry.Traits("Durand", "Paul", "1960-01-02", place: place), false, Today));
    }

    [Fact]
    public void With_the_list_of_places_a_person_gives_one_that_existed_at_birth_and_an_interface_loses_nothing()
    {
        using var registry = new Registry(places: new OfficialPlaces([new("44109", "Nantes", null, null), new("44901", "Vieuxbourg", null, new DateOnly(1973, 1, 1)), new("44902", "Neuville", new DateOnly(1973, 1, 1), null)]));
        registry.Create("Durand", "Paul", "1950-01-02", place: "44901");
        var no = Assert.Throws<RefusedException>(() => registry.Create("Durand", "Anne", "1980-01-02", place: "44901"));
        Assert.Equal(RefusalCodes.Invalid, no.Refusal.Code);
        Assert.Contains("Vieuxbourg (44)", no.Message, StringComparison.Ordinal);
        Assert.Throws<RefusedException>(() => registry.Create("Durand", "Anne", "1980-01-02", place: "44777"));
        registry.Create("Durand", "Anne", "1980-01-02", place: "99999");
        registry.Create("Durand", "Ines", "1980-01-02", Sex.Female, place: "44777", matricule: "279035121518989", status: IdentityStatus.Retrieved);

        var imported = registry.Identities.Create(new CreateIdentity(Registry.Traits("Martin", "Luc", "1980-01-02", place: "44901"), IdentityStatus.Provisional, true, "archive|1"), null, Registry.Now).Created!;
        var traits = registry.Identities.Of(imported.Patient).Traits;
        registry.Identities.Correct(new CorrectIdentity(imported.Patient, traits with { FirstGivenName = "Lucien" }, IdentityStatus.Provisional, "prénom relu"), Registry.Clerk, Registry.Now);
        Assert.Throws<RefusedException>(() => registry.Identities.Correct(new CorrectIdentity(imported.Patient, traits with { BirthPlace = "44777" }, IdentityStatus.Provisional, "lieu relu"), Registry.Clerk, Registry.Now));
        Assert.Throws<RefusedException>(() => registry.Identities.Correct(new CorrectIdentity(imported.Patient, traits with { BirthDate = new DateOnly(1981, 1, 2) }, IdentityStatus.Provisional, "date relue"), Registry.Clerk, Registry.Now));
        registry.Identities.Correct(new CorrectIdentity(imported.Patient, traits with { BirthPlace = "44902" }, IdentityStatus.Provisional, "lieu relu"), Registry.Clerk, Registry.Now);
    }

    [Fact]
    public void Test_matricules_are_refused_in_a_real_establishment()
    {
        var traits = Registry.Traits("Durand", "Paul", "1960-01-02", matricule: "279035121518989") with { MatriculeOid = MatriculeOids.Test };
        Assert.Equal(MatriculeOids.Test, TraitRules.Strict(traits, true, Today).MatriculeOid);
        Assert.Throws<RefusedException>(() => TraitRules.Strict(traits, false, Today));
        Assert.Throws<RefusedException>(() => TraitRules.Strict(traits with { MatriculeOid = MatriculeOids.Demonstration }, false, Today));
        foreach (var real in new[] { MatriculeOids.Nir, MatriculeOids.Nia }) Assert.Equal(real, TraitRules.Strict(traits with { MatriculeOid = real }, false, Today).MatriculeOid);
    }

    [Theory]
    [InlineData(true, true, false, IdentityStatus.Provisional, true)]
    [InlineData(false, false, true, IdentityStatus.Provisional, true)]
    [InlineData(false, true, false, IdentityStatus.Validated, true)]
    [InlineData(true, false, true, IdentityStatus.Provisional, false)]
    [InlineData(false, true, true, IdentityStatus.Provisional, false)]
    [InlineData(true, false, false, IdentityStatus.Validated, false)]
    [InlineData(false, false, true, IdentityStatus.Retrieved, false)]
    public void Only_the_allowed_marks_combine(bool doubtful, bool homonym, bool fictitious, IdentityStatus status, bool allowed)
    {
        using var registry = new Registry();
        var line = registry.Create("Durand", "Paul", "1960-01-02", Sex.Male, matricule: "279035121518989", status: status);
        var mark = new MarkIdentity(line.Patient, doubtful, homonym, fictitious, "relecture");
        if (!allowed)
        {
            Assert.Equal(RefusalCodes.Invalid, Assert.Throws<RefusedException>(() => registry.Identities.Mark(mark, Registry.Clerk, Registry.Now)).Refusal.Code);
            return;
        }
        var marked = registry.Identities.Mark(mark, Registry.Clerk, Registry.Now);
        Assert.Equal((doubtful, homonym, fictitious), (marked.Doubtful, marked.Homonym, marked.Fictitious));
        Assert.Equal(doubtful || fictitious, registry.Identities.Of(line.Patient).Traits.Matricule is null);
    }

    private static IdentityTraits Strict(string birthName, string given) => TraitRules.Strict(Registry.Traits(birthName, given, "1960-01-02"), false, Today);
}
