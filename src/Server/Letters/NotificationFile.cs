using System.Net;
using System.Text;
using Serment.Records.Incidents;

namespace Serment.Server.Letters;

/// <summary>The notification of article 33 as a file to keep and to send: PDF where the machine prints, else the page itself. Counts and words; no patient.</summary>
internal static class NotificationFile
{
    private const string Style = "body{font:11pt/1.4 'DejaVu Sans',sans-serif;max-width:180mm;margin:0 auto}h1{font-size:16pt}h2{font-size:12pt;margin:6mm 0 1mm;border-bottom:.3mm solid #555}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:1.2mm 2mm;border-bottom:.2mm solid #bbb}th{width:38%;font-weight:600}td{white-space:pre-line}.missing{font-style:italic}tr{break-inside:avoid}@page{size:A4;margin:18mm 15mm}";

    public static async Task<(string Name, string MediaType, byte[] Bytes)> MakeAsync(int number, string phase, IReadOnlyList<NotificationField> fields, CancellationToken cancel)
    {
        var name = $"notification-cnil-{number}-{phase.ToLowerInvariant()}";
        if (Printer.Find() is null) return ($"{name}.html", "text/html", Encoding.UTF8.GetBytes(Page(number, phase, fields)));
        var path = Path.Combine(Path.GetTempPath(), $"serment-notification-{Path.GetRandomFileName()}.pdf");
        try
        {
            await WriteAsync(number, phase, fields, path, pdf: true, cancel).ConfigureAwait(false);
            return ($"{name}.pdf", "application/pdf", await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false));
        }
        finally { File.Delete(path); }
    }

    /// <exception cref="RefusedException">A PDF is wanted and this machine prints none.</exception>
    public static async Task WriteAsync(int number, string phase, IReadOnlyList<NotificationField> fields, string path, bool pdf, CancellationToken cancel)
    {
        if (pdf) await (Printer.Find() ?? throw new RefusedException("letters.print", "Chromium n'est pas installé : demandez un fichier .html, à imprimer depuis un navigateur (Debian : apt-get install chromium).")).PrintAsync(Page(number, phase, fields), path, cancel).ConfigureAwait(false);
        else
        {
            await using var file = Commands.OwnerOnly.Create(path);
            await file.WriteAsync(Encoding.UTF8.GetBytes(Page(number, phase, fields)), cancel).ConfigureAwait(false);
        }
    }

    public static string Page(int number, string phase, IReadOnlyList<NotificationField> fields)
    {
        var title = $"Notification à la CNIL (article 33 du RGPD) : {phase.ToLowerInvariant()}, incident n° {number}";
        var sections = fields.GroupBy(field => field.Section).Select(section => $"<h2>{Text(section.Key)}</h2><table>{string.Concat(section.Select(Row))}</table>");
        return $"<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>{Text(title)}</title><style>{Style}</style></head><body><h1>{Text(title)}</h1>{string.Concat(sections)}</body></html>";
    }

    private static string Row(NotificationField field) => $"<tr><th scope=\"row\">{Text(field.Name)}</th><td{(field.Missing ? " class=\"missing\"" : "")}>{Text(field.Value)}</td></tr>";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
