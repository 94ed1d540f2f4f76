using System.Text.RegularExpressions;
using Serment.Records.History;

namespace Serment.Exchange.References;

/// <summary>The CIM-10 of the ATIH (LIBCIM10MULTI): no header; code, three marks of the PMSI, short and long label, between tabs or bars.</summary>
public static partial class Cim10Table
{
    private const int Columns = 6;

    /// <returns>Null when the first line is no such line: another file.</returns>
    /// <exception cref="ReferenceFaultException">A later one is not.</exception>
    public static IReadOnlyList<Diagnosis>? Read(TextReader file)
    {
        var (all, known) = (new List<Diagnosis>(), new HashSet<string>(StringComparer.Ordinal));
        for (var number = 1L; file.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            var cells = line.TrimStart('\uFEFF').Split(line.Contains('\t', StringComparison.Ordinal) ? '\t' : '|');
            if (number == 1 && (cells.Length != Columns || !Code().IsMatch(cells[0].Trim()))) return null;
            if (cells.Length != Columns) throw new ReferenceFaultException($"{cells.Length} colonnes au lieu de {Columns}.", number);
            var code = cells[0].Trim();
            if (!Code().IsMatch(code)) throw new ReferenceFaultException("Ce n'est pas un code CIM-10.", number, 1);
            if (string.IsNullOrWhiteSpace(cells[5])) throw new ReferenceFaultException("Le libellé long manque.", number, Columns);
            if (!known.Add(code)) throw new ReferenceFaultException("Ce code est déjà plus haut.", number, 1);
            all.Add(new Diagnosis(Diagnosis.Dotted(code), cells[5].Trim()));
        }
        return all.Count > 0 ? all : null;
    }

    [GeneratedRegex(@"^[A-Z][0-9]{2}[0-9+]{0,5}$")]
    private static partial Regex Code();
}
