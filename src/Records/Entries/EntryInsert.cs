using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Serment.Records.Entries;

/// <summary>Many new rows in one transaction, by one prepared statement. A row that exists already stays as it is.</summary>
internal sealed class EntryInsert : IAsyncDisposable
{
    private static readonly string[] Columns = ["entry", "version", "patient", "domain", "key_version", "written_at", "salt", "commitment", "sealed"];
    private readonly DbTransaction _transaction;
    private readonly DbCommand _insert;
    private int _added;

    private EntryInsert(DbTransaction transaction, DbCommand insert) => (_transaction, _insert) = (transaction, insert);

    public static async Task<EntryInsert> BeginAsync(RecordsContext db, CancellationToken cancel)
    {
        await db.Database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        var connection = db.Database.GetDbConnection();
        var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var insert = connection.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT INTO entry (entry, version, patient, domain, key_version, written_at, salt, commitment, sealed) VALUES (@entry, @version, @patient, @domain, @key_version, @written_at, @salt, @commitment, @sealed) ON CONFLICT (entry, version) DO NOTHING";
        foreach (var column in Columns)
        {
            var parameter = insert.CreateParameter();
            parameter.ParameterName = "@" + column;
            insert.Parameters.Add(parameter);
        }
        return new EntryInsert(transaction, insert);
    }

    public async Task AddAsync(EntryRow row, CancellationToken cancel)
    {
        object[] values = [row.Entry.ToString(), row.Version, row.Patient.ToString(), (int)row.Domain, row.KeyVersion, row.WrittenAt.ToUnixTimeMilliseconds(), row.Salt, row.Commitment, row.Sealed];
        for (var i = 0; i < values.Length; i++) _insert.Parameters[i].Value = values[i];
        _added += await _insert.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    public async Task<int> CommitAsync(CancellationToken cancel)
    {
        await _transaction.CommitAsync(cancel).ConfigureAwait(false);
        return _added;
    }

    public async ValueTask DisposeAsync()
    {
        await _insert.DisposeAsync().ConfigureAwait(false);
        await _transaction.DisposeAsync().ConfigureAwait(false);
    }
}
