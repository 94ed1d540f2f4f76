using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>A4. Every verb that exists, in the name of a real administrator with his key and PIN; whatever it yields is used.</summary>
internal sealed class OneAdministrator(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    private readonly SoftwareKey _key = cell.People.Of(Role.Administrator).Key;

    public override async Task<Outcome> PlayAsync()
    {
        var thief = await Cell.EnterAsync(_key).ConfigureAwait(false);
        await Cell.TouchAsync(thief, _key, pin: true).ConfigureAwait(false);
        await ReadEverythingAsync(thief).ConfigureAwait(false);
        foreach (var (verb, ask) in EveryVerb.All.Where(v => EveryVerb.RankOfLast(v.Name) < 0)) await SweepAsync(verb, ask).ConfigureAwait(false);
        // What he proposed he approves himself, with his PIN, in this session and in a second one of his. A planted weakness: a colleague signs without reading.
        foreach (var key in Planted ? new[] { _key, _key, People.Of(Role.SecurityOfficer).Key } : [_key, _key])
        {
            if (await EnterAgainAsync(key).ConfigureAwait(false) is not { } who) continue;
            await Cell.TouchAsync(who, key, pin: true).ConfigureAwait(false);
            if (await AskAsync(who, AccountVerbs.Waiting.Name, Nothing.AtAll).ConfigureAwait(false) is { } waiting)
                foreach (var one in JsonSerializer.Deserialize<PendingApprovals>(waiting, WireJson.Options)!.Waiting)
                    await AskAsync(who, AccountVerbs.Approve.Name, new Approve(one.Approval, one.Statement)).ConfigureAwait(false);
            await ReadEverythingAsync(who).ConfigureAwait(false);
        }
        foreach (var (verb, ask) in EveryVerb.All.Where(v => EveryVerb.RankOfLast(v.Name) >= 0).OrderBy(v => EveryVerb.RankOfLast(v.Name))) await SweepAsync(verb, ask).ConfigureAwait(false);
        await ReadEverythingAsync(thief).ConfigureAwait(false);
        return new Outcome([new("patients", Sink.Reached, 0)]);

        async Task SweepAsync(string verb, Type ask)
        {
            foreach (var body in EveryVerb.Bodies(ask, Known)) thief = await StillInAsync(thief, await AskAsync(thief, verb, body).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    /// <summary>His session ended by his own doing: he comes back with his key.</summary>
    private async Task<Actor> StillInAsync(Actor thief, string? answer)
    {
        if (answer is not null || Sink.LastRefusal is not (RefusalCodes.NoSession or RefusalCodes.Locked)) return thief;
        return await EnterAgainAsync(_key).ConfigureAwait(false) ?? thief;
    }

    private async Task<Actor?> EnterAgainAsync(SoftwareKey key)
    {
        try { return await Cell.EnterAsync(key).ConfigureAwait(false); }
        catch (RefusedException no) { Sink.Refused(no.Refusal.Code); return null; }
    }
}
