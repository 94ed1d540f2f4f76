using System.Text;
using System.Text.Json;
using Serment.Server.Commands;

namespace Serment.Server.Exports;

/// <summary>Whether an archive is whole and is what the establishment signed; needs its journal's public key and nothing else.</summary>
internal static class ExportCheck
{
    /// <returns>The manifest, and what is wrong: nothing when the archive is whole.</returns>
    public static async Task<(ExportManifest? Manifest, IReadOnlyList<string> Faults)> OfAsync(string directory, NoteKey key, CancellationToken cancel = default)
    {
        var archive = new ExportArchive(directory);
        if (!File.Exists(archive.Manifest) || !File.Exists(archive.Note)) return (null, ["L'archive n'a pas de manifeste signé : l'export n'est pas terminé, ou ce n'en est pas un."]);
        var bytes = await File.ReadAllBytesAsync(archive.Manifest, cancel).ConfigureAwait(false);
        ExportManifest manifest;
        try { manifest = JsonSerializer.Deserialize<ExportManifest>(bytes, WireJson.Options) ?? throw new JsonException(); }
        catch (JsonException) { return (null, ["manifest.json est illisible."]); }
        var faults = new List<string>();
        if (!Signed(await File.ReadAllTextAsync(archive.Note, cancel).ConfigureAwait(false), ExportManifest.NoteText(manifest.Cell, manifest.Export, bytes), key))
            faults.Add($"manifest.json n'est pas celui que la clé « {key.Name} » a signé.");
        try { Checkpoint.Open(manifest.Checkpoint, key, "manifest.json"); }
        catch (JournalFaultException no) { faults.Add(no.Fault.Message); }
        if (manifest.Parts.Sum(part => part.Patients) != manifest.Patients) faults.Add("Les blocs ne font pas le nombre de patients annoncé.");
        foreach (var part in manifest.Parts)
        {
            if (!archive.Has(part.Block)) { faults.Add($"Le bloc {part.Block} manque."); continue; }
            var found = await archive.PartAsync(part.Block, part.Patients, cancel).ConfigureAwait(false);
            if (found.Keys != part.Keys) faults.Add($"{Path.GetFileName(archive.Keys(part.Block))} n'est pas celui du manifeste.");
            if (found.Rows != part.Rows) faults.Add($"{Path.GetFileName(archive.Rows(part.Block))} n'est pas celui du manifeste ({found.RowCount} lignes, {part.RowCount} annoncées).");
        }
        if (Directory.EnumerateFiles(directory, "*.keys.cms").Count() != manifest.Parts.Count) faults.Add("L'archive contient des blocs que le manifeste n'annonce pas.");
        return (manifest, faults);
    }

    /// <summary>Whether a note is that text, signed by that key.</summary>
    internal static bool Signed(string note, string text, NoteKey key) =>
        note.StartsWith(text + "\n", StringComparison.Ordinal) && note[(text.Length + 1)..].TrimEnd('\n').Split(' ') is ["—", var name, var signature]
        && name == key.Name && Checkpoint.Base64(signature, 68) is { } bytes && bytes.AsSpan(0, 4).SequenceEqual(key.Hash) && key.Verifies(Encoding.UTF8.GetBytes(text), bytes.AsSpan(4));
}
