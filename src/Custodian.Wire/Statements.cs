using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>For whom a statement of accesses is made. What a minor keeps secret from his parents is not in theirs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StatementReader>))]
public enum StatementReader
{
    Patient = 1,
    /// <summary>Of a patient under 18 only.</summary>
    ParentalAuthority,
}

/// <summary>At the desk: who opened this patient's file, as he may read it. With a touch of its own; journaled before it is answered.</summary>
/// <param name="Ipp">Instead of <paramref name="Patient"/>, for who does not search.</param>
/// <param name="Consent"><see cref="StatementWords.Consent"/> of that reader, letter for letter: the session's signature covers it.</param>
public sealed record OpenStatement(PatientId? Patient, string? Ipp, StatementReader Reader, string Consent);

/// <param name="Number">Names this opening: 32 hex digits, as in the file and its signature.</param>
/// <param name="Handle">Fetches the file of this statement until <paramref name="ExpiresAt"/>, and opens nothing else.</param>
/// <param name="Lines">The latest first.</param>
/// <param name="Cut">There are older accesses than the statement holds.</param>
public sealed record Statement(string Number, byte[] Handle, DateTimeOffset ExpiresAt, string Establishment, DateTimeOffset At, StatementReader Reader, StatementPatient Who, IReadOnlyList<StatementLine> Lines, bool Cut);

/// <param name="BirthName">Where another name is used.</param>
public sealed record StatementPatient(string Name, string GivenName, string? BirthName, DateOnly BirthDate, string Ipp, bool Minor);

/// <summary>What one member of staff or one machine did in one hour for one reason.</summary>
/// <param name="Times">How many distinct moments.</param>
/// <param name="Function">What he is here; "logiciel …" of a machine.</param>
/// <param name="Unit">The unit by which he had access; null where none is known.</param>
/// <param name="Name">Only where <see cref="StatementWords.Names"/> or a decision of the privacy officer gives it.</param>
/// <param name="Entries">Places in the journal, ascending.</param>
public sealed record StatementLine(DateTimeOffset From, DateTimeOffset Until, int Times, string Function, string? Unit, string? Name, string What, IReadOnlyList<string> Data, string Why, IReadOnlyList<long> Entries);

/// <summary>The file of a statement, with its proofs, in parts of 1 MiB. docs/formats/statement.md.</summary>
public sealed record FileOfStatement(byte[] Handle, int Part);

public sealed record StatementFilePart(byte[] Bytes, int Parts);

/// <summary>A link of one use and the code that goes another way, for the patient to read his statement by himself.</summary>
public sealed record StatementLink(string Token, string Code, DateTimeOffset Until);

/// <summary>Asked by whoever holds both; nobody signs for him.</summary>
public sealed record OpenByLink(string Token, string Code);

/// <summary>The privacy officer adds a name: it is indispensable for the patient's rights (CJEU C-579/21).</summary>
/// <param name="Index">Of the journal; every access of that line and hour by the same person is named with it.</param>
/// <param name="Reason">10 to 500 characters.</param>
public sealed record NameInStatement(long Index, string Reason);

/// <summary>A minor asks that his parents not be told of care given in these days; both are included, no end means until it is lifted.</summary>
public sealed record KeepMinorsSecret(PatientId Patient, DateOnly From, DateOnly? Until);

/// <summary>The minor agrees that his parents be told, or it was marked by error.</summary>
public sealed record LiftMinorsSecret(PatientId Patient, string Secret);

public sealed record MinorsSecretsOf(PatientId Patient);

/// <param name="Id">32 hex digits.</param>
public sealed record MinorsSecret(string Id, DateOnly From, DateOnly? Until, DateTimeOffset At, string By, bool Lifted);

public sealed record MinorsSecrets(IReadOnlyList<MinorsSecret> Secrets);

public static class StatementVerbs
{
    public static readonly Verb<OpenStatement, Statement> Open = new("statement.open");
    public static readonly Verb<FileOfStatement, StatementFilePart> File = new("statement.file");
    public static readonly Verb<OpenStatement, StatementLink> MakeLink = new("statement.make-link");
    public static readonly Verb<OpenByLink, Statement> ByLink = new("statement.by-link");
    public static readonly Verb<NameInStatement, Done> Name = new("statement.name");
    public static readonly Verb<KeepMinorsSecret, Done> KeepSecret = new("minor.keep-secret");
    public static readonly Verb<LiftMinorsSecret, Done> LiftSecret = new("minor.lift-secret");
    public static readonly Verb<MinorsSecretsOf, MinorsSecrets> Secrets = new("minor.secrets");
}

/// <summary>The lines of a statement's file, one JSON object each: head, lines, entries, note. docs/formats/statement.md.</summary>
public static class StatementFile
{
    public const string Format = "serment-statement-1";

    /// <param name="Type">"statement".</param>
    /// <param name="Key">Verifier key of the journal; trust the one that the establishment publishes.</param>
    /// <param name="Checkpoint">The signed tree head to which every entry's path leads.</param>
    public sealed record Head(string Type, string Format, string Cell, string Establishment, string Number, DateTimeOffset At, StatementReader Reader, StatementPatient Who, bool Cut, int Lines, int Entries, string Key, string Checkpoint);

    /// <param name="Type">"line".</param>
    public sealed record Line(string Type, StatementLine Access);

    /// <param name="Type">"entry".</param>
    /// <param name="Shown">Fields of the leaf that are opened: each with its salt.</param>
    /// <param name="Hidden">The commitments of the others.</param>
    public sealed record Entry(string Type, long Index, IReadOnlyDictionary<string, Opened> Shown, IReadOnlyDictionary<string, byte[]> Hidden, IReadOnlyList<byte[]> Path);

    public sealed record Opened(string Value, byte[] Salt);

    /// <param name="Type">"note".</param>
    /// <param name="Text">A signed note (C2SP) over every line before this one.</param>
    public sealed record Note(string Type, string Text);

    /// <summary>What is signed: <paramref name="before"/> are all bytes of the file before its last line.</summary>
    public static string NoteText(string cell, string number, ReadOnlySpan<byte> before) =>
        $"{Format}\n{cell}\n{number}\n{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(before))}\n";
}
