using Serment.Records;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>What the database keeps of the journal, on both databases.</summary>
public sealed class RememberedJournalTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-remembered-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Size_and_root_are_replaced_together_and_a_database_from_before_has_its_size(bool postgres)
    {
        Assert.SkipWhen(postgres && cluster.Missing is not null, cluster.Missing ?? "");
        var records = new RecordsDatabase(_folder, postgres ? cluster.Create() : null);
        await records.PrepareAsync(new string('0', 32));
        Assert.Equal(new RememberedJournal(0, 0, null), await records.JournalAsync());
        await records.SetFactAsync("journal", "1234567890123");
        Assert.Equal(new RememberedJournal(1234567890123, 0, null), await records.JournalAsync());
        var root = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        await records.RememberAsync(new RememberedJournal(20, 19, root));
        Assert.True(await records.JournalAsync() is { Size: 20, RootSize: 19, Root: { } kept } && kept.SequenceEqual(root));
        await records.RememberAsync(new RememberedJournal(7, 0, null));
        Assert.Equal(new RememberedJournal(7, 0, null), await records.JournalAsync());
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
