using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Keys;

/// <summary>
/// Every key of a cell, derived from the establishment key and from nothing else: there is no table of keys
/// to lose separately. HKDF-SHA256, salt = the cell's id. docs/formats/keys.md.
/// </summary>
internal sealed class KeyTree : IDisposable
{
    /// <summary>HKDF's first half, the same for every key of the cell: done once. It stands for the establishment key, which is not kept.</summary>
    private readonly byte[] _extracted = new byte[32];

    /// <param name="establishmentKey">Wiped: the tree keeps what it needs of it.</param>
    public KeyTree(byte[] establishmentKey, string cell)
    {
        if (establishmentKey.Length != 32) throw new ArgumentException("the establishment key has 32 bytes", nameof(establishmentKey));
        HKDF.Extract(HashAlgorithmName.SHA256, establishmentKey, Encoding.ASCII.GetBytes(cell), _extracted);
        CryptographicOperations.ZeroMemory(establishmentKey);
    }

    /// <summary>The key of one domain of one patient's file; which versions there are is for <see cref="PatientKeys"/> to know.</summary>
    public byte[] PatientDomain(PatientId patient, Domain domain, int version) =>
        Derive($"serment/v1/patient-domain|{patient}|{(int)domain}|{version}");

    /// <summary>The Custodian's own state at rest.</summary>
    public byte[] State() => Derive("serment/v1/state");

    /// <summary>The journal's entries and their index, at rest.</summary>
    public byte[] Journal() => Derive("serment/v1/journal");

    /// <summary>Seed of the journal's Ed25519 key.</summary>
    public byte[] JournalSeed() => Derive("serment/v1/journal-seed");

    /// <summary>A patient in one research project: HMAC-SHA256 under a key of that project, which nothing stores. One way without the establishment key.</summary>
    public string Pseudonym(string project, PatientId patient)
    {
        var key = Derive($"serment/v1/research|{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)))}");
        try { return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(patient.ToString()!)).AsSpan(0, 16)); }
        finally { CryptographicOperations.ZeroMemory(key); }
    }

    /// <summary>Proves that a passphrase or token opened the right key, without telling anything of it.</summary>
    public byte[] Check() => Derive("serment/v1/check");

    /// <summary>Proves to a Custodian that whoever speaks holds the establishment key: ceremonies at its machine (docs/formats/escrow.md).</summary>
    public byte[] Ceremony() => Derive("serment/v1/ceremony");

    /// <summary>Between the two Custodians of a cell: that it is the other who speaks (docs/formats/standby.md).</summary>
    public byte[] Standby() => Derive("serment/v1/standby");

    /// <summary>The key and the commitment of one slot of records, as docs/formats/record.md derives them from a domain key.</summary>
    public (byte[] Key, byte[] Commit) Slot(PatientId patient, Domain domain, int version, ReadOnlySpan<byte> salt)
    {
        var domainKey = PatientDomain(patient, domain, version);
        Span<byte> derived = stackalloc byte[64];
        try
        {
            HKDF.DeriveKey(HashAlgorithmName.SHA256, domainKey, derived, salt, "serment/v2/slot"u8);
            return (derived[..32].ToArray(), derived[32..].ToArray());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(domainKey);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>The key of one sealed file, as docs/formats/file.md derives it from a domain key.</summary>
    public byte[] File(FileAddress address, int version)
    {
        var domainKey = PatientDomain(address.Patient, address.Domain, version);
        try { return HKDF.DeriveKey(HashAlgorithmName.SHA256, domainKey, 32, [], address.AssociatedData()); }
        finally { CryptographicOperations.ZeroMemory(domainKey); }
    }

    private byte[] Derive(string info) => HKDF.Expand(HashAlgorithmName.SHA256, _extracted, 32, Encoding.ASCII.GetBytes(info));

    public void Dispose() => CryptographicOperations.ZeroMemory(_extracted);
}
