using System.Text;

namespace Serment.Kernel;

/// <summary>Where a sealed record belongs. Bound into its encryption, so that no row can stand in for another.</summary>
/// <param name="Room">The owning room's short name, ASCII: "notes", "stays".</param>
/// <param name="Version">1 for the first version of an entry.</param>
public readonly record struct RecordAddress(string Cell, PatientId Patient, Domain Domain, string Room, EntryId Entry, int Version)
{
    /// <summary>Canonical bytes: fields joined by '|', ASCII. No field may contain '|'. See docs/formats/record.md.</summary>
    public byte[] AssociatedData() => Encoding.ASCII.GetBytes($"serment/v2/record|{Cell}|{Patient}|{(int)Domain}|{Room}|{Entry}|{Version}");
}
