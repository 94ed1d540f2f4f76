using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NSec.Cryptography;
using Serment.Fast.Tests.Sessions;
using Serment.Server.Packs;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A ward's device and a Server that lies to it: what is not signed is not taken, what has no receipt is not told, what was given long ago still counts.</summary>
public sealed class PackWatchTests : IDisposable
{
    private readonly Establishment _house = new(setting: new CustodianSetting { Rehearsal = true });
    private readonly string _device = Directory.CreateTempSubdirectory("serment-device-").FullName;
    private readonly string _other = Directory.CreateTempSubdirectory("serment-other-").FullName;

    [Fact]
    public async Task A_server_that_serves_an_older_forged_or_foreign_pack_changes_nothing_on_the_device()
    {
        using var server = new LyingServer();
        await _house.OpenAsync();
        await _house.AdmitAsync("Tanguy");
        var (pack, signer) = await PackAsync(_device, "Portable");
        var (_, foreigner) = await PackAsync(_other, "Autre portable");
        var older = await FileAsync(await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll));
        var foreign = await FileAsync(await foreigner.AskAsync(PackVerbs.Refresh, Nothing.AtAll));
        await _house.Cell.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromMinutes(3)));
        signer = Ahead(TimeSpan.FromMinutes(3), _keys[_device]);
        var fresh = await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll);
        var newest = await FileAsync(fresh);
        var cms = new EnvelopedCms(new ContentInfo("{\"format\":\"serment-pack-2\"}"u8.ToArray()));
        cms.Encrypt(new CmsRecipient(X509CertificateLoader.LoadCertificate(Certificate(_device))));

        Assert.Equal((0, true), await FetchAsync(newest, "récupéré"));
        var held = await File.ReadAllBytesAsync(Path.Combine(_device, "secours.pack"));
        Assert.Equal((1, true), await FetchAsync(older, "plus ancien"));
        Assert.Equal((1, true), await FetchAsync(await FileAsync(fresh with { Keys = cms.Encode() }), "pas signé par le gardien"));
        // The signature of the one under the keys of the other, and a later moment written over the signed one.
        Assert.Equal((1, true), await FetchAsync(await FileAsync(fresh with { Note = fresh.Note.Replace($"{fresh.At.ToUnixTimeMilliseconds()}", $"{fresh.At.AddDays(1).ToUnixTimeMilliseconds()}", StringComparison.Ordinal) }), "pas signé par le gardien"));
        Assert.Equal((1, true), await FetchAsync(foreign, "celui d'un autre poste"));
        Assert.Equal((1, true), await FetchAsync("<html>"u8.ToArray(), "n'est pas un dossier de secours entier"));
        Assert.Equal((0, true), await FetchAsync(newest, "déjà le dernier"));
        Assert.Equal(held, await File.ReadAllBytesAsync(Path.Combine(_device, "secours.pack")));
        Assert.Empty(Directory.GetFiles(_device, "*.new"));

        // Without the Custodian's key nothing is asked for.
        File.Delete(Path.Combine(_device, "gardien.pub"));
        Assert.Equal((1, true), await FetchAsync(newest, "La clé publique du gardien manque"));

        async Task<(int Code, bool Said)> FetchAsync(byte[] served, string expected)
        {
            server.Pack = served;
            var (code, said) = await SermentCommand.RunAsync("pack", "fetch", "--url", $"{server.Address}/packs/{pack}", "--device", _device);
            Assert.Contains(expected, said, StringComparison.Ordinal);
            return (code, true);
        }
    }

    [Fact]
    public async Task An_opening_is_told_again_until_the_custodian_has_signed_for_it_and_a_swallowed_one_is_said_aloud()
    {
        using var server = new LyingServer();
        await _house.OpenAsync();
        var (patient, _) = await _house.AdmitAsync("Tanguy");
        var (pack, signer) = await PackAsync(_device, "Portable");
        server.Pack = await FileAsync(await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll));
        var url = $"{server.Address}/packs/{pack}";
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device)).Code);
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "open", "--device", _device, "--by", "Inès Castaing", "--reason", "Panne")).Code);

        // Swallowed: an answer that is none, then a receipt that somebody else signed, then one for another opening.
        Assert.Contains("restent à dire", await NotToldAsync("report"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_device, "secours.html")));
        using var forger = Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        server.Answer = (path, body) => Task.FromResult(path != "/packs/openings" ? "{}" : Receipt(Serment.Custodian.Exports.RecipientSeal.Note(TextOf(body), forger.Export(KeyBlobFormat.RawPrivateKey), $"serment/{_house.Cell.Status.Cell}")));
        Assert.Contains("restent à dire", await NotToldAsync("report"), StringComparison.Ordinal);
        var another = await TellAsync(pack, patient);
        server.Answer = (_, _) => Task.FromResult(Receipt(another.Note));
        var said = await NotToldAsync("fetch");
        Assert.Contains("ATTENTION : Ouverture du", said, StringComparison.Ordinal);
        Assert.Contains("Inès Castaing : le gardien n'en a pas donné reçu", said, StringComparison.Ordinal);
        Assert.DoesNotContain((await Accesses(patient)), access => access.Reason?.Contains("Castaing", StringComparison.Ordinal) == true);
        Assert.Contains(server.Posted, post => post.Path == "/packs/seen");

        // Whoever is cut off while he tells gets his pack all the same.
        var (place, seen) = (Path.Combine(_device, "secours.pack"), server.Posted.Count(post => post.Path == "/packs/seen"));
        File.Delete(place);
        server.Answer = (path, _) => path == "/packs/openings" ? throw new IOException() : Task.FromResult("{}");
        Assert.Contains("ne répond pas", await NotToldAsync("fetch"), StringComparison.Ordinal);
        Assert.True(File.Exists(place));
        Assert.Equal(seen + 1, server.Posted.Count(post => post.Path == "/packs/seen"));

        // What the device says of itself, passed on at last: the desk reads that an opening waits. A word that is not the device's is refused.
        var sighting = JsonSerializer.Deserialize<ReportSighting>(server.Posted.Last(post => post.Path == "/packs/seen").Body, WireJson.Options)!;
        Assert.Equal(RefusalCodes.Signature, await Staff.RefusedAsync(_house.Cell.Client.AskUnsignedAsync(PackVerbs.Seen, "", sighting with { Sighting = [.. sighting.Sighting, (byte)' '] })));
        await _house.Cell.Client.AskUnsignedAsync(PackVerbs.Seen, "", sighting);
        Assert.Equal(1, Assert.Single((await _house.Privacy.AskAsync(PackVerbs.List, Nothing.AtAll)).Packs).Seen!.Untold);

        // The next time that it asks for its pack, somebody honest is there.
        server.Answer = HonestlyAsync;
        var (code, told) = await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device);
        Assert.True(code == 0 && told.Contains("1 ouvertures dites", StringComparison.Ordinal), told);
        Assert.Contains(await Accesses(patient), access => access.Kind == "pack-opened");
        Assert.Equal(0, Assert.Single((await _house.Privacy.AskAsync(PackVerbs.List, Nothing.AtAll)).Packs).Seen!.Untold);
        (code, told) = await SermentCommand.RunAsync("pack", "report", "--url", url, "--device", _device);
        Assert.True(code == 0 && !File.Exists(Path.Combine(_device, "secours.html")), told);

        async Task<string> NotToldAsync(string verb)
        {
            var (code, said) = await SermentCommand.RunAsync("pack", verb, "--url", url, "--device", _device);
            Assert.True(code == 1, said);
            Assert.Single(Directory.GetFiles(Path.Combine(_device, "ouvertures"), "*.json"));
            return said;
        }

        string TextOf(string body) => JsonSerializer.Deserialize<ReportOpening>(body, WireJson.Options) is { Opening: { } opening } ? OpeningReceipt.NoteText(_house.Cell.Status.Cell, pack, opening) : "";
    }

    [Fact]
    public async Task A_damaged_report_is_said_and_set_aside_and_the_pack_is_renewed_and_the_others_told()
    {
        using var server = new LyingServer { Answer = HonestlyAsync };
        await _house.OpenAsync();
        var (patient, _) = await _house.AdmitAsync("Tanguy");
        var (pack, signer) = await PackAsync(_device, "Portable");
        server.Pack = await FileAsync(await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll));
        var url = $"{server.Address}/packs/{pack}";
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device)).Code);
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "open", "--device", _device, "--by", "Inès Castaing", "--reason", "Panne")).Code);
        var reports = Path.Combine(_device, "ouvertures");
        Assert.Empty(Directory.GetFiles(reports, "*.new"));
        var whole = JsonSerializer.Deserialize<ReportOpening>(await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(reports))), WireJson.Options)!;
        // As a power cut leaves one, and two that are whole outside only.
        await File.WriteAllBytesAsync(Path.Combine(reports, "0a.json"), []);
        await File.WriteAllBytesAsync(Path.Combine(reports, "0b.json"), JsonSerializer.SerializeToUtf8Bytes(whole with { Opening = "{\"pack\":"u8.ToArray() }, WireJson.Options));
        await File.WriteAllTextAsync(Path.Combine(reports, "0c.json"), "null");
        await _house.Cell.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromMinutes(3)));
        _house.Privacy.Ahead = TimeSpan.FromMinutes(3);
        var newest = await Ahead(TimeSpan.FromMinutes(3), _keys[_device]).AskAsync(PackVerbs.Refresh, Nothing.AtAll);
        server.Pack = await FileAsync(newest);

        var (code, said) = await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device);
        Assert.True(code == 1 && said.Contains("Dossier de secours récupéré.", StringComparison.Ordinal) && said.Contains("1 ouvertures dites", StringComparison.Ordinal), said);
        foreach (var name in new[] { "0a", "0b", "0c" }) Assert.Contains($"ATTENTION : Le compte rendu d'ouverture {name}.illisible est illisible et mis de côté", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(reports, "*.json"));
        Assert.Contains(await Accesses(patient), access => access.Kind == "pack-opened");
        var seen = Assert.Single((await _house.Privacy.AskAsync(PackVerbs.List, Nothing.AtAll)).Packs).Seen!;
        Assert.Equal((3, newest.At.ToUnixTimeMilliseconds()), (seen.Untold, seen.HoldsAt?.ToUnixTimeMilliseconds() ?? 0));

        // Nothing else is left to tell: the sheet goes, and it is said until somebody took the files.
        (code, said) = await SermentCommand.RunAsync("pack", "report", "--url", url, "--device", _device);
        Assert.True(code == 1 && said.Contains("0a.illisible", StringComparison.Ordinal) && !File.Exists(Path.Combine(_device, "secours.html")), said);
        foreach (var file in Directory.GetFiles(reports, "*.illisible")) File.Delete(file);
        (code, said) = await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task A_device_that_holds_no_pack_says_so_and_what_it_still_has_to_tell()
    {
        using var server = new LyingServer { Answer = HonestlyAsync };
        await _house.OpenAsync();
        await _house.AdmitAsync("Tanguy");
        var (pack, signer) = await PackAsync(_device, "Portable");
        var url = $"{server.Address}/packs/{pack}";
        Assert.Equal(1, (await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device)).Code);
        Assert.Equal((null, 0), await SeenAsync());

        // It had one and opened it; the file is gone, and nobody has signed for the opening. The establishment's bare address is enough.
        server.Pack = await FileAsync(await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll));
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device)).Code);
        Assert.NotNull((await SeenAsync()).HoldsAt);
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "open", "--device", _device, "--by", "Inès Castaing", "--reason", "Panne")).Code);
        File.Delete(Path.Combine(_device, "secours.pack"));
        server.Answer = (path, body) => path == "/packs/openings" ? Task.FromResult("{}") : HonestlyAsync(path, body);
        Assert.Equal(1, (await SermentCommand.RunAsync("pack", "report", "--url", server.Address, "--device", _device)).Code);
        Assert.Equal((null, 1), await SeenAsync());

        async Task<(DateTimeOffset? HoldsAt, int Untold)> SeenAsync() => Assert.Single((await _house.Privacy.AskAsync(PackVerbs.List, Nothing.AtAll)).Packs).Seen is { } seen ? (seen.HoldsAt, seen.Untold) : throw new InvalidOperationException("nobody heard it");
    }

    /// <summary>As the Server does.</summary>
    private async Task<string> HonestlyAsync(string path, string body) => path == "/packs/openings"
        ? JsonSerializer.Serialize(await _house.Cell.Client.AskUnsignedAsync(PackVerbs.Opened, "", JsonSerializer.Deserialize<ReportOpening>(body, WireJson.Options)!), WireJson.Options)
        : JsonSerializer.Serialize(await _house.Cell.Client.AskUnsignedAsync(PackVerbs.Seen, "", JsonSerializer.Deserialize<ReportSighting>(body, WireJson.Options)!), WireJson.Options);

    [Fact]
    public async Task The_exposure_of_a_stolen_device_counts_the_keys_that_it_was_given_since_its_first_day()
    {
        await _house.OpenAsync();
        var key = await _house.Staff.EnrolAsync((await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Maud Kerbrat", "Déléguée adjointe", Role.PrivacyOfficer, [], null)), _house.Privacy))!);
        var (held, stay) = await _house.AdmitAsync("Tanguy");
        var (never, gone) = await _house.AdmitAsync("Corentin");
        await _house.MoveAsync(gone, never, "discharged");
        var (_, signer) = await PackAsync(_device, "Portable");
        Assert.Equal([held], (await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll)).Ids);
        await _house.MoveAsync(stay, held, "discharged");

        // Three days later the device is gone. Nobody was given a key in that hour.
        var ahead = (await _house.Cell.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromDays(3)))).Ahead;
        var officer = await _house.Staff.EnterAsync(key);
        officer.Ahead = ahead;
        var now = DateTimeOffset.UtcNow + ahead;
        IncidentScope Scope(ClientId client) => new(IncidentNature.Interface, now.AddHours(-1), now, Client: client);
        await officer.AskAsync(IncidentVerbs.Open, new OpenIncident("Portable volé", "Le portable de secours n'est plus dans le service.", Scope(MachineKeys.IdOf(_keys[_device].ExportSubjectPublicKeyInfo())), now));
        var line = Assert.Single((await officer.AskAsync(IncidentVerbs.Register, Nothing.AtAll)).Incidents);
        Assert.Equal(1, line.Patients);
        Assert.Equal([held], (await officer.AskAsync(IncidentVerbs.Patients, new ExposedPage(line.Id, 0))).Patients.Select(one => one.Patient));
    }

    private readonly Dictionary<string, ECDsa> _keys = [];

    private async Task<(ApprovalId Pack, Signer Signer)> PackAsync(string device, string name)
    {
        Assert.Equal(0, (await SermentCommand.RunAsync("pack", "device", "--device", device, "--name", name, "--journal-key", _house.Cell.Status.JournalKey)).Code);
        var (shown, key, signer) = _house.Machine();
        _keys[device] = key;
        var proposing = _house.Privacy.AskAsync(PackVerbs.Propose, new ProposePack(_house.Unit, name, Certificate(device), shown, 30));
        await _house.Staff.AgreeAsync(proposing, _house.Ada);
        return ((await proposing).Approval, signer);
    }

    private Signer Ahead(TimeSpan by, ECDsa key) =>
        new(_house.Cell.Client, _house.Cell.Status.Cell, key, null, MachineKeys.IdOf(key.ExportSubjectPublicKeyInfo()), () => DateTimeOffset.UtcNow + by, (DateTimeOffset.UtcNow + by).ToUnixTimeMilliseconds() + 1);

    private async Task<byte[]> FileAsync(RefreshedPack fresh)
    {
        var file = Path.Combine(_other, $"{Id.New<EntryId>()}.pack");
        await PackFile.WriteAsync(file, fresh, [], [], default);
        return await File.ReadAllBytesAsync(file);
    }

    /// <summary>Another opening of the same pack, told by the device itself.</summary>
    private Task<OpeningReceipt> TellAsync(ApprovalId pack, PatientId patient)
    {
        using var own = X509Certificate2.CreateFromPemFile(Path.Combine(_device, "certificat.pem"), Path.Combine(_device, "cle.pem"));
        using var key = own.GetRSAPrivateKey()!;
        var opening = JsonSerializer.SerializeToUtf8Bytes(new PackOpening(pack, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, "Quelqu'un", "Autre panne", [patient]), WireJson.Options);
        return _house.Cell.Client.AskUnsignedAsync(PackVerbs.Opened, "", new ReportOpening(pack, opening, key.SignData(opening, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
    }

    private async Task<IReadOnlyList<Access>> Accesses(PatientId patient) => (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses;

    private static string Receipt(string note) => JsonSerializer.Serialize(new OpeningReceipt(note), WireJson.Options);

    private static byte[] Certificate(string device)
    {
        using var read = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(device, "certificat.pem")));
        return read.RawData;
    }

    public void Dispose()
    {
        _house.Dispose();
        Directory.Delete(_device, recursive: true);
        Directory.Delete(_other, recursive: true);
    }
}
