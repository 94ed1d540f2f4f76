using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using ISession = Net.Pkcs11Interop.HighLevelAPI.ISession;

namespace Serment.Custodian.Keys;

/// <summary>
/// A token that wraps the establishment key with an AES key of its own (AES-256-GCM, made in the token, sensitive, not
/// extractable). SERMENT_PKCS11_MODULE is the library, SERMENT_PKCS11_TOKEN the token's label; the PIN comes from the file
/// SERMENT_PKCS11_PIN_FILE or the systemd credential "pkcs11-pin". Open for the moment of unlocking only.
/// </summary>
internal sealed class Pkcs11Token : IDisposable
{
    private static readonly Pkcs11InteropFactories Factories = new();
    private readonly IPkcs11Library _library;
    private readonly ISession _session;

    static Pkcs11Token() =>
        // Pkcs11Interop asks for "libdl", which Debian has only as libdl.so.2.
        NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, (name, assembly, path) =>
            name == "libdl" && OperatingSystem.IsLinux() ? NativeLibrary.Load("libdl.so.2", assembly, path) : IntPtr.Zero);

    private Pkcs11Token(IPkcs11Library library, ISession session) => (_library, _session) = (library, session);

    public static bool Configured => Environment.GetEnvironmentVariable("SERMENT_PKCS11_MODULE") is { Length: > 0 };

    /// <exception cref="RefusedException">No module, no such token, or a wrong PIN.</exception>
    public static Pkcs11Token Open()
    {
        var module = Environment.GetEnvironmentVariable("SERMENT_PKCS11_MODULE");
        if (string.IsNullOrEmpty(module)) throw new RefusedException("cell.token", "La clé de cet établissement est gardée par un jeton PKCS#11 : donnez SERMENT_PKCS11_MODULE et SERMENT_PKCS11_TOKEN.");
        var label = Environment.GetEnvironmentVariable("SERMENT_PKCS11_TOKEN") ?? "";
        var pin = Pin();
        IPkcs11Library library;
        try { library = Factories.Pkcs11LibraryFactory.LoadPkcs11Library(Factories, module, AppType.MultiThreaded); }
        catch (Exception e) when (e is Pkcs11Exception or UnmanagedException or DllNotFoundException) { throw new RefusedException("cell.token", $"Le module PKCS#11 {module} ne se charge pas."); }
        try
        {
            var slot = library.GetSlotList(SlotsType.WithTokenPresent).FirstOrDefault(s => s.GetTokenInfo().Label.TrimEnd() == label)
                ?? throw new RefusedException("cell.token", $"Le jeton PKCS#11 « {label} » est absent.");
            // A supervisor that restarts a Custodian with a wrong PIN must not be what locks the token for good.
            if (slot.GetTokenInfo().TokenFlags is { UserPinFinalTry: true } or { UserPinLocked: true })
                throw new RefusedException("cell.token.pin", "Le jeton PKCS#11 est verrouillé ou n'accepte plus qu'un essai de PIN : vérifiez le PIN, puis déverrouillez-le avec l'outil du fabricant.");
            var session = slot.OpenSession(SessionType.ReadWrite);
            try { session.Login(CKU.CKU_USER, pin); }
            catch (Pkcs11Exception) { session.Dispose(); throw new RefusedException("cell.token.pin", "Le jeton PKCS#11 refuse le PIN. Rien n'a été déverrouillé."); }
            return new Pkcs11Token(library, session);
        }
        catch { library.Dispose(); throw; }
    }

    public void MakeKey(string label) => _session.GenerateKey(Factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN),
    [
        Of(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY), Of(CKA.CKA_KEY_TYPE, CKK.CKK_AES), Of(CKA.CKA_VALUE_LEN, 32), Of(CKA.CKA_LABEL, label), Of(CKA.CKA_TOKEN, true),
        Of(CKA.CKA_PRIVATE, true), Of(CKA.CKA_SENSITIVE, true), Of(CKA.CKA_EXTRACTABLE, false), Of(CKA.CKA_ENCRYPT, true), Of(CKA.CKA_DECRYPT, true),
    ]);

    /// <summary>Ciphertext, then the tag of 16 bytes.</summary>
    public byte[] Wrap(string label, byte[] nonce, byte[] bound, byte[] key) => Once(label, nonce, bound, (mechanism, handle) => _session.Encrypt(mechanism, handle, key));

    /// <exception cref="RefusedException">The token's key is another one, or the file was altered.</exception>
    public byte[] Unwrap(string label, byte[] nonce, byte[] bound, byte[] wrapped)
    {
        try { return Once(label, nonce, bound, (mechanism, handle) => _session.Decrypt(mechanism, handle, wrapped)); }
        catch (Pkcs11Exception) { throw new RefusedException("cell.token.key", "Le jeton PKCS#11 n'ouvre pas la clé de cet établissement : autre clé, ou fichier cell.json modifié. Rien n'a été déverrouillé."); }
    }

    private byte[] Once(string label, byte[] nonce, byte[] bound, Func<IMechanism, IObjectHandle, byte[]> act)
    {
        var found = _session.FindAllObjects([Of(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY), Of(CKA.CKA_LABEL, label)]);
        if (found is not [var handle]) throw new RefusedException("cell.token.key", $"Le jeton PKCS#11 ne contient pas la clé « {label} ».");
        using var gcm = Factories.MechanismParamsFactory.CreateCkGcmParams(nonce, (ulong)nonce.Length * 8, bound, 128);
        using var mechanism = Factories.MechanismFactory.Create(CKM.CKM_AES_GCM, gcm);
        return act(mechanism, handle);
    }

    private static string Pin()
    {
        string?[] places = [Environment.GetEnvironmentVariable("SERMENT_PKCS11_PIN_FILE"), Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { } folder ? Path.Combine(folder, "pkcs11-pin") : null];
        foreach (var place in places)
            if (place is not null && File.Exists(place)) return File.ReadAllText(place).TrimEnd('\r', '\n');
        throw new RefusedException("cell.token.pin", "Aucun PIN pour le jeton PKCS#11 : donnez SERMENT_PKCS11_PIN_FILE, ou la « credential » systemd « pkcs11-pin ».");
    }

    private static IObjectAttribute Of(CKA type, CKO value) => Factories.ObjectAttributeFactory.Create(type, value);
    private static IObjectAttribute Of(CKA type, CKK value) => Factories.ObjectAttributeFactory.Create(type, value);
    private static IObjectAttribute Of(CKA type, bool value) => Factories.ObjectAttributeFactory.Create(type, value);
    private static IObjectAttribute Of(CKA type, string value) => Factories.ObjectAttributeFactory.Create(type, value);
    private static IObjectAttribute Of(CKA type, ulong value) => Factories.ObjectAttributeFactory.Create(type, value);

    public void Dispose()
    {
        _session.Dispose();
        _library.Dispose();
    }
}
