using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Serment.Custodian.Standby;
using SQLitePCL;

namespace Serment.Custodian.State;

/// <summary>Takes one opened object; both spans are borrowed for the call.</summary>
internal delegate void Taken(ReadOnlySpan<byte> id, ReadOnlySpan<byte> value);

/// <summary>
/// The Custodian's memory across restarts: small sealed objects by kind and id, in SQLite, written to a second
/// file (another disk in production) before a write is acknowledged. Each transaction has a number, which tells at start
/// how far each file got. One writer at a time; the caller holds no lock of its own while writing.
/// </summary>
internal sealed class SealedStore : IDisposable
{
    private readonly SqliteConnection _first;
    private readonly SqliteConnection _mirror;
    private readonly AesGcm _aes;
    private readonly Lock _writing = new();
    private readonly string _file;
    private readonly Leader? _leader;
    private readonly byte[] _stateKey;
    private long _number;
    /// <summary>Under the lock.</summary>
    private bool _mirrorBehind;

    /// <param name="leader">Whose word a write needs beside these two files; null: nobody's.</param>
    public SealedStore(string file, string mirrorFile, byte[] stateKey, Leader? leader = null)
    {
        (_file, _stateKey, _leader) = (file, stateKey, leader);
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
            yield return (id, OpenBlob(_aes, kind, id, (byte[])rows[1]));
        }
    }

    /// <summary>
    /// As <see cref="All"/>, for a kind that fills the file: in no order, on a connection and a key of its own, so that it
    /// runs beside everything else, and without an allocation a row. What is handed over is gone after the call.
    /// </summary>
    public void Stream(string kind, Taken take)
    {
        using var own = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _file, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        using var aes = new AesGcm(_stateKey, 16);
        own.Open();
        Sure(raw.sqlite3_prepare_v2(own.Handle, "SELECT id, blob FROM sealed NOT INDEXED WHERE kind = ?", out var select));
        using (select)
        {
            Sure(raw.sqlite3_bind_text(select, 1, kind));
            var (bound, value) = (new byte[Bound(kind, "").Length + 64], new byte[4096]);
            var head = Bound(kind, "");
            head.CopyTo(bound, 0);
            int step;
            while ((step = raw.sqlite3_step(select)) == raw.SQLITE_ROW)
            {
                var id = raw.sqlite3_column_blob(select, 0);
                var blob = raw.sqlite3_column_blob(select, 1);
                if (id.Length > 64 || blob.Length < 28) throw Damaged(kind);
                if (value.Length < blob.Length) value = new byte[2 * blob.Length];
                id.CopyTo(bound.AsSpan(head.Length));
                var plain = value.AsSpan(0, blob.Length - 28);
                try { aes.Decrypt(blob[..12], blob[12..^16], blob[^16..], plain, bound.AsSpan(0, head.Length + id.Length)); }
                catch (CryptographicException) { throw Damaged(kind); }
                take(id, plain);
            }
            if (step != raw.SQLITE_DONE) throw Damaged(kind);
        }

        void Sure(int code) { if (code != raw.SQLITE_OK) throw Damaged(kind); }
    }

    /// <summary>One object, or null.</summary>
    public byte[]? Get(string kind, string id)
    {
        byte[]? blob;
        lock (_writing)
        {
            using var select = _first.CreateCommand();
            select.CommandText = "SELECT blob FROM sealed WHERE kind = $kind AND id = $id";
            select.Parameters.AddWithValue("$kind", kind);
            select.Parameters.AddWithValue("$id", id);
            blob = (byte[]?)select.ExecuteScalar();
        }
        return blob is null ? null : OpenBlob(_aes, kind, id, blob);
    }

    /// <summary>How many objects of a kind there are; read from the index, without opening any.</summary>
    public int Count(string kind)
    {
        lock (_writing)
        {
            using var count = _first.CreateCommand();
            count.CommandText = "SELECT count(*) FROM sealed WHERE kind = $kind";
            count.Parameters.AddWithValue("$kind", kind);
            return (int)(long)count.ExecuteScalar()!;
        }
    }

    /// <summary>Durable on both files when it returns.</summary>
    public void Put(params ReadOnlySpan<(string Kind, string Id, byte[] Value)> values)
    {
        var blobs = new (string Kind, string Id, byte[] Blob)[values.Length];
        for (var i = 0; i < values.Length; i++) blobs[i] = (values[i].Kind, values[i].Id, Seal(values[i].Kind, values[i].Id, values[i].Value));
        lock (_writing)
        {
            _leader?.State.Wait();
            try
            {
                if (_mirrorBehind) Copy(_first, _mirror, after: Last(_mirror));
                _number++;
                // Until both have it the mirror is taken for behind: a disk that is full again later does not leave a hole in it.
                _mirrorBehind = true;
                Write(_first, blobs, _number);
                Write(_mirror, blobs, _number);
                _mirrorBehind = false;
                _leader?.AgreeAsync(_leader.State, _number, FrameKind.State, StateFrame.Of(_number, blobs)).AsTask().GetAwaiter().GetResult();
            }
            catch (SqliteException full) when (full.SqliteErrorCode is raw.SQLITE_FULL or raw.SQLITE_IOERR)
            {
                throw new RefusedException("state.disk", "Le gardien ne peut plus écrire (disque plein ?). Rien n'a été enregistré : réessayez quand l'exploitation aura fait de la place.");
            }
            finally { _leader?.State.Release(); }
        }
    }

    /// <summary>The last transaction. Without the lock: a write that waits for the follower holds it, and the follower that comes back is asked how far it is.</summary>
    public long Number => Volatile.Read(ref _number);

    /// <summary>A follower's: one transaction, or several at once, of the leader. Durable on both files when it returns.</summary>
    public void Take(long number, IReadOnlyList<(string Kind, string Id, byte[] Blob)> rows)
    {
        lock (_writing)
        {
            if (number <= _number) return;
            Write(_first, rows, number);
            Write(_mirror, rows, number);
            _number = number;
        }
    }

    /// <summary>What changed since a transaction, as it is now, in portions that end with one; on a connection of its own, beside writers.</summary>
    public IEnumerable<(long Number, IReadOnlyList<(string Kind, string Id, byte[] Blob)> Rows)> Since(long after)
    {
        using var own = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _file, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        own.Open();
        using var select = own.CreateCommand();
        select.CommandText = "SELECT kind, id, blob, number FROM sealed WHERE number > $after ORDER BY number";
        select.Parameters.AddWithValue("$after", after);
        using var rows = select.ExecuteReader();
        var (batch, number) = (new List<(string, string, byte[])>(), after);
        while (rows.Read())
        {
            if (batch.Count >= 2_000 && rows.GetInt64(3) != number)
            {
                yield return (number, batch);
                batch = [];
            }
            number = rows.GetInt64(3);
            batch.Add((rows.GetString(0), rows.GetString(1), (byte[])rows[2]));
        }
        if (batch.Count > 0) yield return (number, batch);
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        Run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;");
        Run(connection, "CREATE TABLE IF NOT EXISTS sealed (kind TEXT NOT NULL, id TEXT NOT NULL, blob BLOB NOT NULL, number INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, id))");
        if (Scalar(connection, "SELECT count(*) FROM pragma_table_info('sealed') WHERE name = 'number'") == 0) Run(connection, "ALTER TABLE sealed ADD COLUMN number INTEGER NOT NULL DEFAULT 0");
        Run(connection, "CREATE INDEX IF NOT EXISTS sealed_number ON sealed (number)");
        return connection;
    }

    /// <summary>
    /// A crash between the two writes leaves the mirror one transaction behind; a lost or restored first file is behind the
    /// mirror. Whichever is behind gets what it misses; files that differ in number after that are copied whole.
    /// </summary>
    private void Reconcile()
    {
        var (first, mirror) = (Last(_first), Last(_mirror));
        if (first < mirror) Copy(_mirror, _first, after: first);
        else if (mirror < first) Copy(_first, _mirror, after: mirror);
        if (Rows(_first) != Rows(_mirror)) Copy(_first, _mirror, after: -1);
        _number = Math.Max(first, mirror);
    }

    private static long Last(SqliteConnection connection) => Scalar(connection, "SELECT ifnull(max(number), -1) FROM sealed");

    private static long Rows(SqliteConnection connection) => Scalar(connection, "SELECT count(*) FROM sealed");

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static void Copy(SqliteConnection from, SqliteConnection to, long after)
    {
        using var select = from.CreateCommand();
        select.CommandText = "SELECT kind, id, blob, number FROM sealed WHERE number > $after ORDER BY number";
        select.Parameters.AddWithValue("$after", after);
        using var rows = select.ExecuteReader();
        var (batch, number) = (new List<(string, string, byte[])>(), after);
        while (rows.Read())
        {
            // A transaction is copied whole or not at all: the target never claims a number that it has only half of.
            if (batch.Count >= 10_000 && rows.GetInt64(3) != number) { Write(to, batch, number); batch.Clear(); }
            number = rows.GetInt64(3);
            batch.Add((rows.GetString(0), rows.GetString(1), (byte[])rows[2]));
        }
        Write(to, batch, number);
    }

    private static void Write(SqliteConnection connection, IReadOnlyList<(string Kind, string Id, byte[] Blob)> values, long number)
    {
        using var transaction = connection.BeginTransaction();
        using var put = connection.CreateCommand();
        put.Transaction = transaction;
        put.CommandText = "INSERT INTO sealed (kind, id, blob, number) VALUES ($kind, $id, $blob, $number) ON CONFLICT (kind, id) DO UPDATE SET blob = excluded.blob, number = excluded.number";
        put.Parameters.AddWithValue("$number", number);
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

    private static byte[] OpenBlob(AesGcm aes, string kind, string id, byte[] blob)
    {
        var value = new byte[blob.Length - 28];
        try { lock (aes) aes.Decrypt(blob.AsSpan(0, 12), blob.AsSpan(12, value.Length), blob.AsSpan(12 + value.Length), value, Bound(kind, id)); }
        catch (CryptographicException) { throw Damaged(kind); }
        return value;
    }

    private static RefusedException Damaged(string kind) => new("state.damaged", $"L'état du gardien a été altéré (objet de type {kind}). Restaurez la sauvegarde ou le miroir.");

    private static byte[] Bound(string kind, string id) => Encoding.UTF8.GetBytes($"serment/v1/state|{kind}|{id}");

    public void Dispose()
    {
        _first.Dispose();
        _mirror.Dispose();
        _aes.Dispose();
    }
}
