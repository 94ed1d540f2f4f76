using System.Text.Json.Serialization;

namespace Serment.Records.History;

/// <summary>An allergy or intolerance. "None known" is a statement of its own, "not asked" is the absence of any entry.</summary>
/// <param name="NoneKnown">The patient was asked and knows of none; the other fields are then empty.</param>
/// <param name="Severity">"mild", "moderate", "severe", or null.</param>
/// <param name="Refuted">It was looked into and is none.</param>
/// <param name="NoneOf">A narrower statement, in its own words: "Aucune allergie alimentaire connue". Or that what came from elsewhere could not be read. Says nothing of the others; substance and reaction are then empty.</param>
/// <param name="Status">"inactive" or "resolved" where the source says so: no longer a danger, still worth a word. Null: it matters now.</param>
/// <param name="Certainty">"unconfirmed", or another word of the source's; "unread" where it came in a form that is not understood; null when it is taken as sure.</param>
public sealed record Allergy(string? Substance, string? Reaction, string? Severity, bool NoneKnown = false, bool Refuted = false, string? NoneOf = null, string? Status = null, string? Certainty = null)
{
    /// <summary>It may be an allergy: where one is, nothing says "none".</summary>
    [JsonIgnore]
    public bool Unread => Certainty == "unread";

    /// <summary>A danger now: not a statement of none, not refuted, not of the past.</summary>
    [JsonIgnore]
    public bool Stands => !NoneKnown && NoneOf is null && !Refuted && Status is null;

    public const string Room = "allergies";

    public Allergy Checked() => NoneKnown || !string.IsNullOrWhiteSpace(Substance) ? this : throw new RefusedException(RefusalCodes.Invalid, "Indiquez la substance, ou « aucune allergie connue ».");
}

/// <summary>A problem: a diagnosis that matters now (CIM-10) or mattered once.</summary>
/// <param name="Code">CIM-10 code, or null when written freely or coded elsewhere.</param>
/// <param name="Active">False: antecedent.</param>
/// <param name="CodeLabel">What the code meant in <paramref name="Edition"/>, which a later edition may say otherwise; null where no edition was loaded.</param>
/// <param name="Certainty">"unconfirmed", "provisional", "differential" (one of several that it may be), "refuted" (then the entry is withdrawn), or another word of the source's; null when it is taken as sure.</param>
public sealed record Problem(string Label, string? Code, bool Active, DateOnly? Since, DateOnly? Until = null, string? Category = null, string? ForeignCode = null, string? CodeLabel = null, string? Edition = null, string? Certainty = null)
{
    public const string Room = "problems";

    public Problem Checked() => !string.IsNullOrWhiteSpace(Label) ? this : throw new RefusedException(RefusalCodes.Invalid, "Indiquez le problème ou l'antécédent.");
}
