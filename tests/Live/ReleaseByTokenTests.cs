using System.Diagnostics;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The same releases with the establishment key wrapped in a PKCS#11 token (SoftHSM2).</summary>
public sealed class ReleaseByTokenTests : ReleaseTests
{
    private readonly SoftToken _token;

    public ReleaseByTokenTests() : this(new SoftToken()) { }

    private ReleaseByTokenTests(SoftToken token) : base(token.Setting) => _token = token;

    [Fact]
    public void Without_the_token_its_PIN_or_its_key_nothing_is_unlocked_and_the_reason_is_said()
    {
        Cell.Kill();
        Assert.Contains("SERMENT_PKCS11_MODULE", StartWith([]), StringComparison.Ordinal);
        Assert.Contains("absent", StartWith(_token.Environment, ("SERMENT_PKCS11_TOKEN", "autre")), StringComparison.Ordinal);
        Assert.Contains("ne se charge pas", StartWith(_token.Environment, ("SERMENT_PKCS11_MODULE", "/nowhere.so")), StringComparison.Ordinal);
        Assert.Contains("refuse le PIN", StartWith(_token.Environment, ("SERMENT_PKCS11_PIN_FILE", _token.Write("wrong", "9999"))), StringComparison.Ordinal);
        using var other = new SoftToken();
        Assert.Contains("ne contient pas la clé", StartWith(other.Environment), StringComparison.Ordinal);
        var file = Path.Combine(Cell.Directory, "custodian", "cell.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"demonstration\":true", "\"demonstration\":false", StringComparison.Ordinal));
        Assert.Contains("n'ouvre pas la clé", StartWith(_token.Environment), StringComparison.Ordinal);
    }

    [Fact]
    public void No_passphrase_exists_beside_a_token() =>
        Assert.False(File.Exists(Path.Combine(Cell.Directory, "custodian", "demonstration.passphrase")));

    private string StartWith(IReadOnlyDictionary<string, string> environment, params (string Name, string Value)[] changed)
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Custodian"), "--data", Cell.Directory]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        foreach (var (name, value) in changed) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        return error;
    }

    private string StartWith(Dictionary<string, string> environment) => StartWith(environment, []);

    public override void Dispose()
    {
        base.Dispose();
        _token.Dispose();
    }
}

/// <summary>A SoftHSM2 token in a folder of its own. Where SoftHSM2 is absent, the tests that need it are skipped.</summary>
public sealed class SoftToken : IDisposable
{
    private static readonly string[] Modules = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"];
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-token-").FullName;

    public SoftToken()
    {
        var module = Modules.FirstOrDefault(File.Exists);
        Assert.SkipWhen(module is null, "SoftHSM2 is not installed (package softhsm2).");
        Directory.CreateDirectory(Path.Combine(_folder, "tokens"));
        var configuration = Write("softhsm2.conf", $"directories.tokendir = {Path.Combine(_folder, "tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n");
        var start = new ProcessStartInfo("softhsm2-util", ["--init-token", "--free", "--label", "serment essai", "--so-pin", "12345678", "--pin", "4321"]) { RedirectStandardOutput = true };
        start.Environment["SOFTHSM2_CONF"] = configuration;
        using var made = Process.Start(start)!;
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
        Environment = new()
        {
            ["SOFTHSM2_CONF"] = configuration,
            ["SERMENT_PKCS11_MODULE"] = module!,
            ["SERMENT_PKCS11_TOKEN"] = "serment essai",
            ["SERMENT_PKCS11_PIN_FILE"] = Write("pin", "4321\n"),
        };
    }

    public Dictionary<string, string> Environment { get; }

    public CustodianSetting Setting => new() { Environment = Environment };

    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
