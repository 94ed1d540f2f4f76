using Serment.Records;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The third of three, on both databases: a number is given once, and none that is not above all that were given.</summary>
public sealed class ConfigurationTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-configuration-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_number_is_given_to_one_holder_and_never_one_that_is_not_above_all_that_were_given(bool postgres)
    {
        Assert.SkipWhen(postgres && cluster.Missing is not null, cluster.Missing ?? "");
        var records = new RecordsDatabase(_folder, postgres ? cluster.Create() : null);
        await records.PrepareAsync(new string('0', 32));
        Assert.Equal(0, await records.ConfigurationAsync());
        Assert.True(await records.GrantConfigurationAsync(2, "first"));
        Assert.True(await records.GrantConfigurationAsync(2, "first"));
        Assert.False(await records.GrantConfigurationAsync(2, "second"));
        Assert.False(await records.GrantConfigurationAsync(1, "first"));
        Assert.True(await records.GrantConfigurationAsync(10, "second"));
        // As numbers, not as text.
        Assert.False(await records.GrantConfigurationAsync(9, "first"));

        for (var number = 11; number < 31; number++)
        {
            var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => records.GrantConfigurationAsync(number, $"holder{i}"))));
            Assert.Equal(1, asked.Count(granted => granted));
        }
        Assert.Equal(30, await records.ConfigurationAsync());
    }

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
