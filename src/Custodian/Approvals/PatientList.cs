using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Approvals;

/// <summary>Exactly these patients: fixed when something is proposed, its digest and count signed with the statement.</summary>
/// <param name="Patients">Living ids, ascending, each once.</param>
internal sealed record PatientList(IReadOnlyList<PatientId> Patients)
{
    public const string Kind = "patient-list";
    /// <summary>A list that is sent; everyone of the establishment may be more.</summary>
    public const int Most = 100_000;

    public int Count => Patients.Count;

    /// <summary>SHA-256 over the ids in ascending order, 32 hex digits and a line feed each.</summary>
    public string Digest => field ??= Hash();

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var patient in Patients) hash.AppendData(Encoding.ASCII.GetBytes($"{patient}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static PatientList Of(IEnumerable<PatientId> patients) => new([.. patients.Distinct().OrderBy(patient => patient.Value)]);

    public byte[] Bytes()
    {
        var bytes = new byte[16 * Count];
        for (var i = 0; i < Count; i++) Id.Bytes(Patients[i]).CopyTo(bytes, 16 * i);
        return bytes;
    }

    public static PatientList From(ReadOnlySpan<byte> bytes)
    {
        var patients = new PatientId[bytes.Length / 16];
        for (var i = 0; i < patients.Length; i++) patients[i] = Id.FromBytes<PatientId>(bytes.Slice(16 * i, 16));
        return new PatientList(patients);
    }
}
