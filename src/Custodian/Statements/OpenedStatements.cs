using System.Security.Cryptography;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Statements;

/// <summary>A statement that was released, as long as its file may be fetched.</summary>
internal sealed class OpenedStatement(Statement statement, IReadOnlyList<NumberedEntry> entries)
{
    public Statement Statement => statement;
    public IReadOnlyList<NumberedEntry> Entries => entries;
    private readonly Lock _gate = new();
    private Task<byte[]>? _file;

    /// <summary>Made when it is first fetched, once, however many ask.</summary>
    public Task<byte[]> FileAsync(Func<Task<byte[]>> write)
    {
        lock (_gate) return _file is null or { IsFaulted: true } ? _file = write() : _file;
    }
}

/// <summary>Statements opened in the last quarter of an hour, in memory, by a handle of 256 random bits. The oldest go when there are many.</summary>
internal sealed class OpenedStatements
{
    private const int Most = 100;
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);
    private readonly List<OpenedStatement> _opened = [];

    public void Keep(OpenedStatement one, DateTimeOffset now)
    {
        _opened.RemoveAll(old => old.Statement.ExpiresAt <= now);
        if (_opened.Count == Most) _opened.RemoveAt(0);
        _opened.Add(one);
    }

    public OpenedStatement Of(byte[] handle, DateTimeOffset now) =>
        _opened.FirstOrDefault(one => one.Statement.ExpiresAt > now && CryptographicOperations.FixedTimeEquals(one.Statement.Handle, handle))
        ?? throw new RefusedException("statement.closed", "Ce relevé a été ouvert il y a plus d'un quart d'heure : ouvrez-le de nouveau.");
}
