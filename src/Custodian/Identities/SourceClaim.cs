namespace Serment.Custodian.Identities;

/// <summary>
/// Whether a source that names a reference again means the same person by it. Some sources number households (an insured
/// and his children); two people under one number would make one file of two.
/// </summary>
internal static class SourceClaim
{
    public const string Refused = "Un autre patient porte déjà cet identifiant dans la source (date de naissance, nom, prénom ou sexe ne sont pas les mêmes) : rien n'est mêlé. Donnez à chacun le sien dans la source, ou créez cette identité au bureau des identités.";

    /// <summary>Accents, capitals, hyphens and spaces are spelling; every other letter may be a twin.</summary>
    public static bool Same(IdentityTraits known, IdentityTraits said) =>
        known.BirthDate == said.BirthDate
        && (known.Sex is Sex.Unknown || said.Sex is Sex.Unknown || known.Sex == said.Sex)
        && Letters(known.BirthName) == Letters(said.BirthName)
        && Givens(known).Intersect(Givens(said)).Any();

    /// <summary>The first given name, and all of them in one: JEAN-PIERRE is written JEAN, PIERRE elsewhere.</summary>
    private static string[] Givens(IdentityTraits traits) => [Letters(traits.FirstGivenName), Letters(traits.GivenNames ?? traits.FirstGivenName)];

    private static string Letters(string name) => string.Concat(SearchText.Capitals(name).Where(char.IsLetter));
}
