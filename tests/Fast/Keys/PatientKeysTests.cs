using Serment.Custodian.Keys;
using Serment.Records.Entries;
using Xunit;

namespace Serment.Fast.Tests.Keys;

/// <summary>Versions of the patients' keys: which are lent, under which is written, and what becomes of a row that names another.</summary>
public sealed class PatientKeysTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 20, 0, 0, TimeSpan.Zero);
    private static readonly PatientId Patient = Id.New<PatientId>(), Merged = Id.New<PatientId>();
    private static readonly RecordAddress Address = new(new string('0', 32), Patient, Domain.Clinical, "file", Id.New<EntryId>(), 1);
    private readonly List<byte[]> _kept = [];
    private readonly PatientKeys _keys;

    public PatientKeysTests() => _keys = Made();

    private PatientKeys Made() => new(new KeyTree(new byte[32], new string('0', 32)), (_, _, json) => _kept.Add(json));

    [Fact]
    public void A_lease_of_a_cell_that_never_changed_its_version_is_what_it_was_and_each_version_adds_one_key()
    {
        Assert.Equal([1, 1], _keys.Of([Patient, Merged], [Domain.Clinical]).Select(key => key.Version));
        _keys.Raise(2, "essai", Now);
        var two = _keys.Of([Patient, Merged], [Domain.Clinical, Domain.Results]);
        Assert.Equal(8, two.DistinctBy(key => Convert.ToHexString(key.Key)).Count());
        Assert.Equal([1, 2], two.Where(key => key.Patient == Merged && key.Domain == Domain.Results).Select(key => key.Version));
        Assert.Equal(2, _keys.Slot(new FilePart(Patient, Domain.Sensitive)).Version);
    }

    [Fact]
    public void The_version_is_remembered_never_lowered_never_skipped_and_ends()
    {
        _keys.Raise(2, "essai", Now);
        _keys.Raise(2, "deux approbations à la fois", Now.AddDays(1));
        _keys.Raise(1, "en arrière", Now);
        _keys.Raise(PatientKeys.Most + 1, "trop loin", Now);
        var again = Made();
        foreach (var json in _kept) again.Load(json);
        Assert.Equal((2, Now, 2, 1), (again.Version, again.Since, _keys.Version, _kept.Count));
        Assert.Equal("approval.stale", Assert.Throws<RefusedException>(() => again.MayFollow(1)).Refusal.Code);
        again.MayFollow(2);
        again.Raise(PatientKeys.Most, "beaucoup", Now);
        Assert.Equal("key.versions", Assert.Throws<RefusedException>(() => again.MayFollow(PatientKeys.Most)).Refusal.Code);
    }

    [Fact]
    public void A_file_is_opened_under_its_own_version_and_added_under_the_one_in_force()
    {
        var address = new FileAddress(new string('0', 32), Patient, Domain.Clinical, Id.New<FileId>());
        var first = _keys.File(address, null);
        _keys.Raise(2, "essai", Now);
        Assert.Equal((1, 2), (first.Version, _keys.File(address, null).Version));
        Assert.Equal(first.Key, _keys.File(address, 1).Key);
        Assert.NotEqual(first.Key, _keys.File(address, 2).Key);
        foreach (var none in new[] { 0, -1, 3, int.MaxValue }) Assert.Equal(PatientKeys.UnknownCode, Assert.Throws<RefusedException>(() => _keys.Check(none)).Refusal.Code);
    }

    [Fact]
    public void Rows_open_under_the_version_that_they_name_and_under_no_other()
    {
        using var before = Lent();
        var old = Sealed(1);
        _keys.Raise(2, "essai", Now);
        using var after = Lent();
        var newer = Sealed(2);
        Assert.Equal(("{}", "{}", "{}"), (Opened(after, 1, old), Opened(after, 2, newer), Opened(before, 1, old)));

        // Exchanged, it is altered; of a version that was not lent, it is said which.
        Assert.Equal("record.altered", Refused(after, 2, old));
        Assert.Equal("record.altered", Refused(after, 1, newer));
        foreach (var none in new[] { 2, 3, 0, -1, int.MaxValue }) Assert.Equal("record.key-version", Refused(before, none, newer));
        Assert.Contains("la version 2 des clés", Assert.Throws<RefusedException>(() => { Opened(before, 2, newer); }).Refusal.Message, StringComparison.Ordinal);
        // What was not lent at all is another refusal.
        Assert.Equal(RefusalCodes.Role, Refused(after, 1, old, Domain.Results));
    }

    private FileKeys Lent() => new(Now.AddMinutes(15), new Dictionary<PatientId, IReadOnlyList<PatientId>> { [Patient] = [Patient] },
        _keys.Of([Patient], [Domain.Clinical]).Select(key => KeyValuePair.Create((key.Patient, key.Domain), (key.Version, key.Key))));

    private SealedRecord Sealed(int version)
    {
        using var slot = RecordSlot.Derive(version, _keys.Of([Patient], [Domain.Clinical]).Single(key => key.Version == version).Key, RecordSlot.Own);
        return slot.Seal(Address, """{"room":"{}","at":"2026-11-28T20:00:00+00:00","body":null}"""u8);
    }

    private static string Opened(FileKeys keys, int version, SealedRecord record, Domain domain = Domain.Clinical) => EntriesDoor.Opened(Address.Cell, keys,
        new EntryRow { Entry = Address.Entry, Version = Address.Version, Patient = Patient, Domain = domain, KeyVersion = version, WrittenAt = Now, Salt = record.Salt, Commitment = record.Commitment, Sealed = record.Text }).Room;

    private static string Refused(FileKeys keys, int version, SealedRecord record, Domain domain = Domain.Clinical) => Assert.Throws<RefusedException>(() => { Opened(keys, version, record, domain); }).Refusal.Code;
}
