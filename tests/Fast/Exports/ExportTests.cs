using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Exports;
using Serment.Fast.Tests.Sessions;
using Xunit;

namespace Serment.Fast.Tests.Exports;

/// <summary>A lawful mass export is a ceremony: these patients, this recipient, this window, two officers of different roles.</summary>
public sealed class ExportTests
{
    private static readonly byte[] Certificate = Recipient(3072);
    private readonly Ward _ward = new();
    private readonly Account _privacy, _director;
    private readonly byte[] _key = Ward.SessionKey();

    public ExportTests() => (_privacy, _director) = (_ward.Someone(Role.PrivacyOfficer), _ward.Someone(Role.Director));

    private ProposeExport Ask => new("Nouvel hébergeur", "Changement de logiciel au 1er janvier", [Domain.Administrative, Domain.Clinical], true, new PatientSelection(Everyone: true), Certificate, _key, 8);

    private static PatientList Some(int count) => PatientList.Of(Enumerable.Range(0, count).Select(_ => Id.New<PatientId>()));

    private static byte[] Recipient(int bits, int days = 30)
    {
        using var rsa = RSA.Create(bits);
        return new CertificateRequest("CN=Destinataire", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 24, 6, 0, 0, TimeSpan.Zero).AddDays(days)).RawData;
    }

    private (ApprovalId Id, ClientId Client) Open(PatientList list)
    {
        var proposed = _ward.Exports.Propose(_privacy, Ask, list, _ward.Now);
        var approval = _ward.Approvals.Approve(_director, new Approve(proposed.Id, proposed.Statement), _ward.Now);
        _ward.Exports.Open(approval, (NewExport)approval.What, _ward.Now);
        return (proposed.Id, MachineKeys.IdOf(_key));
    }

    private string Give(ApprovalId id, ClientId client, int block, byte[]? keys = null)
    {
        try
        {
            var (export, patients) = _ward.Exports.Give(client, new BlockOfExport(id, block), _ward.Now);
            if (keys is not null) _ward.Exports.Gave(export, block, keys);
            return $"{patients.Count}";
        }
        catch (RefusedException no) { return no.Refusal.Code; }
    }

    [Fact]
    public void The_statement_names_the_list_by_its_digest_and_the_recipient_by_his_fingerprint()
    {
        var list = Some(2345);
        Assert.Equal($"Exporter les dossiers de 2 345 patients, ceux de la liste d'empreinte {list.Digest}, et d'aucun autre. Données : dossier administratif, dossier clinique, avec l'identité. "
            + $"Destinataire : « Nouvel hébergeur », seul à pouvoir ouvrir, par son certificat d'empreinte {Convert.ToHexStringLower(SHA256.HashData(Certificate))}. Motif : Changement de logiciel au 1er janvier. "
            + $"Archive écrite par la machine de clé {MachineKeys.IdOf(_key).ToString()![..16]}, dans les 8 h qui suivent la seconde signature.", _ward.Exports.Propose(_privacy, Ask, list, _ward.Now).Statement);
        Assert.DoesNotContain("\n", _ward.Exports.Propose(_privacy, Ask with { Recipient = "Moi »\nDonnées : rien «" }, list, _ward.Now).Statement, StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_beyond_its_limits_is_not_even_proposed()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var curve = new CertificateRequest("CN=x", ec, HashAlgorithmName.SHA256).CreateSelfSigned(_ward.Now.AddDays(-1), _ward.Now.AddDays(9)).RawData;
        foreach (var ask in new[]
        {
            Ask with { Recipient = "x" }, Ask with { Reason = "court" }, Ask with { Domains = [] }, Ask with { Domains = [Domain.Sensitive] }, Ask with { Domains = [Domain.Identity] }, Ask with { Domains = [(Domain)12] },
            Ask with { Domains = [Domain.Clinical, Domain.Clinical] }, Ask with { Hours = 0 }, Ask with { Hours = 9 }, Ask with { Certificate = [1, 2, 3] }, Ask with { Certificate = Recipient(2048) }, Ask with { Certificate = curve }, Ask with { Certificate = Recipient(3072, 0) },
        })
            Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Exports.Propose(_privacy, ask, Some(3), _ward.Now)));
        foreach (var role in new[] { Role.Physician, Role.Coder, Role.AdmissionsClerk, Role.Support }) Assert.Equal(RefusalCodes.Role, Ward.Refused(() => _ward.Exports.Propose(_ward.Someone(role), Ask, Some(3), _ward.Now)));
    }

    [Fact]
    public void A_research_extract_has_no_names_eleven_patients_or_more_and_says_so()
    {
        var ask = Ask with { Names = false, Project = "Diabète 2027" };
        Assert.Equal("research.few", Ward.Refused(() => _ward.Exports.Propose(_privacy, ask, Some(10), _ward.Now)));
        Assert.Equal(RefusalCodes.Invalid, Ward.Refused(() => _ward.Exports.Propose(_privacy, ask with { Names = true }, Some(11), _ward.Now)));
        Assert.StartsWith("Extraire pour la recherche « Diabète 2027 », sous pseudonymes de ce projet, les dossiers de 11 patients,", _ward.Exports.Propose(_privacy, ask, Some(11), _ward.Now).Statement, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pseudonym_is_the_same_within_a_project_another_in_the_next_and_says_nothing()
    {
        using var keys = new Serment.Custodian.Keys.KeyTree(new byte[32], new string('0', 32));
        var (one, other) = (new PatientId(1), new PatientId(2));
        Assert.Equal(keys.Pseudonym("Diabète", one), keys.Pseudonym("Diabète", one));
        Assert.Equal(4, new[] { keys.Pseudonym("Diabète", one), keys.Pseudonym("Diabète", other), keys.Pseudonym("Asthme", one), keys.Pseudonym("Asthme", other) }.Distinct().Count());
        // Made in Python: hmac(hkdf(zeros, salt = 32 × '0', info), '000…01')[:16].
        Assert.Equal("bcef2c38f36e97e552d84dbcc90a50fe", keys.Pseudonym("Diabète", one));
    }

    [Fact]
    public void Neither_the_same_person_nor_the_same_role_nor_another_text_nor_a_late_signature_opens_it()
    {
        var proposed = _ward.Exports.Propose(_privacy, Ask, Some(3), _ward.Now);
        string Sign(Account by, string statement, int days = 0) => Ward.Refused(() => _ward.Approvals.Approve(by, new Approve(proposed.Id, statement), _ward.Now.AddDays(days)));
        Assert.Equal("approval.same-person", Sign(_privacy, proposed.Statement));
        Assert.Equal("approval.same-role", Sign(_ward.Someone(Role.PrivacyOfficer), proposed.Statement));
        Assert.Equal("approval.statement", Sign(_director, proposed.Statement.Replace("3 patients", "3 000 patients", StringComparison.Ordinal)));
        Assert.Equal(RefusalCodes.NotFound, Sign(_director, proposed.Statement, days: 7));
        Assert.Equal(RefusalCodes.Role, Sign(_ward.Someone(Role.Physician), proposed.Statement));
        _ward.Accounts.Put(_ward.Accounts.Of(_privacy.Id) with { Frozen = true });
        Assert.Equal("approval.proposer", Sign(_director, proposed.Statement));
    }

    [Fact]
    public void A_list_swapped_after_it_was_signed_opens_nothing()
    {
        var proposed = _ward.Exports.Propose(_privacy, Ask, Some(3), _ward.Now);
        _ward.Kept[(PatientList.Kind, proposed.Id.ToString()!)] = Some(3).Bytes();
        var approval = _ward.Approvals.Approve(_director, new Approve(proposed.Id, proposed.Statement), _ward.Now);
        Assert.Equal("approval.stale", Ward.Refused(() => _ward.Exports.Open(approval, (NewExport)approval.What, _ward.Now)));
    }

    [Fact]
    public void Blocks_of_a_thousand_go_to_its_own_machine_within_the_window_and_not_for_ever()
    {
        var (id, client) = Open(Some(2345));
        Assert.Equal(["1000", "1000", "345", RefusalCodes.Invalid, RefusalCodes.Invalid], new[] { 0, 1, 2, 3, -1 }.Select(block => Give(id, client, block)));
        Assert.Equal("export.unknown", Give(id, Id.New<ClientId>(), 0));
        Assert.Equal("export.unknown", Give(Id.New<ApprovalId>(), client, 0));
        for (var i = 0; i < 5; i++) Assert.Equal("1000", Give(id, client, 0, [(byte)i]));
        Assert.Equal("export.again", Give(id, client, 0));
        _ward.Now = _ward.Now.AddHours(8);
        Assert.Equal("export.expired", Give(id, client, 1));
    }

    [Fact]
    public void One_officer_freezes_it_at_once()
    {
        var (id, client) = Open(Some(3));
        _ward.Exports.Freeze(id);
        Assert.Equal("export.frozen", Give(id, client, 0));
    }

    [Fact]
    public void Only_a_manifest_that_says_what_was_given_out_is_signed()
    {
        var list = Some(1500);
        var (id, client) = Open(list);
        byte[][] keys = [[1], [2]];
        for (var i = 0; i < 2; i++) Give(id, client, i, keys[i]);
        var line = _ward.Exports.Own(client);
        ExportedPart[] parts = [.. keys.Select((k, i) => new ExportedPart(i, i == 0 ? 1000 : 500, Convert.ToHexStringLower(SHA256.HashData(k)), "aa", 7))];
        var manifest = new ExportManifest(ExportManifest.CurrentFormat, Ward.Cell, "Clinique", id, line.Recipient, line.Fingerprint, line.Domains, true, 1500, list.Digest, _ward.Now, "note", parts);
        string? Check(ExportManifest made)
        {
            try { _ward.Exports.Check(client, new SealExport(id, JsonSerializer.SerializeToUtf8Bytes(made, WireJson.Options)), Ward.Cell); return null; }
            catch (RefusedException no) { return no.Refusal.Code; }
        }
        Assert.Null(Check(manifest));
        foreach (var wrong in new[]
        {
            manifest with { Patients = 3 }, manifest with { Digest = "00" }, manifest with { Cell = "x" }, manifest with { Recipient = "Un autre" }, manifest with { Fingerprint = "00" }, manifest with { Names = false }, manifest with { Format = "2" },
            manifest with { Domains = [Domain.Clinical] }, manifest with { Parts = parts[..1] }, manifest with { Parts = [parts[1], parts[0]] }, manifest with { Parts = [parts[0] with { Keys = "00" }, parts[1]] }, manifest with { Parts = [parts[0] with { Patients = 900 }, parts[1]] },
        })
            Assert.Equal("export.manifest", Check(wrong));
        // A block given again is another text under another key: the archive must hold the last one.
        Give(id, client, 1, [3]);
        Assert.Equal("export.manifest", Check(manifest));
    }
}
