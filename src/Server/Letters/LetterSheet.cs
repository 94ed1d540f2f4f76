using System.Net;
using System.Text;
using Serment.Records.Incidents;

namespace Serment.Server.Letters;

/// <summary>Letters as pages of HTML for a printer: one patient begins one page, the address where a French window envelope shows it.</summary>
internal static class LetterSheet
{
    private const string Style = """
        @page { size: A4; margin: 20mm 20mm 18mm; }
        body { font: 10.5pt/1.45 "DejaVu Sans", "Liberation Sans", Arial, sans-serif; color: #000; margin: 0; }
        article { break-after: page; } article:last-child { break-after: auto; }
        header { display: grid; grid-template-columns: 85mm 1fr; min-height: 62mm; }
        .from { font-size: 9.5pt; white-space: pre-line; } .to { padding-top: 25mm; white-space: pre-line; }
        .date { text-align: right; margin: 0 0 6mm; } h1 { font-size: 12.5pt; margin: 0 0 4mm; } h2 { font-size: 10.5pt; margin: 4mm 0 1mm; } p { margin: 0 0 1.5mm; }
        """;

    public static string Html(IReadOnlyList<Article34Letter> letters, LetterWords words, DateTimeOffset now)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Lettres</title><style>").Append(Style).Append("</style></head><body>");
        foreach (var letter in letters)
        {
            page.Append("<article><header><div class=\"from\"><b>").Append(Text(words.Establishment)).Append("</b>\n").Append(Text(words.Officer.Address)).Append("</div><div class=\"to\">")
                .Append(Text(string.Join('\n', [Whom(letter.To), .. letter.To.Address]))).Append("</div></header><p class=\"date\">Le ").Append(ClinicalTime.Local(now).ToString("d MMMM yyyy", ClinicalTime.French)).Append("</p><h1>").Append(Text(letter.Subject)).Append("</h1>");
            foreach (var section in letter.Sections)
            {
                page.Append("<h2>").Append(Text(section.Heading)).Append("</h2>");
                foreach (var line in section.Lines) page.Append("<p>").Append(Text(line)).Append("</p>");
            }
            page.Append("</article>");
        }
        return page.Append("</body></html>").ToString();
    }

    private static string Whom(Addressee to) => to.Minor ? $"Au titulaire de l'autorité parentale de\n{to.Name}" : to.Deceased ? $"À la famille de\n{to.Name}" : to.Name;

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
