using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Serment.Custodian.Journal;

/// <summary>Signs tree heads as C2SP signed notes (tlog-checkpoint) with Ed25519.</summary>
internal sealed class CheckpointSigner : IDisposable
{
    private readonly Key _key;
    private readonly string _origin;
    private readonly byte[] _keyHash;

    public CheckpointSigner(string origin, byte[] seed)
    {
        _origin = origin;
        _key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
        var publicKey = _key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        _keyHash = SHA256.HashData([.. Encoding.UTF8.GetBytes(origin), (byte)'\n', 1, .. publicKey])[..4];
        PublicKey = $"{origin}+{Convert.ToHexStringLower(_keyHash)}+{Convert.ToBase64String([1, .. publicKey])}";
    }

    /// <summary>The verifier key as C2SP signed notes write it: name+hash+base64(1 ‖ key).</summary>
    public string PublicKey { get; }

    public string Sign(long size, byte[] root)
    {
        var text = $"{_origin}\n{size.ToString(CultureInfo.InvariantCulture)}\n{Convert.ToBase64String(root)}\n";
        var signature = SignatureAlgorithm.Ed25519.Sign(_key, Encoding.UTF8.GetBytes(text));
        return $"{text}\n— {_origin} {Convert.ToBase64String([.. _keyHash, .. signature])}\n";
    }

    /// <summary>The head that this signer left in a file; null when there is none, or when a crash of the machine tore it.</summary>
    public (long Size, byte[] Root)? Open(string file)
    {
        if (!File.Exists(file)) return null;
        var note = File.ReadAllText(file);
        var lines = note.Split('\n');
        if (lines.Length < 5 || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)) return null;
        // Ed25519 signs the same text to the same bytes: what this key would write is what this key wrote.
        try { return Convert.FromBase64String(lines[2]) is { Length: 32 } root && Sign(size, root) == note ? (size, root) : null; }
        catch (FormatException) { return null; }
    }

    public void Dispose() => _key.Dispose();
}
