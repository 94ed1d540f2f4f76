using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The same releases from another machine: one certificate on each side, each accepting only the other's.</summary>
public sealed class ReleaseOverMutualTlsTests : ReleaseTests
{
    private readonly TlsPair _pair;

    public ReleaseOverMutualTlsTests() : this(new TlsPair()) { }

    private ReleaseOverMutualTlsTests(TlsPair pair) : base(pair.Setting) => _pair = pair;

    [Fact]
    public async Task A_stranger_with_a_certificate_of_his_own_is_not_let_in()
    {
        using var stranger = new CustodianClient(_pair.Address with { CertificateFile = _pair.Make("stranger").Pkcs12 });
        Assert.Equal(RefusalCodes.Away, (await Assert.ThrowsAsync<RefusedException>(() => stranger.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll))).Refusal.Code);
        Assert.Equal(Cell.Status.Cell, (await Cell.Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll)).Cell);
    }

    [Fact]
    public async Task A_custodian_with_another_certificate_is_not_believed()
    {
        using var deceived = new CustodianClient(_pair.Address with { PeerCertificateFile = _pair.Make("other").Certificate });
        Assert.Equal(RefusalCodes.Away, (await Assert.ThrowsAsync<RefusedException>(() => deceived.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll))).Refusal.Code);
    }

    [Fact]
    public async Task Nothing_is_answered_without_TLS()
    {
        using var plain = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync(new Uri($"http://127.0.0.1:{_pair.Address.Url!.Port}/")));
    }

    public override void Dispose()
    {
        base.Dispose();
        _pair.Dispose();
    }
}

/// <summary>Two self-signed certificates and a free port.</summary>
public sealed class TlsPair : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-tls-").FullName;

    public TlsPair()
    {
        var (server, custodian) = (Make("server"), Make("custodian"));
        var port = OfficerBrowser.FreePort();
        Address = new CustodianAddress { Url = new Uri($"https://127.0.0.1:{port}"), CertificateFile = server.Pkcs12, PeerCertificateFile = custodian.Certificate };
        Setting = new CustodianSetting
        {
            Address = Address,
            Environment = new Dictionary<string, string>
            {
                ["SERMENT_CUSTODIAN_LISTEN"] = $"127.0.0.1:{port}",
                ["SERMENT_CUSTODIAN_CERTIFICATE"] = custodian.Pkcs12,
                ["SERMENT_SERVER_CERTIFICATE"] = server.Certificate,
            },
        };
    }

    public CustodianAddress Address { get; }
    public CustodianSetting Setting { get; }

    public (string Pkcs12, string Certificate) Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
        var (pkcs12, alone) = (Path.Combine(_folder, name + ".p12"), Path.Combine(_folder, name + ".cer"));
        File.WriteAllBytes(pkcs12, certificate.Export(X509ContentType.Pkcs12));
        File.WriteAllBytes(alone, certificate.Export(X509ContentType.Cert));
        return (pkcs12, alone);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
