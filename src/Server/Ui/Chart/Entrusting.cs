namespace Serment.Server.Ui.Chart;

/// <summary>
/// What a person entrusts from a screen: to a unit or to one colleague, and for how long. The Custodian decides again, and shortens what is too long;
/// tests/Fast/Relations/RelationPageTests.cs holds this to its rules.
/// </summary>
/// <param name="Hours">What is offered; the first is chosen.</param>
public sealed record Entrusting(RelationSource Source, bool ToAccount, IReadOnlyList<int> Hours)
{
    private const int Day = 24;

    public static IReadOnlyList<Entrusting> All { get; } =
    [
        new(RelationSource.Referral, false, [7 * Day, 2 * Day, 30 * Day]),
        new(RelationSource.MobileTeam, false, [7 * Day, 2 * Day, 30 * Day]),
        new(RelationSource.Handover, true, [12, 8, 24]),
        new(RelationSource.Secretariat, true, [7 * Day, 2 * Day, 30 * Day]),
        new(RelationSource.Newborn, false, [60 * Day, 7 * Day, 30 * Day]),
    ];

    public static Entrusting Handover => All.First(one => one.Source is RelationSource.Handover);

    public static string Title(Texts t, RelationSource source) => source switch
    {
        RelationSource.Referral => t["Avis demandé"],
        RelationSource.MobileTeam => t["Équipe mobile"],
        RelationSource.Handover => t["Relais"],
        RelationSource.Secretariat => t["Secrétariat"],
        RelationSource.Newborn => t["Mère et nouveau-né"],
        _ => t.Said(StatementWords.Why("release", null, source.ToString())),
    };

    /// <summary>How long, and until when: the hour alone where it is still the same day, as at three in the morning.</summary>
    public static string Lasting(Texts t, int hours, DateTimeOffset now)
    {
        var end = now.AddHours(hours);
        return $"{Lasting(t, hours)}, {t["jusqu'à {0}", ClinicalTime.Day(end) == ClinicalTime.Day(now) ? t.Time(end) : t.When(end, now)]}";
    }

    private static string Lasting(Texts t, int hours) => hours > Day ? t["{0} jours", hours / Day] : t["{0} heures", hours];

    /// <summary>Whoever may receive it, by name: a secretary what goes to a secretariat, else whoever opens files.</summary>
    public IEnumerable<StaffLabel> Receivers(IEnumerable<StaffLabel> staff, AccountId self) =>
        staff.Where(one => one.Account != self && (Source is RelationSource.Secretariat ? one.Role is Role.MedicalSecretary : RoleScreens.Reads(one.Role).Count > 0)).OrderBy(one => one.Name, StringComparer.Ordinal);

    /// <summary>A child of less than two months, or a woman who can have one: to others nobody is mother or newborn.</summary>
    public static bool MayBeBirth(IdentityLine? who, DateOnly today) =>
        who is not null && (who.BirthDate > today.AddDays(-60) || (who.Sex is not Sex.Male && today.Year - who.BirthDate.Year is >= 9 and <= 65));
}
