using System.Data;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;

namespace Serment.Records.Stays;

/// <summary>Where someone is to lie. <paramref name="ExtraBed"/> says that an occupied bed is meant.</summary>
public sealed record Placement(UnitId Responsible, UnitId Housing, BedId? Bed, bool ExtraBed = false);

/// <summary>
/// The one door to stays, movements and beds. It knows pseudonyms and opaque units only; who may move whom is the
/// Custodian's matter: every change is intended there first, written here, then confirmed there.
/// Each change looks and writes in one serializable transaction: of two people who take the last bed, one is told.
/// </summary>
public sealed class StaysDoor(RecordsDatabase database)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(10);
    /// <summary>As far ahead as the Custodian keeps an expected arrival readable.</summary>
    private const int YearsAhead = 1;
    private const int MaximumAttempts = 40;

    /// <summary>Opens a stay, expected or already present.</summary>
    /// <exception cref="RefusedException">The bed is taken or blocked, or the patient lies elsewhere already.</exception>
    public Task<StayRow> OpenAsync(StayId id, PatientId patient, IReadOnlyList<PatientId> aliases, Placement place, DateTimeOffset? expected, DateTimeOffset? expectedExit, AccountId? practitioner, StayId? motherStay, AccountId? by, DateTimeOffset now, CancellationToken cancel = default) => AtOnceAsync(async db =>
    {
        var present = expected is null;
        if (expected is { } arrival) CheckArrival(arrival, now);
        CheckExit(expectedExit, expected ?? now);
        if (present) await CheckAbsentAsync(db, aliases, id, cancel).ConfigureAwait(false);
        await CheckBedAsync(db, place, null, cancel).ConfigureAwait(false);
        var stay = new StayRow
        {
            Stay = id,
            Patient = patient,
            FileNumber = await NextNumberAsync(db, now, cancel).ConfigureAwait(false),
            State = present ? StayState.Present : StayState.Expected,
            Responsible = place.Responsible,
            Housing = place.Housing,
            Bed = place.Bed,
            ExtraBed = place.ExtraBed,
            Practitioner = practitioner,
            ExpectedAt = expected,
            AdmittedAt = present ? now : null,
            ExpectedExitAt = expectedExit,
            MotherStay = motherStay,
            Revision = 1,
        };
        db.Stays.Add(stay);
        Move(db, stay, 1, present ? MovementKind.Admission : MovementKind.PreAdmission, expected ?? now, by, now);
        return stay;
    }, cancel);

    /// <param name="aliases">Every id of that person: whoever is here under one of them is here.</param>
    public Task<StayRow> AdmitAsync(StayId id, IReadOnlyList<PatientId> aliases, Placement place, DateTimeOffset at, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.Admission, at, by, now, place, stay =>
        {
            Needs(stay, "être admis", StayState.Expected);
            (stay.State, stay.AdmittedAt) = (StayState.Present, at);
        }, cancel, aliases: aliases);

    /// <summary>Another unit or bed. The bed left is to be cleaned.</summary>
    public Task<StayRow> TransferAsync(StayId id, Placement place, DateTimeOffset at, AccountId? by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, null, at, by, now, place, stay => Needs(stay, "être transféré", StayState.Present, StayState.OnLeave, StayState.Expected), cancel);

    public Task<StayRow> LeaveAsync(StayId id, DateTimeOffset at, DateTimeOffset until, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.Leave, at, by, now, null, stay =>
        {
            Needs(stay, "partir en permission", StayState.Present);
            if (until <= at) throw new RefusedException(RefusalCodes.Invalid, "Le retour de permission doit suivre le départ.");
            (stay.State, stay.LeaveUntil) = (StayState.OnLeave, until);
        }, cancel);

    public Task<StayRow> ReturnAsync(StayId id, DateTimeOffset at, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.Return, at, by, now, null, stay =>
        {
            Needs(stay, "revenir de permission", StayState.OnLeave);
            (stay.State, stay.LeaveUntil) = (StayState.Present, null);
        }, cancel);

    public Task<StayRow> DischargeAsync(StayId id, DateTimeOffset at, AccountId? by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.Discharge, at, by, now, null, stay =>
        {
            Needs(stay, "sortir", StayState.Present, StayState.OnLeave);
            (stay.State, stay.DischargedAt, stay.LeaveUntil) = (StayState.Discharged, at, null);
        }, cancel);

    /// <param name="aliases">As for <see cref="AdmitAsync"/>.</param>
    public Task<StayRow> CancelDischargeAsync(StayId id, IReadOnlyList<PatientId> aliases, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.DischargeCancelled, now, by, now, null, stay =>
        {
            Needs(stay, "annuler sa sortie", StayState.Discharged);
            (stay.State, stay.DischargedAt) = (StayState.Present, null);
        }, cancel, aliases: aliases);

    public Task<StayRow> CancelAsync(StayId id, MovementReason reason, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.Cancellation, now, by, now, null, stay =>
        {
            Needs(stay, "être annulé", StayState.Expected, StayState.Present);
            stay.State = StayState.Cancelled;
        }, cancel, reason);

    /// <summary>Another day for somebody who is not here yet.</summary>
    public Task<StayRow> PlanArrivalAsync(StayId id, DateTimeOffset expected, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.ArrivalPlanned, expected, by, now, null, stay =>
        {
            Needs(stay, "changer de date d'arrivée", StayState.Expected);
            CheckArrival(expected, now);
            CheckExit(stay.ExpectedExitAt, expected);
            stay.ExpectedAt = expected;
        }, cancel);

    /// <param name="exit">Null: none is planned any longer.</param>
    public Task<StayRow> PlanExitAsync(StayId id, DateTimeOffset? exit, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, exit is null ? MovementKind.ExitUnplanned : MovementKind.ExitPlanned, exit ?? now, by, now, null, stay =>
        {
            Needs(stay, "avoir une autre sortie prévue", StayState.Expected, StayState.Present, StayState.OnLeave);
            CheckExit(exit, stay.AdmittedAt ?? stay.ExpectedAt);
            stay.ExpectedExitAt = exit;
        }, cancel);

    /// <param name="practitioner">Null: nobody is named yet.</param>
    public Task<StayRow> AssignAsync(StayId id, AccountId? practitioner, AccountId by, DateTimeOffset now, CancellationToken cancel = default) =>
        ChangeAsync(id, MovementKind.PractitionerChanged, now, by, now, null, stay =>
        {
            Needs(stay, "passer à un autre médecin", StayState.Expected, StayState.Present, StayState.OnLeave);
            stay.Practitioner = practitioner;
        }, cancel);

    /// <summary>Gives another moment for something that happened; the one given before stays in the story, with who corrects it and why.</summary>
    /// <param name="movement">Its number.</param>
    /// <exception cref="RefusedException">It has no time to correct, or the moment is not between those of its neighbours, or lies in another stay.</exception>
    public Task<StayRow> CorrectTimeAsync(StayId id, int movement, DateTimeOffset at, MovementReason reason, AccountId by, DateTimeOffset now, CancellationToken cancel = default) => AtOnceAsync(async db =>
    {
        CheckHappened(at, now);
        var stay = await TrackAsync(db, id, cancel).ConfigureAwait(false);
        Needs(stay, "changer d'horaires", StayState.Present, StayState.OnLeave, StayState.Discharged);
        var moves = await StoryAsync(db, id, cancel).ConfigureAwait(false);
        StayEvent[] story = [.. StayEvent.Of(moves)];
        var which = Array.FindIndex(story, e => e.Movement.Number == movement);
        if (which < 0) throw new RefusedException(RefusalCodes.NotFound, "Ce mouvement n'a pas d'heure à corriger : c'est une prévision, ou il a été annulé.");
        if (which > 0) CheckOrder(story[which - 1].At, at);
        if (which + 1 < story.Length && Minute(at) > Minute(story[which + 1].At)) throw new RefusedException(RefusalCodes.Invalid, "Cette heure suit le mouvement d'après. Vérifiez-la, ou corrigez d'abord l'autre mouvement.");
        var (from, until) = (which == 0 ? at : story[0].At, story[^1].Movement.Kind != MovementKind.Discharge ? now : which == story.Length - 1 ? at : story[^1].At);
        if (await db.Stays.AnyAsync(s => s.Patient == stay.Patient && s.Stay != id && s.State != StayState.Cancelled && s.AdmittedAt < until && s.DischargedAt > from, cancel).ConfigureAwait(false))
            throw new RefusedException(RefusalCodes.Invalid, "À cette heure, ce patient est dans un autre de ses séjours. Corrigez d'abord l'autre séjour.");
        if (which == 0) stay.AdmittedAt = at;
        if (story[which].Movement.Kind == MovementKind.Discharge) stay.DischargedAt = at;
        stay.Revision++;
        Move(db, stay, moves[^1].Number + 1, MovementKind.TimeCorrected, at, by, now, reason, movement);
        return stay;
    }, cancel);

    public Task SetBedAsync(BedId bed, BedState state, AccountId? by, DateTimeOffset now, CancellationToken cancel = default) => AtOnceAsync(async db =>
    {
        await PutBedAsync(db, bed, state, by, now, cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    public async Task<StayRow?> FindAsync(StayId id, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Stays.SingleOrDefaultAsync(s => s.Stay == id, cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<StayRow>> OfPatientAsync(IReadOnlyList<PatientId> aliases, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        var stays = await db.Stays.Where(s => aliases.Contains(s.Patient)).ToListAsync(cancel).ConfigureAwait(false);
        return [.. stays.OrderByDescending(s => s.AdmittedAt ?? s.ExpectedAt)];
    }

    public async Task<IReadOnlyList<MovementRow>> MovementsAsync(StayId id, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await StoryAsync(db, id, cancel).ConfigureAwait(false);
    }

    /// <summary>Of stays of one person: the mother's stay in which a newborn was admitted, and the newborns' admitted in hers.</summary>
    public async Task<IReadOnlyList<StayRow>> OfBirthsAsync(IReadOnlyCollection<StayRow> stays, CancellationToken cancel = default)
    {
        StayId[] own = [.. stays.Select(s => s.Stay)], mothers = [.. stays.Where(s => s.MotherStay is not null).Select(s => s.MotherStay!.Value)];
        await using var db = database.Open();
        return await db.Stays.Where(s => mothers.Contains(s.Stay) || (s.MotherStay != null && own.Contains(s.MotherStay.Value))).ToListAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Who is in, expected by, or answered for by those units.</summary>
    public async Task<IReadOnlyList<StayRow>> OfUnitsAsync(IReadOnlyCollection<UnitId> units, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.Stays.Where(s => (units.Contains(s.Housing) || units.Contains(s.Responsible)) && (s.State == StayState.Present || s.State == StayState.OnLeave || s.State == StayState.Expected)).ToListAsync(cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyDictionary<BedId, BedStateRow>> BedStatesAsync(CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return await db.BedStates.ToDictionaryAsync(b => b.Bed, cancel).ConfigureAwait(false);
    }

    private async Task<StayRow> ChangeAsync(StayId id, MovementKind? kind, DateTimeOffset at, AccountId? by, DateTimeOffset now, Placement? place, Action<StayRow> change, CancellationToken cancel, MovementReason? reason = null, IReadOnlyList<PatientId>? aliases = null)
    {
        var happens = kind is not (MovementKind.ArrivalPlanned or MovementKind.ExitPlanned);
        if (happens) CheckHappened(at, now);
        return await AtOnceAsync(async db =>
        {
            var stay = await TrackAsync(db, id, cancel).ConfigureAwait(false);
            var (left, housing, occupied) = (stay.Bed, stay.Housing, stay.Occupies);
            change(stay);
            // Coming in, or back after a cancelled discharge: the bed may have been given away, the patient may lie elsewhere.
            if (stay.Occupies && !occupied)
            {
                await CheckAbsentAsync(db, aliases ?? [stay.Patient], id, cancel).ConfigureAwait(false);
                if (place is null) await CheckBedAsync(db, new Placement(stay.Responsible, stay.Housing, stay.Bed, stay.ExtraBed), id, cancel).ConfigureAwait(false);
            }
            if (place is not null)
            {
                await CheckBedAsync(db, place, id, cancel).ConfigureAwait(false);
                (stay.Responsible, stay.Housing, stay.Bed, stay.ExtraBed) = (place.Responsible, place.Housing, place.Bed, place.ExtraBed);
            }
            stay.Revision++;
            if (left is { } bed && (stay.Bed != left || !stay.Occupies)) await PutBedAsync(db, bed, BedState.ToClean, by, now, cancel).ConfigureAwait(false);
            var moves = await StoryAsync(db, id, cancel).ConfigureAwait(false);
            if (happens && StayEvent.Of(moves) is [.., var last]) CheckOrder(last.At, at);
            Move(db, stay, moves[^1].Number + 1, kind ?? (stay.Housing == housing ? MovementKind.BedChange : MovementKind.Transfer), at, by, now, reason);
            return stay;
        }, cancel).ConfigureAwait(false);
    }

    private static async Task CheckAbsentAsync(RecordsContext db, IReadOnlyList<PatientId> aliases, StayId own, CancellationToken cancel)
    {
        if (await db.Stays.AnyAsync(s => aliases.Contains(s.Patient) && s.Stay != own && (s.State == StayState.Present || s.State == StayState.OnLeave), cancel).ConfigureAwait(false)) throw AlreadyPresent();
    }

    private static async Task CheckBedAsync(RecordsContext db, Placement place, StayId? own, CancellationToken cancel)
    {
        if (place.Bed is not { } bed) return;
        if (await db.BedStates.AnyAsync(b => b.Bed == bed && b.State == BedState.Blocked, cancel).ConfigureAwait(false))
            throw new RefusedException("bed.blocked", "Ce lit est bloqué. Choisissez-en un autre, ou levez le blocage sur le plan des lits.");
        if (!place.ExtraBed && await db.Stays.AnyAsync(s => s.Bed == bed && s.Stay != own && (s.State == StayState.Present || s.State == StayState.OnLeave), cancel).ConfigureAwait(false))
            throw BedTaken();
    }

    private static async Task PutBedAsync(RecordsContext db, BedId bed, BedState state, AccountId? by, DateTimeOffset now, CancellationToken cancel)
    {
        var row = await db.BedStates.AsTracking().SingleOrDefaultAsync(b => b.Bed == bed, cancel).ConfigureAwait(false);
        if (row is null) db.BedStates.Add(new BedStateRow { Bed = bed, State = state, Since = now, ByAccount = by });
        else (row.State, row.Since, row.ByAccount) = (state, now, by);
    }

    private static Task<List<MovementRow>> StoryAsync(RecordsContext db, StayId id, CancellationToken cancel) =>
        db.Movements.Where(m => m.Stay == id).OrderBy(m => m.Number).ToListAsync(cancel);

    private static async Task<StayRow> TrackAsync(RecordsContext db, StayId id, CancellationToken cancel) =>
        await db.Stays.AsTracking().SingleOrDefaultAsync(s => s.Stay == id, cancel).ConfigureAwait(false) ?? throw new RefusedException(RefusalCodes.NotFound, "Ce séjour n'existe pas.");

    private static void Move(RecordsContext db, StayRow stay, int number, MovementKind kind, DateTimeOffset at, AccountId? by, DateTimeOffset now, MovementReason? reason = null, int? corrects = null) =>
        db.Movements.Add(new MovementRow { Stay = stay.Stay, Number = number, Kind = kind, At = at, RecordedAt = now, Responsible = stay.Responsible, Housing = stay.Housing, Bed = stay.Bed, Practitioner = stay.Practitioner, Reason = reason, Corrects = corrects, ByAccount = by });

    private static void CheckHappened(DateTimeOffset at, DateTimeOffset now)
    {
        if (at > now + Tolerance) throw new RefusedException(RefusalCodes.Invalid, "Un mouvement ne s'enregistre pas à l'avance : planifiez-le, ou corrigez l'heure.");
    }

    private static void CheckOrder(DateTimeOffset before, DateTimeOffset at)
    {
        if (Minute(at) < Minute(before)) throw new RefusedException(RefusalCodes.Invalid, "Cette heure précède le mouvement d'avant. Vérifiez-la, ou corrigez d'abord l'autre mouvement.");
    }

    /// <summary>As times are typed: what happened within one minute is in no order.</summary>
    private static long Minute(DateTimeOffset at) => at.ToUnixTimeSeconds() / 60;

    private static void CheckArrival(DateTimeOffset expected, DateTimeOffset now)
    {
        if (ClinicalTime.Day(expected) < ClinicalTime.Day(now)) throw new RefusedException(RefusalCodes.Invalid, "La date d'arrivée prévue est passée.");
        if (expected > now.AddYears(YearsAhead)) throw new RefusedException(RefusalCodes.Invalid, "Une arrivée se prévoit un an à l'avance au plus.");
    }

    /// <summary>By day: minutes are rounded when a date is typed.</summary>
    private static void CheckExit(DateTimeOffset? exit, DateTimeOffset? arrival)
    {
        if (exit is { } planned && arrival is { } from && ClinicalTime.Day(planned) < ClinicalTime.Day(from)) throw new RefusedException(RefusalCodes.Invalid, "La sortie prévue ne peut pas précéder l'arrivée.");
    }

    private static async Task<string> NextNumberAsync(RecordsContext db, DateTimeOffset now, CancellationToken cancel)
    {
        var year = ClinicalTime.Day(now).Year.ToString(CultureInfo.InvariantCulture)[2..];
        var last = await db.Stays.Where(s => s.FileNumber.StartsWith(year)).MaxAsync(s => (string?)s.FileNumber, cancel).ConfigureAwait(false);
        var next = last is null ? 1 : int.Parse(last.AsSpan(2), CultureInfo.InvariantCulture) + 1;
        return $"{year}{next.ToString("D7", CultureInfo.InvariantCulture)}";
    }

    private static void Needs(StayRow stay, string what, params ReadOnlySpan<StayState> states)
    {
        foreach (var state in states) if (stay.State == state) return;
        throw new RefusedException("stay.state", $"Ce séjour ne peut pas {what} : il est {French(stay.State)}.");
    }

    private static string French(StayState state) => state switch
    {
        StayState.Expected => "attendu",
        StayState.Present => "en cours",
        StayState.OnLeave => "en permission",
        StayState.Discharged => "terminé",
        _ => "annulé",
    };

    private static RefusedException BedTaken() =>
        new("bed.taken", "Ce lit est occupé. Choisissez-en un autre, ou confirmez un lit supplémentaire (brancard, mère et nouveau-né, chevauchement prévu).");

    private static RefusedException AlreadyPresent() =>
        new("stay.already-present", "Ce patient est déjà présent dans l'établissement. Transférez-le, ou terminez d'abord le séjour en cours.");

    /// <summary>
    /// Looks, decides and writes as if alone. Where the database finds that it was not so, everything is done once more:
    /// what was free a moment ago is then seen to be taken. Two unique indexes stand behind it.
    /// </summary>
    private async Task<T> AtOnceAsync<T>(Func<RecordsContext, Task<T>> act, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var db = database.Open();
            try
            {
                await using var alone = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancel).ConfigureAwait(false);
                var done = await act(db).ConfigureAwait(false);
                await db.SaveChangesAsync(cancel).ConfigureAwait(false);
                await alone.CommitAsync(cancel).ConfigureAwait(false);
                return done;
            }
            catch (Exception fault) when (attempt < MaximumAttempts && RecordsDatabase.MayBeTriedAgain(fault)) { await Task.Delay(RandomNumberGenerator.GetInt32(1, 4 + 4 * attempt), cancel).ConfigureAwait(false); }
            catch (DbUpdateConcurrencyException) { throw Elsewhere(); }
            catch (Exception fault) when (RecordsDatabase.Explain(fault) is { } refusal) { throw refusal; }
            catch (Exception fault) when (RecordsDatabase.MayBeTriedAgain(fault)) { throw Elsewhere(); }
        }

        static RefusedException Elsewhere() => new(RefusalCodes.Conflict, "Ce séjour vient d'être modifié par quelqu'un d'autre. L'écran montre l'état présent ; recommencez si besoin.");
    }
}
