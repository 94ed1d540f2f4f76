using System.Security.Cryptography;
using System.Text.Json;

namespace Serment.Custodian.Keys;

/// <summary>That a version of the patients' keys came into force.</summary>
/// <param name="Number">From 2 on: every cell starts with version 1.</param>
internal sealed record KeyVersion(int Number, DateTimeOffset At, string Reason);

/// <summary>
/// The keys of patients' files, of every version that rows may name. What is added is sealed under the version in force; what lies there
/// stays under its own, so a lease carries all of them. Two people raise it and nothing lowers it. docs/decisions/0031.
/// Raised under the cell's lock, read anywhere.
/// </summary>
internal sealed class PatientKeys(KeyTree tree, Action<string, string, byte[]> persist)
{
    public const string Kind = "key-version";
    public const int Most = KeyVersionRows.Most;
    public const string UnknownCode = "key.version";
    private const int SaltLength = 32;
    private volatile KeyVersion? _inForce;

    public int Version => _inForce?.Number ?? 1;

    /// <summary>Null: since the cell was founded.</summary>
    public DateTimeOffset? Since => _inForce?.At;

    public void Load(byte[] json)
    {
        var version = JsonSerializer.Deserialize<KeyVersion>(json, WireJson.Options)!;
        if (version.Number > Version) _inForce = version;
    }

    /// <exception cref="RefusedException">Another version is in force meanwhile, or there is no next one.</exception>
    public void MayFollow(int from)
    {
        if (from != Version) throw new RefusedException("approval.stale", "La version des clés a changé depuis cette demande : elle doit être refaite.");
        if (from >= Most) throw new RefusedException("key.versions", $"Un établissement a {Most} versions de clés au plus : chaque ouverture de dossier les porte toutes (docs/runbooks/key-version.md).");
    }

    /// <summary>That version or a later one is in force from here on.</summary>
    public void Raise(int to, string reason, DateTimeOffset now)
    {
        if (to <= Version || to > Most) return;
        var version = new KeyVersion(to, now, reason);
        persist(Kind, to.ToString("D8", System.Globalization.CultureInfo.InvariantCulture), JsonSerializer.SerializeToUtf8Bytes(version, WireJson.Options));
        _inForce = version;
    }

    /// <summary>Of a person under each of his ids, every version of each.</summary>
    public ReleasedKey[] Of(IReadOnlyList<PatientId> aliases, IReadOnlyList<Domain> domains)
    {
        var (versions, next) = (Version, 0);
        var keys = new ReleasedKey[aliases.Count * domains.Count * versions];
        foreach (var alias in aliases)
            foreach (var domain in domains)
                for (var version = 1; version <= versions; version++)
                    keys[next++] = new ReleasedKey(alias, domain, version, tree.PatientDomain(alias, domain, version));
        return keys;
    }

    /// <summary>One slot of records, for who adds: under the version in force.</summary>
    public SlotKey Slot(FilePart part) => Slot(part, RandomNumberGenerator.GetBytes(SaltLength), Version);

    /// <summary>The slot of one record, as its row names it: of a salt and a version that <see cref="Check"/> has let pass.</summary>
    public SlotKey Slot(FilePart part, byte[] salt, int version)
    {
        var (key, commit) = tree.Slot(part.Patient, part.Domain, version, salt);
        return new SlotKey(salt, commit, key, version);
    }

    /// <summary>Before anything is decided: no touch and no entry for what cannot be opened.</summary>
    /// <exception cref="RefusedException">No such version, or no salt of a record: the own slot of who holds a domain key is nobody's here.</exception>
    public void Check(byte[] salt, int version)
    {
        if (salt.Length != SaltLength || salt.AsSpan().IndexOfAnyExcept((byte)0) < 0) throw new RefusedException(RefusalCodes.Invalid, "Cet élément protégé n'est pas désigné comme il se doit.");
        Check(version);
    }

    /// <exception cref="RefusedException">No such version.</exception>
    public void Check(int version)
    {
        if (version < 1 || version > Version) throw new RefusedException(UnknownCode, $"Ce document est scellé sous la version {version} des clés, que ce gardien n'a pas. Prévenez le référent sécurité.");
    }

    /// <param name="version">Under which the file was sealed; null: the one in force.</param>
    public (int Version, byte[] Key) File(FileAddress address, int? version)
    {
        var under = version ?? Version;
        return (under, tree.File(address, under));
    }
}
