using System.Diagnostics;

namespace Serment.Server.Drill;

/// <summary>Programs of the system that an attacker, or the drill, starts.</summary>
internal static class Programs
{
    /// <returns>The exit code; a copy of what others are writing is never quite complete, and good enough for a thief.</returns>
    public static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (said, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().ConfigureAwait(false);
        await said.ConfigureAwait(false);
        await faults.ConfigureAwait(false);
        return process.ExitCode;
    }

    public static string? CommandLine(int process)
    {
        try { return File.ReadAllText($"/proc/{process}/cmdline"); }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException) { return null; }
    }

    /// <summary>All memory of a process that can be read, as root or a swap partition holds it.</summary>
    /// <returns>Bytes read; 0 where the system does not let anyone.</returns>
    public static long ReadMemory(int process, Action<Stream, long> take)
    {
        var total = 0L;
        try
        {
            using var memory = new FileStream($"/proc/{process}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            foreach (var line in File.ReadAllLines($"/proc/{process}/maps"))
            {
                var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (parts[1][0] != 'r' || (parts.Length > 5 && parts[5].StartsWith("[v", StringComparison.Ordinal))) continue;
                var range = parts[0].Split('-');
                var (from, to) = (long.Parse(range[0], System.Globalization.NumberStyles.HexNumber, null), long.Parse(range[1], System.Globalization.NumberStyles.HexNumber, null));
                if (from < 0 || to - from > 8L << 30) continue;
                try { memory.Position = from; take(memory, to - from); total += to - from; }
                catch (IOException) { /* A hole of the mapping. */ }
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException) { }
        return total;
    }
}
