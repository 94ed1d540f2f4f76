using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Exchange.Fhir;
using Serment.Records.Entries;

namespace Serment.Server.Commands;

/// <summary>What became of the resources of one type. The six add up to how many there were.</summary>
internal sealed class Outcome
{
    public const string Stored = "stored", Attachment = "attachments", Protected = "protected", Known = "known", Named = "named", Refused = "refused";
    public static readonly string[] All = [Stored, Attachment, Protected, Known, Named, Refused];

    public static string Of(Translation from) => from switch { { Entry.Domain: Domain.Sensitive } => Protected, { Fate: Fate.Stored } => Stored, { Fate: Fate.Attachment } => Attachment, { Fate: Fate.Named } => Named, _ => Refused };
}

/// <summary>What lay there and was not read.</summary>
internal sealed class ImportLeft
{
    /// <summary>A file called Dupont.Jeanne has no type to print.</summary>
    private static readonly HashSet<string> Printable = [".xml", ".xlsx", ".csv", ".tsv", ".txt", ".md", ".html", ".pdf", ".doc", ".docx", ".rtf", ".zip", ".tar", ".tgz", ".7z", ".hl7", ".vcf", ".dcm", ".cda", ".png", ".jpg", ".jpeg", ".tif", ".tiff"];
    private readonly SortedDictionary<string, int> _types = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, int> Types => _types;
    public int Files => _types.Values.Sum();
    public int Folders { get; set; }

    public void Add(string extension)
    {
        var type = Printable.Contains(extension) ? extension : "autre";
        _types[type] = _types.GetValueOrDefault(type) + 1;
    }
}

/// <summary>
/// Counts, refusals and the progress bar of an import. Names no patient; some archives call their files after the people in
/// them, so a file is called by its number in the order of names and a digest of what is in it.
/// </summary>
internal sealed class ImportReport(FileInfo[] files, ImportLeft left)
{
    private const int RefusalsShown = 20, RefusalsKept = 1000;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Dictionary<string, int>> _types = new(StringComparer.Ordinal);
    private readonly List<RefusedLine> _refusals = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly long _bytes = files.Sum(file => file.Exists ? file.Length : 0);
    private readonly Dictionary<FileInfo, string> _digests = [];
    private int _patients, _digits, _files, _resources;
    private long _done;

    /// <param name="File">Its place among the files read, in the order of their names, from 1.</param>
    /// <param name="Sha256">First 12 digits of the digest of its bytes: tells which file it is to whoever holds it.</param>
    /// <param name="Line">0 when the file as a whole is meant.</param>
    private sealed record RefusedLine(int File, string Sha256, long Line, long Column, string Type, string Why);

    public int Refused { get; private set; }

    /// <summary>All that lay there was taken over.</summary>
    public bool Whole => Refused == 0 && left is { Files: 0, Folders: 0 };

    public void Count(FileInfo file, Translation translation, string outcome)
    {
        lock (_gate)
        {
            var type = FhirTranslation.IsKnownType(translation.From.Type) ? translation.From.Type : "(autre)";
            if (!_types.TryGetValue(type, out var counts)) _types[type] = counts = [];
            counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            _resources++;
            if (outcome == Outcome.Refused) Refuse(Named(file, translation.From.Broken?.Line ?? translation.From.Line, translation.From.Broken?.Column ?? 0, type, translation.Why ?? ""));
        }
    }

    public void RefuseFile(FileInfo file, long line, long column, string why)
    {
        lock (_gate) Refuse(Named(file, line, column, "fichier", why));
    }

    public void Person(SourcePerson person)
    {
        lock (_gate) { _patients++; if (person.DigitsDropped) _digits++; }
    }

    public void FileDone(long length) { lock (_gate) { _done += length; _files++; } }

    private RefusedLine Named(FileInfo file, long line, long column, string type, string why)
    {
        if (!_digests.TryGetValue(file, out var digest)) _digests[file] = digest = Digest(file);
        return new RefusedLine(Array.IndexOf(files, file) + 1, digest, line, column, type, why);
    }

    private static string Digest(FileInfo file)
    {
        try
        {
            using var stream = file.OpenRead();
            return Convert.ToHexStringLower(SHA256.HashData(stream))[..12];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return "illisible"; }
    }

    private void Refuse(RefusedLine line)
    {
        Refused++;
        if (_refusals.Count < RefusalsKept) _refusals.Add(line);
    }

    public string Json()
    {
        lock (_gate)
            return JsonSerializer.Serialize(new
            {
                files = _files,
                filesLeftAside = left.Files,
                leftAside = left.Types,
                foldersLeftAside = left.Folders,
                patients = _patients,
                namesWithoutDigits = _digits,
                resources = _resources,
                types = _types.ToDictionary(t => t.Key, t => Outcome.All.ToDictionary(o => o, o => t.Value.GetValueOrDefault(o))),
                refused = Refused,
                refusals = _refusals,
                seconds = Math.Round(_watch.Elapsed.TotalSeconds, 3),
                perSecond = Math.Round(_resources / _watch.Elapsed.TotalSeconds),
            }, Shape) + "\n";
    }

    public string Text()
    {
        lock (_gate)
        {
            var text = new StringBuilder();
            text.AppendLine(CultureInfo.InvariantCulture, $"{"",-28}{"enregistrées",14}{"gardées",10}{"protégées",11}{"connues",10}{"citées",10}{"refusées",10}");
            foreach (var (type, counts) in _types) Row(type, counts);
            Row("Total", Outcome.All.ToDictionary(o => o, o => _types.Values.Sum(c => c.GetValueOrDefault(o))));
            foreach (var same in _refusals.GroupBy(r => (r.Type, r.Why)).OrderBy(g => g.Count()).Take(RefusalsShown))
            {
                var first = same.First();
                text.AppendLine(CultureInfo.InvariantCulture, $"refusé : fichier {first.File} (sha256 {first.Sha256}…){(first.Line > 0 ? $", ligne {first.Line}" : "")}{(first.Column > 0 ? $", colonne {first.Column}" : "")} : {same.Key.Type} — {same.Key.Why}{(same.Count() > 1 ? $" (et {same.Count() - 1} autres)" : "")}");
            }
            if (_refusals.Select(r => (r.Type, r.Why)).Distinct().Count() is var kinds && kinds > RefusalsShown) text.AppendLine(CultureInfo.InvariantCulture, $"… et {kinds - RefusalsShown} autres sortes de refus : voir --json.");
            if (_types.Values.Sum(c => c.GetValueOrDefault(Outcome.Protected)) is > 0 and var kept) text.AppendLine(string.Create(ClinicalTime.French, $"{kept:N0} ressources protégées (génétique, ou marquées ainsi par la source) : chacune s'ouvre par un geste, sous l'onglet Protégé du dossier."));
            if (_digits > 0) text.AppendLine(CultureInfo.InvariantCulture, $"{_digits} patients inventés : les chiffres de leurs noms ont été laissés de côté.");
            if (left.Files > 0) text.AppendLine(CultureInfo.InvariantCulture, $"{left.Files} fichiers d'un autre type n'ont pas été lus ({string.Join(", ", left.Types.Select(t => $"{t.Value} {t.Key}"))}).");
            if (left.Folders > 0) text.AppendLine(CultureInfo.InvariantCulture, $"{left.Folders} sous-dossiers n'ont pas été lus (droits, ou liens).");
            text.AppendLine(string.Create(ClinicalTime.French, $"{_files} fichiers, {_patients} patients, {_resources:N0} ressources en {_watch.Elapsed.TotalSeconds:N1} s ({_resources / _watch.Elapsed.TotalSeconds:N0} par seconde)."));
            return text.ToString();

            void Row(string name, Dictionary<string, int> counts) =>
                text.AppendLine(string.Create(ClinicalTime.French, $"{name,-28}{counts.GetValueOrDefault(Outcome.Stored),14:N0}{counts.GetValueOrDefault(Outcome.Attachment),10:N0}{counts.GetValueOrDefault(Outcome.Protected),11:N0}{counts.GetValueOrDefault(Outcome.Known),10:N0}{counts.GetValueOrDefault(Outcome.Named),10:N0}{counts.GetValueOrDefault(Outcome.Refused),10:N0}"));
        }
    }

    /// <summary>A bar on the error output once it has lasted two seconds, when somebody can see it.</summary>
    public IDisposable Show() => Console.IsErrorRedirected ? new MemoryStream() : new Timer(_ => Draw(), null, 2000, 250);

    private void Draw()
    {
        lock (_gate)
        {
            var part = _bytes == 0 ? 0 : Math.Min(1, (double)_done / _bytes);
            Console.Error.Write(string.Create(ClinicalTime.French, $"\r{ProgressBar.Of(part)}{_resources:N0} ressources, {_resources / _watch.Elapsed.TotalSeconds:N0}/s   {(part >= 1 ? "\n" : "")}"));
        }
    }

    private static readonly JsonSerializerOptions Shape = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = EntryJson.Options.Encoder };
}
