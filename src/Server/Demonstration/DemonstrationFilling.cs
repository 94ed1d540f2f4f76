using Serment.Records;
using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;
using Serment.Records.Stays;
using Serment.Server.Signing;

namespace Serment.Server.Demonstration;

/// <summary>How far the filling is; screens show it while it runs.</summary>
public sealed class DemonstrationProgress
{
    public int Done { get; set; }
    public int Of { get; set; }
    public bool Running => Done < Of;
}

/// <summary>
/// Fills a demonstration cell with 2,000 invented patients, through the same door as any import: a machine client that
/// creates identities and encrypts, and can read nothing back. Those in bed first. Safe to interrupt: every id comes from the seed.
/// </summary>
internal sealed class DemonstrationFilling(string data, CellStatus cell, CustodianClient custodian, EntriesDoor entries, StaysDoor stays, RecordsDatabase records, DemonstrationProgress progress) : BackgroundService
{
    private const int Patients = 2000, Expected = 12;
    private IReadOnlyList<UnitLabel> _units = [];
    private IReadOnlyList<Me> _staff = [];
    private Signer _import = null!;
    private DateTimeOffset _start;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var keyFile = Path.Combine(data, "demonstration-import.key");
        if (!File.Exists(keyFile)) return;
        using var key = ClientKey.Read(keyFile);
        _import = key.For(custodian, cell);
        _start = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(await records.FactAsync("demonstration", $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}", stoppingToken).ConfigureAwait(false), System.Globalization.CultureInfo.InvariantCulture));
        progress.Done = int.Parse(await records.FactAsync("demonstration done", "0", stoppingToken).ConfigureAwait(false), System.Globalization.CultureInfo.InvariantCulture);
        progress.Of = Patients;
        if (!progress.Running) return;
        _units = [.. (await _import.AskAsync(CellVerbs.Units, Nothing.AtAll, stoppingToken).ConfigureAwait(false)).Units.Where(unit => unit.Beds.Count > 0)];
        _staff = (await custodian.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, cell.Cell, Nothing.AtAll, stoppingToken).ConfigureAwait(false)).People;
        var beds = _units.SelectMany(unit => unit.Beds.Select(bed => (unit, bed))).Where((_, i) => i % 9 != 4).ToArray();
        while (progress.Running && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PatientAsync(progress.Done, beds, stoppingToken).ConfigureAwait(false);
                progress.Done++;
                if (progress.Done % 20 == 0 || !progress.Running) await records.SetFactAsync("demonstration done", $"{progress.Done}", stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) { return; }
            catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Away || no.Refusal.Code.EndsWith(".disk", StringComparison.Ordinal)) { await Task.Delay(500, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); }
        }
        if (progress.Done >= Patients && await records.FactAsync("demonstration beds", "", stoppingToken).ConfigureAwait(false) == "") await BedsAsync(stoppingToken).ConfigureAwait(false);
    }

    private async Task PatientAsync(int number, (UnitLabel Unit, BedLabel Bed)[] beds, CancellationToken cancel)
    {
        var choose = new SeededChoice($"patient {number}");
        var present = number < beds.Length;
        var unit = present ? beds[number].Unit : choose.Of(_units);
        var story = choose.Of([.. InventedCare.Stories.Where(s => s.Unit == unit.Name)]);
        var today = ClinicalTime.Day(_start);
        var traits = InventedPeople.Traits(choose, today, story.Youngest, story.Oldest, story.Sex);
        var who = (await _import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, choose.Chance(70) ? IdentityStatus.Validated : IdentityStatus.Provisional, DespiteDuplicates: true, $"demonstration|{number}"), cancel).ConfigureAwait(false)).Created!.Patient;

        var days = present ? choose.Between(0, 6) : choose.Between(1, 8);
        var admitted = present ? _start.AddDays(-days).AddMinutes(-choose.Between(70, 560)) : _start.AddDays(-choose.Between(12, 700)).AddMinutes(-choose.Between(1, 560));
        DateTimeOffset? left = present ? null : admitted.AddDays(days);
        var stay = StayId.From(SeededChoice.IdOf($"stay {number}"));
        if (number >= beds.Length && number < beds.Length + Expected) await ExpectAsync(stay, who, unit, choose, cancel).ConfigureAwait(false);
        else await StayAsync(stay, who, unit, present ? beds[number].Bed.Bed : null, admitted, left, cancel).ConfigureAwait(false);

        var written = new List<NewEntry>();
        var doctor = _staff.First(p => p.Role is Role.Physician && p.Units.Contains(unit.Unit));
        var nurses = _staff.Where(p => p.Role is Role.Nurse && p.Units.Contains(unit.Unit)).ToArray();
        void Add<T>(string room, Domain domain, DateTimeOffset at, Me author, T body) =>
            written.Add(new NewEntry(EntryId.From(SeededChoice.IdOf($"entry {number} {written.Count}")), 1, who, domain, new EntryContent(room, at, author.Account, author.Name, stay, EntryJson.Of(body))));

        Add(AdministrativeFile.Room, Domain.Administrative, admitted, doctor, InventedPeople.File(choose, traits));
        if (InventedCare.AllergyOf(choose) is { } allergy) Add(Allergy.Room, Domain.Clinical, admitted, nurses[0], allergy);
        Add(Problem.Room, Domain.Clinical, admitted, doctor, new Problem(story.Problem, story.Code, left is null, DateOnly.FromDateTime(admitted.Date), left is { } end ? DateOnly.FromDateTime(end.Date) : null));
        foreach (var past in InventedCare.PastOf(choose, today.Year - traits.BirthDate.Year, today.Year)) Add(Problem.Room, Domain.Clinical, admitted, doctor, past);
        Add(Note.Room, Domain.Clinical, admitted.AddMinutes(50), doctor, new Note("medical", story.Entry));
        for (var i = 0; i < story.Course.Length && i < Math.Max(1, days); i++)
            if (Before(admitted.AddDays(i + 1).AddHours(2)) is { } at) Add(Note.Room, Domain.Clinical, at, doctor, new Note("medical", story.Course[i]));
        for (var i = 0; i < story.Nursing.Length; i++)
            if (Before(admitted.AddHours(7 + 13 * i)) is { } at) Add(Note.Room, Domain.Clinical, at, nurses[i % nurses.Length], InventedCare.Transmission(story.Nursing[i]));
        Add(VitalSet.Room, Domain.Clinical, admitted.AddMinutes(30), nurses[0], new VitalSet([new Measure(VitalSign.Weight.Loinc, decimal.Round(choose.Around(71, 26), 1), "kg"), new Measure(VitalSign.Height.Loinc, decimal.Round(choose.Around(168, 17), 0), "cm")]));
        var rounds = present ? Math.Max(3, days * 4) : 4;
        for (var i = 0; i < rounds; i++)
            if (Before(admitted.AddMinutes(25 + i * (present ? 360 : 1440 * Math.Max(1, days) / 4) + choose.Below(50))) is { } at)
                Add(VitalSet.Room, Domain.Clinical, at, nurses[i % nurses.Length], InventedCare.Vitals(choose, story.Shift, Math.Min(1, i / (decimal)rounds * 1.2m)));
        await SealAsync(written, cancel).ConfigureAwait(false);

        DateTimeOffset? Before(DateTimeOffset at) => at < (left ?? _start) ? at : null;
    }

    private async Task ExpectAsync(StayId stay, PatientId who, UnitLabel unit, SeededChoice choose, CancellationToken cancel)
    {
        var expected = _start.AddHours(choose.Between(3, 72));
        await _import.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, who, "expected", unit.Unit, unit.Unit, expected), cancel).ConfigureAwait(false);
        if (await stays.FindAsync(stay, cancel).ConfigureAwait(false) is null)
            await stays.OpenAsync(stay, who, [who], new Placement(unit.Unit, unit.Unit, null), expected, expected.AddDays(choose.Between(1, 6)), null, null, null, _start, cancel).ConfigureAwait(false);
    }

    private async Task StayAsync(StayId stay, PatientId who, UnitLabel unit, BedId? bed, DateTimeOffset admitted, DateTimeOffset? left, CancellationToken cancel)
    {
        if (left is null) await _import.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, who, "present", unit.Unit, unit.Unit, null), cancel).ConfigureAwait(false);
        var known = await stays.FindAsync(stay, cancel).ConfigureAwait(false);
        if (known is not null && (left is null || known.DischargedAt is not null)) return;
        var doctor = _staff.First(p => p.Role is Role.Physician && p.Units.Contains(unit.Unit)).Account;
        if (known is null)
            await stays.OpenAsync(stay, who, [who], new Placement(unit.Unit, unit.Unit, bed), null, left is null ? _start.AddDays(1 + (int)(stay.Value % 4)) : null, doctor, null, null, admitted, cancel).ConfigureAwait(false);
        if (left is { } at) await stays.DischargeAsync(stay, at, null, _start, cancel).ConfigureAwait(false);
    }

    private async Task SealAsync(List<NewEntry> written, CancellationToken cancel)
    {
        var known = await entries.KnownAsync([.. written.Select(e => e.Entry)], cancel).ConfigureAwait(false);
        var fresh = written.Where(e => !known.Contains(e.Entry)).ToArray();
        if (fresh.Length == 0) return;
        using var slots = await LentSlots.AskAsync(_import, fresh, cancel).ConfigureAwait(false);
        await entries.ImportAsync(slots.Seal(entries, fresh, written.Max(e => e.Content.At)), cancel).ConfigureAwait(false);
    }

    private async Task BedsAsync(CancellationToken cancel)
    {
        var all = _units.SelectMany(u => u.Beds).ToArray();
        await stays.SetBedAsync(all[4].Bed, BedState.ToClean, null, _start, cancel).ConfigureAwait(false);
        await stays.SetBedAsync(all[22].Bed, BedState.ToClean, null, _start, cancel).ConfigureAwait(false);
        await stays.SetBedAsync(all[40].Bed, BedState.Blocked, null, _start, cancel).ConfigureAwait(false);
        await records.SetFactAsync("demonstration beds", "set", cancel).ConfigureAwait(false);
    }
}
