namespace Serment.Records.Entries;

/// <summary>One version of one sealed entry of any room. Only added, never changed. What room it is of lies inside the seal.</summary>
public sealed class EntryRow
{
    public required EntryId Entry { get; init; }
    public required int Version { get; init; }
    public required PatientId Patient { get; init; }
    public required Domain Domain { get; init; }
    public required int KeyVersion { get; init; }
    public required DateTimeOffset WrittenAt { get; init; }
    public required byte[] Salt { get; init; }
    public required byte[] Commitment { get; init; }
    public required byte[] Sealed { get; init; }
}
