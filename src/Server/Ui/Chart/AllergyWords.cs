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
            (_, _, var certainty) => Certainty(texts, certainty),
        };

    /// <summary>What a physician may say of how sure it is; null: sure.</summary>
    public static IReadOnlyList<string?> Certainties { get; } = [null, "unconfirmed"];

    /// <summary>Null when it is taken as sure.</summary>
    public static string? Certainty(Texts texts, string? certainty) => certainty switch { null or "" => null, "unconfirmed" => texts["non confirmée"], _ => certainty };
}
