using System.Diagnostics;

namespace Serment.Live.Tests;

/// <summary>`./serment VERB …` as an operator runs it: the real program, its exit code and all that it said.</summary>
public static class SermentCommand
{
    public static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await faults);
    }
}
