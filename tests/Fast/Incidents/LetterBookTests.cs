using Serment.Server.Letters;
using Xunit;

namespace Serment.Fast.Tests.Incidents;

public sealed class LetterBookTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-letters-").FullName;

    [Fact]
    public void A_run_that_was_killed_knows_what_it_had_finished_and_where_to_number_on()
    {
        using (var book = new LetterBook(_folder)) book.Done([("000000001", LetterWay.Post), ("000000002", LetterWay.Aside)], 4);
        File.AppendAllText(Path.Combine(_folder, "suivi.tsv"), "0000000");
        using (var again = new LetterBook(_folder))
        {
            Assert.Equal((LetterWay.Post, LetterWay.Aside, null, 4), (again.Of("000000001"), again.Of("000000002"), again.Of("000000003"), again.Parts));
            again.Done([("000000003", LetterWay.Mail)], 5);
        }
        using var third = new LetterBook(_folder);
        Assert.Equal((LetterWay.Mail, 5), (third.Of("000000003"), third.Parts));
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
