using Serment.Server.Signing;
using Xunit;

namespace Serment.Fast.Tests.Signing;

/// <summary>Who the patients of a long list are.</summary>
public sealed class IdentityLinesTests
{
    private readonly PatientId[] _ward = [.. Enumerable.Range(0, 250).Select(_ => Id.New<PatientId>())];
    private readonly PatientId _other = Id.New<PatientId>();
    private readonly List<int> _asked = [];

    [Fact]
    public async Task A_list_of_more_than_a_hundred_is_asked_for_in_portions_and_is_whole()
    {
        var people = await BrowserSession.PeopleAsync([.. _ward, _ward[0]], AnswerAsync);
        Assert.Equal([100, 100, 50], _asked);
        Assert.Equal(_ward.ToHashSet(), [.. people.Lines.Keys]);
        Assert.Equal([_ward[249], _other], people.IdsOf(_ward[249]));
        Assert.Equal([_ward[0]], people.IdsOf(_ward[0]));
        Assert.Empty((await BrowserSession.PeopleAsync([], AnswerAsync)).Lines);
        Assert.Equal(3, _asked.Count);
    }

    [Fact]
    public async Task A_touch_that_is_not_given_leaves_the_names_shown_before_it_and_nothing_else_is_passed_over()
    {
        Task<IdentityLines> BeyondAsync(LinesOf ask) => _asked.Count == 2 ? throw new RefusedException(RefusalCodes.Touch, "") : AnswerAsync(ask);
        Assert.Equal(200, (await BrowserSession.PeopleAsync(_ward, BeyondAsync)).Lines.Count);
        await Assert.ThrowsAsync<RefusedException>(() => BrowserSession.PeopleAsync(_ward, _ => throw new RefusedException(RefusalCodes.Touch, "")));
        await Assert.ThrowsAsync<RefusedException>(() => BrowserSession.PeopleAsync(_ward, ask => ask.Patients.Count < 100 ? throw new RefusedException(RefusalCodes.Away, "") : AnswerAsync(ask)));
    }

    private Task<IdentityLines> AnswerAsync(LinesOf ask)
    {
        _asked.Add(ask.Patients.Count);
        return Task.FromResult(new IdentityLines([.. ask.Patients.Select(p => new IdentityLine(p, "", "X", "Y", null, default, Sex.Unknown, IdentityStatus.Provisional, false, false, false, false))], ask.Patients.Contains(_ward[249]) ? [new MergedIds(_ward[249], [_other])] : null));
    }
}
