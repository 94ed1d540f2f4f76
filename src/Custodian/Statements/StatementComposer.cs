using Serment.Custodian.Journal;

namespace Serment.Custodian.Statements;

/// <summary>Whom a line shows: function, unit where one is known, name only where the law or a decision gives it.</summary>
internal readonly record struct Actor(string Function, string? Unit, string? Name);

/// <summary>Entries of the journal as a patient reads them: one line for what one member of staff or one machine did in one hour for one reason.</summary>
internal static class StatementComposer
{
    /// <param name="entries">In any order.</param>
    /// <returns>The latest first.</returns>
    public static IReadOnlyList<StatementLine> Compose(IEnumerable<NumberedEntry> entries, Func<NumberedEntry, Actor> actorOf) =>
        [.. entries.Select(at => (at.Index, at.Entry, Actor: actorOf(at), What: StatementWords.What(at.Entry.Kind), Why: WhyOf(at.Entry)))
            .GroupBy(one => (one.Entry.Account, one.Entry.Client, one.Actor, one.What, one.Why, Hour: one.Entry.Time.ToUnixTimeSeconds() / 3600))
            .Select(group => new StatementLine(group.Min(one => one.Entry.Time), group.Max(one => one.Entry.Time), group.Select(one => one.Entry.Time).Distinct().Count(),
                group.Key.Actor.Function, group.Key.Actor.Unit, group.Key.Actor.Name, group.Key.What,
                [.. group.Select(one => one.Entry.Domain).OfType<Domain>().Distinct().Order().Select(StatementWords.Data)], group.Key.Why, [.. group.Select(one => one.Index).Order()]))
            .OrderByDescending(line => line.Until).ThenByDescending(line => line.Entries[^1])];

    /// <summary>From what the file of the statement opens, so that the words can be made again from it.</summary>
    private static string WhyOf(JournalEntry entry) => StatementWords.Why(entry.Kind, entry.Purpose, StatementWords.Shows(entry.Kind).Contains("ground") ? entry.Ground ?? "" : null);
}
