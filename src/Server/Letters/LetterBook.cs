using System.Text;

namespace Serment.Server.Letters;

/// <summary>
/// What a run has finished, in the folder it writes to: one line a letter, on the disk before the Custodian is told. A run that was killed
/// reads it and writes no letter twice. References only, no name.
/// </summary>
internal sealed class LetterBook : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, LetterWay> _done = [];

    public LetterBook(string folder)
    {
        Commands.OwnerOnly.Directory(folder);
        var path = Path.Combine(folder, "suivi.tsv");
        if (File.Exists(path))
            foreach (var line in File.ReadAllLines(path))
                // A last line that a power cut tore says nothing.
                if (line.Split('\t') is [var ipp, var way, var part] && Enum.TryParse<LetterWay>(way, out var known)) { _done[ipp] = known; Parts = Math.Max(Parts, int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)); }
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read });
        // The next line stands for itself, whatever was torn before it.
        if (_file.Position > 0) _file.WriteByte((byte)'\n');
    }

    /// <summary>How many parts (PDF files) there are.</summary>
    public int Parts { get; private set; }

    public LetterWay? Of(string ipp) => _done.TryGetValue(ipp, out var way) ? way : null;

    public void Done(IEnumerable<(string Ipp, LetterWay Way)> letters, int part)
    {
        var text = new StringBuilder();
        foreach (var (ipp, way) in letters)
        {
            text.Append(ipp).Append('\t').Append(way).Append('\t').Append(part).Append('\n');
            _done[ipp] = way;
        }
        _file.Write(Encoding.ASCII.GetBytes(text.ToString()));
        _file.Flush(flushToDisk: true);
        Parts = Math.Max(Parts, part);
    }

    public void Dispose() => _file.Dispose();
}
