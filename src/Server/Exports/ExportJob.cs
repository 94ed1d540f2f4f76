using System.Text.Json;
using Serment.Records.Entries;

namespace Serment.Server.Exports;

/// <summary>
/// Writes the archive of an approved export: sealed rows as they lie, and per block the keys that the Custodian sealed to the
/// recipient. Nothing is decrypted here and nothing could be. Cut off, it goes on with the first block that is missing.
/// </summary>
internal sealed class ExportJob(Signer machine, CustodianClient custodian, CellStatus cell, EntriesDoor entries, string directory)
{
    private readonly ExportArchive _archive = new(directory);

    /// <param name="progress">Blocks done, of how many.</param>
    /// <returns>The manifest that was signed.</returns>
    public async Task<ExportManifest> RunAsync(Action<int, int> progress, CancellationToken cancel = default)
    {
        var export = await machine.AskAsync(ExportVerbs.Own, Nothing.AtAll, cancel).ConfigureAwait(false);
        Directory.CreateDirectory(directory);
        var parts = new List<ExportedPart>();
        for (var block = 0; block < export.Blocks; block++)
        {
            if (!_archive.Has(block)) await BlockAsync(export, block, cancel).ConfigureAwait(false);
            parts.Add(await _archive.PartAsync(block, Math.Min(1000, export.Patients - 1000 * block), cancel).ConfigureAwait(false));
            progress(block + 1, export.Blocks);
        }
        var note = (await custodian.AskUnsignedAsync(CellVerbs.Checkpoint, cell.Cell, Nothing.AtAll, cancel).ConfigureAwait(false)).Note;
        var manifest = new ExportManifest(ExportManifest.CurrentFormat, cell.Cell, cell.Name, export.Export, export.Recipient, export.Fingerprint, export.Domains, export.Names, export.Patients, export.Digest, DateTimeOffset.UtcNow, note, parts, export.Project);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, WireJson.Options);
        var signed = await machine.AskAsync(ExportVerbs.Seal, new SealExport(export.Export, bytes), cancel).ConfigureAwait(false);
        await ExportArchive.WriteAsync(_archive.Manifest, stream => stream.WriteAsync(bytes, cancel).AsTask()).ConfigureAwait(false);
        await ExportArchive.WriteAsync(_archive.Note, stream => stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(signed.Note), cancel).AsTask()).ConfigureAwait(false);
        return manifest;
    }

    private async Task BlockAsync(ExportLine export, int block, CancellationToken cancel)
    {
        var given = await machine.AskAsync(ExportVerbs.Block, new BlockOfExport(export.Export, block), cancel).ConfigureAwait(false);
        await ExportArchive.WriteAsync(_archive.Rows(block), async stream =>
        {
            await foreach (var row in entries.SealedAsync(given.Ids, export.Domains, cancel).ConfigureAwait(false))
            {
                await JsonSerializer.SerializeAsync(stream, new ExportedRow(row.Entry, row.Version, row.Patient, row.Domain, row.KeyVersion, row.WrittenAt.ToUnixTimeMilliseconds(), row.Salt, row.Commitment, row.Sealed), WireJson.Options, cancel).ConfigureAwait(false);
                stream.WriteByte((byte)'\n');
            }
        }).ConfigureAwait(false);
        await ExportArchive.WriteAsync(_archive.Keys(block), stream => stream.WriteAsync(given.Keys, cancel).AsTask()).ConfigureAwait(false);
    }
}
