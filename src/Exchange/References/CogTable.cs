using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Serment.Exchange.References;

/// <summary>
/// The files of the code officiel géographique as INSEE publishes them, told apart by their header: communes and countries
/// since 1943, with the days between which they bore a code and a name, and the lists of one year, which add what has no days
/// (the arrondissements of Paris, Lyon and Marseille).
/// </summary>
public static partial class CogTable
{
    /// <param name="Dated">From a list since 1943; one of a year only fills its gaps.</param>
    public sealed record Rows(bool Dated, bool Countries, IReadOnlyList<OfficialPlace> Places);

    private sealed record Layout(string Code, string Label, bool Dated, bool Countries);

    private static readonly Layout[] Layouts =
    [
        new("COM", "LIBELLE", true, false),
        new("COG", "LIBCOG", true, true),
        new("COM", "LIBELLE", false, false),
        new("COG", "LIBCOG", false, true),
    ];

    /// <returns>Null when the header is none of these files'.</returns>
    /// <exception cref="ReferenceFaultException">A line is not as the header promises.</exception>
    public static Rows? Read(TextReader file)
    {
        if (file.ReadLine() is not { } head) return null;
        var names = Cells(head.TrimStart('\uFEFF'), 1).ToList();
        int At(string name) => names.IndexOf(name);
        var dated = At("DATE_DEBUT") >= 0 && At("DATE_FIN") >= 0;
        if (Layouts.FirstOrDefault(l => At(l.Code) >= 0 && At(l.Label) >= 0 && l.Dated == dated && (l.Dated || At("TYPECOM") >= 0 || At("ACTUAL") >= 0)) is not { } layout) return null;
        var (code, label, from, until, kind) = (At(layout.Code), At(layout.Label), At("DATE_DEBUT"), At("DATE_FIN"), At("TYPECOM"));
        var places = new List<OfficialPlace>();
        for (var number = 2L; file.ReadLine() is { } line; number++)
        {
            if (line.Length == 0) continue;
            var cells = Cells(line, number);
            if (cells.Count != names.Count) throw new ReferenceFaultException($"{cells.Count} colonnes au lieu de {names.Count}.", number);
            // Delegated and associated communes share the code of a commune that was; the list since 1943 tells when.
            if (kind >= 0 && cells[kind] is not ("COM" or "ARM")) continue;
            if (cells[code].Length == 0) continue;
            if (!Code().IsMatch(cells[code])) throw new ReferenceFaultException("Ce n'est pas un code officiel géographique de 5 caractères.", number, code + 1);
            if (string.IsNullOrWhiteSpace(cells[label])) throw new ReferenceFaultException("Le libellé manque.", number, label + 1);
            var (first, last) = layout.Dated ? (Day(cells[from], number, from), Day(cells[until], number, until)) : (null, null);
            if (last < first) throw new ReferenceFaultException("La date de fin précède celle de début.", number, until + 1);
            // The list begins in 1943: what stood then may be as old as it likes.
            places.Add(new OfficialPlace(cells[code], Plain(cells[label]), first == Start ? null : first, last));
        }
        return places.Count > 0 ? new Rows(layout.Dated, layout.Countries, places) : throw new ReferenceFaultException("Le fichier n'a que son en-tête.");
    }

    /// <summary>One list of all: those since 1943, and what only the lists of a year know.</summary>
    public static IReadOnlyList<OfficialPlace> Together(IEnumerable<Rows> files)
    {
        var all = files.ToArray();
        var dated = all.Where(f => f.Dated).SelectMany(f => f.Places).Distinct().ToArray();
        var known = dated.Select(p => p.Code).ToHashSet();
        return [.. dated.Concat(all.Where(f => !f.Dated).SelectMany(f => f.Places).Where(p => !known.Contains(p.Code)).DistinctBy(p => p.Code)).OrderBy(p => p.Code, StringComparer.Ordinal).ThenBy(p => p.From)];
    }

    private static readonly DateOnly Start = new(1943, 1, 1);

    private static DateOnly? Day(string text, long line, int column) =>
        text.Length == 0 ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new ReferenceFaultException("Ce n'est pas une date (aaaa-mm-jj).", line, column + 1);

    private static string Plain(string label) => label.Replace('\t', ' ').Trim();

    /// <summary>RFC 4180, one record a line: a quoted cell may hold commas and doubled quotes.</summary>
    private static List<string> Cells(string line, long number)
    {
        var (cells, cell, quoted) = (new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < line.Length; i++)
            switch (line[i])
            {
                case '"' when quoted && i + 1 < line.Length && line[i + 1] == '"': cell.Append('"'); i++; break;
                case '"': quoted = !quoted; break;
                case ',' when !quoted: cells.Add(cell.ToString()); cell.Clear(); break;
                default: cell.Append(line[i]); break;
            }
        if (quoted) throw new ReferenceFaultException("Un guillemet n'est pas refermé.", number, cells.Count + 1);
        cells.Add(cell.ToString());
        return cells;
    }

    [GeneratedRegex("^(?:[0-9]{5}|2[AB][0-9]{3})$")]
    private static partial Regex Code();
}
