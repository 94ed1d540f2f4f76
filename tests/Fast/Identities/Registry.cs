using Serment.Custodian.Identities;

namespace Serment.Fast.Tests.Identities;

/// <summary>A registry on a shelf in memory, which can be taken down and started again.</summary>
internal sealed class Registry : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 14, 9, 0, 0, TimeSpan.Zero);
    public static readonly AccountId Clerk = Id.New<AccountId>();
    private readonly Dictionary<(string Kind, string Id), byte[]> _shelf = [];
    private readonly bool _demonstration;

    private readonly OfficialPlaces? _places;

    public Registry(bool demonstration = true, OfficialPlaces? places = null)
    {
        (_demonstration, _places) = (demonstration, places);
        Identities = Open();
    }

    public IdentityRegistry Identities { get; private set; }

    public void Restart()
    {
        Identities.Dispose();
        Identities = Open();
    }

    /// <summary>Fills the shelf at once, as years of work would have.</summary>
    public void Shelve(IEnumerable<Identity> people)
    {
        foreach (var person in people) _shelf[(IdentityRegistry.Kind, person.Id.ToString()!)] = IdentityRow.Write(person);
        Restart();
    }

    public IdentityLine Create(string birthName, string given, string birth, Sex sex = Sex.Female, string? used = null, string? givens = null, string? place = null, string? matricule = null, IdentityStatus status = IdentityStatus.Provisional) =>
        Identities.Create(new CreateIdentity(Traits(birthName, given, birth, sex, used, givens, place, matricule), status, DespiteDuplicates: true), Clerk, Now).Created!;

    public static IdentityTraits Traits(string birthName, string given, string birth, Sex sex = Sex.Female, string? used = null, string? givens = null, string? place = null, string? matricule = null) =>
        new(birthName, given, givens, DateOnly.ParseExact(birth, "yyyy-MM-dd"), sex, place, used, null, matricule);

    public IReadOnlyList<PatientId> Find(string text, IReadOnlyCollection<PatientId>? within = null) =>
        [.. Identities.Search(IdentityRegistry.Understand(text, ClinicalTime.Day(Now)), within).Found.Select(p => p.Id)];

    public void Dispose() => Identities.Dispose();

    private IdentityRegistry Open()
    {
        var registry = new IdentityRegistry(_demonstration, new IdentityShelf(
            objects => { foreach (var (kind, id, value) in objects) _shelf[(kind, id)] = value; },
            (kind, id) => _shelf.GetValueOrDefault((kind, id))), () => _places);
        registry.Load(Of(IdentityRegistry.AliasKind), take => { foreach (var (id, row) in Of(IdentityRegistry.Kind)) take(System.Text.Encoding.ASCII.GetBytes(id), row); }, _shelf.Count);
        while (!registry.Ready)
            try { registry.ReadyAsync().AsTask().GetAwaiter().GetResult(); }
            catch (RefusedException e) when (e.Refusal.Code == RefusalCodes.Away) { }
        return registry;
    }

    private (string Id, byte[] Value)[] Of(string kind) => [.. _shelf.Where(o => o.Key.Kind == kind).Select(o => (o.Key.Id, o.Value))];
}
