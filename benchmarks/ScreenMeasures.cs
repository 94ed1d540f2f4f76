using Microsoft.Playwright;

namespace Serment.Benchmarks;

/// <summary>A demonstration cell as ./run starts it, its screens open in a real browser.</summary>
internal static class ScreenMeasures
{
    private const int Warm = 3;

    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick)
    {
        var (screens, clicks) = quick ? (10, 20) : (50, 60);
        var (memory, paint) = ($"Server memory with {screens} open screens", "ward to chart in the browser, from click to painted, p95");
        if (RunningServer.Chromium is null) return [Row.Missing(memory, "MB", 450, "Chromium is not installed"), Row.Missing(paint, "ms", 200, "Chromium is not installed")];
        await using var server = await RunningServer.StartAsync();
        var first = await server.EnterWardAsync("Infirmier·ère, Médecine polyvalente");
        var (painted, lost) = await PaintAsync(first, clicks);
        for (var i = 1; i < screens; i++)
        {
            var page = await server.EnterAsync(i % 2 == 0 ? "Infirmier·ère, Cardiologie" : "Médecin, Gériatrie");
            await page.Locator(".ward tbody tr").First.ClickAsync();
            await page.Locator(".banner").WaitForAsync();
        }
        await server.AtRestAsync();
        var before = server.ProcessorTime;
        await PaintAsync(first, clicks);
        var opening = (server.ProcessorTime - before) / (clicks + Warm);
        return
        [
            Row.AtMost(memory, server.Megabytes, "MB", quick ? null : 450, quick ? "quick: 10 of the 50 screens that the bar is for" : "charts open, in as many browser contexts"),
            Row.AtMost(paint, Sample.Percentile(painted, 95), "ms", 200, FormattableString.Invariant($"{clicks} openings, median {Sample.Median(painted):0} ms, {lost} without a chart after 10 s; browser and both processes on the same processors")),
            Row.AtMost("ward to chart and back in the browser, processor time of both processes", opening.TotalMilliseconds, "ms", null, "release, rows, seals, and the drawing of both screens"),
        ];
    }

    /// <summary>Timed in the page itself: from the click to the second frame after the patient's banner is there.</summary>
    private static async Task<(List<double> Times, int Lost)> PaintAsync(IPage page, int clicks)
    {
        var (times, lost) = (new List<double>(), 0);
        for (var i = -Warm; i < clicks; i++)
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
}
