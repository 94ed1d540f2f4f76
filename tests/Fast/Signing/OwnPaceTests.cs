using Serment.Server.Signing;
using Xunit;

namespace Serment.Fast.Tests.Signing;

public sealed class OwnPaceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Beyond_the_hours_number_somebody_new_waits_his_turn_and_whoever_was_opened_today_does_not()
    {
        using var pace = new OwnPace(60);
        PatientId[] people = [.. Enumerable.Range(0, 60).Select(_ => Id.New<PatientId>())];
        Assert.True(pace.PassAsync(people, Noon).IsCompletedSuccessfully);
        var late = pace.PassAsync([Id.New<PatientId>()], Noon);
        await Task.Delay(200);
        Assert.False(late.IsCompleted); // one a minute
        Assert.True(pace.PassAsync(people, Noon).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_turn_comes_as_often_as_the_number_says()
    {
        using var pace = new OwnPace(36_000); // ten a second
        await pace.PassAsync(Enumerable.Range(0, 36_000).Select(_ => Id.New<PatientId>()), Noon);
        var began = System.Diagnostics.Stopwatch.StartNew();
        await pace.PassAsync([Id.New<PatientId>()], Noon);
        Assert.InRange(began.Elapsed.TotalSeconds, 0.001, 10);
    }

    [Theory]
    [InlineData("12")]
    [InlineData("beaucoup")]
    [InlineData("-5")]
    public void A_number_that_no_ward_could_work_with_stops_the_start(string setting) =>
        Assert.Contains("SERMENT_FILES_AN_HOUR", Assert.Throws<RefusedException>(() => OwnPace.Configured(setting)).Message, StringComparison.Ordinal);
}
