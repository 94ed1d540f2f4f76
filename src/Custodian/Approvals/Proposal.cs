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
[JsonDerivedType(typeof(NewMandate), "mandate")]
[JsonDerivedType(typeof(NewExport), "export")]
[JsonDerivedType(typeof(NewPack), "pack")]
[JsonDerivedType(typeof(NewTicket), "ticket")]
[JsonDerivedType(typeof(NewPolicy), "policy")]
[JsonDerivedType(typeof(BulkResume), "bulk-resume")]
[JsonDerivedType(typeof(UnitFreeze), "unit-freeze")]
[JsonDerivedType(typeof(KeyEscrow), "escrow")]
[JsonDerivedType(typeof(NewKeyVersion), "key-version")]
[JsonDerivedType(typeof(ShorterJournal), "gap")]
internal abstract record Proposal
{
    /// <summary>The account that gains by it: its holder neither proposes nor approves.</summary>
    public virtual AccountId? About() => null;

    public abstract string Kind();

    public virtual bool MayPropose(Role role) => RoleAccess.MayGrant(role);

    /// <summary>Any officer; of another role than who proposed it.</summary>
    public virtual bool MayDecide(Role role) => RoleAccess.IsOfficer(role);

    /// <summary>Before a cell has officers of two roles, its founders decide it between them.</summary>
    public virtual bool Founding => true;

    /// <summary>Whether these two roles together may sign it; that they differ is asked of all.</summary>
    public virtual bool Pairs(Role one, Role other) => true;

    /// <summary>Makes or re-keys an officer of that role.</summary>
    public virtual Role? Officer => null;

    /// <summary>How many patients its fixed list names; 0 without one.</summary>
    public virtual int Patients => 0;
}

/// <summary>An account, or a new key for one.</summary>
internal sealed record NewAccount(ProposeAccount Ask) : Proposal
{
    public override AccountId? About() => Ask.Replaces;
    public override string Kind() => Ask.Replaces is not null ? "key" : Officer is null ? "account" : "officer";
    public override Role? Officer => RoleAccess.IsOfficer(Ask.Role) ? Ask.Role : null;
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

/// <summary>Nobody founds a cell by what takes data out of it: two officers of different roles, always.</summary>
internal abstract record Ceremony : Proposal
{
    public override bool MayPropose(Role role) => RoleAccess.IsOfficer(role);
    public override bool Founding => false;
}

/// <param name="Count">Of the signed list; 0 when events fill the queue.</param>
internal sealed record NewMandate(ProposeMandate Ask, int Count, IncidentId? Incident = null) : Ceremony
{
    public override string Kind() => "mandate";
    public override int Patients => Count;
}

/// <param name="Digest">Of the list, as it was when it was proposed.</param>
internal sealed record NewExport(ProposeExport Ask, int Count, string Digest) : Ceremony
{
    public override string Kind() => "export";
    public override int Patients => Count;
}

internal sealed record NewPack(ProposePack Ask) : Ceremony
{
    public override string Kind() => "pack";
}

internal sealed record NewTicket(ProposeTicket Ask, int Count) : Ceremony
{
    public override AccountId? About() => Ask.Holder;
    public override string Kind() => "ticket";
    public override int Patients => Count;
}

/// <summary>Another security policy. One of the two who sign is the security officer.</summary>
/// <param name="From">The version in force when it was proposed.</param>
internal sealed record NewPolicy(int From, string Text, string Reason) : Ceremony
{
    public override string Kind() => "policy";
    public override bool Pairs(Role one, Role other) => one is Role.SecurityOfficer || other is Role.SecurityOfficer;
}

/// <summary>Work with no one present goes on after a stop.</summary>
internal sealed record BulkResume : Ceremony
{
    public override string Kind() => "bulk-resume";
}

/// <summary>A unit's relations stop opening, or open again.</summary>
internal sealed record UnitFreeze(UnitId Unit, bool Frozen) : Ceremony
{
    public override string Kind() => Frozen ? "unit-freeze" : "unit-unfreeze";
}

/// <summary>The key in five parts is the whole establishment in three hands. Founders hand it out before anyone else is there.</summary>
internal sealed record KeyEscrow(IReadOnlyList<string> Holders) : Proposal
{
    public override string Kind() => "escrow";
    public override bool MayPropose(Role role) => RoleAccess.IsOfficer(role);
}

/// <summary>The next version of the patients' keys.</summary>
/// <param name="From">The version in force when it was proposed.</param>
internal sealed record NewKeyVersion(int From, string Reason) : Ceremony
{
    public override string Kind() => "key-version";
}

/// <summary>To go on with a Custodian that is older than its database.</summary>
/// <param name="Gap">What a Server claimed and both read in words.</param>
/// <param name="Size">Of this journal then.</param>
internal sealed record ShorterJournal(ReportGap Gap, long Size) : Proposal
{
    public override string Kind() => "gap";
    public override bool MayPropose(Role role) => RoleAccess.IsOfficer(role);
}
