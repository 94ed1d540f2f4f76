namespace Serment.Custodian.Identities;

/// <summary>
/// Everyone's rows, packed one after the other: about 130 bytes a person instead of some 700 as objects.
/// A changed row is written anew; the old bytes stay until the next start. People are numbered from 0 in order of arrival.
/// Rows once written never move, so a <see cref="Snapshot"/> is read without a lock. Not thread-safe otherwise.
/// </summary>
internal sealed class PeopleTable
{
    private const int ChunkBits = 20, ChunkSize = 1 << ChunkBits;
    private readonly List<byte[]> _chunks = [];
    private readonly Dictionary<PatientId, int> _numbers;
    private PatientId[] _ids;
    private uint[] _rows;
    private int _used = ChunkSize;

    public PeopleTable(int expected = 0)
    {
        _numbers = new Dictionary<PatientId, int>(expected);
        _ids = new PatientId[Math.Max(64, expected)];
        _rows = new uint[_ids.Length];
    }

    public int Count => _numbers.Count;

    public bool TryNumber(PatientId id, out int person) => _numbers.TryGetValue(id, out person);

    public PatientId Id(int person) => _ids[person];

    public IdentityRow Row(int person) => new(Bytes(_chunks, _rows[person]));

    public Identity Read(int person) => Row(person).Read(_ids[person]);

    /// <summary>Keeps a row; the person's number, and whether it is a new one.</summary>
    public (int Person, bool New) Put(PatientId id, ReadOnlySpan<byte> row)
    {
        var fresh = !_numbers.TryGetValue(id, out var person);
        if (fresh)
        {
            person = _numbers.Count;
            if (person == _ids.Length)
            {
                Array.Resize(ref _ids, person + person / 4 + 64);
                Array.Resize(ref _rows, _ids.Length);
            }
            _numbers.Add(id, person);
            _ids[person] = id;
        }
        if (_used + 2 + row.Length > ChunkSize)
        {
            _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkSize));
            _used = 0;
        }
        var chunk = _chunks[^1];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(chunk.AsSpan(_used), checked((ushort)row.Length));
        row.CopyTo(chunk.AsSpan(_used + 2));
        _rows[person] = (uint)(_chunks.Count - 1) << ChunkBits | (uint)_used;
        _used += 2 + row.Length;
        return (person, fresh);
    }

    /// <summary>Where a person's present row lies; another value after each change.</summary>
    public uint Place(int person) => _rows[person];

    /// <summary>The rows of some people as they are now.</summary>
    public Snapshot Freeze(int[] people) => new([.. _chunks], people, Array.ConvertAll(people, person => _rows[person]));

    private static ReadOnlySpan<byte> Bytes(IReadOnlyList<byte[]> chunks, uint place)
    {
        var chunk = chunks[(int)(place >> ChunkBits)];
        var at = (int)(place & (ChunkSize - 1));
        return chunk.AsSpan(at + 2, System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(chunk.AsSpan(at)));
    }

    /// <summary>Rows that no later change touches; what an index is built from.</summary>
    internal sealed class Snapshot(byte[][] chunks, int[] people, uint[] places)
    {
        public int Count => people.Length;
        public int Person(int at) => people[at];
        public uint Place(int at) => places[at];
        public IdentityRow Row(int at) => new(Bytes(chunks, places[at]));
    }
}
