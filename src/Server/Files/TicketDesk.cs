using System.Security.Cryptography;
using Serment.Records.Documents;
using Serment.Records.Entries;
using Serment.Server.Signing;

namespace Serment.Server.Files;

/// <summary>Asks, in the name of the person of this connection, for leave to send or fetch one file.</summary>
public sealed class TicketDesk(BrowserSession session, FileTickets tickets, FileStore store)
{
    /// <summary>Files up to this size are read through before they are promised; larger ones fail where they are wrong.</summary>
    private const long ReadThrough = 64 << 20;

    /// <summary>Types that a browser shows by itself without running anything that is in them.</summary>
    private static readonly string[] Shown = ["application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"];

    public static bool MayShow(string mediaType) => Shown.Contains(mediaType);

    /// <exception cref="RefusedException">The Custodian says no.</exception>
    public Task<FileTicket> UploadAsync(PatientId patient, Domain domain) => AskAsync(patient, domain, null, null, null);

    /// <exception cref="RefusedException">The Custodian says no, or the file in the store is not the one that was sealed.</exception>
    public async Task<FileTicket> DownloadAsync(OpenedEntry entry, Document document, bool inline)
    {
        var ticket = await AskAsync(entry.Patient, entry.Domain, document.File, document.KeyVersion, new FileOffer(document.MediaType, NameOf(document), inline && MayShow(document.MediaType)));
        try
        {
            await using var file = await store.OpenAsync(ticket.Address, ticket.Key);
            if (file.Length != document.Size) throw new RefusedException("file.altered", "Ce fichier n'a pas la taille de celui qui a été ajouté : il n'est pas remis. Prévenez le référent sécurité.");
            var scratch = new byte[FileSealing.Chunk];
            while (file.Length <= ReadThrough && await file.ReadAsync(scratch) > 0) { }
            CryptographicOperations.ZeroMemory(scratch);
            return ticket;
        }
        catch { CryptographicOperations.ZeroMemory(tickets.Take(ticket.Name, upload: false).Key); throw; }
    }

    /// <summary>
    /// A file that lies inside an entry: the Custodian decides, budgets and journals as for any other of that patient and domain, now
    /// and not when the chart was opened. The entry's id stands for the file's; the key that is lent with the answer opens nothing.
    /// </summary>
    /// <exception cref="RefusedException">The Custodian says no.</exception>
    public Task<FileTicket> OfferAsync(OpenedEntry entry, FileOffer offer, byte[] content) =>
        AskAsync(entry.Patient, entry.Domain, Id.FromBytes<FileId>(Id.Bytes(entry.Entry)), null, offer with { Name = Safe(offer.Name), Inline = offer.Inline && MayShow(offer.MediaType) }, content);

    private async Task<FileTicket> AskAsync(PatientId patient, Domain domain, FileId? file, int? keyVersion, FileOffer? offer, byte[]? content = null)
    {
        var (lent, signature) = await session.AskSignedAsync(ReleaseVerbs.File, new FileKeyAsked(patient, domain, file, "care", keyVersion));
        return tickets.Issue(signature, new FileAddress(session.Cell!.Cell, patient, domain, lent.File), lent, session.Session, offer, content);
    }

    private static string NameOf(Document document) => Safe(document.FileName ?? document.Title);

    private static string Safe(string name) => string.Concat(name.Select(c => char.IsControl(c) || c is '/' or '\\' or ':' or '"' ? '_' : c));
}
