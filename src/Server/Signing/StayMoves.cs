using Serment.Records.Stays;

namespace Serment.Server.Signing;

/// <summary>
/// Changes of stays, across two stores that share no transaction: intended in the Custodian (signed by the person), written as a row,
/// confirmed in the Custodian. An intent opens at once and closes nothing; without its row it ends by itself after 15 minutes.
/// A row whose confirmation was lost is confirmed by <see cref="StayReconciliation"/>.
/// </summary>
public sealed class StayMoves(BrowserSession session, StaysDoor stays, CellClock clock)
{
    public Task<StayRow> OpenAsync(PatientId patient, Placement place, DateTimeOffset? expected, DateTimeOffset? expectedExit, AccountId? practitioner)
    {
        var id = Id.New<StayId>();
        return MoveAsync(new IntendStay(id, patient, expected is null ? "present" : "expected", place.Responsible, place.Housing, expected),
            () => stays.OpenAsync(id, patient, [patient], place, expected, expectedExit, practitioner, null, session.Me!.Account, clock.GetUtcNow()));
    }

    public Task<StayRow> AdmitAsync(StayRow stay, Placement place) => MoveAsync(Intent(stay, "present", place), () => stays.AdmitAsync(stay.Stay, place, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> TransferAsync(StayRow stay, Placement place, DateTimeOffset at) =>
        MoveAsync(Intent(stay, stay.State is StayState.Expected ? "expected" : "present", place), () => stays.TransferAsync(stay.Stay, place, at, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> DischargeAsync(StayRow stay, DateTimeOffset at) => MoveAsync(Intent(stay, "discharged"), () => stays.DischargeAsync(stay.Stay, at, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> CancelDischargeAsync(StayRow stay) => MoveAsync(Intent(stay, "present"), () => stays.CancelDischargeAsync(stay.Stay, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> CancelAsync(StayRow stay) => MoveAsync(Intent(stay, "cancelled"), () => stays.CancelAsync(stay.Stay, session.Me!.Account, clock.GetUtcNow()));

    public Task<StayRow> LeaveAsync(StayRow stay, DateTimeOffset until) => stays.LeaveAsync(stay.Stay, clock.GetUtcNow(), until, session.Me!.Account, clock.GetUtcNow());

    public Task<StayRow> ReturnAsync(StayRow stay) => stays.ReturnAsync(stay.Stay, clock.GetUtcNow(), session.Me!.Account, clock.GetUtcNow());

    private async Task<StayRow> MoveAsync(IntendStay intent, Func<Task<StayRow>> write)
    {
        await session.AskAsync(RelationVerbs.IntendStay, intent);
        var row = await write();
        await session.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(intent.Stay));
        return row;
    }

    private static IntendStay Intent(StayRow stay, string state, Placement? place = null) => new(stay.Stay, stay.Patient, state, place?.Responsible ?? stay.Responsible, place?.Housing ?? stay.Housing, stay.ExpectedAt);
}
