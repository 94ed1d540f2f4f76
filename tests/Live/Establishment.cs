using System.Security.Cryptography;

namespace Serment.Live.Tests;

/// <summary>A production cell past its founding: an administrator, a data protection officer, a clerk and a unit; patients as they are needed.</summary>
public sealed class Establishment : IDisposable
{
    public Establishment(int port = 0, CustodianSetting? setting = null) => Staff = new Staff(Cell = new CustodianProcess(demonstration: false, setting: setting, port: port));

    public CustodianProcess Cell { get; }
    public Staff Staff { get; }
    public Person Ada { get; private set; } = null!;
    public Person Privacy { get; private set; } = null!;
    public Person Clerk { get; private set; } = null!;
    public UnitId Unit { get; private set; }

    public async Task<Establishment> OpenAsync()
    {
        Ada = await Staff.EnterAsync(await Staff.EnrolAsync(Staff.Founding[0]));
        var ben = await Staff.EnterAsync(await Staff.EnrolAsync(Staff.Founding[1]));
        Unit = (await Ada.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Cardiologie", "Site Rivière", [.. Enumerable.Range(101, 20).Select(n => new PutBed($"{n}", $"{n}"))]))).Unit;
        Clerk = await HireAsync(new ProposeAccount("Alix Roche", "Agente d'admission", Role.AdmissionsClerk, [], null), ben);
        Privacy = await HireAsync(new ProposeAccount("Delphine Perrot", "Déléguée à la protection des données", Role.PrivacyOfficer, [], null), ben);
        return this;
    }

    public async Task<Person> HireAsync(ProposeAccount who, Person? approver = null) =>
        await Staff.EnterAsync(await Staff.EnrolAsync((await Staff.AgreeAsync(Ada.AskAsync(AccountVerbs.Propose, who), approver ?? Privacy))!));

    /// <summary>Present in the unit.</summary>
    public async Task<(PatientId Patient, StayId Stay)> AdmitAsync(string name, DateOnly? born = null)
    {
        var traits = new IdentityTraits(name, "Morvane", null, born ?? new DateOnly(1961, 5, 4), Sex.Female, null);
        var patient = (await Clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, DespiteDuplicates: true))).Created!.Patient;
        var stay = Id.New<StayId>();
        await MoveAsync(stay, patient, "present");
        return (patient, stay);
    }

    public async Task MoveAsync(StayId stay, PatientId patient, string state)
    {
        await Clerk.AskAsync(RelationVerbs.IntendStay, new IntendStay(stay, patient, state, Unit, Unit, null));
        await Clerk.AskAsync(RelationVerbs.ConfirmStay, new ConfirmStay(stay));
    }

    /// <summary>A machine with a key of its own; after a restart of the Custodian, that machine again.</summary>
    public (byte[] PublicKey, ECDsa Key, Signer Signer) Machine(ECDsa? key = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var shown = key.ExportSubjectPublicKeyInfo();
        return (shown, key, new Signer(Cell.Client, Cell.Status.Cell, key, null, MachineKeys.IdOf(shown), () => DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1));
    }

    public void Dispose() => Cell.Dispose();
}
