using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serment.Custodian.Keys;

/// <summary>
/// cell.json: what a cell is, and its establishment key wrapped in one of two ways: by a passphrase (PBKDF2-HMAC-SHA256,
/// 600,000 rounds, then AES-256-GCM), or by the key of a PKCS#11 token (AES-256-GCM in the token). Both bind the cell and
/// the mark that it was founded with, so that none can be set later by editing the file. docs/formats/keys.md.
/// </summary>
internal sealed record KeyFile
{
    public const int CurrentFormat = 1;
    private const int Rounds = 600_000;

    public required int Format { get; init; }
    public required string Cell { get; init; }
    public required string Name { get; init; }
    public required bool Demonstration { get; init; }
    /// <summary>Invented patients, real security keys: a real establishment's rules in all, and a clock that moves.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Rehearsal { get; init; }
    [JsonIgnore]
    public bool ClockMoves => Demonstration || Rehearsal;
    [System.Text.Json.Serialization.JsonIgnore]
    public string Mark => Demonstration ? "demonstration" : Rehearsal ? "rehearsal" : "production";
    /// <summary>Label of the token's key; null when a passphrase wraps.</summary>
    public string? TokenKey { get; init; }
    public required byte[] Salt { get; init; }
    public required byte[] Nonce { get; init; }
    public required byte[] Wrapped { get; init; }

    /// <summary>Founds a cell: a token wraps its key when one is configured, else the passphrase.</summary>
    public static KeyFile Create(string path, string name, bool demonstration, string own, bool rehearsal = false)
    {
        var cell = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var file = new KeyFile
        {
            Format = CurrentFormat,
            Cell = cell,
            Name = name,
            Demonstration = demonstration,
            Rehearsal = rehearsal && !demonstration,
            TokenKey = Pkcs11Token.Configured ? $"serment/{cell}" : null,
            Salt = RandomNumberGenerator.GetBytes(16),
            Nonce = RandomNumberGenerator.GetBytes(12),
            Wrapped = [],
        };
        var key = RandomNumberGenerator.GetBytes(32);
        file = file with { Wrapped = file.TokenKey is null ? file.WrapBy(Passphrase.Find(own, demonstration), key) : file.WrapByToken(key) };
        CryptographicOperations.ZeroMemory(key);
        file.Write(path)();
        return file;
    }

    /// <summary>The same key under another passphrase, or, without one, under a new key of the token that is configured.</summary>
    public KeyFile Rewrap(EstablishmentKey establishment, string? passphrase)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var file = this with { TokenKey = passphrase is null ? $"serment/{Cell}/{Convert.ToHexStringLower(salt.AsSpan(0, 4))}" : null, Salt = salt, Nonce = RandomNumberGenerator.GetBytes(12), Wrapped = [] };
        return establishment.Wrapped(key => file with { Wrapped = passphrase is null ? file.WrapByToken(key) : file.WrapBy(passphrase, key) });
    }

    /// <summary>On the disk beside the present file; the act that is returned puts it in its place at once.</summary>
    public Action Write(string path)
    {
        var beside = path + ".new";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, WireJson.Options));
            file.Flush(flushToDisk: true);
        }
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return () => File.Move(beside, path, overwrite: true);
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

    /// <exception cref="RefusedException">The passphrase, PIN or token is wrong, or the file was altered.</exception>
    public KeyTree Unlock(string own) => new(KeyItself(own), Cell);

    /// <summary>As <see cref="Unlock"/>, for a ceremony that wraps the key anew.</summary>
    public EstablishmentKey Bare(string own) => new(KeyItself(own), Cell);

    internal KeyTree Unwrap(string passphrase) => new(KeyItself(passphrase: passphrase), Cell);

    private byte[] KeyItself(string own = "", string? passphrase = null)
    {
        if (passphrase is null && TokenKey is not null)
        {
            using var token = Pkcs11Token.Open();
            return token.Unwrap(TokenKey, Nonce, Bound(), Wrapped);
        }
        passphrase ??= Passphrase.Find(own, newDemonstration: false);
        var key = new byte[32];
        if (Wrapped.Length != 48) throw Wrong();
        using var aes = new AesGcm(PassphraseKey(passphrase), 16);
        try { aes.Decrypt(Nonce, Wrapped.AsSpan(0, 32), Wrapped.AsSpan(32), key, Bound()); }
        catch (CryptographicException) { throw Wrong(); }
        return key;

        static RefusedException Wrong() => new("cell.passphrase", "Phrase secrète incorrecte, ou fichier cell.json modifié. Rien n'a été déverrouillé.");
    }

    internal byte[] WrapBy(string passphrase, byte[] key)
    {
        var wrapped = new byte[48];
        using var aes = new AesGcm(PassphraseKey(passphrase), 16);
        aes.Encrypt(Nonce, key, wrapped.AsSpan(0, 32), wrapped.AsSpan(32), Bound());
        return wrapped;
    }

    private byte[] WrapByToken(byte[] key)
    {
        using var token = Pkcs11Token.Open();
        token.MakeKey(TokenKey!);
        return token.Wrap(TokenKey!, Nonce, Bound(), key);
    }

    private byte[] PassphraseKey(string passphrase) =>
        Rfc2898DeriveBytes.Pbkdf2(passphrase.Normalize(NormalizationForm.FormKC), Salt, Rounds, HashAlgorithmName.SHA256, 32);

    private byte[] Bound() => Encoding.UTF8.GetBytes($"serment/v1/key-file|{Format}|{Cell}|{Mark}");
}
