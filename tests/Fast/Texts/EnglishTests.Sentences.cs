using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Fast.Tests.Texts;

/// <summary>What the Custodian and the rooms of care say to people.</summary>
public sealed partial class EnglishTests
{
    /// <summary>What these files say goes to the console of an operator.</summary>
    private static readonly string[] OnConsole = ["Custodian/Program.cs", "Custodian/Keys/", "Custodian/Journal/", "Custodian/State/", "Custodian/Escrow/", "Records/RecordsDatabase.cs", "Signing/ClientKey.cs", "IdentityRow.cs"];

    [Fact]
    public void Every_sentence_that_a_room_or_a_screen_refuses_with_has_its_English() =>
        None(SentencesOf("src/Records", "src/Server/Signing", "src/Server/Files", "src/Server/Ui").Where(key => !Has(Screens, key) && !Has(Said, key)).Select(Missing));

    [Fact]
    public void Every_sentence_that_the_Custodian_says_to_people_has_its_English() =>
        None(SentencesOf("src/Custodian", "src/Custodian.Wire").Where(key => !Has(Said, key) && !Has(Screens, key)).Select(Missing));

    [Fact]
    public void Every_text_of_the_Custodians_own_page_has_its_English() => None(OwnPage().Where(text => IsFrench(text) && !Has(Said, text)).Select(Missing));

    /// <summary>The policy screen shows what the Custodian's table says of each value.</summary>
    [Fact]
    public void Every_value_of_the_policy_is_named_in_English() =>
        None(Serment.Custodian.Policies.PolicyTable.All.SelectMany(row => new[] { row.Section, row.French, row.Unit }).Distinct().Where(text => !Has(Said, text)).Select(Missing));

    [Fact]
    public async Task What_the_Custodian_says_whole_is_not_taken_for_a_sentence_of_a_screen()
    {
        var texts = new Serment.Server.Ui.Texts();
        await texts.ChooseAsync(english: true);
        foreach (var (french, english) in Said.Where(text => !Hole().IsMatch(text.Key) && !Screens.ContainsKey(text.Key))) Assert.Equal(english, texts.Said(french));
    }

    [Fact]
    public void No_English_is_left_over()
    {
        var said = Literals(Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.*", SearchOption.AllDirectories).Where(IsSource)).Concat(OwnPage()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        None(Screens.Keys.Concat(Said.Keys).Where(key => !said.Contains(key)));
    }

    /// <summary>Refusals, notices and alarms. Statements that people sign, papers and letters are French to the letter.</summary>
    private static IEnumerable<string> SentencesOf(params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.*", SearchOption.AllDirectories)).Where(IsSource)
        .Where(file => !OnConsole.Any(part => file.Replace('\\', '/').Contains(part, StringComparison.Ordinal)))
        .SelectMany(LiteralsOf).Where(l => ToPeople().IsMatch(l.Before) && IsFrench(l.Text) && Sentence().IsMatch(l.Text)).Select(l => l.Text).Distinct();

    private static IEnumerable<string> Literals(IEnumerable<string> files) => files.SelectMany(LiteralsOf).Select(l => l.Text).Concat(Tables());

    /// <summary>What the Custodian's own page says, its files not being the Server's.</summary>
    private static IEnumerable<string> OwnPage() =>
    [
        .. SourceText.OfScript(File.ReadAllText(Path.Combine(Root, "src/Custodian/Page/page.js"))).Literals.Select(l => l.Text),
        .. SourceText.OfRazor(File.ReadAllText(Path.Combine(Root, "src/Custodian/Page/page.html"))).Markup.Select(w => w.Text),
    ];

    [GeneratedRegex(@"\p{L}.* .*\p{L}", RegexOptions.Singleline)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\bthrow\b|Refus|\b(Invalid|No|Tell|Ring)\(")]
    private static partial Regex ToPeople();
}
