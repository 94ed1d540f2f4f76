using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>Sex as the INS knows it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Sex>))]
public enum Sex { Unknown, Female, Male }

/// <summary>Trust in an identity (RNIV): provisoire, récupérée from the INS service, validée on a document, qualifiée (both).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IdentityStatus>))]
public enum IdentityStatus { Provisional, Retrieved, Validated, Qualified }

/// <summary>The strict traits of the INS, and the names in use.</summary>
/// <param name="BirthPlace">COG code of the commune (5 characters) or of the country (99xxx); null when unknown.</param>
/// <param name="Matricule">NIR or NIA, 15 characters with its key, Corsica as 2A or 2B.</param>
public sealed record IdentityTraits(string BirthName, string FirstGivenName, string? GivenNames, DateOnly BirthDate, Sex Sex, string? BirthPlace, string? UsedName = null, string? UsedGivenName = null, string? Matricule = null, string? MatriculeOid = null);

/// <summary>What a screen shows of who someone is.</summary>
public sealed record IdentityLine(PatientId Patient, string Ipp, string BirthName, string GivenName, string? UsedName, DateOnly BirthDate, Sex Sex, IdentityStatus Status, bool Doubtful, bool Homonym, bool Fictitious, bool Secret);

/// <param name="DespiteDuplicates">The likely duplicates were shown and none is this person.</param>
/// <param name="Source">A stable reference of an import, so that doing it twice finds the same person.</param>
public sealed record CreateIdentity(IdentityTraits Traits, IdentityStatus Status, bool DespiteDuplicates = false, string? Source = null);

/// <param name="Created">Null when likely duplicates must be looked at first.</param>
public sealed record IdentityCreated(IdentityLine? Created, IReadOnlyList<IdentityLine> LikelyDuplicates);

/// <param name="Text">Names in any order, with or without accents, birth date in any usual form, IPP or matricule.</param>
public sealed record FindIdentities(string Text);

/// <param name="Total">How many match; more than shown when <paramref name="Lines"/> is cut.</param>
/// <param name="OnlyOwn">Only the caller's own patients were searched: a birth date, IPP or matricule widens.</param>
public sealed record FoundIdentities(IReadOnlyList<IdentityLine> Lines, int Total, bool OnlyOwn);

public sealed record LinesOf(IReadOnlyList<PatientId> Patients);

public sealed record IdentityLines(IReadOnlyList<IdentityLine> Lines);

public sealed record CorrectIdentity(PatientId Patient, IdentityTraits Traits, IdentityStatus Status, string Reason);

public static class IdentityVerbs
{
    public static readonly Verb<CreateIdentity, IdentityCreated> Create = new("identity.create");
    public static readonly Verb<FindIdentities, FoundIdentities> Find = new("identity.find");
    public static readonly Verb<LinesOf, IdentityLines> Lines = new("identity.lines");
    public static readonly Verb<CorrectIdentity, IdentityLine> Correct = new("identity.correct");
}
