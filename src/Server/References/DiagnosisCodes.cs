using Serment.Records.History;

namespace Serment.Server.References;

/// <summary>The edition of the CIM-10 that is loaded here, if any.</summary>
public sealed class DiagnosisCodes(string data)
{
    private readonly ReferenceFile<Diagnoses> _file = new(data, ReferenceFile.Diagnoses, (edition, lines) => new Diagnoses($"CIM-10 FR {edition}", lines.Select(Diagnosis.Parse)));

    public string? Edition => _file.Current?.Edition;

    public IReadOnlyList<string> Suggestions(string typed) => _file.Current is { } diagnoses && typed.Trim().Length > 1 ? [.. diagnoses.Find(typed, 10).Select(d => d.ToString())] : [];

    /// <summary>What a field means: a code alone, or a line chosen from the list. Without an edition loaded, only its form is looked at.</summary>
    /// <exception cref="RefusedException">No such code.</exception>
    public (string? Code, string? Label, string? Edition) CodeOf(string? typed)
    {
        if (string.IsNullOrWhiteSpace(typed)) return default;
        var code = Diagnosis.Dotted(typed.Trim().Split(' ')[0]);
        if (!Diagnosis.WellFormed(code)) throw new RefusedException(RefusalCodes.Invalid, "Code CIM-10 : une lettre, deux chiffres, puis au besoin un point (ex. I10, E11.9), ou choisissez dans la liste.");
        return _file.Current is { } diagnoses ? (code, diagnoses.Checked(code).Label, diagnoses.Edition) : (code, null, null);
    }
}
