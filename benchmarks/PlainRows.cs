using System.Data.Common;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Serment.Records.Entries;

namespace Serment.Benchmarks;

/// <summary>What the sealed table would be without seals: the same columns but for salt and commitment, the same index, the same engine and durability, the same reading.</summary>
internal sealed class PlainRows(string file) : DbContext
{
    public DbSet<PlainRow> Entries => Set<PlainRow>();

    public static async Task<PlainRows> PrepareAsync(string file)
    {
        var rows = new PlainRows(file);
        await rows.Database.EnsureCreatedAsync();
        return rows;
    }

    public static async Task<IReadOnlyList<OpenedEntry>> ReadAsync(string file, PatientId patient, IReadOnlyList<Domain> domains)
    {
        var (ids, wanted, opened) = (new[] { patient }, domains.ToArray(), new List<OpenedEntry>());
        await using var db = new PlainRows(file);
        var rows = await db.Entries.Where(r => ids.Contains(r.Patient) && wanted.Contains(r.Domain)).ToListAsync();
        foreach (var present in rows.GroupBy(r => r.Entry).Select(versions => versions.MaxBy(v => v.Version)!))
            opened.Add(new OpenedEntry(present.Entry, present.Version, present.Patient, present.Domain, present.WrittenAt, JsonSerializer.Deserialize<EntryContent>(present.Json, EntryJson.Options)!));
        opened.Sort((a, b) => b.Content.At.CompareTo(a.Content.At));
        return opened;
    }

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) =>
        optionsBuilder.UseSqlite($"Data Source={file}").UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking).AddInterceptors(Durable.It);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<PatientId>().HaveConversion<IdText<PatientId>>();
        configurationBuilder.Properties<EntryId>().HaveConversion<IdText<EntryId>>();
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<Milliseconds>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<PlainRow>(e => { e.ToTable("plain"); e.HasKey(r => new { r.Entry, r.Version }); e.HasIndex(r => new { r.Patient, r.Domain, r.WrittenAt }); });

    private sealed class IdText<T>() : ValueConverter<T, string>(id => id.ToString()!, text => Id.Parse<T>(text)) where T : struct, IId<T>;

    private sealed class Milliseconds() : ValueConverter<DateTimeOffset, long>(at => at.ToUnixTimeMilliseconds(), ms => DateTimeOffset.FromUnixTimeMilliseconds(ms));

    private sealed class Durable : DbConnectionInterceptor
    {
        public static Durable It { get; } = new();

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; PRAGMA foreign_keys=ON;";
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}

internal sealed class PlainRow
{
    public required EntryId Entry { get; init; }
    public required int Version { get; init; }
    public required PatientId Patient { get; init; }
    public required Domain Domain { get; init; }
    public required DateTimeOffset WrittenAt { get; init; }
    public required byte[] Json { get; init; }
}
