namespace Serment.Records.Incidents;

/// <summary>What each domain holds, in words that people and the authority read.</summary>
public static class DataKinds
{
    public static string French(Domain domain) => domain switch
    {
        Domain.Identity => "votre identité : nom, prénoms, date et lieu de naissance, sexe, et votre numéro de santé s'il était connu",
        Domain.Administrative => "vos coordonnées : adresse, téléphones, courriel, personnes à prévenir, et votre couverture (sécurité sociale, mutuelle)",
        Domain.Clinical => "votre suivi médical : antécédents, diagnostics, notes des soignants, constantes",
        Domain.Medication => "vos traitements : prescriptions, médicaments donnés, allergies",
        Domain.Results => "vos résultats d'examens : biologie, imagerie, comptes rendus",
        Domain.Activity => "vos actes et leur facturation",
        _ => "des données protégées : génétique, santé mentale, addictions ou autre information mise à part",
    };

    /// <summary>As the register and the notification name it.</summary>
    public static string Formal(Domain domain) => domain switch
    {
        Domain.Identity => "État civil et identification (traits INS, matricule INS le cas échéant)",
        Domain.Administrative => "Coordonnées, personnes à contacter, couverture sociale et complémentaire",
        Domain.Clinical => "Données de santé : antécédents, diagnostics, observations, transmissions, constantes",
        Domain.Medication => "Données de santé : prescriptions et administration, allergies",
        Domain.Results => "Données de santé : résultats d'examens",
        Domain.Activity => "Actes, codage et facturation",
        _ => "Données de santé protégées : génétique, dossiers particulièrement confidentiels",
    };

    public static bool Health(Domain domain) => domain is Domain.Clinical or Domain.Medication or Domain.Results or Domain.Activity or Domain.Sensitive;
}
