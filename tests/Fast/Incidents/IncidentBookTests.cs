using Serment.Custodian.Accounts;
using Serment.Custodian.Incidents;
using Xunit;

namespace Serment.Fast.Tests.Incidents;

public sealed class IncidentBookTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);
    private static readonly Account Officer = new() { Id = Id.New<AccountId>(), Name = "Claire Vasseur", Title = "Déléguée", Role = Role.PrivacyOfficer };
    private readonly Dictionary<(string, string), byte[]> _kept = [];
    private readonly IncidentBook _book;

    public IncidentBookTests() => _book = Book();

    [Fact]
    public void The_register_counts_on_and_survives_a_restart()
    {
        var first = Open(patients: 3);
        Assert.Equal(2, Open(patients: 0).Number);
        _book.Measure(Officer, new AddMeasure(first.Id, "Compte gelé."), Now);
        var again = Book();
        foreach (var (_, json) in _kept.Where(k => k.Key.Item1 == IncidentBook.Kind)) again.Load(json);
        Assert.Equal("Compte gelé.", Assert.Single(again.Of(first.Id).Measures).Text);
        Assert.Equal([2, 1], again.Register().Incidents.Select(i => i.Number));
        Assert.Equal(3, again.Page(first.Id, 0).Patients.Count);
    }

    [Fact]
    public void Pages_give_each_patient_once()
    {
        var incident = Open(patients: 2_350);
        var all = Enumerable.Range(0, 24).SelectMany(page => _book.Page(incident.Id, page).Patients).Select(p => p.Patient).ToArray();
        Assert.Equal(2_350, all.Distinct().Count());
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Empty(_book.Page(incident.Id, 24).Patients);
    }

    [Fact]
    public void Every_patient_of_an_exposure_is_found_and_no_other()
    {
        var incident = Open(patients: 3_250);
        var all = _book.Patients(incident.Id).ToArray();
        foreach (var patient in all.Chunk(7).Select(some => some[0])) Assert.Equal(patient, _book.Line(incident.Id, patient)!.Patient);
        foreach (var patient in new[] { all[0], all[999], all[1000], all[^1] }) Assert.NotNull(_book.Line(incident.Id, patient));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Null(_book.Line(incident.Id, Id.New<PatientId>())));
    }

    [Fact]
    public void A_letter_that_a_resumed_run_says_again_counts_once()
    {
        var incident = Open(patients: 3);
        var all = _book.Patients(incident.Id).ToArray();
        _book.Sent(new LettersSent(incident.Id, [new(all[0], LetterWay.Post), new(all[1], LetterWay.Mail)]));
        var (fresh, progress) = _book.Sent(new LettersSent(incident.Id, [new(all[1], LetterWay.Mail), new(all[2], LetterWay.Aside)]));
        Assert.Equal([all[2]], fresh.Select(letter => letter.Patient));
        Assert.Equal(new LettersProgress(3, 1, 1, 1, true), progress);
    }

    /// <summary>A second mandate asks who was written to; a recount may show more of someone than his letter told.</summary>
    [Fact]
    public void Whoever_was_set_aside_or_told_of_less_than_is_counted_now_may_be_written_to_and_nobody_else_twice()
    {
        var incident = Open(patients: 3);
        var lines = _book.Page(incident.Id, 0).Patients.OrderBy(line => line.Patient.Value).ToArray();
        _book.Sent(new LettersSent(incident.Id, [new(lines[0].Patient, LetterWay.Post), new(lines[1].Patient, LetterWay.Mail), new(lines[2].Patient, LetterWay.Aside)]));
        Assert.Equal([LetterWay.Post, LetterWay.Mail, LetterWay.Aside], lines.Select(Told));
        Assert.Equal(LetterWay.Post, _book.ToldOf(incident.Id, lines[0], [Id.New<PatientId>(), lines[0].Patient]));

        // Another incident's letters are its own.
        Assert.Null(_book.ToldOf(Open(patients: 1).Id, lines[0], [lines[0].Patient]));

        lines[0] = lines[0] with { Domains = [.. lines[0].Domains, new ExposedDomain(Domain.Sensitive, Now, Now, 1)] };
        _book.Recounted(incident.Id, incident.Exposure, lines);
        Assert.Equal([null, LetterWay.Mail, LetterWay.Aside], lines.Select(Told));
        var (fresh, progress) = _book.Sent(new LettersSent(incident.Id, [.. lines.Select(line => new LetterSent(line.Patient, LetterWay.Post))]));
        Assert.Equal([lines[0].Patient, lines[2].Patient], fresh.Select(letter => letter.Patient));
        Assert.Equal(new LettersProgress(3, 2, 1, 0, true), progress);
        Assert.Equal([LetterWay.Post, LetterWay.Mail, LetterWay.Post], lines.Select(Told));

        // On purpose: told of as new, and each still counts once. Whoever had his letter is not set aside afterwards.
        (fresh, progress) = _book.Sent(new LettersSent(incident.Id, [new(lines[1].Patient, LetterWay.Post), new(lines[2].Patient, LetterWay.Aside)], Again: true));
        Assert.Equal(lines[1].Patient, Assert.Single(fresh).Patient);
        Assert.Equal(new LettersProgress(3, 3, 0, 0, true), progress);

        LetterWay? Told(ExposedPatient line) => _book.ToldOf(incident.Id, line, [line.Patient]);
    }

    [Fact]
    public void A_letter_from_before_the_kinds_of_data_were_kept_counts_as_whole()
    {
        var line = Assert.Single(_book.Page(Open(patients: 1).Id, 0).Patients);
        var incident = Assert.Single(_book.Register().Incidents).Id;
        _kept[(IncidentBook.LetterKind, $"{incident}|{line.Patient}")] = [(byte)LetterWay.Post];
        Assert.Equal(LetterWay.Post, _book.ToldOf(incident, line, [line.Patient]));
    }

    [Fact]
    public void After_72_hours_a_first_notification_says_why_it_is_late()
    {
        var incident = Open(aware: Now.AddHours(-80));
        var ask = new RecordNotification(incident.Id, NotificationPhase.Initial, "Hameçonnage, usurpation d'identité.", null, null);
        Assert.Contains("72 heures", Assert.Throws<RefusedException>(() => _book.Notify(Officer, ask, Now)).Message, StringComparison.Ordinal);
        _book.Notify(Officer, ask with { LateBecause = "Ampleur connue seulement ce matin." }, Now);
        Assert.Equal("Ampleur connue seulement ce matin.", _book.Of(incident.Id).Notifications[0].LateBecause);
    }

    [Fact]
    public void A_complement_follows_an_initial_notification()
    {
        var incident = Open();
        var ask = new RecordNotification(incident.Id, NotificationPhase.Complement, "Hameçonnage, usurpation d'identité.", null, null);
        Assert.Throws<RefusedException>(() => _book.Notify(Officer, ask, Now));
        _book.Notify(Officer, ask with { Phase = NotificationPhase.Initial }, Now);
        Assert.Throws<RefusedException>(() => _book.Notify(Officer, ask with { Phase = NotificationPhase.Initial }, Now));
        _book.Notify(Officer, ask, Now);
        Assert.Equal(IncidentState.Notified, _book.Of(incident.Id).Summary.State);
    }

    [Fact]
    public void Encryption_exempts_only_where_nothing_was_opened()
    {
        var opened = Open(patients: 2);
        Assert.Equal("incident.intelligible", Assert.Throws<RefusedException>(() => _book.Decide(Officer, new DecidePeopleTold(opened.Id, PeopleTold.Unintelligible, "La base est chiffrée, dit-on."), Now)).Refusal.Code);
        var stolen = Open(nature: IncidentNature.Storage);
        _book.Decide(Officer, new DecidePeopleTold(stolen.Id, PeopleTold.Unintelligible, "Disque chiffré, sans ses clés."), Now);
        Assert.Equal(PeopleTold.Unintelligible, _book.Of(stolen.Id).Told!.Decision);
    }

    [Fact]
    public void Nothing_closes_before_it_is_decided_whether_people_are_told_and_nothing_changes_after()
    {
        var incident = Open();
        Assert.Equal("incident.undecided", Assert.Throws<RefusedException>(() => _book.Close(new CloseIncident(incident.Id, "Rien n'a été ouvert, fausse alerte."), Now)).Refusal.Code);
        _book.Decide(Officer, new DecidePeopleTold(incident.Id, PeopleTold.NoHighRisk, "Aucune ouverture au journal."), Now);
        _book.Close(new CloseIncident(incident.Id, "Rien n'a été ouvert, fausse alerte."), Now);
        Assert.Throws<RefusedException>(() => _book.Measure(Officer, new AddMeasure(incident.Id, "Trop tard."), Now));
    }

    [Fact]
    public void What_is_in_question_is_named_exactly()
    {
        var ask = new OpenIncident("Compte usurpé", "Connexions de nuit depuis un poste inconnu.", new IncidentScope(IncidentNature.Account, Now.AddDays(-1), Now), Now);
        Assert.Throws<RefusedException>(() => IncidentBook.Checked(ask, Now));
        Assert.Throws<RefusedException>(() => IncidentBook.Checked(ask with { Scope = ask.Scope with { Account = Officer.Id, Station = Id.New<StationId>() } }, Now));
        Assert.Throws<RefusedException>(() => IncidentBook.Checked(ask with { Scope = ask.Scope with { Account = Officer.Id, Until = Now.AddDays(-2) } }, Now));
        Assert.Throws<RefusedException>(() => IncidentBook.Checked(ask with { Scope = ask.Scope with { Account = Officer.Id }, AwareAt = Now.AddHours(1) }, Now));
        IncidentBook.Checked(ask with { Scope = ask.Scope with { Account = Officer.Id } }, Now);
    }

    private Incident Open(int patients = 0, IncidentNature nature = IncidentNature.Server, DateTimeOffset? aware = null)
    {
        var lines = Enumerable.Range(1, patients).Select(n => new ExposedPatient(Id.New<PatientId>(), $"{n:D9}", [new ExposedDomain(Domain.Clinical, Now, Now, 1)])).OrderBy(line => line.Patient.Value).ToArray();
        return _book.Open((Officer.Id, null), new OpenIncident("Compte usurpé", "Connexions de nuit depuis un poste inconnu.", new IncidentScope(nature, Now.AddDays(-5), Now), aware ?? Now), new Exposure(Now, 10, patients, 0, patients, Now, Now, [], [], []), lines, Now);
    }

    private IncidentBook Book() => new(kept => { foreach (var (kind, id, value) in kept) _kept[(kind, id)] = value; }, (kind, id) => _kept.GetValueOrDefault((kind, id)));
}
