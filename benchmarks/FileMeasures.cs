using Microsoft.Playwright;

namespace Serment.Benchmarks;

/// <summary>One large file put into a chart and fetched again by a real browser: what the Server's memory grows by meanwhile.</summary>
internal static class FileMeasures
{
    public static async Task<IReadOnlyList<Row>> RunAsync(bool quick)
    {
        var megabytes = quick ? 512 : 2048;
        var name = quick ? "memory added by a file of 512 MB" : "memory added by a file of 2 GB";
        if (RunningServer.Chromium is null) return [Row.Missing(name, "MB", 50, "Chromium is not installed")];
        await using var server = await RunningServer.StartAsync();
        var nurse = await server.EnterWardAsync("Infirmier·ère, Médecine polyvalente");
        nurse.SetDefaultTimeout(600_000);
        await nurse.Locator(".ward tbody tr").First.ClickAsync();
        await nurse.GetByRole(AriaRole.Tab, new() { Name = "Documents" }).ClickAsync();
        // Once with a small one: what the first file of a process costs is not what its size costs.
        await PutAndFetchAsync(nurse, Path.Combine(server.Directory, "petit.bin"), 4);
        var (before, most, going) = (server.Megabytes, 0.0, true);
        var watching = Task.Run(async () => { while (Volatile.Read(ref going)) { most = Math.Max(most, server.Megabytes); await Task.Delay(50); } });
        await PutAndFetchAsync(nurse, Path.Combine(server.Directory, "grand.bin"), megabytes);
        Volatile.Write(ref going, false);
        await watching;
        return [Row.AtMost(name, most - before, "MB", quick ? null : 50, FormattableString.Invariant($"the Server's most resident memory during upload and download in a browser, less {before:0} MB before"))];
    }

    private static async Task PutAndFetchAsync(IPage nurse, string path, int megabytes)
    {
        await using (var file = File.Create(path)) file.SetLength((long)megabytes << 20);
        await nurse.SetInputFilesAsync("#files", path);
        await nurse.ClickAsync("#add-documents");
        var row = nurse.Locator($".documents tbody tr:has-text(\"{Path.GetFileNameWithoutExtension(path)}\")").First;
        await row.WaitForAsync();
        var download = await nurse.RunAndWaitForDownloadAsync(() => row.Locator("button[aria-label^='Télécharger']").ClickAsync());
        var fetched = new FileInfo(await download.PathAsync());
        if (fetched.Length != (long)megabytes << 20) throw new InvalidOperationException($"{fetched.Length} bytes came back");
        await download.DeleteAsync();
        File.Delete(path);
    }
}
