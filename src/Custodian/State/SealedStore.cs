using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Serment.Custodian.State;

/// <summary>
/// The Custodian's memory across restarts: small sealed objects by kind and id, in SQLite, written to a second
/// file (another disk in production) before a write is acknowledged. All reads happen once, at start.
/// One writer at a time; the caller holds no lock of its own while writing.
/// </summary>
internal sealed class SealedStore : IDisposable
{
    private readonly SqliteConnection _first;
    private readonly SqliteConnection _mirror;
    private readonly AesGcm _aes;
    private readonly Lock _writing = new();

    public SealedStore(string file, string mirrorFile, byte[] stateKey)
    {
        _aes = new AesGcm(stateKey, 16);
        _first = Open(file);
        _mirror = Open(mirrorFile);
        Reconcile();
    }

    /// <summary>Everything of one kind, opened. A row that was altered or moved stops the start.</summary>
    public IEnumerable<(string Id, byte[] Value)> All(string kind)
    {
        using var select = _first.CreateCommand();
        select.CommandText = "SELECT id, blob FROM sealed WHERE kind = $kind ORDER BY rowid";
        select.Parameters.AddWithValue("$kind", kind);
        using var rows = select.ExecuteReader();
        while (rows.Read())
        {
            var id = rows.GetString(0);
            yield return (id, OpenBlob(kind, id, (byte[])rows[1]));
        }
    }

    /// <summary>Durable on both files when it returns.</summary>
    public void Put(params ReadOnlySpan<(string Kind, string Id, byte[] Value)> values)
    {
        var blobs = new (string Kind, string Id, byte[] Blob)[values.Length];
        for (var i = 0; i < values.Length; i++) blobs[i] = (values[i].Kind, values[i].Id, Seal(values[i].Kind, values[i].Id, values[i].Value));
        lock (_writing)
        {
            Write(_first, blobs);
            Write(_mirror, blobs);
        }
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        Run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
        Run(connection, "CREATE TABLE IF NOT EXISTS sealed (kind TEXT NOT NULL, id TEXT NOT NULL, blob BLOB NOT NULL, PRIMARY KEY (kind, id))");
        return connection;
    }

    /// <summary>A crash between the two writes leaves the mirror one transaction behind; an empty first file is a lost disk.</summary>
    private void Reconcile()
    {
        var (first, mirror) = (Count(_first), Count(_mirror));
        if (first == 0 && mirror > 0) Copy(_mirror, _first);
        else if (first > 0) Copy(_first, _mirror);
    }

    private static long Count(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sealed";
        return (long)command.ExecuteScalar()!;
    }

    private static void Copy(SqliteConnection from, SqliteConnection to)
    {
        using var select = from.CreateCommand();
        select.CommandText = "SELECT kind, id, blob FROM sealed";
        using var rows = select.ExecuteReader();
        var batch = new List<(string, string, byte[])>();
        while (rows.Read()) batch.Add((rows.GetString(0), rows.GetString(1), (byte[])rows[2]));
        Write(to, batch);
    }

    private static void Write(SqliteConnection connection, IReadOnlyList<(string Kind, string Id, byte[] Blob)> values)
    {
        using var transaction = connection.BeginTransaction();
        using var put = connection.CreateCommand();
        put.Transaction = transaction;
        put.CommandText = "INSERT INTO sealed (kind, id, blob) VALUES ($kind, $id, $blob) ON CONFLICT (kind, id) DO UPDATE SET blob = excluded.blob WHERE blob <> excluded.blob";
        var kind = put.Parameters.Add("$kind", SqliteType.Text);
        var id = put.Parameters.Add("$id", SqliteType.Text);
        var blob = put.Parameters.Add("$blob", SqliteType.Blob);
        foreach (var value in values)
        {
            (kind.Value, id.Value, blob.Value) = (value.Kind, value.Id, value.Blob);
            put.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private byte[] Seal(string kind, string id, byte[] value)
    {
        var blob = new byte[12 + value.Length + 16];
        RandomNumberGenerator.Fill(blob.AsSpan(0, 12));
        lock (_aes) _aes.Encrypt(blob.AsSpan(0, 12), value, blob.AsSpan(12, value.Length), blob.AsSpan(12 + value.Length), Bound(kind, id));
        return blob;
    }

    private byte[] OpenBlob(string kind, string id, byte[] blob)
    {
        var value = new byte[blob.Length - 28];
        try { lock (_aes) _aes.Decrypt(blob.AsSpan(0, 12), blob.AsSpan(12, value.Length), blob.AsSpan(12 + value.Length), value, Bound(kind, id)); }
        catch (CryptographicException) { throw new RefusedException("state.damaged", $"L'état du gardien a été altéré (objet de type {kind}). Restaurez la sauvegarde ou le miroir."); }
        return value;
    }

    private static byte[] Bound(string kind, string id) => Encoding.UTF8.GetBytes($"serment/v1/state|{kind}|{id}");

    public void Dispose()
    {
        _first.Dispose();
        _mirror.Dispose();
        _aes.Dispose();
    }
}
