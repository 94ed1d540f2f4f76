using System.Buffers.Binary;
using System.Text;

namespace Serment.Custodian.Identities;

/// <summary>
/// One identity as bytes, the same in memory and (sealed) at rest: a fixed head, then strings of one length byte each.
/// Strict names are ASCII, so that a search reads them where they lie. docs/formats/identity-row.md.
/// </summary>
internal readonly ref struct IdentityRow(ReadOnlySpan<byte> bytes)
{
    // 0 version · 1 sex · 2 status · 3 marks · 4 IPP (i32) · 8 birth day number (i32) · 12 birth rank · 13 OID · 14 strings… · [mother 16]
    private const byte Version = 1;
    private const int Head = 14, Strings = 8;
    private const byte IsDoubtful = 1, IsHomonym = 2, IsFictitious = 4, IsSecret = 8, HasMother = 16;
    private static readonly string?[] Oids = [null, MatriculeOids.Nir, MatriculeOids.Nia, MatriculeOids.Test, MatriculeOids.Demonstration];

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The strings of a row, in order. The first five are names.</summary>
    public enum Text { BirthName, FirstGivenName, GivenNames, UsedName, UsedGivenName, BirthPlace, Matricule, Source }

    public int Ipp => BinaryPrimitives.ReadInt32LittleEndian(_bytes[4..]);
    public int BirthDay => BinaryPrimitives.ReadInt32LittleEndian(_bytes[8..]);
    public Sex Sex => (Sex)_bytes[1];
    public bool Secret => (_bytes[3] & IsSecret) != 0;

    public ReadOnlySpan<byte> this[Text text]
    {
        get
        {
            var at = Head;
            for (var i = 0; i < (int)text; i++) at += 1 + _bytes[at];
            return _bytes.Slice(at + 1, _bytes[at]);
        }
    }

    /// <summary>Refuses what another version wrote.</summary>
    public void Verify()
    {
        if (_bytes.Length < Head + Strings || _bytes[0] != Version) throw new RefusedException("state.version", "Ces identités ont été écrites par une autre version du gardien.");
    }

    public Identity Read(PatientId id)
    {
        Verify();
        return new Identity
        {
            Id = id,
            Ipp = Ipp,
            Traits = new IdentityTraits(String(Text.BirthName)!, String(Text.FirstGivenName)!, String(Text.GivenNames), DateOnly.FromDayNumber(BirthDay), Sex,
                String(Text.BirthPlace), String(Text.UsedName), String(Text.UsedGivenName), String(Text.Matricule), Oids[_bytes[13]]),
            Status = (IdentityStatus)_bytes[2],
            Doubtful = (_bytes[3] & IsDoubtful) != 0,
            Homonym = (_bytes[3] & IsHomonym) != 0,
            Fictitious = (_bytes[3] & IsFictitious) != 0,
            Secret = Secret,
            Source = String(Text.Source),
            BirthRank = _bytes[12],
            Mother = (_bytes[3] & HasMother) != 0 ? Id.FromBytes<PatientId>(_bytes[^16..]) : null,
        };
    }

    public static byte[] Write(Identity identity)
    {
        var traits = identity.Traits;
        string?[] strings = [traits.BirthName, traits.FirstGivenName, traits.GivenNames, traits.UsedName, traits.UsedGivenName, traits.BirthPlace, traits.Matricule, identity.Source];
        var row = new byte[Head + strings.Sum(s => 1 + (s is null ? 0 : Encoding.UTF8.GetByteCount(s))) + (identity.Mother is null ? 0 : 16)];
        row[0] = Version;
        row[1] = (byte)traits.Sex;
        row[2] = (byte)identity.Status;
        row[3] = (byte)((identity.Doubtful ? IsDoubtful : 0) | (identity.Homonym ? IsHomonym : 0) | (identity.Fictitious ? IsFictitious : 0) | (identity.Secret ? IsSecret : 0) | (identity.Mother is null ? 0 : HasMother));
        BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(4), identity.Ipp);
        BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(8), traits.BirthDate.DayNumber);
        row[12] = checked((byte)identity.BirthRank);
        row[13] = checked((byte)Math.Max(0, Array.IndexOf(Oids, traits.MatriculeOid)));
        var at = Head;
        foreach (var text in strings)
        {
            row[at] = checked((byte)Encoding.UTF8.GetBytes(text ?? "", row.AsSpan(at + 1)));
            at += 1 + row[at];
        }
        if (identity.Mother is { } mother) Id.Bytes(mother).CopyTo(row.AsSpan(at));
        return row;
    }

    /// <summary>Null when it was not given.</summary>
    public string? String(Text text) => this[text] is { Length: > 0 } present ? Encoding.UTF8.GetString(present) : null;
}
