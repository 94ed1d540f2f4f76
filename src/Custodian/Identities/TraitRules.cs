using System.Text.RegularExpressions;

namespace Serment.Custodian.Identities;

/// <summary>
/// What the RNIV and the INS guide allow in strict traits: capitals without accents, hyphen, apostrophe and space;
/// the matricule's key modulo 97 (2A counts as 19, 2B as 18).
/// </summary>
internal static partial class TraitRules
{
    /// <summary>OID of a real NIR, of a real NIA, and of those made for tests and demonstrations.</summary>
    public const string Nir = "1.2.250.1.213.1.4.8", Nia = "1.2.250.1.213.1.4.9", Test = "1.2.250.1.213.1.4.10", Demonstration = "1.2.250.1.213.1.4.11";

    /// <summary>The traits in their strict form, or a refusal that says which field to mend.</summary>
    public static IdentityTraits Strict(IdentityTraits traits, bool demonstrationCell, DateOnly today)
    {
        if (traits.BirthDate > today) throw Invalid("La date de naissance est dans le futur.");
        if (traits.BirthDate < today.AddYears(-130)) throw Invalid("La date de naissance remonte à plus de 130 ans.");
        if (traits.BirthPlace is { } place && !BirthPlace().IsMatch(place)) throw Invalid("Lieu de naissance : code officiel géographique de 5 caractères (ex. 75056, 2A004, 99100).");
        var oid = traits.Matricule is null ? null : traits.MatriculeOid ?? Nir;
        if (traits.Matricule is { } matricule)
        {
            if (!ValidMatricule(matricule)) throw Invalid("Matricule INS : 15 caractères dont la clé ne correspond pas.");
            if (oid is not (Nir or Nia or Test or Demonstration)) throw Invalid("OID de matricule inconnu.");
            if (oid is Test or Demonstration && !demonstrationCell) throw Invalid("Matricule de test ou de démonstration refusé dans un établissement réel.");
        }
        return traits with
        {
            BirthName = Name(traits.BirthName, "Nom de naissance"),
            FirstGivenName = Name(traits.FirstGivenName, "Premier prénom de naissance"),
            GivenNames = traits.GivenNames is { Length: > 0 } all ? Name(all.Replace(',', ' '), "Liste des prénoms") : null,
            UsedName = traits.UsedName is { Length: > 0 } used ? Name(used, "Nom utilisé") : null,
            UsedGivenName = traits.UsedGivenName is { Length: > 0 } given ? Name(given, "Prénom utilisé") : null,
            MatriculeOid = oid,
        };
    }

    public static bool ValidMatricule(string matricule)
    {
        if (!Matricule().IsMatch(matricule)) return false;
        var digits = matricule[..13].Replace("2A", "19", StringComparison.Ordinal).Replace("2B", "18", StringComparison.Ordinal);
        return 97 - long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) % 97 == int.Parse(matricule.AsSpan(13), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Name(string text, string field)
    {
        var strict = SearchText.Capitals(text).Trim();
        if (strict.Length is 0 or > 100) throw Invalid($"{field} : 1 à 100 caractères.");
        if (!Allowed().IsMatch(strict)) throw Invalid($"{field} : lettres, espace, tiret et apostrophe seulement.");
        return strict;
    }

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);

    [GeneratedRegex(@"^[A-Z](?:[A-Z]|[ '\-](?=[A-Z]|-[A-Z]))*$")]
    private static partial Regex Allowed();

    [GeneratedRegex(@"^(?:[0-9]{5}|2[AB][0-9]{3})$")]
    private static partial Regex BirthPlace();

    [GeneratedRegex(@"^[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}$")]
    private static partial Regex Matricule();
}
