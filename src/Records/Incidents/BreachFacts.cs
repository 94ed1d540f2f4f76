namespace Serment.Records.Incidents;

/// <summary>What a notification and letters are made of. Counts come from the journal, words from the privacy officer.</summary>
/// <param name="Establishment">Who answers for the data (responsable de traitement).</param>
/// <param name="AwareAt">When it became aware; the 72 hours run from here.</param>
/// <param name="Minors">Of <paramref name="Patients"/>.</param>
/// <param name="Completed">Patients whose file was added to (integrity); null: not counted yet.</param>
/// <param name="NotifiedAt">When the first notification went: whether it was late is decided by that one, whatever completes it.</param>
/// <param name="Exempt">34(3)(a): nothing was readable, see <see cref="Unintelligible"/>.</param>
public sealed record BreachFacts(string Establishment, DataOfficer Officer, int Number, string Title, IncidentNature Nature, string Subject, DateTimeOffset From, DateTimeOffset Until, DateTimeOffset AwareAt, string Facts,
    int Patients, int Minors, int? Completed, long Accesses, IReadOnlyList<BreachDomain> Domains, IReadOnlyList<string> Measures, string? Consequences, string? LateBecause, DateTimeOffset? NotifiedAt, string? PeopleTold)
{
    /// <summary>Article 34(3)(a) GDPR: only where no key went out with the data.</summary>
    public bool Exempt => Nature is IncidentNature.Storage && Patients == 0;

    public const string Unintelligible = "Ce qui a été pris est chiffré (AES-256-GCM) sous des clés qui n'y étaient pas : elles ne sont ni dans la base, ni sur ses disques, ni dans ses sauvegardes. Les noms, dates de naissance et sexes n'y figurent sous aucune forme. Le journal des accès, tenu ailleurs, ne montre aucune ouverture liée à ce vol. Les données sont donc incompréhensibles pour qui les détient : l'article 34(3)(a) dispense d'écrire à chaque personne. La notification à la CNIL et l'inscription au registre restent dues.";
}

public sealed record BreachDomain(Domain Domain, int Patients, long Accesses);

/// <summary>The data protection officer, or another point of contact (article 33(3)(b)).</summary>
public sealed record DataOfficer(string Name, string Phone, string Email, string Address);
