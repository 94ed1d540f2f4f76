using Serment.Custodian.Policies;
using Serment.Custodian.Releases;
using Xunit;

namespace Serment.Fast.Tests.Releases;

/// <summary>Each rule rings for what it is for, and not for the ordinary next to it. A whole month of ordinary work: SimulatedMonthTests.</summary>
public sealed class RuleTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly AccountId Someone = Id.New<AccountId>();
    private static readonly RulePolicy Rules = Policy.Starting.Rules;
    private readonly AlarmBell _bell = new(() => Rules);

    private static Step Named(string name) => new(null, null, name);

    private IReadOnlyList<string> Rung(IEnumerable<Alarm?> alarms) => [.. alarms.OfType<Alarm>().Select(alarm => alarm.Kind)];

    [Fact]
    public void Twelve_different_searches_in_a_minute_ring_and_a_name_typed_letter_by_letter_does_not()
    {
        string[] names = ["Morel", "Abadie", "Zimmermann", "Caron", "Vidal", "Brunel", "Tessier", "Diallo", "Payet", "Etienne", "Lopes", "Garnier"];
        Assert.Equal([AlarmKinds.Searches], Rung(names.Select((name, i) => _bell.Searched(Someone, name, Named(name), Monday.AddSeconds(4 * i)))));
        var (other, typed) = (Id.New<AccountId>(), "12/03/1950 lemoine marie");
        Assert.Empty(Rung(Enumerable.Range(3, typed.Length - 3).Select(length => _bell.Searched(other, typed[..length], Named(typed[..length]), Monday.AddSeconds(length / 2.0)))));
        // The same twelve at the pace of a desk.
        var desk = Id.New<AccountId>();
        Assert.Empty(Rung(names.Select((name, i) => _bell.Searched(desk, name, Named(name), Monday.AddMinutes(2 * i)))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(3)]
    public void Ipps_that_follow_each_other_ring(int by) =>
        Assert.Equal([AlarmKinds.Walk], Rung(Enumerable.Range(0, 8).Select(i => _bell.Searched(Someone, $"{1000 + by * i:D9}", new Step(1000 + by * i, null, null), Monday.AddMinutes(i)))));

    [Fact]
    public void Birth_dates_that_follow_each_other_ring_and_so_do_names_in_alphabetical_order()
    {
        var born = new DateOnly(1950, 1, 1);
        Assert.Equal([AlarmKinds.Walk], Rung(Enumerable.Range(0, 8).Select(i => _bell.Searched(Someone, $"{born.AddDays(7 * i):dd/MM/yyyy}", new Step(null, born.AddDays(7 * i), null), Monday.AddMinutes(i)))));
        string[] names = ["Zeller", "Yvon", "Weber", "Vasseur", "Urvoy", "Roussel", "Perrault", "Nadaud"];
        var other = Id.New<AccountId>();
        Assert.Equal([AlarmKinds.Walk], Rung(names.Select((name, i) => _bell.Searched(other, name, Named(name), Monday.AddMinutes(i)))));
    }

    [Fact]
    public void A_walk_is_not_hidden_by_asking_twice_for_each_nor_seen_in_seven_steps_or_over_days()
    {
        Assert.Equal([AlarmKinds.Walk], Rung(Enumerable.Range(0, 16).Select(i => _bell.Unrelated(Someone, Id.New<PatientId>(), new Step(500 + i / 2, null, null), namesake: false, Monday.AddMinutes(i)))));
        var (seven, slow) = (Id.New<AccountId>(), Id.New<AccountId>());
        Assert.Empty(Rung(Enumerable.Range(0, 7).Select(i => _bell.Unrelated(seven, Id.New<PatientId>(), new Step(500 + i, null, null), namesake: false, Monday.AddMinutes(i)))));
        Assert.Empty(Rung(Enumerable.Range(0, 20).Select(i => _bell.Unrelated(slow, Id.New<PatientId>(), new Step(500 + i, null, null), namesake: false, Monday.AddHours(i)))));
    }

    private static PatientId[] Files(int many) => [.. Enumerable.Range(0, many).Select(_ => Id.New<PatientId>())];

    [Fact]
    public void Several_kinds_of_data_of_several_files_together_ring_and_a_ward_list_and_whole_charts_do_not()
    {
        Domain[] whole = [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results];
        Assert.Equal([AlarmKinds.Copy], Rung([_bell.Given(Someone, Files(5), whole, together: true, Monday)]));
        Assert.Equal([AlarmKinds.Copy], Rung([_bell.Given(Id.New<AccountId>(), Files(30), whole[..2], together: true, Monday)]));
        // Two by two is together as well.
        var careful = Id.New<AccountId>();
        Assert.Equal([AlarmKinds.Copy], Rung(Enumerable.Range(0, 3).Select(i => _bell.Given(careful, Files(2), whole, together: true, Monday.AddMinutes(5 * i)))));
        // Two screens that list the same ward, again and again, and whole charts between them.
        var (nurse, ward) = (Id.New<AccountId>(), Files(30));
        Assert.Empty(Rung(Enumerable.Range(0, 60).SelectMany(i => new[]
        {
            _bell.Given(nurse, ward, [Domain.Clinical], together: true, Monday.AddMinutes(2 * i)), _bell.Given(nurse, ward, [Domain.Medication], together: true, Monday.AddMinutes(2 * i)),
            _bell.Given(nurse, [ward[i % 30]], whole, together: false, Monday.AddMinutes(2 * i)),
        })));
        // Four of one's own compared once, as a test of the rule's edge.
        Assert.Empty(Rung([_bell.Given(Id.New<AccountId>(), Files(4), whole, together: true, Monday)]));
    }

    [Fact]
    public void The_same_files_one_kind_after_the_other_ring_at_the_third_and_not_over_a_day()
    {
        var ward = Files(30);
        Domain[] kinds = [Domain.Clinical, Domain.Medication, Domain.Results];
        Assert.Equal([AlarmKinds.Copy], Rung(kinds.Select((kind, i) => _bell.Given(Someone, ward, [kind], together: true, Monday.AddMinutes(i)))));
        var slow = Id.New<AccountId>();
        Assert.Empty(Rung(kinds.Select((kind, i) => _bell.Given(slow, ward, [kind], together: true, Monday.AddHours(i)))));
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(36, true)]
    [InlineData(60, false)]
    public void Charts_one_by_one_faster_than_anyone_reads_ring_within_a_quarter_of_an_hour(int everySeconds, bool rings)
    {
        var files = Files(60);
        Assert.Equal(rings ? [AlarmKinds.Speed] : [], Rung(files.Select((file, i) => _bell.Given(Someone, [file], [Domain.Clinical], together: false, Monday.AddSeconds(everySeconds * i)))));
        // Coming back to the same few is no speed.
        var back = Id.New<AccountId>();
        Assert.Empty(Rung(Enumerable.Range(0, 100).Select(i => _bell.Given(back, [files[i % 10]], [Domain.Clinical], together: false, Monday.AddSeconds(8 * i)))));
    }

    [Fact]
    public void Ten_last_days_set_within_an_hour_by_one_person_ring_and_a_few_a_day_do_not()
    {
        Assert.Equal([AlarmKinds.Departures], Rung(Enumerable.Range(0, 30).Select(i => _bell.Ended(Someone, Monday.AddMinutes(i)))));
        var personnel = Id.New<AccountId>();
        Assert.Empty(Rung(Enumerable.Range(0, 30).Select(i => _bell.Ended(personnel, Monday.AddMinutes(10 * i)))));
    }

    [Fact]
    public void Whoever_bears_ones_own_name_rings_without_a_relation_made_by_someone_else()
    {
        Assert.Equal([AlarmKinds.Namesake], Rung([_bell.Unrelated(Someone, Id.New<PatientId>(), null, namesake: true, Monday)]));
        Assert.Empty(Rung([_bell.Unrelated(Id.New<AccountId>(), Id.New<PatientId>(), null, namesake: false, Monday)]));
    }

    [Fact]
    public void Three_operations_that_a_role_does_not_have_ring_and_so_do_twenty_times_one()
    {
        Assert.Equal([AlarmKinds.Refused], Rung(new[] { "release.keys", "identity.find", "journal.accesses", "honey.list" }.Select(verb => _bell.Refused(Someone, verb, Monday))));
        var stubborn = Id.New<AccountId>();
        Assert.Equal([AlarmKinds.Refused], Rung(Enumerable.Range(0, 20).Select(_ => _bell.Refused(stubborn, "release.keys", Monday))));
        var client = Id.New<ClientId>();
        var alarm = Assert.Single(Enumerable.Range(0, 3).Select(i => _bell.Refused(client, $"verb {i}", Monday)).OfType<Alarm>());
        Assert.Equal((client, null), (alarm.Client, alarm.Account));
        // One wrong door a day for a week is nobody trying.
        var mistaken = Id.New<AccountId>();
        Assert.Empty(Rung(Enumerable.Range(0, 7).Select(day => _bell.Refused(mistaken, $"verb {day}", Monday.AddDays(day)))));
    }

    private static Habits Worked(StationId? station, int days, params int[] hours)
    {
        var habits = new Habits();
        for (var day = 1; day <= days; day++) foreach (var hour in hours) habits.Seen(Someone, station, Monday.AddDays(-day).AddHours(hour - 10));
        return habits;
    }

    [Fact]
    public void An_hour_at_which_one_never_works_rings_unless_a_duty_explains_it_or_too_little_is_known()
    {
        // In Paris from 7 to 14; Monday is 10 o'clock there.
        var habits = Worked(null, 12, 7, 8, 10, 12, 14);
        foreach (var (hour, rings) in new[] { (3, true), (23, true), (17, true), (15, false), (6, false), (9, false) })
            Assert.Equal(rings, new AlarmBell(() => Rules).Entered(Someone, habits, null, explained: false, ownStation: true, Monday.AddHours(hour - 10)) is { Kind: AlarmKinds.Hour });
        Assert.Null(_bell.Entered(Someone, habits, null, explained: true, ownStation: true, Monday.AddHours(-7)));
        Assert.Null(_bell.Entered(Someone, Worked(null, 9, 7, 8), null, explained: false, ownStation: true, Monday.AddHours(-7)));
        // Habits of more than 28 days ago are no habits.
        Assert.Null(_bell.Entered(Someone, habits, null, explained: false, ownStation: true, Monday.AddDays(27).AddHours(-7)));
        // Around midnight one hour is near the other.
        Assert.Null(_bell.Entered(Someone, Worked(null, 12, 23), null, explained: false, ownStation: true, Monday.AddHours(-10)));
    }

    [Fact]
    public void A_station_on_which_one_never_works_rings_unless_it_is_of_ones_own_unit()
    {
        var (usual, other) = (Id.New<StationId>(), Id.New<StationId>());
        var habits = Worked(usual, 12, 8, 10);
        Assert.Null(_bell.Entered(Someone, habits, usual, false, ownStation: false, Monday));
        Assert.Null(_bell.Entered(Someone, habits, other, false, ownStation: true, Monday));
        Assert.Equal(AlarmKinds.Device, _bell.Entered(Someone, habits, other, false, ownStation: false, Monday)!.Kind);
        // Away from the stations, which he never is.
        Assert.Equal(AlarmKinds.Device, new AlarmBell(() => Rules).Entered(Someone, habits, null, false, ownStation: false, Monday)!.Kind);
        Assert.Null(new AlarmBell(() => Rules).Entered(Someone, Worked(null, 12, 8, 10), null, false, ownStation: false, Monday));
    }

    [Fact]
    public void The_same_rule_is_quiet_for_an_hour_and_a_changed_policy_holds_at_once()
    {
        var rules = Rules;
        var bell = new AlarmBell(() => rules);
        Alarm? Closed(double hours) => bell.Closed(Someone, Monday.AddHours(hours));
        Assert.NotNull(Closed(0));
        Assert.Null(Closed(0.9));
        rules = rules with { QuietMinutes = 30 };
        Assert.NotNull(Closed(0.95));
    }
}
