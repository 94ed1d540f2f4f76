using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Policies;

/// <summary>What the journal tells of a period, as budgets count it.</summary>
internal static class Uses
{
    /// <summary>The kinds of entry that matter.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["signin", "release", "write", "identity.shown", "corroborated"];

    /// <summary>The kinds of entry by which somebody comes to a unit.</summary>
    public static IReadOnlyList<string> BroughtKinds { get; } = ["stay", "relation"];

    /// <summary>Whom interfaces brought, when. Whoever lies there already is moved on, and brought by nobody; of whom came before the first entry that is known too late.</summary>
    public static IEnumerable<Brought> BroughtBy(IEnumerable<JournalEntry> oldestFirst)
    {
        var present = new HashSet<PatientId>();
        foreach (var entry in oldestFirst)
        {
            if (entry.Patient is not { } patient || !BroughtKinds.Contains(entry.Kind)) continue;
            var moved = entry.Kind == "stay" && present.Contains(patient);
            if (entry.Kind == "stay" && entry.Detail == "present") present.Add(patient);
            else if (entry.Kind == "stay") present.Remove(patient);
            if (entry.Client is not null && entry.Detail != "cancelled" && !moved) yield return new Brought(entry.Time, patient);
        }
    }

    public static IEnumerable<Use> Of(IEnumerable<JournalEntry> oldestFirst, Func<AccountId, Role> roleOf)
    {
        foreach (var entry in oldestFirst)
        {
            if (entry.Account is not { } account || !Kinds.Contains(entry.Kind)) continue;
            var roleClass = BudgetPolicy.ClassOf(roleOf(account));
            if (roleClass == "none") continue;
            if (entry.Kind == "signin") yield return new Use(entry.Time, account, roleClass, null);
            else if (entry.Kind == "corroborated") yield return new Use(entry.Time, account, roleClass, entry.Patient, Corroborated: true);
            else if (entry.Kind == "identity.shown") { if (entry.Detail == Identities.IdentityDesk.Stranger) yield return new Use(entry.Time, account, roleClass, entry.Patient, Related: false, Name: true); }
            // Broken glass is no budget's matter: it always opens.
            else if (entry.Ground?.StartsWith(nameof(RelationSource.BreakGlass), StringComparison.Ordinal) != true) yield return new Use(entry.Time, account, roleClass, entry.Patient, Releases.ReleaseDesk.BySomeoneElse(entry));
        }
    }
}
