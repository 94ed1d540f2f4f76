using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Keys;

namespace Serment.Custodian.Escrow;

/// <summary>One fifth of the way to the key, as one person holds it on paper.</summary>
internal sealed record Share(int Number, byte[] Secret);

/// <summary>The establishment key once more, under one choice of three holders.</summary>
internal sealed record Wrap(string Holders, byte[] Nonce, byte[] Wrapped);

/// <summary>
/// escrow.json: the establishment key wrapped ten times, once for each three of five holders, under HKDF-SHA256 of their three
/// random shares. Without three of them it says nothing: two shares leave 256 unknown bits. docs/formats/escrow.md.
/// </summary>
internal sealed record EscrowFile
{
    public const int CurrentFormat = 1, Holders = 5, Needed = 3;
    public const string Name = "escrow.json";

    public required int Format { get; init; }
    public required string Cell { get; init; }
    /// <summary>This and the mark as in cell.json, so that a lost cell.json can be written again.</summary>
    public required string Establishment { get; init; }
    /// <summary>"production", "demonstration" or "rehearsal".</summary>
    public required string Mark { get; init; }
    /// <summary>Names this ceremony: the papers of another one are told apart.</summary>
    public required string Escrow { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary><see cref="KeyTree.Check"/> of the key inside.</summary>
    public required byte[] Check { get; init; }
    public required IReadOnlyList<Wrap> Wraps { get; init; }

    public static (EscrowFile File, IReadOnlyList<Share> Shares) Create(KeyFile cell, EstablishmentKey key, DateTimeOffset now) =>
        Create(cell, key, now, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), [.. Enumerable.Range(1, Holders).Select(number => new Share(number, RandomNumberGenerator.GetBytes(32)))]);

    internal static (EscrowFile File, IReadOnlyList<Share> Shares) Create(KeyFile cell, EstablishmentKey key, DateTimeOffset now, string escrow, IReadOnlyList<Share> shares)
    {
        var file = new EscrowFile { Format = CurrentFormat, Cell = cell.Cell, Establishment = cell.Name, Mark = cell.Mark, Escrow = escrow, At = now, Check = key.Tree.Check(), Wraps = [] };
        return (file with { Wraps = [.. Triples(shares).Select(three => key.Wrapped(bytes => file.Seal(three, bytes)))] }, shares);
    }

    public static EscrowFile Read(string path)
    {
        if (!File.Exists(path)) throw new RefusedException("escrow.none", "La clé de cet établissement n'a pas été mise en parts : il n'y a pas de fichier escrow.json dans ce dossier.");
        EscrowFile file;
        try { file = JsonSerializer.Deserialize<EscrowFile>(File.ReadAllBytes(path), WireJson.Options) ?? throw new JsonException(); }
        catch (JsonException) { throw new RefusedException("escrow.damaged", "Le fichier escrow.json est illisible : prenez celui d'une sauvegarde."); }
        if (file.Format != CurrentFormat) throw new RefusedException("escrow.version", $"Ce fichier escrow.json est d'un autre format ({file.Format}, attendu {CurrentFormat}).");
        return file;
    }

    /// <summary>The key, from three shares of three different holders.</summary>
    /// <exception cref="RefusedException">Fewer, the same one twice, of another ceremony, or a file that was altered.</exception>
    public EstablishmentKey Recover(IReadOnlyList<Share> shares)
    {
        Share[] three = [.. shares.DistinctBy(share => share.Number).OrderBy(share => share.Number).Take(Needed)];
        if (three.Length < Needed) throw new RefusedException("escrow.too-few", $"{three.Length} part{(three.Length > 1 ? "s" : "")} : il en faut {Needed}, de personnes différentes. Rien n'a été ouvert.");
        var wrap = Wraps.FirstOrDefault(w => w.Holders == Named(three)) ?? throw Wrong();
        if (wrap.Nonce.Length != 12 || wrap.Wrapped.Length != 48) throw Wrong();
        var (key, wrapping) = (new byte[32], WrappingKey(three));
        using var aes = new AesGcm(wrapping, 16);
        CryptographicOperations.ZeroMemory(wrapping);
        try { aes.Decrypt(wrap.Nonce, wrap.Wrapped.AsSpan(0, 32), wrap.Wrapped.AsSpan(32), key, Bound(three)); }
        catch (CryptographicException) { throw Wrong(); }
        var recovered = new EstablishmentKey(key, Cell);
        if (CryptographicOperations.FixedTimeEquals(recovered.Tree.Check(), Check)) return recovered;
        recovered.Dispose();
        throw Wrong();

        static RefusedException Wrong() => new("escrow.wrong", "Ces trois parts n'ouvrent pas ce fichier escrow.json : il a été modifié, ou une part est d'une autre remise. Rien n'a été ouvert.");
    }

    private Wrap Seal(Share[] three, byte[] key)
    {
        var (nonce, wrapped, wrapping) = (RandomNumberGenerator.GetBytes(12), new byte[48], WrappingKey(three));
        using var aes = new AesGcm(wrapping, 16);
        CryptographicOperations.ZeroMemory(wrapping);
        aes.Encrypt(nonce, key, wrapped.AsSpan(0, 32), wrapped.AsSpan(32), Bound(three));
        return new Wrap(Named(three), nonce, wrapped);
    }

    private byte[] WrappingKey(Share[] three)
    {
        byte[] material = [.. three[0].Secret, .. three[1].Secret, .. three[2].Secret];
        try { return HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 32, Encoding.ASCII.GetBytes(Cell), Encoding.ASCII.GetBytes($"serment/v1/escrow|{Escrow}|{Named(three)}")); }
        finally { CryptographicOperations.ZeroMemory(material); }
    }

    private byte[] Bound(Share[] three) => Encoding.ASCII.GetBytes($"serment/v1/escrow-wrap|{Format}|{Cell}|{Mark}|{Escrow}|{Named(three)}");

    private static string Named(Share[] three) => string.Concat(three.Select(share => share.Number));

    /// <summary>Every three of them, each in the order of their numbers.</summary>
    private static IEnumerable<Share[]> Triples(IReadOnlyList<Share> shares) =>
        from a in Enumerable.Range(0, shares.Count)
        from b in Enumerable.Range(a + 1, shares.Count - a - 1)
        from c in Enumerable.Range(b + 1, shares.Count - b - 1)
        select new[] { shares[a], shares[b], shares[c] };
}
