namespace Serment.Custodian.Budgets;

/// <summary>
/// Distinct patients opened by anyone in one day. Beyond the ceiling only relations made by someone else, and broken
/// glass, open: whoever drives many sessions at once meets it. DESIGN §2 "Budgets". Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class EstablishmentCeiling
{
    private const int Days = 28;
    private readonly HashSet<PatientId> _today = [];
    private readonly SortedDictionary<DateOnly, int> _past = [];
    private DateOnly _day;

    public int OpenedToday(DateTimeOffset now) => Today(now).Count;

    public void Open(PatientId patient, DateTimeOffset now) => Today(now).Add(patient);

    /// <summary>Whether one more patient, not yet opened by anyone today, is beyond what the day allows.</summary>
    public bool Beyond(PatientId patient, int limit, DateTimeOffset now) => Today(now) is var today && today.Count >= limit && !today.Contains(patient);

    /// <summary>max(2.5 % of the base, 1.3 × P99 of the last 28 days, 3 × (beds + expected arrivals)), rounded up. The nearest-rank P99 of 28 values is the greatest.</summary>
    public int Limit(int patients, int beds, int expected, DateTimeOffset now)
    {
        Today(now);
        return (int)Math.Ceiling(Math.Max(0.025m * patients, Math.Max(1.3m * (_past.Count == 0 ? 0 : _past.Values.Max()), 3m * (beds + expected))));
    }

    private HashSet<PatientId> Today(DateTimeOffset now)
    {
        var day = ClinicalTime.Day(now);
        // A clock set back stays in the day that was reached.
        if (day <= _day) return _today;
        if (_today.Count > 0) _past[_day] = _today.Count;
        _today.Clear();
        _day = day;
        foreach (var old in _past.Keys.Where(past => past < day.AddDays(-Days)).ToArray()) _past.Remove(old);
        return _today;
    }
}
