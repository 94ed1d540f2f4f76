namespace Serment.Custodian.Wire;

/// <summary>A name that the patient reads without asking for it.</summary>
/// <param name="Kind">The journal's kind of act.</param>
/// <param name="Roles">Of whom.</param>
/// <param name="Law">Why.</param>
public sealed record NameRule(string Kind, IReadOnlyList<Role> Roles, string Law);

/// <summary>
/// A patient's statement of accesses in his words, from what the journal's leaf commits to: whoever checks a statement from outside makes
/// the same words again. French; English beside it in Said.en.resx. docs/decisions/0027.
/// </summary>
public static class StatementWords
{
    /// <summary>
    /// Who is named. Of who reads, function and unit: staff are no recipients, and their identity is due only where it is indispensable to the
    /// patient's rights (GDPR 15; CJEU C-579/21, 22 June 2023), which the privacy officer decides. Of who writes, the name: it stands in the file by law.
    /// </summary>
    public static IReadOnlyList<NameRule> Names { get; } =
    [
        new("write", [Role.Physician, Role.Nurse, Role.Pharmacist, Role.Laboratory], "CSP R1112-3 : chaque pièce du dossier porte l'identité du professionnel de santé qui a recueilli ou produit les informations"),
    ];

    public static bool IsNamed(string kind, Role role) => Names.Any(rule => rule.Kind == kind && rule.Roles.Contains(role));

    /// <summary>What watches over accesses is no access: it appears in no patient's list.</summary>
    public static IReadOnlyList<string> Watching { get; } = ["alarm", "corroborated", "noted", "honey.marked", "honey.unmarked"];

    /// <summary>What only the minor himself reads: in no statement for his parents.</summary>
    public static bool MinorsOwn(string kind, string? purpose) => kind.StartsWith("minor.", StringComparison.Ordinal) || (kind.StartsWith("statement.", StringComparison.Ordinal) && purpose == nameof(StatementReader.Patient));

    /// <summary>What whoever opens a statement at the desk signs for.</summary>
    public static string Consent(StatementReader reader) => reader is StatementReader.ParentalAuthority
        ? "Un titulaire de l'autorité parentale est présent, son identité et sa qualité sont vérifiées, et il demande le relevé des accès au dossier de son enfant."
        : "Le patient est présent, son identité est vérifiée, et il demande lui-même le relevé des accès à son dossier ; mineur, il le demande seul.";

    public static string Function(Role role) => role switch
    {
        Role.AdmissionsClerk => "agent des admissions",
        Role.Nurse => "infirmier ou infirmière",
        Role.Physician => "médecin",
        Role.Pharmacist => "pharmacien ou pharmacienne",
        Role.Laboratory => "professionnel du laboratoire",
        Role.MedicalSecretary => "secrétaire médical ou médicale",
        Role.SocialWorker => "assistant ou assistante de service social",
        Role.Orderly => "aide-soignant, aide-soignante ou brancardier",
        Role.Coder => "agent de l'information médicale",
        Role.Biller => "agent de la facturation",
        Role.PrivacyOfficer => "délégué à la protection des données",
        Role.SecurityOfficer => "référent sécurité",
        Role.Administrator => "administrateur du logiciel",
        Role.Director => "membre de la direction",
        Role.Support => "assistance de l'éditeur du logiciel",
        _ => role.ToString(),
    };

    public static string Data(Domain domain) => domain switch
    {
        Domain.Administrative => "coordonnées et couverture",
        Domain.Clinical => "dossier de soins",
        Domain.Medication => "médicaments et allergies",
        Domain.Results => "résultats d'examens",
        Domain.Activity => "codage et facturation",
        Domain.Sensitive => "données protégées (génétique, santé mentale, addictions…)",
        _ => "identité",
    };

    /// <summary>The act, from the journal's kind.</summary>
    public static string What(string kind) => kind switch
    {
        "release" => "consultation",
        "write" => "ajout au dossier",
        "break-glass" => "ouverture en urgence, sans lien de soin connu",
        "encrypt" => "ajout par un logiciel, qui ne lit pas le dossier",
        "identity.shown" => "identité affichée",
        "identity.brought" => "identité reprise d'un autre logiciel",
        "identity.create" or "identity.unknown" or "identity.newborns" => "identité créée",
        "identity.correct" or "identity.mark" or "identity.to-re-establish" => "identité corrigée",
        "identity.secrecy" => "secret de la présence demandé ou levé",
        "identity.merge" or "identity.unmerge" => "dossiers réunis ou séparés",
        "stay" => "séjour enregistré ou modifié",
        "relation" => "lien de soin déclaré",
        "relation.ended" => "lien de soin terminé",
        "relations.shown" => "liens de soin consultés",
        "mandate" => "travail automatique",
        "export" => "transmission à un autre organisme",
        "pack" => "copie chiffrée tenue sur le poste de secours du service",
        "pack-opened" => "dossier de secours ouvert pendant une panne",
        "support" => "lecture par l'assistance technique",
        "accesses.shown" => "liste des accès consultée",
        "review.shown" => "motif d'une ouverture en urgence relu",
        "incident.asked" => "recherche : le patient est-il concerné par un incident ?",
        "incident.letter" => "lettre d'information sur un incident",
        "statement.opened" => "relevé d'accès ouvert",
        "statement.link" => "lien vers le relevé d'accès créé",
        "statement.code-wrong" => "lien vers le relevé d'accès essayé avec un code faux",
        "statement.named" => "nom ajouté au relevé d'accès",
        "minor.kept" => "secret demandé par le patient mineur",
        "minor.lifted" => "secret du patient mineur levé",
        "minor.read" => "secrets du patient mineur lus",
        _ => "autre opération sur le dossier",
    };

    /// <summary>Why, from fields of the leaf that <see cref="Shows"/> opens.</summary>
    public static string Why(string kind, string? purpose, string? ground) => kind switch
    {
        "release" or "write" when ground is not null => Ground(ground),
        "break-glass" => "urgence : le motif écrit est au journal et a été soumis au référent sécurité",
        "encrypt" => purpose == "import" ? "reprise ou arrivée de données d'un autre logiciel" : "",
        "identity.shown" => purpose switch
        {
            "search" => "recherche d'un patient",
            "worklist" => "liste de travail",
            "page" => "nom affiché à l'écran",
            "traits" or "history" => "contrôle de l'identité",
            _ => "tenue des identités",
        },
        "mandate" => purpose switch
        {
            "Reminders" => "rappel de rendez-vous",
            "Messages" => "envoi de messages",
            "Billing" => "facturation",
            "IncidentLetters" => "lettre d'information sur un incident",
            _ => "tâche autorisée par deux responsables",
        },
        "export" => "transmission autorisée par deux responsables",
        "pack" or "pack-opened" => "continuité des soins, autorisée par deux responsables",
        "support" => "panne à réparer, autorisée par deux responsables",
        "accesses.shown" or "relations.shown" or "review.shown" => "contrôle des accès",
        "statement.opened" => ground == "link" ? "demandé par lien et code" : "demandé au guichet",
        "statement.link" => "demandé au guichet",
        "statement.code-wrong" => "demandé par lien et code",
        "statement.named" => "décision du délégué à la protection des données",
        "incident.asked" or "incident.letter" => "droits du patient après un incident",
        "minor.kept" or "minor.lifted" => "secret du mineur envers ses parents (CSP L1111-5)",
        _ when kind.StartsWith("identity.", StringComparison.Ordinal) => "tenue des identités",
        "stay" or "relation" or "relation.ended" => "organisation des soins",
        _ => "",
    };

    /// <summary>Whom a statement shows where nobody signed: who held link and code, or the link alone.</summary>
    public static string Himself(string kind, string? purpose) => kind == "statement.code-wrong" ? "quelqu'un qui avait le lien" : purpose == nameof(StatementReader.ParentalAuthority) ? "titulaire de l'autorité parentale" : "le patient lui-même";

    /// <summary>Fields of the leaf that the file of a statement opens; account, session, machine and station never.</summary>
    public static IReadOnlyList<string> Shows(string kind) => kind is "release" or "write" or "statement.opened" or "statement.link"
        ? ["time", "kind", "patient", "domain", "purpose", "ground", "detail"]
        : ["time", "kind", "patient", "domain", "purpose"];

    /// <summary>Function and unit at that moment, as the detail of a release holds them: the role's name, then the unit's id where there is one.</summary>
    public static string Acting(Role role, UnitId? unit) => unit is { } one ? $"{role} {one}" : role.ToString();

    /// <summary>Null where the entry does not say.</summary>
    public static (Role Role, UnitId? Unit)? Acting(string? detail) =>
        detail?.Split(' ', 2) is [var role, .. var rest] && Enum.TryParse<Role>(role, out var known) && known.ToString() == role ? (known, rest is [var unit] && Id.TryParse<UnitId>(unit, out var id) ? id : null) : null;

    private static string Ground(string ground)
    {
        var words = ground.Split(' ')[0] switch
        {
            nameof(RelationSource.Stay) => "service responsable du séjour, ou qui héberge le patient",
            nameof(RelationSource.ExpectedArrival) => "arrivée prévue dans le service",
            nameof(RelationSource.Appointment) => "rendez-vous",
            nameof(RelationSource.Referral) => "avis demandé par un collègue",
            nameof(RelationSource.MobileTeam) => "équipe mobile appelée auprès du patient",
            nameof(RelationSource.TheatreProgramme) => "programme du bloc opératoire",
            nameof(RelationSource.Anaesthesia) => "anesthésie",
            nameof(RelationSource.PharmacyQueue) => "analyse des ordonnances par la pharmacie",
            nameof(RelationSource.LaboratoryQueue) => "examens de laboratoire",
            nameof(RelationSource.ImagingQueue) => "examens d'imagerie",
            nameof(RelationSource.CodingQueue) => "codage de l'activité",
            nameof(RelationSource.BillingQueue) => "facturation",
            nameof(RelationSource.Secretariat) => "secrétariat du médecin",
            nameof(RelationSource.Handover) => "relais d'un collègue",
            nameof(RelationSource.Author) => "suite de ce que la personne a écrit dans le dossier",
            nameof(RelationSource.BreakGlass) => "ouverture en urgence, sans lien de soin connu",
            nameof(RelationSource.Desk) => "accueil et admission",
            nameof(RelationSource.EmergencyBoard) => "passage aux urgences",
            nameof(RelationSource.Newborn) => "naissance",
            _ => "autre lien de soin",
        };
        return ground.Contains("(self-claimed)", StringComparison.Ordinal) ? $"{words} (lien déclaré par cette personne)" : words;
    }
}
