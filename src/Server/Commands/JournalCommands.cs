using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serment.Server.Statements;

namespace Serment.Server.Commands;

/// <summary>
/// serment journal verify|prove|checkpoint: anyone with the files can check that nothing was rewritten. Reads tiles,
/// checkpoint and public key; needs no other key, no running cell, and shares no code with the writer.
/// Exit codes: 0 done, 1 refused or failed, 2 misuse.
/// </summary>
internal static class JournalCommands
{
    private const string Usage = """
        serment journal verify --data DIR [--key CLÉ|FICHIER] [--since NOTE] [--json]
            Vérifie la signature du point de contrôle, recalcule l'arbre depuis les feuilles et compare chaque tuile.
            --since NOTE : point de contrôle plus ancien ; le journal doit le prolonger sans rien changer.
            --key : clé de vérification publiée ; sans elle, celle du dossier est crue.
        serment journal verify --statement FICHIER [--key CLÉ|FICHIER] [--json]
            Vérifie un relevé d'accès remis à un patient, sans autre donnée : signature, et chaque ligne dans le journal signé.
        serment journal prove --data DIR --index N [--key CLÉ|FICHIER] [--json]
            Écrit la preuve que l'entrée N est dans le journal, et la vérifie.
        serment journal checkpoint --data DIR [--json]
            Écrit le point de contrôle présent.
        """;

    private const long ProgressFrom = 200_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task<int> RunAsync(string[] args) => Task.FromResult(Run(args, Console.Out, Console.Error));

    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        if (args is ["journal", .. var rest]) args = rest;
        if (args.Contains("--help") || args.Contains("-h")) { output.WriteLine(Usage); return 0; }
        if (Parse(args) is not { } asked) { error.WriteLine(Usage); return 2; }
        try
        {
            return asked.Verb switch
            {
                "verify" when asked.Statement is not null => VerifyStatement(asked, output, error),
                "verify" => Verify(asked, output, error),
                "prove" => Prove(asked, output),
                _ => Show(asked, output),
            };
        }
        catch (JournalFaultException no) { return Refuse(asked, [no.Fault], output, error); }
        catch (Exception no) when (no is IOException or UnauthorizedAccessException) { return Refuse(asked, [new JournalFault(asked.Journal, "Lecture impossible : " + no.Message)], output, error); }
    }

    private sealed record Asked(string Verb, string Journal, string? Key, string? Since, long? Index, bool Json, string? Statement = null);

    private static Asked? Parse(string[] args)
    {
        if (args is not [var verb, .. var options] || verb is not ("verify" or "prove" or "checkpoint")) return null;
        var asked = new Asked(verb, "", null, null, null, false);
        for (var i = 0; i < options.Length; i++)
        {
            if (options[i] == "--json") { asked = asked with { Json = true }; continue; }
            if (i + 1 == options.Length) return null;
            var value = options[i + 1];
            switch (options[i++])
            {
                case "--data": asked = asked with { Journal = Path.Combine(Path.GetFullPath(value), "custodian", "journal") }; break;
                case "--key": asked = asked with { Key = value }; break;
                case "--statement" when verb == "verify": asked = asked with { Statement = value }; break;
                case "--since" when verb == "verify": asked = asked with { Since = value }; break;
                case "--index" when verb == "prove" && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var index): asked = asked with { Index = index }; break;
                default: return null;
            }
        }
        if (asked.Statement is not null) return asked.Journal.Length == 0 && asked.Since is null ? asked : null;
        return asked.Journal.Length == 0 || (verb == "prove" && asked.Index is null) ? null : asked;
    }

    private static int Verify(Asked asked, TextWriter output, TextWriter error)
    {
        var (key, head) = Open(asked);
        // The older note is judged first: a journal rolled back has tiles that agree with each other.
        Checkpoint? since = null;
        if (asked.Since is { } file)
        {
            since = Checkpoint.Open(Read(file, "Le point de contrôle plus ancien"), key, file);
            if (since.Size > head.Size)
                throw new JournalFaultException("checkpoint", $"Régression : le journal compte {head.Size} entrées, le point de contrôle retenu en comptait {since.Size}. Une copie plus ancienne a pris sa place.");
        }
        var tree = new TileTree(asked.Journal, head.Size) { Progress = ProgressTo(error, head.Size, asked.Json) };
        var root = tree.Root(head.Size);
        if (!root.AsSpan().SequenceEqual(head.Root))
            tree.Faults.Add(new JournalFault(head.Size == 0 ? "checkpoint" : LastLeaves(head.Size), $"La racine recalculée depuis les entrées 0 à {head.Size - 1} n'est pas celle du point de contrôle signé : une entrée a été changée, échangée ou retirée."));
        if (since is not null && !tree.Root(since.Size).AsSpan().SequenceEqual(since.Root))
            tree.Faults.Add(new JournalFault(asked.Since!, $"Les {since.Size} premières entrées ne sont plus celles du point de contrôle retenu : le passé a été réécrit."));
        tree.CheckLeftOvers();
        if (tree.Faults.Count > 0) return Refuse(asked, tree.Faults, output, error);
        if (asked.Json)
            output.WriteLine(JsonSerializer.Serialize(new { ok = true, origin = head.Origin, size = head.Size, root = Convert.ToBase64String(head.Root), tiles = tree.TilesRead, keyTrusted = asked.Key is not null, since = since?.Size, faults = Array.Empty<JournalFault>() }, Json));
        else
        {
            output.WriteLine($"Journal intact : {head.Size} entrées, racine {Convert.ToBase64String(head.Root)}, signé par {head.Origin}.");
            if (since is not null) output.WriteLine($"Il prolonge le point de contrôle de {since.Size} entrées sans rien y changer.");
            if (asked.Key is null) output.WriteLine("La clé est celle du dossier ; donnez --key avec la clé publiée pour ne pas avoir à le croire.");
        }
        return 0;
    }

    private static int VerifyStatement(Asked asked, TextWriter output, TextWriter error)
    {
        if (!File.Exists(asked.Statement)) throw new JournalFaultException(Path.GetFileName(asked.Statement!), "Le relevé manque.");
        var (head, faults) = StatementCheck.Of(File.ReadAllBytes(asked.Statement), own => asked.Key is { } given ? KeyOf(given) : NoteKey.Parse(own, "ligne 1"));
        if (faults.Count > 0 || head is null)
        {
            if (asked.Json) return Refuse(asked, faults, output, error);
            foreach (var fault in faults) error.WriteLine($"{fault.Place} : {fault.Message}");
            error.WriteLine("Ce relevé n'est pas celui que l'établissement a remis.");
            return 1;
        }
        if (asked.Json) output.WriteLine(JsonSerializer.Serialize(new { ok = true, cell = head.Cell, number = head.Number, at = head.At, lines = head.Lines, entries = head.Entries, keyTrusted = asked.Key is not null, faults = Array.Empty<JournalFault>() }, Json));
        else
        {
            output.WriteLine($"Relevé intact : {head.Lines} lignes, {head.Entries} entrées du journal, établi par {head.Establishment} le {ClinicalTime.Local(head.At).ToString("dd/MM/yyyy HH:mm", ClinicalTime.French)}.");
            if (asked.Key is null) output.WriteLine("La clé est celle du fichier ; donnez --key avec la clé publiée pour ne pas avoir à le croire.");
        }
        return 0;
    }

    /// <summary>A line that fills, for whoever waits before a terminal: millions of entries take a minute.</summary>
    private static Action<long>? ProgressTo(TextWriter error, long size, bool json)
    {
        if (json || size < ProgressFrom || !ReferenceEquals(error, Console.Error) || Console.IsErrorRedirected) return null;
        var shown = -1L;
        return done =>
        {
            var percent = done * 100 / size;
            if (percent <= shown) return;
            shown = percent;
            error.Write(string.Create(CultureInfo.InvariantCulture, $"\r[{new string('#', (int)percent / 4),-25}] {percent,3} %  {done} / {size}{(percent == 100 ? "\n" : "")}"));
        };
    }

    private static int Prove(Asked asked, TextWriter output)
    {
        var (_, head) = Open(asked);
        var index = asked.Index!.Value;
        if (index >= head.Size) throw new JournalFaultException("checkpoint", $"Le journal signé compte {head.Size} entrées : l'entrée {index} n'y est pas (la première est 0).");
        var tree = new TileTree(asked.Journal, head.Size);
        var (leaf, path) = (tree.Leaf(index), tree.Inclusion(index));
        if (tree.Faults is [var fault, ..]) throw new JournalFaultException(fault.Place, fault.Message);
        if (!TileTree.RootOf(index, head.Size, leaf, path).AsSpan().SequenceEqual(head.Root))
            throw new JournalFaultException(TileTree.NameOf(0, index / 256, (int)Math.Min(256, head.Size - index / 256 * 256)), $"La preuve de l'entrée {index} ne mène pas à la racine signée.");
        if (asked.Json)
            output.WriteLine(JsonSerializer.Serialize(new { ok = true, index, size = head.Size, leafHash = Convert.ToBase64String(leaf), path = path.Select(Convert.ToBase64String), checkpoint = head.Note }, Json));
        else
        {
            // C2SP tlog-proof.
            output.Write($"c2sp.org/tlog-proof@v1\nindex {index.ToString(CultureInfo.InvariantCulture)}\n");
            foreach (var hash in path) output.Write(Convert.ToBase64String(hash) + "\n");
            output.Write("\n" + head.Note);
        }
        return 0;
    }

    private static int Show(Asked asked, TextWriter output)
    {
        var (_, head) = Open(asked);
        output.Write(asked.Json ? JsonSerializer.Serialize(new { origin = head.Origin, size = head.Size, root = Convert.ToBase64String(head.Root), note = head.Note }, Json) + "\n" : head.Note);
        return 0;
    }

    private static (NoteKey Key, Checkpoint Head) Open(Asked asked)
    {
        if (!Directory.Exists(asked.Journal)) throw new JournalFaultException(asked.Journal, "Aucun journal dans ce dossier.");
        var key = asked.Key is not { } given ? NoteKey.Parse(Read(Path.Combine(asked.Journal, "key.pub"), "La clé de vérification"), "key.pub")
            : KeyOf(given);
        return (key, Checkpoint.Open(Read(Path.Combine(asked.Journal, "checkpoint"), "Le point de contrôle"), key, "checkpoint"));
    }

    private static NoteKey KeyOf(string given) => NoteKey.Parse(File.Exists(given) ? Read(given, "La clé de vérification") : given, "--key");

    private static string Read(string file, string what)
    {
        if (!File.Exists(file)) throw new JournalFaultException(Path.GetFileName(file), $"{what} manque.");
        try { return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file)); }
        catch (ArgumentException) { throw new JournalFaultException(Path.GetFileName(file), $"{what} n'est pas un texte lisible."); }
    }

    private static string LastLeaves(long size) => TileTree.NameOf(0, (size - 1) / 256, (int)((size - 1) % 256) + 1);

    private static int Refuse(Asked asked, IReadOnlyList<JournalFault> faults, TextWriter output, TextWriter error)
    {
        if (asked.Json) output.WriteLine(JsonSerializer.Serialize(new { ok = false, faults }, Json));
        else
        {
            foreach (var fault in faults) error.WriteLine($"{fault.Place} : {fault.Message}");
            error.WriteLine("Le journal n'est pas intact.");
        }
        return 1;
    }
}
