using System.Data.Common;

namespace Serment.Records.Entries;

/// <summary>The one read that every chart waits for, in plain ADO.NET: `./bench --only charts` measures it.</summary>
internal static class EntryRead
{
    private const string Text = """
        SELECT entry, version, domain, key_version, written_at, salt, commitment, sealed FROM entry
        WHERE patient = @patient AND domain IN (@a, @b, @c, @d, @e, @f)
        """;
    private static readonly string[] DomainNames = ["@a", "@b", "@c", "@d", "@e", "@f"];

    /// <summary>The present version of each entry of one person in those domains, in no order.</summary>
    /// <param name="aliases">His ids: one, unless files were merged; asked for one by one.</param>
    public static async Task<IReadOnlyCollection<EntryRow>> PresentAsync(RecordsDatabase database, IReadOnlyList<PatientId> aliases, IReadOnlyList<Domain> domains, CancellationToken cancel)
    {
        await using var connection = database.Connect();
        await connection.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = Text;
        // Fewer than six: the last again.
        foreach (var (name, i) in DomainNames.Select((name, i) => (name, i))) Parameter(command, name).Value = (int)domains[Math.Min(i, domains.Count - 1)];
        var patient = Parameter(command, "@patient");
        var present = new Dictionary<EntryId, EntryRow>();
        foreach (var alias in aliases)
        {
            patient.Value = alias.ToString();
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                var (entry, version) = (Id.Parse<EntryId>(rows.GetString(0)), rows.GetInt32(1));
                if (!present.TryGetValue(entry, out var other) || other.Version < version) present[entry] = Row(rows, alias, entry, version);
            }
        }
        return present.Values;
    }

    private static EntryRow Row(DbDataReader at, PatientId patient, EntryId entry, int version) => new()
    {
        Entry = entry,
        Version = version,
        Patient = patient,
        Domain = (Domain)at.GetInt32(2),
        KeyVersion = at.GetInt32(3),
        WrittenAt = DateTimeOffset.FromUnixTimeMilliseconds(at.GetInt64(4)),
        Salt = at.GetFieldValue<byte[]>(5),
        Commitment = at.GetFieldValue<byte[]>(6),
        Sealed = at.GetFieldValue<byte[]>(7),
    };

    private static DbParameter Parameter(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
