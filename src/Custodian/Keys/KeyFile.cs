using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Custodian.Keys;

/// <summary>
/// cell.json: what a cell is, and its establishment key wrapped by a passphrase
/// (PBKDF2-HMAC-SHA256, 600,000 rounds, then AES-256-GCM bound to the cell). The demonstration mark is
/// bound into the wrapping, so that it can never be set later by editing the file.
/// </summary>
internal sealed record KeyFile
{
    public const int CurrentFormat = 1;
    private const int Rounds = 600_000;

    public required int Format { get; init; }
    public required string Cell { get; init; }
    public required string Name { get; init; }
    public required bool Demonstration { get; init; }
    public required byte[] Salt { get; init; }
    public required byte[] Nonce { get; init; }
    public required byte[] Wrapped { get; init; }

    public static KeyFile Create(string path, string name, bool demonstration, string passphrase)
    {
        var cell = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var file = new KeyFile
        {
            Format = CurrentFormat,
            Cell = cell,
            Name = name,
            Demonstration = demonstration,
            Salt = RandomNumberGenerator.GetBytes(16),
            Nonce = RandomNumberGenerator.GetBytes(12),
            Wrapped = [],
        };
        var key = RandomNumberGenerator.GetBytes(32);
        var wrapped = new byte[48];
        using (var aes = new AesGcm(file.PassphraseKey(passphrase), 16))
            aes.Encrypt(file.Nonce, key, wrapped.AsSpan(0, 32), wrapped.AsSpan(32), file.Bound());
        CryptographicOperations.ZeroMemory(key);
        file = file with { Wrapped = wrapped };
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(file, WireJson.Options));
        File.Move(temporary, path, overwrite: false);
        return file;
    }

    public static KeyFile Read(string path)
    {
        KeyFile file;
        try { file = JsonSerializer.Deserialize<KeyFile>(File.ReadAllBytes(path), WireJson.Options)!; }
        catch (JsonException) { throw new RefusedException("cell.damaged", "Le fichier cell.json est illisible. Restaurez-le depuis une sauvegarde."); }
        if (file.Format != CurrentFormat)
            throw new RefusedException("cell.version", $"Ce dossier a été écrit par une autre version de Serment (format {file.Format}, attendu {CurrentFormat}).");
        return file;
    }

    /// <exception cref="RefusedException">The passphrase is wrong, or the file was altered.</exception>
    public KeyTree Unlock(string passphrase)
    {
        var key = new byte[32];
        using var aes = new AesGcm(PassphraseKey(passphrase), 16);
        try { aes.Decrypt(Nonce, Wrapped.AsSpan(0, 32), Wrapped.AsSpan(32), key, Bound()); }
        catch (CryptographicException) { throw new RefusedException("cell.passphrase", "Phrase secrète incorrecte, ou fichier cell.json modifié. Rien n'a été déverrouillé."); }
        return new KeyTree(key, Cell);
    }

    private byte[] PassphraseKey(string passphrase) =>
        Rfc2898DeriveBytes.Pbkdf2(passphrase.Normalize(NormalizationForm.FormKC), Salt, Rounds, HashAlgorithmName.SHA256, 32);

    private byte[] Bound() => Encoding.UTF8.GetBytes($"serment/v1/key-file|{Format}|{Cell}|{(Demonstration ? "demonstration" : "production")}");
}
