using System.Text.Json;

namespace Serment.Custodian.Requests;

/// <summary>
/// Every verb that the Custodian answers, once, with who may ask it. A verb absent from this table does not exist;
/// a handler receives only what the signed bytes said.
/// </summary>
internal sealed class VerbTable
{
    private readonly Dictionary<string, Func<Asker, JsonElement, ValueTask<byte[]>>> _verbs = [];

    public IEnumerable<string> Names => _verbs.Keys;

    /// <summary>Asked before there is a session; nothing in it is trusted.</summary>
    public void Anyone<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<TAsk, ValueTask<TReply>> answer) =>
        Put(verb, (_, ask) => answer(ask), Kind.Anyone);

    /// <summary>Asked by a person in a session.</summary>
    public void Person<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<PersonAsking, TAsk, ValueTask<TReply>> answer) =>
        Put(verb, (asker, ask) => answer((PersonAsking)asker, ask), Kind.Person);

    /// <summary>Asked by a machine client.</summary>
    public void Machine<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<MachineAsking, TAsk, ValueTask<TReply>> answer) =>
        Put(verb, (asker, ask) => answer((MachineAsking)asker, ask), Kind.Machine);

    public ValueTask<byte[]> AnswerAsync(string verb, Asker asker, JsonElement body) =>
        _verbs.TryGetValue(verb, out var answer) ? answer(asker, body) : throw new RefusedException(RefusalCodes.Malformed, "Demande inconnue de cette version du gardien.");

    private enum Kind { Anyone, Person, Machine }

    private void Put<TAsk, TReply>(Verb<TAsk, TReply> verb, Func<Asker, TAsk, ValueTask<TReply>> answer, Kind kind) =>
        _verbs.Add(verb.Name, async (asker, body) =>
        {
            if (kind == Kind.Person && asker is not PersonAsking || kind == Kind.Machine && asker is not MachineAsking)
                throw new RefusedException(RefusalCodes.NoSession, "Votre session est terminée. Identifiez-vous de nouveau.");
            TAsk ask;
            try { ask = body.Deserialize<TAsk>(WireJson.Options) ?? throw new JsonException(); }
            catch (JsonException) { throw new RefusedException(RefusalCodes.Malformed, "Demande illisible pour cette version du gardien."); }
            return JsonSerializer.SerializeToUtf8Bytes(await answer(asker, ask).ConfigureAwait(false), WireJson.Options);
        });
}

/// <summary>Who the signature says is asking.</summary>
internal abstract record Asker(DateTimeOffset Now);

internal sealed record NobodyYet(DateTimeOffset Now) : Asker(Now);

internal sealed record PersonAsking(DateTimeOffset Now, Releases.Caller Caller) : Asker(Now);

internal sealed record MachineAsking(DateTimeOffset Now, ClientId Client, IReadOnlyList<string> Scopes) : Asker(Now)
{
    public void Needs(string scope)
    {
        if (!Scopes.Contains(scope)) throw new RefusedException(RefusalCodes.Role, $"Ce client n'a pas la portée {scope}.");
    }
}
