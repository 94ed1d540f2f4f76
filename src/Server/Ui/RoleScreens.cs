namespace Serment.Server.Ui;

/// <summary>
/// What a role's screens offer. The Custodian decides again at every request; offering less than it refuses spares people a refusal.
/// tests/Fast/Walls/RoleScreensTests.cs holds this to the Custodian's own table.
/// </summary>
public static class RoleScreens
{
    /// <summary>What a chart asks for at once. Protected records are not among it: they open one by one, <see cref="OpensProtected"/>.</summary>
    public static IReadOnlyList<Domain> Reads(Role role) => role switch
    {
        Role.Nurse or Role.Pharmacist => [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results],
        Role.Physician or Role.Coder => [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results, Domain.Activity],
        Role.MedicalSecretary => [Domain.Administrative, Domain.Clinical, Domain.Results],
        Role.Laboratory => [Domain.Administrative, Domain.Results],
        Role.Orderly => [Domain.Administrative, Domain.Clinical],
        Role.Biller => [Domain.Administrative, Domain.Activity],
        Role.AdmissionsClerk or Role.SocialWorker => [Domain.Administrative],
        _ => [],
    };

    public static bool WritesAdministrative(Role role) => role is Role.AdmissionsClerk or Role.MedicalSecretary or Role.SocialWorker;

    /// <summary>Opens protected records, each by a touch.</summary>
    public static bool OpensProtected(Role role) => role is Role.Physician or Role.Laboratory;

    public static bool WritesProtected(Role role) => role is Role.Physician;

    public static bool WritesClinical(Role role) => role is Role.Nurse or Role.Physician;

    public static bool BreaksGlass(Role role) => role is Role.Nurse or Role.Physician or Role.Pharmacist or Role.Orderly;

    /// <summary>Creates and corrects identities, registers stays.</summary>
    public static bool Admits(Role role) => role is Role.AdmissionsClerk or Role.MedicalSecretary or Role.Nurse or Role.Physician;

    public static bool Searches(Role role) => Reads(role).Count > 0;

    public static bool IsDesk(Role role) => role is Role.AdmissionsClerk or Role.MedicalSecretary;

    /// <summary>Opens a patient's statement of accesses for him, at the desk.</summary>
    public static bool OpensStatements(Role role) => role is Role.AdmissionsClerk or Role.MedicalSecretary or Role.PrivacyOfficer;

    /// <summary>Marks what a minor keeps secret from his parents.</summary>
    public static bool KeepsMinorsSecrets(Role role) => role is Role.Nurse or Role.Physician;

    /// <summary>Adds a name to a statement by a reasoned decision.</summary>
    public static bool NamesInStatements(Role role) => role is Role.PrivacyOfficer;

    /// <summary>Decides with another over access: the policy, and what leaves by exports, mandates, tickets.</summary>
    public static bool IsOfficer(Role role) => role is Role.Administrator or Role.SecurityOfficer or Role.PrivacyOfficer or Role.Director;

    public static bool GrantsAccounts(Role role) => role is Role.Administrator or Role.SecurityOfficer;

    /// <summary>Reads the register of incidents; the privacy officer instructs them.</summary>
    public static bool ReadsIncidents(Role role) => role is Role.PrivacyOfficer or Role.SecurityOfficer or Role.Director;

    /// <summary>The security desk: alarms, what waits to be looked at.</summary>
    public static bool Watches(Role role) => role is Role.SecurityOfficer or Role.PrivacyOfficer;

    /// <summary>Works in units, with a list of patients.</summary>
    public static bool Cares(Role role) => role is Role.Nurse or Role.Physician or Role.Orderly or Role.SocialWorker or Role.MedicalSecretary;
}
