using Serment.Records.Entries;

namespace Serment.Server.Signing;

/// <summary>Opens patients' files for the person of this connection: asks the Custodian and turns its lease into keys for the rooms.</summary>
public sealed class PatientFiles(BrowserSession session, OwnPace pace, CellClock clock)
{
    /// <exception cref="RefusedException">No care relation, a touch that was not given, another role's data…</exception>
    public async Task<(FileKeys Keys, string? Notice)> OpenAsync(PatientId patient, IReadOnlyList<Domain> domains, bool write = false, string purpose = "care")
    {
        var lease = await session.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], domains, purpose, write));
        return (await TakeAsync(lease), lease.Notice);
    }

    /// <summary>One domain of many patients' files in one request, each decided on by itself: those that stay closed are not among the keys.</summary>
    /// <returns>Why some stayed closed; a touch that all of them wait for is asked of the person first.</returns>
    public async Task<(FileKeys Keys, Refusal? Refused)> OpenWardAsync(IReadOnlyList<PatientId> patients, Domain domain)
    {
        var ask = new ReleaseKeys(patients, [domain], "care");
        var lease = await session.AskAsync(ReleaseVerbs.Release, ask);
        if (lease.Patients.All(p => p.Refusal?.Code == RefusalCodes.Touch) && session.OnPresenceNeeded is { } touch && await touch(lease.Patients[0].Refusal!))
            lease = await session.AskAsync(ReleaseVerbs.Release, ask);
        return (await TakeAsync(lease), lease.Patients.Select(p => p.Refusal).FirstOrDefault(no => no is not null));
    }

    /// <summary>The keys of a lease, at this Server's own pace.</summary>
    public async Task<FileKeys> TakeAsync(Lease lease)
    {
        await pace.PassAsync(lease.Patients.Where(p => p.Refusal is null).Select(p => p.Patient), clock.GetUtcNow());
        return KeysOf(lease);
    }

    /// <summary>Leave to add that entry to that file; a protected one gets the key of one record.</summary>
    /// <exception cref="RefusedException">The Custodian says no.</exception>
    public async Task<FileKeys> ToAddAsync(NewEntry entry) =>
        entry.Domain is Domain.Sensitive ? KeysOf(entry.Patient, await session.AskAsync(ReleaseVerbs.Record, new RecordKeyAsked(entry.Patient, null, null, "care")), add: true)
        : (await OpenAsync(entry.Patient, [entry.Domain], write: true)).Keys;

    /// <summary>The key of one protected record; the person touches for it.</summary>
    /// <exception cref="RefusedException">The Custodian says no, or the touch was not given.</exception>
    public async Task<(FileKeys Keys, string? Notice)> OpenProtectedAsync(EntryRow row)
    {
        var lent = await session.AskAsync(ReleaseVerbs.Record, new RecordKeyAsked(row.Patient, row.Salt, row.KeyVersion, "care"));
        return (KeysOf(row.Patient, lent, add: false), lent.Notice);
    }

    /// <summary>The lent bytes are wiped; the keys hold what is needed.</summary>
    internal static FileKeys KeysOf(PatientId patient, RecordKeyLent lent, bool add)
    {
        var keys = new FileKeys(lent.ExpiresAt, patient, lent.Slot.Salt, RecordSlot.Lent(lent.Slot.Version, lent.Slot.Key, lent.Slot.Salt, lent.Slot.Commit), add);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(lent.Slot.Key);
        return keys;
    }

    public static FileKeys KeysOf(Lease lease) => new(
        lease.ExpiresAt,
        lease.Patients.Where(p => p.Refusal is null).ToDictionary(p => p.Patient, p => p.Aliases),
        lease.Patients.SelectMany(p => p.Keys).Select(Lent));

    /// <summary>As rooms take it: a key by patient and domain, with its version.</summary>
    internal static KeyValuePair<(PatientId, Domain), (int, byte[])> Lent(ReleasedKey key) => new((key.Patient, key.Domain), (key.Version, key.Key));
}
