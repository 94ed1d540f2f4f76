using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Playwright;

namespace Serment.Benchmarks;

/// <summary>A demonstration cell as ./run starts it, its screens open in a real browser.</summary>
internal static class ScreenMeasures
{
    private static readonly string? Chromium = new[] { Environment.GetEnvironmentVariable("SERMENT_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick)
    {
        var (screens, clicks) = quick ? (10, 20) : (50, 60);
        var (memory, paint) = ($"Server memory with {screens} open screens", "ward to chart in the browser, from click to painted, p95");
        if (Chromium is null) return [Row.Missing(memory, "MB", 450, "Chromium is not installed"), Row.Missing(paint, "ms", 200, "Chromium is not installed")];
        var directory = Directory.CreateTempSubdirectory("serment-screens-").FullName;
        var port = FreePort();
        using var server = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "run", "--data", directory, "--port", $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        server.OutputDataReceived += (_, _) => { };
        server.ErrorDataReceived += (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        try
        {
            await ReadyAsync(port);
            using var playwright = await Playwright.CreateAsync();
            await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
            var first = await EnterAsync(browser, port, "Infirmier·ère, Médecine polyvalente");
            for (var i = 0; i < 60 && await first.Locator(".ward tbody tr").CountAsync() < 4; i++)
            {
                await Task.Delay(500);
                await first.Context.CloseAsync();
                first = await EnterAsync(browser, port, "Infirmier·ère, Médecine polyvalente");
            }
            var (painted, lost) = await PaintAsync(first, clicks);
            for (var i = 1; i < screens; i++)
            {
                var page = await EnterAsync(browser, port, i % 2 == 0 ? "Infirmier·ère, Cardiologie" : "Médecin, Gériatrie");
                await page.Locator(".ward tbody tr").First.ClickAsync();
                await page.Locator(".banner").WaitForAsync();
            }
            return
            [
                Row.AtMost(memory, Memory.Resident(server.Id), "MB", quick ? null : 450, quick ? "quick: 10 of the 50 screens that the bar is for" : "charts open, in as many browser contexts"),
                Row.AtMost(paint, Sample.Percentile(painted, 95), "ms", 200, FormattableString.Invariant($"{clicks} openings, median {Sample.Median(painted):0} ms, {lost} without a chart after 10 s; browser and both processes on the same processors")),
            ];
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
            try { Directory.Delete(directory, recursive: true); }
            catch (IOException) { /* The Custodian may still write its last file; the system clears temporary directories. */ }
        }
    }

    private static async Task<IPage> EnterAsync(IBrowser browser, int port, string who)
    {
        var page = await (await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1366, Height = 768 }, Locale = "fr-FR" })).NewPageAsync();
        page.SetDefaultTimeout(60_000);
        await page.GotoAsync($"http://localhost:{port}");
        await page.Locator($".people button:has-text(\"{who}\")").First.ClickAsync();
        await page.Locator(".ward, .empty").First.WaitForAsync();
        return page;
    }

    /// <summary>Timed in the page itself: from the click to the second frame after the patient's banner is there.</summary>
    private static async Task<(List<double> Times, int Lost)> PaintAsync(IPage page, int clicks)
    {
        var (times, lost) = (new List<double>(), 0);
        for (var i = -3; i < clicks; i++)
        {
            await page.Locator(".ward tbody tr").First.WaitForAsync();
            var took = await page.EvaluateAsync<double>("""
                nth => new Promise(done => {
                  const rows = document.querySelectorAll('.ward tbody tr a'), start = performance.now();
                  const seen = new MutationObserver(() => {
                    if (!document.querySelector('.banner')) return;
                    seen.disconnect();
                    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
                  });
                  seen.observe(document.body, { childList: true, subtree: true });
                  rows[nth % rows.length].click();
                  setTimeout(() => { seen.disconnect(); done(-1); }, 10000);
                })
                """, Math.Abs(i));
            if (took < 0 && ++lost > 5) throw new TimeoutException($"{lost} clicks opened no chart within 10 s");
            if (took >= 0 && i >= 0) times.Add(took);
            if (await page.Locator(".banner").CountAsync() > 0) await page.GoBackAsync();
        }
        return (times, lost);
    }

    private static async Task ReadyAsync(int port)
    {
        using var http = new HttpClient();
        for (var i = 0; i < 600; i++)
        {
            try { if ((await http.GetAsync(new Uri($"http://localhost:{port}/health/ready"))).IsSuccessStatusCode) return; }
            catch (HttpRequestException) { }
            await Task.Delay(100);
        }
        throw new TimeoutException("the Server does not start");
    }

    private static int FreePort()
    {
        for (; ; )
        {
            using var first = new TcpListener(System.Net.IPAddress.Loopback, 0);
            first.Start();
            var port = ((System.Net.IPEndPoint)first.LocalEndpoint).Port;
            using var second = new TcpListener(System.Net.IPAddress.Loopback, port + 1);
            try { second.Start(); return port; }
            catch (SocketException) { /* The Custodian's page needs the next one. */ }
        }
    }
}
