using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Exports;

/// <summary>
/// The lawful mass exports: stated in words, opened by the second signature, given out block by block to the machine that
/// writes the archive. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class ExportBook(ApprovalBook approvals, MachineClients clients, Action<(string Kind, string Id, byte[] Json)[]> persist)
{
    public const string Kind = "export", BlockKind = "export-block", Scope = "export";
    /// <summary>An interrupted job asks for a block again; nobody needs it more often.</summary>
    private const int TimesGiven = 5, LongestHours = 8;
    /// <summary>Fewer are too easily recognised.</summary>
    private const int FewestSubjects = 11;
    private readonly Dictionary<ApprovalId, (BulkExport Export, Dictionary<int, Given> Blocks)> _exports = [];
    private (ApprovalId Export, PatientList List)? _held;

    /// <summary>A block as it was last given out: the archive must hold that one.</summary>
    internal sealed record Given(string Sha256, int Times);

    public void Load(byte[] json)
    {
        var export = JsonSerializer.Deserialize<BulkExport>(json, WireJson.Options)!;
        _exports[export.Id] = (export, []);
    }

    public void LoadBlock(string id, byte[] json)
    {
        var parts = id.Split('|');
        _exports[Id.Parse<ApprovalId>(parts[0])].Blocks[int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)] = JsonSerializer.Deserialize<Given>(json, WireJson.Options)!;
    }

    public Approval Propose(Account by, ProposeExport ask, PatientList list, DateTimeOffset now)
    {
        var recipient = Words.Checked(ask.Recipient, "Destinataire", 3, 120);
        var reason = Words.Checked(ask.Reason, "Motif de l'export", 10, 300);
        if (ask.Domains.Count == 0 || ask.Domains.Distinct().Count() != ask.Domains.Count || ask.Domains.Any(d => !Enum.IsDefined(d) || d is Domain.Identity or Domain.Sensitive)) throw Invalid("Choisissez les types de données de l'export ; les données protégées n'en font jamais partie.");
        if (ask.Hours is < 1 or > LongestHours) throw Invalid($"La fenêtre d'un export est de 1 à {LongestHours} heures.");
        var project = ask.Project is null ? null : Words.Checked(ask.Project, "Nom du projet de recherche", 3, 80);
        if (project is not null && ask.Names) throw Invalid("Un extrait de recherche ne porte pas d'identité.");
        if (project is not null && list.Count < FewestSubjects) throw new RefusedException("research.few", $"Un extrait de recherche porte sur {FewestSubjects} patients au moins : moins nombreux, ils se reconnaissent.");
        using (SigningKey.Import(ask.PublicKey, "Clé de la machine")) { }
        var client = MachineKeys.IdOf(ask.PublicKey);
        if (clients.Knows(client)) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est déjà celle d'une machine : un export a la sienne.");
        using (BulkExport.Recipients(ask.Certificate, now.AddHours(ask.Hours))) { }
        var statement = $"{(project is null ? "Exporter" : $"Extraire pour la recherche {Words.Quoted(project)}, sous pseudonymes de ce projet,")} les dossiers de {Words.Count(list.Count)}, ceux de la liste d'empreinte {list.Digest}, et d'aucun autre. Données : {Words.Of(ask.Domains)}{(ask.Names ? ", avec l'identité" : ", sans l'identité")}. "
            + $"Destinataire : {Words.Quoted(recipient)}, seul à pouvoir ouvrir, par son certificat d'empreinte {BulkExport.FingerprintOf(ask.Certificate)}. Motif : {reason}. "
            + $"Archive écrite par la machine de clé {client.ToString()![..16]}, dans les {ask.Hours} h qui suivent la seconde signature.";
        if (project is not null) statement += " Le destinataire minimise (mois, âge en années, ni texte libre ni document) avant de remettre l'extrait aux chercheurs.";
        return approvals.Propose(by, new NewExport(ask with { Recipient = recipient, Reason = reason, Project = project, Patients = new PatientSelection() }, list.Count, list.Digest), statement, now, list);
    }

    public void Open(Approval approval, NewExport what, DateTimeOffset now)
    {
        var ask = what.Ask;
        var client = MachineKeys.IdOf(ask.PublicKey);
        if (clients.Knows(client)) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est devenue celle d'une autre machine : l'export doit être demandé avec une autre.");
        if (approvals.ListOf(approval)?.Digest != what.Digest) throw new RefusedException("approval.stale", "La liste de cet export n'est plus celle qui a été signée : il doit être demandé de nouveau.");
        var export = new BulkExport(approval.Id, ask.Recipient, ask.Certificate, ask.Domains, ask.Names, client, what.Count, what.Digest, now, now.AddHours(ask.Hours), Project: ask.Project);
        using (BulkExport.Recipients(export.Certificate, export.Until)) { }
        Put(export);
        clients.Add(new MachineClient(client, $"Export {Words.Quoted(ask.Recipient)}", ask.PublicKey, [Scope], false), now);
    }

    /// <summary>Whether that block may be given out now, and whose patients it names.</summary>
    public (BulkExport Export, IReadOnlyList<PatientId> Patients) Give(ClientId client, BlockOfExport ask, DateTimeOffset now)
    {
        var (export, blocks) = Of(client, ask.Export);
        export.Open(now);
        if (ask.Block < 0 || ask.Block >= export.Blocks) throw Invalid($"Cet export a {export.Blocks} blocs.");
        if (blocks.GetValueOrDefault(ask.Block)?.Times >= TimesGiven) throw new RefusedException("export.again", $"Ce bloc a déjà été remis {TimesGiven} fois : l'export doit être demandé de nouveau.");
        if (_held?.Export != export.Id) _held = (export.Id, approvals.ListOf(export.Id) ?? throw new RefusedException("state.damaged", "La liste de cet export n'est plus lisible."));
        return (export, [.. export.PatientsOf(_held.Value.List, ask.Block)]);
    }

    /// <summary>Durable in the journal by now.</summary>
    public void Gave(BulkExport export, int block, byte[] keys)
    {
        var blocks = _exports[export.Id].Blocks;
        var given = new Given(Convert.ToHexStringLower(SHA256.HashData(keys)), (blocks.GetValueOrDefault(block)?.Times ?? 0) + 1);
        persist([(BlockKind, $"{export.Id}|{block}", Json(given))]);
        blocks[block] = given;
    }

    /// <summary>Whether the manifest says of this export what is true; may be asked after the window, since it gives nothing out.</summary>
    public BulkExport Check(ClientId client, SealExport ask, string cell)
    {
        var (export, blocks) = Of(client, ask.Export);
        if (export.Frozen) export.Open(export.From);
        ExportManifest manifest;
        try { manifest = JsonSerializer.Deserialize<ExportManifest>(ask.Manifest, WireJson.Options) ?? throw new JsonException(); }
        catch (JsonException) { throw new RefusedException("export.manifest", "Le manifeste est illisible."); }
        if ((manifest.Format, manifest.Project, manifest.Cell, manifest.Export, manifest.Recipient, manifest.Fingerprint, manifest.Names, manifest.Patients, manifest.Digest)
            != (ExportManifest.CurrentFormat, export.Project, cell, export.Id, export.Recipient, export.Fingerprint, export.Names, export.Count, export.Digest) || !manifest.Domains.Order().SequenceEqual(export.Domains.Order()))
            throw new RefusedException("export.manifest", "Le manifeste n'est pas celui de l'export qui a été signé.");
        if (manifest.Parts.Count != export.Blocks || manifest.Parts.Where((part, i) => part.Block != i || blocks.GetValueOrDefault(i)?.Sha256 != part.Keys || part.Patients != Math.Min(BulkExport.BlockSize, export.Count - i * BulkExport.BlockSize)).Any())
            throw new RefusedException("export.manifest", "L'archive n'est pas entière, ou un de ses blocs n'est pas celui qui a été remis : relancez « serment export run ».");
        return export;
    }

    public void Sealed(BulkExport export, DateTimeOffset now) => Put(_exports[export.Id].Export with { SealedAt = now });

    public BulkExport Freeze(ApprovalId id)
    {
        if (!_exports.TryGetValue(id, out var known)) throw new RefusedException(RefusalCodes.NotFound, "Cet export n'existe pas.");
        if (known.Export.Frozen) throw new RefusedException(RefusalCodes.Conflict, "Cet export est déjà gelé.");
        var frozen = known.Export with { Frozen = true };
        Put(frozen);
        return frozen;
    }

    public ExportLine Own(ClientId client) => _exports.Values.Where(e => e.Export.Client == client).Select(LineOf).FirstOrDefault() ?? throw Unknown();

    public ExportLines Lines() => new([.. _exports.Values.OrderByDescending(e => e.Export.From).Select(LineOf)]);

    public string? NameOf(string id) => Id.TryParse<ApprovalId>(id, out var export) && _exports.TryGetValue(export, out var known) ? known.Export.Recipient : null;

    private static ExportLine LineOf((BulkExport Export, Dictionary<int, Given> Blocks) e) => new(e.Export.Id, e.Export.Recipient, e.Export.Fingerprint, e.Export.Domains, e.Export.Names, e.Export.Client, e.Export.Count, e.Export.Digest, e.Export.Blocks, e.Blocks.Count, e.Export.From, e.Export.Until, e.Export.Frozen, e.Export.SealedAt, e.Export.Project);

    private (BulkExport Export, Dictionary<int, Given> Blocks) Of(ClientId client, ApprovalId id) => _exports.TryGetValue(id, out var known) && known.Export.Client == client ? known : throw Unknown();

    private void Put(BulkExport export)
    {
        persist([(Kind, export.Id.ToString()!, Json(export))]);
        _exports[export.Id] = (export, _exports.TryGetValue(export.Id, out var known) ? known.Blocks : []);
    }

    private static RefusedException Unknown() => new("export.unknown", "Cette machine n'a pas cet export.");

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, WireJson.Options);
}
