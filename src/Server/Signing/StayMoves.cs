using Serment.Records.Stays;

namespace Serment.Server.Signing;

/// <summary>
/// Changes of stays, across two stores that share no transaction: intended in the Custodian (signed by the person), written as a row,
/// confirmed in the Custodian. An intent without a row ends by itself after 15 minutes; a row without its confirmation is confirmed again
/// at the next opening of the screen.
/// </summary>
public sealed class StayMoves(BrowserSession session, StaysDoor stays)
{
    public async Task<StayRow> OpenAsync(PatientId patient, Placement place, DateTimeOffset? expected, DateTimeOffset? expectedExit, AccountId? practitioner)
    {
        var id = Id.New<StayId>();
        await session.AskAsync(RelationVerbs.IntendStay, new IntendStay(id, patient, expected is null ? "present" : "expected", place.Responsible, place.Housing, expected));
        try
        {
            var row = await stays.OpenAsync(id, patient, [patient], place, expected, expectedExit, practitioner, null, session.Me!.Account, DateTimeOffset.UtcNow);
            await session.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(id));
            return row;
        }
        catch (RefusedException)
        {
            await session.AskAsync(RelationVerbs.IntendStay, new IntendStay(id, patient, "cancelled", place.Responsible, place.Housing, null));
            throw;
        }
    }

    public Task<StayRow> AdmitAsync(StayRow stay, Placement place) => MoveAsync(stay, "present", place, () => stays.AdmitAsync(stay.Stay, place, session.Me!.Account, DateTimeOffset.UtcNow));

    public Task<StayRow> TransferAsync(StayRow stay, Placement place, DateTimeOffset at) => MoveAsync(stay, State(stay), place, () => stays.TransferAsync(stay.Stay, place, at, session.Me!.Account, DateTimeOffset.UtcNow));

    public Task<StayRow> DischargeAsync(StayRow stay, DateTimeOffset at) => MoveAsync(stay, "discharged", Where(stay), () => stays.DischargeAsync(stay.Stay, at, session.Me!.Account, DateTimeOffset.UtcNow));

    public Task<StayRow> CancelDischargeAsync(StayRow stay) => MoveAsync(stay, "present", Where(stay), () => stays.CancelDischargeAsync(stay.Stay, session.Me!.Account, DateTimeOffset.UtcNow));

    public Task<StayRow> CancelAsync(StayRow stay) => MoveAsync(stay, "cancelled", Where(stay), () => stays.CancelAsync(stay.Stay, session.Me!.Account, DateTimeOffset.UtcNow));

    public Task<StayRow> LeaveAsync(StayRow stay, DateTimeOffset until) => stays.LeaveAsync(stay.Stay, DateTimeOffset.UtcNow, until, session.Me!.Account, DateTimeOffset.UtcNow);

    public Task<StayRow> ReturnAsync(StayRow stay) => stays.ReturnAsync(stay.Stay, DateTimeOffset.UtcNow, session.Me!.Account, DateTimeOffset.UtcNow);

    private async Task<StayRow> MoveAsync(StayRow stay, string state, Placement place, Func<Task<StayRow>> write)
    {
        // A discharge narrows rights: the row first, so that a refused row leaves the care team its access.
        if (state is "discharged" or "cancelled")
        {
            var ended = await write();
            await IntendAsync(stay, state, place);
            await session.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay.Stay));
            return ended;
        }
        await IntendAsync(stay, state, place);
        try
        {
            var row = await write();
            await session.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay.Stay));
            return row;
        }
        catch (RefusedException)
        {
            await IntendAsync(stay, State(stay), Where(stay));
            await session.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay.Stay));
            throw;
        }
    }

    private Task<Done> IntendAsync(StayRow stay, string state, Placement place) =>
        session.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay.Stay, stay.Patient, state, place.Responsible, place.Housing, stay.ExpectedAt));

    private static Placement Where(StayRow stay) => new(stay.Responsible, stay.Housing, stay.Bed, stay.ExtraBed);

    private static string State(StayRow stay) => stay.State switch
    {
        StayState.Expected => "expected",
        StayState.Present or StayState.OnLeave => "present",
        StayState.Discharged => "discharged",
        _ => "cancelled",
    };
}
