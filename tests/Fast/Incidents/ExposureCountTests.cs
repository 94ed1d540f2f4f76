using System.Buffers;
using CsCheck;
using Serment.Custodian.Incidents;
using Serment.Custodian.Journal;
using Xunit;

namespace Serment.Fast.Tests.Incidents;

public sealed class ExposureCountTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly AccountId Thief = Id.New<AccountId>();

    [Fact]
    public void An_access_counts_its_patient_its_domain_and_its_first_and_last_time()
    {
        var (anne, paul) = (Id.New<PatientId>(), Id.New<PatientId>());
        var count = new ExposureCount(patient => patient);
        foreach (var entry in new[] { Opened(anne, Domain.Clinical, 0), Opened(anne, Domain.Clinical, 50), Opened(anne, Domain.Results, 20), Opened(paul, Domain.Administrative, 130) }) Take(count, entry);
        var sum = count.Sum(Noon, 4, (_, _) => "Camille Aubry", patient => patient == paul);
        Assert.Equal((2, 1, 4L), (sum.Patients, sum.Minors, sum.Accesses));
        Assert.Equal([new DomainExposure(Domain.Administrative, 1, 1), new DomainExposure(Domain.Clinical, 1, 2), new DomainExposure(Domain.Results, 1, 1)], sum.Domains);
        Assert.Equal((Noon, Noon.AddMinutes(130)), (sum.First, sum.Last));
        Assert.Equal([(3L, 1), (1L, 1)], sum.Hours.Select(hour => (hour.Accesses, hour.Patients)));
        var line = Assert.Single(count.Lines(), l => l.Patient == anne);
        Assert.Equal(new ExposedDomain(Domain.Clinical, Noon, Noon.AddMinutes(50), 2), line.Domains[0]);
    }

    [Fact]
    public void An_identity_that_was_shown_counts_and_an_interface_that_only_adds_does_not()
    {
        var count = new ExposureCount(patient => patient);
        Take(count, Opened(Id.New<PatientId>(), null, 0) with { Kind = "identity.shown" });
        Take(count, Opened(Id.New<PatientId>(), Domain.Results, 0) with { Kind = "encrypt", Account = null, Client = Id.New<ClientId>() });
        Take(count, Opened(Id.New<PatientId>(), null, 0) with { Kind = "stay" });
        Take(count, new JournalEntry { Time = Noon, Kind = "signin", Account = Thief });
        var sum = count.Sum(Noon, 4, (_, _) => "", _ => false);
        Assert.Equal([new DomainExposure(Domain.Identity, 1, 1)], sum.Domains);
        // What it adds may be false: that file is counted as added to.
        Assert.Equal((1, 1), (sum.Patients, sum.Completed));
    }

    [Fact]
    public void A_file_that_was_added_to_is_opened_and_counted_once_as_added_to()
    {
        var (anne, paul, absorbed) = (Id.New<PatientId>(), Id.New<PatientId>(), Id.New<PatientId>());
        var count = new ExposureCount(patient => patient == absorbed ? anne : patient);
        foreach (var entry in new[] { Written(anne, 0), Written(anne, 5), Written(absorbed, 6), Opened(paul, Domain.Clinical, 7) }) Take(count, entry);
        var sum = count.Sum(Noon, 4, (_, _) => "", _ => false);
        Assert.Equal((2, 4L, 1), (sum.Patients, sum.Accesses, sum.Completed));

        static JournalEntry Written(PatientId patient, int minute) => Opened(patient, Domain.Clinical, minute) with { Kind = "write" };
    }

    [Fact]
    public void A_kind_of_opening_that_is_invented_later_counts_by_its_domain()
    {
        var count = new ExposureCount(patient => patient);
        Take(count, Opened(Id.New<PatientId>(), Domain.Sensitive, 0) with { Kind = "invented-tomorrow" });
        Assert.Equal(1, count.Sum(Noon, 1, (_, _) => "", _ => false).Patients);
    }

    [Fact]
    public void Merged_files_are_one_person()
    {
        var (kept, absorbed) = (Id.New<PatientId>(), Id.New<PatientId>());
        var count = new ExposureCount(patient => patient == absorbed ? kept : patient);
        Take(count, Opened(kept, Domain.Clinical, 0));
        Take(count, Opened(absorbed, Domain.Clinical, 5));
        Assert.Equal(kept, Assert.Single(count.Lines()).Patient);
        Assert.Equal(1, count.Sum(Noon, 2, (_, _) => "", _ => false).Patients);
    }

    /// <summary>Whatever the order and the number of entries: as many patients and pairs as a plain grouping finds.</summary>
    [Fact]
    public void Counts_are_those_of_a_plain_grouping()
    {
        var (patients, people) = (Enumerable.Range(0, 7).Select(_ => Id.New<PatientId>()).ToArray(), new[] { Thief, Id.New<AccountId>() });
        Assert.Equal(7, (int)Enum.GetValues<Domain>().Max());
        Gen.Select(Gen.Int[0, 6], Gen.Int[1, 7].Select(kind => (Domain)kind), Gen.Int[0, 5000], Gen.Int[0, 1]).Array[0, 200].Sample(accesses =>
        {
            var count = new ExposureCount(patient => patient);
            foreach (var (patient, domain, minute, who) in accesses) Take(count, Opened(patients[patient], domain, minute) with { Account = people[who] });
            var sum = count.Sum(Noon, accesses.Length, (account, _) => account.ToString()!, _ => false);
            return sum.Actors.All(actor => accesses.Where(a => people[a.Item4].ToString() == actor.Who).ToArray() is var own && actor.Patients == own.Select(a => a.Item1).Distinct().Count()
                    && actor.Domains.Sum(d => d.Patients) == own.Select(a => (a.Item1, a.Item2)).Distinct().Count() && actor.Domains.Sum(d => d.Accesses) == own.Length)
                && sum.Patients == accesses.Select(a => a.Item1).Distinct().Count() && sum.Accesses == accesses.Length
                && sum.Domains.Sum(d => d.Patients) == accesses.Select(a => (a.Item1, a.Item2)).Distinct().Count()
                && sum.Hours.Sum(h => h.Accesses) == accesses.Length
                && count.Lines().SelectMany(l => l.Domains).All(d => d.First <= d.Last);
        });
    }

    /// <summary>As it comes from the journal's bytes.</summary>
    private static void Take(ExposureCount count, JournalEntry entry)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EntryBytes.Write(bytes, entry with { Salt = new byte[JournalEntry.SaltLength] }, 0);
        var plain = bytes.WrittenSpan;
        var time = 0L;
        if (Disclosure.Is(EntryBytes.Read(ref plain, ref time), out var disclosure)) count.Take(disclosure);
    }

    private static JournalEntry Opened(PatientId patient, Domain? domain, int minute) => new() { Time = Noon.AddMinutes(minute), Kind = "release", Account = Thief, Patient = patient, Domain = domain };
}
