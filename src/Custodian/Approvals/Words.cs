namespace Serment.Custodian.Approvals;

/// <summary>How statements are written: nothing that was typed can fake a second sentence.</summary>
internal static class Words
{
    /// <summary>One line, whatever was typed.</summary>
    public static string Line(string text) => string.Join(' ', text.Split([' ', '\t', '\r', '\n', '\v', '\f', '\u0085', '\u2028', '\u2029', '«', '»'], StringSplitOptions.RemoveEmptyEntries));

    public static string Quoted(string name) => $"« {Line(name)} »";

    public static string Moment(DateTimeOffset at) => ClinicalTime.Local(at).ToString("dd/MM/yyyy HH:mm", ClinicalTime.French);

    public static string Count(int patients) => $"{patients.ToString("N0", ClinicalTime.French).Replace('\u202f', ' ').Replace('\u00a0', ' ')} patient{(patients > 1 ? "s" : "")}";

    public static string Of(Domain domain) => domain switch
    {
        Domain.Administrative => "dossier administratif",
        Domain.Clinical => "dossier clinique",
        Domain.Medication => "médicaments",
        Domain.Results => "résultats",
        Domain.Activity => "activité et facturation",
        Domain.Sensitive => "données protégées",
        _ => "identité",
    };

    public static string Of(IEnumerable<Domain> domains) => string.Join(", ", domains.Order().Select(Of));

    /// <exception cref="RefusedException">Too short or too long to be read and signed.</exception>
    public static string Checked(string text, string what, int least, int most) =>
        Line(text) is var line && line.Length >= least && line.Length <= most ? line : throw new RefusedException(RefusalCodes.Invalid, $"{what} : {least} à {most} caractères.");
}
