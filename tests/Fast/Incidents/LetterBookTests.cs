using Serment.Server.Letters;
using Xunit;

namespace Serment.Fast.Tests.Incidents;

public sealed class LetterBookTests : IDisposable
{
    private static readonly Domain[] Seen = [Domain.Identity, Domain.Clinical];
    private readonly IncidentId _incident = Id.New<IncidentId>();
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-letters-").FullName;

    [Fact]
    public void A_run_that_was_killed_knows_what_it_had_finished_and_where_to_number_on()
    {
        using (var book = Book()) book.Done([new("000000001", LetterWay.Post, Seen), new("000000002", LetterWay.Aside, Seen, "secret demandé")], 4);
        File.AppendAllText(Path.Combine(_folder, "suivi.tsv"), "0000000");
        using (var again = Book())
        {
            Assert.Equal((LetterWay.Post, LetterWay.Aside, null, 4), (again.Of("000000001", Seen), again.Of("000000002", Seen), again.Of("000000003", Seen), again.Parts));
            // More was seen of him than his letter tells.
            Assert.Null(again.Of("000000001", [.. Seen, Domain.Sensitive]));
            again.Done([new("000000003", LetterWay.Mail, Seen)], 5);
        }
        using var third = Book();
        Assert.Equal((LetterWay.Mail, 5), (third.Of("000000003", Seen), third.Parts));
    }

    /// <summary>Its patients' lines would pass for letters of this incident, and these would never be written.</summary>
    [Fact]
    public void The_folder_of_another_incident_is_refused_before_anything_is_written()
    {
        using (var book = Book()) book.Done([new("000000001", LetterWay.Post, Seen)], 1);
        Refused("d'un autre incident", () => new LetterBook(_folder, Id.New<IncidentId>()));
        using var own = Book();
        Assert.Equal(LetterWay.Post, own.Of("000000001", Seen));
    }

    [Fact]
    public void A_folder_that_does_not_say_whose_its_letters_are_is_refused_and_one_where_nothing_was_finished_is_begun_again()
    {
        File.WriteAllText(Path.Combine(_folder, "suivi.tsv"), "000000001\tPost\t1\n");
        Refused("ne dit pas de quel incident", Book);
        File.WriteAllText(Path.Combine(_folder, "suivi.tsv"), "incident\t0123");
        using (var book = Book()) book.Done([new("000000001", LetterWay.Mail, Seen)], 1);
        using var again = Book();
        Assert.Equal(LetterWay.Mail, again.Of("000000001", Seen));
    }

    private LetterBook Book() => new(_folder, _incident);

    private void Refused(string because, Func<LetterBook> open)
    {
        var before = File.ReadAllText(Path.Combine(_folder, "suivi.tsv"));
        Assert.Contains(because, Assert.Throws<RefusedException>(() => open().Dispose()).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(_folder, "suivi.tsv")));
    }

    [Fact]
    public void A_letter_page_escapes_what_people_wrote()
    {
        var words = new Serment.Records.Incidents.LetterWords("Clinique <b>", new Serment.Records.Incidents.DataOfficer("Claire", "01", "", ""), 1, "Il s'est passé <script>", "Fait.");
        var letter = Serment.Records.Incidents.Article34Letter.For(words, new Serment.Records.Incidents.Addressee("Mme D'ARC & fils", ["1 rue"], null, false, false, "000000001"), [new(Domain.Identity, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch)]);
        var html = LetterSheet.Html([letter, letter], words, DateTimeOffset.UnixEpoch);
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.Contains("D&#39;ARC &amp; fils", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("<article>").Length - 1);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
