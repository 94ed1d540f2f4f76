using System.Text.Json;

namespace Serment.Custodian.Requests;

/// <summary>
/// Every verb that the Custodian answers, once per kind of asker. A verb absent from this table does not exist;
/// a handler receives only what the signed bytes said.
/// </summary>
internal sealed class VerbTable
{
    private readonly Dictionary<(string Verb, Type Asker), Func<Asker, JsonElement, ValueTask<byte[]>>> _verbs = [];

    public IEnumerable<string> Names => _verbs.Keys.Select(key => key.Verb).Distinct();

    /// <summary>Asked before there is a session; nothing in it is trusted.</summary>
    public void Anyone<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<TAsk, ValueTask<TReply>> answer) => Put<NobodyYet, TAsk, TReply>(verb, (_, ask) => answer(ask));

    /// <summary>Asked before there is a session, where it matters through which door it came.</summary>
    public void Nobody<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<NobodyYet, TAsk, ValueTask<TReply>> answer) => Put<NobodyYet, TAsk, TReply>(verb, (asker, ask) => answer(asker ?? throw new RefusedException(RefusalCodes.Malformed, "Cette demande se fait hors session."), ask));

    /// <summary>Asked by a person in a session.</summary>
    public void Person<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<PersonAsking, TAsk, ValueTask<TReply>> answer) => Put(verb, answer);

    /// <summary>Asked by a machine client.</summary>
    public void Machine<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<MachineAsking, TAsk, ValueTask<TReply>> answer) => Put(verb, answer);

    public ValueTask<byte[]> AnswerAsync(string verb, Asker asker, JsonElement body)
    {
        if (_verbs.TryGetValue((verb, asker.GetType()), out var answer) || _verbs.TryGetValue((verb, typeof(NobodyYet)), out answer)) return answer(asker, body);
        throw asker is NobodyYet && Names.Contains(verb)
            ? new RefusedException(RefusalCodes.NoSession, "Identifiez-vous d'abord.")
            : new RefusedException(RefusalCodes.Malformed, "Demande inconnue de cette version du gardien, ou qui n'est pas pour vous.");
    }

    private void Put<TAsker, TAsk, TReply>(Verb<TAsk, TReply> verb, Func<TAsker, TAsk, ValueTask<TReply>> answer) where TAsker : Asker =>
        _verbs.Add((verb.Name, typeof(TAsker)), async (asker, body) =>
        {
            TAsk ask;
            try { ask = body.Deserialize<TAsk>(WireJson.Options) ?? throw new JsonException(); }
            catch (JsonException) { throw new RefusedException(RefusalCodes.Malformed, "Demande illisible pour cette version du gardien."); }
            return JsonSerializer.SerializeToUtf8Bytes(await answer((asker as TAsker)!, ask).ConfigureAwait(false), WireJson.Options);
        });
}

/// <summary>Who the signature says is asking.</summary>
internal abstract record Asker(DateTimeOffset Now);

/// <param name="OnPage">Through the Custodian's own page.</param>
internal sealed record NobodyYet(DateTimeOffset Now, bool OnPage = false) : Asker(Now);

/// <param name="Origin">Where the session's passkey answered.</param>
internal sealed record PersonAsking(DateTimeOffset Now, Releases.Caller Caller, string Origin = "") : Asker(Now);

/// <param name="BulkStopped">Work with no one present is stopped as a whole.</param>
internal sealed record MachineAsking(DateTimeOffset Now, ClientId Client, IReadOnlyList<string> Scopes, bool BulkStopped) : Asker(Now)
{
    private static readonly string[] Bulk = [Mandates.MandateDesk.Scope, Exports.ExportBook.Scope];

    /// <param name="tells">Only says what was done already: that may be heard while all is stopped.</param>
    /// <exception cref="RefusedException">Not a scope of this client, or one whose work is stopped.</exception>
    public void Needs(string scope, bool tells = false)
    {
        if (!Scopes.Contains(scope)) throw new RefusedException(RefusalCodes.Role, $"Ce client n'a pas la portée {scope}.");
        if (BulkStopped && !tells && Bulk.Contains(scope)) throw new RefusedException("bulk.stopped", "Le référent sécurité a arrêté tout travail sans personne présente (mandats, exports) : deux responsables le font reprendre.");
    }
}
