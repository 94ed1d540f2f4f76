using System.Security.Cryptography;

namespace Serment.Records.Entries;

/// <summary>
/// Keys on loan for one or more patients' files: what the Custodian released, for as long as the lease runs.
/// Dispose wipes them. Whoever holds none reads nothing; Records cannot make any.
/// </summary>
/// <param name="aliases">Per patient, every id under which entries may lie, the living one first.</param>
public sealed class FileKeys(DateTimeOffset expiresAt, IReadOnlyDictionary<PatientId, IReadOnlyList<PatientId>> aliases, IReadOnlyDictionary<(PatientId, Domain), (int Version, byte[] Key)> keys) : IDisposable
{
    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public IEnumerable<PatientId> Patients => aliases.Keys;

    public IReadOnlyList<PatientId> AliasesOf(PatientId patient) => aliases.TryGetValue(patient, out var ids) ? ids : [patient];

    public bool Opens(PatientId patient, Domain domain) => keys.ContainsKey((patient, domain));

    internal (int Version, byte[] Key) Of(PatientId patient, Domain domain) =>
        keys.TryGetValue((patient, domain), out var key) ? key : throw new RefusedException(RefusalCodes.Role, "Ce type de données n'est pas ouvert pour vous dans ce dossier.");

    public void Dispose()
    {
        foreach (var (_, key) in keys.Values) CryptographicOperations.ZeroMemory(key);
    }
}
