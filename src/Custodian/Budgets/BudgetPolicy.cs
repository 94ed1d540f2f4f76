namespace Serment.Custodian.Budgets;

/// <summary>
/// How many distinct patients an account opens before something more than its session is asked of it: one class of roles in the
/// policy (Policies/starting-policy.jsonc has values, units and reasons). A related patient is one that a relation made by someone else explains.
/// </summary>
/// <param name="SinceTouch">Files opened since the last physical touch; the next one asks for a touch.</param>
/// <param name="TouchEvery">Beyond <paramref name="Touch"/> or <paramref name="StrangerLines"/>, a touch every so many.</param>
/// <param name="Note">Per day: noted for the security officer.</param>
/// <param name="Touch">Per day: from here on a touch every <paramref name="TouchEvery"/> patients.</param>
/// <param name="Second">Per day: from here on unrelated patients need a second person.</param>
/// <param name="UnrelatedNote">Unrelated patients per day: noted.</param>
/// <param name="UnrelatedTouch">Unrelated patients per day: one touch each.</param>
/// <param name="UnrelatedSecond">Unrelated patients per day: a second person, or breaking the glass one by one.</param>
/// <param name="Unrelated30Days">Unrelated patients in 30 days: then only breaking the glass opens.</param>
/// <param name="LinesSinceTouch">Identity lines shown since the last touch.</param>
/// <param name="StrangerLines">Per day, identity lines of people without a relation to the account; from there on a touch every <paramref name="TouchEvery"/> lines.</param>
internal sealed record BudgetPolicy(int SinceTouch, int TouchEvery, int Note, int Touch, int Second, int UnrelatedNote, int UnrelatedTouch, int UnrelatedSecond, int Unrelated30Days, int LinesSinceTouch, int StrangerLines)
{
    /// <summary>Of who reads nothing.</summary>
    public static BudgetPolicy Nothing { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>The classes that the policy has values for.</summary>
    public static IReadOnlyList<string> Classes { get; } = ["nurse", "physician", "desk", "coder", "biller", "plateau"];

    public static string ClassOf(Role role) => role switch
    {
        Role.Nurse or Role.Orderly => "nurse",
        Role.Physician => "physician",
        Role.AdmissionsClerk or Role.MedicalSecretary or Role.SocialWorker => "desk",
        Role.Coder => "coder",
        Role.Biller => "biller",
        Role.Pharmacist or Role.Laboratory => "plateau",
        _ => "none",
    };
}
