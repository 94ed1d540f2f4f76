using System.Text;

namespace Serment.Kernel;

/// <summary>Where a sealed file belongs. Bound into its key and into every chunk, so that no file can stand in for another.</summary>
public readonly record struct FileAddress(string Cell, PatientId Patient, Domain Domain, FileId File)
{
    /// <summary>Canonical bytes: fields joined by '|', ASCII. See docs/formats/file.md.</summary>
    public byte[] AssociatedData() => Encoding.ASCII.GetBytes($"serment/v1/file|{Cell}|{Patient}|{(int)Domain}|{File}");
}
