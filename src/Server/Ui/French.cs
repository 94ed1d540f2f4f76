using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Serment.Server.Ui;

/// <summary>Dates, ages and names as people read them here. Instants are shown in Europe/Paris.</summary>
internal static partial class French
{
    private static readonly CultureInfo Culture = ClinicalTime.French;

    public static string Day(DateOnly day) => day.ToString("dd/MM/yyyy", Culture);

    public static string Time(DateTimeOffset at) => ClinicalTime.Local(at).ToString("HH:mm", Culture);

    /// <summary>"aujourd'hui 14:05", "hier 08:30", "mar. 3 févr. 14:05", with the year when it is another one.</summary>
    public static string When(DateTimeOffset at, DateTimeOffset now)
    {
        var (local, today) = (ClinicalTime.Local(at), ClinicalTime.Day(now));
        var days = today.DayNumber - DateOnly.FromDateTime(local).DayNumber;
        var time = local.ToString("HH:mm", Culture);
        return days switch
        {
            0 => $"aujourd'hui {time}",
            1 => $"hier {time}",
            -1 => $"demain {time}",
            _ => local.Year == today.Year ? $"{local.ToString("ddd d MMM", Culture)} {time}" : local.ToString("dd/MM/yyyy HH:mm", Culture),
        };
    }

    /// <summary>Days until one month, weeks or months until three years, then years.</summary>
    public static string Age(DateOnly birth, DateTimeOffset now)
    {
        var today = ClinicalTime.Day(now);
        var days = today.DayNumber - birth.DayNumber;
        var months = (today.Year - birth.Year) * 12 + today.Month - birth.Month - (today.Day < birth.Day ? 1 : 0);
        return days < 31 ? $"{days} j" : months < 36 ? $"{months} mois" : $"{months / 12} ans";
    }

    public static string Sex(Sex sex) => sex switch { Custodian.Wire.Sex.Female => "F", Custodian.Wire.Sex.Male => "M", _ => "?" };

    /// <summary>Used name first when there is one: what a person answers to. Birth name always shown beside it.</summary>
    public static string Name(IdentityLine who) => who.UsedName is { } used && used != who.BirthName ? $"{used} {Given(who.GivenName)}" : $"{who.BirthName} {Given(who.GivenName)}";

    public static string? BirthNameNote(IdentityLine who) => who.UsedName is { } used && used != who.BirthName ? $"{(who.Sex is Custodian.Wire.Sex.Female ? "née" : "né")} {who.BirthName}" : null;

    /// <summary>Those of a list who share a birth name or a used name with someone else of it: whoever calls by name may fetch the wrong one.</summary>
    public static HashSet<PatientId> SameName(IEnumerable<IdentityLine> lines) =>
        [.. lines.Where(l => !l.Masked).SelectMany(l => new[] { l.BirthName, l.UsedName ?? l.BirthName }.Distinct().Select(name => (name, l.Patient)))
            .GroupBy(one => one.name).Where(g => g.Select(one => one.Patient).Distinct().Count() > 1).SelectMany(g => g.Select(one => one.Patient))];

    public static string Given(string name) => Culture.TextInfo.ToTitleCase(name.ToLower(Culture));

    public static string Number(decimal value, int decimals = 1) => value.ToString(decimals == 0 ? "0" : "0." + new string('#', decimals), Culture);

    /// <summary>A size as people say it: 812 o, 4,2 Mo.</summary>
    public static string Bytes(long size) => size switch
    {
        < 1000 => $"{size} o",
        < 1_000_000 => $"{Number(size / 1000m, 0)} ko",
        < 1_000_000_000 => $"{Number(size / 1_000_000m)} Mo",
        _ => $"{Number(size / 1_000_000_000m, 2)} Go",
    };

    /// <summary>A unit of UCUM as people read it: mL/min/{1.73_m2} is mL/min/1,73 m².</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Unit(string? text) => text is null ? null : Annotation().Replace(text, said => said.Groups[1].Value.Replace('_', '\u00a0').Replace("1.73\u00a0m2", "1,73\u00a0m²", StringComparison.Ordinal));

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Annotation();

    public static string Status(IdentityStatus status) => status switch
    {
        IdentityStatus.Qualified => "Identité qualifiée",
        IdentityStatus.Validated => "Identité validée",
        IdentityStatus.Retrieved => "Identité récupérée",
        _ => "Identité provisoire",
    };

    public static string Role(Role role) => role switch
    {
        Kernel.Role.AdmissionsClerk => "Admissions",
        Kernel.Role.Nurse => "Infirmier·ère",
        Kernel.Role.Physician => "Médecin",
        Kernel.Role.Pharmacist => "Pharmacie",
        Kernel.Role.Laboratory => "Laboratoire",
        Kernel.Role.MedicalSecretary => "Secrétariat médical",
        Kernel.Role.SocialWorker => "Service social",
        Kernel.Role.Orderly => "Brancardage",
        Kernel.Role.Coder => "Information médicale",
        Kernel.Role.Biller => "Facturation",
        Kernel.Role.PrivacyOfficer => "Protection des données",
        Kernel.Role.SecurityOfficer => "Sécurité",
        Kernel.Role.Administrator => "Administration",
        Kernel.Role.Support => "Assistance",
        _ => "Direction",
    };

    public static string Domain(Domain domain) => domain switch
    {
        Kernel.Domain.Administrative => "administratif",
        Kernel.Domain.Clinical => "clinique",
        Kernel.Domain.Medication => "médicaments",
        Kernel.Domain.Results => "résultats",
        Kernel.Domain.Activity => "activité",
        Kernel.Domain.Sensitive => "données protégées",
        _ => "identité",
    };

    /// <summary>A moment as people type it, in Paris: 24/11/2026 14:30, or the day alone; null when nothing was typed.</summary>
    /// <exception cref="RefusedException">It is no date.</exception>
    public static DateTimeOffset? Moment(string? text, string field) => string.IsNullOrWhiteSpace(text) ? null : Parsed(text, field, [.. WithTime, "dd/MM/yyyy", "ddMMyyyy"]);

    /// <summary>When something happened: day and time, both.</summary>
    /// <exception cref="RefusedException">Nothing, half of it, or no date was typed.</exception>
    public static DateTimeOffset Moment(string? text) => Parsed(text, "Date et heure", WithTime);

    /// <summary>As it would be typed: what a field for a moment is filled with.</summary>
    public static string Typed(DateTimeOffset at) => ClinicalTime.Local(at).ToString(WithTime[0], Culture);

    private static readonly string[] WithTime = ["dd/MM/yyyy HH:mm", "dd/MM/yyyy H:mm"];

    private static DateTimeOffset Parsed(string? text, string field, string[] forms) => DateTime.TryParseExact(text?.Trim(), forms, Culture, DateTimeStyles.None, out var local)
        ? new DateTimeOffset(local, ClinicalTime.Paris.GetUtcOffset(local))
        : throw new RefusedException(RefusalCodes.Invalid, $"{field} : jj/mm/aaaa hh:mm, par exemple 24/11/2026 14:30.");

    /// <summary>A birth date as people type it: 03021951, 3/2/1951, 3-2-51.</summary>
    public static DateOnly? Birth(string? text, DateTimeOffset now)
    {
        var digits = (text ?? "").Split(['/', '.', '-', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (digits.Length == 1 && digits[0].Length == 8) digits = [digits[0][..2], digits[0][2..4], digits[0][4..]];
        if (digits.Length != 3 || !int.TryParse(digits[0], CultureInfo.InvariantCulture, out var day) || !int.TryParse(digits[1], CultureInfo.InvariantCulture, out var month) || !int.TryParse(digits[2], CultureInfo.InvariantCulture, out var year)) return null;
        if (digits[2].Length == 2) year += year + 2000 > ClinicalTime.Day(now).Year ? 1900 : 2000;
        return year is < 1850 or > 2200 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) ? null : new DateOnly(year, month, day);
    }
}
