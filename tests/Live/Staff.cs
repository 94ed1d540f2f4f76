using System.Security.Cryptography;
using Serment.Fast.Tests.Sessions;

namespace Serment.Live.Tests;

/// <summary>People with real keys in a real production cell: they enrol, enter and decide as they would in a browser.</summary>
public sealed class Staff(CustodianProcess cell)
{
    public IReadOnlyList<string> Founding => [.. cell.Printed.Where(l => l.StartsWith("invitation ", StringComparison.Ordinal)).Select(l => l[11..])];

    public async Task<SoftwareAuthenticator> EnrolAsync(string code, string? origin = null)
    {
        var ceremony = await BeginAsync("enrol", invitation: code);
        var key = new SoftwareAuthenticator(cell.Status.Cell, origin ?? ceremony.Page ?? cell.Screens) { UserHandle = ceremony.UserHandle };
        await cell.Client.AskUnsignedAsync(SessionVerbs.Enrol, "", key.Enrol(code, ceremony.Nonce, Spki()));
        return key;
    }

    public async Task<Person> EnterAsync(SoftwareAuthenticator key, (StationId Station, ECDsa Key)? at = null, bool tap = false, Quirks? quirks = null)
    {
        var session = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var purpose = tap ? "tap" : "shift";
        var assertion = key.Assert(purpose, (await BeginAsync(purpose)).Nonce, session.ExportSubjectPublicKeyInfo(), quirks ?? new Quirks { NoVerification = tap });
        if (at is { } place) assertion = assertion with { Station = new StationProof(place.Station, Sign(place.Key, StationMessage(place.Station, purpose, assertion))) };
        var entered = await cell.Client.AskUnsignedAsync(tap ? SessionVerbs.Tap : SessionVerbs.Complete, "", assertion);
        return new Person(cell, session, entered.Session, entered.Me) { Entered = entered };
    }

    public async Task TouchAsync(Person person, SoftwareAuthenticator key, bool pin)
    {
        var purpose = pin ? "pin" : "touch";
        await person.AskAsync(SessionVerbs.Touch, new Touch(pin, key.Assert(purpose, (await BeginAsync(purpose, person.Session)).Nonce, person.Key.ExportSubjectPublicKeyInfo())));
    }

    /// <summary>One proposes, the other reads and signs.</summary>
    public async Task<string?> AgreeAsync(Task<Proposed> proposing, Person approver)
    {
        var id = (await proposing).Approval;
        return (await approver.AskAsync(AccountVerbs.Approve, await ReadAsync(approver, id))).Invitation;
    }

    public static async Task<UnitId> UnitAsync(Person administrator, string name) => (await administrator.AskAsync(CellVerbs.PutUnit, new PutUnit(null, name, "Site Rivière", []))).Unit;

    public async Task<Approve> ReadAsync(Person approver, ApprovalId id) =>
        new(id, (await approver.AskAsync(AccountVerbs.Waiting, Nothing.AtAll)).Waiting.Single(w => w.Approval == id).Statement);

    public async Task<(StationId Station, ECDsa Key)> StationAsync(string code)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var shown = key.ExportSubjectPublicKeyInfo();
        byte[] message = [.. "serment-station-enrol-v1\0"u8, .. System.Text.Encoding.ASCII.GetBytes(cell.Status.Cell), 0, .. System.Text.Encoding.ASCII.GetBytes(code), 0, .. shown];
        return ((await cell.Client.AskUnsignedAsync(AccountVerbs.EnrolStation, "", new EnrolStation(code, shown, Sign(key, message)))).Station, key);
    }

    public Task<Ceremony> BeginAsync(string purpose, SessionId? session = null, string? invitation = null) =>
        cell.Client.AskUnsignedAsync(SessionVerbs.Begin, "", new BeginCeremony(purpose, session, invitation));

    private byte[] StationMessage(StationId station, string purpose, Assertion assertion) =>
        [.. System.Text.Encoding.ASCII.GetBytes($"serment-station-v1\0{cell.Status.Cell}\0{station}\0{purpose}\0"), .. assertion.Nonce, .. assertion.SessionKey];

    public static byte[] Spki() => ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfo();

    private static byte[] Sign(ECDsa key, byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public static async Task<string> RefusedAsync<T>(Task<T> asked) => (await Xunit.Assert.ThrowsAsync<RefusedException>(() => asked)).Refusal.Code;

    public static async Task<string> RefusedAsync(Task asked) => (await Xunit.Assert.ThrowsAsync<RefusedException>(() => asked)).Refusal.Code;
}
