using Serment.Custodian.Journal;

namespace Serment.Custodian.Requests;

/// <summary>Who opened a patient's file, from the journal, a page at a time. Looking is an access like another: journaled before it is answered.</summary>
internal sealed partial class Cell
{
    private const int AccessesAPage = 500;
    /// <summary>How long the words of a broken glass are shown to who reviews it: its 72 hours, and the month in which it is compared with others.</summary>
    private static readonly TimeSpan Reviewed = TimeSpan.FromDays(30);

    private void RegisterAccesses() => _verbs.Person(ReleaseVerbs.Accesses, async (asking, ask) =>
    {
        var (aliases, cares) = Locking(() =>
        {
            var aliases = _identities.AliasesOf(ask.Patient);
            var cares = _relations.Explain(aliases, asking.Caller.Account, asking.Caller.Units, asking.Now) is not null;
            if (!cares && asking.Caller.Role is not Role.PrivacyOfficer) throw new RefusedException(RefusalCodes.NoRelation, "Cette liste est ouverte à l'équipe de soins du patient et à la déléguée à la protection des données.");
            return (aliases, cares);
        });
        var page = Once(aliases, _journal.Read(new JournalQuestion { Patients = aliases, BeforeIndex = ask.Before ?? long.MaxValue })).Where(at => !StatementWords.Watching.Contains(at.Entry.Kind)).Take(AccessesAPage + 1).ToArray();
        var wordsSince = cares ? DateTimeOffset.MinValue : asking.Now - Reviewed;
        // The words of a broken glass may speak of health: who reads them has read of the file.
        var words = page.Take(AccessesAPage).Any(at => at.Entry.Kind == "break-glass" && at.Entry.Time >= wordsSince);
        await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "accesses.shown", Account = asking.Caller.Account, Session = asking.Caller.Session, Station = asking.Caller.Station, Patient = ask.Patient, Domain = words ? Domain.Clinical : null }]).ConfigureAwait(false);
        return Locking(() => new AccessList([.. page.Take(AccessesAPage).Select(at => AccessOf(at.Entry, wordsSince))], page.Length > AccessesAPage ? page[AccessesAPage - 1].Index : null));
    });

    /// <summary>What is let out of a merged person stands in the journal under each of her ids: the same act, told once.</summary>
    /// <param name="newestFirst">The one under the id that was asked for comes first.</param>
    private static IEnumerable<NumberedEntry> Once(IReadOnlyList<PatientId> aliases, IEnumerable<NumberedEntry> newestFirst)
    {
        var (moment, told) = (default(DateTimeOffset), new HashSet<(AccountId?, ClientId?, SessionId?, Domain?, string)>());
        foreach (var at in newestFirst)
        {
            if (at.Entry.Time != moment) told.Clear();
            moment = at.Entry.Time;
            if (aliases.Count == 1 || at.Entry.Domain is null || told.Add((at.Entry.Account, at.Entry.Client, at.Entry.Session, at.Entry.Domain, at.Entry.Kind is "write" ? "release" : at.Entry.Kind))) yield return at;
        }
    }

    /// <summary>As many entries as there are ids of that person.</summary>
    private static IEnumerable<JournalEntry> UnderEach(IReadOnlyList<PatientId> aliases, JournalEntry entry) => aliases.Reverse().Select(alias => entry with { Patient = alias });

    /// <param name="wordsSince">Of broken glass before this moment the reason is not repeated: it may speak of health.</param>
    private Access AccessOf(JournalEntry entry, DateTimeOffset wordsSince)
    {
        var account = entry.Account is { } id ? _accounts.Of(id) : null;
        return new Access(entry.Time, entry.Kind, entry.Account, account?.Name ?? WhoWorked(entry), account?.Role, entry.Domain is { } domain ? [domain] : [], GroundOf(entry), entry.Kind == "break-glass" && entry.Time >= wordsSince ? entry.Detail : null);
    }
}
