namespace Serment.Custodian.Wire;

/// <summary>The policy in force, as text. <paramref name="Version"/> 0 is the one that every cell starts with.</summary>
public sealed record PolicyText(int Version, DateTimeOffset? Since, string Text);

/// <param name="Text">The whole file, comments included; 64 KiB at most.</param>
public sealed record CheckPolicy(string Text);

/// <param name="Path">"budgets.nurse.touch".</param>
public sealed record PolicyChange(string Path, string Section, string French, string Unit, int Before, int After);

public sealed record PolicyChanges(IReadOnlyList<PolicyChange> Changes);

/// <param name="Reason">Read by who approves; 5 to 500 characters.</param>
public sealed record ProposePolicy(string Text, string Reason);

/// <summary>One value as it applies to the person who asks.</summary>
public sealed record PolicyLine(string Section, string French, int Value, string Unit);

public sealed record PublishedPolicy(int Version, DateTimeOffset? Since, IReadOnlyList<PolicyLine> Lines);

public sealed record AdoptedPolicy(int Version, DateTimeOffset At, string ProposedBy, string ApprovedBy, IReadOnlyList<PolicyChange> Changes);

public sealed record PolicyVersions(IReadOnlyList<AdoptedPolicy> Versions);

/// <param name="Measured">The 99.5th percentile of a day of work of that class; for 30 days, of its accounts; of interfaces, the busiest day.</param>
public sealed record PolicyMeasure(string Path, string Section, string French, string Unit, int Measured, int Before, int Proposed);

/// <summary>Days of work of one class on which somebody met a step: under the policy in force, and under the one proposed.</summary>
public sealed record PolicyEffect(string RoleClass, int Days, int TouchBefore, int TouchAfter, int SecondBefore, int SecondAfter);

/// <summary>Patients whom interfaces brought to units, in the period: under the policy in force, and under the one proposed.</summary>
/// <param name="Days">Days on which any were brought.</param>
/// <param name="Busiest">Distinct patients of the busiest day.</param>
/// <param name="MostBefore">Within 24 hours, with the beds and the ceiling of today.</param>
/// <param name="BeyondBefore">How many times somebody came in beyond it, and counted as without a relation.</param>
public sealed record InterfaceEffect(int Days, int Busiest, int MostBefore, int MostAfter, int BeyondBefore, int BeyondAfter);

/// <param name="Text">The policy file with the proposed values: to be read, changed and proposed by a person.</param>
public sealed record Recalibrated(DateOnly First, DateOnly Last, IReadOnlyList<PolicyMeasure> Measures, IReadOnlyList<PolicyEffect> Effects, IReadOnlyList<PolicyChange> Changes, string Text, InterfaceEffect? Interfaces = null);

/// <summary>Changed only by an approval: docs/policy.md.</summary>
public static class PolicyVerbs
{
    /// <summary>What applies to one's own role: everyone who works here may know by what he is measured.</summary>
    public static readonly Verb<Nothing, PublishedPolicy> Mine = new("policy.mine");
    /// <summary>Officers, and whoever is at the cell's machine.</summary>
    public static readonly Verb<Nothing, PolicyText> Text = new("policy.text");
    /// <summary>Officers, and whoever is at the cell's machine. Changes nothing.</summary>
    public static readonly Verb<CheckPolicy, PolicyChanges> Check = new("policy.check");
    public static readonly Verb<Nothing, PolicyVersions> Versions = new("policy.versions");
    /// <summary>28 days of real use. Counts, no names; the security officer, and whoever is at the cell's machine.</summary>
    public static readonly Verb<Nothing, Recalibrated> Recalibrate = new("policy.recalibrate");
    /// <summary>An officer; another, of another function, approves on the Custodian's page. One of the two is the security officer.</summary>
    public static readonly Verb<ProposePolicy, Proposed> Propose = new("policy.propose");
}
