namespace Serment.Kernel;

/// <summary>
/// An honest refusal: a stable code for programs ("budget.touch"), a French text for the person
/// that says why and what to do next. Names no patient.
/// </summary>
public sealed record Refusal(string Code, string Message);

/// <summary>A rule said no. Caught at the edge of each process and turned into the surface's own form of error.</summary>
public sealed class RefusedException(Refusal refusal) : Exception(refusal.Message)
{
    public RefusedException(string code, string message) : this(new Refusal(code, message)) { }
    public Refusal Refusal { get; } = refusal;
}

/// <summary>The codes on which other code decides what to do next. A code not listed here is only shown.</summary>
public static class RefusalCodes
{
    public const string Signature = "request.signature";
    public const string Replayed = "request.replayed";
    public const string Expired = "request.expired";
    public const string Malformed = "request.malformed";
    public const string WrongCell = "request.cell";
    public const string NoSession = "session.none";
    public const string Locked = "session.locked";
    public const string Frozen = "account.frozen";
    public const string Role = "role.domain";
    /// <summary>No care relation explains the access; breaking the glass opens.</summary>
    public const string NoRelation = "relation.none";
    /// <summary>A physical touch of the security key is due before going on.</summary>
    public const string Touch = "budget.touch";
    /// <summary>PIN or finger is due before going on.</summary>
    public const string Pin = "session.pin";
    /// <summary>A second person is due before going on.</summary>
    public const string SecondPerson = "budget.second";
    public const string Ceiling = "budget.ceiling";
    public const string Sealed = "custodian.sealed";
    public const string Away = "custodian.away";
    public const string NotFound = "not.found";
    public const string Invalid = "input.invalid";
    public const string Conflict = "input.conflict";
    public const string SecrecyProtected = "identity.secrecy";
}
