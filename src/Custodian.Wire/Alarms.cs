namespace Serment.Custodian.Wire;

/// <summary>Marks a file that no care can need, or takes the mark away. Security officer; only a file without relations and never opened.</summary>
public sealed record MarkHoney(PatientId Patient, bool Marked);

/// <param name="Wanted">How many the policy wants.</param>
public sealed record HoneyList(IReadOnlyList<PatientId> Patients, int Wanted = 0);

/// <param name="Account">Null when an interface rang.</param>
/// <param name="Kind">One of those of docs/policy.md § rules.</param>
/// <param name="Text">French; names no patient.</param>
public sealed record AlarmLine(DateTimeOffset At, string Kind, AccountId? Account, string Who, string Text, ClientId? Client = null);

/// <param name="OpenedToday">Distinct patients opened in the establishment today.</param>
/// <param name="Ceiling">Beyond it only established relations and broken glass open.</param>
public sealed record AlarmList(IReadOnlyList<AlarmLine> Alarms, int OpenedToday, int Ceiling);

/// <summary>For security and privacy officers. As they ring, alarms also come as notices of kind "alarm", subject the account.</summary>
public static class AlarmVerbs
{
    public static readonly Verb<Nothing, AlarmList> Recent = new("alarm.recent");
    public static readonly Verb<MarkHoney, Done> MarkHoney = new("honey.mark");
    public static readonly Verb<Nothing, HoneyList> Honey = new("honey.list");
}
