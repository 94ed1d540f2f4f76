using System.Text.Json;

namespace Serment.Exchange.Fhir;

/// <summary>What a file says of who someone is, before the registry has its say.</summary>
/// <param name="Source">A stable reference: "fhir|system|value" of the identifier that is most surely his own, so that a second import finds the same person.</param>
/// <param name="Sex">"F", "M", or null.</param>
/// <param name="DigitsDropped">Names of invented patients carry digits that no identity may have; they were left out.</param>
/// <param name="Refusal">Why nobody can be created from it (French, names nobody), or null.</param>
public sealed record SourcePerson(string Source, long Line, string BirthName, string FirstGivenName, string? GivenNames, DateOnly BirthDate, string? Sex, string? UsedName, string? Matricule, string? MatriculeOid, bool DigitsDropped, string? Refusal);

/// <summary>What becomes of one resource.</summary>
public enum Fate
{
    /// <summary>Understood: an entry of its room.</summary>
    Stored,
    /// <summary>Kept whole as it came, sealed, under a label.</summary>
    Attachment,
    /// <summary>Nobody's file: its name stands in the entries that refer to it.</summary>
    Named,
    /// <summary>Nowhere to put it; <see cref="Translation.Why"/> says so.</summary>
    Refused,
}

/// <summary>One entry to seal in one person's file.</summary>
/// <param name="Key">What it is in the source: stable, so that a second import finds the same entry.</param>
/// <param name="ByContent">The key holds a digest of the content: nobody may learn from it what the content is.</param>
/// <param name="Body">JSON of the room's own shape, with "source" and, under "rest", whatever of the resource the shape does not say.</param>
public sealed record SourceEntry(SourcePerson Person, string Key, bool ByContent, Domain Domain, string Room, DateTimeOffset At, string? Author, bool Withdrawn, JsonElement Body);

/// <param name="Why">French; names nobody.</param>
public sealed record Translation(SourceResource From, Fate Fate, SourceEntry? Entry = null, string? Why = null);
