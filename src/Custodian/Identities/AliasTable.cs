namespace Serment.Custodian.Identities;

/// <summary>Which ids are the same person. A merge hangs one id (and whatever hangs from it) under another; taking it apart lets it go as it was.</summary>
internal sealed class AliasTable
{
    private readonly Dictionary<PatientId, PatientId> _into = [];
    private readonly Dictionary<PatientId, List<PatientId>> _absorbed = [];

    public void Set(PatientId absorbed, PatientId? into)
    {
        if (_into.Remove(absorbed, out var before) && _absorbed.TryGetValue(before, out var siblings) && siblings.Remove(absorbed) && siblings.Count == 0) _absorbed.Remove(before);
        if (into is not { } kept) return;
        _into[absorbed] = kept;
        if (!_absorbed.TryGetValue(kept, out var list)) _absorbed[kept] = list = [];
        list.Add(absorbed);
    }

    /// <summary>Whom an id was merged into, itself, or null when it stands for itself.</summary>
    public PatientId? Into(PatientId patient) => _into.TryGetValue(patient, out var kept) ? kept : null;

    /// <summary>Merged into this id directly: each can be taken apart.</summary>
    public IReadOnlyList<PatientId> Absorbed(PatientId patient) => _absorbed.TryGetValue(patient, out var list) ? [.. list] : [];

    /// <summary>All ids of a person, the one that stands for all first.</summary>
    public IReadOnlyList<PatientId> Of(PatientId patient)
    {
        if (_into.Count == 0) return [patient];
        while (_into.TryGetValue(patient, out var kept)) patient = kept;
        if (!_absorbed.ContainsKey(patient)) return [patient];
        var all = new List<PatientId> { patient };
        for (var i = 0; i < all.Count; i++)
            if (_absorbed.TryGetValue(all[i], out var list)) all.AddRange(list);
        return all;
    }
}
