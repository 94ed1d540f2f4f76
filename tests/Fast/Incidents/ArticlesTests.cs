using Serment.Records.Incidents;
using Xunit;

namespace Serment.Fast.Tests.Incidents;

public sealed class ArticlesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);
    private static readonly LetterWords Words = new("Clinique des Trois Rivières", new DataOfficer("Claire Vasseur", "01 23 45 67 89", "dpo@exemple.fr", ""), 3, "Quelqu'un a utilisé le compte d'une infirmière.", "Le compte a été coupé.");
    private static readonly Addressee Anne = new("Mme Anne DUPONT", [], null, false, false, "000001234");

    [Fact]
    public void A_letter_speaks_of_what_was_seen_of_this_person_and_of_nothing_else()
    {
        var letter = Article34Letter.For(Words, Anne, [Seen(Domain.Identity), Seen(Domain.Medication)]).Text;
        foreach (var said in new[] { "votre identité", "vos traitements", "pharmacien", "FICOBA", "33700", "dpo@exemple.fr", "3-1234", "cnil.fr", "20 novembre 2026" }) Assert.Contains(said, letter, StringComparison.Ordinal);
        foreach (var unsaid in new[] { "particulièrement intimes", "mutuelle : ", "chantage", "vos résultats" }) Assert.DoesNotContain(unsaid, letter, StringComparison.Ordinal);
        Assert.Contains("n'a pas été ouvert, notamment : les coordonnées et la couverture sociale, le suivi médical", letter, StringComparison.Ordinal);
    }

    /// <summary>Each kind of data has words, advice and a line in the list, whatever comes with it.</summary>
    [Fact]
    public void Every_kind_of_data_has_its_words_and_its_advice()
    {
        foreach (var domain in Enum.GetValues<Domain>())
        {
            var letter = Article34Letter.For(Words, Anne, [Seen(domain)]);
            Assert.Single(letter.Sections.Single(s => s.Heading == "Ce qui a été vu").Lines);
            Assert.NotEmpty(letter.Sections.Single(s => s.Heading.StartsWith("Ce qui peut arriver", StringComparison.Ordinal)).Lines);
        }
    }

    [Fact]
    public void Genes_concern_the_family_and_the_law_forbids_their_use()
    {
        var letter = Article34Letter.For(Words, Anne, [Seen(Domain.Sensitive)]).Text;
        Assert.Contains("concernent aussi la famille", letter, StringComparison.Ordinal);
        Assert.Contains("L1141-1", letter, StringComparison.Ordinal);
    }

    [Fact]
    public void A_childs_letter_goes_to_the_parents_and_a_dead_persons_to_the_family()
    {
        var child = Article34Letter.For(Words, Anne with { Minor = true }, [Seen(Domain.Identity)]).Text;
        Assert.Contains("autorité parentale", child, StringComparison.Ordinal);
        Assert.Contains("son identité", child, StringComparison.Ordinal);
        var dead = Article34Letter.For(Words, Anne with { Deceased = true }, [Seen(Domain.Clinical)]).Text;
        Assert.Contains("notaire", dead, StringComparison.Ordinal);
        Assert.Contains("son suivi médical", dead, StringComparison.Ordinal);
    }

    /// <summary>Article 33(3)(a) to (d), and 33(1).</summary>
    [Fact]
    public void A_notification_has_every_field_of_article_33_and_says_what_is_not_known_yet()
    {
        var fields = Article33Notification.Of(Facts(), Now);
        foreach (var name in new[] { "Type de violation", "Catégories de personnes", "Nombre de personnes concernées", "Nombre d'enregistrements concernés", "Délégué à la protection des données", "Conséquences probables (article 33(3)(c))", "Mesures prises ou envisagées (article 33(3)(d))", "Information des personnes (article 34)" })
            Assert.Contains(fields, field => field.Name == name);
        Assert.Equal("758912", string.Concat(fields.Single(f => f.Name == "Nombre de personnes concernées").Value.Where(char.IsAsciiDigit)));
        Assert.True(fields.Single(f => f.Name.StartsWith("Conséquences", StringComparison.Ordinal)).Missing);
        Assert.False(fields.Single(f => f.Name == "Délégué à la protection des données").Missing);
        Assert.True(Article33Notification.Of(Facts(), Now.AddHours(80)).Single(f => f.Name.StartsWith("Motif du retard", StringComparison.Ordinal)).Missing);
    }

    /// <summary>Article 33(3)(a): the nature of the violation. A thief who wrote leaves what may be false in a file.</summary>
    [Fact]
    public void Files_that_were_added_to_are_a_possible_alteration_and_are_counted()
    {
        Assert.Equal(("Perte de confidentialité (accès non autorisé)", "aucun dossier complété"), Integrity(Facts()));
        Assert.Equal(("Perte de confidentialité (accès non autorisé) et altération possible : 3 dossiers complétés", "3 dossiers complétés"), Integrity(Facts() with { Completed = 3 }));
        Assert.Equal("Altération possible : 1 dossier complété ; aucune lecture inscrite au journal", Integrity(Facts() with { Completed = 1, Patients = 0 }).Kind);
        Assert.Contains(Article33Notification.Of(Facts() with { Completed = null }, Now), field => field is { Missing: true, Name: "Dossiers complétés pendant la période (intégrité)" });

        static (string Kind, string Files) Integrity(BreachFacts facts)
        {
            var fields = Article33Notification.Of(facts, Now);
            return (fields.Single(f => f.Name == "Type de violation").Value, fields.Single(f => f.Name.EndsWith("(intégrité)", StringComparison.Ordinal)).Value);
        }
    }

    /// <summary>The first notification is late or not; what completes it three weeks later is not.</summary>
    [Fact]
    public void A_complement_of_a_notification_that_was_in_time_gives_no_reason_for_lateness()
    {
        var late = Article33Notification.Of(Facts() with { NotifiedAt = Now }, Now.AddDays(21)).Single(f => f.Name.StartsWith("Motif du retard", StringComparison.Ordinal));
        Assert.Equal((false, "sans objet : dans les 72 heures"), (late.Missing, late.Value));
    }

    [Fact]
    public void Stolen_ciphertext_exempts_from_letters_and_says_why()
    {
        var stolen = Facts() with { Nature = IncidentNature.Storage, Patients = 0, Domains = [] };
        Assert.True(stolen.Exempt);
        Assert.False((stolen with { Patients = 1 }).Exempt);
        Assert.Contains(Article33Notification.Of(stolen, Now), field => field.Value.Contains("34(3)(a)", StringComparison.Ordinal));
    }

    [Fact]
    public void Likely_consequences_follow_from_what_was_seen()
    {
        Assert.Contains("génétiques", Article33Notification.SuggestedConsequences([Domain.Sensitive]), StringComparison.Ordinal);
        Assert.DoesNotContain("génétiques", Article33Notification.SuggestedConsequences([Domain.Clinical]), StringComparison.Ordinal);
        Assert.Contains("remboursement", Article33Notification.SuggestedConsequences([Domain.Administrative]), StringComparison.Ordinal);
        Assert.StartsWith("Aucune", Article33Notification.SuggestedConsequences([]), StringComparison.Ordinal);
    }

    private static SeenDomain Seen(Domain domain) => new(domain, new DateTimeOffset(2026, 11, 20, 8, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero));

    private static BreachFacts Facts() => new("Clinique des Trois Rivières", Words.Officer, 3, "Compte usurpé", IncidentNature.Account, "Compte de Camille Aubry", Now.AddDays(-2), Now.AddDays(-1), Now.AddHours(-5), "Connexions de nuit.",
        758_912, 12_000, 0, 2_000_000, [new BreachDomain(Domain.Clinical, 758_912, 2_000_000)], ["Compte gelé."], null, null, null, null);
}
