using System.Diagnostics;
using Npgsql;

namespace Serment.Live.Tests;

/// <summary>A PostgreSQL of its own in a temporary folder, over a Unix socket, as long as the tests that need it run.</summary>
public sealed class PostgresCluster : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-pg-").FullName;
    private int _databases;

    public PostgresCluster() : this(null) { }

    /// <summary>Its log (pg_wal) in that folder: on a disk with little room.</summary>
    public static PostgresCluster WithLogOn(string folder) => new(folder);

    private PostgresCluster(string? log)
    {
        if (Binaries is null) { Missing = "PostgreSQL is not installed (Debian: apt-get install postgresql)"; return; }
        // initdb refuses root: the package's own user owns the folder then.
        foreach (var its in Root ? log is null ? [_folder] : new[] { _folder, log } : []) Run("chown", "postgres", its);
        try
        {
            AsOwner("initdb", ["-D", Data, "-A", "trust", "-U", "serment", "--no-sync", "-E", "UTF8", "--locale", "C", .. (log is null ? [] : new[] { "--wal-segsize", "1", "--waldir", Path.Combine(log, "wal") })]);
            Start("start");
        }
        catch (InvalidOperationException fault) { Missing = "PostgreSQL does not start here: " + fault.Message; }
    }

    /// <summary>Whether it went down or not, as an operator does who made room.</summary>
    public void Restart()
    {
        NpgsqlConnection.ClearAllPools();
        Start("restart", "-m", "immediate");
    }

    private void Start(params string[] how) => AsOwner("pg_ctl", ["-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o", $"-k {_folder} -c listen_addresses= -c fsync=off -c max_connections=200", .. how]);

    private static bool Root => Environment.UserName == "root";

    private static string? Binaries { get; } = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "initdb"))).OrderDescending().FirstOrDefault()
        : null;

    /// <summary>Why there is none, or null.</summary>
    public string? Missing { get; }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>A connection string to a new, empty database.</summary>
    /// <param name="tables">Where its tables lie, away from the log; null: with everything else.</param>
    public string Create(string? tables = null)
    {
        var name = $"serment_{Interlocked.Increment(ref _databases)}";
        using var connection = new NpgsqlConnection(To("postgres"));
        connection.Open();
        if (tables is not null)
        {
            if (Root) Run("chown", "postgres", tables);
            Execute($"CREATE TABLESPACE {name}_tables LOCATION '{tables}'");
        }
        Execute(tables is null ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TABLESPACE {name}_tables");
        return To(name);

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // a number and a folder of ours
            command.CommandText = sql;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }

    /// <summary>All that a backup of this database holds, as text.</summary>
    public string Dump(string connection) => AsOwner("pg_dump", "-h", _folder, "-U", "serment", new NpgsqlConnectionStringBuilder(connection).Database!);

    /// <summary>A backup of this database as the runbook takes it (pg_dump -Fc), to be restored by <see cref="Restore"/>.</summary>
    public string Save(string connection)
    {
        var file = Path.Combine(_folder, $"{Interlocked.Increment(ref _databases)}.dump");
        AsOwner("pg_dump", "-Fc", "-f", file, "-h", _folder, "-U", "serment", new NpgsqlConnectionStringBuilder(connection).Database!);
        return file;
    }

    /// <returns>A connection string to a new database that holds that backup.</returns>
    public string Restore(string file)
    {
        var restored = Create();
        AsOwner("pg_restore", "-h", _folder, "-U", "serment", "-d", new NpgsqlConnectionStringBuilder(restored).Database!, file);
        return restored;
    }

    private string To(string database) => $"Host={_folder};Username=serment;Database={database};Pooling=true;Maximum Pool Size=60";

    private string AsOwner(string program, params string[] arguments) => Root
        ? Run("runuser", ["-u", "postgres", "--", Path.Combine(Binaries!, program), .. arguments])
        : Run(Path.Combine(Binaries!, program), arguments);

    private static string Run(string program, params string[] arguments)
    {
        // pg_ctl's server inherits what it is given: no pipe may wait for it to close.
        var server = arguments.Contains("start") || arguments.Contains("restart");
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = !server, RedirectStandardError = !server, WorkingDirectory = "/" })!;
        var errors = server ? Task.FromResult("see its log") : process.StandardError.ReadToEndAsync();
        var output = server ? "" : process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{Path.GetFileName(program)}: {errors.Result}");
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        if (Binaries is not null && File.Exists(Path.Combine(Data, "postmaster.pid"))) AsOwner("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }
}
