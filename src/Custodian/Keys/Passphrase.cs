using System.Security.Cryptography;

namespace Serment.Custodian.Keys;

/// <summary>
/// Where the passphrase comes from: a systemd credential named "passphrase", a file named by SERMENT_PASSPHRASE_FILE,
/// or, in demonstrations only, a file beside the cell, so that anyone can try without typing one.
/// </summary>
internal static class Passphrase
{
    public static string Find(string own, bool newDemonstration)
    {
        var beside = Path.Combine(own, "demonstration.passphrase");
        if (newDemonstration && !File.Exists(beside))
        {
            File.WriteAllText(beside, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20)));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        string?[] places = [Environment.GetEnvironmentVariable("SERMENT_PASSPHRASE_FILE"), Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { } folder ? Path.Combine(folder, "passphrase") : null, beside];
        foreach (var place in places)
            if (place is not null && File.Exists(place)) return File.ReadAllText(place).TrimEnd('\r', '\n');
        throw new RefusedException("cell.passphrase", "Aucune phrase secrète : donnez SERMENT_PASSPHRASE_FILE, ou la « credential » systemd « passphrase ».");
    }
}
