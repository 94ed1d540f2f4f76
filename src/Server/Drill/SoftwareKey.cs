using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Server.Drill;

/// <summary>A security key and the browser around it, in software: what the people of a drill's cell hold. docs/formats/sessions.md.</summary>
/// <param name="onPage">An officer's: it answers on the Custodian's own page.</param>
internal sealed class SoftwareKey(string cell, bool onPage = false)
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _credential = RandomNumberGenerator.GetBytes(32);
    private uint _counter;

    public byte[]? UserHandle { get; set; }
    public bool OnPage => onPage;
    /// <summary>Where it is asked, as the browser would say.</summary>
    public string Origin { get; set; } = "";

    /// <summary>What a virtual authenticator of a real browser needs to be this key.</summary>
    public object ForBrowser() => new { credentialId = Convert.ToBase64String(_credential), isResidentCredential = true, rpId = "localhost", privateKey = Convert.ToBase64String(_key.ExportPkcs8PrivateKey()), userHandle = Convert.ToBase64String(UserHandle!), signCount = _counter += 1000 };

    public EnrolPasskey Enrol(string invitation, byte[] nonce, byte[] sessionKey) =>
        new(invitation, nonce, sessionKey, ClientData("webauthn.create", "enrol", nonce, sessionKey), Attestation());

    public Assertion Assert(string purpose, byte[] nonce, byte[] sessionKey)
    {
        var client = ClientData("webauthn.get", purpose, nonce, sessionKey);
        var data = AuthenticatorData([]);
        return new Assertion(nonce, sessionKey, _credential, client, data, _key.SignData([.. data, .. SHA256.HashData(client)], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), UserHandle);
    }

    private byte[] ClientData(string type, string purpose, byte[] nonce, byte[] sessionKey) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
    {
        ["type"] = type,
        ["challenge"] = Base64Url.EncodeToString(SHA256.HashData([.. Encoding.ASCII.GetBytes($"serment-signin-v1\0{cell}\0{purpose}\0"), .. nonce, .. sessionKey])),
        ["origin"] = Origin,
        ["crossOrigin"] = false,
    });

    /// <summary>Present and verified.</summary>
    private byte[] AuthenticatorData(byte[] attested)
    {
        var head = new byte[37];
        SHA256.HashData("localhost"u8).CopyTo(head, 0);
        head[32] = (byte)(0x05 | (attested.Length > 0 ? 0x40 : 0));
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(33), ++_counter);
        return [.. head, .. attested];
    }

    private byte[] Attestation()
    {
        var point = _key.ExportParameters(false).Q;
        var cose = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cose.WriteStartMap(5);
        foreach (var (name, value) in new[] { (1, 2), (3, -7), (-1, 1) }) { cose.WriteInt64(name); cose.WriteInt64(value); }
        cose.WriteInt64(-2);
        cose.WriteByteString(point.X!);
        cose.WriteInt64(-3);
        cose.WriteByteString(point.Y!);
        cose.WriteEndMap();
        var cbor = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cbor.WriteStartMap(3);
        cbor.WriteTextString("fmt");
        cbor.WriteTextString("none");
        cbor.WriteTextString("attStmt");
        cbor.WriteStartMap(0);
        cbor.WriteEndMap();
        cbor.WriteTextString("authData");
        cbor.WriteByteString(AuthenticatorData([.. new byte[16], 0, (byte)_credential.Length, .. _credential, .. cose.Encode()]));
        cbor.WriteEndMap();
        return cbor.Encode();
    }
}
