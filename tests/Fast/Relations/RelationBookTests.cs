using Serment.Custodian.Relations;
using Xunit;

namespace Serment.Fast.Tests.Relations;

public sealed class RelationBookTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly UnitId Here = Id.New<UnitId>(), Elsewhere = Id.New<UnitId>();
    private static readonly AccountId Clerk = Id.New<AccountId>(), Nurse = Id.New<AccountId>(), Colleague = Id.New<AccountId>();
    private readonly List<(string Id, byte[] Json)> _kept = [];
    private readonly RelationBook _book;
    private readonly StayId _stay = Id.New<StayId>();
    private readonly PatientId _patient = Id.New<PatientId>();

    public RelationBookTests() => _book = new RelationBook(_kept.AddRange);

    [Fact]
    public void A_stay_opens_its_two_units_for_as_long_as_it_lasts_and_thirty_days_more()
    {
        Move("present", Here, Clerk, Now, housing: Elsewhere);
        Assert.False(Explained(Nurse, Here, Now.AddYears(1))!.SelfClaimed);
        Assert.NotNull(Explained(Nurse, Elsewhere, Now.AddDays(200)));
        Move("discharged", Here, Clerk, Now.AddDays(3), housing: Elsewhere);
        Assert.NotNull(Explained(Nurse, Here, Now.AddDays(32)));
        Assert.Null(Explained(Nurse, Here, Now.AddDays(34)));
        Assert.Null(Explained(Nurse, Id.New<UnitId>(), Now));
    }

    [Fact]
    public void The_unit_that_was_left_reads_on_for_thirty_days()
    {
        Move("present", Here, Clerk, Now);
        Move("present", Elsewhere, Clerk, Now.AddDays(1));
        Assert.NotNull(Explained(Nurse, Here, Now.AddDays(30)));
        Assert.Null(Explained(Nurse, Here, Now.AddDays(32)));
        Assert.NotNull(Explained(Nurse, Elsewhere, Now.AddDays(400)));
    }

    [Fact]
    public void An_intent_opens_at_once_ends_after_fifteen_minutes_and_closes_nothing()
    {
        Move("present", Here, Clerk, Now);
        foreach (var state in new[] { "cancelled", "discharged", "present" })
        {
            _book.IntendStay(new IntendStay(_stay, _patient, state, Elsewhere, Elsewhere, null), Clerk, Now);
            Assert.NotNull(Explained(Nurse, Here, Now.AddDays(60)));
        }
        Assert.NotNull(Explained(Nurse, Elsewhere, Now.AddMinutes(14)));
        Assert.Null(Explained(Nurse, Elsewhere, Now.AddMinutes(16)));
        _book.ConfirmStay(_stay, Now.AddHours(1));
        Assert.NotNull(Explained(Nurse, Elsewhere, Now.AddDays(60)));
        Assert.Null(Explained(Nurse, Here, Now.AddDays(60)));
    }

    [Fact]
    public void An_intent_of_yesterday_is_confirmed_by_nobody()
    {
        _book.IntendStay(new IntendStay(_stay, _patient, "present", Here, Here, null), Clerk, Now);
        Assert.False(_book.ConfirmStay(_stay, Now.AddHours(25)));
        Assert.Null(Explained(Nurse, Here, Now.AddHours(25)));
        Assert.True(_book.ConfirmStay(_stay, Now.AddHours(23)));
    }

    [Fact]
    public void A_stay_on_the_word_of_a_database_is_a_claim_in_everyones_hands_until_somebody_writes()
    {
        _book.IntendStay(new IntendStay(_stay, _patient, "present", Here, Here, null), null, Now, claimed: true);
        Assert.True(_book.ConfirmStay(_stay, Now));
        Assert.True(Explained(Nurse, Here, Now)!.SelfClaimed);
        Assert.False(_book.Brought([_patient], Clerk, Now));
        // Neither a second intent, by a person or on that word again, nor what a desk writes confirms it.
        Move("present", Here, Nurse, Now);
        _book.IntendStay(new IntendStay(_stay, _patient, "present", Here, Here, null), null, Now, claimed: true);
        _book.ConfirmStay(_stay, Now);
        _book.Corroborate([_patient], Clerk, Now, care: false);
        // Moved on by a machine, within its limit or not, he is a claim where he comes to.
        _book.IntendStay(new IntendStay(_stay, _patient, "present", Elsewhere, Here, null), null, Now);
        _book.ConfirmStay(_stay, Now);
        Assert.True(Explained(Nurse, Elsewhere, Now)!.SelfClaimed);
        Assert.True(Explained(Nurse, Here, Now)!.SelfClaimed);
        // Whoever writes has claimed it; the others have it from him, and he from the next.
        Assert.Empty(_book.Corroborate([_patient], Nurse, Now));
        Assert.True(Explained(Nurse, Here, Now)!.SelfClaimed);
        Assert.False(Explained(Colleague, Here, Now)!.SelfClaimed);
        Assert.True(_book.Brought([_patient], Clerk, Now));
        Assert.Equal([Nurse], _book.Corroborate([_patient], Colleague, Now));
        Assert.False(Explained(Nurse, Here, Now)!.SelfClaimed);
    }

    [Fact]
    public void An_interface_beyond_its_limit_confirms_nobodys_claim()
    {
        Move("present", Here, Nurse, Now);
        _book.IntendStay(new IntendStay(_stay, _patient, "present", Here, Here, null), null, Now, claimed: true);
        _book.ConfirmStay(_stay, Now);
        Assert.True(Explained(Nurse, Here, Now)!.SelfClaimed);
        _book.IntendStay(new IntendStay(_stay, _patient, "present", Here, Here, null), null, Now);
        _book.ConfirmStay(_stay, Now);
        Assert.False(Explained(Nurse, Here, Now)!.SelfClaimed);
    }

    [Fact]
    public void Whom_a_fact_lets_in_says_that_it_is_true_and_not_that_it_lasts_longer()
    {
        var asked = new StateRelation(RelationSource.Referral, _patient, Here, null, Now.AddDays(30));
        _book.State(asked with { Until = Now.AddDays(10) }, Clerk, Now);
        _book.State(asked, Nurse, Now.AddDays(1), letsInHimself: true);
        Assert.NotNull(Explained(Nurse, Here, Now.AddDays(9)));
        Assert.Null(Explained(Nurse, Here, Now.AddDays(11)));
        _book.State(asked, Colleague, Now.AddDays(2));
        Assert.NotNull(Explained(Nurse, Here, Now.AddDays(29)));
    }

    [Fact]
    public void A_cancelled_stay_opens_nothing_once_confirmed()
    {
        Move("expected", Here, Clerk, Now);
        Move("cancelled", Here, Clerk, Now.AddHours(1));
        Assert.Null(Explained(Nurse, Here, Now.AddHours(1)));
    }

    [Fact]
    public void Who_brings_a_patient_into_his_own_unit_has_claimed_it_himself()
    {
        Move("present", Elsewhere, Clerk, Now);
        Move("present", Here, Nurse, Now.AddHours(1));
        Assert.True(Explained(Nurse, Here, Now.AddHours(2))!.SelfClaimed);
        Assert.False(Explained(Colleague, Here, Now.AddHours(2))!.SelfClaimed);
        // The clerk who moves the same stay within the unit confirms it.
        Move("present", Here, Clerk, Now.AddHours(3));
        Assert.False(Explained(Nurse, Here, Now.AddHours(4))!.SelfClaimed);
    }

    [Fact]
    public void Who_calls_back_a_patient_discharged_long_ago_has_claimed_it_himself()
    {
        Move("present", Here, Clerk, Now);
        Move("discharged", Here, Clerk, Now.AddDays(1));
        Move("present", Here, Nurse, Now.AddDays(300));
        Assert.True(Explained(Nurse, Here, Now.AddDays(300))!.SelfClaimed);
    }

    [Fact]
    public void A_stay_cannot_be_lent_to_another_patient()
    {
        Move("present", Here, Clerk, Now);
        var stranger = Id.New<PatientId>();
        Assert.Throws<RefusedException>(() => _book.IntendStay(new IntendStay(_stay, stranger, "present", Here, Here, null), Nurse, Now));
        Assert.Null(_book.Explain([stranger], Nurse, [Here], Now));
        // A merged file is the same person.
        _book.IntendStay(new IntendStay(_stay, stranger, "present", Here, Here, null), Nurse, Now, same: (_, _) => true);
    }

    [Fact]
    public void Whoever_writes_confirms_what_others_claimed_and_nothing_of_his_own()
    {
        Move("present", Here, Nurse, Now);
        Assert.Empty(_book.Corroborate([_patient], Nurse, Now));
        Assert.True(Explained(Nurse, Here, Now)!.SelfClaimed);
        Assert.Equal([Nurse], _book.Corroborate([_patient], Colleague, Now));
        Assert.False(Explained(Nurse, Here, Now)!.SelfClaimed);
        Assert.Empty(_book.Corroborate([_patient], Colleague, Now));
    }

    public static TheoryData<RelationSource> Stated => [.. RelationRules.All.Where(rule => rule.Stated).Select(rule => rule.Source)];

    [Theory]
    [MemberData(nameof(Stated))]
    public void A_stated_fact_opens_its_scope_for_its_life_and_is_ones_own_claim_until_another_states_it_too(RelationSource source)
    {
        var rule = RelationRules.Of(source);
        var ask = new StateRelation(source, _patient, rule.Scope is RelationScope.Unit ? Here : null, rule.Scope is RelationScope.Account ? Nurse : null, DateTimeOffset.MaxValue);
        _book.State(ask, Nurse, Now);
        Assert.True(Explained(Nurse, Here, Now)!.SelfClaimed);
        Assert.Equal(rule.Scope is RelationScope.Unit, Explained(Colleague, Here, Now) is not null);
        Assert.NotNull(Explained(Nurse, Here, Now + rule.Life!.Value - TimeSpan.FromMinutes(1)));
        Assert.Null(Explained(Nurse, Here, Now + rule.Life.Value));
        // Another cannot end it, and confirms it by stating it, not by trying to end it.
        _book.State(ask with { Until = Now }, Clerk, Now);
        Assert.True(Explained(Nurse, Here, Now.AddMinutes(1))!.SelfClaimed);
        _book.State(ask with { Until = Now.AddHours(1) }, Clerk, Now);
        Assert.False(Explained(Nurse, Here, Now.AddMinutes(1))!.SelfClaimed);
        // Who made it ends or shortens his own part, not the other's.
        _book.State(ask with { Until = Now.AddMinutes(1) }, Nurse, Now.AddMinutes(1));
        Assert.NotNull(Explained(Nurse, Here, Now.AddMinutes(59)));
        Assert.Null(Explained(Nurse, Here, Now.AddHours(1)));
    }

    [Fact]
    public void A_fact_ends_at_the_word_of_who_made_it_and_of_no_other_interface()
    {
        var (one, other) = (Id.New<ClientId>(), Id.New<ClientId>());
        var ask = new StateRelation(RelationSource.LaboratoryQueue, _patient, Here, null, Now.AddDays(2));
        _book.State(ask, null, Now, one);
        _book.State(ask with { Until = Now }, null, Now, other);
        Assert.NotNull(Explained(Nurse, Here, Now.AddMinutes(1)));
        _book.State(ask with { Until = Now }, null, Now, one);
        Assert.Null(Explained(Nurse, Here, Now.AddMinutes(1)));
    }

    [Fact]
    public void A_claim_that_is_handed_on_is_one_in_the_receivers_hands_until_a_third_person_acts()
    {
        var ask = new StateRelation(RelationSource.Handover, _patient, null, Colleague, Now.AddHours(12));
        _book.State(ask, Nurse, Now, handedOn: true);
        Assert.True(Explained(Colleague, Elsewhere, Now)!.SelfClaimed);
        // Neither by writing nor by stating it again does the receiver, or whoever knows the patient by this alone, confirm it.
        Assert.Empty(_book.Corroborate([_patient], Colleague, Now));
        _book.State(ask, Clerk, Now, handedOn: true);
        Assert.True(Explained(Colleague, Elsewhere, Now)!.SelfClaimed);
        _book.State(ask, Clerk, Now);
        Assert.False(Explained(Colleague, Elsewhere, Now)!.SelfClaimed);
    }

    [Fact]
    public void What_the_custodian_sees_by_itself_is_not_stated_and_a_scope_is_not_chosen()
    {
        foreach (var source in Enum.GetValues<RelationSource>().Except(Stated.Select(row => (RelationSource)row)))
            Assert.Throws<RefusedException>(() => _book.State(new StateRelation(source, _patient, Here, null, Now.AddDays(1)), Nurse, Now));
        Assert.Throws<RefusedException>(() => _book.State(new StateRelation(RelationSource.Referral, _patient, null, Nurse, Now.AddDays(1)), Nurse, Now));
        Assert.Throws<RefusedException>(() => _book.State(new StateRelation(RelationSource.Handover, _patient, Here, Nurse, Now.AddDays(1)), Nurse, Now));
        Assert.Null(Explained(Nurse, Here, Now));
    }

    [Fact]
    public void Who_wrote_reads_for_ninety_days_and_own_claims_are_not_laundered_by_writing()
    {
        Move("present", Here, Clerk, Now);
        _book.Wrote(_patient, Nurse, Explained(Nurse, Here, Now)!, Now);
        Move("discharged", Here, Clerk, Now);
        Assert.Equal(RelationSource.Author, Explained(Nurse, Here, Now.AddDays(80))!.Relation.Source);
        Assert.Null(Explained(Colleague, Here, Now.AddDays(80)));
        Assert.Null(Explained(Nurse, Here, Now.AddDays(90)));
        // Written on the strength of having written: nothing is prolonged.
        _book.Wrote(_patient, Nurse, Explained(Nurse, Here, Now.AddDays(80))!, Now.AddDays(80));
        Assert.Null(Explained(Nurse, Here, Now.AddDays(90)));

        var stranger = Id.New<PatientId>();
        _book.IntendStay(new IntendStay(Id.New<StayId>(), stranger, "present", Here, Here, null), Nurse, Now);
        _book.Wrote(stranger, Nurse, _book.Explain([stranger], Nurse, [Here], Now)!, Now);
        Assert.Null(_book.Explain([stranger], Nurse, [], Now));
    }

    [Fact]
    public void A_book_read_back_explains_the_same()
    {
        Move("present", Here, Nurse, Now);
        _book.Corroborate([_patient], Colleague, Now);
        Move("present", Elsewhere, Clerk, Now.AddDays(1));
        _book.IntendStay(new IntendStay(_stay, _patient, "discharged", Elsewhere, Elsewhere, null), Clerk, Now.AddDays(2));
        var again = new RelationBook(_ => { });
        foreach (var (row, json) in _kept.GroupBy(kept => kept.Id).Select(group => group.Last())) again.Load(row, json, Now);
        foreach (var at in new[] { Now, Now.AddDays(1), Now.AddDays(2), Now.AddDays(29), Now.AddDays(40) })
            foreach (var who in new[] { Nurse, Clerk, Colleague })
                foreach (var unit in new[] { Here, Elsewhere })
                    Assert.Equal(_book.Explain([_patient], who, [unit], at)?.SelfClaimed, again.Explain([_patient], who, [unit], at)?.SelfClaimed);
    }

    [Fact]
    public void What_ended_long_ago_leaves_its_row_to_what_is_new_and_a_book_read_back_knows_only_what_lives()
    {
        for (var day = 0; day < 400; day++)
        {
            var at = Now.AddDays(day);
            var (stay, patient) = (Id.New<StayId>(), Id.New<PatientId>());
            foreach (var state in new[] { "present", "discharged" })
            {
                _book.IntendStay(new IntendStay(stay, patient, state, Here, Elsewhere, null), Clerk, at);
                _book.ConfirmStay(stay, at);
            }
            _book.Sweep(at);
        }
        var (rows, end) = (_kept.GroupBy(kept => kept.Id).Select(group => group.Last()).ToArray(), Now.AddDays(400));
        Assert.InRange(rows.Length, 250, 330);
        var again = new RelationBook(_ => { });
        foreach (var (row, json) in rows) again.Load(row, json, end);
        Assert.Equal(_book.Of([Here, Elsewhere], end).ToHashSet(), again.Of([Here, Elsewhere], end).ToHashSet());
        Assert.InRange(again.Of([Here], end).Count, 29, 31);
    }

    private void Move(string state, UnitId unit, AccountId by, DateTimeOffset at, UnitId? housing = null)
    {
        _book.IntendStay(new IntendStay(_stay, _patient, state, unit, housing ?? unit, at), by, at);
        _book.ConfirmStay(_stay, at);
    }

    private Ground? Explained(AccountId who, UnitId unit, DateTimeOffset at) => _book.Explain([_patient], who, [unit], at);
}
