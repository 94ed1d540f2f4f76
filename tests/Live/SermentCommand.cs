using System.Diagnostics;

namespace Serment.Live.Tests;

/// <summary>`./serment VERB …` as an operator runs it: the real program, its exit code and all that it said.</summary>
public static class SermentCommand
{
    public static Task<(int Code, string Said)> RunAsync(params string[] arguments) => RunAsync([], arguments);

    public static async Task<(int Code, string Said)> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await faults);
    }
}
