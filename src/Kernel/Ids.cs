using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serment.Kernel;

/// <summary>A random 128-bit identifier that says nothing about what it names. Written as 32 lower-case hex digits.</summary>
public interface IId<TSelf> where TSelf : struct, IId<TSelf>
{
    UInt128 Value { get; }
    static abstract TSelf From(UInt128 value);
}

/// <summary>A patient's pseudonym: all that the Server and its database ever know of who someone is.</summary>
[JsonConverter(typeof(IdJsonConverter<PatientId>))]
public readonly record struct PatientId(UInt128 Value) : IId<PatientId>
{
    public static PatientId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>A member of staff.</summary>
[JsonConverter(typeof(IdJsonConverter<AccountId>))]
public readonly record struct AccountId(UInt128 Value) : IId<AccountId>
{
    public static AccountId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>One signed-in session of one account in one browser.</summary>
[JsonConverter(typeof(IdJsonConverter<SessionId>))]
public readonly record struct SessionId(UInt128 Value) : IId<SessionId>
{
    public static SessionId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>A machine client: an interface, an import, a command-line tool with its own key.</summary>
[JsonConverter(typeof(IdJsonConverter<ClientId>))]
public readonly record struct ClientId(UInt128 Value) : IId<ClientId>
{
    public static ClientId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>A care unit (unité fonctionnelle), a site's part that houses or is responsible for patients.</summary>
[JsonConverter(typeof(IdJsonConverter<UnitId>))]
public readonly record struct UnitId(UInt128 Value) : IId<UnitId>
{
    public static UnitId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>One stay of one patient.</summary>
[JsonConverter(typeof(IdJsonConverter<StayId>))]
public readonly record struct StayId(UInt128 Value) : IId<StayId>
{
    public static StayId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>A bed.</summary>
[JsonConverter(typeof(IdJsonConverter<BedId>))]
public readonly record struct BedId(UInt128 Value) : IId<BedId>
{
    public static BedId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>One sealed entry of a patient's file; its versions share the id.</summary>
[JsonConverter(typeof(IdJsonConverter<EntryId>))]
public readonly record struct EntryId(UInt128 Value) : IId<EntryId>
{
    public static EntryId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>One sealed file; its name in the store, unrelated to the entry that speaks of it.</summary>
[JsonConverter(typeof(IdJsonConverter<FileId>))]
public readonly record struct FileId(UInt128 Value) : IId<FileId>
{
    public static FileId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>An enrolled workstation of a unit.</summary>
[JsonConverter(typeof(IdJsonConverter<StationId>))]
public readonly record struct StationId(UInt128 Value) : IId<StationId>
{
    public static StationId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>A four-eyes object waiting for, or carrying, its signatures.</summary>
[JsonConverter(typeof(IdJsonConverter<ApprovalId>))]
public readonly record struct ApprovalId(UInt128 Value) : IId<ApprovalId>
{
    public static ApprovalId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>One incident in the register of violations.</summary>
[JsonConverter(typeof(IdJsonConverter<IncidentId>))]
public readonly record struct IncidentId(UInt128 Value) : IId<IncidentId>
{
    public static IncidentId From(UInt128 value) => new(value);
    public override string ToString() => Id.Format(Value);
}

/// <summary>Making, reading and writing identifiers of every kind.</summary>
public static class Id
{
    public static T New<T>() where T : struct, IId<T>
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return FromBytes<T>(bytes);
    }

    public static T Parse<T>(string text) where T : struct, IId<T> =>
        TryParse<T>(text, out var id) ? id : throw new FormatException($"not an identifier of 32 hex digits ({typeof(T).Name})");

    public static bool TryParse<T>(string? text, out T id) where T : struct, IId<T>
    {
        id = default;
        Span<byte> bytes = stackalloc byte[16];
        if (text is not { Length: 32 } || text.AsSpan().ContainsAnyInRange('A', 'F') || Convert.FromHexString(text, bytes, out _, out _) is not OperationStatus.Done) return false;
        id = FromBytes<T>(bytes);
        return true;
    }

    public static byte[] Bytes<T>(T id) where T : struct, IId<T>
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id.Value);
        return bytes;
    }

    public static T FromBytes<T>(ReadOnlySpan<byte> bytes) where T : struct, IId<T> => T.From(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    internal static string Format(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Convert.ToHexStringLower(bytes);
    }
}

public sealed class IdJsonConverter<T> : JsonConverter<T> where T : struct, IId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Id.TryParse<T>(reader.GetString(), out var id) ? id : throw new JsonException($"not an identifier of 32 hex digits ({typeof(T).Name})");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString()!);

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader, typeToConvert, options);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString()!);
}
