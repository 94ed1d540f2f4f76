using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Serment.Records;
using Serment.Server.Signing;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>Two Custodians on two machines: one certificate each, the first lets in its Server's and its second's and nobody else's.</summary>
public sealed class StandbyOverMutualTlsTests : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-standby-tls-").FullName;
    private readonly TlsPair _tls = new();
    private readonly CustodianProcess _first;
    private CustodianProcess? _second;

    public StandbyOverMutualTlsTests()
    {
        Standby = _tls.Make("second");
        _first = new CustodianProcess(setting: _tls.Setting with { Environment = new Dictionary<string, string>(_tls.Setting.Environment) { ["SERMENT_STANDBY_CERTIFICATE"] = Standby.Certificate } });
    }

    private (string Pkcs12, string Certificate) Standby { get; }

    [Fact]
    public async Task Over_mutual_TLS_the_second_follows_takes_over_and_knows_every_key_and_a_strangers_certificate_is_not_let_in()
    {
        using (var stranger = new CustodianChannel(_tls.Address with { CertificateFile = _tls.Make("stranger").Pkcs12 }))
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await stranger.Standby.StandingAsync(new()))).StatusCode);
        using (var own = new CustodianChannel(_tls.Address with { CertificateFile = Standby.Pkcs12 }))
            Assert.Equal("single", (await own.Standby.StandingAsync(new())).Standing);

        var nurse = await _first.EnterAsync(Role.Nurse);
        var patient = await PresentAsync(nurse.Me.Units[0]);
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "before"));
        var second = Directory.CreateDirectory(Path.Combine(_directory, "second")).FullName;
        Directory.CreateDirectory(Path.Combine(second, "custodian"));
        foreach (var name in new[] { "cell.json", "demonstration.passphrase" }) File.Copy(Path.Combine(_first.Directory, "custodian", name), Path.Combine(second, "custodian", name));
        _second = new CustodianProcess(directory: second, setting: new CustodianSetting
        {
            Environment = new Dictionary<string, string> { ["SERMENT_CUSTODIAN_CERTIFICATE"] = Standby.Pkcs12, ["SERMENT_STANDBY_CERTIFICATE"] = _tls.Address.PeerCertificateFile! },
            Options = ["--follow", $"{_tls.Address.Url}"],
        });
        await CustodianPair.UntilAsync(_first, "in-step");
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "in step"));

        // The Server asks the one over TLS, the other on its own machine.
        var records = new RecordsDatabase(_directory, null);
        await records.PrepareAsync(_first.Status.Cell);
        using var client = new CustodianClient(_tls.Address, new CustodianAddress { Socket = _second.Socket });
        using var charge = new CustodianInCharge(client, records, NullLogger<CustodianInCharge>.Instance);
        await charge.StartAsync(CancellationToken.None);
        try
        {
            _first.Kill();
            await CustodianPair.UntilAsync(_second, "alone");
            nurse.JumpCounter();
            await CustodianPair.AskDirectlyAsync(_second, nurse, patient);
            Assert.Superset(new HashSet<string?> { "before", "in step", "direct" }, (await JournalFiles.OpenAsync(_second.Directory)).Where(entry => entry.Patient == patient && entry.Kind == "release").Select(entry => entry.Purpose).ToHashSet());
        }
        finally { await charge.StopAsync(CancellationToken.None); }
    }

    private async Task<PatientId> PresentAsync(UnitId unit)
    {
        var patient = (await _first.Import().AskAsync(IdentityVerbs.Create, new CreateIdentity(new IdentityTraits("Essai", "Jeanne", null, new DateOnly(1951, 2, 3), Sex.Female, "75056"), IdentityStatus.Provisional, true, "1"))).Created!.Patient;
        await _first.Import().AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", unit, unit, null));
        return patient;
    }

    public ValueTask DisposeAsync()
    {
        _second?.Dispose();
        _first.Dispose();
        _tls.Dispose();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
