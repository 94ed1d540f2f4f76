using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Serment.Records.Entries;

/// <summary>
/// Keys on loan for one or more patients' files: what the Custodian released, for as long as the lease runs. What was derived
/// from them stays with them: a slot's key is derived once. Dispose wipes all. Whoever holds none reads nothing; Records cannot make any.
/// </summary>
/// <param name="aliases">Per patient, every id under which entries may lie, the living one first.</param>
public sealed class FileKeys(DateTimeOffset expiresAt, IReadOnlyDictionary<PatientId, IReadOnlyList<PatientId>> aliases, IReadOnlyDictionary<(PatientId, Domain), (int Version, byte[] Key)> keys) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(PatientId, Domain, UInt128, UInt128), RecordSlot> _slots = [];
    private bool _wiped;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public IEnumerable<PatientId> Patients => aliases.Keys;

    public IReadOnlyList<PatientId> AliasesOf(PatientId patient) => aliases.TryGetValue(patient, out var ids) ? ids : [patient];

    public bool Opens(PatientId patient, Domain domain) => keys.ContainsKey((patient, domain));

    /// <summary>In the slot of those who may read; a sensitive record in one of its own. Several panels of one chart read and write at once: one at a time.</summary>
    /// <returns>The version of the key, for the row.</returns>
    internal (int KeyVersion, SealedRecord Record) Seal(RecordAddress address, ReadOnlySpan<byte> json)
    {
        lock (_gate)
        {
            var slot = SlotOf(address.Patient, address.Domain, address.Domain is Domain.Sensitive ? RandomNumberGenerator.GetBytes(RecordSlot.SaltLength) : RecordSlot.Own);
            return (slot.KeyVersion, slot.Seal(address, json));
        }
    }

    /// <exception cref="RefusedException">The record was altered or moved, or this type of data was not lent.</exception>
    internal T Open<T>(RecordAddress address, SealedRecord record, Func<ReadOnlySpan<byte>, T> read)
    {
        lock (_gate) return SlotOf(address.Patient, address.Domain, record.Salt).Open(address, record, read);
    }

    private RecordSlot SlotOf(PatientId patient, Domain domain, byte[] salt)
    {
        ObjectDisposedException.ThrowIf(_wiped, this);
        if (salt.Length != RecordSlot.SaltLength) throw RecordSlot.Altered();
        var name = (patient, domain, BinaryPrimitives.ReadUInt128BigEndian(salt), BinaryPrimitives.ReadUInt128BigEndian(salt.AsSpan(16)));
        if (_slots.TryGetValue(name, out var slot)) return slot;
        if (!keys.TryGetValue((patient, domain), out var key)) throw new RefusedException(RefusalCodes.Role, "Ce type de données n'est pas ouvert pour vous dans ce dossier.");
        return _slots[name] = RecordSlot.Derive(key.Version, key.Key, salt);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _wiped = true;
            foreach (var (_, key) in keys.Values) CryptographicOperations.ZeroMemory(key);
            foreach (var slot in _slots.Values) slot.Dispose();
            _slots.Clear();
        }
    }
}
