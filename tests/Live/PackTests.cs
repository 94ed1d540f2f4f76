using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Stays;
using Serment.Server.Signing;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A ward's downtime pack, from two signatures to the sheet on its device with both processes dead, and back: what was opened is told.</summary>
public sealed class PackTests : IDisposable
{
    private readonly Establishment _house = new();
    private readonly string _device = Directory.CreateTempSubdirectory("serment-device-").FullName;
    private readonly string _stolen = Directory.CreateTempSubdirectory("serment-stolen-").FullName;
    private readonly int _port = OfficerBrowser.FreePort();
    private Process? _server;
    private string Data => _house.Cell.Directory;
    private string Packs => Path.Combine(Data, "packs");

    [Fact]
    public async Task The_ward_reads_its_present_patients_with_everything_down_and_each_of_them_learns_of_it_afterwards()
    {
        await _house.OpenAsync();
        var nurse = await _house.HireAsync(new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, [_house.Unit], null));
        var beds = (await nurse.AskAsync(CellVerbs.Units, Nothing.AtAll)).Units.Single(unit => unit.Unit == _house.Unit).Beds;
        var (present, gone, expected) = (await _house.AdmitAsync("Tanguy"), await _house.AdmitAsync("Corentin"), await _house.AdmitAsync("Maelle"));
        var canary = await WriteAsync(nurse, present.Patient, present.Stay, beds[3].Bed);
        await _house.MoveAsync(gone.Stay, gone.Patient, "discharged");
        await _house.MoveAsync(expected.Stay, expected.Patient, "discharged");
        await DeviceAsync(_device, "Portable de secours");
        await DeviceAsync(_stolen, "Autre portable");

        // The machine's key lies with the Server before anyone has signed: it gets nothing yet.
        var machine = Path.Combine(Packs, "machine.key");
        Directory.CreateDirectory(Packs);
        Assert.Equal(0, (await SermentCommand.RunAsync("client", "create", "--out", machine)).Code);
        using var key = ECDsa.Create();
        key.ImportFromPem((await File.ReadAllTextAsync(machine)).Split('\n', 2)[1]);
        var (code, said) = await RefreshAsync();
        Assert.True(code == 1 && said.Contains("Client inconnu", StringComparison.Ordinal), said);
        var proposing = _house.Privacy.AskAsync(PackVerbs.Propose, new ProposePack(_house.Unit, "Portable de secours", Certificate(_device), key.ExportSubjectPublicKeyInfo(), 30));
        await _house.Staff.AgreeAsync(proposing, _house.Ada);
        var pack = (await proposing).Approval;
        Assert.Equal(0, (await RefreshAsync()).Code);
        Assert.Contains("vient d'être mis à jour", (await RefreshAsync()).Said, StringComparison.Ordinal);

        // Fetched over HTTP as ciphertext; a second time nothing new travels.
        await ServeAsync();
        var url = $"http://localhost:{_port}/packs/{pack}";
        (code, said) = await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device);
        Assert.True(code == 0 && said.Contains("récupéré", StringComparison.Ordinal), said);
        Assert.Contains("déjà le dernier", (await SermentCommand.RunAsync("pack", "fetch", "--url", url, "--device", _device)).Said, StringComparison.Ordinal);
        Assert.Contains("n'a pas ce dossier", (await SermentCommand.RunAsync("pack", "fetch", "--url", $"http://localhost:{_port}/packs/{Id.New<ApprovalId>()}", "--device", _stolen)).Said, StringComparison.Ordinal);
        var fetched = await File.ReadAllBytesAsync(Path.Combine(_device, "secours.pack"));
        foreach (var secret in new[] { "TANGUY", canary, "Pénicilline" }) Assert.True(fetched.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, secret);

        // Everything is down. The device opens; another one does not; a changed pack neither.
        _server!.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _house.Cell.Kill();
        await File.WriteAllBytesAsync(Path.Combine(_stolen, "secours.pack"), fetched);
        Assert.Contains("celui d'un autre poste", (await OpenAsync(_stolen)).Said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_stolen, "secours.html")));
        (code, said) = await OpenAsync(_device);
        Assert.True(code == 0 && said.Contains("Cardiologie, état au", StringComparison.Ordinal) && said.Contains("1 patients", StringComparison.Ordinal), said);
        var sheet = await File.ReadAllTextAsync(Path.Combine(_device, "secours.html"));
        foreach (var shown in new[] { $"{beds[3].Name} — TANGUY Morvane", "Pénicilline (Œdème)", canary }) Assert.Contains(WebUtility.HtmlEncode(shown), sheet, StringComparison.Ordinal);
        foreach (var absent in new[] { "CORENTIN", "MAELLE" }) Assert.DoesNotContain(absent, sheet, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(_device, "ouvertures"), "*.json"));
        if (Environment.GetEnvironmentVariable("SERMENT_PICTURES") is { } pictures) File.Copy(Path.Combine(_device, "secours.html"), Path.Combine(pictures, "secours.html"), overwrite: true);

        // Back: told once, whatever is said twice; the plain sheet is gone; the patient's list says who opened it and why.
        Assert.Contains("ne répond pas", (await ReportAsync(_device)).Said, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_device, "secours.html")));
        _house.Cell.Start();
        await ServeAsync();
        var waiting = await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(_device, "ouvertures"), "*.json")[0]);
        Assert.Contains("1 ouvertures dites", (await ReportAsync(_device)).Said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_device, "secours.html")));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(waiting));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(waiting.Replace(waiting[^20..^4], new string('A', 16), StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("{"));
        _house.Privacy.JumpCounter();
        var accesses = (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(present.Patient))).Accesses;
        var opened = accesses.Where(access => access.Kind == "pack-opened").ToArray();
        Assert.Equal(5, opened.SelectMany(access => access.Domains).Distinct().Count());
        Assert.All(opened, access => Assert.Equal("Dossier de secours du poste « Portable de secours »", access.Who));
        Assert.Equal(5, accesses.Count(access => access.Kind == "pack"));
        Assert.DoesNotContain((await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(gone.Patient))).Accesses, access => access.Kind.StartsWith("pack", StringComparison.Ordinal));
        var line = Assert.Single((await _house.Privacy.AskAsync(PackVerbs.List, Nothing.AtAll)).Packs);
        Assert.Equal((1, true, 0, null), (line.Patients, line.OpenedAt is not null, line.Seen!.Untold, line.Worry));
        Assert.Single(Directory.GetFiles(Path.Combine(_device, "ouvertures"), "*.recu"));

        // One officer ends it.
        await _house.Privacy.AskAsync(PackVerbs.Freeze, new FreezePack(pack, "Portable perdu"));
        Assert.Contains("gelé", (await RefreshAsync()).Said, StringComparison.Ordinal);

        Task<(int Code, string Said)> OpenAsync(string device) => SermentCommand.RunAsync("pack", "open", "--device", device, "--by", "Inès Castaing", "--reason", "Panne générale");
        Task<(int Code, string Said)> RefreshAsync() => SermentCommand.RunAsync("pack", "refresh", "--data", Data);
        Task<(int Code, string Said)> ReportAsync(string device) => SermentCommand.RunAsync("pack", "report", "--url", $"http://localhost:{_port}", "--device", device);
    }

    [Fact]
    public async Task A_pack_that_the_custodian_did_not_seal_is_not_believed_and_a_device_speaks_of_nobody_else()
    {
        await _house.OpenAsync();
        var (present, other) = (await _house.AdmitAsync("Tanguy"), await _house.AdmitAsync("Corentin"));
        await _house.MoveAsync(other.Stay, other.Patient, "discharged");
        await DeviceAsync(_device, "Portable");
        var (shown, _, signer) = _house.Machine();
        var proposing = _house.Privacy.AskAsync(PackVerbs.Propose, new ProposePack(_house.Unit, "Portable", Certificate(_device), shown, 30));
        await _house.Staff.AgreeAsync(proposing, _house.Ada);
        var fresh = await signer.AskAsync(PackVerbs.Refresh, Nothing.AtAll);
        Assert.Equal([present.Patient], fresh.Ids);

        // The keys of one pack under the note of another: as a patched Server would serve what it sealed itself.
        var forged = new System.Security.Cryptography.Pkcs.EnvelopedCms(new System.Security.Cryptography.Pkcs.ContentInfo("{\"format\":\"serment-pack-1\"}"u8.ToArray()));
        forged.Encrypt(new System.Security.Cryptography.Pkcs.CmsRecipient(X509CertificateLoader.LoadCertificate(Certificate(_device))));
        await Serment.Server.Packs.PackFile.WriteAsync(Path.Combine(_device, "secours.pack"), fresh with { Keys = forged.Encode() }, [], [], default);
        var (code, said) = await SermentCommand.RunAsync("pack", "open", "--device", _device, "--by", "Inès", "--reason", "Panne");
        Assert.True(code == 1 && said.Contains("pas signé par le gardien", StringComparison.Ordinal), said);

        using var own = X509Certificate2.CreateFromPemFile(Path.Combine(_device, "certificat.pem"), Path.Combine(_device, "cle.pem"));
        using var device = own.GetRSAPrivateKey()!;
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(TellAsync(other.Patient, device)));
        using var stranger = RSA.Create(3072);
        Assert.Equal(RefusalCodes.Signature, await Staff.RefusedAsync(TellAsync(present.Patient, stranger)));
        await TellAsync(present.Patient, device);

        // More than a ward: refused, not cut.
        for (var i = 0; i < 60; i++) await _house.AdmitAsync($"Patient{(char)('A' + i / 26)}{(char)('A' + i % 26)}");
        var (second, _, another) = _house.Machine();
        await _house.Staff.AgreeAsync(_house.Privacy.AskAsync(PackVerbs.Propose, new ProposePack(_house.Unit, "Autre portable", Certificate(_device), second, 30)), _house.Ada);
        Assert.Equal("pack.large", await Staff.RefusedAsync(another.AskAsync(PackVerbs.Refresh, Nothing.AtAll)));

        Task<OpeningReceipt> TellAsync(PatientId patient, RSA signing)
        {
            var opening = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new PackOpening(fresh.Pack, fresh.At, DateTimeOffset.UtcNow, "Inès", "Panne", [patient]), WireJson.Options);
            return _house.Cell.Client.AskUnsignedAsync(PackVerbs.Opened, "", new ReportOpening(fresh.Pack, opening, signing.SignData(opening, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)));
        }
    }

    /// <summary>With the Custodian's public key, brought by hand.</summary>
    private async Task DeviceAsync(string device, string name)
    {
        var (code, said) = await SermentCommand.RunAsync("pack", "device", "--device", device, "--name", name, "--journal-key", Path.Combine(Data, "custodian", "journal", "key.pub"));
        Assert.True(code == 0, said);
    }

    private static byte[] Certificate(string device)
    {
        using var read = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(device, "certificat.pem")));
        return read.RawData;
    }

    /// <summary>In a bed, with an allergy and a note that no other has.</summary>
    private async Task<string> WriteAsync(Person nurse, PatientId patient, StayId stay, BedId bed)
    {
        var (canary, now) = ($"temoin-{Id.New<EntryId>()}", DateTimeOffset.UtcNow);
        var records = new RecordsDatabase(Data, null);
        await records.PrepareAsync(_house.Cell.Status.Cell);
        await new StaysDoor(records).OpenAsync(stay, patient, [patient], new Placement(_house.Unit, _house.Unit, bed, false), null, null, null, null, nurse.Me.Account, now);
        using var keys = PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical, Domain.Medication], "care", Write: true)));
        NewEntry New<T>(Domain domain, string room, T body) => new(Id.New<EntryId>(), 1, patient, domain, new EntryContent(room, now, nurse.Me.Account, nurse.Me.Name, stay, EntryJson.Of(body)));
        await new EntriesDoor(records, _house.Cell.Status.Cell).WriteAsync(keys, [New(Domain.Clinical, Note.Room, new Note("nursing", canary)), New(Domain.Medication, Allergy.Room, new Allergy("Pénicilline", "Œdème", "severe"))], now);
        return canary;
    }

    private async Task ServeAsync()
    {
        _server = Process.Start(new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "serve", "--data", Data, "--port", $"{_port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var i = 0; i < 300; i++)
        {
            try { if ((await http.GetAsync($"http://localhost:{_port}/health/ready")).IsSuccessStatusCode) return; }
            catch (HttpRequestException) { }
            await Task.Delay(100);
        }
        throw new TimeoutException("the Server did not answer");
    }

    private async Task<HttpStatusCode> PostAsync(string json)
    {
        using var http = new HttpClient();
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return (await http.PostAsync($"http://localhost:{_port}/packs/openings", content)).StatusCode;
    }

    public void Dispose()
    {
        if (_server is { HasExited: false }) _server.Kill(entireProcessTree: true);
        _server?.Dispose();
        _house.Dispose();
        Directory.Delete(_device, recursive: true);
        Directory.Delete(_stolen, recursive: true);
    }
}
