using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>Sex as the INS knows it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Sex>))]
public enum Sex { Unknown, Female, Male }

/// <summary>Trust in an identity (RNIV): provisoire, récupérée from the INS service, validée on a document, qualifiée (both).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IdentityStatus>))]
public enum IdentityStatus { Provisional, Retrieved, Validated, Qualified }

/// <summary>The strict traits of the INS, and the names in use.</summary>
/// <param name="BirthPlace">COG code of the commune (5 characters) or of the country (99xxx); 99999 or null when unknown.</param>
/// <param name="Matricule">NIR or NIA, 15 characters with its key, Corsica as 2A or 2B.</param>
public sealed record IdentityTraits(string BirthName, string FirstGivenName, string? GivenNames, DateOnly BirthDate, Sex Sex, string? BirthPlace, string? UsedName = null, string? UsedGivenName = null, string? Matricule = null, string? MatriculeOid = null);

/// <summary>Who gave a matricule (annex of the INS guide): a real NIR, a real NIA (provisional, until a NIR is given), and those of tests and demonstrations, which no real establishment takes.</summary>
public static class MatriculeOids
{
    public const string Nir = "1.2.250.1.213.1.4.8", Nia = "1.2.250.1.213.1.4.9", Test = "1.2.250.1.213.1.4.10", Demonstration = "1.2.250.1.213.1.4.11";

    /// <summary>What people call it; null for an OID that is none of the four.</summary>
    public static string? Kind(string? oid) => oid switch { Nir => "NIR", Nia => "NIA", Test => "NIR de test", Demonstration => "NIR de démonstration", _ => null };
}

/// <summary>What a screen shows of who someone is.</summary>
/// <param name="MatriculeSuspect">The key of the matricule does not hold; the identity cannot be qualified until it is checked.</param>
/// <param name="Masked">The patient asked for secrecy and the caller has no care relation: only <paramref name="Patient"/> says anything.</param>
public sealed record IdentityLine(PatientId Patient, string Ipp, string BirthName, string GivenName, string? UsedName, DateOnly BirthDate, Sex Sex, IdentityStatus Status, bool Doubtful, bool Homonym, bool Fictitious, bool Secret, bool MatriculeSuspect = false, bool Masked = false);

/// <param name="DespiteDuplicates">The likely duplicates were shown and none is this person.</param>
/// <param name="Source">A stable reference of an import, so that doing it twice finds the same person.</param>
public sealed record CreateIdentity(IdentityTraits Traits, IdentityStatus Status, bool DespiteDuplicates = false, string? Source = null);

/// <summary>A base that is brought in, by a machine: up to 1,000 people, each with its source, likely duplicates notwithstanding.</summary>
public sealed record BringIdentities(IReadOnlyList<CreateIdentity> People);

/// <param name="Patients">In the order asked: those created, those known by their source, and those known by their matricule. A machine learns no more of them.</param>
public sealed record IdentitiesBrought(IReadOnlyList<PatientId> Patients);

/// <param name="Created">Null when likely duplicates must be looked at first.</param>
public sealed record IdentityCreated(IdentityLine? Created, IReadOnlyList<IdentityLine> LikelyDuplicates);

/// <summary>Someone who cannot say who he is. Gets a provisional, doubtful identity under a name made up for him; corrected later.</summary>
/// <param name="ApparentAge">In years, 0 to 120.</param>
public sealed record CreateUnknown(Sex Sex, int ApparentAge);

/// <summary>One birth: every child of it, in the order of birth. Children born later of the same birth are numbered on.</summary>
public sealed record CreateNewborns(PatientId Mother, DateOnly BirthDate, string? BirthPlace, IReadOnlyList<Newborn> Children);

/// <param name="GivenName">Null until it is declared: BEBE, or BEBE UN, BEBE DEUX… for twins.</param>
public sealed record Newborn(Sex Sex, string? GivenName = null);

/// <param name="Text">Names in any order, with or without accents, birth date in any usual form, IPP or matricule.</param>
public sealed record FindIdentities(string Text);

/// <param name="Total">How many match; more than shown when <paramref name="Lines"/> is cut.</param>
/// <param name="OnlyOwn">Only the caller's own patients were searched: a birth date, IPP or matricule widens.</param>
public sealed record FoundIdentities(IReadOnlyList<IdentityLine> Lines, int Total, bool OnlyOwn);

public sealed record LinesOf(IReadOnlyList<PatientId> Patients);

/// <param name="Merged">Of those of them who have several ids: rooms ask by all of them.</param>
public sealed record IdentityLines(IReadOnlyList<IdentityLine> Lines, IReadOnlyList<MergedIds>? Merged = null);

/// <param name="Patient">The id that was asked for.</param>
/// <param name="Also">The others of the same person.</param>
public sealed record MergedIds(PatientId Patient, IReadOnlyList<PatientId> Also);

[JsonConverter(typeof(JsonStringEnumConverter<IdentitySort>))]
public enum IdentitySort { Name, BirthDate, BirthDateDescending }

/// <summary>Sorts a worklist by who people are and shows one page of it. At most 5,000 ids, 100 lines a page; pages count from 0.</summary>
public sealed record OrderIdentities(IReadOnlyList<PatientId> Patients, IdentitySort Sort, int Page, int PageSize = 50);

/// <param name="Total">How many of those ids the caller may see lines of.</param>
public sealed record OrderedIdentities(IReadOnlyList<IdentityLine> Lines, int Total);

public sealed record CorrectIdentity(PatientId Patient, IdentityTraits Traits, IdentityStatus Status, string Reason);

/// <summary>Marks of the RNIV. "Douteux" and "fictif" take the matricule away.</summary>
public sealed record MarkIdentity(PatientId Patient, bool Doubtful, bool Homonym, bool Fictitious, string Reason);

/// <summary>The patient asks that his presence stay secret, or no longer does.</summary>
public sealed record ProtectIdentity(PatientId Patient, bool Secret, string Reason);

/// <summary>Two identities are one person. <paramref name="Absorbed"/> becomes another name of <paramref name="Kept"/>; nothing is rewritten.</summary>
public sealed record MergeIdentities(PatientId Kept, PatientId Absorbed, string Reason);

/// <summary>They were two people after all: <paramref name="Absorbed"/> stands for itself again, as it was.</summary>
public sealed record UnmergeIdentities(PatientId Absorbed, string Reason);

/// <summary>For the identity form: all traits of one person.</summary>
public sealed record TraitsOf(PatientId Patient);

/// <param name="Absorbed">Ids merged into this one, each of which can be taken apart again.</param>
/// <param name="BirthRank">1 for the first child of a birth; 0 for who was not created as a newborn.</param>
public sealed record IdentityCard(IdentityLine Line, IdentityTraits Traits, PatientId? Mother, int BirthRank, IReadOnlyList<PatientId> Absorbed);

public sealed record HistoryOf(PatientId Patient);

/// <summary>What was done to an identity, the latest first.</summary>
public sealed record IdentityHistory(IReadOnlyList<IdentityStep> Steps);

/// <param name="What">"created", "corrected", "marked", "secrecy", "merged", "unmerged"…</param>
/// <param name="Before">The traits as they stood before, when they changed.</param>
public sealed record IdentityStep(DateTimeOffset At, string What, string Who, string Reason, IdentityTraits? Before, IdentityStatus? StatusBefore);

public static class IdentityVerbs
{
    public static readonly Verb<CreateIdentity, IdentityCreated> Create = new("identity.create");
    public static readonly Verb<BringIdentities, IdentitiesBrought> Bring = new("identity.bring");
    public static readonly Verb<CreateUnknown, IdentityLine> Unknown = new("identity.unknown");
    public static readonly Verb<CreateNewborns, IdentityLines> Newborns = new("identity.newborns");
    public static readonly Verb<FindIdentities, FoundIdentities> Find = new("identity.find");
    public static readonly Verb<LinesOf, IdentityLines> Lines = new("identity.lines");
    public static readonly Verb<OrderIdentities, OrderedIdentities> Order = new("identity.order");
    public static readonly Verb<CorrectIdentity, IdentityLine> Correct = new("identity.correct");
    public static readonly Verb<MarkIdentity, IdentityLine> Mark = new("identity.mark");
    public static readonly Verb<ProtectIdentity, IdentityLine> Protect = new("identity.secrecy");
    public static readonly Verb<MergeIdentities, IdentityLine> Merge = new("identity.merge");
    public static readonly Verb<UnmergeIdentities, IdentityLine> Unmerge = new("identity.unmerge");
    public static readonly Verb<TraitsOf, IdentityCard> Traits = new("identity.traits");
    public static readonly Verb<HistoryOf, IdentityHistory> History = new("identity.history");
}
