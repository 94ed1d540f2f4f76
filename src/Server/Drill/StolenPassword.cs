namespace Serment.Server.Drill;

/// <summary>A1. An account's name, its id, ten thousand guessed secrets and keys of his own: there is nothing to guess.</summary>
internal sealed class StolenPassword(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    private const int Enough = 10_000;

    public override async Task<Outcome> PlayAsync()
    {
        await OverHttpAsync(null).ConfigureAwait(false);
        foreach (var (verb, ask) in EveryVerb.All)
            foreach (var body in EveryVerb.Bodies(ask, Known).Take(6)) await UnsignedAsync(verb, body).ConfigureAwait(false);
        using var own = NewKey();
        var shown = own.ExportSubjectPublicKeyInfo();
        foreach (var person in People.Staff)
        {
            await UnsignedAsync(SessionVerbs.Demonstration.Name, new DemonstrationSignIn(person.Account, shown)).ConfigureAwait(false);
            // A key of his own that claims to be this person's.
            foreach (var purpose in new[] { "shift", "tap" })
                await UnsignedAsync(purpose == "tap" ? SessionVerbs.Tap.Name : SessionVerbs.Complete.Name, await ForgedAsync(person, purpose, shown).ConfigureAwait(false)).ConfigureAwait(false);
        }
        for (var guess = 0; guess < 20; guess++) await TryInvitationAsync(EveryVerb.Guess(guess)).ConfigureAwait(false);
        await ReadEverythingAsync(new Actor(Cell, Id.New<SessionId>(), own, null)).ConfigureAwait(false);
        if (Planted) await ReadEverythingAsync(await Cell.EnterAsync(Role.Nurse).ConfigureAwait(false)).ConfigureAwait(false);
        // What remains of ten thousand: every account in turn, with a key of his own and guessed codes.
        var left = Enumerable.Range(0, Math.Max(0, Math.Min(Enough, People.Patients.Length) - Sink.Attempts));
        await Parallel.ForEachAsync(left, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, _) =>
        {
            if (n % 2 == 0) await UnsignedAsync(SessionVerbs.Complete.Name, await ForgedAsync(People.Staff[n / 2 % People.Staff.Count], "shift", shown).ConfigureAwait(false)).ConfigureAwait(false);
            else await UnsignedAsync(SessionVerbs.Begin.Name, new BeginCeremony("enrol", null, EveryVerb.Guess(n))).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return new Outcome([new("patients", Sink.Reached, 0)]);
    }

    private async Task<Assertion> ForgedAsync(Employee person, string purpose, byte[] session) =>
        Cell.At(new SoftwareKey(Cell.Status.Cell, person.Key.OnPage) { UserHandle = person.Key.UserHandle }).Assert(purpose, (await Cell.BeginAsync(purpose).ConfigureAwait(false)).Nonce, session);
}
