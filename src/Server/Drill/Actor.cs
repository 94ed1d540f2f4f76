using System.Security.Cryptography;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>Someone who signs requests: an honest person, or an attacker with whatever he holds. Kept public so that a drill can hand it over.</summary>
internal sealed class Actor(ThrowawayCell cell, SessionId session, ECDsa key, Me? me)
{
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
        var message = JsonSerializer.SerializeToUtf8Bytes(new SignedRequest
        {
            Version = SignedRequest.CurrentVersion,
            Cell = cell.Status.Cell,
            Session = session,
            Counter = Interlocked.Increment(ref _counter),
            Expires = DateTimeOffset.UtcNow.AddSeconds(50).ToUnixTimeMilliseconds(),
            Verb = verb,
            Body = JsonSerializer.SerializeToElement(body, body.GetType(), WireJson.Options),
        }, WireJson.Options);
        var signed = (message, key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Sent.Add(signed);
        return signed;
    }
}
