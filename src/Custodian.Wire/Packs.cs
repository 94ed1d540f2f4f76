namespace Serment.Custodian.Wire;

/// <summary>Asks that the patients present in one unit be kept readable on one device of that unit while nothing else works. docs/formats/pack.md.</summary>
/// <param name="Device">What the device is called, as the statement names it.</param>
/// <param name="Certificate">X.509, DER, with an RSA key of 3,072 bits or more: everything is sealed to it.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, P-256, of the machine that writes the pack; it can open none of it.</param>
/// <param name="Days">From the second signature on, 1 to 366.</param>
public sealed record ProposePack(UnitId Unit, string Device, byte[] Certificate, byte[] PublicKey, int Days);

/// <param name="Fingerprint">SHA-256 of the device's certificate, hexadecimal.</param>
/// <param name="Patients">In it when it was last refreshed.</param>
/// <param name="OpenedAt">The last opening that the device has told of.</param>
/// <param name="Seen">What the device last said of itself; null: never heard.</param>
/// <param name="Worry">Why somebody should go and look at the device; null: nothing.</param>
public sealed record PackLine(ApprovalId Pack, UnitId Unit, string UnitName, string Device, string Fingerprint, ClientId Client, DateTimeOffset From, DateTimeOffset Until, bool Frozen, DateTimeOffset? RefreshedAt, int Patients, DateTimeOffset? OpenedAt, PackSighting? Seen = null, PackWorry? Worry = null);

/// <summary>A device that should be heard every ten minutes. A Server that swallows what it says makes it silent here.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(System.Text.Json.Serialization.JsonStringEnumConverter<PackWorry>))]
public enum PackWorry
{
    /// <summary>Not heard for an hour.</summary>
    Silent = 1,
    /// <summary>It has openings for which it holds no receipt.</summary>
    Untold,
    /// <summary>It holds none, or one two hours older than the newest.</summary>
    Stale,
    /// <summary>The Server has not renewed it for two hours: the unit is too large, frozen, or the pack's key is gone.</summary>
    NotRenewed,
}

public sealed record PackLines(IReadOnlyList<PackLine> Packs);

/// <summary>At once and for good, by one officer.</summary>
public sealed record FreezePack(ApprovalId Pack, string Reason);

/// <param name="Ids">Under which the sealed rows lie, merged files included.</param>
/// <param name="Keys">CMS EnvelopedData, DER: <see cref="PackKeys"/> for the device alone.</param>
/// <param name="Note">Signed by the journal's key over <paramref name="Keys"/>: a device opens nothing that the Custodian did not seal.</param>
public sealed record RefreshedPack(ApprovalId Pack, UnitId Unit, DateTimeOffset At, IReadOnlyList<PatientId> Ids, byte[] Keys, string Note);

/// <summary>What only the device reads: who is present, and the keys of their files.</summary>
/// <param name="Beds">Of the unit, as people call them.</param>
public sealed record PackKeys(string Format, string Cell, string Establishment, ApprovalId Pack, string Unit, DateTimeOffset At, IReadOnlyList<BedLabel> Beds, IReadOnlyList<ExportedPatient> Patients)
{
    public const string CurrentFormat = "serment-pack-2";
    public static IReadOnlyList<Domain> Domains { get; } = [Domain.Administrative, Domain.Clinical, Domain.Medication, Domain.Results];

    /// <summary>What is signed of it. The moment is in it: a device that opens nothing knows which of two is the older.</summary>
    public static string NoteText(string cell, ApprovalId pack, DateTimeOffset at, ReadOnlySpan<byte> keys) =>
        FormattableString.Invariant($"{CurrentFormat}\n{cell}\n{pack}\n{at.ToUnixTimeMilliseconds()}\n{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(keys))}\n");
}

/// <summary>A pack was opened while nothing else worked; said by the device once it is back.</summary>
/// <param name="By">Who opened it, as he wrote it.</param>
public sealed record PackOpening(ApprovalId Pack, DateTimeOffset PackAt, DateTimeOffset At, string By, string Reason, IReadOnlyList<PatientId> Patients);

/// <param name="Opening">The bytes of a <see cref="PackOpening"/>: saying them twice says them once.</param>
/// <param name="Signature">By the key of the device's certificate: RSA-PSS with SHA-256.</param>
public sealed record ReportOpening(ApprovalId Pack, byte[] Opening, byte[] Signature);

/// <summary>The Custodian's word that an opening is in the journal; without one that verifies, the device goes on telling.</summary>
/// <param name="Note">Signed by the journal's key over <see cref="NoteText"/>.</param>
public sealed record OpeningReceipt(string Note)
{
    public const string Format = "serment-pack-receipt-1";

    public static string NoteText(string cell, ApprovalId pack, ReadOnlySpan<byte> opening) =>
        $"{Format}\n{cell}\n{pack}\n{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(opening))}\n";
}

/// <summary>What a device says of itself each time that it asks for its pack.</summary>
/// <param name="HoldsAt">The moment of the pack that it holds; null: none.</param>
/// <param name="Untold">Openings for which it holds no receipt.</param>
public sealed record PackSighting(ApprovalId Pack, DateTimeOffset At, DateTimeOffset? HoldsAt, int Untold)
{
    /// <summary>Before the bytes that are signed, so that none of them can be taken for an opening.</summary>
    public const string Prefix = "serment-pack-seen-1\n";
}

/// <param name="Sighting">The bytes of a <see cref="PackSighting"/>.</param>
/// <param name="Signature">By the key of the device's certificate over <see cref="PackSighting.Prefix"/> and these bytes: RSA-PSS with SHA-256.</param>
public sealed record ReportSighting(ApprovalId Pack, byte[] Sighting, byte[] Signature);

public static class PackVerbs
{
    public static readonly Verb<ProposePack, Proposed> Propose = new("pack.propose");
    public static readonly Verb<Nothing, PackLines> List = new("pack.list");
    public static readonly Verb<FreezePack, Done> Freeze = new("pack.freeze");
    /// <summary>Of the asking machine.</summary>
    public static readonly Verb<Nothing, RefreshedPack> Refresh = new("pack.refresh");
    /// <summary>The device's own signature says who it is: it has no session, and the network may be back before anyone is.</summary>
    public static readonly Verb<ReportOpening, OpeningReceipt> Opened = new("pack.opened");
    /// <summary>Like <see cref="Opened"/>, by the device's own signature.</summary>
    public static readonly Verb<ReportSighting, Done> Seen = new("pack.seen");
}
