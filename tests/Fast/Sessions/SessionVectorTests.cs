using Serment.Custodian.Accounts;
using Serment.Custodian.Sessions;
using Serment.Fast.Tests.Keys;
using Xunit;

namespace Serment.Fast.Tests.Sessions;

/// <summary>docs/formats/sessions.md, against vectors made in another language.</summary>
public sealed class SessionVectorTests
{
    private static readonly System.Text.Json.JsonElement Of = Vectors.Read("sessions.json");

    [Fact]
    public void The_challenge_of_each_purpose_is_the_published_one()
    {
        foreach (var purpose in Of.GetProperty("challenges").EnumerateObject())
            Assert.Equal(purpose.Value.GetString(), Convert.ToHexStringLower(WebAuthn.Challenge(Of.Text("cell"), purpose.Name, Of.Hex("nonce"), Of.Hex("sessionKey"))));
    }

    [Fact]
    public void A_station_enrols_and_vouches_with_the_published_bytes()
    {
        var station = Of.GetProperty("station");
        Assert.Equal(station.Text("enrolMessage"), Convert.ToHexStringLower(StationBook.EnrolMessage(Of.Text("cell"), station.Text("code"), station.Hex("publicKey"))));
        Assert.Equal(station.Text("proofMessage"), Convert.ToHexStringLower(StationBook.ProofMessage(Of.Text("cell"), Id.Parse<StationId>(station.Text("station")), "tap", Of.Hex("nonce"), Of.Hex("sessionKey"))));

        var book = new StationBook(Of.Text("cell"), (_, _, _) => { });
        book.Enrol(new EnrolStation(station.Text("code"), station.Hex("publicKey"), station.Hex("enrolSignature")), new ProposeStation("Poste 1", Ward.Cardiology), DateTimeOffset.UnixEpoch);
        book.Load(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Station(Id.Parse<StationId>(station.Text("station")), "Poste 1", Ward.Cardiology, station.Hex("publicKey"), DateTimeOffset.UnixEpoch, false), WireJson.Options));
        book.Verify(new StationProof(Id.Parse<StationId>(station.Text("station")), station.Hex("proofSignature")), "tap", Of.Hex("nonce"), Of.Hex("sessionKey"));
        Assert.Equal("station.signature", Ward.Refused(() => book.Verify(new StationProof(Id.Parse<StationId>(station.Text("station")), station.Hex("proofSignature")), "shift", Of.Hex("nonce"), Of.Hex("sessionKey"))));
    }
}
