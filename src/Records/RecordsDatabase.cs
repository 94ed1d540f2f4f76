using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Serment.Records.Documents;
using Serment.Records.Entries;
using Serment.Records.Stays;

namespace Serment.Records;

/// <summary>
/// Where the establishment's care records lie: SQLite in the data directory, or PostgreSQL when SERMENT_DATABASE
/// holds a connection string. Nothing in it names anyone; docs/plaintext-columns.md lists every readable column.
/// </summary>
public sealed class RecordsDatabase
{
    private const int CurrentSchema = 4;
    private readonly DbContextOptions<RecordsContext> _options;
    private readonly string _where;

    public RecordsDatabase(string directory, string? postgres)
    {
        Postgres = postgres is not null;
        _where = postgres is null ? new SqliteConnectionStringBuilder { DataSource = Path.Combine(directory, "records.db") }.ToString() : Protected(postgres);
        var options = new DbContextOptionsBuilder<RecordsContext>().UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking);
        _options = (Postgres ? options.UseNpgsql(_where) : options.UseSqlite(_where).AddInterceptors(new DurableSqlite())).Options;
    }

    public bool Postgres { get; }

    /// <summary>For reads that a benchmark shows hot: a connection as it is, from the same pool.</summary>
    internal DbConnection Connect() => Postgres ? new NpgsqlConnection(_where) : new SqliteConnection(_where);

    /// <exception cref="RefusedException">The database is on another machine, and nothing would prove to whom one speaks or keep others from listening.</exception>
    private static string Protected(string postgres)
    {
        var to = new NpgsqlConnectionStringBuilder(postgres);
        var here = to.Host is null || to.Host.Split(',').All(host => host.StartsWith('/') || host.StartsWith('@') || host.Split(':')[0] is "localhost" or "127.0.0.1" || host is "::1");
        return here || to.SslMode is SslMode.VerifyFull or SslMode.VerifyCA ? postgres
            : throw new RefusedException("records.tls", "La base de dossiers est sur une autre machine : sa connexion doit être chiffrée et vérifiée (SSL Mode=VerifyFull dans SERMENT_DATABASE). Rien n'a été lu ni écrit.");
    }

    public RecordsContext Open() => new(_options);

    /// <summary>Creates the tables, or makes sure that they are this cell's and of this version.</summary>
    /// <exception cref="RefusedException">The database belongs to another cell or another version.</exception>
    public async Task PrepareAsync(string cell, CancellationToken cancel = default)
    {
        await using var db = Open();
        await db.Database.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await RunAsync(db, Schema.Text(Postgres), cancel).ConfigureAwait(false);
        var known = await db.Facts.ToDictionaryAsync(f => f.Name, f => f.Value, cancel).ConfigureAwait(false);
        if (known.Count == 0)
        {
            db.Facts.AddRange(new FactRow { Name = "cell", Value = cell }, new FactRow { Name = "schema", Value = $"{CurrentSchema}" });
            await db.SaveChangesAsync(cancel).ConfigureAwait(false);
            return;
        }
        if (known.GetValueOrDefault("cell") != cell)
            throw new RefusedException("records.cell", "Cette base de dossiers appartient à un autre établissement. Rien n'a été écrit ; vérifiez SERMENT_DATABASE et --data.");
        foreach (var (from, to, script) in Schema.Steps)
            if (known.GetValueOrDefault("schema") == from)
            {
                await RaiseAsync(db, from, to, script, cancel).ConfigureAwait(false);
                known["schema"] = await db.Facts.Where(f => f.Name == "schema").Select(f => f.Value).SingleAsync(cancel).ConfigureAwait(false);
            }
        if (known.GetValueOrDefault("schema") != $"{CurrentSchema}")
            throw new RefusedException("records.version", $"Cette base a été écrite par une autre version de Serment (schéma {known.GetValueOrDefault("schema")}, attendu {CurrentSchema}).");
    }

    private const string Journal = "journal", Root = "journal.root";

    /// <summary>The journal as it was last seen: a Custodian restored from an older day has a shorter one, or another.</summary>
    public async Task<RememberedJournal> JournalAsync(CancellationToken cancel = default)
    {
        await using var db = Open();
        var known = await db.Facts.Where(f => f.Name == Journal || f.Name == Root).ToDictionaryAsync(f => f.Name, f => f.Value, cancel).ConfigureAwait(false);
        var root = known.GetValueOrDefault(Root)?.Split(' ');
        return new RememberedJournal(NumberOf(known.GetValueOrDefault(Journal, "0")), root is null ? 0 : NumberOf(root[0]), root is null ? null : Convert.FromBase64String(root[1]));
    }

    /// <summary>Replaces what is remembered, all at once.</summary>
    public async Task RememberAsync(RememberedJournal journal, CancellationToken cancel = default)
    {
        await using var db = Open();
        var known = await db.Facts.AsTracking().Where(f => f.Name == Journal || f.Name == Root).ToDictionaryAsync(f => f.Name, cancel).ConfigureAwait(false);
        Set(Journal, $"{journal.Size}");
        if (journal.Root is not null) Set(Root, $"{journal.RootSize} {Convert.ToBase64String(journal.Root)}");
        else if (known.TryGetValue(Root, out var old)) db.Facts.Remove(old);
        await db.SaveChangesAsync(cancel).ConfigureAwait(false);

        void Set(string name, string value)
        {
            if (known.TryGetValue(name, out var fact)) fact.Value = value;
            else db.Facts.Add(new FactRow { Name = name, Value = value });
        }
    }

    /// <summary>
    /// The third of three: of the numbers that the configurations of a cell's Custodians have, each is given to one holder, once and durably, and none
    /// that does not exceed all that were given. Two who ask at once: one gets it. docs/decisions/0021.
    /// </summary>
    /// <returns>Whether that holder has that number.</returns>
    public async Task<bool> GrantConfigurationAsync(long number, string holder, CancellationToken cancel = default)
    {
        await using var db = Open();
        var (mine, known) = ($"{number} {holder}", await FactAsync(Configuration, "0", cancel).ConfigureAwait(false));
        if (known == mine) return true;
        if (NumberOf(known) >= number) return false;
        // The database orders those who ask: whoever read what another has changed meanwhile gets nothing.
        return await db.Facts.Where(f => f.Name == Configuration && f.Value == known).ExecuteUpdateAsync(set => set.SetProperty(f => f.Value, mine), cancel).ConfigureAwait(false) == 1;
    }

    private const string Configuration = "configuration";

    private static long NumberOf(string fact) => long.Parse(fact.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The last number that was given; 0 for none.</summary>
    public async Task<long> ConfigurationAsync(CancellationToken cancel = default) =>
        NumberOf(await FactAsync(Configuration, "0", cancel).ConfigureAwait(false));

    /// <summary>What the database remembers under that name; <paramref name="otherwise"/> is kept and returned the first time.</summary>
    public async Task<string> FactAsync(string name, string otherwise, CancellationToken cancel = default)
    {
        await using var db = Open();
        if (await db.Facts.SingleOrDefaultAsync(f => f.Name == name, cancel).ConfigureAwait(false) is { } known) return known.Value;
        db.Facts.Add(new FactRow { Name = name, Value = otherwise });
        await db.SaveChangesAsync(cancel).ConfigureAwait(false);
        return otherwise;
    }

    public async Task SetFactAsync(string name, string value, CancellationToken cancel = default)
    {
        await using var db = Open();
        if (await db.Facts.AsTracking().SingleOrDefaultAsync(f => f.Name == name, cancel).ConfigureAwait(false) is { } known) known.Value = value;
        else db.Facts.Add(new FactRow { Name = name, Value = value });
        await db.SaveChangesAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>All of a script and the number that says so, or nothing. Of two who start at once one does it, and the other waits and finds it done.</summary>
    private static async Task RaiseAsync(RecordsContext db, string from, string to, string script, CancellationToken cancel)
    {
        await using var alone = await db.Database.BeginTransactionAsync(cancel).ConfigureAwait(false);
        if (await db.Facts.Where(f => f.Name == "schema" && f.Value == from).ExecuteUpdateAsync(set => set.SetProperty(f => f.Value, to), cancel).ConfigureAwait(false) == 1)
            await RunAsync(db, script, cancel).ConfigureAwait(false);
        await alone.CommitAsync(cancel).ConfigureAwait(false);
    }

    private static async Task RunAsync(RecordsContext db, string sql, CancellationToken cancel)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // the schema is a constant of this assembly
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = db.Database.CurrentTransaction?.GetDbTransaction();
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>A commit that returned has reached the disk.</summary>
    private sealed class DurableSqlite : DbConnectionInterceptor
    {
        private const string Pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON;";

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Two people at once, where doing it again finds out who came first: transactions that cannot both be, and numbers taken meanwhile.</summary>
    internal static bool MayBeTriedAgain(Exception? fault) => fault switch
    {
        null => false,
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation,
        SqliteException sqlite => sqlite.SqliteErrorCode is 5 or 6 or 19,
        // EF wraps once, and Npgsql's part of it once more.
        _ => MayBeTriedAgain(fault.InnerException),
    };

    /// <summary>The disk is full, the key exists already, nobody answers: what a database says that is worth telling a person.</summary>
    /// <remarks>EF wraps what a statement met, once more where it might pass by itself; what a commit met comes bare.</remarks>
    public static RefusedException? Explain(Exception? fault) => fault switch
    {
        DbUpdateException or InvalidOperationException { InnerException: DbUpdateException or NpgsqlException } => Explain(fault.InnerException),
        SqliteException { SqliteErrorCode: 19 } or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } =>
            new RefusedException(RefusalCodes.Conflict, "Quelqu'un d'autre a modifié cet élément pendant que vous écriviez. Votre texte est conservé ; relisez la version présente avant d'enregistrer."),
        SqliteException { SqliteErrorCode: 13 } or PostgresException { SqlState: "53100" } =>
            new RefusedException("records.disk", "Le disque des dossiers est plein : rien n'a été enregistré. Prévenez l'exploitation ; votre saisie est conservée."),
        // It went down, or is coming up again; the answer to a commit may be what was lost.
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow } or (NpgsqlException { IsTransient: true } and not PostgresException) =>
            new RefusedException("records.away", "La base des dossiers ne répond pas. Votre saisie est conservée : quand la base répond de nouveau, relisez le dossier, puis enregistrez ce qui n'y est pas. Prévenez l'exploitation."),
        _ => null,
    };
}

/// <summary>The tables. Rows of sealed entries are only ever added.</summary>
public sealed class RecordsContext(DbContextOptions<RecordsContext> options) : DbContext(options)
{
    public DbSet<EntryRow> Entries => Set<EntryRow>();
    public DbSet<StayRow> Stays => Set<StayRow>();
    public DbSet<MovementRow> Movements => Set<MovementRow>();
    public DbSet<BedStateRow> BedStates => Set<BedStateRow>();
    public DbSet<FileRow> Files => Set<FileRow>();
    public DbSet<FactRow> Facts => Set<FactRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        ArgumentNullException.ThrowIfNull(configurationBuilder);
        configurationBuilder.Properties<PatientId>().HaveConversion<IdText<PatientId>>();
        configurationBuilder.Properties<EntryId>().HaveConversion<IdText<EntryId>>();
        configurationBuilder.Properties<FileId>().HaveConversion<IdText<FileId>>();
        configurationBuilder.Properties<StayId>().HaveConversion<IdText<StayId>>();
        configurationBuilder.Properties<UnitId>().HaveConversion<IdText<UnitId>>();
        configurationBuilder.Properties<BedId>().HaveConversion<IdText<BedId>>();
        configurationBuilder.Properties<AccountId>().HaveConversion<IdText<AccountId>>();
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<Milliseconds>();
        configurationBuilder.Properties<StayState>().HaveConversion<string>();
        configurationBuilder.Properties<MovementKind>().HaveConversion<string>();
        configurationBuilder.Properties<BedState>().HaveConversion<string>();
        configurationBuilder.Properties<MovementReason>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.Entity<EntryRow>(e => { e.ToTable("entry"); e.HasKey(r => new { r.Entry, r.Version }); });
        modelBuilder.Entity<StayRow>(e => { e.ToTable("stay"); e.HasKey(r => r.Stay); e.Property(r => r.Revision).IsConcurrencyToken(); });
        modelBuilder.Entity<MovementRow>(e => { e.ToTable("movement"); e.HasKey(r => new { r.Stay, r.Number }); });
        modelBuilder.Entity<BedStateRow>(e => { e.ToTable("bed_state"); e.HasKey(r => r.Bed); });
        modelBuilder.Entity<FileRow>(e => { e.ToTable("file"); e.HasKey(r => r.File); });
        modelBuilder.Entity<FactRow>(e => { e.ToTable("fact"); e.HasKey(r => r.Name); });
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(t => t.GetProperties()))
            property.SetColumnName(Snake(property.Name));
    }

    private static string Snake(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : $"{c}"));

    private sealed class IdText<T>() : Microsoft.EntityFrameworkCore.Storage.ValueConversion.ValueConverter<T, string>(id => id.ToString()!, text => Id.Parse<T>(text)) where T : struct, IId<T>;

    private sealed class Milliseconds() : Microsoft.EntityFrameworkCore.Storage.ValueConversion.ValueConverter<DateTimeOffset, long>(at => at.ToUnixTimeMilliseconds(), ms => DateTimeOffset.FromUnixTimeMilliseconds(ms));
}

/// <summary>What the database knows of itself: whose it is, its version, the journal's last seen size.</summary>
public sealed class FactRow
{
    public required string Name { get; init; }
    public required string Value { get; set; }
}

internal static class Schema
{
    public static string Text(bool postgres) => Tables.Replace("{blob}", postgres ? "BYTEA" : "BLOB", StringComparison.Ordinal);

    /// <summary>
    /// 3 (November 2026): a movement says who answers for the care since, and why a stay was called off. 4 (November 2026): which movement's time another
    /// corrects; who said how a bed is.
    /// </summary>
    public static readonly IReadOnlyList<(string From, string To, string Script)> Steps =
    [
        ("2", "3", "ALTER TABLE movement ADD COLUMN practitioner CHAR(32); ALTER TABLE movement ADD COLUMN reason TEXT;"),
        ("3", "4", "ALTER TABLE movement ADD COLUMN corrects INTEGER; ALTER TABLE bed_state ADD COLUMN by_account CHAR(32);"),
    ];

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS entry (
            entry CHAR(32) NOT NULL, version INTEGER NOT NULL, patient CHAR(32) NOT NULL, domain INTEGER NOT NULL,
            key_version INTEGER NOT NULL, written_at BIGINT NOT NULL, salt {blob} NOT NULL, commitment {blob} NOT NULL, sealed {blob} NOT NULL,
            PRIMARY KEY (entry, version));
        CREATE INDEX IF NOT EXISTS entry_patient ON entry (patient, domain, written_at);
        CREATE TABLE IF NOT EXISTS stay (
            stay CHAR(32) PRIMARY KEY, patient CHAR(32) NOT NULL, file_number TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
            responsible CHAR(32) NOT NULL, housing CHAR(32) NOT NULL, bed CHAR(32), extra_bed BOOLEAN NOT NULL, practitioner CHAR(32),
            expected_at BIGINT, admitted_at BIGINT, leave_until BIGINT, expected_exit_at BIGINT, discharged_at BIGINT, mother_stay CHAR(32), revision INTEGER NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS stay_bed_once ON stay (bed) WHERE NOT extra_bed AND state IN ('Present', 'OnLeave');
        CREATE UNIQUE INDEX IF NOT EXISTS stay_present_once ON stay (patient) WHERE state IN ('Present', 'OnLeave');
        CREATE INDEX IF NOT EXISTS stay_patient ON stay (patient);
        CREATE INDEX IF NOT EXISTS stay_housing ON stay (housing, state);
        CREATE INDEX IF NOT EXISTS stay_responsible ON stay (responsible, state);
        CREATE TABLE IF NOT EXISTS movement (
            stay CHAR(32) NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
            responsible CHAR(32) NOT NULL, housing CHAR(32) NOT NULL, bed CHAR(32), practitioner CHAR(32), reason TEXT, corrects INTEGER, by_account CHAR(32), PRIMARY KEY (stay, number));
        CREATE TABLE IF NOT EXISTS file (file CHAR(32) PRIMARY KEY, since BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS bed_state (bed CHAR(32) PRIMARY KEY, state TEXT NOT NULL, since BIGINT NOT NULL, by_account CHAR(32));
        """;
}
