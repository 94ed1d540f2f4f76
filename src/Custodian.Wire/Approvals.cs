namespace Serment.Custodian.Wire;

/// <summary>A page of the patients that a proposal names, for whoever decides it; pages count from 0.</summary>
public sealed record ListOfApproval(ApprovalId Approval, int Page);

/// <summary>Numbers, no names: they can be compared with a list that came another way.</summary>
/// <param name="Digest">SHA-256, hexadecimal, of all ids in ascending order, each followed by a line feed; it stands in the statement.</param>
public sealed record ApprovalPatients(int Count, string Digest, int Page, int Pages, IReadOnlyList<string> Ipps);

public static class ApprovalVerbs
{
    public static readonly Verb<ListOfApproval, ApprovalPatients> Patients = new("approval.patients");
}
