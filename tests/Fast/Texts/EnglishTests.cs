using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;
using Serment.Records.Documents;
using Serment.Records.Observations;
using Serment.Server.Ui;
using Serment.Server.Ui.Incidents;
using Xunit;

namespace Serment.Fast.Tests.Texts;

/// <summary>
/// Every French text of the screens, and every sentence that the Custodian and the rooms of care say to people, has its English. docs/decisions/0022.
/// A failure names the line to add: <c>src/Server/Ui/Texts.en.resx</c> for screens and rooms, <c>src/Custodian.Wire/Said.en.resx</c> for the Custodian; in the order of the file.
/// </summary>
public sealed partial class EnglishTests
{
    private static readonly string Root = FindRoot();
    private static readonly Dictionary<string, string> Screens = Read("src/Server/Ui/Texts.en.resx"), Said = Read("src/Custodian.Wire/Said.en.resx");

    /// <summary>Papers of French law that are printed; names and codes that have no language.</summary>
    private static readonly string[] Papers = ["Print.razor"], Names = ["Serment", "IPP", "Ctrl K", "EN", "FR", "kg", "px"];

    [Fact]
    public void Every_text_of_the_screens_has_its_English() =>
        None(KeysOfScreens().Where(key => !Has(Screens, key)).Select(Missing));

    [Fact]
    public void No_French_stands_in_markup_or_code_of_a_screen_outside_of_T() =>
        None(ScreenFiles().SelectMany(file => Untranslated(Path.GetFileName(file), File.ReadAllText(file))));

    [Theory]
    [InlineData("src/Server/Ui/Texts.en.resx")]
    [InlineData("src/Custodian.Wire/Said.en.resx")]
    public void The_English_stands_in_order_once_with_the_holes_of_its_French(string file)
    {
        var entries = Entries(file).ToArray();
        None(entries.Zip(entries.Skip(1)).Where(pair => string.CompareOrdinal(pair.First.French, pair.Second.French) >= 0).Select(pair => $"not in order: {pair.Second.French}"));
        None(entries.GroupBy(e => e.French, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key));
        None(entries.Where(e => e.English.Length == 0 || !Holes(e.French).SequenceEqual(Holes(e.English))).Select(e => e.French));
    }

    [Fact]
    public void A_sentence_that_was_filled_in_is_found_again_with_what_fills_it()
    {
        var texts = SecondLanguage.OfCustodian;
        Assert.Equal("Birth name: 1 to 100 characters.", texts.OfSentence("Nom de naissance : 1 à 100 caractères."));
        Assert.Equal("New key enrolled (proposed by A B, approved by C D). If this was not you, tell the security officer.", texts.OfSentence("Nouvelle clé enrôlée (proposé par A B, approuvé par C D). Si ce n'est pas vous, prévenez le référent sécurité."));
        Assert.Null(texts.OfSentence("Une phrase que personne n'a écrite."));
        Assert.Equal("privacy officer, security officer or director", texts.OfSentence("protection des données, référent sécurité ou direction"));
        Gen.Int[0, 1_000_000].Sample(n => Assert.Equal($"{n} charts opened in less than a minute by this account.", texts.OfSentence($"{n} dossiers ouverts en moins d'une minute par ce compte.")));
    }

    /// <summary>The screens have "Le {0}", for a day: it fits whatever the Custodian begins with "Le".</summary>
    [Fact]
    public async Task Of_two_languages_that_know_a_sentence_the_closer_one_speaks()
    {
        var texts = new Serment.Server.Ui.Texts();
        await texts.ChooseAsync(english: true);
        Assert.Equal("Ticket « 2026-118 » is open until 29/11/2026 01:35. Each reading is recorded in the patient's chart.", texts.Said("Le ticket « 2026-118 » est ouvert jusqu'au 29/11/2026 01:35. Chaque lecture est inscrite dans le dossier du patient."));
    }

    [Fact]
    public void A_key_that_differs_in_its_first_letter_gives_it_the_same_case() =>
        Assert.Equal(("Unit", "unit"), (SecondLanguage.OfCustodian.Of("Unité"), SecondLanguage.OfCustodian.Of("unité")));

    [Theory]
    [InlineData("<p>Ouvrir le dossier</p>")]
    [InlineData("<p><b>@n</b> présents</p>")]
    [InlineData("@if (x) { <button title=\"Fermer\">@T[\"Fermer\"]</button> }")]
    [InlineData("<MudTextField T=\"string\" Label=\"Lit\" />")]
    [InlineData("<p>@(n > 1 ? \"des lits en plus\" : T[\"un lit\"])</p>")]
    [InlineData("@foreach (var (k, l) in new[] { (\"a\", \"Médicales\") }) { <i>@l</i> }")]
    [InlineData("@code { string A() => $\"attendu à {Now}\"; }")]
    public void A_planted_French_text_is_seen(string razor) => Assert.NotEmpty(Untranslated("Planted.razor", razor));

    [Theory]
    [InlineData("<p>@T[\"Ouvrir le dossier\"]</p> @switch (x) { case \"exit\": <b>@T[\"Lit\"]</b> break; }")]
    [InlineData("@code { void A() => throw new RefusedException(RefusalCodes.Invalid, \"Choisissez le lit.\"); }")]
    [InlineData("<a href=\"/patient/@stay.Patient\" title=\"@T[\"Suivi par {0}\", who]\">@French.Name(who)</a>")]
    public void What_goes_through_T_or_is_a_refusal_is_not(string razor) => Assert.Empty(Untranslated("Planted.razor", razor));

    private static void None(IEnumerable<string> found) => Assert.True(!found.Any(), string.Join('\n', found));

    // ---- reading ----------------------------------------------------------------------------------------------

    private static IEnumerable<string> Untranslated(string name, string razor)
    {
        if (Papers.Contains(name)) yield break;
        var source = name.EndsWith(".razor", StringComparison.Ordinal) ? SourceText.OfRazor(razor) : SourceText.OfCSharp(razor);
        foreach (var words in source.Markup)
            if (Word().IsMatch(Names.Aggregate(words.Text, (text, own) => text.Replace(own, "", StringComparison.Ordinal)))) yield return $"{name}: {words.Attribute ?? "text"} \"{words.Text}\"";
        foreach (var literal in source.Literals)
            if (IsFrench(literal.Text) && !Through().IsMatch(literal.Before) && !Kept.Contains(literal.Text)) yield return $"{name}: \"{literal.Text}\" in code";
    }

    /// <summary>Written as it stands into the record, the journal, a statement or a letter, which are French.</summary>
    private static readonly string[] Kept = ["Gelé depuis l'écran des comptes", "Proposé depuis l'écran des comptes", "Mise à jour à l'admission", "Arrêté depuis l'écran des sorties", "Lettres de l'incident n° {0}",
        "Entre le {0} et le {1}, des dossiers de patients ont été consultés dans notre établissement par quelqu'un qui n'en avait pas le droit.", "L'accès utilisé a été coupé. Nous avons prévenu la CNIL et porté plainte.", "Madame, Monsieur"];

    private static IEnumerable<string> KeysOfScreens() => ScreenFiles().SelectMany(file => LiteralsOf(file).Where(l => AsKey().IsMatch(l.Before)).Select(l => l.Text)).Concat(Tables()).Distinct();

    /// <summary>Labels that a table elsewhere holds and a screen translates.</summary>
    private static IEnumerable<string> Tables() =>
    [
        .. Enum.GetValues<Role>().Select(French.Role), .. Enum.GetValues<Domain>().Select(French.Domain), .. Enum.GetValues<IdentityStatus>().Select(French.Status),
        .. VitalSign.All.SelectMany(sign => new[] { sign.Short, sign.Label }), .. Document.Kinds.Select(kind => kind.Label), .. MachineKeys.Scopes.Select(scope => scope.French),
        .. Enum.GetValues<IncidentNature>().Select(IncidentFrench.Nature), .. Enum.GetValues<IncidentState>().Select(IncidentFrench.State), .. Enum.GetValues<NotificationPhase>().Select(IncidentFrench.Phase), .. Enum.GetValues<PeopleTold>().Select(IncidentFrench.Told),
    ];

    private static bool IsSource(string file) => (file.EndsWith(".razor", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal)) && !Generated().IsMatch(file);

    /// <summary>A screen that uses T nowhere yet waits to be converted.</summary>
    private static IEnumerable<string> ScreenFiles() => Directory.EnumerateFiles(Path.Combine(Root, "src/Server/Ui"), "*.*", SearchOption.AllDirectories)
        .Where(file => IsSource(file) && Path.GetFileName(file) is not ("_Imports.razor" or "French.cs" or "IncidentFrench.cs" or "Texts.cs") && File.ReadAllText(file) is var text && text.Contains("T[", StringComparison.Ordinal));

    private static List<SourceText.Literal> LiteralsOf(string file) =>
        (file.EndsWith(".razor", StringComparison.Ordinal) ? SourceText.OfRazor(File.ReadAllText(file)) : SourceText.OfCSharp(File.ReadAllText(file))).Literals;

    private static bool IsFrench(string text) => (Accent().IsMatch(text) || (text.Contains(' ', StringComparison.Ordinal) && FrenchMark().IsMatch(text))) && !Sql().IsMatch(text);

    private static bool Has(Dictionary<string, string> texts, string key) => texts.ContainsKey(key);

    private static string Missing(string key) => $"<data name=\"{System.Security.SecurityElement.Escape(key)}\" xml:space=\"preserve\"><value>…</value></data>";

    private static IEnumerable<string> Holes(string text) => Hole().Matches(text).Select(m => m.Value).Order(StringComparer.Ordinal);

    private static IEnumerable<(string French, string English)> Entries(string file) =>
        XDocument.Load(Path.Combine(Root, file)).Root!.Elements("data").Select(e => ((string)e.Attribute("name")!, (string)e.Element("value")!));

    private static Dictionary<string, string> Read(string file) =>
        Entries(file).DistinctBy(e => e.French, StringComparer.OrdinalIgnoreCase).ToDictionary(e => e.French, e => e.English, StringComparer.OrdinalIgnoreCase);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Serment.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex("[éèêàâîôûçœÉÀ]")]
    private static partial Regex Accent();

    [GeneratedRegex(@"\b(le|la|les|des|du|de|un|une|est|sont|pas|votre|vos|avec|pour|dans|ce|cette|par|au|aux|sur|et|ou|ne|il|elle|on|qui|que)\b|\b[dlnsjc]['’]\w", RegexOptions.IgnoreCase)]
    private static partial Regex FrenchMark();

    [GeneratedRegex(@"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|SHOW|ALTER|VACUUM)\b|ON CONFLICT")]
    private static partial Regex Sql();

    [GeneratedRegex(@"\p{Ll}{2}")]
    private static partial Regex Word();

    [GeneratedRegex(@"(\b[Tt](exts)?\[|new RefusedException\([^;]*|new Refusal\([^;]*|French\.Moment\([^;]*)$")]
    private static partial Regex Through();

    [GeneratedRegex(@"\b[Tt](exts)?\[$")]
    private static partial Regex AsKey();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"[/\\](bin|obj)[/\\]")]
    private static partial Regex Generated();
}
