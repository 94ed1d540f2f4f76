using Serment.Records.Entries;

namespace Serment.Server.Signing;

/// <summary>Opens patients' files for the person of this connection: asks the Custodian and turns its lease into keys for the rooms.</summary>
public sealed class PatientFiles(BrowserSession session)
{
    /// <exception cref="RefusedException">No care relation, a touch that was not given, another role's data…</exception>
    public async Task<(FileKeys Keys, string? Notice)> OpenAsync(PatientId patient, IReadOnlyList<Domain> domains, bool write = false, string purpose = "care")
    {
        var lease = await session.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], domains, purpose, write));
        return (KeysOf(lease), lease.Notice);
    }

    public static FileKeys KeysOf(Lease lease) => new(
        lease.ExpiresAt,
        lease.Patients.Where(p => p.Refusal is null).ToDictionary(p => p.Patient, p => p.Aliases),
        lease.Patients.SelectMany(p => p.Keys).ToDictionary(k => (k.Patient, k.Domain), k => (k.Version, k.Key)));
}
