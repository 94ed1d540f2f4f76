namespace Serment.Records.History;

/// <summary>An allergy or intolerance. "None known" is a statement of its own, "not asked" is the absence of any entry.</summary>
/// <param name="NoneKnown">The patient was asked and knows of none; the other fields are then empty.</param>
/// <param name="Severity">"mild", "moderate", "severe", or null.</param>
public sealed record Allergy(string? Substance, string? Reaction, string? Severity, bool NoneKnown = false, bool Refuted = false)
{
    public const string Room = "allergies";

    public Allergy Checked() => NoneKnown || !string.IsNullOrWhiteSpace(Substance) ? this : throw new RefusedException(RefusalCodes.Invalid, "Indiquez la substance, ou « aucune allergie connue ».");
}

/// <summary>A problem: a diagnosis that matters now (CIM-10) or mattered once.</summary>
/// <param name="Code">CIM-10 code, or null when written freely or coded elsewhere.</param>
/// <param name="Active">False: antecedent.</param>
/// <param name="CodeLabel">What the code meant in <paramref name="Edition"/>, which a later edition may say otherwise; null where no edition was loaded.</param>
public sealed record Problem(string Label, string? Code, bool Active, DateOnly? Since, DateOnly? Until = null, string? Category = null, string? ForeignCode = null, string? CodeLabel = null, string? Edition = null)
{
    public const string Room = "problems";

    public Problem Checked() => !string.IsNullOrWhiteSpace(Label) ? this : throw new RefusedException(RefusalCodes.Invalid, "Indiquez le problème ou l'antécédent.");
}
