using Microsoft.EntityFrameworkCore;
using Serment.Records.Entries;

namespace Serment.Records.Documents;

/// <summary>The one door to documents: the entry that describes a sealed file, and the mark that the file is wanted, written together.</summary>
public sealed class DocumentsDoor(RecordsDatabase database, EntriesDoor entries)
{
    /// <summary>Call it when the file lies whole in the store, not before.</summary>
    /// <exception cref="RefusedException">The description is not one, the disk is full, or the file is described already.</exception>
    public Task KeepAsync(FileKeys keys, NewEntry entry, Document document, DateTimeOffset now, CancellationToken cancel = default)
    {
        if (Document.DomainOf(document.Kind) != entry.Domain) throw new RefusedException(RefusalCodes.Invalid, "Ce type de document appartient à un autre domaine du dossier.");
        return entries.WriteAsync(keys, [entry], db => db.Files.Add(new FileRow { File = document.File, Since = now }), now, cancel);
    }

    /// <summary>Of those files of the store, the ones that an entry speaks of.</summary>
    public async Task<IReadOnlySet<FileId>> KeptAsync(IReadOnlyCollection<FileId> files, CancellationToken cancel = default)
    {
        await using var db = database.Open();
        return (await db.Files.Where(f => files.Contains(f.File)).Select(f => f.File).ToListAsync(cancel).ConfigureAwait(false)).ToHashSet();
    }
}
