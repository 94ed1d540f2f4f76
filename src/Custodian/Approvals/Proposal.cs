using System.Text.Json.Serialization;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Approvals;

/// <summary>What two people decide together. The list is closed: each kind says who it is about and who may decide.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NewAccount), "account")]
[JsonDerivedType(typeof(Rights), "rights")]
[JsonDerivedType(typeof(NewStation), "station")]
[JsonDerivedType(typeof(NewClient), "client")]
[JsonDerivedType(typeof(Unfreeze), "unfreeze")]
internal abstract record Proposal
{
    /// <summary>The account that gains by it: its holder neither proposes nor approves.</summary>
    public virtual AccountId? About() => null;

    public abstract string Kind();

    public virtual bool MayDecide(Role role) => RoleAccess.MayGrant(role);
}

/// <summary>An account, or a new key for one.</summary>
internal sealed record NewAccount(ProposeAccount Ask) : Proposal
{
    public override AccountId? About() => Ask.Replaces;
    public override string Kind() => Ask.Replaces is null ? "account" : "key";
}

/// <param name="Was">The rights when it was proposed: approved later on others, it would mean something else.</param>
internal sealed record Rights(ChangeAccount Ask, ChangeAccount Was) : Proposal
{
    public override AccountId? About() => Ask.Account;
    public override string Kind() => "rights";
}

internal sealed record NewStation(ProposeStation Ask) : Proposal
{
    public override string Kind() => "station";
}

internal sealed record NewClient(ProposeClient Ask) : Proposal
{
    public override string Kind() => "client";
}

internal sealed record Unfreeze(AccountId Account, string Reason) : Proposal
{
    public override AccountId? About() => Account;
    public override string Kind() => "unfreeze";
}
