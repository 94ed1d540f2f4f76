using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Fast.Tests.Sessions;

/// <summary>How an authenticator, or the browser around it, departs from the rules in one ceremony.</summary>
public sealed record Quirks
{
    public static Quirks None { get; } = new();
    public bool NoPresence { get; init; }
    public bool NoVerification { get; init; }
    public string? Origin { get; init; }
    public bool CrossOrigin { get; init; }
    public string? RpId { get; init; }
    /// <summary>Answers this challenge instead of the one asked.</summary>
    public byte[]? Challenge { get; init; }
    /// <summary>The challenge binds this session key, the request names another.</summary>
    public byte[]? BoundKey { get; init; }
    public string? Type { get; init; }
    public bool BadSignature { get; init; }
    public bool GarbageSignature { get; init; }
    public uint? Counter { get; init; }
    public bool BackupEligible { get; init; }
    public bool BackedUpOnly { get; init; }
    public byte[]? CredentialId { get; init; }
    public byte[]? AttestationObject { get; init; }
    public byte[]? ClientDataJson { get; init; }
    public long Algorithm { get; init; } = -7;
    public bool OffCurve { get; init; }
    public bool NoAttestedData { get; init; }
    public bool TrailingBytes { get; init; }
    public bool ShortData { get; init; }
    public byte[]? UserHandle { get; init; }
}

/// <summary>
/// A security key and the browser around it, in software, written from docs/formats/sessions.md and W3C WebAuthn
/// and not from the Custodian's code. Honest unless told otherwise.
/// </summary>
public sealed class SoftwareAuthenticator(string cell, string origin, string rpId = "localhost")
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] CredentialId { get; } = RandomNumberGenerator.GetBytes(32);
    public byte[]? UserHandle { get; set; }
    public uint Counter { get; private set; }

    public EnrolPasskey Enrol(string invitation, byte[] nonce, byte[] sessionKey, Quirks? quirks = null)
    {
        var q = quirks ?? Quirks.None;
        var client = ClientData("webauthn.create", "enrol", nonce, sessionKey, q);
        return new EnrolPasskey(invitation, nonce, sessionKey, client, q.AttestationObject ?? Attestation(q));
    }

    public Assertion Assert(string purpose, byte[] nonce, byte[] sessionKey, Quirks? quirks = null)
    {
        var q = quirks ?? Quirks.None;
        var client = ClientData("webauthn.get", purpose, nonce, sessionKey, q);
        var data = AuthenticatorData(q, attested: []);
        var signature = _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        if (q.BadSignature) signature = _key.SignData("something else"u8.ToArray(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        if (q.GarbageSignature) signature = [0x30, 0x82, 0xff, 0xff, 1, 2, 3];
        return new Assertion(nonce, sessionKey, q.CredentialId ?? CredentialId, client, data, signature, q.UserHandle ?? UserHandle);
    }

    private byte[] ClientData(string type, string purpose, byte[] nonce, byte[] sessionKey, Quirks q)
    {
        if (q.ClientDataJson is { } given) return given;
        var challenge = q.Challenge ?? SHA256.HashData(
            [.. Encoding.ASCII.GetBytes("serment-signin-v1"), 0, .. Encoding.ASCII.GetBytes(cell), 0, .. Encoding.ASCII.GetBytes(purpose), 0, .. nonce, .. q.BoundKey ?? sessionKey]);
        return JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["type"] = q.Type ?? type,
            ["challenge"] = Base64Url.EncodeToString(challenge),
            ["origin"] = q.Origin ?? origin,
            ["crossOrigin"] = q.CrossOrigin,
        });
    }

    private byte[] AuthenticatorData(Quirks q, byte[] attested)
    {
        Counter++;
        var flags = 0;
        if (!q.NoPresence) flags |= 0x01;
        if (!q.NoVerification) flags |= 0x04;
        if (q.BackupEligible) flags |= 0x08;
        if (q.BackedUpOnly) flags |= 0x10;
        if (attested.Length > 0 && !q.NoAttestedData) flags |= 0x40;
        var head = new byte[37];
        SHA256.HashData(Encoding.ASCII.GetBytes(q.RpId ?? rpId)).CopyTo(head, 0);
        head[32] = (byte)flags;
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(33), q.Counter ?? Counter);
        return q.ShortData ? head[..20] : [.. head, .. attested];
    }

    private byte[] Attestation(Quirks q)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)CredentialId.Length);
        var data = AuthenticatorData(q, [.. new byte[16], .. length, .. q.CredentialId ?? CredentialId, .. Cose(q), .. q.TrailingBytes ? new byte[] { 1, 2, 3 } : []]);
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(3);
        cbor.WriteTextString("fmt");
        cbor.WriteTextString("none");
        cbor.WriteTextString("attStmt");
        cbor.WriteStartMap(0);
        cbor.WriteEndMap();
        cbor.WriteTextString("authData");
        cbor.WriteByteString(data);
        cbor.WriteEndMap();
        return cbor.Encode();
    }

    private byte[] Cose(Quirks q)
    {
        var point = _key.ExportParameters(false).Q;
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(5);
        cbor.WriteInt64(1);
        cbor.WriteInt64(2);
        cbor.WriteInt64(3);
        cbor.WriteInt64(q.Algorithm);
        cbor.WriteInt64(-1);
        cbor.WriteInt64(1);
        cbor.WriteInt64(-2);
        cbor.WriteByteString(point.X!);
        cbor.WriteInt64(-3);
        cbor.WriteByteString(q.OffCurve ? new byte[32] : point.Y!);
        cbor.WriteEndMap();
        return cbor.Encode();
    }
}
