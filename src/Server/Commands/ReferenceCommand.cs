using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serment.Exchange.References;
using Serment.Records.History;

namespace Serment.Server.Commands;

/// <summary>
/// serment reference load: takes the official files of a public list into this data directory, whole or not at all. Run it on
/// each machine that runs one of the two processes; nothing personal is in it, and no process has to be restarted.
/// </summary>
internal static partial class ReferenceCommand
{
    private const long Largest = 256 << 20;
    private const string Help = """
        serment reference load cog DIR|FICHIER [--data DIR] [--json]
            Lieux de naissance (INSEE, code officiel géographique) : communes depuis 1943, pays depuis 1943,
            et la liste de l'année, qui ajoute les arrondissements. Un dossier : tous ses fichiers reconnus à leur en-tête.
        serment reference load cim10 DIR|FICHIER [--edition AAAA] [--data DIR] [--json]
            CIM-10 de l'ATIH (LIBCIM10MULTI, séparée par tabulations ou barres). L'année est prise du nom du fichier.
        Lus : fichiers simples, .gz, .zip (défaites d'abord un .xz : « xz -d »), en UTF-8 ou Latin-1.
        Pas encore : bdpm, ansm, ccam. Gardien et serveur sur deux machines : chargez sur chacune.
        Codes de sortie : 0 chargé, 1 refusé (ligne et colonne sont dites, rien n'est changé), 2 commande mal formée.
        """;

    private sealed record Loaded(string Kind, string Edition, int Rows, int Files, int LeftAside);

    public static Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help")) { Console.WriteLine(Help); return Task.FromResult(0); }
        if (args is not ["load", var kind and ("cog" or "cim10"), .. var rest]) throw new RefusedException("usage", Help);
        var line = new CommandLine(rest, ["--json"], ["--data", "--edition"]);
        if (line.Rest is not [var source]) throw new RefusedException("usage", Help);
        if (!Directory.Exists(line.Data)) throw new RefusedException("cell.none", "Ce dossier de données n'existe pas : vérifiez --data.");
        try
        {
            var loaded = kind == "cog" ? Places(line.Data, source) : Codes(line.Data, source, line.Value("--edition", ""));
            Console.WriteLine(line.Has("--json") ? JsonSerializer.Serialize(loaded, JsonSerializerOptions.Web) : string.Create(ClinicalTime.French,
                $"{(kind == "cog" ? "Lieux de naissance" : "CIM-10")}, édition {loaded.Edition} : {loaded.Rows:N0} lignes de {loaded.Files} fichier(s){(loaded.LeftAside > 0 ? $", {loaded.LeftAside} d'une autre sorte laissé(s) de côté" : "")}. En vigueur tout de suite."));
            return Task.FromResult(0);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new RefusedException("reference.file", "Lecture ou écriture impossible (disque plein, droits, archive abîmée). Rien n'a été changé.");
        }
    }

    private static Loaded Places(string data, string source)
    {
        var (read, aside) = Read(source, CogTable.Read);
        if (!read.Any(file => !file.Table.Countries)) throw new RefusedException("reference.layout", "Aucun fichier de communes de l'INSEE ici (en-tête COM,…,LIBELLE,DATE_DEBUT,DATE_FIN). Rien n'a été changé.");
        var places = CogTable.Together(read.Select(file => file.Table));
        var edition = places.Max(place => place.From > place.Until || place.Until is null ? place.From : place.Until)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "sans date";
        ReferenceFile.Write(data, ReferenceFile.Places, edition, [.. places.Select(OfficialPlaces.Line)]);
        return new Loaded("cog", edition, places.Count, read.Count, aside);
    }

    private static Loaded Codes(string data, string source, string edition)
    {
        var (read, aside) = Read(source, Cim10Table.Read);
        if (read.Count != 1) throw new RefusedException("reference.layout", read.Count == 0 ? "Aucun fichier CIM-10 de l'ATIH ici (code, trois marques, libellé court, libellé long). Rien n'a été changé." : $"{read.Count} fichiers CIM-10 ici : donnez celui de l'édition voulue. Rien n'a été changé.");
        if (edition.Length == 0) edition = Year().Match(read[0].Name).Value;
        if (!Year().IsMatch(edition) || edition.Length != 4) throw new RefusedException("usage", "Le nom du fichier ne dit pas l'année : donnez --edition AAAA.");
        ReferenceFile.Write(data, ReferenceFile.Diagnoses, edition, [.. read[0].Table.Select(diagnosis => diagnosis.Line)]);
        return new Loaded("cim10", edition, read[0].Table.Count, 1, aside);
    }

    /// <summary>Every recognised file of the source; a wrong line in one of them stops everything.</summary>
    private static (IReadOnlyList<(string Name, T Table)> Read, int LeftAside) Read<T>(string source, Func<TextReader, T?> parse) where T : class
    {
        var single = File.Exists(source);
        if (!single && !Directory.Exists(source)) throw new RefusedException("reference.source", "Ce dossier ou fichier n'existe pas.");
        var (read, aside) = (new List<(string, T)>(), 0);
        foreach (var (name, bytes) in (single ? [source] : Directory.GetFiles(source)).Order(StringComparer.Ordinal).SelectMany(Contents))
            try
            {
                using var text = new StringReader(Text(bytes));
                if (parse(text) is { } table) read.Add((name, table));
                else aside++;
            }
            catch (ReferenceFaultException fault)
            {
                throw new RefusedException("reference.line", $"{name}{(fault.Line > 0 ? $", ligne {fault.Line}" : "")}{(fault.Column > 0 ? $", colonne {fault.Column}" : "")} : {fault.Message} Rien n'a été changé.");
            }
        return (read, aside);
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Contents(string file)
    {
        var name = Path.GetFileName(file);
        switch (Path.GetExtension(file).ToLowerInvariant())
        {
            case ".gz":
                using (var packed = File.OpenRead(file))
                using (var plain = new GZipStream(packed, CompressionMode.Decompress)) yield return (name, Whole(plain));
                break;
            case ".zip":
                using (var archive = ZipFile.OpenRead(file))
                    foreach (var entry in archive.Entries.Where(e => e.Length > 0))
                        using (var plain = entry.Open()) yield return ($"{name}/{entry.Name}", Whole(plain));
                break;
            case ".csv" or ".txt" or ".tsv":
                using (var plain = File.OpenRead(file)) yield return (name, Whole(plain));
                break;
            default: yield return (name, []); break;
        }
    }

    private static byte[] Whole(Stream stream)
    {
        using var all = new MemoryStream();
        var part = new byte[1 << 16];
        for (int read; (read = stream.Read(part)) > 0;)
        {
            all.Write(part, 0, read);
            if (all.Length > Largest) throw new RefusedException("reference.size", "Un fichier dépasse 256 Mio : ce n'est pas une de ces listes. Rien n'a été changé.");
        }
        return all.ToArray();
    }

    /// <summary>Older official files are Latin-1.</summary>
    private static string Text(byte[] bytes)
    {
        try { return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes); }
        catch (DecoderFallbackException) { return Encoding.Latin1.GetString(bytes); }
    }

    [GeneratedRegex("(?:19|20)[0-9]{2}")]
    private static partial Regex Year();
}
