using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Serment.Server.Drill;

/// <summary>
/// A5. The host: every file of the cell while it runs, its backup, the Server's memory as a swap partition would hold it. He compares every readable column with the
/// public frequencies of names, sexes and years of birth, and writes rows in other rows' places.
/// </summary>
internal sealed class StolenHost(ThrowawayCell cell, Sink sink, bool planted) : Attack(cell, sink, planted)
{
    private readonly string _records = Path.Combine(cell.Folder, "records.db");

    public override async Task<Outcome> PlayAsync()
    {
        var nurse = await Cell.EnterAsync(Role.Nurse).ConfigureAwait(false);
        var own = People.Census[People.Of(Role.Nurse).Units[0]];
        using (Signing.PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([.. own.Take(5).Select(n => People.Patients[n])], [Domain.Clinical], "care")).ConfigureAwait(false))) { }
        if (Planted) Plant();

        Sink.TakeFiles(Cell.Folder);
        var backup = Cell.Folder + ".backup.tar";
        var saved = await Programs.RunAsync("dotnet", typeof(StolenHost).Assembly.Location, "backup", "--to", backup, "--data", Cell.Folder).ConfigureAwait(false);
        Sink.TakeFiles(backup);
        var written = File.Exists(backup);
        File.Delete(backup);
        if (saved != 0 || !written) throw new RefusedException("drill.backup", "La sauvegarde à voler n'a pas pu être faite.");
        var swapped = 0L;
        foreach (var server in Cell.Processes("Serment.Server.dll")) swapped += Programs.ReadMemory(server, Sink.TakeStream);
        var (guessed, columns) = Guess();
        var (marked, misplaced, moved) = await SwapRowsAsync(nurse, own).ConfigureAwait(false);
        return new Outcome(
        [
            new("patients, dans les fichiers, la sauvegarde et la mémoire du serveur", Sink.Reached, 0),
            new($"prénom, sexe ou année de naissance devinés mieux qu'au hasard, sur {columns} colonnes lisibles", guessed, 0),
            new("contenu d'un autre montré dans un dossier, après échange de lignes", misplaced, 0),
            new("lignes échangées non signalées à la soignante", moved - marked, 0),
        ], $"chiffré sous des clés absentes (entropie des scellés {Entropy():0.000} bits par octet), noms absents de la base, lignes liées à leur place{(swapped == 0 ? " ; mémoire illisible ici" : "")}");
    }

    /// <summary>Ranks each column's values by frequency beside the names' own, the best table that there can be: the establishment's. Says how many more it hits than the commonest name alone.</summary>
    private (int Guessed, int Columns) Guess()
    {
        var people = Enumerable.Range(0, People.Patients.Length).ToDictionary(n => People.Patients[n].ToString()!, n => People.Traits[n]);
        var (guessed, columns) = (0, 0);
        using var db = Open(SqliteOpenMode.ReadOnly);
        foreach (var table in Rows(db, "SELECT name, '' FROM sqlite_master WHERE type = 'table'").Select(t => t.A))
        {
            var all = Rows(db, $"SELECT name, '' FROM pragma_table_info('{table}')").Select(c => c.A).ToArray();
            if (!all.Contains("patient")) continue;
            foreach (var column in all.Where(c => c is not ("patient" or "sealed" or "salt" or "commitment")))
            {
                columns++;
                var values = Rows(db, $"SELECT DISTINCT patient, CAST({column} AS TEXT) FROM {table}").Where(r => people.ContainsKey(r.A)).DistinctBy(r => r.A).Select(r => (Who: people[r.A], r.B)).ToArray();
                foreach (var trait in new Func<IdentityTraits, string>[] { t => t.FirstGivenName, t => t.Sex.ToString(), t => t.BirthDate.Year.ToString(CultureInfo.InvariantCulture) })
                    guessed = Math.Max(guessed, Beyond(values, trait, people.Values));
            }
        }
        return (guessed, columns);
    }

    private static int Beyond((IdentityTraits Who, string Value)[] seen, Func<IdentityTraits, string> trait, IEnumerable<IdentityTraits> everybody)
    {
        if (seen.Length == 0) return 0;
        var names = everybody.GroupBy(trait).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Key).ToArray();
        var ranked = seen.GroupBy(s => s.Value).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select((g, rank) => (g, Guess: names[Math.Min(rank, names.Length - 1)]));
        var hits = ranked.Sum(r => r.g.Count(s => trait(s.Who) == r.Guess));
        var prior = seen.Count(s => trait(s.Who) == names[0]);
        // Four standard deviations: what luck gives in one of fifteen thousand such columns.
        var luck = 4 * Math.Sqrt(prior * (1 - (double)prior / seen.Length) + 1);
        return hits > prior + luck ? hits - prior : 0;
    }

    /// <summary>Sealed texts of two patients in each other's place, and rows given to another patient; then someone who may read opens both.</summary>
    private async Task<(int Marked, int Misplaced, int Written)> SwapRowsAsync(Actor nurse, List<int> own)
    {
        var (a, b, c) = (People.Patients[own[^1]], People.Patients[own[^2]], People.Patients[own[^3]]);
        using (var db = Open(SqliteOpenMode.ReadWrite))
        {
            Run(db, "CREATE TEMP TABLE swap AS SELECT patient, salt, commitment, sealed FROM entry WHERE patient IN ($a, $b) AND domain = 2", a, b);
            Run(db, "UPDATE entry SET (salt, commitment, sealed) = (SELECT salt, commitment, sealed FROM swap WHERE patient = CASE entry.patient WHEN $a THEN $b ELSE $a END) WHERE patient IN ($a, $b) AND domain = 2", a, b);
            Run(db, "UPDATE entry SET patient = $a WHERE patient = $b AND domain = 2", a, c);
        }
        SqliteConnection.ClearAllPools();
        using var keys = Signing.PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([a, b, c], [Domain.Clinical], "care")).ConfigureAwait(false));
        var (marked, misplaced) = (0, 0);
        foreach (var patient in new[] { a, b, c })
            foreach (var entry in await Cell.Rows.ReadAsync(keys, patient, [Domain.Clinical]).ConfigureAwait(false))
                if (entry.Altered) marked++;
                else People.Canaries.In(entry.Content.Body.ToString().AsSpan(), (number, _) => { if (People.Patients[number] != patient) misplaced++; });
        return (marked, misplaced, 3);
    }

    private double Entropy()
    {
        var counts = new long[256];
        using var db = Open(SqliteOpenMode.ReadOnly);
        using var select = db.CreateCommand();
        select.CommandText = "SELECT sealed FROM entry LIMIT 20000";
        using var rows = select.ExecuteReader();
        while (rows.Read()) foreach (var b in (byte[])rows[0]) counts[b]++;
        var all = (double)counts.Sum();
        return -counts.Where(n => n > 0).Sum(n => n / all * Math.Log2(n / all));
    }

    /// <summary>A column that someone thought harmless: the birth name, for sorting lists.</summary>
    private void Plant()
    {
        using var db = Open(SqliteOpenMode.ReadWrite);
        Run(db, "CREATE TABLE planted (patient TEXT, sort_key TEXT)");
        for (var n = 0; n < People.Patients.Length; n++)
            Run(db, "INSERT INTO planted VALUES ($a, $b)", People.Patients[n], People.Traits[n].BirthName);
    }

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var db = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _records, Mode = mode, Pooling = false }.ToString());
        db.Open();
        return db;
    }

    private static List<(string A, string B)> Rows(SqliteConnection db, string sql)
    {
        using var select = db.CreateCommand();
        select.CommandText = sql;
        using var rows = select.ExecuteReader();
        var found = new List<(string, string)>();
        while (rows.Read()) found.Add((rows.IsDBNull(0) ? "" : rows.GetString(0), rows.IsDBNull(1) ? "" : rows.GetString(1)));
        return found;
    }

    private static void Run(SqliteConnection db, string sql, object? a = null, object? b = null)
    {
        using var command = db.CreateCommand();
        command.CommandText = sql;
        if (a is not null) command.Parameters.AddWithValue("$a", a.ToString());
        if (b is not null) command.Parameters.AddWithValue("$b", b.ToString());
        command.ExecuteNonQuery();
    }
}
