using Serment.Custodian.Budgets;

namespace Serment.Custodian.Policies;

/// <summary>One thing of the past that a budget counts.</summary>
/// <param name="Patient">Null: a sign-in, which is a touch.</param>
/// <param name="Name">A line of a stranger shown, not a file opened.</param>
/// <param name="Corroborated">Nothing opened: someone else acted on what this account had claimed.</param>
internal sealed record Use(DateTimeOffset At, AccountId Account, string RoleClass, PatientId? Patient, bool Related = true, bool Name = false, bool Corroborated = false);

/// <summary>A patient whom an interface brought to a unit.</summary>
internal sealed record Brought(DateTimeOffset At, PatientId Patient);

/// <summary>What interfaces did in a period, and what bounds them today.</summary>
/// <param name="Brought">Oldest first.</param>
internal sealed record InterfaceUses(IReadOnlyList<Brought> Brought, int Ceiling, int Beds)
{
    public static InterfaceUses None { get; } = new([], 0, 0);
}

/// <summary>
/// What a period of real use says of the budgets: per class of roles the 99.5th percentile of a day, the values that follow from it, and the
/// effect, found by living the period again under either policy. Pure; the journal holds what was opened, so that refusals which made someone
/// give up are not seen.
/// </summary>
internal static class Recalibration
{
    /// <summary>Of fewer days of work than these, a class keeps its values.</summary>
    private const int FewestDays = 20;
    /// <summary>Of fewer days with a feed than these, interfaces keep their values: half of the period.</summary>
    private const int FewestInterfaceDays = 14;
    /// <summary>As the ceiling does with the busiest day.</summary>
    private const double Margin = 1.3;
    private const double Percentile = 0.995;

    public static Recalibrated From(Policy inForce, string text, IReadOnlyList<Use> uses, InterfaceUses interfaces, DateOnly first, DateOnly last)
    {
        var values = new Dictionary<string, int>();
        var measures = new List<PolicyMeasure>();
        foreach (var roleClass in BudgetPolicy.Classes)
            foreach (var measure in Propose(roleClass, inForce, [.. uses.Where(use => use.RoleClass == roleClass)]))
            {
                measures.Add(measure);
                values[measure.Path] = measure.Proposed;
            }
        foreach (var measure in Propose(inForce, interfaces))
        {
            measures.Add(measure);
            values[measure.Path] = measure.Proposed;
        }
        var proposed = PolicyFile.With(text, values);
        var after = PolicyFile.Read(proposed);
        var (now, then) = (Live(inForce, uses), Live(after, uses));
        var effects = BudgetPolicy.Classes.Where(now.ContainsKey).Select(roleClass => new PolicyEffect(roleClass, now[roleClass].Days, now[roleClass].Touched, then[roleClass].Touched, now[roleClass].Second, then[roleClass].Second));
        return new Recalibrated(first, last, measures, [.. effects], PolicyBook.Difference(inForce, after), proposed, Effect(inForce.Interfaces, after.Interfaces, interfaces));
    }

    /// <summary>Room for the busiest day and a third more: so many times the beds as go into it, the rest as patients beyond them, and no greater share of the ceiling than it needs.</summary>
    private static IEnumerable<PolicyMeasure> Propose(Policy inForce, InterfaceUses interfaces)
    {
        var days = Daily(interfaces.Brought);
        if (days.Length < FewestInterfaceDays) return [];
        var (busiest, before) = (days.Max(), PolicyFile.Values(inForce));
        var wanted = (int)Math.Ceiling(busiest * Margin);
        var times = Within("bedsTimes", interfaces.Beds == 0 ? 0 : wanted / interfaces.Beds);
        return [Of("ceilingPercent", interfaces.Ceiling == 0 ? inForce.Interfaces.CeilingPercent : (int)Math.Ceiling(100d * wanted / interfaces.Ceiling)), Of("bedsTimes", times), Of("bedsMore", wanted - times * interfaces.Beds)];

        PolicyMeasure Of(string name, int value)
        {
            var row = Row(name);
            return new PolicyMeasure(row.Path, row.Section, row.French, row.Unit, busiest, before[row.Path], Within(name, value));
        }
        static int Within(string name, int value) => Math.Clamp(value, Row(name).Least, Row(name).Most);
        static PolicyRow Row(string name) => PolicyTable.Of($"interfaces.{name}")!;
    }

    /// <summary>The period again under either bound, with the beds and the ceiling of today.</summary>
    private static InterfaceEffect? Effect(InterfacePolicy before, InterfacePolicy after, InterfaceUses interfaces)
    {
        if (interfaces.Brought.Count == 0) return null;
        var days = Daily(interfaces.Brought);
        var (most, then) = (BroughtCount.Most(before, interfaces.Ceiling, interfaces.Beds), BroughtCount.Most(after, interfaces.Ceiling, interfaces.Beds));
        return new InterfaceEffect(days.Length, days.Max(), most, then, Beyond(most), Beyond(then));

        int Beyond(int limit)
        {
            var count = new BroughtCount();
            return interfaces.Brought.Count(one => !count.TryCount(one.Patient, () => limit, one.At, one.At));
        }
    }

    /// <summary>Distinct patients of each day on which any were brought.</summary>
    private static int[] Daily(IReadOnlyList<Brought> brought) => [.. brought.GroupBy(one => ClinicalTime.Day(one.At)).Select(day => day.Select(one => one.Patient).Distinct().Count())];

    /// <summary>The note is the percentile; touch and second person keep their distance from it. Within the bounds, and in order.</summary>
    private static IEnumerable<PolicyMeasure> Propose(string roleClass, Policy inForce, Use[] uses)
    {
        var budget = inForce.Budget(roleClass);
        var opened = uses.Where(use => use is { Patient: not null, Name: false, Corroborated: false }).ToArray();
        var days = Daily(opened);
        if (days.Length < FewestDays) return [];
        // Whom someone else came to care for was nobody's stranger.
        var cared = uses.Where(use => use.Corroborated || use is { Patient: not null, Related: true, Name: false }).Select(use => (use.Account, use.Patient)).ToHashSet();
        var unrelated = opened.Where(use => !use.Related && !cared.Contains((use.Account, use.Patient))).ToArray();
        var (day, unrelatedDay, names) = (Of(days), Of([.. Daily(unrelated), .. new int[days.Length - Daily(unrelated).Length]]), Of(Daily([.. uses.Where(use => use.Name)])));
        var month = Of([.. unrelated.GroupBy(use => use.Account).Select(account => account.Select(use => use.Patient).Distinct().Count())]);
        List<(string Name, int Measured, double Wanted)> wanted =
        [
            ("note", day, day), ("touch", day, day * Ratio(budget.Touch, budget.Note, 1.5)), ("second", day, day * Ratio(budget.Second, budget.Note, 3)),
            ("unrelatedNote", unrelatedDay, unrelatedDay), ("unrelatedTouch", unrelatedDay, unrelatedDay * Ratio(budget.UnrelatedTouch, budget.UnrelatedNote, 2)),
            ("unrelatedSecond", unrelatedDay, unrelatedDay * Ratio(budget.UnrelatedSecond, budget.UnrelatedNote, 3)), ("unrelated30Days", month, month * 1.2),
            ("strangerLines", names, names * 2),
        ];
        var before = PolicyFile.Values(inForce);
        var measures = new List<PolicyMeasure>();
        var least = 0;
        foreach (var (name, measured, value) in wanted)
        {
            var row = PolicyTable.Of($"budgets.{roleClass}.{name}")!;
            if (name is "note" or "unrelatedNote" or "strangerLines") least = 0;
            least = Math.Clamp(Math.Max(least, (int)Math.Ceiling(value)), row.Least, row.Most);
            measures.Add(new PolicyMeasure(row.Path, row.Section, row.French, row.Unit, measured, before[row.Path], least));
        }
        // A bound may have cut a later step below an earlier one.
        for (var i = measures.Count - 2; i >= 0; i--)
            if (PolicyTable.Ordered.Contains((measures[i].Path, measures[i + 1].Path)) && measures[i].Proposed > measures[i + 1].Proposed) measures[i] = measures[i] with { Proposed = measures[i + 1].Proposed };
        return measures;
    }

    private static double Ratio(int step, int note, double otherwise) => note > 0 ? (double)step / note : otherwise;

    /// <summary>Distinct patients of each day that an account worked.</summary>
    private static int[] Daily(Use[] uses) => [.. uses.GroupBy(use => (use.Account, ClinicalTime.Day(use.At))).Select(day => day.Select(use => use.Patient).Distinct().Count())];

    /// <summary>Nearest rank.</summary>
    private static int Of(int[] values)
    {
        if (values.Length == 0) return 0;
        Array.Sort(values);
        return values[(int)Math.Ceiling(Percentile * values.Length) - 1];
    }

    /// <summary>The period again, under that policy: on how many days of work somebody would have been asked for a touch beyond that of the sign-in, and for a second person.</summary>
    private static Dictionary<string, (int Days, int Touched, int Second)> Live(Policy policy, IReadOnlyList<Use> uses)
    {
        var ledger = new BudgetLedger();
        var met = new Dictionary<(string Class, AccountId Account, DateOnly Day), (bool Touch, bool Second)>();
        foreach (var use in uses.Where(use => !use.Name))
        {
            if (use.Patient is not { } patient) { ledger.Touched(use.Account, use.At); continue; }
            if (use.Corroborated) { ledger.Corroborated(use.Account, patient, use.At); continue; }
            var key = (use.RoleClass, use.Account, ClinicalTime.Day(use.At));
            var asked = met.GetValueOrDefault(key);
            var step = ledger.Ask(use.Account, policy.Budget(use.RoleClass), patient, use.Related, use.At);
            if (step is BudgetStep.Touch)
            {
                asked.Touch = true;
                ledger.Touched(use.Account, use.At);
                step = ledger.Ask(use.Account, policy.Budget(use.RoleClass), patient, use.Related, use.At);
            }
            if (step is BudgetStep.SecondPerson) asked.Second = true;
            else ledger.Spend(use.Account, patient, use.Related, use.At);
            met[key] = asked;
        }
        return met.GroupBy(day => day.Key.Class).ToDictionary(days => days.Key, days => (days.Count(), days.Count(day => day.Value.Touch), days.Count(day => day.Value.Second)));
    }
}
