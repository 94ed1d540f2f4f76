using CsCheck;
using Serment.Custodian.Identities;
using Xunit;

namespace Serment.Fast.Tests.Identities;

public sealed class IdentityRegistryTests : IDisposable
{
    private readonly Registry _registry = new();

    private IdentityRegistry Identities => _registry.Identities;

    [Fact]
    public void A_row_reads_back_as_the_identity_it_was_written_from() =>
        Gen.Select(Names.Person, Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 8], Names.OneOf<string?>(null, "279035121518989"), Names.OneOf<string?>(null, "fhir|é|1")).Sample((person, doubtful, homonym, secret, rank, matricule, source) =>
        {
            var identity = person with { Doubtful = doubtful, Homonym = homonym, Secret = secret, BirthRank = rank, Mother = rank > 0 ? Id.New<PatientId>() : null, Source = source, Traits = person.Traits with { Matricule = matricule, MatriculeOid = matricule is null ? null : MatriculeOids.Nia, BirthPlace = "2A004", UsedGivenName = "ZOE", Sex = Sex.Male } };
            Assert.Equal(identity, new IdentityRow(IdentityRow.Write(identity)).Read(identity.Id));
        });

    [Fact]
    public void After_a_restart_everyone_is_found_as_before() =>
        Gen.Select(Names.Person.Array[2, 60], Gen.Int[0, 1000]).Sample((people, pick) =>
        {
            using var registry = new Registry();
            foreach (var p in people) registry.Create(p.Traits.BirthName, p.Traits.FirstGivenName, p.Traits.BirthDate.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), used: p.Traits.UsedName);
            var someone = people[pick % people.Length].Traits;
            string[] asked = [someone.BirthName, $"{someone.FirstGivenName} {someone.BirthName}", $"{someone.BirthDate:dd/MM/yyyy}", "000000001"];
            var all = asked.SelectMany(text => registry.Find(text)).Distinct().ToArray();
            registry.Identities.Merge(new MergeIdentities(all[0], all[^1] == all[0] ? registry.Create("AUTRE", "PERSONNE", "1990-01-01").Patient : all[^1], "doublon"), Registry.Clerk, Registry.Now);
            var before = asked.Select(text => registry.Find(text)).ToArray();
            var lines = registry.Identities.Lines(all);
            registry.Restart();
            Assert.Equal(before, asked.Select(text => registry.Find(text)));
            Assert.Equal(lines, registry.Identities.Lines(all));
            Assert.Equal(2, registry.Identities.AliasesOf(all[0]).Count);
        }, iter: 50);

    [Fact]
    public void Merging_and_taking_apart_leaves_everything_as_it_was() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5]).Array[1, 8].Sample(merges =>
        {
            using var registry = new Registry();
            var ids = Enumerable.Range(0, 6).Select(i => registry.Create("NOM" + (char)('A' + i), "PRENOM", $"195{i}-02-03").Patient).ToArray();
            var before = Picture();
            var done = new Stack<PatientId>();
            var steps = new Stack<string>();
            foreach (var (kept, absorbed) in merges)
            {
                if (kept == absorbed || registry.Identities.AliasesOf(ids[kept])[0] != ids[kept] || registry.Identities.AliasesOf(ids[absorbed])[0] != ids[absorbed]) continue;
                steps.Push(Picture());
                registry.Identities.Merge(new MergeIdentities(ids[kept], ids[absorbed], "doublon"), Registry.Clerk, Registry.Now);
                Assert.Equal(ids[kept], registry.Identities.AliasesOf(ids[absorbed])[0]);
                Assert.Contains(ids[absorbed], registry.Identities.AliasesOf(ids[kept]));
                done.Push(ids[absorbed]);
            }
            while (done.TryPop(out var absorbed))
            {
                registry.Identities.Unmerge(new UnmergeIdentities(absorbed, "deux personnes"), Registry.Clerk, Registry.Now);
                Assert.Equal(steps.Pop(), Picture());
            }
            Assert.Equal(before, Picture());

            string Picture() => string.Join('\n', ids.Select(id => string.Join(',', registry.Identities.AliasesOf(id).Order(Comparer<PatientId>.Create((a, b) => a.Value.CompareTo(b.Value))))))
                + string.Join('\n', registry.Identities.Lines(ids)) + string.Join(',', registry.Find("prenom nom"));
        }, iter: 100);

    [Fact]
    public void An_absorbed_identity_is_found_by_its_own_names_and_number_as_the_one_that_was_kept()
    {
        var (kept, absorbed) = (_registry.Create("MARTIN", "JEANNE", "1951-02-03"), _registry.Create("LEGRAND", "JEANNE", "1951-03-02"));
        Identities.Merge(new MergeIdentities(kept.Patient, absorbed.Patient, "nom d'épouse"), Registry.Clerk, Registry.Now);
        Assert.Equal([kept.Patient], _registry.Find("legrand 02/03/1951"));
        Assert.Equal([kept.Patient], _registry.Find(absorbed.Ipp));
        Assert.Equal("MARTIN", Assert.Single(Identities.Lines([absorbed.Patient])).BirthName);
        Assert.Equal(absorbed.Patient, Identities.Lines([absorbed.Patient])[0].Patient);
    }

    [Fact]
    public void What_was_merged_into_a_merged_identity_belongs_to_the_last_one_kept()
    {
        var ids = new[] { "MARTIN", "LEGRAND", "PETIT" }.Select((name, i) => _registry.Create(name, "JEANNE", $"195{i}-02-03").Patient).ToArray();
        Identities.Merge(new MergeIdentities(ids[1], ids[0], "doublon"), Registry.Clerk, Registry.Now);
        Identities.Merge(new MergeIdentities(ids[2], ids[1], "doublon"), Registry.Clerk, Registry.Now);
        Assert.All(ids, id => Assert.Equal([ids[2], ids[1], ids[0]], Identities.AliasesOf(id)));
        Assert.Equal([ids[2]], _registry.Find("martin 03/02/1950"));
        Identities.Unmerge(new UnmergeIdentities(ids[1], "deux personnes"), Registry.Clerk, Registry.Now);
        Assert.Equal([ids[1], ids[0]], Identities.AliasesOf(ids[0]));
        Assert.Equal([ids[2]], Identities.AliasesOf(ids[2]));
    }

    [Fact]
    public void A_merge_that_makes_no_sense_is_refused()
    {
        var (a, b, c) = (_registry.Create("MARTIN", "JEANNE", "1951-02-03"), _registry.Create("LEGRAND", "JEANNE", "1951-03-02"), _registry.Create("PETIT", "ANNE", "1960-03-02"));
        Refused(RefusalCodes.Invalid, () => Merge(a, a));
        Refused(RefusalCodes.Invalid, () => Identities.Merge(new MergeIdentities(a.Patient, b.Patient, " "), Registry.Clerk, Registry.Now));
        Refused(RefusalCodes.NotFound, () => Identities.Merge(new MergeIdentities(a.Patient, Id.New<PatientId>(), "doublon"), Registry.Clerk, Registry.Now));
        Refused(RefusalCodes.Conflict, () => Identities.Unmerge(new UnmergeIdentities(a.Patient, "erreur"), Registry.Clerk, Registry.Now));
        Merge(a, b);
        Refused(RefusalCodes.Conflict, () => Merge(c, b));
        Refused(RefusalCodes.Conflict, () => Merge(b, c));
        var one = _registry.Create("DURAND", "PAUL", "1979-03-01", matricule: "279035121518989", status: IdentityStatus.Qualified);
        var two = _registry.Create("DURAND", "PAULE", "1979-03-01", matricule: "274075176079430", status: IdentityStatus.Qualified);
        Refused(RefusalCodes.Conflict, () => Merge(one, two));

        IdentityLine Merge(IdentityLine kept, IdentityLine absorbed) => Identities.Merge(new MergeIdentities(kept.Patient, absorbed.Patient, "doublon"), Registry.Clerk, Registry.Now);
    }

    [Fact]
    public void An_unknown_patient_is_provisional_and_doubtful_until_corrected()
    {
        var (first, second) = (Identities.CreateUnknown(new CreateUnknown(Sex.Male, 40), Registry.Clerk, Registry.Now), Identities.CreateUnknown(new CreateUnknown(Sex.Male, 40), Registry.Clerk, Registry.Now));
        Assert.Equal(("INCONNU", IdentityStatus.Provisional, true, new DateOnly(1985, 12, 31)), (first.BirthName, first.Status, first.Doubtful, first.BirthDate));
        Assert.NotEqual(first.GivenName, second.GivenName);
        Assert.NotEqual(first.Ipp, second.Ipp);
        var known = Identities.Correct(new CorrectIdentity(first.Patient, Registry.Traits("Durand", "Paul", "1984-05-06", Sex.Male), IdentityStatus.Validated, "famille et carte d'identité"), Registry.Clerk, Registry.Now);
        Assert.Equal(("DURAND", false, first.Ipp), (known.BirthName, known.Doubtful, known.Ipp));
        Assert.Equal([first.Patient], _registry.Find("durand 06/05/1984"));
        Assert.DoesNotContain(first.Patient, _registry.Find($"{first.GivenName} inconnu 31/12/1985"));
        Assert.Equal(["created", "corrected"], Identities.History(first.Patient).Select(s => s.What));
        Assert.Equal("INCONNU", Identities.History(first.Patient)[1].Before!.BirthName);
    }

    [Fact]
    public void Newborns_carry_their_mothers_name_and_a_rank_when_there_are_several()
    {
        var mother = _registry.Create("LEGRAND", "JEANNE", "1995-02-03");
        var today = ClinicalTime.Day(Registry.Now);
        var one = Identities.CreateNewborns(new CreateNewborns(mother.Patient, today, "35238", [new Newborn(Sex.Female)]), Registry.Clerk, Registry.Now);
        Assert.Equal(("LEGRAND", "BEBE"), (one[0].BirthName, one[0].GivenName));
        var later = Identities.CreateNewborns(new CreateNewborns(mother.Patient, today, "35238", [new Newborn(Sex.Male), new Newborn(Sex.Male, "Noé")]), Registry.Clerk, Registry.Now);
        Assert.Equal(["BEBE DEUX", "NOE"], later.Select(l => l.GivenName));
        Assert.Equal([1, 2, 3], new[] { one[0], later[0], later[1] }.Select(l => Identities.Of(l.Patient).BirthRank));
        Assert.All(later, l => Assert.Equal(mother.Patient, Identities.Of(l.Patient).Mother));
        var father = _registry.Create("PETIT", "PAUL", "1990-02-03", Sex.Male);
        Refused(RefusalCodes.Invalid, () => Identities.CreateNewborns(new CreateNewborns(father.Patient, today, null, [new Newborn(Sex.Male)]), Registry.Clerk, Registry.Now));
        Refused(RefusalCodes.Invalid, () => Identities.CreateNewborns(new CreateNewborns(mother.Patient, today.AddDays(-90), null, [new Newborn(Sex.Male)]), Registry.Clerk, Registry.Now));
    }

    [Fact]
    public void One_matricule_belongs_to_one_person()
    {
        var line = _registry.Create("DURAND", "PAUL", "1979-03-01", matricule: "279035121518989");
        var again = Identities.Create(new CreateIdentity(Registry.Traits("Dupond", "Pol", "1979-03-01", matricule: "279035121518989"), IdentityStatus.Provisional, DespiteDuplicates: true), Registry.Clerk, Registry.Now);
        Assert.Null(again.Created);
        Assert.Equal(line.Patient, Assert.Single(again.LikelyDuplicates).Patient);
        var other = _registry.Create("PETIT", "ANNE", "1960-03-02");
        Refused(RefusalCodes.Conflict, () => Identities.Correct(new CorrectIdentity(other.Patient, Registry.Traits("PETIT", "ANNE", "1960-03-02", matricule: "279035121518989"), IdentityStatus.Retrieved, "téléservice"), Registry.Clerk, Registry.Now));
    }

    [Fact]
    public void An_import_done_twice_finds_the_same_person()
    {
        var ask = new CreateIdentity(Registry.Traits("DURAND", "PAUL", "1979-03-01"), IdentityStatus.Provisional, true, "fhir|patient-1");
        var first = Identities.Create(ask, null, Registry.Now).Created!.Patient;
        _registry.Restart();
        Assert.Equal(first, Identities.Create(ask, null, Registry.Now).Created!.Patient);
        Assert.Equal(1, Identities.Count);
    }

    [Fact]
    public void A_source_that_names_someone_else_by_a_number_it_gave_before_is_refused()
    {
        var ask = new CreateIdentity(Registry.Traits("Le Goff", "Jean-Noël", "1979-03-01"), IdentityStatus.Provisional, true, "fhir|patient-1");
        var first = Identities.Create(ask, null, Registry.Now).Created!.Patient;
        foreach (var spelled in new[] { ask.Traits with { BirthName = "LE-GOFF" }, ask.Traits with { FirstGivenName = "jean noel" }, ask.Traits with { FirstGivenName = "Jean", GivenNames = "Jean Noel" } })
            Assert.Equal(first, Identities.Create(ask with { Traits = spelled }, null, Registry.Now).Created!.Patient);
        foreach (var other in new[] { ask.Traits with { BirthDate = new DateOnly(1979, 3, 2) }, ask.Traits with { BirthName = "Le Golf" }, ask.Traits with { FirstGivenName = "Jean-Noëlle" }, ask.Traits with { Sex = ask.Traits.Sex is Sex.Male ? Sex.Female : Sex.Male } })
            Refused(RefusalCodes.Conflict, () => Identities.Create(ask with { Traits = other }, null, Registry.Now));
        Identities.Correct(new CorrectIdentity(first, ask.Traits with { BirthName = "Le Golf" }, IdentityStatus.Provisional, "relecture"), Registry.Clerk, Registry.Now);
        Assert.Equal(first, Identities.Create(ask, null, Registry.Now).Created!.Patient);
        Assert.Equal(1, Identities.Count);
    }

    [Fact]
    public void While_people_arrive_and_change_by_thousands_each_is_found_once()
    {
        var ids = new List<PatientId>();
        for (var i = 0; i < 4000; i++) ids.Add(_registry.Create("NOM" + Letters(i), "PRENOM", Day(i)).Patient);
        for (var i = 0; i < 4000; i += 40)
            Identities.Correct(new CorrectIdentity(ids[i], Registry.Traits("AUTRE" + Letters(i), "PRENOM", Day(i)), IdentityStatus.Provisional, "relecture"), Registry.Clerk, Registry.Now);
        for (var i = 0; i < 4000; i += 133)
        {
            var name = (i % 40 == 0 ? "AUTRE" : "NOM") + Letters(i);
            Assert.Single(Identities.Search(IdentityRegistry.Understand($"{name} prenom", default), null).Found, p => p.Traits.BirthName == name);
            if (i % 40 == 0) Assert.DoesNotContain(ids[i], _registry.Find("NOM" + Letters(i)));
        }
        Assert.Equal(40, _registry.Find("03/02/1951").Count);

        static string Day(int i) => new DateOnly(1951, 2, 3).AddDays(i % 100).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        static string Letters(int i) => $"{(char)('A' + i % 26)}{(char)('A' + i / 26 % 26)}{(char)('A' + i / 676)}QW";
    }

    private static void Refused(string code, Action act) => Assert.Equal(code, Assert.Throws<RefusedException>(act).Refusal.Code);

    public void Dispose() => _registry.Dispose();
}
