using System.Text.RegularExpressions;
using Serment.Custodian.Journal;
using Serment.Custodian.Statements;
using Xunit;

namespace Serment.Fast.Tests.Statements;

/// <summary>The words in which patients read the journal, and what is never among them.</summary>
public sealed partial class StatementWordsTests
{
    private const string Unknown = "autre opération sur le dossier";

    [Fact]
    public void Every_kind_that_the_custodian_journals_about_a_patient_has_words_or_is_watching()
    {
        var kinds = Directory.EnumerateFiles(Path.Combine(Walls.Wall.Root, "src", "Custodian"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Kind().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Concat(new[] { IdentityVerbs.Create.Name, IdentityVerbs.Unknown.Name, IdentityVerbs.Newborns.Name, IdentityVerbs.Correct.Name, IdentityVerbs.Mark.Name, IdentityVerbs.Protect.Name, IdentityVerbs.Merge.Name, IdentityVerbs.Unmerge.Name, "release", "write", "break-glass", "statement.opened", "statement.link", "minor.kept", "minor.lifted" })
            .Distinct().ToArray();
        Assert.Contains("identity.brought", kinds);
        Assert.Contains("statement.named", kinds);
        Assert.All(kinds.Except(StatementWords.Watching), kind => Assert.NotEqual(Unknown, StatementWords.What(kind)));
        Assert.Equal(Unknown, StatementWords.What("of a later version"));
    }

    [Fact]
    public void Every_relation_has_its_own_reason_and_an_own_claim_says_so()
    {
        var reasons = Enum.GetNames<RelationSource>().Select(source => StatementWords.Why("release", "care", source)).ToArray();
        Assert.Equal(reasons.Length, reasons.Distinct().Count());
        Assert.DoesNotContain("autre lien de soin", reasons);
        Assert.EndsWith("(lien déclaré par cette personne)", StatementWords.Why("write", "care", "Stay (self-claimed)"), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_health_professionals_who_write_are_named_and_no_field_that_names_an_account_is_ever_opened()
    {
        var kinds = new[] { "release", "write", "break-glass", "identity.shown", "stay", "statement.opened", "support", "export", "mandate" };
        Assert.All(from kind in kinds from role in Enum.GetValues<Role>() select (kind, role), one =>
            Assert.Equal(one is ("write", Role.Physician or Role.Nurse or Role.Pharmacist or Role.Laboratory), StatementWords.IsNamed(one.kind, one.role)));
        Assert.All(kinds.SelectMany(StatementWords.Shows), field => Assert.DoesNotContain(field, new[] { "account", "session", "client", "station" }));
        // The reason of a broken glass is a detail, and stays closed.
        Assert.DoesNotContain("detail", StatementWords.Shows("break-glass"));
        Assert.DoesNotContain("detail", StatementWords.Shows("statement.named"));
    }

    [Fact]
    public void Function_and_unit_come_back_as_they_were_written()
    {
        var unit = Id.New<UnitId>();
        Assert.Equal((Role.Nurse, unit), StatementWords.Acting(StatementWords.Acting(Role.Nurse, unit)));
        Assert.Equal((Role.Coder, (UnitId?)null), StatementWords.Acting(StatementWords.Acting(Role.Coder, null)));
        Assert.All(new[] { null, "", "stranger", "2", "Une raison libre" }, text => Assert.Null(StatementWords.Acting(text)));
    }

    [Fact]
    public void Every_word_has_its_English()
    {
        string[] kinds = ["release", "write", "break-glass", "encrypt", "identity.shown", "identity.create", "identity.correct", "identity.secrecy", "identity.merge", "stay", "relation", "relation.ended", "relations.shown", "mandate", "export", "support", "accesses.shown", "review.shown", "incident.asked", "incident.letter", "statement.opened", "statement.link", "statement.code-wrong", "statement.named", "minor.kept", "minor.lifted", "x"];
        string?[] purposes = [null, "import", "search", "page", "traits", "Reminders", "Messages", "Billing", "DowntimePacks", "IncidentLetters", "Post"];
        var words = kinds.Select(StatementWords.What)
            .Concat(from kind in kinds from purpose in purposes select StatementWords.Why(kind, purpose, "link"))
            .Concat(kinds.Select(kind => StatementWords.Why(kind, null, "desk")))
            .Concat(Enum.GetNames<RelationSource>().SelectMany(source => new[] { source, $"{source} (self-claimed)" }).Select(ground => StatementWords.Why("release", null, ground)))
            .Concat(Enum.GetValues<Role>().Select(StatementWords.Function)).Concat(Enum.GetValues<Domain>().Select(StatementWords.Data))
            .Concat(Enum.GetValues<StatementReader>().SelectMany(reader => new[] { StatementWords.Consent(reader), StatementWords.Himself("statement.opened", reader.ToString()), StatementWords.Himself("statement.code-wrong", reader.ToString()) }));
        Assert.Empty(words.Where(word => word.Length > 0 && SecondLanguage.OfCustodian.OfSentence(word) is null).Distinct());
    }

    [Fact]
    public void One_line_gathers_what_one_person_did_in_one_hour_for_one_reason()
    {
        var (noon, who, other, patient) = (new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero), Id.New<AccountId>(), Id.New<AccountId>(), Id.New<PatientId>());
        NumberedEntry At(long index, int minute, AccountId account, Domain domain, string ground = "Stay") => new(index, new JournalEntry { Time = noon.AddMinutes(minute), Kind = "release", Account = account, Patient = patient, Domain = domain, Ground = ground });
        var lines = StatementComposer.Compose([At(3, 0, who, Domain.Results), At(4, 0, who, Domain.Clinical), At(7, 59, who, Domain.Clinical), At(8, 30, other, Domain.Clinical), At(9, 60, who, Domain.Clinical), At(10, 30, who, Domain.Clinical, "BreakGlass")], _ => new Actor("infirmier ou infirmière", null, null));
        Assert.Equal(4, lines.Count);
        var gathered = Assert.Single(lines, line => line.Entries.Contains(3));
        Assert.Equal((noon, noon.AddMinutes(59), 2), (gathered.From, gathered.Until, gathered.Times));
        Assert.Equal(["dossier de soins", "résultats d'examens"], gathered.Data);
        Assert.Equal([3, 4, 7], gathered.Entries);
        Assert.Equal([9], lines[0].Entries);
    }

    [GeneratedRegex(@"Kind = ""([a-z.\-]+)""[^}]*\b(?:Patient|Domain) = ")]
    private static partial Regex Kind();
}
