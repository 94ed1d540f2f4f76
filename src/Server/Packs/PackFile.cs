using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Serment.Records.Stays;
using Serment.Server.Commands;
using Serment.Server.Exports;

namespace Serment.Server.Packs;

/// <summary>A stay as the pack's device needs it: which bed, since when.</summary>
internal sealed record PackStay(PatientId Patient, BedId? Bed, string FileNumber, StayState State, DateTimeOffset? AdmittedAt, DateTimeOffset? ExpectedExitAt);

/// <summary>A pack as it lies in its file: nothing of it is believed before <see cref="Checked"/>.</summary>
/// <param name="At">The moment that its note names.</param>
internal sealed record ReadPack(ApprovalId Pack, DateTimeOffset At, byte[] Keys, string Note, IReadOnlyList<PackStay> Stays, IReadOnlyList<ExportedRow> Rows)
{
    /// <summary>The journal's key is named after its cell.</summary>
    /// <exception cref="RefusedException">The Custodian of that cell did not sign these keys for that pack and moment.</exception>
    public ReadPack Checked(NoteKey journalKey) =>
        ExportCheck.Signed(Note, PackKeys.NoteText(journalKey.Name.Split('/')[^1], Pack, At, Keys), journalKey) ? this
            : throw new RefusedException("pack.signature", "Ce dossier de secours n'est pas signé par le gardien de cet établissement : ne vous y fiez pas, reprenez le précédent.");
}

/// <summary>A pack's one file, a ZIP: keys sealed to the device, the signature over them, sealed rows as they lie, nameless stays. docs/formats/pack.md.</summary>
internal static class PackFile
{
    private const string Keys = "keys.cms", Note = "keys.note", Rows = "rows.ndjson", Stays = "stays.json", Pack = "pack.txt";

    /// <summary>Nothing has its name before it is on the disk: a device that fetches meanwhile gets the one before.</summary>
    public static Task WriteAsync(string file, RefreshedPack fresh, IEnumerable<ExportedRow> rows, IReadOnlyList<PackStay> stays, CancellationToken cancel) => ExportArchive.WriteAsync(file, async stream =>
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        await PutAsync(Pack, Encoding.UTF8.GetBytes($"{fresh.Pack}")).ConfigureAwait(false);
        await PutAsync(Keys, fresh.Keys).ConfigureAwait(false);
        await PutAsync(Note, Encoding.UTF8.GetBytes(fresh.Note)).ConfigureAwait(false);
        await PutAsync(Stays, JsonSerializer.SerializeToUtf8Bytes(stays, WireJson.Options)).ConfigureAwait(false);
        await using var lines = await zip.CreateEntry(Rows, CompressionLevel.NoCompression).OpenAsync(cancel).ConfigureAwait(false);
        foreach (var row in rows)
        {
            await JsonSerializer.SerializeAsync(lines, row, WireJson.Options, cancel).ConfigureAwait(false);
            lines.WriteByte((byte)'\n');
        }

        async Task PutAsync(string name, byte[] bytes)
        {
            await using var part = await zip.CreateEntry(name, CompressionLevel.NoCompression).OpenAsync(cancel).ConfigureAwait(false);
            await part.WriteAsync(bytes, cancel).ConfigureAwait(false);
        }
    });

    /// <exception cref="RefusedException">Not a pack, or not a whole one.</exception>
    public static ReadPack Read(string file)
    {
        try
        {
            using var zip = ZipFile.OpenRead(file);
            var note = Encoding.UTF8.GetString(Part(Note));
            if (note.Split('\n') is not [PackKeys.CurrentFormat, _, _, var at, ..] || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var moment)) throw new InvalidDataException();
            return new ReadPack(Id.Parse<ApprovalId>(Encoding.UTF8.GetString(Part(Pack))), DateTimeOffset.FromUnixTimeMilliseconds(moment), Part(Keys), note, JsonSerializer.Deserialize<IReadOnlyList<PackStay>>(Part(Stays), WireJson.Options)!,
                [.. Encoding.UTF8.GetString(Part(Rows)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<ExportedRow>(line, WireJson.Options)!)]);

            byte[] Part(string name)
            {
                using var part = (zip.GetEntry(name) ?? throw new InvalidDataException()).Open();
                using var bytes = new MemoryStream();
                part.CopyTo(bytes);
                return bytes.ToArray();
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or FormatException or JsonException or ArgumentOutOfRangeException)
        {
            throw new RefusedException("pack.file", "Ce fichier n'est pas un dossier de secours entier : reprenez le dernier qui a été récupéré.");
        }
    }
}
