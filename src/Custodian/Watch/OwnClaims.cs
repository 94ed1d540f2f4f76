using Serment.Custodian.Journal;
using Serment.Custodian.Releases;

namespace Serment.Custodian.Watch;

/// <summary>
/// Files of the last ten days that only their opener's own word explains. Follows the journal: each entry is read once, however often
/// somebody asks. Its own lock, so that the first reading holds nobody up who opens a file.
/// </summary>
internal sealed class OwnClaims(JournalLog journal)
{
    private static readonly TimeSpan Shown = TimeSpan.FromDays(10), MayBeConfirmed = TimeSpan.FromHours(24);
    private readonly Lock _reading = new();
    private readonly Dictionary<(AccountId Account, PatientId Patient), Dictionary<DateOnly, NumberedEntry>> _claims = [];
    private readonly Dictionary<(AccountId Account, PatientId Patient), DateTimeOffset> _confirmed = [];
    private long _next = -1;

    /// <summary>A reading or writing on a fact that its own maker stated; the desk's short way is its work.</summary>
    public static bool Is(JournalEntry entry) => entry.Kind is "release" or "write" && entry.Ground is { } ground && ground.EndsWith(ReleaseDesk.OwnClaim, StringComparison.Ordinal) && !ground.StartsWith(nameof(RelationSource.Desk), StringComparison.Ordinal);

    /// <summary>One entry a person and day, the first stands for them; those of the last 24 hours may still be confirmed by care.</summary>
    public IReadOnlyList<NumberedEntry> Unconfirmed(DateTimeOffset now)
    {
        lock (_reading)
        {
            Follow(now - Shown);
            return [.. _claims.Values.SelectMany(days => days.Values).Where(at => at.Entry.Time < now - MayBeConfirmed).OrderBy(at => at.Index)
                .GroupBy(at => (at.Entry.Account, ClinicalTime.Day(at.Entry.Time))).Select(group => group.First())];
        }
    }

    private void Follow(DateTimeOffset from)
    {
        var size = journal.Size;
        var fresh = new JournalQuestion { Kinds = ["release", "write", "corroborated"], OldestFirst = true, BeforeIndex = size };
        foreach (var at in journal.Read(_next < 0 ? fresh with { From = from } : fresh with { FromIndex = _next }))
        {
            if (at.Entry is not { Account: { } account, Patient: { } patient } entry) continue;
            if (entry.Kind == "corroborated")
            {
                _confirmed[(account, patient)] = entry.Time;
                _claims.Remove((account, patient));
            }
            else if (Is(entry) && !_confirmed.ContainsKey((account, patient)))
            {
                if (!_claims.TryGetValue((account, patient), out var days)) _claims[(account, patient)] = days = [];
                days.TryAdd(ClinicalTime.Day(entry.Time), at);
            }
        }
        _next = size;
        foreach (var (who, at) in _confirmed) if (at < from) _confirmed.Remove(who);
        foreach (var (who, days) in _claims)
        {
            foreach (var (day, at) in days) if (at.Entry.Time < from) days.Remove(day);
            if (days.Count == 0) _claims.Remove(who);
        }
    }
}
