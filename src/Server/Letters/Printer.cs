using System.Diagnostics;

namespace Serment.Server.Letters;

/// <summary>
/// HTML to tagged PDF by the Chromium of the machine. What it prints lies in memory (/dev/shm where there is one) while it prints, in a folder
/// that nobody else enters, and is deleted: names reach no disk but the PDF that was asked for.
/// </summary>
internal sealed class Printer
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string _program;

    private Printer(string program) => _program = program;

    /// <returns>Null where the machine has none: the pages are then kept as HTML, which any browser prints.</returns>
    public static Printer? Find() =>
        new[] { Environment.GetEnvironmentVariable("SERMENT_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium" }.FirstOrDefault(File.Exists) is { } program ? new Printer(program) : null;

    /// <exception cref="RefusedException">The browser did not print.</exception>
    public async Task PrintAsync(string html, string pdf, CancellationToken cancel)
    {
        var scratch = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"serment-print-{Path.GetRandomFileName()}");
        Commands.OwnerOnly.Directory(scratch);
        try
        {
            var page = Path.Combine(scratch, "page.html");
            await File.WriteAllTextAsync(page, html, cancel).ConfigureAwait(false);
            var start = new ProcessStartInfo(_program, ["--headless", "--disable-gpu", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-extensions", $"--user-data-dir={Path.Combine(scratch, "profile")}", "--no-pdf-header-footer", $"--print-to-pdf={Path.Combine(scratch, "page.pdf")}", new Uri(page).AbsoluteUri])
            { RedirectStandardOutput = true, RedirectStandardError = true };
            using var browser = Process.Start(start)!;
            browser.OutputDataReceived += (_, _) => { };
            browser.ErrorDataReceived += (_, _) => { };
            browser.BeginOutputReadLine();
            browser.BeginErrorReadLine();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Patience);
            try { await browser.WaitForExitAsync(limit.Token).ConfigureAwait(false); }
            catch (OperationCanceledException) { browser.Kill(entireProcessTree: true); throw Failed(); }
            if (!File.Exists(Path.Combine(scratch, "page.pdf"))) throw Failed();
            await using var from = File.OpenRead(Path.Combine(scratch, "page.pdf"));
            await using var to = Commands.OwnerOnly.Create(pdf);
            await from.CopyToAsync(to, cancel).ConfigureAwait(false);
            await to.FlushAsync(cancel).ConfigureAwait(false);
        }
        finally { Directory.Delete(scratch, recursive: true); }
    }

    private static RefusedException Failed() => new("letters.print", "Chromium n'a pas imprimé les lettres de ce lot. Relancez la commande : elle reprend où elle s'est arrêtée.");
}
