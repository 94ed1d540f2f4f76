using Xunit;

namespace Serment.Fast.Tests.Relations;

/// <summary>
/// Whether the relations explain what a hospital does, on the demonstration clinic with its sixty beds and forty accounts.
/// The needs are those of a French hospital, each made by its own cause and none because a relation exists:
/// responsible and housing units (rounds twice a shift, outliers where the own ward is full), emergency visits (36 a day; desk by day, the receiving
/// nurse at night), planned arrivals 3 to 14 days ahead, theatre, anaesthesia and recovery room, outpatients (5 a working day and specialty), advice
/// and mobile teams (8 % and 2 % of inpatients a day), night and weekend calls by one physician a site, shifts taken by a nurse of another unit,
/// prescriptions and analyses (40 % and 45 % of inpatients a day), results and letters after discharge, transfers and their aftermath,
/// readmissions (10 % in the month), coding and billing days later, the desk's telephone. Needs that no fact announces: the emergency team
/// (25 calls in 1,000 admissions, as rapid response teams publish), advice asked in a corridor (one in seven), social workers called by voice (one in ten),
/// practitioners who call about someone seen long ago (5 a week), duties forgotten until they are missed (one in twenty), a wrong line (one nurse's opening in five hundred).
/// One access is one person, one file, one day: opening again explains nothing better. Not covered: imaging (no such unit here), hospital at home, students, tele-expertise.
/// </summary>
public sealed class SimulatedMonthTests
{
    [Fact]
    public void A_month_of_the_clinic_is_explained_and_the_glass_stays_whole()
    {
        var clinic = new SimulatedMonth().Run();
        Tell(clinic);
        var month = Month(clinic);
        Assert.True(month.Length > 10_000 && month.Select(a => a.Who.Role).Distinct().Count() == 9);
        // Whoever stands before the desk is no relation of its own: the bar holds with these accesses and without them.
        foreach (var accesses in new[] { month, [.. month.Where(a => a.Source is not { } source || !source.StartsWith(nameof(RelationSource.Desk), StringComparison.Ordinal))] })
        {
            Assert.InRange(Share(accesses, a => a.Source is not null), 0.97, 1);
            Assert.InRange(Share(accesses, a => a.Glass), 0.0001, 0.01);
        }
        // Nobody is asked for a second person: whom one registers, someone else cares for.
        Assert.Empty(clinic.Demands);
        // What waits in a queue opens whenever its people are back.
        Assert.All(month.Where(a => a.Who.Role is Role.Laboratory or Role.Coder), a => Assert.NotNull(a.Source));
        Assert.DoesNotContain(month, a => a.Source is null && a.Who.Role is Role.Pharmacist);
        // The bell is worth hearing: fewer than two a day, in a clinic where nobody does wrong.
        Assert.InRange(clinic.Alarms.Count(a => ClinicalTime.Day(a.At) >= SimulatedMonth.First), 1, 2 * 30);
        foreach (var ((who, shift), asked) in clinic.Touches)
            if (clinic.Accounts.Of(who).Role is Role.Nurse or Role.Physician or Role.Pharmacist or Role.Laboratory)
                Assert.True(asked <= 3, $"{asked} touches asked of {clinic.Accounts.Of(who).Title} on {shift:O}");
    }

    /// <summary>The measure notices what is missing.</summary>
    [Theory]
    [InlineData(nameof(Missing.HousingUnits))]
    [InlineData(nameof(Missing.Duties))]
    [InlineData(nameof(Missing.Queues))]
    public void Without_a_source_the_month_misses_the_bar(string missing)
    {
        var clinic = new SimulatedMonth(Enum.Parse<Missing>(missing)).Run();
        Tell(clinic);
        var month = Month(clinic);
        Assert.True(Share(month, a => a.Source is not null) < 0.97 || Share(month, a => a.Glass) > 0.01);
    }

    private static Access[] Month(SimulatedClinic clinic) => [.. clinic.Accesses.Where(a => a.Day >= SimulatedMonth.First)];

    private static void Tell(SimulatedClinic clinic)
    {
        var month = Month(clinic);
        void Say(FormattableString line) => TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant(line));
        Say($"{month.Length} accesses, {month.Length / 30} a day; explained {Share(month, a => a.Source is not null):P2}; by others {Share(month, a => a.Source is { } s && !s.EndsWith(')')):P2}; glass {Share(month, a => a.Glass):P2}");
        foreach (var source in month.GroupBy(a => a.Source ?? (a.Glass ? "— glass" : "— refused")).OrderByDescending(g => g.Count())) Say($"{source.Key,-32} {source.Count(),6}");
        foreach (var role in month.GroupBy(a => a.Who.Role).OrderBy(g => g.Key))
        {
            var touches = clinic.Touches.Where(t => t.Key.Shift >= SimulatedMonth.First && clinic.Accounts.Of(t.Key.Who).Role == role.Key).Select(t => t.Value).ToArray();
            Say($"{role.Key,-18} {role.Count(),6} explained {Share([.. role], a => a.Source is not null):P2} glass {role.Count(a => a.Glass)} touches {touches.Sum()} (max {touches.DefaultIfEmpty().Max()}/shift) demands {clinic.Demands.Count(d => d.Who.Role == role.Key)} most/day {role.GroupBy(a => (a.Who.Id, a.Day)).Max(g => g.Count())}");
        }
        foreach (var need in month.Where(a => a.Source is null).GroupBy(a => (a.Need, a.Who.Role)).OrderByDescending(g => g.Count())) Say($"unexplained: {need.Key.Need}, {need.Key.Role} {need.Count()}, glass {need.Count(a => a.Glass)}");
        foreach (var day in month.GroupBy(a => a.Day).OrderBy(g => g.Key)) Say($"{day.Key:O} {day.Count(),5} accesses, unexplained {day.Count(a => a.Source is null),3}, glass {day.Count(a => a.Glass),2}, touches {clinic.Touches.Where(t => t.Key.Shift == day.Key).Sum(t => t.Value),3}, second person {clinic.Demands.Count(d => d.Day == day.Key && d.Code == RefusalCodes.SecondPerson)}");
        foreach (var demand in clinic.Demands.GroupBy(d => (d.Code, d.Need, d.Who.Role))) Say($"{demand.Key} {demand.Count()} first {demand.Min(d => d.Day)}");
        Say($"{clinic.Searches} searches beyond own patients");
        foreach (var alarm in clinic.Alarms.Where(a => ClinicalTime.Day(a.At) >= SimulatedMonth.First).GroupBy(a => (a.Alarm.Kind, clinic.Accounts.Of(a.Alarm.Account!.Value).Role)).OrderBy(g => g.Key)) Say($"alarm {alarm.Key.Kind} {alarm.Key.Role} {alarm.Count()}: {string.Join(", ", alarm.Take(5).Select(a => $"{ClinicalTime.Local(a.At):dd/MM HH:mm}"))}");
    }

    private static double Share(IReadOnlyCollection<Access> accesses, Func<Access, bool> which) => accesses.Count(which) / (double)accesses.Count;
}
