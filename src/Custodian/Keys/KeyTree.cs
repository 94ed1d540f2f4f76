using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Keys;

/// <summary>
/// Every key of a cell, derived from the establishment key and from nothing else: there is no table of keys
/// to lose separately. HKDF-SHA256, salt = the cell's id. docs/formats/keys.md.
/// </summary>
internal sealed class KeyTree : IDisposable
{
    public const int CurrentVersion = 1;
    private readonly byte[] _establishmentKey;
    private readonly byte[] _salt;

    public KeyTree(byte[] establishmentKey, string cell)
    {
        if (establishmentKey.Length != 32) throw new ArgumentException("the establishment key has 32 bytes", nameof(establishmentKey));
        _establishmentKey = establishmentKey;
        _salt = Encoding.ASCII.GetBytes(cell);
    }

    /// <summary>The key of one domain of one patient's file.</summary>
    public byte[] PatientDomain(PatientId patient, Domain domain, int version = CurrentVersion) =>
        Derive($"serment/v1/patient-domain|{patient}|{(int)domain}|{version}");

    /// <summary>The Custodian's own state at rest.</summary>
    public byte[] State() => Derive("serment/v1/state");

    /// <summary>The journal's entries and their index, at rest.</summary>
    public byte[] Journal() => Derive("serment/v1/journal");

    /// <summary>Seed of the journal's Ed25519 key.</summary>
    public byte[] JournalSeed() => Derive("serment/v1/journal-seed");

    /// <summary>Proves that a passphrase or token opened the right key, without telling anything of it.</summary>
    public byte[] Check() => Derive("serment/v1/check");

    /// <summary>One record's key and its commitment, as docs/formats/record.md derives them from a domain key.</summary>
    public (byte[] Key, byte[] Commit) Record(RecordAddress address, ReadOnlySpan<byte> salt)
    {
        var domainKey = PatientDomain(address.Patient, address.Domain);
        Span<byte> extracted = stackalloc byte[32];
        try
        {
            var (key, commit) = (new byte[32], new byte[32]);
            HKDF.Extract(HashAlgorithmName.SHA256, domainKey, salt, extracted);
            HKDF.Expand(HashAlgorithmName.SHA256, extracted, key, [.. "serment/v1/record|"u8, .. address.AssociatedData()]);
            HKDF.Expand(HashAlgorithmName.SHA256, extracted, commit, "serment/v1/commit"u8);
            return (key, commit);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(domainKey);
            CryptographicOperations.ZeroMemory(extracted);
        }
    }

    /// <summary>The key of one sealed file, as docs/formats/file.md derives it from a domain key.</summary>
    public byte[] File(FileAddress address)
    {
        var domainKey = PatientDomain(address.Patient, address.Domain);
        try { return HKDF.DeriveKey(HashAlgorithmName.SHA256, domainKey, 32, [], address.AssociatedData()); }
        finally { CryptographicOperations.ZeroMemory(domainKey); }
    }

    private byte[] Derive(string info) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _establishmentKey, 32, _salt, Encoding.ASCII.GetBytes(info));

    public void Dispose() => CryptographicOperations.ZeroMemory(_establishmentKey);
}
