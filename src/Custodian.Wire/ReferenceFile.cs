using System.Globalization;

namespace Serment.Custodian.Wire;

/// <summary>
/// A public list (birth places, diagnoses) as `serment reference load` leaves it in a data directory for whichever process
/// runs there: a head line, then one line each. Nothing personal is in it. docs/formats/reference.md.
/// </summary>
public sealed class ReferenceFile<T>(string data, string name, Func<string, IReadOnlyList<string>, T> read) where T : class
{
    private readonly string _path = ReferenceFile.PathOf(data, name);
    private readonly Lock _reading = new();
    private (DateTime At, long Length) _seen;
    private T? _current;

    /// <summary>What is loaded now; null when nothing is, or when the file is not whole. Loading again needs no restart.</summary>
    public T? Current
    {
        get
        {
            var file = new FileInfo(_path);
            var there = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
            lock (_reading)
            {
                if (there == _seen) return _current;
                _seen = there;
                return _current = file.Exists ? Read() : null;
            }
        }
    }

    private T? Read()
    {
        try { return ReferenceFile.Read(_path, name) is { } found ? read(found.Edition, found.Lines) : null; }
        catch (Exception fault) when (fault is IOException or FormatException or UnauthorizedAccessException) { return null; }
    }
}

public static class ReferenceFile
{
    public const string Places = "cog", Diagnoses = "cim10";
    private const string Version = "serment-reference-1";

    public static string PathOf(string data, string name) => Path.Combine(data, "reference", $"{name}.tsv");

    /// <summary>Whole or not at all: written beside, made durable, then put in place of the older one.</summary>
    public static void Write(string data, string name, string edition, IReadOnlyCollection<string> lines)
    {
        var path = PathOf(data, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = path + ".part";
        try
        {
            using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write))
            {
                using (var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" })
                {
                    writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Version}\t{name}\t{edition}\t{lines.Count}"));
                    foreach (var line in lines) writer.WriteLine(line);
                }
                stream.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: true);
        }
        finally { File.Delete(part); }
    }

    /// <summary>Null when the file is of another version or kind, or was cut.</summary>
    public static (string Edition, IReadOnlyList<string> Lines)? Read(string path, string name)
    {
        var lines = File.ReadAllLines(path);
        return lines.Length > 0 && lines[0].Split('\t') is [Version, var kind, var edition, var count] && kind == name && count == $"{lines.Length - 1}"
            ? (edition, lines[1..])
            : null;
    }
}
