using Serment.Records.Stays;
using Serment.Server.Ui;

namespace Serment.Server.Signing;

/// <summary>
/// Changes of stays, across two stores that share no transaction: intended in the Custodian (signed by the person), written as a row,
/// confirmed in the Custodian. An intent opens at once and closes nothing; without its row it ends by itself after 15 minutes.
/// A row whose confirmation was lost is confirmed by <see cref="StayReconciliation"/>.
/// </summary>
/// <remarks>
/// What changes nobody's access (the planned exit, the physician, the time of what happened, a bed's state) is a row alone: the database names who did it, and the
/// functions that may are those whose stays the Custodian takes.
/// </remarks>
public sealed class StayMoves(BrowserSession session, StaysDoor stays, CellClock clock)
{
    /// <param name="motherStay">The stay of the mother in which a newborn is admitted.</param>
    public Task<StayRow> OpenAsync(PatientId patient, Placement place, DateTimeOffset? expected, DateTimeOffset? expectedExit, AccountId? practitioner, StayId? motherStay = null)
    {
        var id = Id.New<StayId>();
        return MoveAsync(new IntendStay(id, patient, expected is null ? "present" : "expected", place.Responsible, place.Housing, expected),
            files => stays.OpenAsync(id, patient, files, place, expected, expectedExit, practitioner, motherStay, session.Me!.Account, clock.GetUtcNow()));
    }

    public Task<StayRow> AdmitAsync(StayRow stay, Placement place, DateTimeOffset at) => MoveAsync(Intent(stay, "present", place), files => stays.AdmitAsync(stay.Stay, files, place, at, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> TransferAsync(StayRow stay, Placement place, DateTimeOffset at) =>
        MoveAsync(Intent(stay, stay.State is StayState.Expected ? "expected" : "present", place), _ => stays.TransferAsync(stay.Stay, place, at, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> DischargeAsync(StayRow stay, DateTimeOffset at) => MoveAsync(Intent(stay, "discharged"), _ => stays.DischargeAsync(stay.Stay, at, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> CancelDischargeAsync(StayRow stay) => MoveAsync(Intent(stay, "present"), files => stays.CancelDischargeAsync(stay.Stay, files, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> CancelAsync(StayRow stay, MovementReason reason) => MoveAsync(Intent(stay, "cancelled"), _ => stays.CancelAsync(stay.Stay, reason, session.Me!.Account, clock.GetUtcNow()));

    /// <summary>Somebody on leave stays present for the Custodian: his team goes on reading.</summary>
    public Task<StayRow> LeaveAsync(StayRow stay, DateTimeOffset at, DateTimeOffset until) => MoveAsync(Intent(stay, "present"), _ => stays.LeaveAsync(stay.Stay, at, until, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> ReturnAsync(StayRow stay, DateTimeOffset at) => MoveAsync(Intent(stay, "present"), _ => stays.ReturnAsync(stay.Stay, at, session.Me!.Account, clock.GetUtcNow()));

    /// <summary>Through the Custodian: for how long the team that expects him may read hangs on the day.</summary>
    public Task<StayRow> PlanArrivalAsync(StayRow stay, DateTimeOffset expected) =>
        MoveAsync(Intent(stay, "expected") with { Expected = expected }, _ => stays.PlanArrivalAsync(stay.Stay, expected, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> PlanExitAsync(StayRow stay, DateTimeOffset? exit)
    {
        MayMove();
        return stays.PlanExitAsync(stay.Stay, exit, session.Me!.Account, clock.GetUtcNow());
    }

    public Task<StayRow> AssignAsync(StayRow stay, AccountId? practitioner)
    {
        MayMove();
        return stays.AssignAsync(stay.Stay, practitioner, session.Me!.Account, clock.GetUtcNow());
    }

    public Task<StayRow> CorrectTimeAsync(StayRow stay, int movement, DateTimeOffset at, MovementReason reason)
    {
        MayMove();
        return stays.CorrectTimeAsync(stay.Stay, movement, at, reason, session.Me!.Account, clock.GetUtcNow());
    }

    public Task SetBedAsync(BedId bed, BedState state)
    {
        MayMove();
        return stays.SetBedAsync(bed, state, session.Me!.Account, clock.GetUtcNow());
    }

    private void MayMove()
    {
        if (!RoleScreens.Admits(session.Me!.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction n'enregistre pas de séjour.");
    }

    /// <param name="write">Takes every id of that person.</param>
    private async Task<StayRow> MoveAsync(IntendStay intent, Func<IReadOnlyList<PatientId>, Task<StayRow>> write)
    {
        var row = await write((await session.AskAsync(RelationVerbs.IntendStay, intent)).Files);
        await session.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(intent.Stay));
        return row;
    }

    private static IntendStay Intent(StayRow stay, string state, Placement? place = null) => new(stay.Stay, stay.Patient, state, place?.Responsible ?? stay.Responsible, place?.Housing ?? stay.Housing, stay.ExpectedAt);
}
