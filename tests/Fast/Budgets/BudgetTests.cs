using CsCheck;
using Serment.Custodian.Budgets;
using Serment.Custodian.Policies;
using Xunit;

namespace Serment.Fast.Tests.Budgets;

/// <summary>What holds whatever someone does, in whatever order.</summary>
public sealed class BudgetTests
{
    private static readonly AccountId Someone = Id.New<AccountId>();
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 7, 0, 0, TimeSpan.Zero);
    private static readonly PatientId[] Patients = [.. Enumerable.Range(0, 900).Select(_ => Id.New<PatientId>())];

    private sealed record Act(int Patient, bool Related, bool Touch, int Minutes);

    private static readonly Gen<Act[]> Acts =
        (from patient in Gen.Int[0, 899] from related in Gen.Bool from touch in Gen.Int[0, 25] from minutes in Gen.Frequency((9, Gen.Int[0, 3]), (1, Gen.Int[-3000, 3000]))
         select new Act(patient, related, touch == 0, minutes)).Array[0, 1500];

    public static TheoryData<string> Classes => [.. BudgetPolicy.Classes, "none"];

    [Fact]
    public void Never_more_names_than_the_policy_says_between_two_touches_not_even_at_once()
    {
        var (ledger, nurse) = (new BudgetLedger(), Policy.Starting.Budget("nurse"));
        Assert.False(ledger.MayShow(Someone, nurse, Patients[..61], [], Start));
        Assert.True(ledger.MayShow(Someone, nurse, Patients[..60], [], Start));
        ledger.Show(Someone, Patients[..60], [], Start);
        Assert.True(ledger.MayShow(Someone, nurse, Patients[..60], [], Start));
        Assert.False(ledger.MayShow(Someone, nurse, Patients[59..61], [], Start));
    }

    [Fact]
    public void After_many_names_of_strangers_a_day_each_touch_shows_ten_more_and_ones_own_as_before()
    {
        var (ledger, nurse) = (new BudgetLedger(), Policy.Starting.Budget("nurse"));
        for (var at = 0; at < nurse.StrangerLines; at += 60)
        {
            Assert.True(ledger.MayShow(Someone, nurse, Patients[at..(at + 60)], Patients[at..(at + 60)], Start));
            ledger.Show(Someone, Patients[at..(at + 60)], Patients[at..(at + 60)], Start);
            ledger.Touched(Someone, Start);
        }
        Assert.False(ledger.MayShow(Someone, nurse, Patients[200..211], Patients[200..211], Start));
        Assert.True(ledger.MayShow(Someone, nurse, Patients[200..210], Patients[200..210], Start));
        ledger.Show(Someone, Patients[200..210], Patients[200..210], Start);
        Assert.False(ledger.MayShow(Someone, nurse, [Patients[210]], [Patients[210]], Start));
        Assert.True(ledger.MayShow(Someone, nurse, Patients[300..350], [], Start));
        ledger.Touched(Someone, Start.AddDays(1));
        Assert.True(ledger.MayShow(Someone, nurse, Patients[400..460], Patients[400..460], Start.AddDays(1)));
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Never_more_files_than_the_policy_says_between_two_touches(string policyName)
    {
        var policy = Policy.Starting.Budget(policyName);
        Acts.Sample(acts =>
        {
            var opened = new HashSet<PatientId>();
            return Play(acts, policy, (act, patient) => { opened.Add(patient); return opened.Count <= policy.SinceTouch; }, touched: opened.Clear);
        }, iter: 40);
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void A_patient_related_by_someone_else_never_asks_for_a_second_person(string policyName)
    {
        if (policyName == "none") return;
        var policy = Policy.Starting.Budget(policyName);
        Acts.Sample(acts => Play(acts, policy, (_, _) => true, asked: (act, step) => !act.Related || step != BudgetStep.SecondPerson), iter: 40);
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void Unrelated_patients_stay_below_the_day_and_the_month_whatever_the_clock_does(string policyName)
    {
        var policy = Policy.Starting.Budget(policyName);
        Acts.Sample(acts =>
        {
            var month = new Dictionary<PatientId, DateTimeOffset>();
            var related = new HashSet<PatientId>();
            var furthest = Start;
            return Play(acts, policy, (act, patient) =>
            {
                if (act.Related) { month.Remove(patient); related.Add(patient); return true; }
                if (!related.Contains(patient)) month[patient] = furthest;
                return month.Count(m => furthest - m.Value < TimeSpan.FromDays(29)) <= policy.Unrelated30Days;
            }, moved: now => furthest = now > furthest ? now : furthest);
        }, iter: 40);
    }

    [Fact]
    public void A_clock_set_back_refills_nothing()
    {
        var ledger = new BudgetLedger();
        var policy = Policy.Starting.Budget("nurse");
        for (var i = 0; i < policy.UnrelatedNote; i++) ledger.Spend(Someone, Patients[i], related: false, Start);
        Assert.Equal(BudgetStep.OpenAndNote, ledger.Ask(Someone, policy, Patients[50], related: false, Start));
        Assert.Equal(BudgetStep.OpenAndNote, ledger.Ask(Someone, policy, Patients[50], related: false, Start.AddDays(-2)));
        Assert.Equal(BudgetStep.Open, ledger.Ask(Someone, policy, Patients[50], related: false, Start.AddDays(1)));
    }

    [Fact]
    public void What_someone_else_confirms_no_longer_counts_as_unrelated()
    {
        var ledger = new BudgetLedger();
        var policy = Policy.Starting.Budget("nurse");
        for (var i = 0; i < policy.UnrelatedSecond; i++)
        {
            ledger.Spend(Someone, Patients[i], related: false, Start);
            ledger.Touched(Someone, Start);
        }
        Assert.Equal(BudgetStep.SecondPerson, ledger.Ask(Someone, policy, Patients[50], related: false, Start));
        for (var i = 0; i < 12; i++) ledger.Corroborated(Someone, Patients[i], Start);
        Assert.Equal(BudgetStep.OpenAndNote, ledger.Ask(Someone, policy, Patients[50], related: false, Start));
    }

    [Fact]
    public void Whoever_administers_has_no_budget_at_all() =>
        Assert.All(new[] { Role.Administrator, Role.SecurityOfficer, Role.Director, Role.PrivacyOfficer }, role => Assert.Equal("none", BudgetPolicy.ClassOf(role)));

    private static bool Play(Act[] acts, BudgetPolicy policy, Func<Act, PatientId, bool> opened, Action? touched = null, Func<Act, BudgetStep, bool>? asked = null, Action<DateTimeOffset>? moved = null)
    {
        var ledger = new BudgetLedger();
        var now = Start;
        foreach (var act in acts)
        {
            now = now.AddMinutes(act.Minutes);
            moved?.Invoke(now);
            if (act.Touch) { ledger.Touched(Someone, now); touched?.Invoke(); }
            var step = ledger.Ask(Someone, policy, Patients[act.Patient], act.Related, now);
            if (asked is not null && !asked(act, step)) return false;
            if (step is not (BudgetStep.Open or BudgetStep.OpenAndNote)) continue;
            ledger.Spend(Someone, Patients[act.Patient], act.Related, now);
            if (!opened(act, Patients[act.Patient])) return false;
        }
        return true;
    }
}
