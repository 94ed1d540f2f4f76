using System.Text.RegularExpressions;
using Xunit;

namespace Serment.Fast.Tests.Texts;

/// <summary>What the Custodian and the rooms of care say to people.</summary>
public sealed partial class EnglishTests
{
    /// <summary>What these files say goes to the console of an operator or is signed by people, word for word.</summary>
    private static readonly string[] NotOnScreens = ["Custodian/Program.cs", "Custodian/Keys/", "Custodian/Demonstration/", "Custodian/Journal/", "Custodian/State/", "Records/RecordsDatabase.cs", "Signing/ClientKey.cs", "IdentityRow.cs", "SearchText.cs", "RoleAccess.cs"];

    [Fact]
    public void Every_sentence_that_a_room_or_a_screen_refuses_with_has_its_English() =>
        Assert.Equal([], SentencesOf("src/Records", "src/Server/Signing", "src/Server/Files", "src/Server/Ui").Where(key => !Has(Screens, key) && !Has(Said, key)).Select(Missing));

    [Fact]
    public void Every_sentence_that_the_Custodian_says_to_people_has_its_English() =>
        Assert.Equal([], SentencesOf("src/Custodian", "src/Custodian.Wire").Where(key => !Signed(key) && !Has(Said, key) && !Has(Screens, key)).Select(Missing));

    private static IEnumerable<string> SentencesOf(params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.*", SearchOption.AllDirectories)).Where(IsSource)
        .Where(file => !NotOnScreens.Any(part => file.Replace('\\', '/').Contains(part, StringComparison.Ordinal)) && !Path.GetFileName(file).StartsWith("Print", StringComparison.Ordinal))
        .SelectMany(file => LiteralsOf(file).Select(l => l.Text)).Where(text => IsFrench(text) && Sentence().IsMatch(text)).Distinct();

    /// <summary>A statement that people sign, or a word of one: French to the letter.</summary>
    private static bool Signed(string text) => Statement().IsMatch(text);

    [GeneratedRegex(@"\p{L}.* .*\p{L}", RegexOptions.Singleline)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"^(Créer le compte|Remplacer la clé|Changer les droits|Enrôler le poste|Ouvrir l'interface|Dégeler le compte|Première administratrice|Patient inconnu à l'arrivée)")]
    private static partial Regex Statement();
}
