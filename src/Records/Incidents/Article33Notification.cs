using System.Globalization;

namespace Serment.Records.Incidents;

/// <param name="Missing">What must still be known; said as such in a phased notification (article 33(4)).</param>
public sealed record NotificationField(string Section, string Name, string Value, bool Missing = false);

/// <summary>
/// The notification to the CNIL, field by field: article 33(3)(a) to (d) GDPR and what the CNIL's form asks beside. What is not
/// known says so; nothing is guessed.
/// </summary>
public static class Article33Notification
{
    private const string Filed = "Notification", Nature = "Nature de la violation", People = "Personnes et données", Contact = "Contact", Consequences = "Conséquences probables", Measures = "Mesures", Communication = "Information des personnes";

    /// <param name="phase">Initial, complement or final (article 33(4)), as the form says it; null where it is not chosen yet.</param>
    /// <param name="earlier">Those sent before: phase, day, reference.</param>
    public static IReadOnlyList<NotificationField> Of(BreachFacts facts, DateTimeOffset now, string? phase = null, IReadOnlyList<string>? earlier = null)
    {
        var health = facts.Domains.Where(d => DataKinds.Health(d.Domain)).ToArray();
        return
        [
            .. phase is null ? Array.Empty<NotificationField>() : [new(Filed, "Type de notification", phase), new(Filed, "Notifications précédentes", earlier is { Count: > 0 } ? string.Join("\n", earlier.Select(e => $"– {e}")) : "aucune")],
            new("Responsable de traitement", "Établissement", facts.Establishment),
            new("Responsable de traitement", "Référence au registre des violations (article 33(5))", $"n° {facts.Number}"),
            new(Nature, "Intitulé", facts.Title),
            new(Nature, "Type de violation", Kind(facts)),
            .. facts.Nature is IncidentNature.Storage ? Array.Empty<NotificationField>() : [Known(Nature, "Dossiers complétés pendant la période (intégrité)", facts.Completed is { } completed ? Files(completed) : null)],
            new(Nature, "Origine", Origin(facts.Nature)),
            new(Nature, "En cause", facts.Subject),
            new(Nature, "Début", Moment(facts.From)),
            new(Nature, "Fin", facts.Until >= now ? "en cours" : Moment(facts.Until)),
            new(Nature, "Prise de connaissance", Moment(facts.AwareAt)),
            Known(Nature, "Motif du retard (au-delà de 72 heures)", (facts.NotifiedAt ?? now) > facts.AwareAt.AddHours(72) ? facts.LateBecause : "sans objet : dans les 72 heures"),
            new(Nature, "Circonstances", facts.Facts),
            new(People, "Catégories de personnes", facts.Patients == 0 ? "Aucune donnée lisible de patient" : facts.Minors > 0 ? $"Patients, dont {Count(facts.Minors)} mineurs" : "Patients"),
            new(People, "Nombre de personnes concernées", facts.Patients == 0 ? "0 : aucune ouverture inscrite au journal" : $"{Count(facts.Patients)}, nombre exact tiré du journal des accès"),
            new(People, "Nombre d'enregistrements concernés", $"{Count(facts.Accesses)} accès (un patient, un type de données, une ouverture)"),
            .. facts.Domains.Select(d => new NotificationField(People, DataKinds.Formal(d.Domain), $"{Count(d.Patients)} {(d.Patients > 1 ? "personnes" : "personne")}, {Count(d.Accesses)} accès")),
            new(People, "Données sensibles (article 9)", health.Length == 0 ? "aucune" : string.Join(" ; ", health.Select(d => DataKinds.Formal(d.Domain)))),
            new(People, "Données rendues incompréhensibles", facts.Exempt ? BreachFacts.Unintelligible : "non pour les accès comptés ci-dessus ; oui pour tout le reste de la base (chiffré, clés tenues par un autre système)"),
            Known(Contact, "Délégué à la protection des données", facts.Officer.Name),
            Known(Contact, "Téléphone et courriel", string.Join(" · ", new[] { facts.Officer.Phone, facts.Officer.Email }.Where(t => t.Length > 0))),
            Known(Contact, "Adresse", facts.Officer.Address),
            Known(Consequences, "Conséquences probables (article 33(3)(c))", facts.Consequences),
            new(Measures, "Mesures de sécurité avant la violation", "Clés de sécurité matérielles sans mot de passe ; chaque ouverture signée, justifiée par un lien de soin et inscrite au journal avant d'être rendue ; plafonds d'ouvertures par compte et par établissement ; données chiffrées par patient et par type, clés séparées de la base."),
            Known(Measures, "Mesures prises ou envisagées (article 33(3)(d))", facts.Measures.Count == 0 ? null : string.Join("\n", facts.Measures.Select(m => $"– {m}"))),
            Known(Communication, "Information des personnes (article 34)", facts.PeopleTold),
            new(Communication, "Traitement transfrontalier", "non"),
        ];
    }

    /// <summary>What the officer may start from; to be read and completed, never sent as it stands.</summary>
    public static string SuggestedConsequences(IReadOnlyCollection<Domain> domains)
    {
        var likely = new List<string>();
        if (domains.Contains(Domain.Identity) || domains.Contains(Domain.Administrative)) likely.Add("hameçonnage et appels frauduleux au nom de l'établissement, usurpation d'identité");
        if (domains.Contains(Domain.Administrative) || domains.Contains(Domain.Activity)) likely.Add("fraude au remboursement (assurance maladie, complémentaire)");
        if (domains.Contains(Domain.Medication)) likely.Add("ordonnances falsifiées");
        if (domains.Any(DataKinds.Health)) likely.Add("révélation de l'état de santé à l'entourage, à un employeur ou à un assureur, chantage");
        if (domains.Contains(Domain.Sensitive)) likely.Add("révélation d'informations mises à part : santé mentale, addictions, violences, données génétiques qui touchent aussi les apparentés et ne se changent pas");
        return likely.Count == 0 ? "Aucune conséquence probable : aucune donnée lisible n'a été ouverte." : $"Pour les personnes concernées : {string.Join(" ; ", likely)}.";
    }

    private static NotificationField Known(string section, string name, string? value) =>
        string.IsNullOrWhiteSpace(value) ? new(section, name, "pas encore connu : à compléter", Missing: true) : new(section, name, value);

    /// <summary>Confidentiality, and integrity where something was added: nothing is ever overwritten, what was added may be false.</summary>
    private static string Kind(BreachFacts facts) => facts switch
    {
        { Nature: IncidentNature.Storage } => "Perte de confidentialité de données chiffrées, sans leurs clés",
        { Completed: > 0, Patients: 0 } => $"Altération possible : {Files(facts.Completed.Value)} ; aucune lecture inscrite au journal",
        { Completed: > 0 } => $"Perte de confidentialité (accès non autorisé) et altération possible : {Files(facts.Completed.Value)}",
        _ => "Perte de confidentialité (accès non autorisé)",
    };

    private static string Files(int completed) => completed switch { 0 => "aucun dossier complété", 1 => "1 dossier complété", _ => $"{Count(completed)} dossiers complétés" };

    private static string Origin(IncidentNature nature) => nature switch
    {
        IncidentNature.Account or IncidentNature.Session => "Acte externe malveillant ou interne : usage du compte d'un membre du personnel",
        IncidentNature.Station => "Poste de travail compromis",
        IncidentNature.Interface => "Clé d'une interface compromise",
        IncidentNature.Server => "Serveur d'application compromis",
        _ => "Vol ou copie d'un support de stockage",
    };

    private static string Moment(DateTimeOffset at) => ClinicalTime.Local(at).ToString("d MMMM yyyy à HH'h'mm", ClinicalTime.French);

    private static string Count(long number) => number.ToString("N0", ClinicalTime.French);
}
