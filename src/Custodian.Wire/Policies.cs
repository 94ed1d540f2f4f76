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
    public static readonly Verb<ProposePolicy, Proposed> Propose = new("policy.propose");
}
