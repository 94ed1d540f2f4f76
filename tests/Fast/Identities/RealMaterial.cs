using System.Diagnostics;
using System.Text;
using Xunit;

namespace Serment.Fast.Tests.Identities;

/// <summary>Files that others made, beside the repository; a test that wants one is skipped where there is none.</summary>
internal static class RealMaterial
{
    public static string Text(string file) => File.ReadAllText(Path(file), Encoding.UTF8);

    public static FileStream Open(string file) => File.OpenRead(Path(file));

    public static string[] Lines(string xzFile) => Output("xz", "-dc", Path(xzFile)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static string[] Lines(string tarFile, string member) => Output("tar", "-xOf", Path(tarFile), member).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Path(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Serment.slnx"))) folder = System.IO.Path.GetDirectoryName(folder)!;
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, "..", "shared", "data", file));
        Assert.SkipUnless(File.Exists(path), $"{file} is not here");
        return path;
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.SkipUnless(process.ExitCode == 0, $"{program} could not read it");
        return text;
    }
}
