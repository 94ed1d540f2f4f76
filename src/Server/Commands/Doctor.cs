using System.Text.Json;
using Microsoft.Data.Sqlite;
using Serment.Records;
using Serment.Server.Signing;

namespace Serment.Server.Commands;

/// <summary>
/// Looks at a cell from outside, as its operator: what would let someone in, or lose something. Needs no key and reads no file of a patient.
/// Exit code 1 when something must be mended; what is only declared (both processes on one host) does not fail.
/// </summary>
internal static class Doctor
{
    /// <summary>Of a key that encrypts what is stored: two years at most (NIST SP 800-57 part 1 rev. 5, 5.3.6).</summary>
    private static readonly TimeSpan Cryptoperiod = TimeSpan.FromDays(2 * 365);

    private enum Verdict { Good, Declared, Bad }

    private sealed record Finding(string Check, Verdict Verdict, string Text);

    public static async Task<int> RunAsync(string[] args)
    {
        const string help = "serment doctor [--data DIR] [--records] [--json]     examine un établissement depuis la machine qui le porte\n    --records : compare aussi, élément par élément, le journal, les identités, les dossiers et les fichiers";
        if (args.Contains("--help")) { Console.WriteLine(help); return 0; }
        var line = new CommandLine(args, ["--json", "--records"], ["--data"]);
        var findings = await LookAsync(line.Data).ConfigureAwait(false);
        if (line.Has("--records")) findings.AddRange(await CompareAsync(line.Data).ConfigureAwait(false));
        return Say(findings, line.Has("--json"));
    }

    /// <summary>Whether what was restored belongs together; the machine that it lies on is another question.</summary>
    public static async Task<int> RestoredAsync(string data) => Say([await JournalAsync(data).ConfigureAwait(false), .. await CompareAsync(data).ConfigureAwait(false)], json: false);

    private static int Say(IReadOnlyList<Finding> findings, bool json)
    {
        if (json) Console.WriteLine(JsonSerializer.Serialize(findings.Select(f => new { check = f.Check, verdict = f.Verdict.ToString().ToLowerInvariant(), text = f.Text })));
        else foreach (var finding in findings) Console.WriteLine($"{finding.Verdict switch { Verdict.Good => "  bon  ", Verdict.Declared => " limite", _ => "À RÉGLER" }}  {finding.Text}");
        return findings.Any(f => f.Verdict == Verdict.Bad) ? 1 : 0;
    }

    private static async Task<List<Finding>> LookAsync(string data)
    {
        var own = Path.Combine(data, "custodian");
        var cell = Path.Combine(own, "cell.json");
        if (!File.Exists(cell)) throw new RefusedException("cell.none", $"Aucun établissement dans {data}.");
        var mark = JsonDocument.Parse(await File.ReadAllTextAsync(cell).ConfigureAwait(false)).RootElement;
        var demonstration = mark.GetProperty("demonstration").GetBoolean();
        var rehearsal = mark.TryGetProperty("rehearsal", out var set) && set.GetBoolean();
        var found = new List<Finding> { new("kind", Verdict.Good, demonstration ? "Établissement de démonstration : aucun vrai patient ne doit y entrer." : rehearsal ? "Établissement d'exercice, à l'horloge simulée : aucun vrai patient ne doit y entrer." : "Établissement réel.") };

        var open = new[] { own, Path.Combine(data, "mirror") }.Where(folder => Directory.Exists(folder) && OthersMayEnter(folder)).ToArray();
        found.Add(open.Length == 0 ? new("permissions", Verdict.Good, "Les dossiers du gardien sont fermés aux autres comptes de la machine.") : new("permissions", Verdict.Bad, $"Ouverts à d'autres comptes de la machine : {string.Join(", ", open)} (chmod 700)."));
        if (!demonstration) found.Add(File.Exists(Path.Combine(own, "demonstration.passphrase")) ? new("passphrase", Verdict.Bad, "La phrase secrète est à côté de ce qu'elle protège (demonstration.passphrase) : ôtez-la.") : new("passphrase", Verdict.Good, "La phrase secrète n'est pas à côté de ce qu'elle protège."));

        found.Add(File.Exists(Path.Combine(own, "escrow.json")) ? new("escrow", Verdict.Good, "La clé est en cinq parts (escrow.json) : un exercice par trimestre, « serment key drill ».")
            : new("escrow", demonstration ? Verdict.Declared : Verdict.Bad, "La clé n'a pas été mise en parts : sa phrase ou son jeton perdu, tout est perdu (docs/runbooks/key-ceremony.md)."));
        if (await StandbyAsync(own, data).ConfigureAwait(false) is { } standby) found.Add(standby);
        var mirror = Path.Combine(data, "mirror", "state-mirror.db");
        found.Add(!File.Exists(mirror) ? new("mirror", Verdict.Bad, "L'état du gardien n'a pas de copie (mirror/state-mirror.db).")
            : Disk.IsOne(own, mirror) ? new("mirror", demonstration ? Verdict.Declared : Verdict.Bad, "La copie de l'état est sur le même disque : placez mirror sur un autre (point de montage).") : new("mirror", Verdict.Good, "L'état du gardien est copié sur un autre disque."));

        found.Add(await JournalAsync(data).ConfigureAwait(false));
        if (File.Exists(Path.Combine(data, "records.db"))) found.Add(Sound(Path.Combine(data, "records.db")) ? new("records", Verdict.Good, "La base des dossiers est saine (SQLite).") : new("records", Verdict.Bad, "La base des dossiers est abîmée : restaurez (docs/runbooks/backup.md)."));
        found.AddRange(await KeyVersionsAsync(data).ConfigureAwait(false));
        var free = new DriveInfo(data);
        found.Add(free.AvailableFreeSpace > free.TotalSize / 20 ? new("disk", Verdict.Good, $"{free.AvailableFreeSpace >> 30} Gio libres.") : new("disk", Verdict.Bad, $"Moins de 5 % du disque est libre ({free.AvailableFreeSpace >> 20} Mio) : un journal qui ne s'écrit plus n'ouvre plus aucun dossier."));
        found.Add(File.Exists(OwnCustodian.Socket(data)) && File.Exists(Path.Combine(data, "records.db"))
            ? new("one-host", Verdict.Declared, "Serveur et gardien sont sur la même machine : qui la possède entièrement pendant qu'elle tourne les possède tous deux (attaquant A5 non tenu).")
            : new("one-host", Verdict.Good, "Les dossiers et le gardien ne sont pas sur la même machine."));
        return found;
    }

    /// <summary>Whether there is a second Custodian, and in step. Null: none runs here, and its directory never had one.</summary>
    private static async Task<Finding?> StandbyAsync(string own, string data)
    {
        var standing = (await CustodianInCharge.StandingAsync(new CustodianAddress { Socket = OwnCustodian.Socket(data) }).ConfigureAwait(false))?.Standing ?? (File.Exists(Path.Combine(own, "standby.json")) ? "" : null);
        return standing switch
        {
            null => null,
            "single" => new("standby", Verdict.Declared, "Pas de second gardien : une panne de cette machine arrête les ouvertures jusqu'à ce qu'elle soit réparée (docs/runbooks/standby.md)."),
            "in-step" => new("standby", Verdict.Good, "Le second gardien suit, à jour."),
            "follows" => new("standby", Verdict.Good, "Ce gardien est le second : il suit, à jour, et peut prendre la relève."),
            "behind" => new("standby", Verdict.Bad, "Ce gardien est le second et n'est pas encore à jour : il ne peut pas prendre la relève."),
            "catching-up" => new("standby", Verdict.Bad, "Le second gardien rattrape son retard : jusque-là celui-ci est seul."),
            "alone" => new("standby", Verdict.Bad, "Ce gardien mène seul : le second ne suit pas. Rétablissez-le (docs/runbooks/standby.md)."),
            "replaced" => new("standby", Verdict.Bad, "Ce gardien a été remplacé par le second : redémarrez-le avec --follow (docs/runbooks/standby.md)."),
            "undecided" => new("standby", Verdict.Bad, "Le second gardien est absent et rien n'est décidé : les ouvertures attendent (docs/runbooks/standby.md)."),
            _ => new("standby", Verdict.Declared, "Ce gardien ne tourne pas ; il a un second."),
        };
    }

    /// <summary>The version of keys in force, how many rows lie under each, and which name one that cannot be. Nothing where there are no records.</summary>
    private static async Task<IReadOnlyList<Finding>> KeyVersionsAsync(string data)
    {
        var postgres = Environment.GetEnvironmentVariable("SERMENT_DATABASE");
        if (postgres is null && !File.Exists(Path.Combine(data, "records.db"))) return [];
        try
        {
            var census = new RecordsCensus(new RecordsDatabase(data, postgres));
            var versions = await census.KeyVersionsAsync().ConfigureAwait(false);
            var counted = await KeyVersionAsync(data, [.. versions.Where(rows => KeyVersionRows.CanBe(rows.Version))]).ConfigureAwait(false);
            if (versions.Where(rows => !KeyVersionRows.CanBe(rows.Version)).Sum(rows => rows.Rows) is not (> 0 and var altered)) return [counted];
            var ids = await census.OfImpossibleKeyVersionAsync(KeyVersionRows.Most, AlteredNamed).ConfigureAwait(false);
            return [counted, new("key-version-altered", Verdict.Bad, $"{altered.ToString("N0", ClinicalTime.French)} éléments altérés nomment une version de clés qui ne peut exister (1 à {KeyVersionRows.Most}) : quelqu'un a écrit dans la base. Ils ne s'ouvrent pas et n'empêchent rien d'autre : {string.Join(", ", ids)}{(altered > ids.Count ? "…" : "")}")];
        }
        catch (Exception fault) when (fault is System.Data.Common.DbException or InvalidOperationException) { return [new("key-version", Verdict.Bad, "La base des dossiers ne répond pas : les versions de clés ne sont pas comptées.")]; }
    }

    private const int AlteredNamed = 20;

    private static async Task<Finding> KeyVersionAsync(string data, IReadOnlyList<(int Version, int Rows)> rows)
    {
        var counted = rows.Count == 0 ? "aucun élément" : string.Join(", ", rows.Select(row => $"{row.Rows.ToString("N0", ClinicalTime.French)} sous la version {row.Version}"));
        if (await StatusAsync(data).ConfigureAwait(false) is not { } cell) return new("key-version", Verdict.Good, $"Éléments de dossier par version de clés : {counted}.");
        if (rows.Count > 0 && rows[^1].Version > cell.KeyVersion) return new("key-version", Verdict.Bad, $"Des éléments sont sous la version {rows[^1].Version} des clés, et ce gardien n'en est qu'à la {cell.KeyVersion} : il est plus ancien que les dossiers (docs/runbooks/custodian-older.md), ou quelqu'un a écrit sans lui. Par version : {counted}.");
        var since = cell.KeyVersionSince is { } at ? $"depuis le {ClinicalTime.Local(at).ToString("d MMMM yyyy", ClinicalTime.French)}" : "depuis la fondation";
        return cell.KeyVersionSince is { } old && cell.Now - old > Cryptoperiod
            ? new("key-version", Verdict.Declared, $"La version {cell.KeyVersion} des clés est en vigueur {since}, plus de deux ans : passez à la suivante (docs/runbooks/key-version.md). Éléments : {counted}.")
            : new("key-version", Verdict.Good, $"Version {cell.KeyVersion} des clés en vigueur {since}. Éléments : {counted}.");
    }

    /// <summary>Of the Custodian that runs; null when none answers.</summary>
    private static async Task<CellStatus?> StatusAsync(string data)
    {
        using var client = new CustodianClient(Serve.AddressesOfCustodian(data));
        try
        {
            await CustodianInCharge.TurnToLeaderAsync(client).ConfigureAwait(false);
            return await client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll).ConfigureAwait(false);
        }
        catch (RefusedException) { return null; }
    }

    private static async Task<Finding> JournalAsync(string data) => await Quietly(() => JournalCommands.RunAsync(["verify", "--data", data])).ConfigureAwait(false) == 0
        ? new("journal", Verdict.Good, "Le journal des accès est intact.")
        : new("journal", Verdict.Bad, "Le journal ne se vérifie pas : « serment journal verify » dit où. Ne redémarrez rien avant d'avoir prévenu le référent sécurité.");

    private static async Task<IEnumerable<Finding>> CompareAsync(string data)
    {
        await using var custodian = await CustodianAtHand.ReachAsync(data).ConfigureAwait(false);
        var found = await Agreement.CompareAsync(custodian, data).ConfigureAwait(false);
        return found.Count == 0 ? [new("agreement", Verdict.Good, "Journal, identités, dossiers et fichiers se correspondent, élément par élément.")]
            : found.Select(d => new Finding(d.Kind, Verdict.Bad, $"{d.Count} {d.Text} : {string.Join(", ", d.Ids)}{(d.Count > d.Ids.Count ? "…" : "")}"));
    }

    private static bool OthersMayEnter(string folder) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & (UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute)) != 0;

    private static bool Sound(string database)
    {
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            using var check = connection.CreateCommand();
            check.CommandText = "PRAGMA quick_check";
            return (string?)check.ExecuteScalar() == "ok";
        }
        catch (SqliteException) { return false; }
    }

    private static async Task<int> Quietly(Func<Task<int>> run)
    {
        var (said, faults) = (Console.Out, Console.Error);
        Console.SetOut(TextWriter.Null);
        Console.SetError(TextWriter.Null);
        try { return await run().ConfigureAwait(false); }
        finally
        {
            Console.SetOut(said);
            Console.SetError(faults);
        }
    }
}
