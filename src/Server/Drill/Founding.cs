using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Serment.Records.Stays;
using Serment.Server.Demonstration;

namespace Serment.Server.Drill;

/// <summary>
/// Makes an establishment of canary patients as any other is made: two founders, units, staff and an interface approved by two, history brought in by an
/// interface that adds and never reads. A few patients lie in bed; the others came once, and no relation leads to them.
/// </summary>
internal sealed class Founding(ThrowawayCell cell, Action<string, int, int> progress)
{
    private const int Batch = 1000, BedsPerWard = 30, KeysAtOnce = 1000;
    private static readonly Domain[] Sealed = [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results, Domain.Activity, Domain.Sensitive];
    private readonly Establishment _people = cell.People;
    private Actor _ada = null!;
    /// <summary>Whoever signs second: a founder until the first officer of another role is there, then that one.</summary>
    private (Actor Live, SoftwareKey Key) _second;

    public static async Task<ThrowawayCell> MakeAsync(int patients, Action<string, int, int> progress)
    {
        var cell = new ThrowawayCell { People = new Establishment(new Canaries()) };
        try
        {
            await cell.StartAsync().ConfigureAwait(false);
            var founding = new Founding(cell, progress);
            await founding.StaffAsync().ConfigureAwait(false);
            await founding.FillAsync(patients).ConfigureAwait(false);
            return cell;
        }
        catch { await cell.DisposeAsync().ConfigureAwait(false); throw; }
    }

    private async Task StaffAsync()
    {
        var codes = await cell.FoundingCodesAsync().ConfigureAwait(false);
        foreach (var code in codes)
        {
            var key = await cell.EnrolAsync(code).ConfigureAwait(false);
            _second = (await cell.EnterAsync(key).ConfigureAwait(false), key);
            _ada ??= _second.Live;
            Join(_second.Live, key);
        }
        _second = await HireAsync(Role.SecurityOfficer, []).ConfigureAwait(false);
        foreach (var ward in new[] { "Médecine", "Chirurgie", "Gériatrie" })
            _people.Units.Add(await _ada.AskAsync(CellVerbs.PutUnit, new PutUnit(null, ward, "Site unique", [.. Enumerable.Range(1, BedsPerWard).Select(b => new PutBed($"{ward[0]}{b}", $"{ward[0]}{b}"))])).ConfigureAwait(false));
        _people.Units.Add(await _ada.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Pharmacie", "Site unique", [])).ConfigureAwait(false));
        foreach (var (role, unit) in new (Role, int)[]
        {
            (Role.PrivacyOfficer, -1), (Role.AdmissionsClerk, -1), (Role.Nurse, 0), (Role.Physician, 0), (Role.Nurse, 1), (Role.Physician, 1),
            (Role.Nurse, 2), (Role.Physician, 2), (Role.MedicalSecretary, 0), (Role.Pharmacist, 3), (Role.Orderly, 1), (Role.Support, -1),
        }) await HireAsync(role, unit < 0 ? [] : [_people.Units[unit].Unit]).ConfigureAwait(false);

        _people.Station = await StationAsync((await AgreeAsync(await _ada.AskAsync(AccountVerbs.ProposeStation, new ProposeStation("Salle de soins", _people.Units[0].Unit)).ConfigureAwait(false)).ConfigureAwait(false))!).ConfigureAwait(false);
        var adding = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await AgreeAsync(await _ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Reprise", ["identity:create", "stay:intend", "encrypt"], adding.ExportSubjectPublicKeyInfo())).ConfigureAwait(false)).ConfigureAwait(false);
        _people.Interface = (MachineKeys.IdOf(adding.ExportSubjectPublicKeyInfo()), adding);
    }

    private async Task<(Actor, SoftwareKey)> HireAsync(Role role, UnitId[] units)
    {
        var name = $"Témoin {(char)('A' + _people.Staff.Count)}";
        var key = await cell.EnrolAsync((await AgreeAsync(await _ada.AskAsync(AccountVerbs.Propose, new ProposeAccount(name, name, role, units, null)).ConfigureAwait(false)).ConfigureAwait(false))!).ConfigureAwait(false);
        var live = await cell.EnterAsync(key).ConfigureAwait(false);
        Join(live, key);
        return (live, key);
    }

    private void Join(Actor who, SoftwareKey key) => _people.Staff.Add(new Employee(who.Me!.Account, who.Me.Name, who.Me.Role, who.Me.Units, key));

    private async Task<string?> AgreeAsync(Proposed proposed)
    {
        return (await cell.AgreeAsync(_second.Live, _second.Key, proposed.Approval).ConfigureAwait(false)).Invitation;
    }

    private async Task<(StationId, ECDsa)> StationAsync(string code)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var shown = key.ExportSubjectPublicKeyInfo();
        byte[] message = [.. Encoding.ASCII.GetBytes($"serment-station-enrol-v1\0{cell.Status.Cell}\0{code}\0"), .. shown];
        return ((await cell.Client.AskUnsignedAsync(AccountVerbs.EnrolStation, "", new EnrolStation(code, shown, ThrowawayCell.Sign(key, message))).ConfigureAwait(false)).Station, key);
    }

    private async Task FillAsync(int patients)
    {
        (_people.Patients, _people.Traits) = (new PatientId[patients], new IdentityTraits[patients]);
        for (var from = 0; from < patients; from += Batch)
        {
            var some = Enumerable.Range(from, Math.Min(Batch, patients - from)).ToArray();
            var brought = await PatientlyAsync(() => cell.AskAsInterfaceAsync(IdentityVerbs.Bring, new BringIdentities([.. some.Select(Invented)]))).ConfigureAwait(false);
            for (var i = 0; i < some.Length; i++) _people.Patients[some[i]] = brought.Patients[i];
            var entries = some.SelectMany(number => Sealed.Select(domain => Entry(number, domain))).ToArray();
            foreach (var chunk in entries.Chunk(KeysAtOnce))
            {
                var slots = (await PatientlyAsync(() => cell.AskAsInterfaceAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([.. chunk.Select(e => new FilePart(e.Patient, e.Domain))]))).ConfigureAwait(false)).Slots;
                await cell.Rows.ImportAsync([.. chunk.Zip(slots, (entry, lent) =>
                {
                    using var slot = RecordSlot.Lent(lent.Version, lent.Key, lent.Salt, lent.Commit);
                    return cell.Rows.Seal(entry, slot, cell.Now);
                })]).ConfigureAwait(false);
            }
            progress("patients", from + some.Length, patients);
        }
        // Spread over the base, so that who is in bed is no run of numbers.
        var perWard = Math.Min(BedsPerWard, patients / 6);
        for (var bed = 0; bed < perWard * 3; bed++)
        {
            var (number, unit) = ((int)((long)bed * patients / (perWard * 3)), _people.Units[bed % 3]);
            var stay = Id.New<StayId>();
            await cell.AskAsInterfaceAsync(RelationVerbs.IntendStay, new IntendStay(stay, _people.Patients[number], "present", unit.Unit, unit.Unit, null)).ConfigureAwait(false);
            await cell.Stays.OpenAsync(stay, _people.Patients[number], [_people.Patients[number]], new Placement(unit.Unit, unit.Unit, unit.Beds[bed / 3].Bed), null, null, null, null, null, cell.Now).ConfigureAwait(false);
            if (!_people.Census.TryGetValue(unit.Unit, out var census)) _people.Census[unit.Unit] = census = [];
            census.Add(number);
        }
    }

    /// <summary>A busy machine may answer late, and a million patients take a while: what the interface brings twice is there once.</summary>
    private static async Task<T> PatientlyAsync<T>(Func<Task<T>> ask)
    {
        for (var again = 0; ; again++)
            try { return await ask().ConfigureAwait(false); }
            catch (RefusedException away) when (away.Refusal.Code == RefusalCodes.Away && again < 20) { await Task.Delay(TimeSpan.FromSeconds(3)).ConfigureAwait(false); }
    }

    private CreateIdentity Invented(int number)
    {
        var choose = new SeededChoice($"drill {number}");
        var traits = InventedPeople.Traits(choose, ClinicalTime.Day(cell.Now), 0, 95) with { BirthName = _people.Canaries.Of(number, Domain.Identity), UsedName = null };
        _people.Traits[number] = traits;
        return new CreateIdentity(traits, IdentityStatus.Validated, DespiteDuplicates: true, Source: $"drill-{number}");
    }

    private NewEntry Entry(int number, Domain domain)
    {
        var canary = _people.Canaries.Of(number, domain);
        return new NewEntry(Id.New<EntryId>(), 1, _people.Patients[number], domain, new EntryContent(domain is Domain.Administrative ? AdministrativeFile.Room : Note.Room, cell.Now, null, "Reprise", null,
            domain is Domain.Administrative ? EntryJson.Of(new AdministrativeFile { Address = canary, City = "Nantes" }) : EntryJson.Of(new Note("medical", canary)), Origin: "Reprise"));
    }
}
