namespace Serment.Server.Signing;

/// <summary>Who some people are, as far as whoever asked may see it, by the ids that were asked for.</summary>
/// <param name="merged">Every id of those who have several, the one that was asked for first.</param>
public sealed class PeopleShown(IReadOnlyDictionary<PatientId, IdentityLine> lines, IReadOnlyDictionary<PatientId, IReadOnlyList<PatientId>> merged)
{
    public IReadOnlyDictionary<PatientId, IdentityLine> Lines => lines;

    public IReadOnlyList<PatientId> IdsOf(PatientId patient) => merged.TryGetValue(patient, out var ids) ? ids : [patient];
}
