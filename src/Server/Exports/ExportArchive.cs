using System.Security.Cryptography;
using System.Text.Json;

namespace Serment.Server.Exports;

/// <summary>Where the parts of an archive lie. docs/formats/export.md.</summary>
internal sealed class ExportArchive(string directory)
{
    public string Manifest => Path.Combine(directory, "manifest.json");
    public string Note => Path.Combine(directory, "manifest.note");

    public string Keys(int block) => Path.Combine(directory, $"{block:D5}.keys.cms");

    public string Rows(int block) => Path.Combine(directory, $"{block:D5}.rows.ndjson");

    /// <summary>A sealed file as it lies in the store, under its random name.</summary>
    public string File(FileId file) => Path.Combine(directory, "files", file.ToString()[..2], file.ToString());

    /// <summary>Both files of a block lie here whole: they get their names last.</summary>
    public bool Has(int block) => System.IO.File.Exists(Keys(block)) && System.IO.File.Exists(Rows(block));

    public async Task<ExportedPart> PartAsync(int block, int patients, CancellationToken cancel) =>
        new(block, patients, await HashAsync(Keys(block), cancel).ConfigureAwait(false), await HashAsync(Rows(block), cancel).ConfigureAwait(false), await LinesAsync(Rows(block), cancel).ConfigureAwait(false));

    /// <summary>Nothing has its name before it is on the disk.</summary>
    public static async Task WriteAsync(string file, Func<Stream, Task> write)
    {
        var part = file + ".part";
        await using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            await write(stream).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }
        System.IO.File.Move(part, file, overwrite: true);
    }

    public static async IAsyncEnumerable<ExportedRow> ReadAsync(string file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var line in System.IO.File.ReadLinesAsync(file, cancel).ConfigureAwait(false))
            yield return JsonSerializer.Deserialize<ExportedRow>(line, WireJson.Options)!;
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancel)
    {
        await using var stream = System.IO.File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false));
    }

    private static async Task<long> LinesAsync(string file, CancellationToken cancel)
    {
        var lines = 0L;
        await foreach (var _ in System.IO.File.ReadLinesAsync(file, cancel).ConfigureAwait(false)) lines++;
        return lines;
    }
}
