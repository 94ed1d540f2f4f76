using Serment.Records.History;

namespace Serment.Server.Ui.Chart;

/// <summary>One allergy, or what was said instead of one, in a few words.</summary>
internal static class AllergyWords
{
    public static string Of(Texts texts, Allergy allergy) =>
        allergy.NoneKnown ? texts["Aucune allergie connue"]
        : (allergy.NoneOf ?? allergy.Substance) + Mark(texts, allergy) switch { null => "", var mark => $" ({mark})" };

    /// <summary>What keeps it from being taken as sure and of now, or null.</summary>
    public static string? Mark(Texts texts, Allergy allergy) =>
        (allergy.Refuted, allergy.Status, allergy.Certainty) switch
        {
            (_, _, "unread") => null,
            (true, _, _) => texts["écartée"],
            (_, "resolved", _) => texts["résolue"],
            (_, "inactive", _) => texts["inactive"],
            (_, { } other, _) => other,
            (_, _, "unconfirmed") => texts["non confirmée"],
            (_, _, var certainty) => certainty,
        };
}
