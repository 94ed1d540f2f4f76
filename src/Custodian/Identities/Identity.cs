using System.Globalization;

namespace Serment.Custodian.Identities;

/// <summary>One person as the registry keeps them now; earlier versions are in the history, merges apart.</summary>
internal sealed record Identity
{
    public required PatientId Id { get; init; }
    public required int Ipp { get; init; }
    public required IdentityTraits Traits { get; init; }
    public required IdentityStatus Status { get; init; }
    public bool Doubtful { get; init; }
    public bool Homonym { get; init; }
    public bool Fictitious { get; init; }
    public bool Secret { get; init; }
    public string? Source { get; init; }
    public PatientId? Mother { get; init; }
    /// <summary>1 for the first child of a birth, 0 for who was not created as a newborn.</summary>
    public int BirthRank { get; init; }

    public IdentityLine Line => new(Id, Number(Ipp), Traits.BirthName, Traits.UsedGivenName ?? Traits.FirstGivenName, Traits.UsedName, Traits.BirthDate, Traits.Sex, Status, Doubtful, Homonym, Fictitious, Secret,
        MatriculeSuspect: Traits.Matricule is { } matricule && !TraitRules.KeyHolds(matricule));

    /// <summary>The IPP as it is printed: nine digits.</summary>
    public static string Number(int ipp) => ipp.ToString("D9", CultureInfo.InvariantCulture);
}

/// <summary>One step of an identity's history, sealed beside it and read only when asked for.</summary>
internal sealed record IdentityChange(DateTimeOffset At, AccountId? By, string What, string Reason, IdentityTraits? Before = null, IdentityStatus? StatusBefore = null);
