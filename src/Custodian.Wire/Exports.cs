namespace Serment.Custodian.Wire;

/// <summary>Asks for a bulk export: exactly these patients, these kinds of data, sealed to one recipient. docs/formats/export.md.</summary>
/// <param name="Recipient">Who receives it, as the statement names him.</param>
/// <param name="Reason">What it is for; the statement says it.</param>
/// <param name="Domains">Never the sensitive one.</param>
/// <param name="Names">Also who each patient is.</param>
/// <param name="Certificate">X.509, DER, with an RSA key of 3,072 bits or more: everything is sealed to it.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, P-256, of the machine that writes the archive; it can open none of it.</param>
/// <param name="Hours">From the second signature on, 1 to 8.</param>
/// <param name="Project">A research extract for that project: no names, pseudonyms of its own, 11 patients or more; the recipient minimises (decision 0016).</param>
public sealed record ProposeExport(string Recipient, string Reason, IReadOnlyList<Domain> Domains, bool Names, PatientSelection Patients, byte[] Certificate, byte[] PublicKey, int Hours, string? Project = null);

/// <param name="Fingerprint">SHA-256 of the recipient's certificate, hexadecimal.</param>
/// <param name="Blocks">Of at most 1,000 patients each, numbered from 0.</param>
/// <param name="Released">How many of them were given out.</param>
public sealed record ExportLine(ApprovalId Export, string Recipient, string Fingerprint, IReadOnlyList<Domain> Domains, bool Names, ClientId Client, int Patients, string Digest, int Blocks, int Released, DateTimeOffset From, DateTimeOffset Until, bool Frozen, DateTimeOffset? SealedAt, string? Project = null);

public sealed record ExportLines(IReadOnlyList<ExportLine> Exports);

public sealed record BlockOfExport(ApprovalId Export, int Block);

/// <param name="Ids">Under which the block's sealed rows lie, merged files included.</param>
/// <param name="Keys">CMS EnvelopedData, DER: <see cref="ExportKeys"/> for the recipient alone.</param>
public sealed record ExportedBlock(IReadOnlyList<PatientId> Ids, byte[] Keys);

/// <summary>The archive is whole: its manifest is compared with what was given out, and signed.</summary>
/// <param name="Manifest">The bytes of manifest.json, an <see cref="ExportManifest"/>.</param>
public sealed record SealExport(ApprovalId Export, byte[] Manifest);

/// <param name="Note">Signed by the journal's key.</param>
public sealed record SealedExport(string Note);

/// <summary>At once and for good, by one officer.</summary>
public sealed record FreezeExport(ApprovalId Export, string Reason);

/// <summary>What an archive holds, to the byte.</summary>
/// <param name="Checkpoint">The journal's head once the last block was in it.</param>
public sealed record ExportManifest(string Format, string Cell, string Establishment, ApprovalId Export, string Recipient, string Fingerprint, IReadOnlyList<Domain> Domains, bool Names, int Patients, string Digest, DateTimeOffset At, string Checkpoint, IReadOnlyList<ExportedPart> Parts, string? Project = null)
{
    public const string CurrentFormat = "serment-export-1";

    /// <summary>What is signed of it.</summary>
    public static string NoteText(string cell, ApprovalId export, ReadOnlySpan<byte> manifest) =>
        $"{CurrentFormat}\n{cell}\n{export}\n{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(manifest))}\n";
}

/// <summary>One block: its two files by their SHA-256, hexadecimal.</summary>
public sealed record ExportedPart(int Block, int Patients, string Keys, string Rows, long RowCount);

/// <summary>What only the recipient reads: the keys of one block's patients, and who they are when the export says so.</summary>
public sealed record ExportKeys(string Format, string Cell, ApprovalId Export, int Block, IReadOnlyList<ExportedPatient> Patients);

/// <param name="Patient">The living id; entries may lie under any of the keys' ids.</param>
/// <param name="Subject">In a research extract: who he is there.</param>
public sealed record ExportedPatient(PatientId Patient, ExportedIdentity? Identity, IReadOnlyList<ReleasedKey> Keys, ResearchSubject? Subject = null);

/// <param name="Pseudonym">One way, and of that project alone: 32 hex digits.</param>
/// <param name="Age">In years; 90 stands for 90 and more.</param>
public sealed record ResearchSubject(string Pseudonym, int Age, Sex Sex);

public sealed record ExportedIdentity(string Ipp, IdentityTraits Traits, IdentityStatus Status, bool Doubtful, bool Homonym, bool Fictitious, bool Secret);

/// <summary>A sealed row as it lies in the database. docs/formats/record.md.</summary>
public sealed record ExportedRow(EntryId Entry, int Version, PatientId Patient, Domain Domain, int KeyVersion, long WrittenAt, byte[] Salt, byte[] Commitment, byte[] Sealed);

public static class ExportVerbs
{
    public static readonly Verb<ProposeExport, Proposed> Propose = new("export.propose");
    public static readonly Verb<Nothing, ExportLines> List = new("export.list");
    public static readonly Verb<FreezeExport, Done> Freeze = new("export.freeze");
    /// <summary>Of the asking machine.</summary>
    public static readonly Verb<Nothing, ExportLine> Own = new("export.own");
    public static readonly Verb<BlockOfExport, ExportedBlock> Block = new("export.block");
    public static readonly Verb<SealExport, SealedExport> Seal = new("export.seal");
}
