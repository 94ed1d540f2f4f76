using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Serment.Custodian.Journal;

/// <summary>
/// Entries as bytes: salt, which fields are present, milliseconds since the entry before, kind, then the present fields;
/// ids as 16 bytes, lengths and numbers as LEB128. docs/formats/journal.md.
/// </summary>
internal static class EntryBytes
{
    private const int Account = 1, Session = 2, Client = 4, Station = 8, Patient = 16, Domain = 32, Purpose = 64, Ground = 128, Detail = 256;

    /// <summary>The same few words in every entry: one string each, whatever is read.</summary>
    private static readonly string?[] Words = new string?[1024];

    /// <param name="before">Time of the entry before in this batch, 0 for the first.</param>
    public static void Write(ArrayBufferWriter<byte> into, JournalEntry entry, long before)
    {
        into.Write(entry.Salt);
        Number(into, (ulong)((entry.Account is null ? 0 : Account) | (entry.Session is null ? 0 : Session) | (entry.Client is null ? 0 : Client) | (entry.Station is null ? 0 : Station) | (entry.Patient is null ? 0 : Patient)
            | (entry.Domain is null ? 0 : Domain) | (entry.Purpose is null ? 0 : Purpose) | (entry.Ground is null ? 0 : Ground) | (entry.Detail is null ? 0 : Detail)));
        Number(into, (ulong)(entry.Time.ToUnixTimeMilliseconds() - before));
        Text(into, entry.Kind);
        if (entry.Account is { } account) Sixteen(into, account.Value);
        if (entry.Session is { } session) Sixteen(into, session.Value);
        if (entry.Client is { } client) Sixteen(into, client.Value);
        if (entry.Station is { } station) Sixteen(into, station.Value);
        if (entry.Patient is { } patient) Sixteen(into, patient.Value);
        if (entry.Domain is { } domain) Number(into, (ulong)domain);
        if (entry.Purpose is { } purpose) Text(into, purpose);
        if (entry.Ground is { } ground) Text(into, ground);
        if (entry.Detail is { } detail) Text(into, detail);
    }

    /// <summary>Takes one entry off the front, without making an object of it.</summary>
    /// <param name="time">Of the entry before in this batch, 0 for the first; this one's afterwards.</param>
    public static EntryView Read(ref ReadOnlySpan<byte> from, ref long time)
    {
        var salt = Take(ref from, JournalEntry.SaltLength);
        var present = (int)Number(ref from);
        time += (long)Number(ref from);
        return new EntryView
        {
            Salt = salt,
            Milliseconds = time,
            Kind = Bytes(ref from),
            Account = (present & Account) != 0 ? new AccountId(Sixteen(ref from)) : null,
            Session = (present & Session) != 0 ? new SessionId(Sixteen(ref from)) : null,
            Client = (present & Client) != 0 ? new ClientId(Sixteen(ref from)) : null,
            Station = (present & Station) != 0 ? new StationId(Sixteen(ref from)) : null,
            Patient = (present & Patient) != 0 ? new PatientId(Sixteen(ref from)) : null,
            Domain = (present & Domain) != 0 ? (Domain)Number(ref from) : null,
            HasPurpose = (present & Purpose) != 0,
            Purpose = (present & Purpose) != 0 ? Bytes(ref from) : default,
            HasGround = (present & Ground) != 0,
            Ground = (present & Ground) != 0 ? Bytes(ref from) : default,
            HasDetail = (present & Detail) != 0,
            Detail = (present & Detail) != 0 ? Bytes(ref from) : default,
        };
    }

    public static void Number(ArrayBufferWriter<byte> into, ulong value)
    {
        var bytes = into.GetSpan(10);
        var i = 0;
        for (; value >= 0x80; value >>= 7) bytes[i++] = (byte)(value | 0x80);
        bytes[i++] = (byte)value;
        into.Advance(i);
    }

    public static ulong Number(ref ReadOnlySpan<byte> from)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = from[0];
            from = from[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }

    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> from, int length)
    {
        var taken = from[..length];
        from = from[length..];
        return taken;
    }

    private static void Sixteen(ArrayBufferWriter<byte> into, UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(into.GetSpan(16), value);
        into.Advance(16);
    }

    private static UInt128 Sixteen(ref ReadOnlySpan<byte> from) => BinaryPrimitives.ReadUInt128BigEndian(Take(ref from, 16));

    private static void Text(ArrayBufferWriter<byte> into, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Number(into, (ulong)length);
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(length)));
    }

    private static ReadOnlySpan<byte> Bytes(ref ReadOnlySpan<byte> from) => Take(ref from, (int)Number(ref from));

    /// <summary>The text of those bytes: one string for a word that comes again and again.</summary>
    public static string Word(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > 48) return Encoding.UTF8.GetString(bytes);
        var place = (bytes[0] * 31 + bytes[^1] * 7 + bytes[bytes.Length / 2] * 3 + bytes.Length) & (Words.Length - 1);
        if (Words[place] is { } known && known.Length == bytes.Length && Ascii.Equals(bytes, known)) return known;
        return Words[place] = Encoding.UTF8.GetString(bytes);
    }
}

/// <summary>One entry as it lies in an opened batch, good as long as that is: a question looks at millions and keeps few.</summary>
internal readonly ref struct EntryView
{
    public required ReadOnlySpan<byte> Salt { get; init; }
    /// <summary>Unix time.</summary>
    public required long Milliseconds { get; init; }
    public required ReadOnlySpan<byte> Kind { get; init; }
    public required AccountId? Account { get; init; }
    public required SessionId? Session { get; init; }
    public required ClientId? Client { get; init; }
    public required StationId? Station { get; init; }
    public required PatientId? Patient { get; init; }
    public required Domain? Domain { get; init; }
    public required bool HasPurpose { get; init; }
    public required ReadOnlySpan<byte> Purpose { get; init; }
    public required bool HasGround { get; init; }
    public required ReadOnlySpan<byte> Ground { get; init; }
    public required bool HasDetail { get; init; }
    public required ReadOnlySpan<byte> Detail { get; init; }

    /// <summary>The entry, to be kept.</summary>
    public JournalEntry Whole() => new()
    {
        Salt = Salt.ToArray(),
        Time = DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds),
        Kind = EntryBytes.Word(Kind),
        Account = Account,
        Session = Session,
        Client = Client,
        Station = Station,
        Patient = Patient,
        Domain = Domain,
        Purpose = HasPurpose ? EntryBytes.Word(Purpose) : null,
        Ground = HasGround ? EntryBytes.Word(Ground) : null,
        Detail = HasDetail ? EntryBytes.Word(Detail) : null,
    };
}
