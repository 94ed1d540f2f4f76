using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>
/// The ceremony as officers and holders live it, with the real programs: asked for by two, five papers, an exercise while the
/// establishment runs, and the night on which the passphrase is gone.
/// </summary>
public sealed partial class EscrowTests : IDisposable
{
    private readonly CustodianProcess _cell = new(demonstration: false, port: OfficerBrowser.FreePort());
    private readonly string _paper = Directory.CreateTempSubdirectory("serment-paper-").FullName;

    [Fact]
    public async Task Five_papers_two_officers_an_exercise_and_a_recovery_without_the_passphrase()
    {
        var staff = new Staff(_cell);
        var ada = await staff.EnterAsync(await staff.EnrolAsync(staff.Founding[0]));
        var (benKey, karim) = (await staff.EnrolAsync(staff.Founding[1]), new ProposeEscrow(["Ada Un", "Ben Deux", "Cyr Trois", "Dot Quatre", "Eve Cinq"]));
        var ben = await staff.EnterAsync(benKey);

        var (code, said) = await KeyAsync([], "escrow", "--paper", _paper);
        Assert.Equal(1, code);
        Assert.Contains("se demande à deux", said, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_paper));
        Assert.False(File.Exists(Escrow));

        // One names the holders, the other signs exactly that.
        await staff.AgreeAsync(ada.AskAsync(KeyVerbs.ProposeEscrow, karim), ben);
        var (first, papers) = await HandOutAsync();
        Assert.Equal(0, first.Code);
        Assert.Equal(5, papers.Length);
        Assert.Contains("Cyr Trois", papers[2].Page, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_paper));
        Assert.DoesNotContain(papers[0].Groups[0], await File.ReadAllTextAsync(Escrow), StringComparison.Ordinal);
        Assert.Contains(papers.Select(p => p.Groups[3]), group => !first.Said.Contains(group, StringComparison.Ordinal));
        // Used up: the next one is agreed upon again.
        Assert.Equal(1, (await KeyAsync([], "escrow", "--paper", _paper)).Code);

        // The exercise, while everything runs: typed by hand with a slip, then two by their scanned codes.
        // One character: that a whole group is in the wrong place is told by its check character thirty-one times in thirty-two only.
        var slip = (papers[3].Groups[2][0] == '2' ? '3' : '2') + papers[3].Groups[2][1..];
        (code, said) = await KeyAsync(["4", .. papers[3].Groups[..2], slip, .. papers[3].Groups[2..], papers[0].Code, papers[0].Code, papers[4].Code], "drill");
        Assert.True(code == 0, said);
        Assert.Contains("Part 4, groupe 3 :", said, StringComparison.Ordinal);
        Assert.Contains("a déjà été donnée", said, StringComparison.Ordinal);
        Assert.Contains("1, 4, 5", said, StringComparison.Ordinal);
        (code, said) = await KeyAsync([papers[0].Code, papers[1].Code], "drill");
        Assert.Equal(1, code);
        Assert.Contains("2 parts : il en faut 3", said, StringComparison.Ordinal);
        var care = await ada.AskAsync(KeyVerbs.Care, Nothing.AtAll);
        Assert.Equal(["drill", "escrow"], care.Held.Select(h => h.Act));
        Assert.Empty(care.Approved);
        Assert.Contains((await staff.EnterAsync(benKey)).Entered!.Notices!, notice => notice.Text.Contains("cinq parts", StringComparison.Ordinal));

        // The passphrase is gone. Recovery is refused while the Custodian has its key; then three papers give a new one.
        (code, said) = await KeyAsync([papers[0].Code, papers[1].Code, papers[2].Code], "recover", "--phrase-file", Phrase("la nouvelle phrase de la nuit"));
        Assert.Equal(1, code);
        Assert.Contains("Arrêtez-le d'abord", said, StringComparison.Ordinal);
        _cell.Kill();
        File.Delete(Path.Combine(_cell.Directory, "custodian", "cell.json"));
        (code, said) = await KeyAsync([papers[1].Code, papers[2].Code, papers[4].Code], "recover", "--phrase-file", Phrase("la nouvelle phrase de la nuit"));
        Assert.True(code == 0, said);
        Assert.Contains("Phrase secrète incorrecte", _cell.StartAnother(Phrase("une phrase secrète d'essai")).Error, StringComparison.Ordinal);
        _cell.Passphrase = "la nouvelle phrase de la nuit";
        _cell.Start();
        var after = await staff.EnterAsync(benKey);
        Assert.Equal("recover", (await after.AskAsync(KeyVerbs.Care, Nothing.AtAll)).Held[0].Act);

        // And another one, with the present one at hand, while it runs.
        (code, said) = await KeyAsync([], "rotate", "--phrase-file", Phrase("courte"));
        Assert.Equal(1, code);
        (code, said) = await KeyAsync(["encore une autre phrase", "encore une autre phrase"], "rotate");
        Assert.True(code == 0, said);
        _cell.Kill();
        _cell.Passphrase = "encore une autre phrase";
        _cell.Start();
        Assert.Equal("rotate", (await (await staff.EnterAsync(benKey)).AskAsync(KeyVerbs.Care, Nothing.AtAll)).Held[0].Act);
        Assert.Equal(0, (await SermentCommand.RunAsync("journal", "verify", "--data", _cell.Directory)).Code);
    }

    private string Escrow => Path.Combine(_cell.Directory, "custodian", "escrow.json");

    private string Phrase(string text)
    {
        var file = Path.Combine(_paper, "..", Path.GetFileName(_paper) + "-" + text.Length);
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>The pages as a printer saw them, before they were wiped.</summary>
    private async Task<((int Code, string Said) Run, (string Page, string[] Groups, string Code)[] Papers)> HandOutAsync()
    {
        using var process = Start("escrow", "--paper", _paper);
        var said = process.StandardOutput.ReadToEndAsync();
        var faults = process.StandardError.ReadToEndAsync();
        for (var i = 0; i < 300 && !process.HasExited && !(File.Exists(Path.Combine(_paper, "part-5.html")) && File.ReadAllText(Path.Combine(_paper, "part-5.html")).Contains("</html>", StringComparison.Ordinal)); i++) await Task.Delay(100);
        var pages = Directory.GetFiles(_paper).Order(StringComparer.Ordinal).Select(File.ReadAllText).ToArray();
        await process.StandardInput.WriteLineAsync();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return ((process.ExitCode, await said + await faults), [.. pages.Select((page, i) =>
        {
            var groups = Group().Matches(page).Select(m => m.Groups[1].Value.Replace(" ", "", StringComparison.Ordinal)).ToArray();
            return (WebUtility.HtmlDecode(page), groups, $"serment-part:1:{_cell.Status.Cell}:{Number().Match(page).Groups[1].Value}:{i + 1}:{string.Concat(groups)}");
        })]);
    }

    private async Task<(int Code, string Said)> KeyAsync(string[] typed, params string[] arguments)
    {
        using var process = Start(arguments);
        var (said, faults) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        foreach (var line in typed) await process.StandardInput.WriteLineAsync(line);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await faults);
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [CustodianProcess.Binary("Server"), "key", .. arguments, "--data", _cell.Directory]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SERMENT_PASSPHRASE_FILE"] = Path.Combine(_cell.Directory, "passphrase.txt");
        return Process.Start(start)!;
    }

    [GeneratedRegex("<code>([0-9A-Z ]+)</code>")]
    private static partial Regex Group();

    [GeneratedRegex("remise ([0-9a-f]{16})")]
    private static partial Regex Number();

    public void Dispose()
    {
        _cell.Dispose();
        Directory.Delete(_paper, recursive: true);
    }
}
