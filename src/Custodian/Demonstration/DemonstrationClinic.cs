using System.Security.Cryptography;
using System.Text;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Demonstration;

/// <summary>
/// The invented Clinique des Trois Rivières: three sites, nine units with sixty beds, four services without beds whose
/// queues reach across the wards, forty accounts. The same every time.
/// </summary>
internal static class DemonstrationClinic
{
    private static readonly (string Site, string Unit, int Rooms, int PerRoom)[] Layout =
    [
        ("Site Rivière", "Médecine polyvalente", 8, 1), ("Site Rivière", "Cardiologie", 6, 1), ("Site Rivière", "Urgences – UHCD", 6, 1), ("Site Rivière", "Réanimation", 4, 1),
        ("Site Vallon", "Chirurgie orthopédique", 4, 2), ("Site Vallon", "Chirurgie digestive", 4, 2), ("Site Vallon", "Ambulatoire", 6, 1),
        ("Site Prairie", "Gériatrie", 4, 2), ("Site Prairie", "Maternité", 6, 1),
        ("Site Rivière", Pharmacy, 0, 0), ("Site Rivière", Laboratory, 0, 0), ("Site Rivière", Coding, 0, 0), ("Site Rivière", Billing, 0, 0),
    ];

    private const string Pharmacy = "Pharmacie", Laboratory = "Laboratoire", Coding = "Information médicale", Billing = "Facturation";

    private static readonly string[] Family = ["Aubry", "Bellanger", "Castaing", "Delmas", "Escoffier", "Fauvel", "Guérin", "Hamelin", "Iribarne", "Jouvet", "Kerviel", "Lacombe", "Maillard", "Nadaud", "Ozanne", "Perrault", "Quentin", "Roussel", "Sabatier", "Thévenet", "Urvoy", "Vasseur", "Weber", "Yvon", "Zeller"];
    private static readonly string[] Given = ["Camille", "Lucas", "Inès", "Hugo", "Sarah", "Julien", "Nadia", "Thomas", "Élodie", "Karim", "Claire", "Antoine", "Léa", "Mathieu", "Aïcha", "Vincent"];

    public static IReadOnlyList<UnitLabel> Units { get; } = [.. Layout.Select((u, floor) => new UnitLabel(UnitId.From(Of($"unit {u.Unit}")), u.Unit, u.Site,
        [.. Enumerable.Range(1, u.Rooms).SelectMany(room => Enumerable.Range(1, u.PerRoom).Select(place =>
            new BedLabel(BedId.From(Of($"bed {u.Unit} {room} {place}")), $"{100 * (floor + 1) + room}", u.PerRoom == 1 ? $"{100 * (floor + 1) + room}" : $"{100 * (floor + 1) + room}-{(place == 1 ? "P" : "F")}")))]))];

    /// <summary>Forty-one people: every role of an establishment, and a care team in every unit.</summary>
    public static IEnumerable<Account> Staff()
    {
        var number = 0;
        foreach (var unit in Units.Where(unit => unit.Beds.Count > 0))
        {
            yield return Person(ref number, Role.Nurse, "Infirmier·ère", unit);
            yield return Person(ref number, Role.Nurse, "Infirmier·ère de nuit", unit);
            yield return Person(ref number, Role.Physician, "Médecin", unit);
        }
        foreach (var (role, title) in new[]
        {
            (Role.AdmissionsClerk, "Agent d'admission"), (Role.AdmissionsClerk, "Agent d'admission"), (Role.Pharmacist, "Pharmacien·ne"), (Role.Laboratory, "Biologiste"),
            (Role.MedicalSecretary, "Secrétaire médicale"), (Role.SocialWorker, "Assistant·e de service social"), (Role.Coder, "Technicien·ne d'information médicale"),
            (Role.Biller, "Agent de facturation"), (Role.PrivacyOfficer, "Déléguée à la protection des données"), (Role.SecurityOfficer, "Référent sécurité"),
            (Role.Administrator, "Administratrice"), (Role.Administrator, "Administrateur"), (Role.Director, "Directrice"), (Role.Orderly, "Aide-soignant·e"),
        })
            yield return Person(ref number, role, title, role is Role.MedicalSecretary or Role.SocialWorker or Role.Orderly ? Units[0] : Service(role));
    }

    /// <summary>A queue lets in a unit: whoever works across the wards belongs to one without beds.</summary>
    private static UnitLabel? Service(Role role) => role switch
    {
        Role.Pharmacist => Named(Pharmacy),
        Role.Laboratory => Named(Laboratory),
        Role.Coder => Named(Coding),
        Role.Biller => Named(Billing),
        _ => null,
    };

    private static UnitLabel Named(string unit) => Units.First(u => u.Name == unit);

    /// <summary>Invented ids that are the same in every demonstration.</summary>
    public static UInt128 Of(string what) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("serment demonstration|" + what)));

    private static Account Person(ref int number, Role role, string title, UnitLabel? unit)
    {
        var name = $"{Given[number * 7 % Given.Length]} {Family[number * 11 % Family.Length]}";
        number++;
        // 997… is what the Agence du numérique en santé gives to test cards: nobody's.
        var rpps = role is Role.Physician or Role.Pharmacist or Role.Nurse or Role.Laboratory ? Rpps.WithKey($"9970{number:D6}") : null;
        return new Account { Id = AccountId.From(Of($"staff {number}")), Name = name, Title = unit is null ? title : $"{title}, {unit.Name}", Role = role, Rpps = rpps, Units = unit is null ? [] : [unit.Unit] };
    }
}
