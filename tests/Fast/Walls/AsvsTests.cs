using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Fast.Tests.Walls;

/// <summary>docs/threat-model/asvs.md: every demanded requirement once, with a verdict of the closed list and, where it is met, tests that exist.</summary>
public sealed partial class AsvsTests
{
    /// <summary>Levels 1 and 2 of every chapter, and level 3 where a stolen patient base would begin.</summary>
    private static readonly string[] Level3 = ["V6.", "V7.", "V8.", "V11.", "V13.3.", "V14.", "V16."];

    /// <summary>How many of them each chapter of ASVS 5.0.0 has, so that a clone without the standard counts too.</summary>
    private static readonly int[] Demanded = [27, 11, 19, 10, 9, 47, 19, 13, 7, 29, 24, 9, 15, 13, 13, 17, 7];
    private static readonly string[] Verdicts = ["met", "met differently", "does not apply", "not met"];

    private static readonly string Page = File.ReadAllText(Path.Combine(Wall.Root, "docs", "threat-model", "asvs.md"));

    [Fact]
    public void Every_requirement_has_one_verdict_and_what_is_met_names_tests_that_exist() =>
        Assert.Equal("", string.Join('\n', Faults(Page, ThreatModelTests.KnownTests())));

    [Fact]
    public void Each_chapter_has_as_many_requirements_as_are_demanded_of_it() =>
        Assert.Equal(Demanded, Enumerable.Range(1, Demanded.Length).Select(chapter => Rows(Page).Count(row => row.Chapter == chapter)));

    [Fact]
    public void They_are_those_of_the_standard()
    {
        var demanded = Listed().Matches(Identities.RealMaterial.Text("security/asvs-5.0.0.csv")).Select(line => (Id: line.Groups[1].Value, Level: line.Groups[2].Value))
            .Where(one => one.Level != "3" || Level3.Any(chapter => one.Id.StartsWith(chapter, StringComparison.Ordinal))).Select(one => one.Id);
        Assert.Equal(demanded.Order(StringComparer.Ordinal), Rows(Page).Select(row => row.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_summary_counts_what_the_tables_say()
    {
        var counted = Enumerable.Range(1, Demanded.Length).Select(chapter => $"V{chapter} {Counts(Rows(Page).Where(row => row.Chapter == chapter))}").Append($"all {Counts(Rows(Page))}");
        Assert.Equal(counted, Summed().Matches(Page).Select(line => $"{line.Groups[1].Value} {line.Groups[2].Value.Replace(" | ", " ", StringComparison.Ordinal)}"));

        static string Counts(IEnumerable<Requirement> rows) => string.Join(' ', Verdicts.Select(verdict => rows.Count(row => row.Verdict == verdict)).Append(rows.Count()));
    }

    [Fact]
    public void A_line_that_says_too_little_is_found() =>
        Assert.Equal(
            ["V1.1.1 is given twice", "V1.1.1 is met and names no test", "V1.1.2 has the verdict nearly", "V1.1.3 says nothing", "V1.1.4 names AsvsTests.Nothing, which does not exist"],
            Faults("| V1.1.1 | met | a | |\n| V1.1.1 | not met | a | |\n| V1.1.2 | nearly | a | |\n| V1.1.3 | not met |  | |\n| V1.1.4 | met | a | `AsvsTests.Nothing` |\n", ThreatModelTests.KnownTests()).Order(StringComparer.Ordinal));

    /// <summary>A primitive that is new in the sources needs a line that says what it is for; one that is gone loses it.</summary>
    [Fact]
    public void The_inventory_of_cryptography_names_what_the_sources_use() => Assert.Equal(Used(Primitive()), Named("Cryptography"));

    /// <summary>So does a new way in or out of a process.</summary>
    [Fact]
    public void The_list_of_connections_is_what_the_sources_open() => Assert.Equal(Used(Connection()), Named("What talks to what"));

    [Fact]
    public void Nothing_that_turns_text_into_code_stands_in_the_sources()
    {
        Assert.Equal(["Print.razor: MarkupString"], Sources().SelectMany(file => Dangerous().Matches(file.Text).Select(found => $"{Path.GetFileName(file.Path)}: {found.Value}")));
        Assert.Equal(4, Dangerous().Count("x.innerHTML = y; eval(z); db.FromSqlRaw(t); command.CommandText = $\"DELETE {x}\";"));
    }

    private sealed record Requirement(string Id, string Verdict, string How, string ShownBy)
    {
        public int Chapter => int.Parse(Id[1..Id.IndexOf('.', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static IEnumerable<Requirement> Rows(string page) =>
        Row().Matches(page).Select(row => new Requirement(row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value.Trim(), row.Groups[4].Value));

    private static IEnumerable<string> Faults(string page, HashSet<string> known)
    {
        foreach (var twice in Rows(page).GroupBy(row => row.Id).Where(group => group.Count() > 1)) yield return $"{twice.Key} is given twice";
        foreach (var row in Rows(page))
        {
            var tests = ThreatModelTests.Named().Matches(row.ShownBy).Select(test => test.Groups[1].Value).ToArray();
            if (!Verdicts.Contains(row.Verdict)) yield return $"{row.Id} has the verdict {row.Verdict}";
            if (row.How.Length == 0) yield return $"{row.Id} says nothing";
            if (row.Verdict == "met" && tests.Length == 0) yield return $"{row.Id} is met and names no test";
            foreach (var test in tests.Where(test => !known.Contains(test))) yield return $"{row.Id} names {test}, which does not exist";
        }
    }

    private static string[] Used(Regex what) => [.. Sources().SelectMany(file => what.Matches(file.Text).Select(found => found.Value)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The names in the first column of the table under that heading.</summary>
    private static string[] Named(string heading)
    {
        var from = Page.IndexOf($"## {heading}\n", StringComparison.Ordinal);
        var until = Page.IndexOf("\n## ", from + 1, StringComparison.Ordinal);
        return [.. Page[from..(until < 0 ? Page.Length : until)].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => Quoted().Matches(line.Split('|')[1])).Select(name => name.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        from file in Directory.EnumerateFiles(Path.Combine(Wall.Root, "src"), "*", SearchOption.AllDirectories)
        where Path.GetExtension(file) is ".cs" or ".razor" or ".js" or ".csproj" && !file.Split(Path.DirectorySeparatorChar).Any(folder => folder is "obj" or "bin")
        select (file, File.ReadAllText(file));

    [GeneratedRegex(@"^\| (V\d+\.\d+\.\d+) \| ([^|]*) \| ([^|]*) \| ([^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| (V\d+|all) \| (?:[^|\d]*\| )?(\d+(?: \| \d+)+) \|$", RegexOptions.Multiline)]
    private static partial Regex Summed();

    /// <summary>A line of the standard's list: id, then a text in quotes or without, then the level.</summary>
    [GeneratedRegex(@",(V\d+\.\d+\.\d+),(?:""(?:[^""]|"""")*""|[^,\n]*),(\d)\r?$", RegexOptions.Multiline)]
    private static partial Regex Listed();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b(AesGcm|AesCcm|Aes\.Create|ChaCha20Poly1305|TripleDES|HKDF|ECDsa|ECDiffieHellman|RSA|EnvelopedCms|SignedCms|SHA1|SHA256|SHA384|SHA512|HMAC\w+|MD5|Rfc2898DeriveBytes|Argon2\w*|(Signature|KeyAgreement|Aead|KeyDerivation|Mac|Hash)Algorithm\.\w+|MLKem|MLDsa|CKM_\w+|crypto\.subtle\.\w+)\b")]
    private static partial Regex Primitive();

    [GeneratedRegex(@"\b(SocketsHttpHandler|HttpClient(?=\()|SmtpClient|UseNpgsql|Process\.Start|new Socket|TcpClient|TcpListener|UdpClient|ClientWebSocket|ListenLocalhost|ListenUnixSocket|kestrel\.Listen(?=\()|LoadPkcs11Library|XMLHttpRequest|fetch(?=\('))\b")]
    private static partial Regex Connection();

    [GeneratedRegex(@"(?:inner|outer)HTML *\+?=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function\(|CSharpScript|MarkupString|ExecuteSqlRaw|FromSqlRaw|SqlQueryRaw|CommandText = \$|UseShellExecute|/bin/sh|cmd\.exe|XmlReader|XmlDocument|XDocument|XPathNavigator|XslCompiledTransform|BinaryFormatter|DataContractSerializer|TypeNameHandling|UseCors|UseDirectoryBrowser|UseDeveloperExceptionPage|DetailedErrors = true|ForwardedHeaders|X-Forwarded|RemoteIpAddress|\.Redirect\(|UseHttpsRedirection|AllowUnsafeBlocks|new Random\(|Random\.Shared|Guid\.NewGuid|Create(?:Slim)?Builder\((?:args)?\)|addEventListener\('message'")]
    private static partial Regex Dangerous();
}
