using System.Text.Json;

namespace Serment.Custodian.Policies;

/// <summary>One policy that two people adopted.</summary>
/// <param name="Number">1 for the first that replaced the starting one.</param>
internal sealed record PolicyVersion(int Number, string Text, DateTimeOffset At, AccountId ProposedBy, AccountId ApprovedBy);

/// <summary>
/// The policy in force, and every one before it, kept sealed with who and when. A new one holds from the next question on.
/// Written under the cell's lock; <see cref="Current"/> is read anywhere.
/// </summary>
internal sealed class PolicyBook(Action<string, string, byte[]> persist)
{
    public const string Kind = "policy";
    private readonly List<PolicyVersion> _versions = [];
    private volatile Policy _current = Policy.Starting;

    public Policy Current => _current;
    /// <summary>0: the starting policy.</summary>
    public int Number => _versions.Count == 0 ? 0 : _versions[^1].Number;
    /// <summary>As it was proposed, so long as this software's values are all in it: it can be edited, proposed and recalibrated.</summary>
    public string Text => _versions.Count == 0 ? PolicyFile.StartingText : PolicyFile.Whole(_versions[^1].Text);
    public DateTimeOffset? Since => _versions.Count == 0 ? null : _versions[^1].At;
    public IReadOnlyList<PolicyVersion> Versions => _versions;

    public void Load(byte[] json)
    {
        _versions.Add(JsonSerializer.Deserialize<PolicyVersion>(json, WireJson.Options)!);
        _versions.Sort((a, b) => a.Number.CompareTo(b.Number));
        _current = PolicyFile.ReadAdopted(_versions[^1].Text);
    }

    /// <summary>What that text would change, value by value; the text is checked first.</summary>
    public IReadOnlyList<PolicyChange> Difference(string text) => Difference(_current, PolicyFile.Read(text));

    public static IReadOnlyList<PolicyChange> Difference(Policy before, Policy after)
    {
        var (old, changed) = (PolicyFile.Values(before), PolicyFile.Values(after));
        return [.. PolicyTable.All.Where(row => old[row.Path] != changed[row.Path]).Select(row => new PolicyChange(row.Path, row.Section, row.French, row.Unit, old[row.Path], changed[row.Path]))];
    }

    /// <summary>The differences as they are signed.</summary>
    public static string Statement(IReadOnlyList<PolicyChange> changes) =>
        string.Join(" ; ", changes.Select(change => $"{change.Section}, {change.French} ({change.Unit}) : {change.Before} → {change.After}"));

    public void Adopt(int from, string text, AccountId proposedBy, AccountId approvedBy, DateTimeOffset now)
    {
        if (from != Number) throw new RefusedException("approval.stale", "La politique a changé depuis cette demande : elle doit être refaite.");
        var policy = PolicyFile.Read(text);
        var version = new PolicyVersion(Number + 1, text, now, proposedBy, approvedBy);
        persist(Kind, version.Number.ToString("D8", System.Globalization.CultureInfo.InvariantCulture), JsonSerializer.SerializeToUtf8Bytes(version, WireJson.Options));
        _versions.Add(version);
        _current = policy;
    }
}
