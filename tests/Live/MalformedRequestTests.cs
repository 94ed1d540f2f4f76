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

    /// <summary>The same through the Custodian's own page, and what is wrong about the way in which it comes.</summary>
    [Fact]
    public async Task Whatever_is_sent_to_the_custodians_page_is_refused_in_words_and_it_goes_on()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        var page = $"http://localhost:{hospital.Port + 1}";
        using var nobody = OwnPageSession.Open(page);
        foreach (var bytes in NoRequests()) Assert.Contains(await CodeAsync(nobody.PostAsync(bytes)), new[] { RefusalCodes.Malformed, RefusalCodes.NoSession });
        // 64 KiB is all that the page takes, said or not.
        foreach (var length in new[] { 64 << 10, (64 << 10) + 1 }) Assert.Equal(RefusalCodes.Malformed, await CodeAsync(nobody.PostAsync([.. "{\"v\":\""u8, .. Enumerable.Repeat((byte)'x', length - 6)])));
        foreach (var role in new[] { Role.Administrator, Role.SecurityOfficer })
        {
            using var officer = await OwnPageSession.EnterAsync(page, role);
            var status = officer.Message(CellVerbs.Status.Name, JsonDocument.Parse("{}").RootElement);
            foreach (var origin in new[] { "", "null", hospital.Address, $"{page}.evil.test", page.Replace("http:", "https:", StringComparison.Ordinal) }) Assert.Equal("request.origin", await CodeAsync(officer.PostAsync(status, origin: origin)));
            foreach (var type in new[] { "application/json", "text/plain", "application/octet-stream; charset=utf-8" }) Assert.Equal("request.origin", await CodeAsync(officer.PostAsync(status, type: type)));
            Assert.Equal(RefusalCodes.Malformed, await CodeAsync(officer.PostAsync(status, length: false)));
            var question = officer.Message(AccountVerbs.Waiting.Name, JsonDocument.Parse("{}").RootElement);
            foreach (var signature in new[] { "", "*", Canary, "AAAA", Convert.ToBase64String(new byte[64]), Convert.ToBase64String(new byte[63]), new string('A', 400), new string('A', 8000), "~!" })
                Assert.Equal(RefusalCodes.Signature, await CodeAsync(officer.PostAsync(question, signature)));
            Assert.Equal("", await CodeAsync(officer.PostAsync(question)));
            Assert.Equal(RefusalCodes.Replayed, await CodeAsync(officer.PostAsync(question)));
            foreach (var verb in Verbs().Except(Ending).Append("nothing.such"))
                foreach (var body in Bodies)
                {
                    var code = await CodeAsync(officer.PostAsync(officer.Message(verb, JsonDocument.Parse(body).RootElement)));
                    Assert.True(code != Fault, $"{role} {verb} {body}: {code}");
                    Assert.True(code != RefusalCodes.NoSession || verb == "nothing.such", $"{role} {verb} {body} ended the session");
                }
            await officer.AskAsync(AccountVerbs.Waiting, Nothing.AtAll);
        }
        // Announced and not sent: the connection is given up, the next is answered.
        using (var cut = new System.Net.Sockets.TcpClient())
        {
            await cut.ConnectAsync("127.0.0.1", hospital.Port + 1);
            await cut.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /ask HTTP/1.1\r\nHost: localhost:{hospital.Port + 1}\r\nOrigin: {page}\r\nContent-Type: application/octet-stream\r\nContent-Length: 5000\r\n\r\n{{\"v\":\"{Canary}"));
        }
        await nobody.AskAsync(CellVerbs.Status, Nothing.AtAll);
        Assert.DoesNotContain("   at ", hospital.Said(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, hospital.Said(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("A request failed", hospital.Said(), StringComparison.Ordinal);
    }

    private static async Task<string> CodeAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode == System.Net.HttpStatusCode.OK) return "";
        var said = JsonDocument.Parse(text).RootElement;
        Assert.False(string.IsNullOrWhiteSpace(said.GetProperty("message").GetString()));
        Assert.DoesNotContain(Canary, text, StringComparison.OrdinalIgnoreCase);
        return said.GetProperty("code").GetString()!;
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
