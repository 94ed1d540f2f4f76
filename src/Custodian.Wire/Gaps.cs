namespace Serment.Custodian.Wire;

/// <summary>RFC 6962 root of the journal's first entries: the same for every journal that continues this one, and another for any other.</summary>
public sealed record JournalHead(long Size, byte[] Root)
{
    public bool Is(JournalHead? other) => other is not null && Size == other.Size && Root.AsSpan().SequenceEqual(other.Root);
}

/// <param name="Size">Entries of a journal that the Server has seen; 0 for none.</param>
public sealed record AskRoot(long Size);

/// <param name="Root">Of this journal at that size; null when it is shorter.</param>
/// <param name="Now">What is to be remembered from here on.</param>
public sealed record JournalRoots(byte[]? Root, JournalHead Now);

/// <summary>Which of these pseudonyms, found in the records, are nobody here. At most 10,000 a call. Says nothing of anybody else.</summary>
public sealed record AskUnknown(IReadOnlyList<PatientId> Patients);

public sealed record UnknownPatients(IReadOnlyList<PatientId> Patients);

/// <summary>
/// What a Server whose database remembers a longer journal says is missing in this Custodian, which was restored from an older day.
/// A claim: it changes nothing until two officers, who read its numbers on the Custodian's page, accept it.
/// </summary>
/// <param name="Seen">How many journal entries the Server has seen.</param>
/// <param name="Written">Elements of files and movements of stays written since this journal's last entry.</param>
/// <param name="Unknown">Patients who have records and whom this Custodian does not know.</param>
/// <param name="Stays">Every stay that is present or expected now.</param>
/// <param name="KeyVersion">Read in approvals that were stored before <paramref name="Rows"/> were counted, and no longer believed.</param>
/// <param name="Rows">How many rows name each version of keys that can be. A number that is not sealed: whoever writes to the database writes it.</param>
/// <param name="AlteredRows">How many name a version that cannot be.</param>
/// <param name="Head">The tree that the Server has seen, where it remembers one. Where this journal has grown as long again, its root differs.</param>
public sealed record ReportGap(long Seen, int Written, IReadOnlyList<PatientId> Unknown, IReadOnlyList<GapStay> Stays, int KeyVersion = 1, IReadOnlyList<KeyVersionRows>? Rows = null, int AlteredRows = 0, JournalHead? Head = null);

public sealed record GapStay(StayId Stay, PatientId Patient, bool Present, UnitId Responsible, UnitId Housing, DateTimeOffset? Expected);

/// <param name="Size">Entries in this journal.</param>
/// <param name="LastAt">Time of its last entry.</param>
/// <param name="Accepted">The size, seen by a Server, that two officers last accepted to have lost; 0 for never.</param>
/// <param name="AcceptedHead">The tree that they accepted to have lost, where the Server had remembered one.</param>
public sealed record GapState(long Size, DateTimeOffset LastAt, long Accepted, JournalHead? AcceptedHead = null);

/// <summary>The claim as it stands, for officers. Null when no Server says that anything is missing.</summary>
/// <param name="KeyVersion">The highest version of keys that records name, where this Custodian does not know it; else null.</param>
/// <param name="Beyond">The rows of each version that this Custodian does not know, ascending.</param>
/// <param name="AlteredRows">How many rows name a version that cannot be; they change nothing.</param>
/// <param name="Forked">This journal is no shorter than the one seen: an older copy went on, and begins otherwise. Where they part, and so what was written since, cannot be told from a root.</param>
public sealed record GapClaim(long Seen, long Size, DateTimeOffset LastAt, int Written, int Unknown, int Stays, int? KeyVersion = null, IReadOnlyList<KeyVersionRows>? Beyond = null, int AlteredRows = 0, bool Forked = false);

public sealed record GapClaimed(GapClaim? Claim);

/// <summary>What the journal says was written to files, a page at a time: pseudonyms and moments that the records hold as well.</summary>
/// <param name="From">Entry of the journal to go on from; 0 to begin.</param>
public sealed record AskWrites(long From);

/// <param name="Next">Where the next page begins; <paramref name="Size"/> or more when there is none.</param>
public sealed record JournaledWrites(IReadOnlyList<JournaledWrite> Writes, long Next, long Size);

/// <param name="Aliases">Every id of this person.</param>
/// <param name="Import">By an interface that adds and does not read.</param>
public sealed record JournaledWrite(long Index, DateTimeOffset At, IReadOnlyList<PatientId> Aliases, Domain Domain, bool Import);

public static class GapVerbs
{
    public static readonly Verb<Nothing, GapState> State = new("gap.state");
    public static readonly Verb<AskRoot, JournalRoots> Root = new("gap.root");
    public static readonly Verb<AskUnknown, UnknownPatients> Unknown = new("gap.unknown");
    public static readonly Verb<AskWrites, JournaledWrites> Writes = new("gap.writes");
    public static readonly Verb<ReportGap, Done> Report = new("gap.report");
    public static readonly Verb<Nothing, GapClaimed> Claim = new("gap.claim");
    /// <summary>By one officer; another approves the words that the Custodian makes of the claim.</summary>
    public static readonly Verb<Nothing, Proposed> Propose = new("gap.propose");
}
