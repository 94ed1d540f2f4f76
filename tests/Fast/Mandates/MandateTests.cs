using System.Security.Cryptography;
using CsCheck;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Mandates;
using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Mandates;

/// <summary>Work with no one present: two officers, a queue that the machine cannot fill, a rate, an end.</summary>
public sealed class MandateTests
{
    private readonly Ward _ward = new();
    private readonly Account _privacy, _director;
    private readonly byte[] _key = Ward.SessionKey();

    public MandateTests() => (_privacy, _director) = (_ward.Someone(Role.PrivacyOfficer), _ward.Someone(Role.Director));

    private ProposeMandate Reminders => new("Rappels", MandatePurpose.Reminders, Domain.Administrative, true, _key, [MandateEvent.Appointment, MandateEvent.Discharge], null, 60, _ward.Now.AddDays(30));

    private static PatientList Some(int count) => PatientList.Of(Enumerable.Range(0, count).Select(_ => Id.New<PatientId>()));

    private Mandate Open(ProposeMandate ask, PatientList? list = null)
    {
        var proposed = _ward.Mandates.Propose(_privacy, ask, list, _ward.Now);
        var approval = _ward.Approvals.Approve(_director, new Approve(proposed.Id, proposed.Statement), _ward.Now);
        return _ward.Mandates.Open(approval, (NewMandate)approval.What, _ward.Now);
    }

    private (IReadOnlyList<PatientId> Patients, int Waiting, DateTimeOffset? MoreAt) Take(Mandate mandate, int atMost = 100, Func<PatientId, bool>? leaves = null)
    {
        var (_, patients, waiting, moreAt) = _ward.MandateBook.Take(mandate.Client, new TakeFromQueue(mandate.Id, atMost), leaves ?? (_ => true), _ward.Now);
        return (patients, waiting, moreAt);
    }

    [Fact]
    public void The_statement_says_what_for_for_whom_how_fast_and_until_when()
    {
        Assert.Equal($"Ouvrir le mandat « Rappels » (rappels) : travail sans personne présente, par la machine de clé {MachineKeys.IdOf(_key).ToString()![..16]}. Données : dossier administratif, avec l'identité. "
            + "Patients : ceux que met en file un rendez-vous ou une sortie. 60 patients par heure au plus, jusqu'au 24/12/2026 07:00.", _ward.Mandates.Propose(_privacy, Reminders, null, _ward.Now).Statement);
        var list = Some(1200);
        Assert.Contains($"Patients : les 1 200 patients de la liste, empreinte {list.Digest[..16]}, et aucun autre.", _ward.Mandates.Propose(_privacy, Letters, list, _ward.Now).Statement, StringComparison.Ordinal);
    }

    private ProposeMandate Letters => Reminders with { Name = "Lettres", Purpose = MandatePurpose.IncidentLetters, Events = [], Patients = new PatientSelection(Everyone: true), PublicKey = Ward.SessionKey() };

    [Fact]
    public void A_mandate_beyond_its_limits_is_not_even_proposed()
    {
        foreach (var (ask, list) in new[]
        {
            (Reminders with { Name = "x" }, null), (Reminders with { Domain = Domain.Sensitive }, null), (Reminders with { Domain = Domain.Identity }, null), (Reminders with { Domain = (Domain)9 }, null),
            (Reminders with { Purpose = 0 }, null), (Reminders with { Events = [] }, null), (Reminders with { Events = [MandateEvent.Discharge, MandateEvent.Discharge] }, null), (Reminders with { Events = [(MandateEvent)77] }, null),
            (Reminders with { PatientsPerHour = 0 }, null), (Reminders with { PatientsPerHour = 5001 }, null), (Reminders with { Until = _ward.Now.AddDays(367) }, null), (Reminders with { Until = _ward.Now.AddMinutes(59) }, null),
            (Letters with { Until = _ward.Now.AddDays(31) }, Some(3)), (Letters with { Events = [MandateEvent.Discharge] }, Some(3)),
        })
            Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Mandates.Propose(_privacy, ask, list, _ward.Now)));
        Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Mandates.Propose(_ward.Someone(Role.Physician), Reminders, null, _ward.Now)));
        Open(Reminders);
        Assert.Equal(RefusalCodes.Conflict, Ward.Refused(() => _ward.Mandates.Propose(_privacy, Reminders, null, _ward.Now)));
    }

    [Fact]
    public void A_patient_comes_by_an_event_is_given_once_and_leaves_when_he_is_done()
    {
        var mandate = Open(Reminders);
        var patient = Id.New<PatientId>();
        _ward.MandateBook.Happened(MandateEvent.Admission, patient, _ward.Now);
        Assert.Empty(Take(mandate).Patients);
        _ward.MandateBook.Happened(MandateEvent.Appointment, patient, _ward.Now);
        _ward.MandateBook.Happened(MandateEvent.Discharge, patient, _ward.Now);
        Assert.Equal([patient], Take(mandate).Patients);
        Assert.Empty(Take(mandate).Patients);
        Assert.Equal(_ward.Now.AddMinutes(15), Take(mandate).MoreAt);
        _ward.Now += TimeSpan.FromMinutes(15);
        Assert.Equal([patient], Take(mandate).Patients);
        _ward.MandateBook.Done(mandate.Client, new DoneInQueue(mandate.Id, [patient]), _ward.Now);
        _ward.Now += TimeSpan.FromMinutes(15);
        Assert.Equal((0, null), (Take(mandate).Waiting, Take(mandate).MoreAt));
        _ward.MandateBook.Happened(MandateEvent.Discharge, patient, _ward.Now);
        Assert.Equal([patient], Take(mandate).Patients);
    }

    [Fact]
    public void The_machine_neither_fills_its_queue_nor_says_done_what_it_was_not_given()
    {
        var mandate = Open(Letters, Some(3));
        Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.MandateBook.Done(mandate.Client, new DoneInQueue(mandate.Id, [Id.New<PatientId>()]), _ward.Now)));
        _ward.MandateBook.Happened(MandateEvent.Discharge, Id.New<PatientId>(), _ward.Now);
        Assert.Equal(3, Take(mandate).Patients.Count);
        Assert.Equal("mandate.unknown", Ward.Refused(() => _ward.MandateBook.Take(Id.New<ClientId>(), new TakeFromQueue(mandate.Id, 1), _ => true, _ward.Now)));
        Assert.Equal("mandate.unknown", Ward.Refused(() => _ward.MandateBook.Take(mandate.Client, new TakeFromQueue(Id.New<ApprovalId>(), 1), _ => true, _ward.Now)));
        Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => Take(mandate, 101)));
    }

    [Fact]
    public void Frozen_or_over_it_gives_nothing()
    {
        var (frozen, over) = (Open(Letters, Some(3)), Open(Letters, Some(3)));
        _ward.MandateBook.Freeze(frozen.Id);
        Assert.Equal("mandate.frozen", Ward.Refused(() => Take(frozen)));
        _ward.Now = over.Until;
        Assert.Equal("mandate.expired", Ward.Refused(() => Take(over)));
    }

    [Fact]
    public void A_mandate_proposed_by_an_account_frozen_since_is_not_approved()
    {
        var proposed = _ward.Mandates.Propose(_privacy, Reminders, null, _ward.Now);
        _ward.Accounts.Put(_ward.Accounts.Of(_privacy.Id) with { Frozen = true });
        Assert.Equal("approval.proposer", Ward.Refused(() => _ward.Approvals.Approve(_director, new Approve(proposed.Id, proposed.Statement), _ward.Now)));
    }

    [Fact]
    public void The_day_s_ceiling_stops_what_events_fill()
    {
        var mandate = Open(Reminders);
        for (var i = 0; i < 5; i++) _ward.MandateBook.Happened(MandateEvent.Discharge, Id.New<PatientId>(), _ward.Now);
        var room = 3;
        Assert.Equal(3, Take(mandate, leaves: _ => room-- > 0).Patients.Count);
        Assert.Equal(RefusalCodes.Ceiling, Ward.Refused(() => Take(mandate, leaves: _ => false)));
        Assert.Equal(2, Take(Open(Letters, Some(2)), leaves: _ => false).Patients.Count);
    }

    [Fact]
    public void Never_more_new_patients_in_any_hour_than_the_rate_whatever_is_asked_and_across_restarts() =>
        Gen.Select(Gen.Int[1, 40], Gen.Select(Gen.Int[0, 40], Gen.Int[1, 30], Gen.Bool).List[1, 30]).Sample((rate, steps) =>
        {
            var house = new MandateTests();
            var mandate = house.Open(house.Letters with { PatientsPerHour = rate, Until = house._ward.Now.AddDays(30) }, Some(400));
            var given = new List<(DateTimeOffset At, PatientId Patient)>();
            foreach (var (minutes, atMost, restart) in steps)
            {
                house._ward.Now += TimeSpan.FromMinutes(minutes);
                if (restart) house._ward.RestartMandates();
                foreach (var patient in house.Take(mandate, atMost).Patients)
                    if (given.All(g => g.Patient != patient)) given.Add((house._ward.Now, patient));
            }
            foreach (var (at, _) in given) Assert.True(given.Count(g => g.At >= at && g.At < at.AddHours(1)) <= rate);
        }, iter: 60);

    [Fact]
    public void The_digest_is_of_sorted_lines_and_a_list_comes_back_as_it_was()
    {
        var list = PatientList.Of([new PatientId(0x10), new PatientId(2), new PatientId(2)]);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("00000000000000000000000000000002\n00000000000000000000000000000010\n"u8)), list.Digest);
        Assert.Equal(list.Patients, PatientList.From(list.Bytes()).Patients);
    }
}
