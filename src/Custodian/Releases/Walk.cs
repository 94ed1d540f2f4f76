using Serment.Custodian.Policies;

namespace Serment.Custodian.Releases;

/// <summary>What is known of one person asked for: enough to see an order in a suite of them.</summary>
internal sealed record Step(int? Ipp, DateOnly? Born, string? Name);

/// <summary>
/// Successive people, read for an order that no care has: consecutive IPPs, birth dates that follow each other, names in
/// alphabetical order. Eight names in order by chance: once in twenty thousand suites. Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class Walk
{
    private const int NextIpp = 3, NextBirth = 31;
    private readonly List<(DateTimeOffset At, Step Step)> _steps = [];

    /// <param name="instead">The same search, typed further: takes the place of the last step, as the same person again does.</param>
    /// <returns>In French, the order that the last steps follow; null when none.</returns>
    public string? Goes(Step step, bool instead, RulePolicy rules, DateTimeOffset now)
    {
        if (_steps.Count > 0 && (instead || _steps[^1].Step == step)) _steps.RemoveAt(_steps.Count - 1);
        _steps.RemoveAll(old => now - old.At > TimeSpan.FromMinutes(rules.WalkMinutes));
        _steps.Add((now, step));
        if (_steps.Count > 4 * rules.WalkSteps) _steps.RemoveAt(0);
        if (Follows(s => s.Ipp, rules.WalkSteps, NextIpp)) return "des IPP qui se suivent";
        if (Follows(s => s.Born?.DayNumber, rules.WalkSteps, NextBirth)) return "des dates de naissance qui se suivent";
        return Alphabetical(rules.WalkSteps) ? "des noms dans l'ordre alphabétique" : null;
    }

    private bool Follows(Func<Step, int?> of, int steps, int most)
    {
        var last = _steps.Select(s => of(s.Step)).OfType<int>().TakeLast(steps).ToArray();
        return last.Length == steps && Pairs(last, (a, b) => b - a > 0 && b - a <= most) | Pairs(last, (a, b) => a - b > 0 && a - b <= most);
    }

    private bool Alphabetical(int steps)
    {
        var last = _steps.Select(s => s.Step.Name).OfType<string>().TakeLast(steps).ToArray();
        return last.Length == steps && Pairs(last, (a, b) => string.CompareOrdinal(a, b) < 0) | Pairs(last, (a, b) => string.CompareOrdinal(a, b) > 0);
    }

    private static bool Pairs<T>(T[] suite, Func<T, T, bool> holds) => suite.Zip(suite.Skip(1), holds).All(pair => pair);
}
