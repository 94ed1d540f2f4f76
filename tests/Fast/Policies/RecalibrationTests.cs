using Serment.Custodian.Journal;
using Serment.Custodian.Policies;
using Serment.Fast.Tests.Relations;
using Xunit;

namespace Serment.Fast.Tests.Policies;

public sealed class RecalibrationTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly First = new(2026, 3, 2), Last = new(2026, 3, 29);

    /// <summary>So many nurses open so many files each day, after a sign-in.</summary>
    private static List<Use> Nurses(int people, int days, Func<int, int, int> files, bool related = true)
    {
        var uses = new List<Use>();
        var nurses = Enumerable.Range(0, people).Select(_ => Id.New<AccountId>()).ToArray();
        for (var day = 0; day < days; day++)
            for (var nurse = 0; nurse < people; nurse++)
            {
                uses.Add(new Use(Monday.AddDays(day), nurses[nurse], "nurse", null));
                for (var file = 0; file < files(nurse, day); file++) uses.Add(new Use(Monday.AddDays(day).AddMinutes(file + 1), nurses[nurse], "nurse", Id.New<PatientId>(), related));
            }
        return uses;
    }

    [Fact]
    public void The_note_becomes_the_percentile_of_a_day_and_the_steps_keep_their_distance()
    {
        // 1,000 days of work of 20 files, four of 70: the 99.5th percentile is 20.
        var found = Recalibration.From(Policy.Starting, PolicyFile.StartingText, Nurses(50, 20, (nurse, day) => nurse == 0 && day < 4 ? 70 : 20), InterfaceUses.None, First, Last);
        PolicyMeasure Of(string name) => found.Measures.Single(measure => measure.Path == $"budgets.nurse.{name}");
        Assert.Equal((20, 40, 20), (Of("note").Measured, Of("note").Before, Of("note").Proposed));
        Assert.Equal((30, 60), (Of("touch").Proposed, Of("second").Proposed));
        Assert.Equal(20, PolicyFile.Read(found.Text).Budgets.Nurse.Note);
        Assert.Contains(found.Changes, change => change is { Path: "budgets.nurse.touch", Before: 60, After: 30 });
        Assert.All(found.Measures, measure => Assert.StartsWith("budgets.nurse.", measure.Path, StringComparison.Ordinal));
    }

    /// <summary>Counted by hand: since the sign-in 30 files open, the 31st asks.</summary>
    [Fact]
    public void The_effect_is_what_the_same_days_would_have_met_before_and_after()
    {
        var found = Recalibration.From(Policy.Starting, PolicyFile.StartingText, Nurses(10, 10, (nurse, day) => nurse == 0 ? 31 : 20), InterfaceUses.None, First, Last);
        var effect = Assert.Single(found.Effects);
        Assert.Equal(("nurse", 100, 10, 0), (effect.RoleClass, effect.Days, effect.TouchBefore, effect.SecondBefore));
        // 25 unrelated patients a day, against twenty before a second person.
        var strangers = Assert.Single(Recalibration.From(Policy.Starting, PolicyFile.StartingText, Nurses(10, 3, (nurse, _) => nurse == 0 ? 25 : 1, related: false), InterfaceUses.None, First, Last).Effects);
        Assert.Equal((30, 3), (strangers.Days, strangers.SecondBefore));
        // The same, whom somebody else came to care for.
        var claimed = Nurses(10, 3, (nurse, _) => nurse == 0 ? 25 : 1, related: false).SelectMany(use => use.Patient is null ? [use] : new[] { use, use with { Corroborated = true } }).ToArray();
        Assert.Equal(0, Assert.Single(Recalibration.From(Policy.Starting, PolicyFile.StartingText, claimed, InterfaceUses.None, First, Last).Effects).SecondBefore);
    }

    [Fact]
    public void What_is_proposed_stays_within_the_bounds_and_too_little_use_proposes_nothing()
    {
        var heavy = Recalibration.From(Policy.Starting, PolicyFile.StartingText, Nurses(10, 10, (_, _) => 400), InterfaceUses.None, First, Last);
        Assert.All(heavy.Measures, measure => Assert.InRange(measure.Proposed, PolicyTable.Of(measure.Path)!.Least, PolicyTable.Of(measure.Path)!.Most));
        var rare = Recalibration.From(Policy.Starting, PolicyFile.StartingText, Nurses(19, 1, (_, _) => 5), InterfaceUses.None, First, Last);
        Assert.Empty(rare.Measures);
        Assert.Empty(rare.Changes);
        Assert.Equal(PolicyFile.StartingText, rare.Text);
        Assert.Empty(Recalibration.From(Policy.Starting, PolicyFile.StartingText, [], InterfaceUses.None, First, Last).Effects);
    }

    /// <summary>Counted by hand: 100 patients a day and 200 on the busiest, a third more is 260: twice 100 beds and 60.</summary>
    [Fact]
    public void The_bound_of_interfaces_becomes_room_for_the_busiest_day_and_its_effect_is_shown()
    {
        var feed = Feed(28, day => day == 9 ? 200 : 100);
        var found = Recalibration.From(Policy.Starting, PolicyFile.StartingText, [], feed, First, Last);
        Assert.Equal([("interfaces.ceilingPercent", 200, 50, 26), ("interfaces.bedsTimes", 200, 3, 2), ("interfaces.bedsMore", 200, 100, 60)], found.Measures.Select(m => (m.Path, m.Measured, m.Before, m.Proposed)));
        // Half of a ceiling of 1,000 before; the greater of 260 and 2 × 100 + 60 after. None was beyond, none would be.
        Assert.Equal(new InterfaceEffect(28, 200, 500, 260, 0, 0), found.Interfaces);
        Assert.Equal((26, 2, 60), PolicyFile.Read(found.Text).Interfaces is var after ? (after.CeilingPercent, after.BedsTimes, after.BedsMore) : default);
        // A house of ten beds that 900 a day go through: what would have been beyond is said, and the bounds of the code hold.
        var heavy = Recalibration.From(Policy.Starting, PolicyFile.StartingText, [], Feed(20, _ => 900) with { Ceiling = 100, Beds = 10 }, First, Last);
        Assert.Equal(new InterfaceEffect(20, 900, 130, 250, 20 * 770, 20 * 650), heavy.Interfaces);
        Assert.All(heavy.Measures, measure => Assert.InRange(measure.Proposed, PolicyTable.Of(measure.Path)!.Least, PolicyTable.Of(measure.Path)!.Most));
        // Too few days: told, and nothing proposed.
        var rare = Recalibration.From(Policy.Starting, PolicyFile.StartingText, [], Feed(13, _ => 5), First, Last);
        Assert.Equal((true, 0, PolicyFile.StartingText), (rare.Interfaces is { Days: 13, Busiest: 5 }, rare.Measures.Count, rare.Text));

        static InterfaceUses Feed(int days, Func<int, int> patients) =>
            new([.. Enumerable.Range(0, days).SelectMany(day => Enumerable.Range(0, patients(day)).Select(i => new Brought(Monday.AddDays(day * 1.01).AddSeconds(i), Id.New<PatientId>())))], 1000, 100);
    }

    [Fact]
    public void Whom_an_interface_moves_on_or_lets_go_it_did_not_bring()
    {
        var (machine, lying, coming, person) = (Id.New<ClientId>(), Id.New<PatientId>(), Id.New<PatientId>(), Id.New<PatientId>());
        JournalEntry Entry(string kind, PatientId patient, string detail, ClientId? by) => new() { Time = Monday, Kind = kind, Patient = patient, Client = by, Detail = detail };
        JournalEntry[] journal =
        [
            Entry("stay", lying, "present", machine), Entry("stay", lying, "present", machine), Entry("stay", person, "present", null), Entry("stay", person, "present", machine),
            Entry("stay", coming, "expected", machine), Entry("stay", coming, "cancelled", machine), Entry("relation", coming, "a unit", machine), Entry("relation.ended", coming, "a unit", machine),
        ];
        Assert.Equal([lying, coming, coming], Uses.BroughtBy(journal).Select(one => one.Patient));
    }

    /// <summary>A month of the demonstration clinic: what it proposes asks more of nobody by surprise, and a second person of nobody.</summary>
    [Fact]
    public void A_simulated_month_is_recalibrated_into_a_policy_that_it_would_live_with()
    {
        var clinic = new SimulatedMonth().Run();
        var uses = Uses.Of(clinic.Journal.Where(entry => ClinicalTime.Day(entry.Time) >= SimulatedMonth.First), account => clinic.Accounts.Of(account).Role).ToArray();
        var found = Recalibration.From(Policy.Starting, PolicyFile.StartingText, uses, InterfaceUses.None, SimulatedMonth.First, SimulatedMonth.Last);
        foreach (var effect in found.Effects) TestContext.Current.TestOutputHelper?.WriteLine($"{effect}");
        foreach (var measure in found.Measures) TestContext.Current.TestOutputHelper?.WriteLine($"{measure.Path} measured {measure.Measured}: {measure.Before} → {measure.Proposed}");
        Assert.True(found.Effects.Count >= 5 && found.Measures.Count > 20);
        Assert.All(found.Effects, effect => Assert.True(effect.SecondAfter <= 0.005 * effect.Days + 1, $"{effect}"));
        PolicyFile.Read(found.Text);
    }
}
