using System.Security.Cryptography;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>Someone who signs requests: an honest person, or an attacker with whatever he holds. Kept public so that a drill can hand it over.</summary>
internal sealed class Actor(ThrowawayCell cell, SessionId session, ECDsa key, Me? me)
{
    private const int MostKept = 200;
    private long _counter;

    public Me? Me => me;
    public SessionId Session => session;
    public ECDsa Key => key;

    /// <summary>What went over the wire in this person's name, as a copy of a browser's logs would hold it.</summary>
    public List<(byte[] Message, byte[] Signature)> Sent { get; } = [];

    public async Task<TReply> AskAsync<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk body)
    {
        var (message, signature) = Sign(verb.Name, body!);
        return JsonSerializer.Deserialize<TReply>((await cell.Client.RelayAsync(message, signature).ConfigureAwait(false)).Span, WireJson.Options)!;
    }

    public (byte[] Message, byte[] Signature) Sign(string verb, object body)
    {
        var message = Message(cell.Status.Cell, session, null, Interlocked.Increment(ref _counter), cell.Now, verb, body);
        var signed = (message, ThrowawayCell.Sign(key, message));
        lock (Sent) if (Sent.Count < MostKept) Sent.Add(signed);
        return signed;
    }

    /// <summary>The same session's key under a request that claims to be for another establishment.</summary>
    public (byte[] Message, byte[] Signature) SignFor(string other, string verb, object body)
    {
        var message = Message(other, session, null, Interlocked.Increment(ref _counter), cell.Now, verb, body);
        return (message, ThrowawayCell.Sign(key, message));
    }

    public static byte[] Message(string cell, SessionId? session, ClientId? client, long counter, DateTimeOffset now, string verb, object body) => JsonSerializer.SerializeToUtf8Bytes(new SignedRequest
    {
        Version = SignedRequest.CurrentVersion,
        Cell = cell,
        Session = session,
        Client = client,
        Counter = counter,
        Expires = now.AddSeconds(50).ToUnixTimeMilliseconds(),
        Verb = verb,
        Body = JsonSerializer.SerializeToElement(body, body.GetType(), WireJson.Options),
    }, WireJson.Options);
}
