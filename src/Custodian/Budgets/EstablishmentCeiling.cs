using Serment.Custodian.Policies;

namespace Serment.Custodian.Budgets;

/// <summary>
/// Distinct patients opened by anyone in one day. Beyond the ceiling only relations that someone else made a day ago, and broken
/// glass, open: whoever drives many sessions at once meets it. DESIGN §2 "Budgets". Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class EstablishmentCeiling
{
    /// <summary>The longest period that a policy looks back on.</summary>
    private const int DaysKept = 28;
    private readonly HashSet<PatientId> _today = [];
    private readonly SortedDictionary<DateOnly, int> _past = [];
    private DateOnly _day;

    public int OpenedToday(DateTimeOffset now) => Today(now).Count;

    public void Open(PatientId patient, DateTimeOffset now) => Today(now).Add(patient);

    /// <summary>Whether one more patient, not yet opened by anyone today, is beyond what the day allows.</summary>
    /// <param name="limitOf">Asked for such a patient only: it takes longer than to know that he is none.</param>
    public bool Beyond(PatientId patient, Func<DateTimeOffset, int> limitOf, DateTimeOffset now) => Today(now) is var today && !today.Contains(patient) && today.Count >= limitOf(now);

    /// <summary>The greatest of a share of the base, of the busiest recent day (the nearest-rank P99 of 28 values is the greatest) and of beds with arrivals, rounded up.</summary>
    public int Limit(CeilingPolicy policy, int patients, int beds, int expected, DateTimeOffset now)
    {
        Today(now);
        var peak = _past.Where(day => day.Key >= _day.AddDays(-policy.PeakDays)).Select(day => day.Value).DefaultIfEmpty().Max();
        return (int)Math.Ceiling(Math.Max(policy.BasePerMille * patients / 1000m, Math.Max(policy.PeakPercent * peak / 100m, policy.BedsTimes * (decimal)(beds + expected))));
    }

    private HashSet<PatientId> Today(DateTimeOffset now)
    {
        var day = ClinicalTime.Day(now);
        // A clock set back stays in the day that was reached.
        if (day <= _day) return _today;
        if (_today.Count > 0) _past[_day] = _today.Count;
        _today.Clear();
        _day = day;
        foreach (var old in _past.Keys.Where(past => past < day.AddDays(-DaysKept)).ToArray()) _past.Remove(old);
        return _today;
    }
}
