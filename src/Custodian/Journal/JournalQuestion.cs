using System.Security.Cryptography;
using System.Text;

namespace Serment.Custodian.Journal;

/// <summary>Which entries are asked for: those that answer every criterion given; none given asks for all.</summary>
internal sealed record JournalQuestion
{
    /// <summary>Any of these: a person and his aliases.</summary>
    public IReadOnlyList<PatientId>? Patients { get; init; }
    public AccountId? Account { get; init; }
    public SessionId? Session { get; init; }
    public ClientId? Client { get; init; }
    public StationId? Station { get; init; }
    /// <summary>Any of these.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }
    /// <summary>Not before this moment.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Before this moment.</summary>
    public DateTimeOffset? Until { get; init; }
    /// <summary>Entries from this index on.</summary>
    public long FromIndex { get; init; }
    /// <summary>Entries before this index: where a page read newest first goes on.</summary>
    public long BeforeIndex { get; init; } = long.MaxValue;
    public bool OldestFirst { get; init; }

    /// <summary>What the index is asked: the narrowest criterion; empty when only moments or places were given.</summary>
    public ulong[] Keys() =>
        Patients is not null ? [.. Patients.Select(p => IndexKey.Of(p))]
        : Session is { } session ? [IndexKey.Of(session)]
        : Account is { } account ? [IndexKey.Of(account)]
        : Client is { } client ? [IndexKey.Of(client)]
        : Station is { } station ? [IndexKey.Of(station)]
        : Kinds is not null ? [.. Kinds.Select(IndexKey.Of)] : [];

    /// <summary>Whether only moments or places were given.</summary>
    public bool Unkeyed => Patients is null && Session is null && Account is null && Client is null && Station is null && Kinds is null;

    /// <summary>The index only says where to look: what counts is what the entry says.</summary>
    public bool Matches(long index, in EntryView entry) =>
        index >= FromIndex && index < BeforeIndex
        && (From is not { } from || entry.Milliseconds >= Ceiling(from)) && (Until is not { } until || entry.Milliseconds < Ceiling(until))
        && (Patients is null || (entry.Patient is { } patient && Patients.Contains(patient)))
        && (Session is null || entry.Session == Session) && (Account is null || entry.Account == Account)
        && (Client is null || entry.Client == Client) && (Station is null || entry.Station == Station)
        && (Kinds is null || Kinds.Contains(EntryBytes.Word(entry.Kind)));

    /// <summary>The first whole millisecond that is not before a moment.</summary>
    public static long Ceiling(DateTimeOffset moment) => moment.ToUnixTimeMilliseconds() + (moment.Ticks % TimeSpan.TicksPerMillisecond > 0 ? 1 : 0);
}

/// <summary>What entries are found by, shortened to 64 bits: two things may share one, entries are compared whole.</summary>
internal static class IndexKey
{
    /// <summary>Ids are random, or small numbers in a demonstration: both halves count.</summary>
    public static ulong Of<T>(T id) where T : struct, IId<T> => (ulong)(id.Value >> 64) ^ ((ulong)id.Value * 0x9E3779B97F4A7C15);

    public static ulong Of(string kind)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(kind), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
