using System.Globalization;
using System.Text;

namespace Serment.Server.Letters;

/// <summary>One letter that is finished, or one patient set aside.</summary>
/// <param name="Seen">The kinds of data that the letter tells of.</param>
/// <param name="Why">Why he is set aside, for whoever tells him in another way.</param>
internal sealed record FinishedLetter(string Ipp, LetterWay Way, IReadOnlyCollection<Domain> Seen, string? Why = null);

/// <summary>
/// What a run has finished, in the folder it writes to: the incident, then one line a letter, on the disk before the Custodian is told. A run that was
/// killed reads it and writes no letter twice. References only, no name. One folder is one incident's: another's lines would pass for its letters.
/// </summary>
internal sealed class LetterBook : IDisposable
{
    private const string Head = "incident";
    private readonly FileStream _file;
    private readonly Dictionary<string, FinishedLetter> _done = [];

    /// <exception cref="RefusedException">The folder is another incident's, or does not say whose its letters are. Nothing was written.</exception>
    public LetterBook(string folder, IncidentId incident)
    {
        var path = Path.Combine(folder, "suivi.tsv");
        var known = File.Exists(path) ? File.ReadAllLines(path) : [];
        foreach (var line in known) Know(line);
        var begun = IsOf(known, incident, folder);
        Commands.OwnerOnly.Directory(folder);
        if (!begun)
        {
            using var made = Commands.OwnerOnly.Create(path);
            made.Write(Encoding.UTF8.GetBytes($"{Head}\t{incident}\n"));
            made.Flush(flushToDisk: true);
        }
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read });
        // The next line stands for itself, whatever was torn before it.
        if (begun) _file.WriteByte((byte)'\n');
    }

    /// <summary>How many parts (PDF files) there are.</summary>
    public int Parts { get; private set; }

    /// <summary>How he was told of all these kinds of data; null where he was not, or of fewer.</summary>
    public LetterWay? Of(string ipp, IEnumerable<Domain> seen) => _done.TryGetValue(ipp, out var letter) && seen.All(letter.Seen.Contains) ? letter.Way : null;

    public void Done(IEnumerable<FinishedLetter> letters, int part)
    {
        var text = new StringBuilder();
        foreach (var letter in letters)
        {
            text.Append(CultureInfo.InvariantCulture, $"{letter.Ipp}\t{letter.Way}\t{part}\t{string.Join(',', letter.Seen)}\t{letter.Why}\n");
            _done[letter.Ipp] = letter;
        }
        _file.Write(Encoding.UTF8.GetBytes(text.ToString()));
        _file.Flush(flushToDisk: true);
        Parts = Math.Max(Parts, part);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Whether this incident's letters were begun here. A folder where nothing was finished, its first line torn by a power cut, is begun again.</summary>
    private bool IsOf(string[] known, IncidentId incident, string folder)
    {
        if (known is [var first, ..] && first.Split('\t') is [Head, var id] && Id.TryParse<IncidentId>(id, out var of))
            return of == incident ? true : throw new RefusedException("letters.folder", $"{folder} est le dossier des lettres d'un autre incident : qui y a déjà une lettre n'en recevrait pas. Rien n'a été écrit ; donnez un autre dossier.");
        // Not taken as this incident's: that would be believing what nobody wrote. Nothing is lost, the Custodian knows who was written to.
        if (_done.Count > 0 || known.Any(line => line.Split('\t').Length == 3))
            throw new RefusedException("letters.folder", $"{folder} ne dit pas de quel incident sont ses lettres (version précédente). Rien n'a été écrit ; donnez un autre dossier : qui a déjà sa lettre de cet incident n'en reçoit pas une seconde.");
        return false;
    }

    /// <summary>A last line that a power cut tore says nothing.</summary>
    private void Know(string line)
    {
        if (line.Split('\t') is not [var ipp, var way, var part, var seen, var why] || !Enum.TryParse<LetterWay>(way, out var known) || !int.TryParse(part, CultureInfo.InvariantCulture, out var number)) return;
        _done[ipp] = new FinishedLetter(ipp, known, [.. seen.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Enum.Parse<Domain>)], why);
        Parts = Math.Max(Parts, number);
    }
}
