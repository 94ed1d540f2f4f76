using Serment.Records.Entries;

namespace Serment.Server.Signing;

/// <summary>What a client that only adds was lent for some entries: a slot for each patient × domain, and in the sensitive domain one for each entry.</summary>
internal sealed class LentSlots : IDisposable
{
    private const int PerCall = 1000;
    private readonly Dictionary<FilePart, Queue<RecordSlot>> _slots = [];

    /// <exception cref="RefusedException">The client may not add, or someone is unknown.</exception>
    public static async Task<LentSlots> AskAsync(Signer client, IReadOnlyList<NewEntry> entries, CancellationToken cancel = default)
    {
        var lent = new LentSlots();
        var parts = entries.Select(PartOf).ToArray();
        FilePart[] asked = [.. parts.Where(p => p.Domain is not Domain.Sensitive).Distinct(), .. parts.Where(p => p.Domain is Domain.Sensitive)];
        foreach (var some in asked.Chunk(PerCall))
        {
            var keys = (await client.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly(some), cancel).ConfigureAwait(false)).Slots;
            foreach (var (part, key) in some.Zip(keys))
            {
                if (!lent._slots.TryGetValue(part, out var slots)) lent._slots[part] = slots = [];
                slots.Enqueue(RecordSlot.Lent(key.Version, key.Key, key.Salt, key.Commit));
                System.Security.Cryptography.CryptographicOperations.ZeroMemory(key.Key);
            }
        }
        return lent;
    }

    /// <summary>Each sensitive entry takes one that no other has had.</summary>
    public EntryRow[] Seal(EntriesDoor door, IReadOnlyList<NewEntry> entries, DateTimeOffset now) => [.. entries.Select(entry =>
    {
        var slots = _slots[PartOf(entry)];
        if (entry.Domain is not Domain.Sensitive) return door.Seal(entry, slots.Peek(), now);
        using var own = slots.Dequeue();
        return door.Seal(entry, own, now);
    })];

    private static FilePart PartOf(NewEntry entry) => new(entry.Patient, entry.Domain);

    public void Dispose()
    {
        foreach (var slot in _slots.Values.SelectMany(s => s)) slot.Dispose();
    }
}
