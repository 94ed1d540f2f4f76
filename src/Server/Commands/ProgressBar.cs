using System.Diagnostics;

namespace Serment.Server.Commands;

/// <summary>How far a long command is, on the error output of whoever watches; nothing where it is redirected or done within two seconds.</summary>
internal static class ProgressBar
{
    private const int Width = 30;
    private static readonly TimeSpan Redrawn = TimeSpan.FromMilliseconds(200), Patience = TimeSpan.FromSeconds(2);

    /// <param name="part">0 to 1.</param>
    public static string Of(double part) => string.Create(ClinicalTime.French, $"[{new string('#', (int)(part * Width)).PadRight(Width)}] {part,4:P0}  ");

    /// <param name="done">Of <paramref name="total"/>, in any unit; asked again and again from another thread.</param>
    public static async Task WhileAsync(Task work, string what, Func<long> done, long total)
    {
        var (watch, shown) = (Stopwatch.StartNew(), false);
        while (!Console.IsErrorRedirected && await Task.WhenAny(work, Task.Delay(Redrawn)).ConfigureAwait(false) != work)
        {
            if (watch.Elapsed < Patience) continue;
            var part = Math.Clamp((double)done() / Math.Max(1, total), 0, 0.99);
            await Console.Error.WriteAsync($"\r{what} {Of(part)}").ConfigureAwait(false);
            shown = true;
        }
        if (shown) await Console.Error.WriteLineAsync().ConfigureAwait(false);
        await work.ConfigureAwait(false);
    }
}
