namespace Serment.Records;

/// <summary>What the database keeps of the Custodian's journal, from outside: numbers and hashes, which say nothing of anyone.</summary>
/// <param name="Size">Entries, as last seen; 0 for never.</param>
/// <param name="RootSize">Entries of the tree whose root is kept.</param>
/// <param name="Root">RFC 6962; null in a database from before it was kept, and until the Custodian has said one.</param>
public sealed record RememberedJournal(long Size, long RootSize, byte[]? Root);
