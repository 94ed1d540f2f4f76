using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using Serment.Custodian.Wire.Grpc;

namespace Serment.Custodian.Standby;

internal enum FrameKind { Hello = 1, Welcome, State, Journal, Joined, Beat, Ack, Leads }

/// <summary>
/// One connection between the two Custodians: each frame carries HMAC-SHA256 over direction, place in the order, kind and body, under a key of this connection
/// that both derive from the establishment key and from a nonce of each. Whoever carries the frames can stop them, not make one. docs/formats/standby.md.
/// </summary>
internal sealed class Session(byte[] key, string own)
{
    private const string Leader = "leader", Follower = "follower";
    private long _sent, _received;

    public static Session OfLeader(byte[] standbyKey, ReadOnlySpan<byte> followersNonce, ReadOnlySpan<byte> leadersNonce) => new(KeyOf(standbyKey, followersNonce, leadersNonce), Leader);

    public static Session OfFollower(byte[] standbyKey, ReadOnlySpan<byte> followersNonce, ReadOnlySpan<byte> leadersNonce) => new(KeyOf(standbyKey, followersNonce, leadersNonce), Follower);

    /// <summary>Not thread-safe: frames leave in the order in which they were sealed.</summary>
    public (long Number, StandbyFrame Frame) Seal(FrameKind kind, ReadOnlyMemory<byte> body)
    {
        var number = ++_sent;
        return (number, new StandbyFrame { Kind = (int)kind, Body = UnsafeByteOperations.UnsafeWrap(body), Mac = ByteString.CopyFrom(MacOf(key, own, number, (int)kind, body.Span)) });
    }

    /// <exception cref="InvalidDataException">Not from the other, or not the next.</exception>
    public (FrameKind Kind, byte[] Body) Open(StandbyFrame frame)
    {
        var expected = MacOf(key, own == Leader ? Follower : Leader, ++_received, frame.Kind, frame.Body.Span);
        if (!CryptographicOperations.FixedTimeEquals(expected, frame.Mac.Span)) throw new InvalidDataException("a frame that the other Custodian did not send");
        return ((FrameKind)frame.Kind, frame.Body.ToByteArray());
    }

    /// <summary>The first word, before there is a session.</summary>
    public static StandbyFrame Hello(byte[] standbyKey, byte[] body) => new() { Kind = (int)FrameKind.Hello, Body = ByteString.CopyFrom(body), Mac = ByteString.CopyFrom(MacOf(standbyKey, Follower, 0, (int)FrameKind.Hello, body)) };

    public static bool Holds(byte[] standbyKey, StandbyFrame hello) => hello.Kind == (int)FrameKind.Hello && CryptographicOperations.FixedTimeEquals(MacOf(standbyKey, Follower, 0, hello.Kind, hello.Body.Span), hello.Mac.Span);

    private static byte[] KeyOf(byte[] standbyKey, ReadOnlySpan<byte> followersNonce, ReadOnlySpan<byte> leadersNonce) =>
        HMACSHA256.HashData(standbyKey, (byte[])[.. "serment/v1/standby-session|"u8, .. followersNonce, .. leadersNonce]);

    private static byte[] MacOf(byte[] key, string from, long number, int kind, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Span<byte> head = stackalloc byte[13];
        head[0] = from == Leader ? (byte)1 : (byte)2;
        BinaryPrimitives.WriteInt64BigEndian(head[1..], number);
        BinaryPrimitives.WriteInt32BigEndian(head[9..], kind);
        mac.AppendData(head);
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}

/// <summary>How far a follower is.</summary>
/// <param name="LastBatch">SHA-256 of the batch that ends at <paramref name="Entries"/>.</param>
internal sealed record Progress(byte[] Nonce, long Number, long Entries, byte[] LastBatch, long State)
{
    private const int Length = 32 + 8 + 8 + 32 + 8;

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        Nonce.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), Number);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(40), Entries);
        LastBatch.CopyTo(bytes, 48);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(80), State);
        return bytes;
    }

    public static Progress? From(ReadOnlySpan<byte> bytes) => bytes.Length != Length ? null
        : new Progress(bytes[..32].ToArray(), BinaryPrimitives.ReadInt64BigEndian(bytes[32..]), BinaryPrimitives.ReadInt64BigEndian(bytes[40..]), bytes[48..80].ToArray(), BinaryPrimitives.ReadInt64BigEndian(bytes[80..]));
}

/// <summary>Rows of the state, sealed as they lie on the disk.</summary>
internal static class StateFrame
{
    public static byte[] Of(long number, IReadOnlyList<(string Kind, string Id, byte[] Blob)> rows)
    {
        using var bytes = new MemoryStream();
        using var to = new BinaryWriter(bytes);
        to.Write(number);
        to.Write(rows.Count);
        foreach (var (kind, id, blob) in rows)
        {
            to.Write(kind);
            to.Write(id);
            to.Write(blob.Length);
            to.Write(blob);
        }
        return bytes.ToArray();
    }

    public static (long Number, IReadOnlyList<(string Kind, string Id, byte[] Blob)> Rows) Read(byte[] body)
    {
        using var from = new BinaryReader(new MemoryStream(body));
        var (number, rows) = (from.ReadInt64(), new (string, string, byte[])[from.ReadInt32()]);
        for (var i = 0; i < rows.Length; i++) rows[i] = (from.ReadString(), from.ReadString(), from.ReadBytes(from.ReadInt32()));
        return (number, rows);
    }
}
