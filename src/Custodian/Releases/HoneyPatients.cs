using Serment.Custodian.Relations;

namespace Serment.Custodian.Releases;

/// <summary>
/// Files that no care can need: whoever opens one was not caring for anybody. Only a file without any relation and never
/// opened can be marked; a relation that someone else makes later suspends the mark, since care is never refused.
/// Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class HoneyPatients(Action<string, byte[]> persist)
{
    private readonly HashSet<PatientId> _marked = [];

    public IReadOnlyList<PatientId> All => [.. _marked];

    public void Load(string id, byte[] value)
    {
        if (value is [1]) _marked.Add(Id.Parse<PatientId>(id));
    }

    public void Mark(PatientId patient, bool marked)
    {
        persist(patient.ToString()!, [marked ? (byte)1 : (byte)0]);
        if (marked) _marked.Add(patient); else _marked.Remove(patient);
    }

    public bool Caught(IReadOnlyList<PatientId> aliases, Ground? ground) =>
        _marked.Count > 0 && ground is null or { SelfClaimed: true } or { Relation.Source: RelationSource.BreakGlass } && aliases.Any(_marked.Contains);
}
