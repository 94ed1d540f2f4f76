using System.Globalization;
using System.Net;
using System.Text;

namespace Serment.Custodian.Escrow;

/// <summary>One holder's sheet: on the screen once, or as a page to print.</summary>
internal static class ShareSheet
{
    public static string OnScreen(EscrowFile file, Share share, string holder)
    {
        using var generator = new QRCoder.QRCodeGenerator();
        using var code = generator.CreateQrCode(PaperShare.Code(file, share), QRCoder.QRCodeGenerator.ECCLevel.M);
        using var art = new QRCoder.AsciiQRCode(code);
        var groups = PaperShare.Write(file, share);
        return $"""

            {Title(file, share)}
            {file.Establishment} · {holder}

              1  {Spaced(groups[0])}     4  {Spaced(groups[3])}     7  {Spaced(groups[6])}
              2  {Spaced(groups[1])}     5  {Spaced(groups[4])}     8  {Spaced(groups[7])}
              3  {Spaced(groups[2])}     6  {Spaced(groups[5])}     9  {Spaced(groups[8])}

            {art.GetGraphicSmall()}
            """;
    }

    public static string Page(EscrowFile file, Share share, string holder)
    {
        using var generator = new QRCoder.QRCodeGenerator();
        using var code = generator.CreateQrCode(PaperShare.Code(file, share), QRCoder.QRCodeGenerator.ECCLevel.M);
        using var picture = new QRCoder.SvgQRCode(code);
        var groups = new StringBuilder();
        foreach (var (group, place) in PaperShare.Write(file, share).Select((group, i) => (group, i + 1))) groups.Append(CultureInfo.InvariantCulture, $"<li><b>{place}</b><code>{Spaced(group)}</code></li>");
        return $$"""
            <!doctype html><html lang="fr"><meta charset="utf-8"><title>{{Title(file, share)}}</title>
            <style>
              @page { size: A5 landscape; margin: 12mm } body { font: 11pt/1.4 sans-serif; color: #000; margin: 0 auto; max-width: 186mm }
              h1 { font-size: 15pt; margin: 0 } .who { margin: 0 0 6mm } .body { display: flex; gap: 8mm; align-items: flex-start } svg { width: 44mm; height: 44mm; flex: none }
              ol { list-style: none; padding: 0; margin: 0; columns: 3; column-gap: 8mm; flex: 1 } li { break-inside: avoid; margin-bottom: 4mm } b { display: block; font-size: 9pt; font-weight: normal }
              code { font: bold 15pt/1.3 monospace; white-space: nowrap } .what { border-top: 1px solid #000; margin-top: 6mm; padding-top: 3mm; font-size: 9.5pt }
            </style>
            <h1>{{Title(file, share)}}</h1>
            <p class="who">{{WebUtility.HtmlEncode(file.Establishment)}} · {{WebUtility.HtmlEncode(holder)}} · {{ClinicalTime.Local(file.At).ToString("d MMMM yyyy", ClinicalTime.French)}}</p>
            <div class="body">{{picture.GetGraphic(3)}}<ol>{{groups}}</ol></div>
            <p class="what">Une des cinq parts de la clé de l'établissement. Trois parts réunies ouvrent tous les dossiers ; une seule ne dit rien. À garder seul, sous enveloppe scellée,
            loin de la machine et des autres parts. Ne pas photographier, ne pas copier. Perdue ou vue par quelqu'un d'autre : prévenir le référent sécurité, la clé est remise en parts.</p></html>
            """;
    }

    private static string Title(EscrowFile file, Share share) => $"Serment · part {share.Number} sur {EscrowFile.Holders} · remise {file.Escrow}";

    private static string Spaced(string group) => $"{group[..4]} {group[4..]}";
}
