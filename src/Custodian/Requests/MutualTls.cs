using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Serment.Custodian.Requests;

/// <summary>
/// The boundary over a network: SERMENT_CUSTODIAN_LISTEN=address:port, SERMENT_CUSTODIAN_CERTIFICATE (PKCS#12) and
/// SERMENT_SERVER_CERTIFICATE, the one peer that is let in beside the other Custodian's, SERMENT_STANDBY_CERTIFICATE. Absent: the Unix socket only.
/// </summary>
internal static class MutualTls
{
    public static void Listen(KestrelServerOptions kestrel)
    {
        if (Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN_LISTEN") is not { } address) return;
        var own = X509CertificateLoader.LoadPkcs12FromFile(Environment.GetEnvironmentVariable("SERMENT_CUSTODIAN_CERTIFICATE")!, null);
        var peers = new[] { Environment.GetEnvironmentVariable("SERMENT_SERVER_CERTIFICATE")!, Environment.GetEnvironmentVariable("SERMENT_STANDBY_CERTIFICATE") }
            .OfType<string>().Select(file => X509CertificateLoader.LoadCertificateFromFile(file).GetCertHash(HashAlgorithmName.SHA256)).ToArray();
        var log = kestrel.ApplicationServices.GetRequiredService<ILogger<CustodyEndpoint>>();
        kestrel.Listen(IPEndPoint.Parse(address), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https =>
            {
                https.ServerCertificate = own;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (shown, _, _) =>
                {
                    if (peers.Any(peer => CryptographicOperations.FixedTimeEquals(shown.GetCertHash(HashAlgorithmName.SHA256), peer))) return true;
                    OperatorLog.Note(log, new Refusal("boundary.certificate", "Certificat inconnu."));
                    return false;
                };
            });
        });
    }
}
