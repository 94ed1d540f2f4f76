namespace Serment.Custodian.Budgets;

/// <summary>
/// How many distinct patients an account opens before something more than its session is asked of it.
/// Starting values of the security study; a related patient is one that a relation made by someone else explains.
/// </summary>
/// <param name="SinceTouch">Files opened since the last physical touch; the next one asks for a touch.</param>
/// <param name="Note">Per day: noted for the security officer.</param>
/// <param name="Touch">Per day: from here on a touch every <see cref="TouchEvery"/> patients.</param>
/// <param name="Second">Per day: from here on unrelated patients need a second person.</param>
/// <param name="UnrelatedNote">Unrelated patients per day: noted.</param>
/// <param name="UnrelatedTouch">Unrelated patients per day: one touch each.</param>
/// <param name="UnrelatedSecond">Unrelated patients per day: a second person, or breaking the glass one by one.</param>
/// <param name="Unrelated30Days">Unrelated patients in 30 days: then only breaking the glass opens.</param>
/// <param name="LinesSinceTouch">Identity lines shown since the last touch.</param>
/// <param name="StrangerLines">Per day, identity lines of people without a relation to the account; from there on a touch every <see cref="TouchEvery"/> lines.</param>
internal sealed record BudgetPolicy(int SinceTouch, int Note, int Touch, int Second, int UnrelatedNote, int UnrelatedTouch, int UnrelatedSecond, int Unrelated30Days, int LinesSinceTouch, int StrangerLines)
{
    public const int TouchEvery = 10;

    public static IReadOnlyDictionary<string, BudgetPolicy> Starting { get; } = new Dictionary<string, BudgetPolicy>
    {
        ["nurse"] = new(30, 40, 60, 120, 3, 10, 20, 30, 60, 120),
        ["physician"] = new(30, 40, 80, 160, 5, 15, 30, 60, 60, 200),
        ["desk"] = new(30, 150, 250, 400, 40, 80, 120, 400, 250, 1500),
        ["coder"] = new(30, 60, 100, 400, 0, 0, 0, 0, 60, 60),
        ["biller"] = new(30, 200, 300, 500, 0, 0, 0, 0, 250, 60),
        ["plateau"] = new(30, 200, 400, 600, 5, 15, 30, 60, 60, 200),
        ["none"] = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    };

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
