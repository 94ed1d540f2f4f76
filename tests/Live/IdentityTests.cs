using Xunit;

namespace Serment.Live.Tests;

public sealed class IdentityTests : IDisposable
{
    private readonly CustodianProcess _cell = new();
    private static readonly IdentityTraits Jeanne = new("Lefèvre", "Jeanne", "Jeanne Marie", new DateOnly(1951, 2, 3), Sex.Female, "75056");

    [Fact]
    public async Task A_desk_finds_by_date_and_letters_and_by_both_names_but_not_by_one()
    {
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var jeanne = await CreateAsync(clerk, Jeanne);
        await CreateAsync(clerk, Jeanne with { BirthName = "Moreau", FirstGivenName = "Paul", BirthDate = new DateOnly(1980, 6, 7) });
        foreach (var text in new[] { "03/02/1951 lef", "Jeane Lefebvre 3 février 1951", jeanne.Ipp, "lefevre jeanne" })
            Assert.Equal(jeanne.Patient, Assert.Single((await FindAsync(clerk, text)).Lines).Patient);
        var alone = await FindAsync(clerk, "lefevre");
        Assert.Empty(alone.Lines);
        Assert.True(alone.OnlyOwn);
    }

    [Fact]
    public async Task A_nurse_finds_her_own_by_name_and_others_by_birth_date()
    {
        var (clerk, nurse) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.Nurse));
        var (own, other) = (await CreateAsync(clerk, Jeanne), await CreateAsync(clerk, Jeanne with { FirstGivenName = "Paulette", BirthDate = new DateOnly(1960, 5, 6) }));
        await AdmitAsync(clerk, own.Patient, nurse);
        Assert.Equal([own.Patient], (await FindAsync(nurse, "lefebvre")).Lines.Select(l => l.Patient));
        Assert.Equal([other.Patient], (await FindAsync(nurse, "lefebvre 6/5/60")).Lines.Select(l => l.Patient));
        Assert.Equal([own.Patient], (await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([own.Patient, other.Patient]))).Lines.Select(l => l.Patient));
        Assert.Equal(RefusalCodes.NoRelation, await Refused(nurse.AskAsync(IdentityVerbs.Traits, new TraitsOf(other.Patient))));
    }

    [Fact]
    public async Task A_patient_who_asked_for_secrecy_is_masked_for_all_but_the_care_team()
    {
        var (clerk, colleague, nurse, stranger) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.AdmissionsClerk, 1), await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse, 4));
        var jeanne = await CreateAsync(clerk, Jeanne);
        await AdmitAsync(clerk, jeanne.Patient, nurse);
        Assert.True((await clerk.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(jeanne.Patient, true, "demande de la patiente"))).Secret);

        var hers = Assert.Single((await FindAsync(nurse, "lefevre")).Lines);
        Assert.Equal(("LEFEVRE", true, false), (hers.BirthName, hers.Secret, hers.Masked));
        Assert.Empty((await FindAsync(stranger, "lefevre 03/02/1951")).Lines);
        Assert.Equal(0, (await FindAsync(stranger, "lefevre 03/02/1951")).Total);
        var masked = Assert.Single((await FindAsync(colleague, "lefevre 03/02/1951")).Lines);
        Assert.True(masked.Masked);
        Assert.DoesNotContain("LEFEVRE", masked.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("1951", masked.ToString(), StringComparison.Ordinal);
        Assert.True(Assert.Single((await colleague.AskAsync(IdentityVerbs.Lines, new LinesOf([jeanne.Patient]))).Lines).Masked);
        Assert.True(Assert.Single((await colleague.AskAsync(IdentityVerbs.Create, new CreateIdentity(Jeanne, IdentityStatus.Provisional))).LikelyDuplicates).Masked);
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(IdentityVerbs.Traits, new TraitsOf(jeanne.Patient))));
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(jeanne.Patient, false, "levée"))));

        // The desk opens nothing of her either, present as she is; who has just created her, and her team, do.
        var file = new ReleaseKeys([jeanne.Patient], [Domain.Administrative], "care");
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(ReleaseVerbs.Release, file)));
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(ReleaseVerbs.Release, file with { Write = true })));
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(ReleaseVerbs.File, new FileKeyAsked(jeanne.Patient, Domain.Administrative, Id.New<FileId>(), "care"))));
        Assert.Null((await clerk.AskAsync(ReleaseVerbs.Release, file)).Patients[0].Refusal);
        Assert.Null((await nurse.AskAsync(ReleaseVerbs.Release, file)).Patients[0].Refusal);
        await colleague.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), jeanne.Patient, "expected", nurse.Me.Units[0], nurse.Me.Units[0], DateTimeOffset.UtcNow));
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(ReleaseVerbs.Release, file)));

        // Nor does whoever claims her for himself.
        await stranger.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), jeanne.Patient, "expected", stranger.Me.Units[0], stranger.Me.Units[0], DateTimeOffset.UtcNow));
        Assert.True(Assert.Single((await stranger.AskAsync(IdentityVerbs.Lines, new LinesOf([jeanne.Patient]))).Lines).Masked);
        Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(stranger.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(jeanne.Patient, false, "levée"))));

        Assert.False((await nurse.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(jeanne.Patient, false, "ne le souhaite plus"))).Secret);
        Assert.False(Assert.Single((await FindAsync(colleague, "lefevre 03/02/1951")).Lines).Masked);
        Assert.Null((await colleague.AskAsync(ReleaseVerbs.Release, file)).Patients[0].Refusal);
    }

    [Fact]
    public async Task A_secret_outlives_a_merge_and_what_is_done_to_the_absorbed_is_done_to_the_person()
    {
        var (clerk, colleague, nurse) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.AdmissionsClerk, 1), await _cell.EnterAsync(Role.Nurse));
        var kept = (await _cell.Import().AskAsync(IdentityVerbs.Create, new CreateIdentity(Jeanne, IdentityStatus.Provisional, true, "reprise|1"))).Created!;
        var absorbed = await clerk.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Female, 70));
        await clerk.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(absorbed.Patient, true, "demande de la patiente"));
        await AdmitAsync(clerk, absorbed.Patient, nurse);
        Assert.True((await clerk.AskAsync(IdentityVerbs.Merge, new MergeIdentities(kept.Patient, absorbed.Patient, "papiers apportés"))).Secret);
        foreach (var id in new[] { kept.Patient, absorbed.Patient })
        {
            Assert.True(Assert.Single((await colleague.AskAsync(IdentityVerbs.Lines, new LinesOf([id]))).Lines).Masked);
            Assert.Equal(RefusalCodes.SecrecyProtected, await Refused(colleague.AskAsync(IdentityVerbs.Traits, new TraitsOf(id))));
        }
        var merged = Assert.Single((await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([absorbed.Patient]))).Merged!);
        Assert.Equal((absorbed.Patient, kept.Patient), (merged.Patient, Assert.Single(merged.Also)));
        // From the bed map the nurse comes with the id that the stay bears.
        Assert.Equal("LEFEVRE", (await nurse.AskAsync(IdentityVerbs.Traits, new TraitsOf(absorbed.Patient))).Traits.BirthName);
        await nurse.AskAsync(IdentityVerbs.Correct, new CorrectIdentity(absorbed.Patient, Jeanne with { BirthName = "Lefebure" }, IdentityStatus.Provisional, "mal lu"));
        await nurse.AskAsync(IdentityVerbs.Mark, new MarkIdentity(absorbed.Patient, false, true, false, "cousine du même nom"));
        var now = await nurse.AskAsync(IdentityVerbs.Traits, new TraitsOf(kept.Patient));
        Assert.Equal(("LEFEBURE", true), (now.Traits.BirthName, now.Line.Homonym));
        Assert.Equal(["marked", "corrected"], (await nurse.AskAsync(IdentityVerbs.History, new HistoryOf(absorbed.Patient))).Steps.Select(s => s.What).Take(2));
        Assert.False((await nurse.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(absorbed.Patient, false, "ne le souhaite plus"))).Secret);
        Assert.False(Assert.Single((await colleague.AskAsync(IdentityVerbs.Lines, new LinesOf([kept.Patient]))).Lines).Masked);
        // Whoever is here under one id is here: the rooms are told all of them.
        Assert.Equal([kept.Patient, absorbed.Patient], (await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), kept.Patient, "expected", nurse.Me.Units[0], nurse.Me.Units[0], DateTimeOffset.UtcNow))).Files);
    }

    [Fact]
    public async Task Two_files_become_one_person_and_two_again_across_a_restart()
    {
        var (clerk, nurse) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.Nurse));
        var (kept, absorbed) = (await CreateAsync(clerk, Jeanne), await CreateAsync(clerk, Jeanne with { BirthName = "Legrand" }));
        await AdmitAsync(clerk, absorbed.Patient, nurse);
        Assert.Equal(RefusalCodes.Role, await Refused((await _cell.EnterAsync(Role.Pharmacist)).AskAsync(IdentityVerbs.Merge, new MergeIdentities(kept.Patient, absorbed.Patient, "doublon"))));
        Assert.Equal(RefusalCodes.Role, await Refused(nurse.AskAsync(IdentityVerbs.Merge, new MergeIdentities(kept.Patient, absorbed.Patient, "doublon"))));
        Assert.Equal(RefusalCodes.Invalid, await Refused(clerk.AskAsync(IdentityVerbs.Merge, new MergeIdentities(kept.Patient, absorbed.Patient, ""))));
        await clerk.AskAsync(IdentityVerbs.Merge, new MergeIdentities(kept.Patient, absorbed.Patient, "nom d'épouse saisi comme nom de naissance"));

        _cell.Kill();
        _cell.Start();
        clerk.JumpCounter();
        nurse.JumpCounter();
        // A relation to the absorbed id explains the whole person; the rooms hear of both ids.
        Assert.Equal([kept.Patient, absorbed.Patient], (await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([kept.Patient], [Domain.Clinical], "care"))).Patients[0].Aliases);
        Assert.Equal([kept.Patient], (await FindAsync(clerk, "legrand 03/02/1951")).Lines.Select(l => l.Patient));
        Assert.Equal([absorbed.Patient], (await clerk.AskAsync(IdentityVerbs.Traits, new TraitsOf(kept.Patient))).Absorbed);
        Assert.Equal("LEFEVRE", Assert.Single((await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([absorbed.Patient]))).Lines).BirthName);

        await clerk.AskAsync(IdentityVerbs.Unmerge, new UnmergeIdentities(absorbed.Patient, "deux sœurs"));
        Assert.Equal(RefusalCodes.NoRelation, await Refused(nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([kept.Patient], [Domain.Clinical], "care"))));
        Assert.Equal([absorbed.Patient], (await FindAsync(clerk, "legrand 03/02/1951")).Lines.Select(l => l.Patient));
        // What was opened while they were one is told of each.
        Assert.Contains((await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(absorbed.Patient))).Accesses, access => access.Kind == "release" && access.Account == nurse.Me.Account);
        var steps = (await clerk.AskAsync(IdentityVerbs.History, new HistoryOf(absorbed.Patient))).Steps;
        Assert.Equal(["unmerged", "merged", "created"], steps.Select(s => s.What));
        Assert.All(steps, s => Assert.Equal(clerk.Me.Name, s.Who));
    }

    [Fact]
    public async Task Nobody_makes_one_person_of_more_than_eight_files()
    {
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var kept = await CreateAsync(clerk, Jeanne);
        for (var i = 0; i < 8; i++)
        {
            var other = await CreateAsync(clerk, Jeanne with { BirthName = $"Legrand {(char)('A' + i)}" });
            var merge = clerk.AskAsync(IdentityVerbs.Merge, new MergeIdentities(kept.Patient, other.Patient, "doublon"));
            if (i < 7) await merge;
            else Assert.Equal(RefusalCodes.Conflict, await Refused(merge));
        }
    }

    [Fact]
    public async Task Someone_unknown_comes_in_at_night_and_gets_his_name_in_the_morning()
    {
        var (night, clerk) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.AdmissionsClerk));
        var unknown = await night.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Male, 40));
        Assert.Equal((IdentityStatus.Provisional, true, 9), (unknown.Status, unknown.Doubtful, unknown.Ipp.Length));
        // Who created the identity may go on working on it before any stay explains it; a colleague elsewhere may not.
        await night.AskAsync(IdentityVerbs.Traits, new TraitsOf(unknown.Patient));
        Assert.Equal(RefusalCodes.NoRelation, await Refused((await _cell.EnterAsync(Role.Nurse, 5)).AskAsync(IdentityVerbs.Traits, new TraitsOf(unknown.Patient))));
        var named = await clerk.AskAsync(IdentityVerbs.Correct, new CorrectIdentity(unknown.Patient, Jeanne with { BirthName = "Durand", FirstGivenName = "Paul", GivenNames = null, Sex = Sex.Male }, IdentityStatus.Validated, "carte d'identité apportée"));
        Assert.Equal(("DURAND", false, unknown.Ipp), (named.BirthName, named.Doubtful, named.Ipp));
        var accesses = await (await _cell.EnterAsync(Role.PrivacyOfficer)).AskAsync(ReleaseVerbs.Accesses, new AccessesOf(unknown.Patient));
        Assert.Contains(accesses.Accesses, a => a.Kind == "identity.correct" && a.Account == clerk.Me.Account);
        Assert.Contains(accesses.Accesses, a => a.Kind == "identity.unknown" && a.Account == night.Me.Account);
    }

    [Fact]
    public async Task Twins_are_numbered_under_their_mothers_name_and_leave_a_trace()
    {
        var (clerk, midwife) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.Nurse));
        var mother = await CreateAsync(clerk, Jeanne with { BirthDate = new DateOnly(1995, 2, 3) });
        var birth = new CreateNewborns(mother.Patient, DateOnly.FromDateTime(DateTime.UtcNow.AddDays(-1)), "75114", [new Newborn(Sex.Female), new Newborn(Sex.Male)]);
        Assert.Equal(RefusalCodes.NoRelation, await Refused(midwife.AskAsync(IdentityVerbs.Newborns, birth)));
        await AdmitAsync(clerk, mother.Patient, midwife);
        var twins = (await midwife.AskAsync(IdentityVerbs.Newborns, birth)).Lines;
        Assert.Equal(["BEBE UN", "BEBE DEUX"], twins.Select(t => t.GivenName));
        var card = await midwife.AskAsync(IdentityVerbs.Traits, new TraitsOf(twins[1].Patient));
        Assert.Equal((mother.Patient, 2, "LEFEVRE"), (card.Mother, card.BirthRank, card.Traits.BirthName));
    }

    [Fact]
    public async Task A_worklist_is_sorted_by_name_and_only_the_page_counts()
    {
        var (clerk, nurse) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.Nurse));
        var ids = new List<PatientId>();
        foreach (var name in new[] { "Zola", "Aubry", "Moreau", "Bazin" })
        {
            ids.Add((await CreateAsync(clerk, Jeanne with { BirthName = name, BirthDate = new DateOnly(1940 + ids.Count * 7, 1, 2) })).Patient);
            await AdmitAsync(clerk, ids[^1], nurse);
        }
        ids.Add((await CreateAsync(clerk, Jeanne with { BirthName = "Absent", BirthDate = new DateOnly(1930, 1, 2) })).Patient);
        var first = await nurse.AskAsync(IdentityVerbs.Order, new OrderIdentities(ids, IdentitySort.Name, 0, 3));
        Assert.Equal(["AUBRY", "BAZIN", "MOREAU"], first.Lines.Select(l => l.BirthName));
        Assert.Equal(4, first.Total);
        Assert.Equal(["ZOLA"], (await nurse.AskAsync(IdentityVerbs.Order, new OrderIdentities(ids, IdentitySort.Name, 1, 3))).Lines.Select(l => l.BirthName));
        Assert.Equal(["BAZIN", "MOREAU", "AUBRY", "ZOLA"], (await nurse.AskAsync(IdentityVerbs.Order, new OrderIdentities(ids, IdentitySort.BirthDateDescending, 0))).Lines.Select(l => l.BirthName));
        Assert.Equal(RefusalCodes.Invalid, await Refused(nurse.AskAsync(IdentityVerbs.Order, new OrderIdentities(ids, IdentitySort.Name, 0, 101))));
        Assert.Equal(RefusalCodes.Role, await Refused((await _cell.EnterAsync(Role.Administrator)).AskAsync(IdentityVerbs.Order, new OrderIdentities(ids, IdentitySort.Name, 0))));
        var officer = await _cell.EnterAsync(Role.PrivacyOfficer);
        Assert.Contains((await officer.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(ids[1]))).Accesses, a => a.Kind == "identity.shown" && a.Account == nurse.Me.Account);
        Assert.DoesNotContain((await officer.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(ids[4]))).Accesses, a => a.Account == nurse.Me.Account);
    }

    [Fact]
    public async Task Marks_combine_only_as_the_national_rule_allows()
    {
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var jeanne = await CreateAsync(clerk, Jeanne);
        var both = await clerk.AskAsync(IdentityVerbs.Mark, new MarkIdentity(jeanne.Patient, true, true, false, "pièce illisible"));
        Assert.Equal((true, true, false), (both.Doubtful, both.Homonym, both.Fictitious));
        Assert.Equal(RefusalCodes.Invalid, await Refused(clerk.AskAsync(IdentityVerbs.Mark, new MarkIdentity(jeanne.Patient, false, true, true, "essai"))));
        var sure = await clerk.AskAsync(IdentityVerbs.Correct, new CorrectIdentity(jeanne.Patient, Jeanne, IdentityStatus.Validated, "passeport"));
        Assert.Equal((false, true), (sure.Doubtful, sure.Homonym));
        Assert.Equal(RefusalCodes.Invalid, await Refused(clerk.AskAsync(IdentityVerbs.Mark, new MarkIdentity(jeanne.Patient, true, true, false, "pièce illisible"))));
    }

    [Fact]
    public async Task An_import_meets_the_bearer_of_a_matricule_by_pseudonym_alone()
    {
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var known = await CreateAsync(clerk, Jeanne with { Matricule = "279035121518989" });
        var met = (await _cell.Import().AskAsync(IdentityVerbs.Create, new CreateIdentity(Jeanne with { BirthName = "Autre", Matricule = "279035121518989" }, IdentityStatus.Provisional, true, "essai|1"))).Created!;
        Assert.Equal(known.Patient, met.Patient);
        Assert.DoesNotContain("LEFEVRE", met.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task One_account_invents_no_more_people_an_hour_than_a_desk_meets()
    {
        var (nurse, clerk) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.AdmissionsClerk));
        for (var i = 0; i < 120; i++) await nurse.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Male, 40));
        Assert.Equal("identity.limit", await Refused(nurse.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Male, 40))));
        Assert.Equal("identity.limit", await Refused(nurse.AskAsync(IdentityVerbs.Create, new CreateIdentity(Jeanne, IdentityStatus.Provisional))));
        await clerk.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Male, 40));
    }

    [Fact]
    public async Task Names_of_strangers_grow_scarce_and_ring_and_one_request_shows_no_more_than_a_touch_allows()
    {
        var (nurse, officer) = (await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.SecurityOfficer));
        var import = _cell.Import();
        var ward = new List<PatientId>();
        for (var i = 0; i < 220; i++)
        {
            // Eighty of the nurse's own, then strangers, ten to a day of birth.
            var traits = Jeanne with { BirthName = $"Personne {(char)('A' + i / 20)}{(char)('A' + i % 20)}", BirthDate = i < 80 ? new DateOnly(1930, 1, 1) : Born((i - 80) / 10) };
            var patient = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"essai|{i}"))).Created!.Patient;
            if (ward.Count < 80) { ward.Add(patient); await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", nurse.Me.Units[0], nurse.Me.Units[0], null)); }
        }
        Assert.Equal(60, (await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf(ward))).Lines.Count);
        Assert.Equal(RefusalCodes.Touch, await Refused(nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([.. ward.Skip(60)]))));
        for (var day = 0; day < 12; day++)
        {
            if (day % 6 == 0) await TouchAsync();
            Assert.Equal(10, (await FindAsync(nurse, $"{Born(day):dd/MM/yyyy}")).Lines.Count);
        }
        Assert.Contains("names", (await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms.Select(alarm => alarm.Kind));
        await TouchAsync();
        Assert.Equal(10, (await FindAsync(nurse, $"{Born(12):dd/MM/yyyy}")).Lines.Count);
        Assert.Equal(RefusalCodes.Touch, await Refused(FindAsync(nurse, $"{Born(13):dd/MM/yyyy}")));
        Assert.Equal(50, (await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([.. ward.Take(50)]))).Lines.Count);
        // What the journal says after a restart is what was shown.
        _cell.Kill();
        _cell.Start();
        nurse.JumpCounter();
        await TouchAsync();
        Assert.Equal(10, (await FindAsync(nurse, $"{Born(13):dd/MM/yyyy}")).Lines.Count);
        Assert.Equal(RefusalCodes.Touch, await Refused(FindAsync(nurse, $"{Born(0):dd/MM/yyyy}")));

        static DateOnly Born(int day) => new DateOnly(1940, 1, 1).AddDays(40 * day);
        async Task TouchAsync() => await nurse.AskAsync(SessionVerbs.Touch, new Touch(false, null));
    }

    private static async Task<IdentityLine> CreateAsync(Person clerk, IdentityTraits traits) =>
        (await clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, DespiteDuplicates: true))).Created!;

    private static async Task AdmitAsync(Person clerk, PatientId patient, Person carer)
    {
        var stay = Id.New<StayId>();
        await clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, patient, "present", carer.Me.Units[0], carer.Me.Units[0], null));
        await clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
    }

    private static Task<FoundIdentities> FindAsync(Person person, string text) => person.AskAsync(IdentityVerbs.Find, new FindIdentities(text));

    private static async Task<string> Refused<T>(Task<T> asked) => (await Assert.ThrowsAsync<RefusedException>(() => asked)).Refusal.Code;

    public void Dispose() => _cell.Dispose();
}
