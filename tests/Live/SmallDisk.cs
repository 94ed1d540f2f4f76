using System.Diagnostics;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A file system of its own with little room, as a full disk is in earnest.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <param name="folder">Where it is mounted; a new folder where null. Skips the test where nothing may be mounted.</param>
    public static async Task<SmallDisk> MountAsync(string size, string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("serment-small-").FullName;
        using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder]) { RedirectStandardError = true })!;
        await mount.WaitForExitAsync();
        Assert.SkipWhen(mount.ExitCode != 0, "No file system may be mounted here: a full disk cannot be tried.");
        return new SmallDisk(folder);
    }

    public void Fill()
    {
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        try { while (true) ballast.Write(new byte[4096]); }
        catch (IOException) { }
    }

    /// <summary>Takes the ballast away and makes the disk larger, as an operator does.</summary>
    public void MakeRoom()
    {
        File.Delete(Ballast);
        using var mount = Process.Start(new ProcessStartInfo("mount", ["-o", "remount,size=64m", Folder]) { RedirectStandardError = true })!;
        mount.WaitForExit();
        Assert.Equal(0, mount.ExitCode);
    }

    public void Dispose()
    {
        using (var unmount = Process.Start("umount", ["-l", Folder])) unmount.WaitForExit();
        try { Directory.Delete(Folder, recursive: true); }
        catch (IOException) { /* Whose folder it was took it away. */ }
    }
}
