namespace Serment.Custodian.Accounts;

/// <summary>
/// Which role opens which kind of data. Data, read in one look: R reads, W reads and adds, - neither.
/// Whoever administers reads nothing.
/// </summary>
internal static class RoleAccess
{
    //                                             admin clin medic resul activ sensi
    private static readonly Dictionary<Role, string> Table = new()
    {
        [Role.AdmissionsClerk] = /*  */ "W     -    -     -     -     -",
        [Role.Nurse] = /*            */ "R     W    W     R     -     -",
        [Role.Physician] = /*        */ "R     W    W     W     R     W",
        [Role.Pharmacist] = /*       */ "R     R    W     R     -     -",
        [Role.Laboratory] = /*       */ "R     -    -     W     -     R",
        [Role.MedicalSecretary] = /* */ "W     R    -     R     -     -",
        [Role.SocialWorker] = /*     */ "W     -    -     -     -     -",
        [Role.Orderly] = /*          */ "R     R    -     -     -     -",
        [Role.Coder] = /*            */ "R     R    R     R     W     -",
        [Role.Biller] = /*           */ "R     -    -     -     R     -",
        [Role.PrivacyOfficer] = /*   */ "-     -    -     -     -     -",
        [Role.SecurityOfficer] = /*  */ "-     -    -     -     -     -",
        [Role.Administrator] = /*    */ "-     -    -     -     -     -",
        [Role.Director] = /*         */ "-     -    -     -     -     -",
        [Role.Support] = /*          */ "-     -    -     -     -     -",
    };

    private static readonly Dictionary<(Role, Domain), char> Cells = Table
        .SelectMany(row => row.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((mark, column) => ((row.Key, (Domain)(column + 1)), mark[0])))
        .ToDictionary(cell => cell.Item1, cell => cell.Item2);

    public static bool MayRead(Role role, Domain domain) => Cells.GetValueOrDefault((role, domain), '-') is 'R' or 'W';

    public static bool MayWrite(Role role, Domain domain) => Cells.GetValueOrDefault((role, domain), '-') is 'W';

    public static bool ReadsAnything(Role role) => Enum.GetValues<Domain>().Any(domain => MayRead(role, domain));

    /// <summary>Roles of care: whoever may have to open a file tonight.</summary>
    public static bool MayBreakGlass(Role role) => MayRead(role, Domain.Clinical) && role is not (Role.Coder or Role.MedicalSecretary);

    /// <summary>Sees identities at all: by birth date and name at the desks, within own patients elsewhere.</summary>
    public static bool MaySearch(Role role) => ReadsAnything(role);

    public static bool IsDesk(Role role) => role is Role.AdmissionsClerk or Role.MedicalSecretary;

    public static bool MayAdmit(Role role) => role is Role.AdmissionsClerk or Role.Physician or Role.Nurse or Role.MedicalSecretary;

    /// <summary>Makes one person of two files, and takes them apart: who reads no care in either.</summary>
    public static bool MayMerge(Role role) => role is Role.AdmissionsClerk;

    /// <summary>The admissions desk opens the administrative file of whoever stands before it; a stranger to everyone else counts as unrelated.</summary>
    public static bool DeskOpensWithoutRelation(Role role, IReadOnlyList<Domain> domains) => IsDesk(role) && domains.All(domain => domain is Domain.Administrative);

    /// <summary>
    /// Of the patient's own view. statement: opens it at the desk, for who stands there; without a relation: also of a patient who keeps his presence secret;
    /// secret: marks what a minor keeps from his parents, which the law leaves to who treats him (CSP L1111-5, L1111-5-1); name: adds a name by a reasoned decision.
    /// </summary>
    //                                             statem secret name
    private static readonly Dictionary<Role, string> PatientsView = new()
    {
        [Role.AdmissionsClerk] = /*  */ "X      -      -",
        [Role.MedicalSecretary] = /* */ "X      -      -",
        [Role.Physician] = /*        */ "-      X      -",
        [Role.Nurse] = /*            */ "-      X      -",
        [Role.PrivacyOfficer] = /*   */ "X      -      X",
    };

    public static bool MayOpenStatement(Role role) => MayInView(role, 0);

    public static bool MayKeepMinorsSecret(Role role) => MayInView(role, 1);

    public static bool MayNameInStatement(Role role) => MayInView(role, 2);

    private static bool MayInView(Role role, int column) => PatientsView.TryGetValue(role, out var row) && row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[column] == "X";

    /// <summary>May propose and approve accounts; never the same person for both.</summary>
    public static bool MayGrant(Role role) => role is Role.Administrator or Role.SecurityOfficer;

    /// <summary>Whoever decides over others' access: enrolled on the Custodian's own page only.</summary>
    public static bool IsOfficer(Role role) => role is Role.Administrator or Role.SecurityOfficer or Role.PrivacyOfficer or Role.Director;

    public static string French(Role role) => role switch
    {
        Role.AdmissionsClerk => "agent d'admission",
        Role.Nurse => "infirmier·ère",
        Role.Physician => "médecin",
        Role.Pharmacist => "pharmacien·ne",
        Role.Laboratory => "laboratoire",
        Role.MedicalSecretary => "secrétaire médicale",
        Role.SocialWorker => "assistant·e de service social",
        Role.Orderly => "aide-soignant·e ou brancardier·ère",
        Role.Coder => "information médicale (DIM)",
        Role.Biller => "facturation",
        Role.PrivacyOfficer => "protection des données",
        Role.SecurityOfficer => "référent sécurité",
        Role.Administrator => "administration",
        Role.Director => "direction",
        Role.Support => "assistance de l'éditeur",
        _ => role.ToString(),
    };

    /// <summary>The table as data, for documentation and screens.</summary>
    public static RoleTable AsData() => new([.. Enum.GetValues<Role>().Select(role => new RoleRow(role, French(role),
        Enum.GetValues<Domain>().Where(d => d is not Domain.Identity).ToDictionary(d => d, d => Cells[(role, d)].ToString()), MayBreakGlass(role), MayGrant(role)))]);
}
