using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Accounts;

/// <summary>An interface or import with its own key. Its scopes add to files; none reads.</summary>
internal sealed record MachineClient(ClientId Id, string Name, byte[] PublicKey, IReadOnlyList<string> Scopes, bool Frozen);

/// <summary>Not thread-safe: under the cell's lock.</summary>
internal sealed class MachineClients(Action<string, byte[]> persist)
{
    private readonly Dictionary<ClientId, (MachineClient Client, ECDsa Key, CounterWindow Counters)> _clients = [];

    /// <summary>Counters are Unix milliseconds or more: whatever was used before this start is behind it.</summary>
    public void Load(byte[] json, DateTimeOffset now) => Keep(JsonSerializer.Deserialize<MachineClient>(json, WireJson.Options)!, now);

    public void Add(MachineClient client, DateTimeOffset now)
    {
        persist(client.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(client, WireJson.Options));
        Keep(client, now);
    }

    public bool Knows(ClientId id) => _clients.ContainsKey(id);

    public string NameOf(ClientId id) => _clients.TryGetValue(id, out var known) ? known.Client.Name : "interface inconnue";

    public ClientLines Lines() => new([.. _clients.Values.Select(known => new ClientLine(known.Client.Id, known.Client.Name, known.Client.Scopes, known.Client.Frozen)).OrderBy(line => line.Name, StringComparer.Ordinal)]);

    /// <summary>At once and for good: a new key is a new interface, and takes two people.</summary>
    public void Freeze(ClientId id, DateTimeOffset now)
    {
        if (!_clients.TryGetValue(id, out var known)) throw new RefusedException(RefusalCodes.NotFound, "Interface inconnue.");
        Add(known.Client with { Frozen = true }, now);
    }

    /// <summary>The key that must have signed what this client asks.</summary>
    public ECDsa KeyOf(ClientId id) => _clients.TryGetValue(id, out var known) ? known.Key : throw new RefusedException(RefusalCodes.NoSession, "Client inconnu de cet établissement.");

    /// <summary>Once the signature holds: place in the counter window, life of the client.</summary>
    public MachineClient Accept(SignedRequest request, DateTimeOffset now)
    {
        if (request.Client is not { } id || !_clients.TryGetValue(id, out var known)) throw new RefusedException(RefusalCodes.NoSession, "Client inconnu de cet établissement.");
        SessionDesk.Deadline(request, now);
        if (!known.Counters.Take(request.Counter)) throw new RefusedException(RefusalCodes.Replayed, "Demande déjà reçue.");
        if (known.Client.Frozen) throw new RefusedException(RefusalCodes.Frozen, "Ce client est gelé.");
        return known.Client;
    }

    private void Keep(MachineClient client, DateTimeOffset now)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(client.PublicKey, out _);
        _clients[client.Id] = (client, key, new CounterWindow(now.ToUnixTimeMilliseconds()));
    }
}
