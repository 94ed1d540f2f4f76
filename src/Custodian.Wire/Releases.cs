namespace Serment.Custodian.Wire;

/// <summary>Asks for the keys of some domains of some patients' files: a chart (one patient) or a ward (many). Not of the sensitive one: <see cref="RecordKeyAsked"/>.</summary>
/// <param name="Purpose">Why, from the fixed list of docs/relations.md: "care", "admission", "coding"…</param>
/// <param name="Write">Asked in order to add to the file; the journal tells reading from writing.</param>
public sealed record ReleaseKeys(IReadOnlyList<PatientId> Patients, IReadOnlyList<Domain> Domains, string Purpose, bool Write = false);

/// <summary>Keys on loan. They are worth nothing after <paramref name="ExpiresAt"/>, 15 minutes at most.</summary>
public sealed record Lease(DateTimeOffset ExpiresAt, IReadOnlyList<ReleasedPatient> Patients, string? Notice);

/// <param name="Aliases">Every id under which rooms may hold entries of this person (merged files), this one first.</param>
/// <param name="Refusal">Why nothing was released for this patient, or null.</param>
public sealed record ReleasedPatient(PatientId Patient, IReadOnlyList<PatientId> Aliases, IReadOnlyList<ReleasedKey> Keys, Refusal? Refusal);

/// <param name="Version">A row names the one that it was sealed under; all there are are released, the highest is the one in force.</param>
/// <param name="Key">32 bytes; the patient × domain key of <paramref name="Version"/>.</param>
public sealed record ReleasedKey(PatientId Patient, Domain Domain, int Version, byte[] Key);

/// <summary>Opens a file that no care relation explains. Never refused; always with a reason and a touch, seen by the security officer.</summary>
/// <param name="Reason">Free text, at least 10 characters; sealed in the journal.</param>
public sealed record BreakGlass(PatientId Patient, string Reason);

/// <summary>Slots in which to add to files without being able to read them: at most 1,000 per call, each with a fresh salt picked by the Custodian.</summary>
/// <param name="Slots">One per patient × domain is enough for one call; in the sensitive domain, one per record.</param>
public sealed record EncryptOnly(IReadOnlyList<FilePart> Slots);

/// <summary>One domain of one patient's file.</summary>
public sealed record FilePart(PatientId Patient, Domain Domain);

/// <param name="Slots">In the order asked.</param>
public sealed record EncryptOnlyKeys(IReadOnlyList<SlotKey> Slots);

/// <param name="Key">32 bytes; opens and seals records of this salt only. docs/formats/record.md.</param>
/// <param name="Version">Of the patient × domain key that it was derived from: the one in force.</param>
public sealed record SlotKey(byte[] Salt, byte[] Commit, byte[] Key, int Version);

/// <summary>Asks for the key of one sealed file (a document, an image) and of nothing else. docs/formats/file.md.</summary>
/// <param name="Patient">Under whose id the file was sealed.</param>
/// <param name="File">Null in order to add one: the Custodian names it, so that leave to add never opens what is there.</param>
/// <param name="KeyVersion">Under which it was sealed, as the entry says that describes it; null: the one in force, as for every file that is added.</param>
public sealed record FileKeyAsked(PatientId Patient, Domain Domain, FileId? File, string Purpose, int? KeyVersion = null);

/// <param name="Key">32 bytes; worth nothing for any other file, patient or domain.</param>
/// <param name="KeyVersion">For the entry that will describe the file.</param>
/// <param name="File">The one asked for, or the name of the one to add.</param>
public sealed record FileKeyLent(DateTimeOffset ExpiresAt, byte[] Key, string? Notice, int KeyVersion, FileId File);

/// <summary>
/// Asks for the key of one protected record (domain <see cref="Domain.Sensitive"/>) and of no other. To read one costs a touch that
/// opened no other and no glass, and a PIN of the last 15 minutes; to add one does not. docs/decisions/0034.
/// </summary>
/// <param name="Patient">Under whose id the record was sealed.</param>
/// <param name="Salt">32 bytes, as its row names them; null in order to add a record: the Custodian draws them.</param>
/// <param name="KeyVersion">As its row names it; null in order to add.</param>
public sealed record RecordKeyAsked(PatientId Patient, byte[]? Salt, int? KeyVersion, string Purpose);

/// <param name="Slot">Of that record alone.</param>
public sealed record RecordKeyLent(DateTimeOffset ExpiresAt, SlotKey Slot, string? Notice);

/// <summary>Who opened this file, latest first, 500 a page. Asking is journaled and appears in the list when it is asked again.</summary>
/// <param name="Before">Where the page before ended: its <see cref="AccessList.Next"/>.</param>
public sealed record AccessesOf(PatientId Patient, long? Before = null);

public sealed record Access(DateTimeOffset At, string Kind, AccountId? Account, string Who, Role? Role, IReadOnlyList<Domain> Domains, string Ground, string? Reason);

/// <param name="Next">Where older accesses go on; null when there are none.</param>
public sealed record AccessList(IReadOnlyList<Access> Accesses, long? Next = null);

public static class ReleaseVerbs
{
    public static readonly Verb<ReleaseKeys, Lease> Release = new("release.keys");
    public static readonly Verb<FileKeyAsked, FileKeyLent> File = new("release.file");
    public static readonly Verb<RecordKeyAsked, RecordKeyLent> Record = new("release.record");
    public static readonly Verb<BreakGlass, Done> BreakGlass = new("release.break-glass");
    public static readonly Verb<EncryptOnly, EncryptOnlyKeys> EncryptOnly = new("release.encrypt-only");
    public static readonly Verb<AccessesOf, AccessList> Accesses = new("journal.accesses");
}
