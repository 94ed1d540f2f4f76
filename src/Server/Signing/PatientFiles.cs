using Serment.Records.Entries;

namespace Serment.Server.Signing;

/// <summary>Opens patients' files for the person of this connection: asks the Custodian and turns its lease into keys for the rooms.</summary>
public sealed class PatientFiles(BrowserSession session)
{
    /// <summary>What a role's chart shows. The Custodian decides again; asking for less here spares a refusal.</summary>
    public static IReadOnlyList<Domain> ReadableBy(Role role) => role switch
    {
        Role.Nurse => [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results],
        Role.Physician => [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results, Domain.Activity],
        Role.Pharmacist => [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results],
        Role.MedicalSecretary => [Domain.Administrative, Domain.Clinical, Domain.Results],
        Role.Laboratory => [Domain.Administrative, Domain.Results],
        Role.Orderly => [Domain.Administrative, Domain.Clinical],
        Role.Coder => [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results, Domain.Activity],
        Role.Biller => [Domain.Administrative, Domain.Activity],
        Role.AdmissionsClerk or Role.SocialWorker => [Domain.Administrative],
        _ => [],
    };

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
