namespace Serment.Kernel;

/// <summary>On which of this machine's disks a path lies, as far as mount points tell.</summary>
public static class Disk
{
    public static bool IsOne(string a, string b) => MountOf(a) == MountOf(b);

    private static string MountOf(string path) => DriveInfo.GetDrives().Select(d => d.RootDirectory.FullName).Where(root => Path.GetFullPath(path).StartsWith(root, StringComparison.Ordinal)).OrderByDescending(root => root.Length).FirstOrDefault() ?? "/";
}
