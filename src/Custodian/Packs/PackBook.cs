using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Exports;
using Serment.Custodian.Sessions;

namespace Serment.Custodian.Packs;

/// <summary>The present patients of one unit, readable on one device while nothing else works. docs/formats/pack.md.</summary>
internal sealed record Pack(ApprovalId Id, UnitId Unit, string Device, byte[] Certificate, ClientId Client, DateTimeOffset From, DateTimeOffset Until, bool Frozen = false, DateTimeOffset? RefreshedAt = null, int Patients = 0, DateTimeOffset? OpenedAt = null, PackSighting? Seen = null);

/// <summary>
/// Downtime packs: stated in words, opened by the second signature, sealed anew to their device as the unit's census changes.
/// Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class PackBook(ApprovalBook approvals, MachineClients clients, Func<UnitId, string> unitName, Action<(string Kind, string Id, byte[] Json)[]> persist)
{
    public const string Kind = "pack", OpeningKind = "pack-opening", Scope = "pack";
    /// <summary>What one stolen device can hold: the bar of A3's census.</summary>
    public const int Most = 60;
    private const int LongestDays = 366;
    /// <summary>A job that was cut asks again; nobody needs it more often.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromMinutes(2);
    /// <summary>A device asks every ten minutes and its pack is renewed every thirty: so long may each of them be missed.</summary>
    private static readonly TimeSpan SilentAfter = TimeSpan.FromHours(1), StaleAfter = TimeSpan.FromHours(2);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private readonly Dictionary<ApprovalId, Pack> _packs = [];
    private readonly HashSet<string> _told = [];
    /// <summary>Per pack, on which day each patient was last journaled as in it: a key that a device holds is told once a day, not 48 times.</summary>
    private readonly Dictionary<ApprovalId, Dictionary<PatientId, DateOnly>> _journaled = [];

    public void Load(byte[] json)
    {
        var pack = JsonSerializer.Deserialize<Pack>(json, WireJson.Options)!;
        _packs[pack.Id] = pack;
    }

    public void LoadOpening(string id) => _told.Add(id);

    public Approval Propose(Account by, ProposePack ask, DateTimeOffset now)
    {
        var device = Words.Checked(ask.Device, "Nom du poste de secours", 3, 80);
        if (ask.Days is < 1 or > LongestDays) throw Invalid($"Un dossier de secours est tenu de 1 à {LongestDays} jours.");
        var unit = unitName(ask.Unit);
        using (SigningKey.Import(ask.PublicKey, "Clé de la machine")) { }
        var client = MachineKeys.IdOf(ask.PublicKey);
        if (clients.Knows(client)) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est déjà celle d'une machine : un dossier de secours a la sienne.");
        using (BulkExport.Recipients(ask.Certificate, now.AddDays(ask.Days))) { }
        var statement = $"Tenir un dossier de secours de l'unité {Words.Quoted(unit)} sur le poste {Words.Quoted(device)}, seul à pouvoir l'ouvrir, par son certificat d'empreinte {BulkExport.FingerprintOf(ask.Certificate)}. "
            + $"Patients : ceux qui sont présents dans l'unité à chaque mise à jour, {Most} au plus. Données : {Words.Of(PackKeys.Domains)}, avec l'identité. Écrit par la machine de clé {client.ToString()![..16]}, pendant {ask.Days} jours.";
        return approvals.Propose(by, new NewPack(ask with { Device = device }), statement, now);
    }

    public void Open(Approval approval, NewPack what, DateTimeOffset now)
    {
        var ask = what.Ask;
        var client = MachineKeys.IdOf(ask.PublicKey);
        if (clients.Knows(client)) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est devenue celle d'une autre machine : le dossier de secours doit être demandé avec une autre.");
        var pack = new Pack(approval.Id, ask.Unit, ask.Device, ask.Certificate, client, now, now.AddDays(ask.Days));
        using (BulkExport.Recipients(pack.Certificate, pack.Until)) { }
        Put(pack);
        clients.Add(new MachineClient(client, $"Dossier de secours {Words.Quoted(ask.Device)}", ask.PublicKey, [Scope], false), now);
    }

    /// <summary>The asking machine's, when it may be sealed anew.</summary>
    public Pack Due(ClientId client, DateTimeOffset now)
    {
        var pack = _packs.Values.FirstOrDefault(one => one.Client == client) ?? throw new RefusedException("pack.unknown", "Cette machine n'a pas de dossier de secours.");
        if (pack.Frozen) throw new RefusedException("pack.frozen", "Ce dossier de secours est gelé : un autre doit être proposé et approuvé.");
        if (now >= pack.Until) throw new RefusedException("pack.expired", "Ce dossier de secours est arrivé à son terme : un autre doit être proposé et approuvé.");
        if (pack.RefreshedAt is { } before && now - before < Soonest) throw new RefusedException("pack.soon", "Ce dossier de secours vient d'être mis à jour.");
        return pack;
    }

    /// <summary>Of those people, who has a file that has not been journaled as in that pack today.</summary>
    public IReadOnlyList<IReadOnlyList<PatientId>> Fresh(Pack pack, IReadOnlyList<IReadOnlyList<PatientId>> present, DateTimeOffset now)
    {
        if (!_journaled.TryGetValue(pack.Id, out var known)) _journaled[pack.Id] = known = [];
        return [.. present.Where(files => files.Any(file => !known.TryGetValue(file, out var day) || day != ClinicalTime.Day(now)))];
    }

    /// <summary>Durable in the journal by now.</summary>
    public void Refreshed(Pack pack, IReadOnlyList<IReadOnlyList<PatientId>> present, IReadOnlyList<IReadOnlyList<PatientId>> fresh, DateTimeOffset now)
    {
        foreach (var file in fresh.SelectMany(files => files)) _journaled[pack.Id][file] = ClinicalTime.Day(now);
        Put(_packs[pack.Id] with { RefreshedAt = now, Patients = present.Count });
    }

    /// <summary>What the device says, once its signature holds; null when it was said before.</summary>
    /// <exception cref="RefusedException">Not signed by that pack's device, or unreadable.</exception>
    public (Pack Pack, PackOpening Opening)? Heard(ReportOpening ask)
    {
        var pack = _packs.GetValueOrDefault(ask.Pack) ?? throw new RefusedException(RefusalCodes.NotFound, "Ce dossier de secours n'existe pas.");
        Signed(pack, ask.Opening, ask.Signature);
        PackOpening opening;
        try { opening = JsonSerializer.Deserialize<PackOpening>(ask.Opening, WireJson.Options) ?? throw new JsonException(); }
        catch (JsonException) { throw new RefusedException(RefusalCodes.Malformed, "Compte rendu d'ouverture illisible."); }
        if (opening.Pack != pack.Id || opening.Patients.Count > Most) throw Invalid("Ce compte rendu est celui d'un autre dossier de secours.");
        Words.Checked(opening.By, "Qui a ouvert", 3, 80);
        Words.Checked(opening.Reason, "Motif", 3, 300);
        return _told.Contains(NameOf(ask)) ? null : (pack, opening);
    }

    /// <summary>What a device says of itself; an older word than the last is dropped, whoever kept it back.</summary>
    /// <exception cref="RefusedException">Not signed by that pack's device, unreadable, or of a clock that is ahead.</exception>
    public void Sighted(ReportSighting ask, DateTimeOffset now)
    {
        var pack = _packs.GetValueOrDefault(ask.Pack) ?? throw new RefusedException(RefusalCodes.NotFound, "Ce dossier de secours n'existe pas.");
        Signed(pack, [.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. ask.Sighting], ask.Signature);
        PackSighting sighting;
        try { sighting = JsonSerializer.Deserialize<PackSighting>(ask.Sighting, WireJson.Options) ?? throw new JsonException(); }
        catch (JsonException) { throw new RefusedException(RefusalCodes.Malformed, "Nouvelles du poste de secours illisibles."); }
        if (sighting.Pack != pack.Id || sighting.Untold is < 0 or > 10_000) throw Invalid("Ces nouvelles sont celles d'un autre dossier de secours.");
        if (sighting.At > now + ClockSkew) throw Invalid("L'horloge de ce poste de secours avance : réglez-la.");
        if (pack.Seen is null || sighting.At > pack.Seen.At) Put(pack with { Seen = sighting });
    }

    private static void Signed(Pack pack, byte[] said, byte[] signature)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(pack.Certificate);
        using var key = certificate.GetRSAPublicKey()!;
        if (!key.VerifyData(said, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)) throw new RefusedException(RefusalCodes.Signature, "Signature refusée : ce n'est pas le poste de ce dossier de secours.");
    }

    /// <summary>Of a device whose pack is in force since an hour: what it said is too old, speaks of openings that nobody took, or of an old pack.</summary>
    private static PackWorry? WorryOf(Pack pack, DateTimeOffset now)
    {
        if (pack.Frozen || now >= pack.Until || now - pack.From < SilentAfter) return null;
        if (pack.Seen is not { } seen || now - seen.At > SilentAfter) return PackWorry.Silent;
        if (seen.Untold > 0) return PackWorry.Untold;
        if (now - (pack.RefreshedAt ?? pack.From) > StaleAfter) return PackWorry.NotRenewed;
        return pack.RefreshedAt is { } newest && (seen.HoldsAt is not { } held || newest - held > StaleAfter) ? PackWorry.Stale : null;
    }

    /// <summary>Durable in the journal by now.</summary>
    public void Told(Pack pack, ReportOpening report, PackOpening opening)
    {
        var now = _packs[pack.Id] with { OpenedAt = opening.At };
        persist([(OpeningKind, NameOf(report), "{}"u8.ToArray()), (Kind, pack.Id.ToString()!, Json(now))]);
        _packs[pack.Id] = now;
        _told.Add(NameOf(report));
    }

    public Pack Freeze(ApprovalId id)
    {
        if (!_packs.TryGetValue(id, out var pack)) throw new RefusedException(RefusalCodes.NotFound, "Ce dossier de secours n'existe pas.");
        if (pack.Frozen) throw new RefusedException(RefusalCodes.Conflict, "Ce dossier de secours est déjà gelé.");
        Put(pack with { Frozen = true });
        return pack;
    }

    public PackLines Lines(DateTimeOffset now) => new([.. _packs.Values.OrderByDescending(pack => pack.From).Select(pack => new PackLine(pack.Id, pack.Unit, unitName(pack.Unit), pack.Device, BulkExport.FingerprintOf(pack.Certificate), pack.Client, pack.From, pack.Until, pack.Frozen, pack.RefreshedAt, pack.Patients, pack.OpenedAt, pack.Seen, WorryOf(pack, now)))]);

    /// <summary>Since when a pack's device may hold keys: they do not run out as a lease does.</summary>
    public DateTimeOffset? HeldSince(ClientId client) => _packs.Values.FirstOrDefault(pack => pack.Client == client)?.From;

    public string? NameOf(string id) => Id.TryParse<ApprovalId>(id, out var pack) && _packs.TryGetValue(pack, out var known) ? known.Device : null;

    private static string NameOf(ReportOpening report) => Convert.ToHexStringLower(SHA256.HashData(report.Opening));

    private void Put(Pack pack)
    {
        persist([(Kind, pack.Id.ToString()!, Json(pack))]);
        _packs[pack.Id] = pack;
    }

    private static byte[] Json(Pack pack) => JsonSerializer.SerializeToUtf8Bytes(pack, WireJson.Options);

    private static RefusedException Invalid(string message) => new(RefusalCodes.Invalid, message);
}
