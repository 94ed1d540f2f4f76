namespace Serment.Custodian.Mandates;

/// <summary>Work with no one present that two officers allowed. docs/formats/mandate.md.</summary>
/// <param name="Id">Of the approval that opened it.</param>
/// <param name="Count">Of the signed list; 0 when events fill the queue.</param>
/// <param name="Incident">Whose patients the list is; null: another list, or from before this was kept.</param>
internal sealed record Mandate(ApprovalId Id, string Name, MandatePurpose Purpose, Domain Domain, bool Names, ClientId Client, IReadOnlyList<MandateEvent> Events, int Count, int PatientsPerHour, DateTimeOffset From, DateTimeOffset Until, bool Frozen = false, IncidentId? Incident = null)
{
    public bool OfList => Events.Count == 0;

    /// <exception cref="RefusedException">Frozen, or over.</exception>
    public void Open(DateTimeOffset now)
    {
        if (Frozen) throw new RefusedException("mandate.frozen", "Ce mandat est gelé : un autre doit être proposé et approuvé.");
        if (now >= Until) throw new RefusedException("mandate.expired", "Ce mandat est arrivé à son terme : un autre doit être proposé et approuvé.");
    }
}

/// <summary>One patient in a queue: put there by an event or by the signed list, given out, done.</summary>
internal sealed record Queued(DateTimeOffset At, DateTimeOffset? ReleasedAt = null, DateTimeOffset? DoneAt = null);
