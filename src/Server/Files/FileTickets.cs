using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Serment.Records.Documents;
using Serment.Server.Signing;

namespace Serment.Server.Files;

/// <summary>What lies in the store after an upload that ended well.</summary>
public sealed record StoredFile(long Size, string Sha256);

/// <summary>How a download is offered. The name is said to the browser of whoever may read it, and to nobody else.</summary>
/// <param name="Inline">Shown in a tab of its own instead of saved.</param>
public sealed record FileOffer(string MediaType, string Name, bool Inline);

/// <summary>
/// Leave to send or fetch one file once. It is named by the session key's signature under the request on which the
/// Custodian lent the file's key: this process can make neither up. docs/decisions/0006-file-tickets.md.
/// </summary>
/// <param name="Offer">Null for an upload.</param>
/// <param name="KeyVersion">Under which the file is sealed: the entry that describes it has to say so.</param>
public sealed record FileTicket(string Name, FileAddress Address, byte[] Key, SessionId Session, DateTimeOffset Until, FileOffer? Offer, int KeyVersion)
{
    /// <summary>What is given, where it came with an entry that was opened and lies in no file of the store.</summary>
    public byte[]? Content { get; init; }

    /// <summary>Completed by the upload; the screen that asked for it then writes the entry.</summary>
    public TaskCompletionSource<StoredFile> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Tickets not yet used. Memory only; a session that ends takes its own with it.</summary>
public sealed class FileTickets : IDisposable
{
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, FileTicket> _tickets = [];
    private readonly CustodianWatch? _watch;
    private readonly TimeProvider _time;

    public FileTickets(CustodianWatch? watch = null, TimeProvider? time = null)
    {
        (_watch, _time) = (watch, time ?? TimeProvider.System);
        if (_watch is not null) _watch.Noticed += OnNotice;
    }

    public FileTicket Issue(byte[] signature, FileAddress address, FileKeyLent lent, SessionId session, FileOffer? offer, byte[]? content = null)
    {
        foreach (var old in _tickets.Values) if (old.Until < _time.GetUtcNow()) Drop(old);
        var ticket = new FileTicket(Base64Url.EncodeToString(signature), address, lent.Key, session, _time.GetUtcNow() + Life, offer, lent.KeyVersion) { Content = content };
        if (!_tickets.TryAdd(ticket.Name, ticket)) throw NoTicket();
        return ticket;
    }

    /// <summary>Takes a ticket away for its one use; whoever takes it wipes its key.</summary>
    /// <exception cref="RefusedException">Unknown, used, older than 60 seconds, or made for the other direction.</exception>
    public FileTicket Take(string? name, bool upload)
    {
        if (name is null || !_tickets.TryRemove(name, out var ticket)) throw NoTicket();
        if (ticket.Until >= _time.GetUtcNow() && ticket.Offer is null == upload) return ticket;
        CryptographicOperations.ZeroMemory(ticket.Key);
        throw NoTicket();
    }

    private void OnNotice(Custodian.Wire.Grpc.Notice notice)
    {
        // After a cut, whose session ended meanwhile is not known: a ticket of a minute is asked for again.
        foreach (var ticket in _tickets.Values)
            if (notice.Kind is "watching" || (notice.Kind is "session-ended" && ticket.Session.ToString() == notice.Subject)) Drop(ticket);
    }

    private void Drop(FileTicket ticket)
    {
        if (_tickets.TryRemove(ticket.Name, out _)) CryptographicOperations.ZeroMemory(ticket.Key);
    }

    private static RefusedException NoTicket() =>
        new("file.ticket", "Cette autorisation n'existe pas, a déjà servi ou a plus de 60 secondes. Recommencez depuis le dossier du patient.");

    public void Dispose() { if (_watch is not null) _watch.Noticed -= OnNotice; }
}
