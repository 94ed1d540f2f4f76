using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Serment.Records;
using Serment.Records.Administrative;
using Serment.Records.Documents;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Serment.Records.Stays;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The rooms' doors on a real database: SQLite and PostgreSQL must behave alike.</summary>
public abstract class RecordsTests : IAsyncLifetime
{
    protected const string Cell = "5e12ae7700000000000000000000ce11";
    private const string Canary = "Quetzalcoatlus";
    private protected static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private protected static readonly AccountId Nurse = Id.New<AccountId>();
    private protected readonly PatientId _patient = Id.New<PatientId>(), _other = Id.New<PatientId>();
    private readonly UnitId _unit = Id.New<UnitId>();
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private RecordsDatabase _database = null!;
    private EntriesDoor _entries = null!;
    private StaysDoor _stays = null!;

    /// <summary>The same database each time it is asked for in one test.</summary>
    protected abstract RecordsDatabase Database();

    /// <summary>Every byte that a thief of the database gets.</summary>
    protected abstract Task<string> EverythingAsync();

    public async ValueTask InitializeAsync()
    {
        _database = Database();
        await _database.PrepareAsync(Cell);
        (_entries, _stays) = (new EntriesDoor(_database, Cell), new StaysDoor(_database));
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_version_is_never_overwritten_and_all_of_them_stay_readable()
    {
        var first = Note("Première");
        await WriteAsync(first);
        await WriteAsync(first with { Version = 2, Content = Content("Seconde", "erreur de côté") });
        await RefusedAsync(RefusalCodes.Conflict, () => WriteAsync(first with { Content = Content("Autre première") }));
        using var keys = Keys();
        Assert.Equal("Seconde", Text(Assert.Single(await _entries.ReadAsync(keys, _patient, [Domain.Clinical]))));
        Assert.Equal(["Première", "Seconde"], (await _entries.VersionsAsync(first.Entry)).Select(row => Text(_entries.Open(keys, row))));
    }

    [Fact]
    public async Task Of_two_who_revise_the_same_version_at_once_the_second_is_told()
    {
        var first = Note("Première");
        await WriteAsync(first);
        var told = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => OutcomeAsync(() => WriteAsync(first with { Version = 2, Content = Content($"De {i}", "revu") }))));
        Assert.Equal(7, told.Count(code => code == RefusalCodes.Conflict));
        Assert.Single(told, (string?)null);
        using var keys = Keys();
        Assert.Equal(2, (await _entries.VersionsAsync(first.Entry)).Select(row => _entries.Open(keys, row)).Count());
    }

    [Theory]
    [InlineData("UPDATE entry SET sealed = salt")]
    [InlineData("UPDATE entry SET patient = '{other}'")]
    [InlineData("UPDATE entry SET version = 7")]
    [InlineData("UPDATE entry SET entry = '00000000000000000000000000000001'")]
    [InlineData("UPDATE entry SET domain = 4")]
    [InlineData("UPDATE entry SET commitment = salt")]
    [InlineData("UPDATE entry SET salt = commitment")]
    [InlineData("UPDATE entry SET salt = sealed")]
    [InlineData("{nonce}")]
    public async Task A_row_that_was_altered_or_moved_is_marked_and_its_text_not_shown(string tampering)
    {
        await WriteAsync(Note("Intacte"));
        using var keys = Keys();
        Assert.Single(await _entries.ReadAsync(keys, _patient, [Domain.Clinical]));
        await SqlAsync(tampering.Replace("{other}", $"{_other}", StringComparison.Ordinal).Replace("{nonce}", _database.Postgres
            ? "UPDATE entry SET sealed = set_byte(sealed, 3, (get_byte(sealed, 3) + 1) % 256)"
            : "UPDATE entry SET sealed = unhex(hex(substr(sealed, 1, 3)) || CASE hex(substr(sealed, 4, 1)) WHEN '00' THEN '01' ELSE '00' END || hex(substr(sealed, 5)))", StringComparison.Ordinal));
        var where = tampering.Contains("patient", StringComparison.Ordinal) ? _other : _patient;
        var domain = tampering.Contains("domain", StringComparison.Ordinal) ? Domain.Results : Domain.Clinical;
        await WriteAsync(Note("Voisine, intacte"));
        var read = await _entries.ReadAsync(keys, where, [domain]);
        Assert.Single(read, entry => entry.Altered);
        if (where == _patient && domain == Domain.Clinical) Assert.Single(read, entry => !entry.Altered);
    }

    [Fact]
    public async Task Two_rows_that_exchanged_their_contents_are_refused()
    {
        var (one, two) = (Note("Une"), Note("Deux"));
        await WriteAsync(one);
        await WriteAsync(two);
        await using (var db = _database.Open())
        {
            var rows = await db.Entries.AsTracking().OrderBy(r => r.Entry == one.Entry ? 0 : 1).ToListAsync();
            db.Entries.RemoveRange(rows);
            await db.SaveChangesAsync();
            db.ChangeTracker.Clear();
            db.Entries.AddRange(Under(rows[0], rows[1]), Under(rows[1], rows[0]));
            await db.SaveChangesAsync();
        }
        using var keys = Keys();
        Assert.All(await _entries.ReadAsync(keys, _patient, [Domain.Clinical]), entry => Assert.True(entry.Altered));

        static EntryRow Under(EntryRow place, EntryRow from) => new()
        {
            Entry = place.Entry,
            Version = place.Version,
            Patient = place.Patient,
            Domain = place.Domain,
            KeyVersion = place.KeyVersion,
            WrittenAt = place.WrittenAt,
            Salt = from.Salt,
            Commitment = from.Commitment,
            Sealed = from.Sealed,
        };
    }

    [Fact]
    public async Task Keys_of_another_domain_or_patient_open_nothing()
    {
        await WriteAsync(Note("Clinique"));
        using (var results = Keys(Domain.Results)) Assert.Empty(await _entries.ReadAsync(results, _patient, [Domain.Clinical, Domain.Results]));
        using (var none = new FileKeys(Now, new Dictionary<PatientId, IReadOnlyList<PatientId>>(), new Dictionary<(PatientId, Domain), (int, byte[])>())) Assert.Empty(await _entries.ReadAsync(none, _patient, [Domain.Clinical]));
        var wrong = new FileKeys(Now, new Dictionary<PatientId, IReadOnlyList<PatientId>> { [_patient] = [_patient] }, new Dictionary<(PatientId, Domain), (int, byte[])> { [(_patient, Domain.Clinical)] = (1, KeyOf(_patient, Domain.Results)) });
        Assert.All(await _entries.ReadAsync(wrong, _patient, [Domain.Clinical]), entry => Assert.True(entry.Altered));
        using var keys = Keys();
        await RefusedAsync(RefusalCodes.Role, () => _entries.WriteAsync(keys, Note("Ailleurs") with { Domain = Domain.Activity }, Now));
    }

    [Fact]
    public async Task Of_a_ward_one_room_is_read_for_those_whose_key_was_lent_in_its_present_version_and_an_altered_row_is_not_passed_over()
    {
        var first = Note("Première");
        await WriteAsync(first);
        await WriteAsync(first with { Version = 2, Content = Content("Seconde", "erreur de côté") });
        await WriteAsync(Note("D'une autre salle") with { Content = Content("x") with { Room = "vitals" } });
        await WriteAsync(Note("De l'autre") with { Patient = _other });
        var (closed, both) = (Id.New<PatientId>(), new[] { _patient, _other });
        using var keys = new FileKeys(Now, new[] { _patient, closed }.ToDictionary(p => p, p => (IReadOnlyList<PatientId>)[p]), new Dictionary<(PatientId, Domain), (int, byte[])> { [(_patient, Domain.Clinical)] = (1, KeyOf(_patient, Domain.Clinical)) });
        var read = await _entries.OfRoomAsync(keys, Domain.Clinical, "notes");
        Assert.Equal([_patient], read.Keys);
        Assert.Equal("Seconde", Text(Assert.Single(read[_patient])));

        // A file that was merged into another counts as one.
        using var merged = new FileKeys(Now, new Dictionary<PatientId, IReadOnlyList<PatientId>> { [_patient] = both }, both.ToDictionary(p => (p, Domain.Clinical), p => (1, KeyOf(p, Domain.Clinical))));
        Assert.Equal(["De l'autre", "Seconde"], (await _entries.OfRoomAsync(merged, Domain.Clinical, "notes"))[_patient].Select(Text).Order(StringComparer.Ordinal));
        await SqlAsync($"UPDATE entry SET commitment = salt WHERE patient = '{_patient}'");
        Assert.Equal(2, (await _entries.OfRoomAsync(keys, Domain.Clinical, "notes"))[_patient].Count(e => e.Altered));
    }

    [Fact]
    public async Task What_an_interface_added_opens_with_the_rest_and_its_slot_opens_nothing_but_what_it_sealed()
    {
        await WriteAsync(Note("Par une infirmière"));
        var salt = RandomNumberGenerator.GetBytes(32);
        using (var asCustodian = RecordSlot.Derive(1, KeyOf(_patient, Domain.Clinical), salt))
            Assert.Equal(2, await _entries.ImportAsync([_entries.Seal(Note("Par un automate"), asCustodian, Now), _entries.Seal(Note("Par le même"), asCustodian, Now)]));
        using var keys = Keys();
        var read = await _entries.ReadAsync(keys, _patient, [Domain.Clinical]);
        Assert.Equal(3, read.Count);
        Assert.DoesNotContain(read, entry => entry.Altered);
        await using var db = _database.Open();
        var rows = await db.Entries.ToListAsync();
        using var slot = RecordSlot.Derive(1, KeyOf(_patient, Domain.Clinical), salt);
        Assert.Equal(2, rows.Count(row => Opens(row)));
        Assert.All(rows.Where(row => !Opens(row)), row => Assert.Equal(RecordSlot.Own, row.Salt));

        bool Opens(EntryRow row)
        {
            try { slot.Open(new RecordAddress(Cell, row.Patient, row.Domain, "file", row.Entry, row.Version), new SealedRecord(row.Salt, row.Commitment, row.Sealed), text => text.Length); return true; }
            catch (RefusedException) { return false; }
        }
    }

    [Fact]
    public async Task Keys_that_were_given_back_neither_read_nor_write()
    {
        await WriteAsync(Note("Avant"));
        var keys = Keys();
        Assert.Single(await _entries.ReadAsync(keys, _patient, [Domain.Clinical]));
        keys.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _entries.ReadAsync(keys, _patient, [Domain.Clinical]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _entries.WriteAsync(keys, Note("Après"), Now));
    }

    [Fact]
    public async Task An_entry_and_the_mark_of_its_file_come_together_or_not_at_all()
    {
        var documents = new DocumentsDoor(_database, _entries);
        using var keys = Keys();
        var document = new Document("Compte rendu", "report", "application/pdf", 3, "", Id.New<FileId>());
        var entry = Note("") with { Content = new EntryContent(Document.Room, Now, Nurse, null, null, EntryJson.Of(document)) };
        await documents.KeepAsync(keys, entry, document, Now);
        var again = entry with { Entry = Id.New<EntryId>() };
        await RefusedAsync(RefusalCodes.Conflict, () => documents.KeepAsync(keys, again, document, Now));
        await RefusedAsync(RefusalCodes.Conflict, () => documents.KeepAsync(keys, entry, document with { File = Id.New<FileId>() }, Now));
        await RefusedAsync(RefusalCodes.Invalid, () => documents.KeepAsync(keys, again, document with { Kind = "identity", File = Id.New<FileId>() }, Now));
        Assert.Single(await _entries.ReadAsync(keys, _patient, [Domain.Clinical]));
        Assert.Equal([document.File], await documents.KeptAsync([document.File, Id.New<FileId>()]));
    }

    [Fact]
    public async Task When_something_was_last_written_of_a_person_is_asked_under_all_of_his_ids()
    {
        using var keys = Keys(Domain.Clinical);
        await _entries.WriteAsync(keys, Note("a"), Now);
        await _entries.WriteAsync(keys, Note("b") with { Patient = _other, Entry = Id.New<EntryId>() }, Now.AddHours(1));
        var nobody = Id.New<PatientId>();
        Assert.Equal([(_patient, Now.AddHours(1))], (await _entries.LastWrittenAsync([[_patient, _other], [nobody]])).Select(one => (one.Key, one.Value)));
        Assert.Equal([(_patient, Now), (_other, Now.AddHours(1))], (await _entries.LastWrittenAsync([[_patient], [_other]])).Select(one => (one.Key, one.Value)));
    }

    public static TheoryData<string, string[]> Moves => new()
    {
        { "expected", ["admit", "transfer", "expect", "plan", "unplan", "assign", "cancel"] },
        { "present", ["transfer", "leave", "plan", "unplan", "assign", "discharge", "cancel", "correct"] },
        { "on leave", ["transfer", "return", "plan", "unplan", "assign", "discharge", "correct"] },
        { "discharged", ["undo", "correct"] },
        { "cancelled", [] },
    };

    [Theory]
    [MemberData(nameof(Moves))]
    public async Task A_stay_makes_its_legal_moves_and_no_other(string state, string[] legal)
    {
        foreach (var move in new[] { "admit", "transfer", "leave", "return", "expect", "plan", "unplan", "assign", "discharge", "undo", "cancel", "correct" })
        {
            var stay = await InStateAsync(state);
            var before = (await _stays.MovementsAsync(stay.Stay)).Count;
            var code = await OutcomeAsync(() => MoveAsync(stay.Stay, move));
            Assert.True(code is null == legal.Contains(move), $"{move} from {state}: {code ?? "done"}");
            if (code is not null) Assert.Equal("stay.state", code);
            Assert.Equal(before + (code is null ? 1 : 0), (await _stays.MovementsAsync(stay.Stay)).Count);
            if (code is not null) Assert.Equal(stay.Revision, (await _stays.FindAsync(stay.Stay))!.Revision);
        }
    }

    [Fact]
    public async Task An_occupied_bed_takes_an_extra_one_only_when_it_is_said()
    {
        var bed = Id.New<BedId>();
        await OpenAsync(bed);
        await RefusedAsync("bed.taken", () => OpenAsync(bed));
        await OpenAsync(bed, extra: true);
        var blocked = Id.New<BedId>();
        await _stays.SetBedAsync(blocked, BedState.Blocked, Nurse, Now);
        await RefusedAsync("bed.blocked", () => OpenAsync(blocked));
        await RefusedAsync("bed.blocked", () => OpenAsync(blocked, extra: true));
    }

    [Fact]
    public async Task Of_many_who_take_the_last_bed_at_once_exactly_one_has_it()
    {
        for (var round = 0; round < 4; round++)
        {
            var bed = Id.New<BedId>();
            var told = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OutcomeAsync(() => OpenAsync(bed))));
            Assert.Single(told, (string?)null);
            Assert.Equal(5, told.Count(code => code == "bed.taken"));
        }
    }

    [Fact]
    public async Task Of_a_transfer_and_an_admission_to_one_bed_one_wins_and_no_bed_is_blocked_under_anyone()
    {
        for (var round = 0; round < 4; round++)
        {
            var (moving, expected, bed) = (await OpenAsync(Id.New<BedId>()), await OpenAsync(null, expected: Now), Id.New<BedId>());
            var told = await Task.WhenAll(
                OutcomeAsync(() => _stays.TransferAsync(moving.Stay, new Placement(_unit, _unit, bed), Now, Nurse, Now)),
                OutcomeAsync(() => _stays.AdmitAsync(expected.Stay, [expected.Patient], new Placement(_unit, _unit, bed), Now, Nurse, Now)),
                OutcomeAsync(() => OpenAsync(bed)));
            Assert.Single(told, (string?)null);
            Assert.All(told.Where(code => code is not null), code => Assert.Equal("bed.taken", code));
        }
    }

    [Fact]
    public async Task One_patient_is_present_once_however_many_admit_him()
    {
        var told = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OutcomeAsync(() => OpenAsync(null, patient: _patient))));
        Assert.Single(told, (string?)null);
        Assert.Equal(5, told.Count(code => code == "stay.already-present"));
        var expected = await OpenAsync(null, patient: _patient, expected: Now);
        await RefusedAsync("stay.already-present", () => _stays.AdmitAsync(expected.Stay, [expected.Patient], new Placement(_unit, _unit, null), Now, Nurse, Now));
        // Nor under another id of the same person, admitted, expected or taken back.
        var other = Id.New<PatientId>();
        var (left, awaited) = (await OpenAsync(null, patient: other), await OpenAsync(null, patient: other, expected: Now));
        await _stays.DischargeAsync(left.Stay, Now, Nurse, Now);
        PatientId[] ids = [_patient, other];
        await RefusedAsync("stay.already-present", () => _stays.OpenAsync(Id.New<StayId>(), other, ids, new Placement(_unit, _unit, null), null, null, null, null, Nurse, Now));
        await RefusedAsync("stay.already-present", () => _stays.AdmitAsync(awaited.Stay, ids, new Placement(_unit, _unit, null), Now, Nurse, Now));
        await RefusedAsync("stay.already-present", () => _stays.CancelDischargeAsync(left.Stay, ids, Nurse, Now));
    }

    [Fact]
    public async Task A_discharge_is_not_undone_into_a_bed_that_was_given_away()
    {
        var bed = Id.New<BedId>();
        var first = await OpenAsync(bed, patient: _patient);
        await _stays.DischargeAsync(first.Stay, Now, Nurse, Now);
        await OpenAsync(bed);
        await RefusedAsync("bed.taken", () => _stays.CancelDischargeAsync(first.Stay, [first.Patient], Nurse, Now));
        var second = await OpenAsync(null, patient: _other);
        await _stays.DischargeAsync(second.Stay, Now, Nurse, Now);
        await OpenAsync(null, patient: _other);
        await RefusedAsync("stay.already-present", () => _stays.CancelDischargeAsync(second.Stay, [second.Patient], Nurse, Now));
    }

    [Fact]
    public async Task File_numbers_are_unique_and_without_gap_when_twenty_are_given_at_once()
    {
        var stays = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => OpenAsync(null)));
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"26{n:D7}"), stays.Select(s => s.FileNumber).Order());
    }

    [Fact]
    public async Task Two_who_change_one_stay_at_once_leave_one_story()
    {
        var stay = await OpenAsync(null);
        var told = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => OutcomeAsync(() => _stays.DischargeAsync(stay.Stay, Now, Nurse, Now))));
        Assert.Single(told, (string?)null);
        Assert.Equal([MovementKind.Admission, MovementKind.Discharge], (await _stays.MovementsAsync(stay.Stay)).Select(m => m.Kind));
    }

    [Fact]
    public async Task Every_change_of_a_stay_leaves_who_made_it_and_when_plans_and_cancellations_with_what_they_say()
    {
        var (other, doctor) = (Id.New<AccountId>(), Id.New<AccountId>());
        var present = await OpenAsync(null);
        await _stays.PlanExitAsync(present.Stay, Now.AddDays(2), other, Now.AddMinutes(1));
        await _stays.PlanExitAsync(present.Stay, Now.AddDays(4), Nurse, Now.AddMinutes(2));
        await _stays.AssignAsync(present.Stay, doctor, other, Now.AddMinutes(3));
        await _stays.LeaveAsync(present.Stay, Now.AddMinutes(4), Now.AddDays(1), other, Now.AddMinutes(4));
        await _stays.ReturnAsync(present.Stay, Now.AddMinutes(5), Nurse, Now.AddMinutes(5));
        await _stays.CancelAsync(present.Stay, MovementReason.WrongPatient, other, Now.AddMinutes(6));
        Assert.Equal(
            [(MovementKind.Admission, Now, Nurse, 0), (MovementKind.ExitPlanned, Now.AddDays(2), other, 1), (MovementKind.ExitPlanned, Now.AddDays(4), Nurse, 2), (MovementKind.PractitionerChanged, Now.AddMinutes(3), other, 3),
                (MovementKind.Leave, Now.AddMinutes(4), other, 4), (MovementKind.Return, Now.AddMinutes(5), Nurse, 5), (MovementKind.Cancellation, Now.AddMinutes(6), other, 6)],
            (await _stays.MovementsAsync(present.Stay)).Select(m => (m.Kind, m.At, m.ByAccount!.Value, (int)(m.RecordedAt - Now).TotalMinutes)));
        var moves = await _stays.MovementsAsync(present.Stay);
        Assert.Equal(MovementReason.WrongPatient, moves[^1].Reason);
        Assert.All(moves.SkipLast(1), m => Assert.Null(m.Reason));
        Assert.Equal([null, null, null, doctor, doctor, doctor, doctor], moves.Select(m => m.Practitioner));
        var row = (await _stays.FindAsync(present.Stay))!;
        Assert.Equal((Now.AddDays(4), doctor), (row.ExpectedExitAt, row.Practitioner));

        var expected = await OpenAsync(null, expected: Now.AddDays(1));
        await _stays.PlanArrivalAsync(expected.Stay, Now.AddDays(3), other, Now);
        Assert.Equal((MovementKind.ArrivalPlanned, Now.AddDays(3), (AccountId?)other), (await _stays.MovementsAsync(expected.Stay)) is [_, var moved] ? (moved.Kind, moved.At, moved.ByAccount) : default);
        Assert.Equal(Now.AddDays(3), (await _stays.FindAsync(expected.Stay))!.ExpectedAt);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_is_refused_and_leaves_no_movement()
    {
        var (expected, present) = (await OpenAsync(null, expected: Now.AddDays(5)), await OpenAsync(null));
        await RefusedAsync(RefusalCodes.Invalid, () => _stays.PlanArrivalAsync(expected.Stay, Now.AddDays(-1), Nurse, Now));
        await RefusedAsync(RefusalCodes.Invalid, () => _stays.PlanArrivalAsync(expected.Stay, Now.AddDays(400), Nurse, Now));
        await RefusedAsync(RefusalCodes.Invalid, () => _stays.PlanExitAsync(expected.Stay, Now.AddDays(4), Nurse, Now));
        await RefusedAsync(RefusalCodes.Invalid, () => _stays.PlanExitAsync(present.Stay, Now.AddDays(-1), Nurse, Now));
        await RefusedAsync(RefusalCodes.Invalid, () => OpenAsync(null, expected: Now.AddDays(-1)));
        Assert.All(new[] { expected.Stay, present.Stay }, stay => Assert.Single(_stays.MovementsAsync(stay).GetAwaiter().GetResult()));
    }

    [Fact]
    public async Task The_time_of_what_happened_is_corrected_with_author_and_reason_and_the_story_keeps_what_was_said_before()
    {
        var other = Id.New<AccountId>();
        var stay = await OpenAsync(Id.New<BedId>());
        await _stays.TransferAsync(stay.Stay, new Placement(_unit, Id.New<UnitId>(), Id.New<BedId>()), Now.AddHours(2), Nurse, Now.AddHours(2));
        await _stays.DischargeAsync(stay.Stay, Now.AddHours(8), Nurse, Now.AddHours(8));
        var later = Now.AddHours(9);
        await CorrectAsync(1, Now.AddHours(-3));
        await CorrectAsync(2, Now.AddHours(1));
        await CorrectAsync(2, Now.AddMinutes(90));
        await CorrectAsync(3, Now.AddHours(6));

        var row = (await _stays.FindAsync(stay.Stay))!;
        Assert.Equal((Now.AddHours(-3), Now.AddHours(6), 7), (row.AdmittedAt, row.DischargedAt, row.Revision));
        var moves = await _stays.MovementsAsync(stay.Stay);
        Assert.Equal([Now, Now.AddHours(2), Now.AddHours(8)], moves.Take(3).Select(m => m.At));
        Assert.Equal([(1, Now.AddHours(-3)), (2, Now.AddHours(1)), (2, Now.AddMinutes(90)), (3, Now.AddHours(6))], moves.Skip(3).Select(m => (m.Corrects!.Value, m.At)));
        Assert.All(moves.Skip(3), m => Assert.Equal((MovementKind.TimeCorrected, other, MovementReason.RecordedLate, later), (m.Kind, m.ByAccount!.Value, m.Reason!.Value, m.RecordedAt)));
        Assert.Equal([(1, Now.AddHours(-3)), (2, Now.AddMinutes(90)), (3, Now.AddHours(6))], StayEvent.Of(moves).Select(e => (e.Movement.Number, e.At)));

        Task CorrectAsync(int movement, DateTimeOffset at) => _stays.CorrectTimeAsync(stay.Stay, movement, at, MovementReason.RecordedLate, other, later);
    }

    [Fact]
    public async Task A_time_that_cannot_be_is_refused_and_changes_nothing()
    {
        var before = await OpenAsync(null, patient: _patient);
        await _stays.DischargeAsync(before.Stay, Now.AddHours(1), Nurse, Now.AddHours(1));
        var later = Now.AddHours(9);
        var stay = await _stays.OpenAsync(Id.New<StayId>(), _patient, [_patient], new Placement(_unit, _unit, null), null, null, null, null, Nurse, Now.AddHours(2));
        await _stays.TransferAsync(stay.Stay, new Placement(_unit, Id.New<UnitId>(), null), Now.AddHours(4), Nurse, Now.AddHours(4));
        await _stays.DischargeAsync(stay.Stay, Now.AddHours(5), Nurse, Now.AddHours(5));
        await _stays.CancelDischargeAsync(stay.Stay, [stay.Patient], Nurse, Now.AddHours(6));
        await _stays.PlanExitAsync(stay.Stay, Now.AddDays(2), Nurse, Now.AddHours(6));
        await NoAsync(RefusalCodes.Invalid, 1, Now.AddHours(5)); // after what followed
        await NoAsync(RefusalCodes.Invalid, 1, Now.AddMinutes(30)); // within the stay before
        await NoAsync(RefusalCodes.Invalid, 2, Now.AddHours(1)); // before the admission
        await NoAsync(RefusalCodes.Invalid, 2, later.AddMinutes(11)); // to come
        await NoAsync(RefusalCodes.NotFound, 3, Now.AddHours(5)); // a discharge that was cancelled
        await NoAsync(RefusalCodes.NotFound, 4, Now.AddHours(5)); // its cancellation
        await NoAsync(RefusalCodes.NotFound, 5, Now.AddHours(5)); // a plan
        await NoAsync(RefusalCodes.NotFound, 17, Now.AddHours(5));
        await RefusedAsync(RefusalCodes.Invalid, () => _stays.LeaveAsync(stay.Stay, Now.AddHours(3), Now.AddDays(1), Nurse, later)); // before the transfer
        Assert.Equal(5, (await _stays.MovementsAsync(stay.Stay)).Count);
        Assert.Equal((Now.AddHours(2), 5), (await _stays.FindAsync(stay.Stay)) is { } same ? (same.AdmittedAt, same.Revision) : default);

        Task NoAsync(string code, int movement, DateTimeOffset at) => RefusedAsync(code, () => _stays.CorrectTimeAsync(stay.Stay, movement, at, MovementReason.Mistyped, Nurse, later));
    }

    [Fact]
    public async Task A_planned_exit_is_taken_back_and_a_bed_says_who_changed_it()
    {
        var bed = Id.New<BedId>();
        var stay = await OpenAsync(bed);
        await _stays.PlanExitAsync(stay.Stay, Now.AddDays(2), Nurse, Now);
        await _stays.PlanExitAsync(stay.Stay, null, Nurse, Now.AddMinutes(1));
        Assert.Null((await _stays.FindAsync(stay.Stay))!.ExpectedExitAt);
        Assert.Equal([MovementKind.Admission, MovementKind.ExitPlanned, MovementKind.ExitUnplanned], (await _stays.MovementsAsync(stay.Stay)).Select(m => m.Kind));
        var porter = Id.New<AccountId>();
        await _stays.DischargeAsync(stay.Stay, Now.AddMinutes(2), Nurse, Now.AddMinutes(2));
        Assert.Equal((BedState.ToClean, (AccountId?)Nurse), (await _stays.BedStatesAsync())[bed] is { } left ? (left.State, left.ByAccount) : default);
        await _stays.SetBedAsync(bed, BedState.Free, porter, Now.AddMinutes(3));
        Assert.Equal((BedState.Free, (AccountId?)porter, Now.AddMinutes(3)), (await _stays.BedStatesAsync())[bed] is { } clean ? (clean.State, clean.ByAccount, clean.Since) : default);
    }

    [Fact]
    public async Task A_mothers_stay_and_her_newborns_are_found_from_either()
    {
        var mother = await OpenAsync(Id.New<BedId>(), patient: _patient);
        var child = await _stays.OpenAsync(Id.New<StayId>(), _other, [_other], new Placement(_unit, _unit, mother.Bed, ExtraBed: true), null, null, null, mother.Stay, Nurse, Now);
        await OpenAsync(null);
        Assert.Equal(child.Stay, Assert.Single(await _stays.OfBirthsAsync([mother])).Stay);
        Assert.Equal(mother.Stay, Assert.Single(await _stays.OfBirthsAsync([child])).Stay);
    }

    /// <summary>As a database was that the version before made.</summary>
    [Fact]
    public async Task A_database_of_schema_2_is_raised_once_keeps_its_rows_and_takes_reasons_corrections_and_authors()
    {
        var stay = await OpenAsync(null);
        await using (var db = _database.Open())
        {
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE movement DROP COLUMN reason; ALTER TABLE movement DROP COLUMN practitioner; ALTER TABLE movement DROP COLUMN corrects; ALTER TABLE bed_state DROP COLUMN by_account;");
            await db.Facts.Where(f => f.Name == "schema").ExecuteUpdateAsync(set => set.SetProperty(f => f.Value, "2"));
        }
        // Two Servers of one cell that start at once.
        await Task.WhenAll(Task.Run(() => _database.PrepareAsync(Cell)), Task.Run(() => _database.PrepareAsync(Cell)));
        await _database.PrepareAsync(Cell);
        await _stays.CancelAsync(stay.Stay, MovementReason.EnteredTwice, Nurse, Now);
        Assert.Equal([null, MovementReason.EnteredTwice], (await _stays.MovementsAsync(stay.Stay)).Select(m => m.Reason));
        await _stays.CorrectTimeAsync((await OpenAsync(null)).Stay, 1, Now.AddHours(-1), MovementReason.Mistyped, Nurse, Now);
        var bed = Id.New<BedId>();
        await _stays.SetBedAsync(bed, BedState.Blocked, Nurse, Now);
        Assert.Equal(Nurse, (await _stays.BedStatesAsync())[bed].ByAccount);
    }

    [Fact]
    public async Task The_database_of_another_cell_or_of_another_version_is_refused()
    {
        await _database.PrepareAsync(Cell);
        await RefusedAsync("records.cell", () => _database.PrepareAsync(new string('0', 32)));
        await SqlAsync("UPDATE fact SET value = '0' WHERE name = 'schema'");
        await RefusedAsync("records.version", () => _database.PrepareAsync(Cell));
    }

    [Fact]
    public async Task Nothing_that_was_written_of_anyone_lies_readable_in_the_database()
    {
        using var keys = new FileKeys(Now, Alone(_patient), new[] { Domain.Clinical, Domain.Administrative }.ToDictionary(d => (_patient, d), d => (1, KeyOf(_patient, d))));
        await _entries.WriteAsync(keys, Note($"Vu avec Mme {Canary}, douleurs"), Now);
        await _entries.WriteAsync(keys, Note("") with { Domain = Domain.Administrative, Content = new EntryContent(AdministrativeFile.Room, Now, Nurse, $"Dr {Canary}", null, EntryJson.Of(new AdministrativeFile { Address = $"3 rue {Canary}", City = Canary })) }, Now);
        var document = new Document($"Lettre {Canary}", "letter", "text/plain", 3, "", Id.New<FileId>(), $"{Canary}.txt");
        await new DocumentsDoor(_database, _entries).KeepAsync(keys, Note("") with { Content = new EntryContent(Document.Room, Now, Nurse, null, null, EntryJson.Of(document)) }, document, Now);
        await OpenAsync(Id.New<BedId>(), patient: _patient);
        Assert.Equal(2, (await _entries.ReadAsync(keys, _patient, [Domain.Clinical])).Count);
        var all = await EverythingAsync();
        Assert.Contains($"{_patient}", all, StringComparison.Ordinal);
        foreach (var form in new[] { Canary, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Canary)), Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary))[..16], "notes", "letter" })
            Assert.DoesNotContain(form, all, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_page_of_readable_columns_is_the_schema()
    {
        var columns = new List<string>();
        await using (var db = _database.Open())
        {
            await db.Database.OpenConnectionAsync();
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = _database.Postgres
                ? "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
                : "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) columns.Add(reader.GetString(0));
        }
        var page = await File.ReadAllLinesAsync(Path.Combine(CustodianProcess.Root, "docs", "plaintext-columns.md"));
        var listed = page.Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]).ToArray();
        Assert.Equal(columns.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.All(page.Where(l => l.StartsWith("| `", StringComparison.Ordinal)), l => Assert.True(l.Split('|')[3].Trim().Length > 10, $"no reason given: {l}"));
    }

    /// <summary>Writes until there is no room, and goes on when there is.</summary>
    private protected async Task RefusedWholeOnAFullDiskAsync(RecordsDatabase database, SmallDisk disk)
    {
        await database.PrepareAsync(Cell);
        var (entries, stays) = (new EntriesDoor(database, Cell), new StaysDoor(database));
        var written = new List<NewEntry>();
        var full = await FillAsync(entries, written);
        Assert.Equal("records.disk", full.Code);
        Assert.Contains("votre saisie est conservée", full.Message, StringComparison.Ordinal);
        disk.Fill();
        var unit = Id.New<UnitId>();
        async Task<string?> AdmitAsync()
        {
            var who = Id.New<PatientId>();
            try { await stays.OpenAsync(Id.New<StayId>(), who, [who], new Placement(unit, unit, null), null, null, null, null, Nurse, Now); return null; }
            catch (RefusedException no) { return no.Refusal.Code; }
        }
        // Pages that were begun may have room for a row or two.
        var told = new List<string?>();
        for (var i = 0; i < 200 && (told.Count == 0 || told[^1] is null); i++) told.Add(await AdmitAsync());
        Assert.Equal("records.disk", told[^1]);
        using (var slot = RecordSlot.Derive(1, KeyOf(_patient, Domain.Clinical), RandomNumberGenerator.GetBytes(32)))
            await RefusedAsync("records.disk", () => entries.ImportAsync([.. Enumerable.Range(0, 500).Select(_ => entries.Seal(Large(), slot, Now))]));

        await OnlyAsync(entries, written);
        Assert.Equal(told.Count - 1, (await stays.OfUnitsAsync([unit])).Count);
        disk.MakeRoom();
        Assert.Null(await AdmitAsync());
        using var keys = Keys();
        await entries.WriteAsync(keys, Large(), Now);
    }

    /// <summary>Until one is refused; those that were not are in <paramref name="written"/>.</summary>
    private protected async Task<Refusal> FillAsync(EntriesDoor entries, List<NewEntry> written)
    {
        for (var i = 0; i < 2000; i++)
        {
            var entry = Large();
            try { using var keys = Keys(); await entries.WriteAsync(keys, entry, Now); written.Add(entry); }
            catch (RefusedException no) { return no.Refusal; }
        }
        throw new InvalidOperationException("The disk has no end.");
    }

    /// <summary>Exactly those that were acknowledged are there, each of them whole.</summary>
    private protected async Task OnlyAsync(EntriesDoor entries, List<NewEntry> written)
    {
        using var keys = Keys();
        Assert.Equal(written.Select(e => e.Entry).ToHashSet(), (await entries.ReadAsync(keys, _patient, [Domain.Clinical])).Where(e => !e.Altered).Select(e => e.Entry).ToHashSet());
    }

    private protected NewEntry Large() => Note(new string('x', 20_000));

    private protected byte[] KeyOf(PatientId patient, Domain domain) => HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes($"{patient}|{domain}"));

    private protected FileKeys Keys(params Domain[] domains) => new(Now, Alone(_patient), (domains.Length > 0 ? domains : [Domain.Clinical, Domain.Results]).SelectMany(d => new[] { (_patient, d), (_other, d) }).ToDictionary(k => k, k => (1, KeyOf(k.Item1, k.Item2))));

    private static Dictionary<PatientId, IReadOnlyList<PatientId>> Alone(PatientId patient) => new() { [patient] = [patient] };

    private protected NewEntry Note(string text) => new(Id.New<EntryId>(), 1, _patient, Domain.Clinical, Content(text));

    private static EntryContent Content(string text, string? reason = null) => new("notes", Now, Nurse, "Une infirmière", null, EntryJson.Of(new Note("nursing", text)), Reason: reason);

    private static string Text(OpenedEntry entry) => entry.Body<Note>().Text;

    private async Task WriteAsync(NewEntry entry)
    {
        using var keys = Keys();
        await _entries.WriteAsync(keys, entry, Now);
    }

    private Task<StayRow> OpenAsync(BedId? bed, bool extra = false, PatientId? patient = null, DateTimeOffset? expected = null)
    {
        var who = patient ?? Id.New<PatientId>();
        return _stays.OpenAsync(Id.New<StayId>(), who, [who], new Placement(_unit, _unit, bed, extra), expected, null, null, null, Nurse, Now);
    }

    private async Task<StayRow> InStateAsync(string state)
    {
        var stay = await OpenAsync(Id.New<BedId>(), expected: state == "expected" ? Now : null);
        if (state == "on leave") await MoveAsync(stay.Stay, "leave");
        if (state == "discharged") await MoveAsync(stay.Stay, "discharge");
        if (state == "cancelled") await MoveAsync(stay.Stay, "cancel");
        return (await _stays.FindAsync(stay.Stay))!;
    }

    private Task<StayRow> MoveAsync(StayId stay, string move) => move switch
    {
        "admit" => _stays.AdmitAsync(stay, Array.Empty<PatientId>(), new Placement(_unit, _unit, Id.New<BedId>()), Now, Nurse, Now),
        "transfer" => _stays.TransferAsync(stay, new Placement(_unit, Id.New<UnitId>(), Id.New<BedId>()), Now, Nurse, Now),
        "leave" => _stays.LeaveAsync(stay, Now, Now.AddDays(1), Nurse, Now),
        "return" => _stays.ReturnAsync(stay, Now, Nurse, Now),
        "discharge" => _stays.DischargeAsync(stay, Now, Nurse, Now),
        "undo" => _stays.CancelDischargeAsync(stay, Array.Empty<PatientId>(), Nurse, Now),
        "expect" => _stays.PlanArrivalAsync(stay, Now.AddDays(2), Nurse, Now),
        "plan" => _stays.PlanExitAsync(stay, Now.AddDays(3), Nurse, Now),
        "unplan" => _stays.PlanExitAsync(stay, null, Nurse, Now),
        "correct" => _stays.CorrectTimeAsync(stay, 1, Now.AddMinutes(-1), MovementReason.Mistyped, Nurse, Now),
        "assign" => _stays.AssignAsync(stay, Id.New<AccountId>(), Nurse, Now),
        _ => _stays.CancelAsync(stay, MovementReason.EnteredByMistake, Nurse, Now),
    };

    private async Task SqlAsync(string sql)
    {
        await using var db = _database.Open();
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // written in this file
        command.CommandText = sql;
#pragma warning restore CA2100
        Assert.True(await command.ExecuteNonQueryAsync() > 0);
    }

    private static async Task<string?> OutcomeAsync(Func<Task> act)
    {
        // Off the test's own thread: several begin at once.
        try { await Task.Run(act); return null; }
        catch (RefusedException no) { return no.Refusal.Code; }
    }

    private protected static async Task RefusedAsync(string code, Func<Task> act) => Assert.Equal(code, (await Assert.ThrowsAsync<RefusedException>(act)).Refusal.Code);
}

public sealed class RecordsOnSqliteTests : RecordsTests
{
    [Fact]
    public async Task On_a_full_disk_entries_stays_and_imports_are_refused_whole_and_go_on_when_there_is_room()
    {
        using var disk = await SmallDisk.MountAsync("4m");
        try
        {
            var database = new RecordsDatabase(disk.Folder, null);
            await RefusedWholeOnAFullDiskAsync(database, disk);
            await using var db = database.Open();
            Assert.Equal("ok", Assert.Single(await db.Database.SqlQueryRaw<string>("PRAGMA integrity_check").ToListAsync()));
        }
        finally { Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools(); }
    }

    private readonly string _folder = Directory.CreateTempSubdirectory("serment-records-").FullName;

    protected override RecordsDatabase Database() => new(_folder, null);

    protected override async Task<string> EverythingAsync()
    {
        var all = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(_folder)) all.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        return all.ToString();
    }

    public override ValueTask DisposeAsync()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        return base.DisposeAsync();
    }
}

public sealed class RecordsOnPostgresTests(PostgresCluster cluster) : RecordsTests, IClassFixture<PostgresCluster>
{
    /// <summary>Tables on a disk of their own, as a tablespace is: PostgreSQL goes on and refuses what needs room.</summary>
    [Fact]
    public async Task On_a_full_disk_under_the_tables_entries_stays_and_imports_are_refused_whole_and_go_on_when_there_is_room()
    {
        using var disk = await SmallDisk.MountAsync("16m");
        using var own = new PostgresCluster();
        Assert.SkipWhen(own.Missing is not null, own.Missing ?? "");
        await RefusedWholeOnAFullDiskAsync(new RecordsDatabase(Path.GetTempPath(), own.Create(disk.Folder)), disk);
    }

    /// <summary>The log on a disk that is full: PostgreSQL stops rather than lose what it promised, and comes back with all of it.</summary>
    [Fact]
    public async Task On_a_full_disk_under_the_log_the_database_goes_down_in_words_and_comes_back_with_all_that_was_acknowledged()
    {
        using var disk = await SmallDisk.MountAsync("24m");
        using var own = PostgresCluster.WithLogOn(disk.Folder);
        Assert.SkipWhen(own.Missing is not null, own.Missing ?? "");
        var database = new RecordsDatabase(Path.GetTempPath(), own.Create());
        await database.PrepareAsync(Cell);
        var (entries, written) = (new EntriesDoor(database, Cell), new List<NewEntry>());
        using (var keys = Keys()) { written.Add(Large()); await entries.WriteAsync(keys, written[0], Now); }
        disk.Fill();
        var said = new HashSet<string>();
        // Segments of the log that lie ready are used up first; then it is down, and every write is told so.
        for (var i = 0; i < 40; i++)
        {
            var refusal = await FillAsync(entries, written);
            said.Add(refusal.Code);
            Assert.Contains("saisie est conservée", refusal.Message, StringComparison.Ordinal);
        }
        Assert.Contains("records.away", said);
        Assert.Subset(new HashSet<string> { "records.disk", "records.away" }, said);
        using (var slot = RecordSlot.Derive(1, KeyOf(_patient, Domain.Clinical), RandomNumberGenerator.GetBytes(32)))
            await RefusedAsync("records.away", () => entries.ImportAsync([entries.Seal(Large(), slot, Now)]));
        disk.MakeRoom();
        own.Restart();
        using (var keys = Keys())
        {
            var read = (await entries.ReadAsync(keys, _patient, [Domain.Clinical])).Where(e => !e.Altered).Select(e => e.Entry).ToHashSet();
            Assert.Superset(written.Select(e => e.Entry).ToHashSet(), read);
            await entries.WriteAsync(keys, Large(), Now);
        }
    }

    private string _connection = "";

    protected override RecordsDatabase Database()
    {
        Assert.SkipWhen(cluster.Missing is not null, cluster.Missing ?? "");
        return new(Path.GetTempPath(), _connection = cluster.Create());
    }

    protected override Task<string> EverythingAsync() => Task.FromResult(cluster.Dump(_connection));
}
