namespace Serment.Custodian.Wire;

/// <summary>Marks a file that no care can need, or takes the mark away. Security officer; only a file without relations and never opened.</summary>
/// <param name="Ipp">Instead of <paramref name="Patient"/>: officers find nobody by name.</param>
public sealed record MarkHoney(PatientId? Patient, bool Marked, string? Ipp = null);

/// <param name="Wanted">How many the policy wants.</param>
/// <param name="Ipps">Theirs, in the same order.</param>
public sealed record HoneyList(IReadOnlyList<PatientId> Patients, int Wanted, IReadOnlyList<string> Ipps);

/// <param name="Account">Null when an interface or the Custodian itself rang.</param>
/// <param name="Who">The person's or interface's name.</param>
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
