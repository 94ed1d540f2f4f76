namespace Serment.Records.Documents;

/// <summary>What the file says of a sealed file: everything that people see of it but its content.</summary>
/// <param name="Kind">One of <see cref="Kinds"/>; decides the domain.</param>
/// <param name="MediaType">As the sender named it, checked for form only; nothing is believed of it but how to offer it.</param>
/// <param name="Size">Bytes of the content.</param>
/// <param name="Sha256">Of the content, 64 lower-case hex digits: the same paper sent twice is recognised.</param>
/// <param name="FileName">As it was called at its sender's.</param>
/// <param name="KeyVersion">Of the keys, under which the file was sealed; the entry itself may be under a later one.</param>
public sealed record Document(string Title, string Kind, string MediaType, long Size, string Sha256, FileId File, string? FileName = null, int KeyVersion = 1)
{
    public const string Room = "documents";
    public const int MaximumTitle = 200;

    /// <summary>Papers of identity and coverage are administrative, what lies apart is sensitive; all others are clinical.</summary>
    public static IReadOnlyList<(string Kind, string Label, Domain Domain)> Kinds { get; } =
    [
        ("report", "Compte rendu", Domain.Clinical),
        ("letter", "Courrier", Domain.Clinical),
        ("laboratory", "Résultat de biologie", Domain.Clinical),
        ("imaging", "Image ou imagerie", Domain.Clinical),
        ("prescription", "Ordonnance", Domain.Clinical),
        ("consent", "Consentement, directives", Domain.Clinical),
        ("other", "Autre document de soins", Domain.Clinical),
        ("protected", "Document protégé", Domain.Sensitive),
        ("identity", "Pièce d'identité", Domain.Administrative),
        ("coverage", "Carte Vitale, mutuelle", Domain.Administrative),
        ("administrative", "Autre pièce administrative", Domain.Administrative),
    ];

    public static string Label(string kind) => Kinds.FirstOrDefault(k => k.Kind == kind).Label ?? "Document";

    /// <exception cref="RefusedException">Not a kind of document.</exception>
    public static Domain DomainOf(string kind) =>
        Kinds.FirstOrDefault(k => k.Kind == kind) is { Kind: not null } known ? known.Domain : throw new RefusedException(RefusalCodes.Invalid, "Choisissez le type du document.");

    /// <exception cref="RefusedException">No title, one too long, or an unknown kind.</exception>
    public Document Checked()
    {
        var title = Title.Trim();
        if (title.Length == 0) throw new RefusedException(RefusalCodes.Invalid, "Donnez un titre au document : c'est lui que vos collègues verront.");
        if (title.Length > MaximumTitle) throw new RefusedException(RefusalCodes.Invalid, $"Le titre dépasse {MaximumTitle} caractères.");
        _ = DomainOf(Kind);
        return this with { Title = title, MediaType = CheckedType(MediaType), FileName = FileName is { Length: > 255 } name ? name[^255..] : FileName };
    }

    private static string CheckedType(string type) =>
        type.Length is > 2 and <= 100 && type.Count(c => c == '/') == 1 && type.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '+' or '_') ? type.ToLowerInvariant() : "application/octet-stream";
}

/// <summary>That a file of the store is spoken of by an entry; one without this row is left over from an upload that did not end.</summary>
public sealed class FileRow
{
    public required FileId File { get; init; }
    public required DateTimeOffset Since { get; init; }
}
