using System.Globalization;

namespace Serment.Records.Incidents;

/// <summary>To whom, and what of his was seen. One patient.</summary>
/// <param name="Name">As he is called: "Mme Anne DUPONT".</param>
/// <param name="Minor">Goes to whoever holds parental authority.</param>
/// <param name="Deceased">Goes to the family.</param>
public sealed record Addressee(string Name, IReadOnlyList<string> Address, string? Email, bool Minor, bool Deceased, string Ipp);

public sealed record SeenDomain(Domain Domain, DateTimeOffset First, DateTimeOffset Last);

/// <param name="Happened">What happened, in plain words, the same for all; written by the officer.</param>
/// <param name="Done">What was done about it, in plain words.</param>
public sealed record LetterWords(string Establishment, DataOfficer Officer, int Number, string Happened, string Done);

/// <summary>A heading and what stands under it; lines that begin with "– " are a list.</summary>
public sealed record LetterSection(string Heading, IReadOnlyList<string> Lines);

/// <summary>
/// The letter of article 34(2): in plain French, which kinds of data about this very person were seen and when, what was not,
/// what can follow from that and what he can do against it, whom to ask. The advice depends on what was seen; nobody is frightened
/// with what does not concern him.
/// </summary>
public sealed record Article34Letter(Addressee To, string Subject, IReadOnlyList<LetterSection> Sections)
{
    private static readonly Domain[] Kinds = [Domain.Identity, Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results, Domain.Activity, Domain.Sensitive];

    public static Article34Letter For(LetterWords words, Addressee to, IReadOnlyList<SeenDomain> seen)
    {
        if (seen.Count == 0) throw new ArgumentException("a letter says what was seen", nameof(seen));
        var domains = seen.Select(s => s.Domain).ToHashSet();
        return new(to, "Des informations vous concernant ont été consultées sans autorisation",
        [
            new(Opening(to), [words.Happened]),
            new("Ce qui a été vu", [.. seen.OrderBy(s => Array.IndexOf(Kinds, s.Domain)).Select(s => $"– {Whose(DataKinds.French(s.Domain), to)} ({When(s)})")]),
            .. Kinds.Any(kind => !domains.Contains(kind)) ? new[] { new LetterSection("Ce qui n'a pas été vu", [$"Le reste du dossier n'a pas été ouvert, notamment : {string.Join(", ", Kinds.Where(kind => !domains.Contains(kind)).Select(Short))}. Nous le savons parce que chaque ouverture est inscrite dans un journal que personne ne peut effacer."]) } : [],
            new("Ce qui peut arriver, et ce que vous pouvez faire", [.. Advice(domains, to)]),
            new("Ce que nous avons fait", [words.Done]),
            new("Vos droits, et qui peut vous répondre",
            [
                $"{words.Officer.Name}, notre délégué·e à la protection des données, répond à vos questions : {string.Join(", ", new[] { words.Officer.Phone, words.Officer.Email, words.Officer.Address }.Where(t => t.Length > 0))}. Indiquez la référence {words.Number}-{to.Ipp[^4..]}.",
                "Vous pouvez demander la liste complète des personnes qui ont ouvert ce dossier, avec les dates et les raisons.",
                "Vous pouvez aussi porter plainte (police, gendarmerie, ou par écrit au procureur de la République), et adresser une réclamation à la CNIL : 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, ou www.cnil.fr.",
            ]),
        ]);
    }

    private static string Opening(Addressee to) =>
        to.Deceased ? "Vous recevez cette lettre en tant que proche d'une personne décédée" : to.Minor ? "Vous recevez cette lettre en tant que titulaire de l'autorité parentale" : "Ce qui s'est passé";

    private static string Whose(string kind, Addressee to) => to.Deceased || to.Minor
        ? kind.Replace("votre suivi", "son suivi", StringComparison.Ordinal).Replace("votre identité", "son identité", StringComparison.Ordinal).Replace("votre numéro", "son numéro", StringComparison.Ordinal).Replace("votre couverture", "sa couverture", StringComparison.Ordinal).Replace("vos ", "ses ", StringComparison.Ordinal)
        : kind;

    private static string When(SeenDomain seen)
    {
        var (first, last) = (ClinicalTime.Day(seen.First), ClinicalTime.Day(seen.Last));
        return first == last ? $"le {Day(first)}" : $"entre le {Day(first)} et le {Day(last)}";
    }

    private static string Day(DateOnly day) => day.ToString("d MMMM yyyy", ClinicalTime.French);

    private static string Short(Domain domain) => domain switch
    {
        Domain.Identity => "l'identité",
        Domain.Administrative => "les coordonnées et la couverture sociale",
        Domain.Clinical => "le suivi médical",
        Domain.Medication => "les traitements",
        Domain.Results => "les résultats d'examens",
        Domain.Activity => "les actes et leur facturation",
        _ => "les données génétiques ou protégées",
    };

    private static IEnumerable<string> Advice(HashSet<Domain> seen, Addressee to)
    {
        if (seen.Contains(Domain.Identity) || seen.Contains(Domain.Administrative))
            yield return "– Des messages ou des appels trompeurs. Quelqu'un qui connaît votre passage chez nous peut se faire passer pour l'hôpital, l'assurance maladie ou votre banque. Nous ne demandons jamais de mot de passe, de code reçu par SMS ni de numéro de carte. En cas de doute, raccrochez et rappelez au numéro que vous connaissez. Transférez un SMS suspect au 33700 ; pour une arnaque, Info Escroqueries répond gratuitement au 0 805 805 817 ; 17cyber.gouv.fr vous guide à toute heure.";
        if (seen.Contains(Domain.Identity))
            yield return "– Une usurpation d'identité. N'envoyez pas de copie de pièce d'identité à qui vous la demande par message. Si un crédit ou un compte que vous n'avez pas ouvert apparaît, portez plainte, prévenez votre banque ; la CNIL vous donne accès au fichier des comptes bancaires (FICOBA).";
        if (seen.Contains(Domain.Administrative) || seen.Contains(Domain.Activity))
            yield return "– Une fraude à la sécurité sociale ou à la mutuelle. Regardez vos remboursements sur ameli.fr et dans l'espace de votre mutuelle : signalez-leur tout soin que vous n'avez pas reçu.";
        if (seen.Contains(Domain.Medication))
            yield return "– De fausses ordonnances à votre nom. Parlez-en à votre pharmacien, et vérifiez sur ameli.fr les médicaments remboursés.";
        if (seen.Contains(Domain.Clinical) || seen.Contains(Domain.Results) || seen.Contains(Domain.Sensitive))
            yield return "– La révélation d'informations de santé, ou un chantage. Ne payez pas, gardez les messages, portez plainte. Personne n'a le droit d'utiliser ces informations : ni un employeur, ni un assureur, ni un proche. Votre médecin peut vous aider à en parler.";
        if (seen.Contains(Domain.Sensitive))
            yield return "– Des informations mises à part parce qu'elles sont particulièrement intimes. Demandez-nous lesquelles : nous vous le dirons de vive voix. S'il s'agit de génétique, elles ne se changent pas et concernent aussi la famille. La loi interdit aux assureurs et aux employeurs de s'en servir (articles L1141-1 du code de la santé publique et L1132-1 du code du travail). Avant d'en parler à des apparentés, le médecin qui a prescrit l'examen ou une consultation de génétique peut vous conseiller ; demandez-nous un rendez-vous.";
        if (to.Deceased)
            yield return "– Des démarches au nom de la personne décédée. Prévenez le notaire, sa banque et ses caisses ; méfiez-vous d'appels au sujet d'une succession, d'une dette ou d'une assurance.";
        if (to.Minor)
            yield return "– Pour un enfant, l'identité peut servir des années plus tard. Gardez cette lettre.";
    }

    /// <summary>The letter as plain text, for e-mail.</summary>
    public string Text => string.Join("\n\n", [To.Minor ? $"À l'attention du titulaire de l'autorité parentale de {To.Name}" : To.Deceased ? $"Aux proches de {To.Name}" : $"{To.Name},", .. Sections.Select(s => $"{s.Heading}\n\n{string.Join("\n", s.Lines)}")]);
}
