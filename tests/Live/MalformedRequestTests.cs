using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>Bytes that are no request, and requests that are none of a verb's: each is refused in words, and nothing of it reaches a log.</summary>
public sealed class MalformedRequestTests
{
    private const string Canary = "Quetzalcoatlus";
    private const string Fault = "custodian.fault";
    /// <summary>They end or lock what this test asks with.</summary>
    private static readonly string[] Ending = [SessionVerbs.End.Name, SessionVerbs.Lock.Name];

    private static readonly string[] Bodies =
    [
        "null", "[]", "3", "\"x\"", "{}", $"{{\"text\":null,\"patients\":null,\"patient\":null,\"traits\":null,\"name\":null,\"reason\":null,\"domains\":null,\"purpose\":null,\"scopes\":null,\"publicKey\":null}}",
        $"{{\"patients\":[null],\"domains\":[null],\"children\":[null],\"people\":[null],\"slots\":[null],\"units\":[null],\"beds\":[null],\"traits\":{{}},\"text\":\"{Canary}\",\"name\":\"{Canary}\"}}",
        $"{{\"patients\":[\"{Canary}\"],\"patient\":\"{Canary}\",\"account\":\"{Canary}\",\"reason\":\"{Canary}\"}}",
        $"{{\"patients\":[],\"domains\":[],\"purpose\":\"\",\"text\":\"\",\"name\":\"\",\"title\":\"\",\"reason\":\"\",\"role\":\"{Canary}\"}}",
    ];

    [Fact]
    public async Task Whatever_is_sent_to_the_custodian_is_refused_in_words_and_it_goes_on()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        using var custodian = new CustodianClient(new CustodianAddress { Socket = Path.Combine(hospital.Directory, "custodian", "run", "custodian.sock") });
        var cell = (await custodian.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll)).Cell;
        foreach (var bytes in NoRequests())
            Assert.Contains(await CodeAsync(custodian, bytes, []), new[] { RefusalCodes.Malformed, RefusalCodes.NoSession });
        foreach (var role in new[] { Role.Nurse, Role.AdmissionsClerk, Role.Administrator, Role.SecurityOfficer })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var who = (await custodian.AskUnsignedAsync(SessionVerbs.DemonstrationPeople, "", Nothing.AtAll)).People.First(p => p.Role == role);
            var session = (await custodian.AskUnsignedAsync(SessionVerbs.Demonstration, "", new DemonstrationSignIn(who.Account, key.ExportSubjectPublicKeyInfo()))).Session;
            var counter = 0L;
            foreach (var verb in Verbs().Except(Ending).Append("nothing.such"))
                foreach (var body in Bodies)
                {
                    var message = JsonSerializer.SerializeToUtf8Bytes(new SignedRequest { Version = SignedRequest.CurrentVersion, Cell = cell, Session = session, Client = null, Counter = ++counter, Expires = DateTimeOffset.UtcNow.AddSeconds(30).ToUnixTimeMilliseconds(), Verb = verb, Body = JsonDocument.Parse(body).RootElement }, WireJson.Options);
                    var signature = key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                    var code = await CodeAsync(custodian, message, signature);
                    Assert.True(code is not (RefusalCodes.Away or Fault), $"{role} {verb} {body}: {code}");
                    Assert.True(code != RefusalCodes.NoSession || verb == "nothing.such", $"{role} {verb} {body} ended the session");
                }
        }
        await custodian.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll);
        Assert.DoesNotContain("   at ", hospital.Said(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, hospital.Said(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("A request failed", hospital.Said(), StringComparison.Ordinal);
    }

    private static async Task<string> CodeAsync(CustodianClient custodian, byte[] message, byte[] signature)
    {
        try { await custodian.RelayAsync(message, signature); return ""; }
        catch (RefusedException no)
        {
            Assert.False(string.IsNullOrWhiteSpace(no.Refusal.Message));
            Assert.DoesNotContain(Canary, no.Refusal.Message, StringComparison.OrdinalIgnoreCase);
            return no.Refusal.Code;
        }
    }

    private static IEnumerable<byte[]> NoRequests() =>
    [
        [], "{"u8.ToArray(), "null"u8.ToArray(), "[]"u8.ToArray(), "{}"u8.ToArray(), [0xff, 0xfe, 0x00], RandomNumberGenerator.GetBytes(1000),
        Encoding.UTF8.GetBytes($"{{\"v\":\"serment-request-9\",\"verb\":\"{Canary}\"}}"), Encoding.UTF8.GetBytes($"{{\"v\":\"{SignedRequest.CurrentVersion}\",\"verb\":\"{Canary}\",\"body\":{string.Concat(Enumerable.Repeat("[", 500))}"),
        Encoding.UTF8.GetBytes($"{{\"v\":\"{SignedRequest.CurrentVersion}\",\"session\":\"{Canary}\"}}"), new byte[9 << 20], [.. "{\"v\":\""u8, .. Enumerable.Repeat((byte)'x', 9 << 20)],
    ];

    /// <summary>As the drill finds them: one that is added tomorrow is tried tomorrow.</summary>
    private static IEnumerable<string> Verbs() => typeof(CellVerbs).Assembly.GetTypes().SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
        .Where(field => field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() == typeof(Verb<,>))
        .Select(field => (string)field.FieldType.GetProperty("Name")!.GetValue(field.GetValue(null))!).Distinct().Order(StringComparer.Ordinal);
}
