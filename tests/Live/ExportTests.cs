using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Serment.Records;
using Serment.Records.Entries;
using Serment.Records.Notes;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A bulk export from two signatures to the recipient's open file: the program, both stores, and openssl from outside.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly Establishment _house = new();
    private readonly string _out = Directory.CreateTempSubdirectory("serment-export-").FullName;
    private string Certificate => Path.Combine(_out, "cert.pem");
    private string Key => Path.Combine(_out, "key.pem");
    private string Archive => Path.Combine(_out, "archive");
    private string JournalKey => Path.Combine(_house.Cell.Directory, "custodian", "journal", "key.pub");

    [Fact]
    public async Task Two_officers_export_named_patients_to_one_recipient_and_nobody_else_opens_the_archive()
    {
        await _house.OpenAsync();
        var nurse = await _house.HireAsync(new ProposeAccount("Inès Castaing", "Infirmière", Role.Nurse, [_house.Unit], null));
        var patients = new[] { await WrittenAsync(nurse, "Tanguy"), await WrittenAsync(nurse, "Corentin"), await WrittenAsync(nurse, "Maelle") };
        var recipient = Recipient(Certificate, Key);
        var client = Path.Combine(_out, "machine.key");
        Assert.Equal(0, (await SermentCommand.RunAsync("client", "create", "--out", client)).Code);
        using var machine = ECDsa.Create();
        machine.ImportFromPem((await File.ReadAllTextAsync(client)).Split('\n', 2)[1]);
        var ask = new ProposeExport("Nouvel hébergeur", "Changement de logiciel au 1er janvier", [Domain.Clinical], true, new PatientSelection([patients[0].Patient, patients[1].Patient]), recipient, machine.ExportSubjectPublicKeyInfo(), 2);
        var (code, said) = await RunAsync();
        Assert.True(code == 1 && said.Contains("Client inconnu", StringComparison.Ordinal), said);
        await _house.Staff.AgreeAsync(_house.Privacy.AskAsync(ExportVerbs.Propose, ask), _house.Ada);

        // Cut off after its first file, and the Custodian killed meanwhile: it goes on.
        Assert.Equal(0, (await RunAsync()).Code);
        File.Delete(Path.Combine(Archive, "00000.keys.cms"));
        File.Delete(Path.Combine(Archive, "manifest.json"));
        _house.Cell.Kill();
        _house.Cell.Start();
        (code, said) = await RunAsync();
        Assert.True(code == 0 && said.Contains("2 patients, 2 lignes scellées, 1 blocs", StringComparison.Ordinal), said);
        Assert.Equal((0, true), await VerifyAsync("Archive entière"));

        // From outside: what lies in the archive names nobody, and openssl opens it with the recipient's key.
        foreach (var file in Directory.EnumerateFiles(Archive))
            foreach (var secret in new[] { "TANGUY", patients[0].Canary, patients[1].Canary })
                Assert.False((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)) >= 0, file);
        var opened = await OpensslAsync("cms", "-decrypt", "-inform", "DER", "-in", Path.Combine(Archive, "00000.keys.cms"), "-recip", Certificate, "-inkey", Key);
        using var keys = JsonDocument.Parse(opened);
        Assert.Equal(["CORENTIN", "TANGUY"], keys.RootElement.GetProperty("patients").EnumerateArray().Select(p => p.GetProperty("identity").GetProperty("traits").GetProperty("birthName").GetString()!).Order());

        var (openCode, openSaid) = await SermentCommand.RunAsync("export", "open", "--archive", Archive, "--journal-key", JournalKey, "--certificate", Certificate, "--key", Key, "--out", Path.Combine(_out, "plain"));
        Assert.True(openCode == 0 && openSaid.Contains("2 patients, 2 éléments, 0 altérés", StringComparison.Ordinal), openSaid);
        var plain = await File.ReadAllTextAsync(Path.Combine(_out, "plain", "patients.ndjson"));
        Assert.Contains(patients[0].Canary, plain, StringComparison.Ordinal);
        Assert.Contains(patients[1].Canary, plain, StringComparison.Ordinal);
        Assert.DoesNotContain(patients[2].Canary, plain, StringComparison.Ordinal);
        Assert.DoesNotContain("MAELLE", plain, StringComparison.Ordinal);

        // Another key opens nothing, and one changed byte is found.
        Recipient(Path.Combine(_out, "other-cert.pem"), Path.Combine(_out, "other-key.pem"));
        Assert.Contains("n'est pas celle du destinataire", (await SermentCommand.RunAsync("export", "open", "--archive", Archive, "--journal-key", JournalKey, "--certificate", Path.Combine(_out, "other-cert.pem"), "--key", Path.Combine(_out, "other-key.pem"), "--out", Path.Combine(_out, "nothing"))).Said, StringComparison.Ordinal);
        var rows = await File.ReadAllBytesAsync(Path.Combine(Archive, "00000.rows.ndjson"));
        rows[rows.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(Archive, "00000.rows.ndjson"), rows);
        Assert.Equal((1, true), await VerifyAsync("00000.rows.ndjson n'est pas celui du manifeste"));

        // Every patient's list shows it, and one officer ends it.
        _house.Privacy.JumpCounter();
        var access = (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patients[0].Patient))).Accesses.First(a => a.Kind == "export");
        Assert.Equal("Export à « Nouvel hébergeur »", access.Who);
        Assert.DoesNotContain((await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patients[2].Patient))).Accesses, a => a.Kind == "export");
        var line = Assert.Single((await _house.Privacy.AskAsync(ExportVerbs.List, Nothing.AtAll)).Exports);
        Assert.True(line.SealedAt is not null && line.Released == 1);
        await _house.Privacy.AskAsync(ExportVerbs.Freeze, new FreezeExport(line.Export, "Plus utile"));
        File.Delete(Path.Combine(Archive, "00000.keys.cms"));
        Assert.Contains("gelé", (await RunAsync()).Said, StringComparison.Ordinal);

        Task<(int Code, string Said)> RunAsync() => SermentCommand.RunAsync("export", "run", "--data", _house.Cell.Directory, "--client", client, "--out", Archive);

        async Task<(int, bool)> VerifyAsync(string words) => await SermentCommand.RunAsync("export", "verify", "--archive", Archive, "--journal-key", JournalKey) is var told ? (told.Code, told.Said.Contains(words, StringComparison.Ordinal)) : default;
    }

    /// <summary>A patient of the unit, with one note that no other has.</summary>
    private async Task<(PatientId Patient, string Canary)> WrittenAsync(Person nurse, string name)
    {
        var patient = (await _house.AdmitAsync(name)).Patient;
        var canary = $"temoin-{Id.New<EntryId>()}";
        var records = new RecordsDatabase(_house.Cell.Directory, null);
        await records.PrepareAsync(_house.Cell.Status.Cell);
        using var keys = Serment.Server.Signing.PatientFiles.KeysOf(await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care", Write: true)));
        await new EntriesDoor(records, _house.Cell.Status.Cell).WriteAsync(keys, new NewEntry(Id.New<EntryId>(), 1, patient, Domain.Clinical, new EntryContent(Note.Room, DateTimeOffset.UtcNow, nurse.Me.Account, nurse.Me.Name, null, EntryJson.Of(new Note("nursing", canary)))), DateTimeOffset.UtcNow);
        return (patient, canary);
    }

    /// <returns>The certificate, DER.</returns>
    private static byte[] Recipient(string certificate, string key)
    {
        using var rsa = RSA.Create(3072);
        using var made = new CertificateRequest("CN=Destinataire", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(key, rsa.ExportPkcs8PrivateKeyPem());
        return made.RawData;
    }

    private static async Task<string> OpensslAsync(params string[] arguments)
    {
        if (!File.Exists("/usr/bin/openssl")) Assert.Skip("openssl is not installed");
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await faults);
        return await said;
    }

    public void Dispose()
    {
        _house.Dispose();
        Directory.Delete(_out, recursive: true);
    }
}
