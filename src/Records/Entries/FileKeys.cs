using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Serment.Records.Entries;

/// <summary>
/// Keys on loan for one or more patients' files: what the Custodian released, for as long as the lease runs. What was derived
/// from them stays with them: a slot's key is derived once. Dispose wipes all. Whoever holds none reads nothing; Records cannot make any.
/// </summary>
public sealed class FileKeys : IDisposable
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyDictionary<PatientId, IReadOnlyList<PatientId>> _aliases;
    private readonly Dictionary<(PatientId, Domain, int), byte[]> _keys = [];
    /// <summary>The version in force when the keys were lent: what is written is sealed under it.</summary>
    private readonly Dictionary<(PatientId, Domain), int> _newest = [];
    private readonly Dictionary<(PatientId, Domain, int, UInt128, UInt128), RecordSlot> _slots = [];
    /// <summary>For one protected record to be added, once.</summary>
    private RecordSlot? _one;
    private bool _wiped;

    /// <param name="aliases">Per patient, every id under which entries may lie, the living one first.</param>
    /// <param name="keys">Of one patient × domain as many as there are versions: each row names its own.</param>
    public FileKeys(DateTimeOffset expiresAt, IReadOnlyDictionary<PatientId, IReadOnlyList<PatientId>> aliases, IEnumerable<KeyValuePair<(PatientId, Domain), (int Version, byte[] Key)>> keys)
    {
        (ExpiresAt, _aliases) = (expiresAt, aliases);
        foreach (var ((patient, domain), (version, key)) in keys)
        {
            _keys.Add((patient, domain, version), key);
            if (version > _newest.GetValueOrDefault((patient, domain))) _newest[(patient, domain)] = version;
        }
    }

    /// <summary>The key of one protected record: opens it, or seals the one that is to be added, and nothing else of that patient.</summary>
    /// <param name="salt">Of the record; the slot's.</param>
    /// <param name="add">To seal one, which nobody has sealed anything under.</param>
    public FileKeys(DateTimeOffset expiresAt, PatientId patient, byte[] salt, RecordSlot slot, bool add) : this(expiresAt, new Dictionary<PatientId, IReadOnlyList<PatientId>> { [patient] = [patient] }, [])
    {
        _slots[NameOf(patient, Domain.Sensitive, slot.KeyVersion, salt)] = slot;
        if (add) _one = slot;
    }

    public DateTimeOffset ExpiresAt { get; }

    public IEnumerable<PatientId> Patients => _aliases.Keys;

    public IReadOnlyList<PatientId> AliasesOf(PatientId patient) => _aliases.TryGetValue(patient, out var ids) ? ids : [patient];

    public bool Opens(PatientId patient, Domain domain) => _newest.ContainsKey((patient, domain));

    /// <summary>In the slot of those who may read; a protected record in the one that was lent for it. Several panels of one chart read and write at once: one at a time.</summary>
    /// <returns>The version of the key, for the row.</returns>
    /// <exception cref="RefusedException">This type of data was not lent, or the one record that was is sealed already.</exception>
    internal (int KeyVersion, SealedRecord Record) Seal(RecordAddress address, ReadOnlySpan<byte> json)
    {
        lock (_gate)
        {
            var slot = address.Domain is Domain.Sensitive ? TheOne() : SlotOf(address.Patient, address.Domain, _newest.GetValueOrDefault((address.Patient, address.Domain)), RecordSlot.Own);
            return (slot.KeyVersion, slot.Seal(address, json));
        }
    }

    /// <param name="keyVersion">As the row names it: another one derives another key, which does not fit.</param>
    /// <exception cref="RefusedException">The record was altered or moved, or this type of data or this version was not lent.</exception>
    internal T Open<T>(RecordAddress address, int keyVersion, SealedRecord record, Func<ReadOnlySpan<byte>, T> read)
    {
        lock (_gate) return SlotOf(address.Patient, address.Domain, keyVersion, record.Salt).Open(address, record, read);
    }

    private RecordSlot SlotOf(PatientId patient, Domain domain, int version, byte[] salt)
    {
        ObjectDisposedException.ThrowIf(_wiped, this);
        if (salt.Length != RecordSlot.SaltLength) throw RecordSlot.Altered();
        var name = NameOf(patient, domain, version, salt);
        if (_slots.TryGetValue(name, out var slot)) return slot;
        if (!_keys.TryGetValue((patient, domain, version), out var key)) throw Opens(patient, domain) ? RecordSlot.NotLent(version) : NotOpen();
        return _slots[name] = RecordSlot.Derive(version, key, salt);
    }

    private RecordSlot TheOne()
    {
        ObjectDisposedException.ThrowIf(_wiped, this);
        var one = _one ?? throw NotOpen();
        _one = null;
        return one;
    }

    private static (PatientId, Domain, int, UInt128, UInt128) NameOf(PatientId patient, Domain domain, int version, byte[] salt) =>
        (patient, domain, version, BinaryPrimitives.ReadUInt128BigEndian(salt), BinaryPrimitives.ReadUInt128BigEndian(salt.AsSpan(16)));

    private static RefusedException NotOpen() => new(RefusalCodes.Role, "Ce type de données n'est pas ouvert pour vous dans ce dossier.");

    public void Dispose()
    {
        lock (_gate)
        {
            _wiped = true;
            foreach (var key in _keys.Values) CryptographicOperations.ZeroMemory(key);
            foreach (var slot in _slots.Values) slot.Dispose();
            _slots.Clear();
        }
    }
}
