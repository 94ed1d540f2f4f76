namespace Serment.Records.Observations;

/// <summary>A measured quantity: its LOINC code, French label, UCUM unit, what is possible at all, and the usual range of an adult.</summary>
/// <param name="Low">Below is highlighted; null when there is no usual range.</param>
public sealed record VitalSign(string Loinc, string Short, string Label, string Unit, decimal Minimum, decimal Maximum, decimal? Low, decimal? High, int Decimals)
{
    public static VitalSign Systolic { get; } = new("8480-6", "PAS", "Pression artérielle systolique", "mmHg", 30, 300, 90, 160, 0);
    public static VitalSign Diastolic { get; } = new("8462-4", "PAD", "Pression artérielle diastolique", "mmHg", 10, 200, 50, 100, 0);
    public static VitalSign Pulse { get; } = new("8867-4", "FC", "Fréquence cardiaque", "/min", 10, 300, 50, 110, 0);
    public static VitalSign Temperature { get; } = new("8310-5", "T°", "Température", "°C", 25, 45, 36, 38, 1);
    public static VitalSign Saturation { get; } = new("2708-6", "SpO₂", "Saturation en oxygène", "%", 30, 100, 94, null, 0);
    public static VitalSign Respiration { get; } = new("9279-1", "FR", "Fréquence respiratoire", "/min", 3, 90, 12, 20, 0);
    public static VitalSign Pain { get; } = new("72514-3", "EVA", "Douleur", "/10", 0, 10, null, 3, 0);
    public static VitalSign Weight { get; } = new("29463-7", "Poids", "Poids", "kg", 0.2m, 500, null, null, 1);
    public static VitalSign Height { get; } = new("8302-2", "Taille", "Taille", "cm", 20, 260, null, null, 0);
    public static VitalSign Glucose { get; } = new("41653-7", "Glyc.", "Glycémie capillaire", "g/L", 0.1m, 12, 0.7m, 1.8m, 2);
    public static VitalSign Diuresis { get; } = new("9192-6", "Diurèse", "Diurèse des 24 h", "mL", 0, 20000, 500, null, 0);

    public static IReadOnlyList<VitalSign> All { get; } = [Systolic, Diastolic, Pulse, Temperature, Saturation, Respiration, Pain, Glucose, Diuresis, Weight, Height];

    public static VitalSign? Of(string loinc) => All.FirstOrDefault(v => v.Loinc == loinc);

    /// <exception cref="RefusedException">No living person has such a value: most likely a typing error or another unit.</exception>
    public decimal Checked(decimal value) => value >= Minimum && value <= Maximum
        ? decimal.Round(value, Decimals)
        : throw new RefusedException(RefusalCodes.Invalid, $"{Label} : {value.ToString(ClinicalTime.French)} {Unit} est hors du possible ({Minimum.ToString(ClinicalTime.French)} à {Maximum.ToString(ClinicalTime.French)}). Vérifiez la saisie.");

    public bool Unusual(decimal value) => value < Low || value > High;
}

/// <summary>One value of one sign.</summary>
public sealed record Measure(string Loinc, decimal Value, string Unit);

/// <summary>What was measured together, at one moment.</summary>
public sealed record VitalSet(IReadOnlyList<Measure> Measures, string? Remark = null)
{
    public const string Room = "vitals";
}
