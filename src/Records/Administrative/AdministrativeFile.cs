using PhoneNumbers;

namespace Serment.Records.Administrative;

/// <summary>How to reach the patient and those who count for him. One entry per patient, revised as a whole.</summary>
public sealed record AdministrativeFile
{
    public const string Room = "administrative";

    public string? Address { get; init; }
    public string? PostalCode { get; init; }
    public string? City { get; init; }
    public string? Mobile { get; init; }
    public string? Phone { get; init; }
    public string? Email { get; init; }
    public Contact? TrustedPerson { get; init; }
    public Contact? Emergency { get; init; }
    public string? GeneralPractitioner { get; init; }

    /// <param name="before">What the file holds now: a number brought from elsewhere that nobody touched stays as it came.</param>
    /// <exception cref="RefusedException">Says which field to mend.</exception>
    public AdministrativeFile Checked(AdministrativeFile? before = null) => this with
    {
        Mobile = Kept(Mobile, before?.Mobile, "Téléphone mobile"),
        Phone = Kept(Phone, before?.Phone, "Téléphone fixe"),
        Email = Email?.Trim() is { Length: > 0 } mail && mail == before?.Email ? mail : CheckedEmail(Email),
        TrustedPerson = Named(TrustedPerson, "Indiquez le nom de la personne de confiance, ou videz aussi son lien et son téléphone.") is { } trusted ? trusted with { Phone = Kept(trusted.Phone, before?.TrustedPerson?.Phone, "Téléphone de la personne de confiance") } : null,
        Emergency = Named(Emergency, "Indiquez le nom de la personne à prévenir, ou videz aussi son lien et son téléphone.") is { } emergency ? emergency with { Phone = Kept(emergency.Phone, before?.Emergency?.Phone, "Téléphone de la personne à prévenir") } : null,
    };

    /// <summary>Whoever calls a number at night has to know whom to ask for.</summary>
    private static Contact? Named(Contact? contact, string otherwise) =>
        contact is null || !string.IsNullOrWhiteSpace(contact.Name) ? contact : throw new RefusedException(RefusalCodes.Invalid, otherwise);

    private static string? Kept(string? text, string? before, string field) => text is not null && text.Trim() == before ? before : Phones.French(text, field);

    private static string? CheckedEmail(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        return System.Net.Mail.MailAddress.TryCreate(text.Trim(), out var mail) && mail.Address == text.Trim()
            ? mail.Address
            : throw new RefusedException(RefusalCodes.Invalid, "Courriel : adresse incomplète (ex. prenom.nom@exemple.fr).");
    }
}

/// <summary>Personne de confiance (L1111-6 CSP) or person to call.</summary>
public sealed record Contact(string Name, string? Relationship, string? Phone)
{
    /// <summary>As typed: null where nothing was. Without a name it is one all the same, for <see cref="AdministrativeFile.Checked"/> to refuse.</summary>
    public static Contact? Of(string? name, string? relationship, string? phone) =>
        (Blank(name), Blank(relationship), Blank(phone)) is var (who, kin, number) && (who ?? kin ?? number) is not null ? new Contact(who ?? "", kin, number) : null;

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}

/// <summary>Phone numbers as people type them, kept as E.164.</summary>
public static class Phones
{
    private static readonly PhoneNumberUtil Util = PhoneNumberUtil.GetInstance();

    public static string? French(string? text, string field)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            var number = Util.Parse(text, "FR");
            // Possible, not "assigned": numbering plans change faster than any library, and the fiction ranges are never assigned.
            if (Util.IsPossibleNumber(number)) return Util.Format(number, PhoneNumberFormat.E164);
        }
        catch (NumberParseException) { }
        throw new RefusedException(RefusalCodes.Invalid, $"{field} : numéro non reconnu (ex. 06 12 34 56 78, ou +32… pour l'étranger).");
    }

    /// <summary>06 12 34 56 78 at home, +32 … abroad.</summary>
    public static string Shown(string e164)
    {
        try { var number = Util.Parse(e164, "FR"); return Util.Format(number, number.CountryCode == 33 ? PhoneNumberFormat.NATIONAL : PhoneNumberFormat.INTERNATIONAL); }
        catch (NumberParseException) { return e164; }
    }
}
