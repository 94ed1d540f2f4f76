using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Serment.Custodian.State;
using Xunit;

namespace Serment.Fast.Tests.State;

/// <summary>The Custodian's memory: accounts, passkeys, invitations and the rest, sealed each in its place.</summary>
public sealed class SealedStoreTests
{
    [Theory]
    [InlineData("UPDATE sealed SET blob = zeroblob(length(blob)) WHERE id = 'a'")]
    [InlineData("UPDATE sealed SET blob = (SELECT blob FROM sealed WHERE id = 'b') WHERE id = 'a'")]
    [InlineData("UPDATE sealed SET kind = 'client' WHERE id = 'a'")]
    public void An_account_altered_or_put_in_the_place_of_another_opens_for_nobody(string attack)
    {
        var folder = Directory.CreateTempSubdirectory("serment-state-");
        try
        {
            var (file, mirror, key) = (Path.Combine(folder.FullName, "state.db"), Path.Combine(folder.FullName, "mirror.db"), RandomNumberGenerator.GetBytes(32));
            using (var store = new SealedStore(file, mirror, key)) store.Put(("account", "a", "{\"name\":\"a\"}"u8.ToArray()), ("account", "b", "{\"name\":\"b\"}"u8.ToArray()));
            using (var again = new SealedStore(file, mirror, key)) Assert.Equal(2, again.All("account").Count());
            foreach (var database in new[] { file, mirror })
            {
                using var direct = new SqliteConnection($"Data Source={database};Pooling=False");
                direct.Open();
                using var command = direct.CreateCommand();
                command.CommandText = attack;
                Assert.Equal(1, command.ExecuteNonQuery());
            }
            Assert.ThrowsAny<RefusedException>(() =>
            {
                using var store = new SealedStore(file, mirror, key);
                _ = store.All("account").Concat(store.All("client")).ToArray();
            });
        }
        finally { folder.Delete(recursive: true); }
    }
}
