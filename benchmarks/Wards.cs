namespace Serment.Benchmarks;

/// <summary>
/// Units with patients in bed. Thirty of each, the most that one touch opens: who asks for more meets the budget, and the
/// rule is not loosened for a measure.
/// </summary>
public sealed class Wards
{
    public const int PatientsPerTouch = 30;

    private Wards(IReadOnlyList<(Clinician Nurse, IReadOnlyList<PatientId> Patients)> all) => All = all;

    public IReadOnlyList<(Clinician Nurse, IReadOnlyList<PatientId> Patients)> All { get; }

    public static async Task<Wards> FillAsync(CustodianProcess cell, int units)
    {
        var import = cell.Import();
        var wards = new List<(Clinician, IReadOnlyList<PatientId>)>();
        for (var unit = 0; unit < units; unit++)
        {
            var nurse = await cell.EnterAsync(Role.Nurse, 2 * unit);
            var people = new InventedPeople((ulong)unit + 1);
            var patients = await Task.WhenAll(people.Take(PatientsPerTouch).Select(async traits =>
            {
                var who = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"bench|{Id.New<EntryId>()}"))).Created!.Patient;
                await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), who, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
                return who;
            }));
            wards.Add((nurse, patients));
        }
        return new Wards(wards);
    }
}
