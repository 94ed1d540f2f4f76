namespace Serment.Custodian.Requests;

/// <summary>
/// What an operator should see as it happens: a key that does not sign, a code that is nobody's, a role that asks for what is
/// not its own, a fault. Codes and types alone, since sentences may name people. What was granted stands in the journal.
/// </summary>
internal static partial class OperatorLog
{
    /// <summary>A touch that is due, a mistyped field, two who wrote at once: every hour of every ward.</summary>
    private static readonly HashSet<string> Everyday =
        [RefusalCodes.Touch, RefusalCodes.Pin, RefusalCodes.Locked, RefusalCodes.Away, RefusalCodes.Expired, RefusalCodes.Replayed, RefusalCodes.Conflict, RefusalCodes.Invalid, RefusalCodes.NotFound, RefusalCodes.NoSession];

    public static void Note(ILogger log, Refusal no)
    {
        if (!Everyday.Contains(no.Code)) Refused(log, no.Code);
    }

    /// <summary>The type alone: an exception's text may carry what was in the request.</summary>
    public static void Note(ILogger log, Exception fault) => Faulted(log, fault.GetType().Name, fault.TargetSite?.DeclaringType?.Name ?? "?");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused: {Code}")]
    private static partial void Refused(ILogger log, string code);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed: {Fault} in {Place}")]
    private static partial void Faulted(ILogger log, string fault, string place);
}
