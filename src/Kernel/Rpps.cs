using System.Text.RegularExpressions;

namespace Serment.Kernel;

/// <summary>
/// Numéro RPPS of a health professional: 11 digits, the last a Luhn key over the ten before it (Agence du numérique en santé;
/// https://rpps.esante.gouv.fr in FHIR). Says who answers for an act; it opens nothing.
/// </summary>
public static partial class Rpps
{
    /// <summary>As it was typed, spaces apart; null when nothing was typed.</summary>
    /// <exception cref="RefusedException">It is no RPPS number.</exception>
    public static string? Read(string? typed)
    {
        var number = typed?.Replace(" ", "", StringComparison.Ordinal).Replace("\u00a0", "", StringComparison.Ordinal);
        return string.IsNullOrEmpty(number) ? null
            : Eleven().IsMatch(number) && Luhn(number) ? number
            : throw new RefusedException(RefusalCodes.Invalid, "Numéro RPPS : 11 chiffres, dont une clé de contrôle. Vérifiez la saisie.");
    }

    /// <summary>Ten digits with their key.</summary>
    public static string WithKey(string ten) => Enumerable.Range(0, 10).Select(key => $"{ten}{key}").Single(Luhn);

    private static bool Luhn(string digits) => digits.Reverse().Select((c, i) => (c - '0') * (1 + i % 2)).Sum(d => d > 9 ? d - 9 : d) % 10 == 0;

    [GeneratedRegex("^[0-9]{11}$")]
    private static partial Regex Eleven();
}
