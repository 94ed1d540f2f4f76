namespace Serment.Server.Commands;

/// <summary>Files and folders that nobody but the account that runs Serment reads: ciphertext too is not for every user of the machine.</summary>
internal static class OwnerOnly
{
    private const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite, Folder = File | UnixFileMode.UserExecute;

    /// <summary>Made for its owner alone; one that is there already stays as its owner chose.</summary>
    public static void Directory(string path)
    {
        if (OperatingSystem.IsWindows()) System.IO.Directory.CreateDirectory(path);
        else System.IO.Directory.CreateDirectory(path, Folder);
    }

    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = File;
        return new FileStream(path, options);
    }
}
