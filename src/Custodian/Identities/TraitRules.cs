using System.Globalization;
using System.Text.RegularExpressions;

namespace Serment.Custodian.Identities;

/// <summary>
/// What the RNIV and the INS guide allow in strict traits (capitals without accents, hyphen, apostrophe and space),
/// in matricules (key modulo 97; 2A counts as 19, 2B as 18) and in the marks put on an identity.
/// </summary>
internal static partial class TraitRules
{
    /// <summary>OID of a real NIR, of a real NIA, and of those made for tests and demonstrations.</summary>

    /// <summary>COG code of a birth place that nobody knows.</summary>
    public const string UnknownPlace = OfficialPlaces.Unknown;

    /// <summary>The traits in their strict form, or a refusal that says which field to mend.</summary>
    public static IdentityTraits Strict(IdentityTraits traits, bool demonstrationCell, DateOnly today)
    {
        if (traits.BirthDate > today) throw Invalid("La date de naissance est dans le futur.");
        if (traits.BirthDate < today.AddYears(-130)) throw Invalid("La date de naissance remonte à plus de 130 ans.");
        var place = Present(traits.BirthPlace);
        if (place is not null && !BirthPlace().IsMatch(place)) throw Invalid("Lieu de naissance : code officiel géographique de 5 caractères (ex. 75056, 2A004, 99100 ; 99999 si inconnu).");
        var matricule = Present(traits.Matricule);
        var oid = matricule is null ? null : traits.MatriculeOid ?? MatriculeOids.Nir;
        if (matricule is not null)
        {
            if (!WellFormed(matricule)) throw Invalid("Matricule INS : 13 chiffres (2A ou 2B pour la Corse) et la clé de 2 chiffres.");
            if (MatriculeOids.Kind(oid) is null) throw Invalid("OID de matricule inconnu.");
            if (oid is MatriculeOids.Test or MatriculeOids.Demonstration && !demonstrationCell) throw Invalid("Matricule de test ou de démonstration refusé dans un établissement réel.");
        }
        return traits with
        {
            BirthName = Family(traits.BirthName, "Nom de naissance"),
            FirstGivenName = Given(traits.FirstGivenName, "Premier prénom de naissance"),
            GivenNames = traits.GivenNames is { Length: > 0 } all ? Given(all.Replace(',', ' '), "Liste des prénoms") : null,
            UsedName = traits.UsedName is { Length: > 0 } used ? Family(used, "Nom utilisé") : null,
            UsedGivenName = traits.UsedGivenName is { Length: > 0 } given ? Given(given, "Prénom utilisé") : null,
            BirthPlace = place,
            Matricule = matricule,
            MatriculeOid = oid,
        };
    }

    /// <summary>
    /// Whether status and marks may stand together: only "douteux" and "homonyme" combine; "douteux" and "fictif" are for
    /// provisional identities and leave no matricule; "qualifiée" needs a matricule whose key holds (RNIV; INS guide EXI 24, 26).
    /// </summary>
    public static void Coherent(Identity identity)
    {
        var (status, matricule) = (identity.Status, identity.Traits.Matricule);
        if (identity.Fictitious && (identity.Doubtful || identity.Homonym)) throw Invalid("Seuls « douteux » et « homonyme » se combinent : une identité fictive ne porte pas d'autre attribut.");
        if ((identity.Doubtful || identity.Fictitious) && status is not IdentityStatus.Provisional) throw Invalid("« Douteux » et « fictif » ne vont qu'à une identité provisoire : repassez-la d'abord en provisoire.");
        if ((identity.Doubtful || identity.Fictitious) && matricule is not null) throw Invalid("Une identité douteuse ou fictive ne porte pas de matricule INS.");
        if (status is IdentityStatus.Retrieved or IdentityStatus.Qualified && matricule is null) throw Invalid("Une identité récupérée ou qualifiée porte le matricule INS.");
        if (status is IdentityStatus.Qualified && !KeyHolds(matricule!)) throw Invalid("La clé du matricule ne correspond pas : vérifiez-le avant de qualifier l'identité. Elle peut être enregistrée sans être qualifiée.");
    }

    /// <summary>15 characters of the right kinds; says nothing of the key.</summary>
    public static bool WellFormed(string matricule) => Matricule().IsMatch(matricule);

    /// <summary>For a well-formed matricule: its two last digits are 97 − (the 13 first modulo 97). A wrong key is flagged, not refused: real files carry some.</summary>
    public static bool KeyHolds(string matricule)
    {
        var digits = matricule[..13].Replace("2A", "19", StringComparison.Ordinal).Replace("2B", "18", StringComparison.Ordinal);
        return 97 - long.Parse(digits, CultureInfo.InvariantCulture) % 97 == int.Parse(matricule.AsSpan(13), CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// A birth place had to exist on the birth date (RNIV: code officiel géographique at the date of birth). Traits that the
    /// national base gave (récupérée, qualifiée) are kept as it gave them.
    /// </summary>
    /// <param name="places">Null: no list is loaded here, and the form alone was looked at.</param>
    public static void Stood(IdentityTraits traits, IdentityStatus status, OfficialPlaces? places)
    {
        if (places is null || traits.BirthPlace is not { } code || status is IdentityStatus.Retrieved or IdentityStatus.Qualified || places.MayHaveStood(code, traits.BirthDate)) return;
        throw Invalid(places.Named(code, traits.BirthDate) is { } other
            ? $"Lieu de naissance : le code {code} ({other.Shown}) n'existait pas à la date de naissance. Choisissez celui de l'époque, ou 99999 s'il est inconnu."
            : $"Lieu de naissance : le code {code} n'existe pas. Cherchez la commune ou le pays par son nom, ou 99999 s'il est inconnu.");
    }

    /// <summary>Without the spaces that people type, in capitals; null when nothing is left.</summary>
    private static string? Present(string? code) => code?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant() is { Length: > 0 } present ? present : null;

    private static string Family(string text, string field) => Name(text, field, FamilyName());

    private static string Given(string text, string field) => Name(text, field, GivenName());

    private static string Name(string text, string field, Regex allowed)
    {
        var strict = SearchText.Capitals(text).Trim();
        if (strict.Length is 0 or > 100) throw Invalid($"{field} : 1 à 100 caractères.");
        if (!allowed.IsMatch(strict)) throw Invalid($"{field} : lettres, espace, tiret et apostrophe seulement, sans tiret au début.");
        return strict;
    }

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);

    // The double hyphen of former double names is a family name's only.
    [GeneratedRegex(@"^(?=.*[A-Z])[A-Z'](?:[A-Z' ]|-(?!--))*$")]
    private static partial Regex FamilyName();

    [GeneratedRegex(@"^(?=.*[A-Z])[A-Z'](?:[A-Z' ]|-(?!-))*(?<![-'])$")]
    private static partial Regex GivenName();

    [GeneratedRegex(@"^(?:[0-9]{5}|2[AB][0-9]{3})$")]
    private static partial Regex BirthPlace();

    [GeneratedRegex(@"^[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}$")]
    private static partial Regex Matricule();
}
