using Serment.Custodian.Budgets;

namespace Serment.Custodian.Policies;

/// <summary>The establishment's security policy, read. What each value does, its unit and why: starting-policy.jsonc.</summary>
internal sealed record Policy(ClassBudgets Budgets, CeilingPolicy Ceiling, SearchPolicy Search, RelationPolicy Relations, InterfacePolicy Interfaces, RulePolicy Rules, OrphanPolicy Orphans, HoneyPolicy Honey, LockPolicy Locks, DeadlinePolicy Deadlines)
{
    public static Policy Starting { get; } = PolicyFile.Read(PolicyFile.StartingText);

    public BudgetPolicy Budget(Role role) => Budget(BudgetPolicy.ClassOf(role));

    public BudgetPolicy Budget(string roleClass) => roleClass switch
    {
        "nurse" => Budgets.Nurse,
        "physician" => Budgets.Physician,
        "desk" => Budgets.Desk,
        "coder" => Budgets.Coder,
        "biller" => Budgets.Biller,
        "plateau" => Budgets.Plateau,
        // Who administers reads nothing: no file says otherwise.
        _ => BudgetPolicy.Nothing,
    };
}

internal sealed record ClassBudgets(BudgetPolicy Nurse, BudgetPolicy Physician, BudgetPolicy Desk, BudgetPolicy Coder, BudgetPolicy Biller, BudgetPolicy Plateau);

internal sealed record CeilingPolicy(int BasePerMille, int PeakPercent, int PeakDays, int BedsTimes, int BedsDelayHours);

internal sealed record SearchPolicy(int DeskRows, int WideRows, int OwnRows, int CreatedPerHour);

internal sealed record RelationPolicy(int FactsPerHour, int StaysPerHour);

internal sealed record InterfacePolicy(int CeilingPercent, int BedsTimes, int BedsMore);

internal sealed record RulePolicy(int QuietMinutes, int FilesPerMinute, int ChartsPerQuarter, int CopiedPerQuarter, int SearchesPerMinute, int StrangersPerDay, int Pursuit, int WalkSteps, int WalkMinutes, int RefusedVerbs, int RefusedAsks, int HabitDays);

internal sealed record OrphanPolicy(int RingAfterDays, int CloseAfterDays);

internal sealed record HoneyPolicy(int Wanted);

internal sealed record LockPolicy(int StationMinutes, int ElsewhereMinutes);

internal sealed record DeadlinePolicy(int ReviewHours);
