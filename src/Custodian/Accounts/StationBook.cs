using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Custodian.Accounts;

/// <summary>A workstation of one unit, known by the key that its browser keeps.</summary>
internal sealed record Station(StationId Id, string Name, UnitId Unit, byte[] PublicKey, DateTimeOffset Since, bool Revoked)
{
    public StationLine Line => new(Id, Name, Unit, Since, Revoked);
}

/// <summary>Enrolled stations. Not thread-safe: under the cell's lock.</summary>
internal sealed class StationBook(string cell, Action<string, string, byte[]> persist)
{
    private readonly Dictionary<StationId, Station> _stations = [];

    public IEnumerable<Station> All => _stations.Values;

    public void Load(byte[] json) { var station = JsonSerializer.Deserialize<Station>(json, WireJson.Options)!; _stations[station.Id] = station; }

    /// <summary>"serment-station-enrol-v1" 0 cell 0 code 0 ‖ SPKI: the station holds the key that it shows.</summary>
    public static byte[] EnrolMessage(string cell, string code, byte[] publicKey) =>
        [.. "serment-station-enrol-v1\0"u8, .. Encoding.ASCII.GetBytes(cell), 0, .. Encoding.UTF8.GetBytes(code), 0, .. publicKey];

    /// <summary>"serment-station-v1" 0 cell 0 station 0 purpose 0 nonce ‖ session SPKI: this ceremony, for this session, happens on it.</summary>
    public static byte[] ProofMessage(string cell, StationId station, string purpose, byte[] nonce, byte[] sessionKey) =>
        [.. "serment-station-v1\0"u8, .. Encoding.ASCII.GetBytes(cell), 0, .. Encoding.ASCII.GetBytes(station.ToString()!), 0, .. Encoding.ASCII.GetBytes(purpose), 0, .. nonce, .. sessionKey];

    public Station Enrol(EnrolStation ask, ProposeStation proposal, DateTimeOffset now)
    {
        using var key = SigningKey.Import(ask.PublicKey, "Clé de poste");
        if (!SigningKey.Holds(key, EnrolMessage(cell, ask.Code.Trim(), ask.PublicKey), ask.Signature)) throw new RefusedException("station.signature", "Le poste n'a pas prouvé qu'il détient sa clé.");
        var station = new Station(Serment.Kernel.Id.New<StationId>(), proposal.Name.Trim(), proposal.Unit, ask.PublicKey, now, false);
        Put(station);
        return station;
    }

    public Station Verify(StationProof proof, string purpose, byte[] nonce, byte[] sessionKey)
    {
        if (!_stations.TryGetValue(proof.Station, out var station) || station.Revoked) throw new RefusedException("station.unknown", "Ce poste n'est pas (ou n'est plus) enrôlé. Identifiez-vous avec votre code PIN.");
        using var key = SigningKey.Import(station.PublicKey, "Clé de poste");
        if (!SigningKey.Holds(key, ProofMessage(cell, station.Id, purpose, nonce, sessionKey), proof.Signature)) throw new RefusedException("station.signature", "La signature du poste n'est pas valable.");
        return station;
    }

    public void Revoke(StationId id)
    {
        if (!_stations.TryGetValue(id, out var station)) throw new RefusedException(RefusalCodes.NotFound, "Poste inconnu.");
        Put(station with { Revoked = true });
    }

    private void Put(Station station)
    {
        persist("station", station.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(station, WireJson.Options));
        _stations[station.Id] = station;
    }
}

/// <summary>Public keys that browsers made: P-256, as SubjectPublicKeyInfo; signatures ES256 in IEEE P1363 form.</summary>
internal static class SigningKey
{
    public static ECDsa Import(byte[] publicKey, string what)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            if (key.ExportParameters(false).Curve.Oid.Value == "1.2.840.10045.3.1.7") return key;
        }
        catch (CryptographicException) { }
        key.Dispose();
        throw new RefusedException(RefusalCodes.Malformed, $"{what} : P-256 attendue.");
    }

    /// <summary>Eighty microseconds of one processor: outside the cell's lock. One key is used by one caller at a time.</summary>
    public static bool Holds(ECDsa key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != 64) return false;
        lock (key) return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
