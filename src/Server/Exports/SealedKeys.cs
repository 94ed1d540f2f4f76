using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Serment.Server.Exports;

/// <summary>What the Custodian sealed to someone's certificate, opened with his private key: the keys of an export, of a pack.</summary>
internal static class SealedKeys
{
    /// <summary>Whether it is sealed to that certificate; nothing is opened.</summary>
    public static bool IsFor(byte[] cms, X509Certificate2 own)
    {
        var envelope = new EnvelopedCms();
        try { envelope.Decode(cms); }
        catch (CryptographicException) { return false; }
        return envelope.RecipientInfos.Cast<RecipientInfo>().Any(recipient => recipient.RecipientIdentifier.Value is System.Security.Cryptography.Xml.X509IssuerSerial serial && serial.SerialNumber == own.SerialNumber);
    }

    /// <param name="otherwise">What is said when it is sealed to somebody else.</param>
    public static T Open<T>(byte[] cms, X509Certificate2 own, RefusedException otherwise)
    {
        var envelope = new EnvelopedCms();
        try
        {
            envelope.Decode(cms);
            envelope.Decrypt(new X509Certificate2Collection(own));
            return JsonSerializer.Deserialize<T>(envelope.ContentInfo.Content, WireJson.Options)!;
        }
        catch (CryptographicException) { throw otherwise; }
        finally { CryptographicOperations.ZeroMemory(envelope.ContentInfo.Content); }
    }
}
