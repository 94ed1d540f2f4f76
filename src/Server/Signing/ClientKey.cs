using System.Security.Cryptography;

namespace Serment.Server.Signing;

/// <summary>A machine client's key as it lies in a file: the client's id on the first line, then the private key as PEM.</summary>
internal sealed class ClientKey : IDisposable
{
    private readonly ClientId _id;
    private readonly ECDsa _key;

    private ClientKey(ClientId id, ECDsa key) => (_id, _key) = (id, key);

    /// <exception cref="RefusedException">The file is absent, or is no client's key.</exception>
    public static ClientKey Read(string file)
    {
        if (!File.Exists(file)) throw new RefusedException("import.client", "La clé du client d'import manque : donnez --client FICHIER (première ligne l'identifiant, puis la clé PEM).");
        var lines = File.ReadAllText(file).Split('\n', 2);
        var key = ECDsa.Create();
        try
        {
            if (lines.Length == 2 && Id.TryParse<ClientId>(lines[0].Trim(), out var id))
            {
                key.ImportFromPem(lines[1]);
                return new ClientKey(id, key);
            }
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException) { }
        key.Dispose();
        throw new RefusedException("import.client", "Ce fichier n'est pas une clé de client : première ligne l'identifiant (32 chiffres hexadécimaux), puis la clé PEM.");
    }

    /// <returns>The public half, as SubjectPublicKeyInfo.</returns>
    public static byte[] Create(Stream file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = key.ExportSubjectPublicKeyInfo();
        using var writer = new StreamWriter(file);
        writer.Write($"{MachineKeys.IdOf(publicKey)}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return publicKey;
    }

    /// <summary>On this machine's clock, and where the cell's was moved, as far ahead.</summary>
    public Signer For(CustodianClient custodian, CellStatus cell)
    {
        return new(custodian, cell.Cell, _key, null, _id, Now, Now().ToUnixTimeMilliseconds() + 1);
        DateTimeOffset Now() => DateTimeOffset.UtcNow + (cell.Ahead ?? TimeSpan.Zero);
    }

    /// <summary>32 bytes that only who holds this key can make, one for each purpose; whoever takes them wipes them.</summary>
    public byte[] Secret(string purpose)
    {
        var own = _key.ExportParameters(includePrivateParameters: true).D!;
        try { return HKDF.DeriveKey(HashAlgorithmName.SHA256, own, 32, info: System.Text.Encoding.UTF8.GetBytes(purpose)); }
        finally { CryptographicOperations.ZeroMemory(own); }
    }

    public void Dispose() => _key.Dispose();
}
