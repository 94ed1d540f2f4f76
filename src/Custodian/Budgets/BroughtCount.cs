using Serment.Custodian.Policies;

namespace Serment.Custodian.Budgets;

/// <summary>
/// Distinct patients whom interfaces bring to units within 24 hours, by which one key of an interface could take a base ward by ward: a day has a natural limit,
/// which the policy sets. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class BroughtCount
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private readonly HashSet<PatientId> _brought = [];
    private readonly Queue<(PatientId Patient, DateTimeOffset At)> _inOrder = [];

    /// <summary>The greater of a share of the day's ceiling and of what the beds account for. A share of the ceiling, so that interfaces leave the rest of it to people.</summary>
    /// <param name="ceiling">Patients that the establishment may open in the day.</param>
    /// <param name="beds">As the ceiling counts them: what one administrator adds counts a day later.</param>
    public static int Most(InterfacePolicy policy, int ceiling, int beds) => Math.Max((int)((long)ceiling * policy.CeilingPercent / 100), policy.BedsTimes * beds + policy.BedsMore);

    /// <summary>Counts him, unless the 24 hours until <paramref name="now"/> are full.</summary>
    /// <param name="most">Asked for somebody new only: at a start the whole day's feed passes here.</param>
    /// <param name="at">When he was brought: earlier than now where the journal is read again.</param>
    /// <returns>Whether there was room for him.</returns>
    public bool TryCount(PatientId patient, Func<int> most, DateTimeOffset at, DateTimeOffset now)
    {
        for (; _inOrder.TryPeek(out var oldest) && now - oldest.At > Day; _inOrder.Dequeue()) _brought.Remove(oldest.Patient);
        if (_brought.Contains(patient)) return true;
        if (_brought.Count >= most()) return false;
        _brought.Add(patient);
        _inOrder.Enqueue((patient, at));
        return true;
    }
}
