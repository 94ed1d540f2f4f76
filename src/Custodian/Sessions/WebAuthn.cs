using System.Buffers.Binary;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Sessions;

/// <summary>Whose passkeys are accepted, and from where.</summary>
/// <param name="Origins">The Server's screens.</param>
/// <param name="AllowBackupEligible">Synchronised passkeys; demonstrations only.</param>
/// <param name="Page">The Custodian's own page: the only place for approvals and officers' enrolment.</param>
internal sealed record RelyingParty(string Id, IReadOnlyCollection<string> Origins, bool AllowBackupEligible, string Page)
{
    public bool Knows(string origin) => origin == Page || Origins.Contains(origin);
}

/// <summary>What a ceremony proved, and where it took place.</summary>
internal sealed record Proven(Passkey Passkey, string Origin);

/// <summary>
/// Verification of registrations and assertions by the rules of W3C WebAuthn Level 3, §7.1 and §7.2, for ES256 keys.
/// Attestation is not asked for; what is asked is presence, verification, place and a challenge that binds the session key.
/// </summary>
internal static class WebAuthn
{
    private const byte UserPresent = 0x01, UserVerified = 0x04, BackupEligible = 0x08, BackedUp = 0x10, Attested = 0x40, Extensions = 0x80;

    /// <summary>SHA-256("serment-signin-v1" 0 cell 0 purpose 0 nonce ‖ SPKI). The browser computes it; so does the Custodian; the Server cannot slip in its own key.</summary>
    public static byte[] Challenge(string cell, string purpose, byte[] nonce, byte[] sessionKey) =>
        SHA256.HashData([.. "serment-signin-v1\0"u8, .. Encoding.ASCII.GetBytes(cell), 0, .. Encoding.ASCII.GetBytes(purpose), 0, .. nonce, .. sessionKey]);

    public static Proven Register(RelyingParty place, byte[] challenge, byte[] clientDataJson, byte[] attestationObject, DateTimeOffset now)
    {
        var origin = CheckClientData(place, "webauthn.create", challenge, clientDataJson);
        var data = AuthenticatorDataOf(attestationObject);
        var flags = CheckAuthenticatorData(place, data, verified: true);
        if ((flags & Attested) == 0 || data.Length < 55) throw No("passkey.malformed", "La clé n'a pas transmis ses données d'enrôlement.");
        var idLength = BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(53));
        if (idLength is 0 or > 1023 || data.Length < 55 + idLength) throw No("passkey.malformed", "Identifiant de clé illisible.");
        var credentialId = data.AsSpan(55, idLength).ToArray();
        var publicKey = PublicKeyOf(data.AsMemory(55 + idLength), extensions: (flags & Extensions) != 0);
        return new Proven(new Passkey(credentialId, publicKey, BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(33)), (flags & BackupEligible) != 0, now), origin);
    }

    /// <returns>The passkey with its new counter.</returns>
    public static Proven Assert(RelyingParty place, Passkey passkey, byte[] challenge, bool verified, Assertion assertion)
    {
        var origin = CheckClientData(place, "webauthn.get", challenge, assertion.ClientDataJson);
        var flags = CheckAuthenticatorData(place, assertion.AuthenticatorData, verified);
        if ((flags & BackupEligible) != 0 != passkey.BackupEligible) throw No("passkey.changed", "Cette clé n'est plus de la même nature qu'à l'enrôlement. Prévenez le référent sécurité.");
        if (assertion.UserHandle is { Length: > 0 } handle && passkey.Handle is { } own && !handle.AsSpan().SequenceEqual(own)) throw No("passkey.foreign", "Cette clé est celle de quelqu'un d'autre.");
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(passkey.PublicKey, out _);
        byte[] signed = [.. assertion.AuthenticatorData, .. SHA256.HashData(assertion.ClientDataJson)];
        if (!Holds())
            throw No("passkey.signature", "La signature de la clé n'est pas valable.");
        var counter = BinaryPrimitives.ReadUInt32BigEndian(assertion.AuthenticatorData.AsSpan(33));
        if ((counter != 0 || passkey.Counter != 0) && counter <= passkey.Counter)
            throw No("passkey.counter", "Cette clé semble avoir été copiée (compteur en recul). Prévenez le référent sécurité.");
        return new Proven(passkey with { Counter = counter }, origin);

        bool Holds()
        {
            try { return key.VerifyData(signed, assertion.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence); }
            catch (CryptographicException) { return false; }
        }
    }

    /// <returns>The origin, one of those known.</returns>
    private static string CheckClientData(RelyingParty place, string type, byte[] challenge, byte[] json)
    {
        JsonElement client;
        try { client = JsonElement.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 }); }
        catch (JsonException) { throw No("passkey.malformed", "Réponse de la clé illisible."); }
        if (Text("type") != type) throw No("passkey.type", "Réponse d'une autre opération de la clé.");
        if (Text("challenge") != Base64Url(challenge)) throw No("passkey.challenge", "Réponse à une autre demande, ou pour une autre session.");
        var origin = Text("origin") ?? "";
        if (!place.Knows(origin)) throw No("passkey.origin", "Réponse donnée sur un autre site.");
        if (client.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind == JsonValueKind.True || client.TryGetProperty("topOrigin", out _))
            throw No("passkey.framed", "Réponse donnée dans une page encadrée par une autre.");
        return origin;

        string? Text(string name) => client.ValueKind == JsonValueKind.Object && client.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static byte CheckAuthenticatorData(RelyingParty place, byte[] data, bool verified)
    {
        if (data.Length < 37) throw No("passkey.malformed", "Réponse de la clé trop courte.");
        if (!CryptographicOperations.FixedTimeEquals(data.AsSpan(0, 32), SHA256.HashData(Encoding.ASCII.GetBytes(place.Id)))) throw No("passkey.rp", "Cette clé répond pour un autre établissement.");
        var flags = data[32];
        if ((flags & UserPresent) == 0) throw No("passkey.presence", "Touchez la clé.");
        if (verified && (flags & UserVerified) == 0) throw No("passkey.verification", "Code PIN ou empreinte demandé.");
        if ((flags & BackedUp) != 0 && (flags & BackupEligible) == 0) throw No("passkey.malformed", "État de la clé incohérent.");
        if ((flags & BackupEligible) != 0 && !place.AllowBackupEligible) throw No("passkey.synchronised", "Cette clé peut être copiée dans un nuage. Utilisez une clé physique.");
        return flags;
    }

    private static byte[] AuthenticatorDataOf(byte[] attestationObject)
    {
        try
        {
            var reader = new CborReader(attestationObject, CborConformanceMode.Ctap2Canonical);
            byte[]? data = null;
            for (var left = reader.ReadStartMap(); left > 0; left--)
                if (reader.ReadTextString() == "authData") data = reader.ReadByteString();
                else reader.SkipValue();
            return data ?? throw new CborContentException("no authData");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException) { throw No("passkey.malformed", "Enrôlement illisible."); }
    }

    /// <summary>COSE_Key, kty 2 (EC2), alg -7 (ES256), crv 1 (P-256), as SubjectPublicKeyInfo.</summary>
    private static byte[] PublicKeyOf(ReadOnlyMemory<byte> cose, bool extensions)
    {
        try
        {
            var reader = new CborReader(cose, CborConformanceMode.Ctap2Canonical, allowMultipleRootLevelValues: true);
            long kty = 0, alg = 0, crv = 0;
            byte[] x = [], y = [];
            for (var left = reader.ReadStartMap(); left > 0; left--)
                switch (reader.ReadInt64())
                {
                    case 1: kty = reader.ReadInt64(); break;
                    case 3: alg = reader.ReadInt64(); break;
                    case -1: crv = reader.ReadInt64(); break;
                    case -2: x = reader.ReadByteString(); break;
                    case -3: y = reader.ReadByteString(); break;
                    default: reader.SkipValue(); break;
                }
            reader.ReadEndMap();
            if (reader.BytesRemaining > 0 && !extensions) throw No("passkey.malformed", "Enrôlement suivi de données inattendues.");
            if (kty != 2 || alg != -7 || crv != 1 || x.Length != 32 || y.Length != 32) throw No("passkey.algorithm", "Type de clé non accepté (ES256 attendu).");
            using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
            return key.ExportSubjectPublicKeyInfo();
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or CryptographicException) { throw No("passkey.malformed", "Clé publique illisible."); }
    }

    public static string Base64Url(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static RefusedException No(string code, string message) => new(code, message);
}
