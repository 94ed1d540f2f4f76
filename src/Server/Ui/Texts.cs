using System.Globalization;
using Microsoft.AspNetCore.Components;
using Serment.Records.Entries;
using Serment.Records.Stays;

namespace Serment.Server.Ui;

/// <summary>
/// What the screens of one connection say, in the language that its person chose: French, or English from Texts.en.resx.
/// The French text is the key: <c>@T["Plan des lits"]</c>, <c>@T["{0} sans lit", n]</c>. docs/decisions/0022.
/// </summary>
/// <remarks>The language belongs to the connection, not to the thread: what the Custodian reports arrives on threads of any culture.</remarks>
public sealed class Texts
{
    private static readonly SecondLanguage Screens = new("Serment.Server.Ui.Texts", typeof(Texts).Assembly);
    private static readonly CultureInfo British = CultureInfo.GetCultureInfo("en-GB");

    public Texts() => Everywhere = new CascadingValueSource<Texts>(this, isFixed: false);

    /// <summary>Reaches every screen, dialogs included, and draws it anew when the language changes; what was typed stays.</summary>
    public CascadingValueSource<Texts> Everywhere { get; }

    public bool English { get; private set; }

    public CultureInfo Culture => English ? British : ClinicalTime.French;

    public Task ChooseAsync(bool english)
    {
        English = english;
        return Everywhere.NotifyChangedAsync();
    }

    public string this[string french] => English ? Screens.Of(french) ?? french : french;

    public string this[string french, params object?[] values] => string.Format(Culture, this[french], values);

    /// <summary>A text that the Custodian or a room of care has already filled in.</summary>
    public string Said(string french) => English ? Translated(french) ?? french : french;

    /// <summary>A refusal in the person's language. Where this version knows no English for it, what it means, and the French beside it.</summary>
    public (string Text, string? French) Said(Refusal refusal) => !English ? (refusal.Message, null)
        : Translated(refusal.Message) is { } text ? (text, null)
        : ($"This was refused ({refusal.Code}). In French:", refusal.Message);

    /// <summary>What stands behind the author of an entry that was corrected: the how manieth version it is, and why.</summary>
    public string Version(OpenedEntry entry) => entry.Version > 1 ? this[" · version {0} : {1}", entry.Version, entry.Content.Reason] : "";

    public string Reason(MovementReason reason) => reason switch
    {
        MovementReason.WrongPatient => this["mauvais patient"],
        MovementReason.EnteredTwice => this["saisi deux fois"],
        MovementReason.EnteredByMistake => this["saisi par erreur"],
        MovementReason.DidNotCome => this["n'est pas venu·e"],
        MovementReason.Postponed => this["reporté ou renoncé avant l'arrivée"],
        MovementReason.Mistyped => this["heure mal saisie"],
        _ => this["saisi après coup"],
    };

    public string Day(DateOnly day) => day.ToString(English ? "d MMM yyyy" : "dd/MM/yyyy", Culture);

    public string Time(DateTimeOffset at) => French.Time(at);

    /// <summary>A local moment in the form that each language gives it.</summary>
    public string On(DateTimeOffset at, string french, string english) => ClinicalTime.Local(at).ToString(English ? english : french, Culture);

    public string Full(DateTimeOffset at) => On(at, "dd/MM/yyyy HH:mm", "d MMM yyyy HH:mm");

    public string Month(DateOnly day) => day.ToString(English ? "MMM yyyy" : "MM/yyyy", Culture);

    /// <summary>"aujourd'hui 14:05", "hier 08:30", "mar. 3 févr. 14:05", with the year when it is another one.</summary>
    public string When(DateTimeOffset at, DateTimeOffset now)
    {
        if (!English) return French.When(at, now);
        var today = ClinicalTime.Day(now);
        return (today.DayNumber - ClinicalTime.Day(at).DayNumber) switch
        {
            0 => $"today {Time(at)}",
            1 => $"yesterday {Time(at)}",
            -1 => $"tomorrow {Time(at)}",
            _ => On(at, "", ClinicalTime.Local(at).Year == today.Year ? "ddd d MMM HH:mm" : "d MMM yyyy HH:mm"),
        };
    }

    /// <summary>Days until one month, months until three years, then years.</summary>
    public string Age(DateOnly birth, DateTimeOffset now)
    {
        var age = French.Age(birth, now);
        return English ? age.Replace(" ans", " y", StringComparison.Ordinal).Replace(" mois", " mo", StringComparison.Ordinal).Replace(" j", " d", StringComparison.Ordinal) : age;
    }

    public string? BirthNameNote(IdentityLine who) => French.BirthNameNote(who) is not { } note ? null : English ? $"born {who.BirthName}" : note;

    public string Number(decimal value, int decimals = 1) => value.ToString(decimals == 0 ? "0" : "0." + new string('#', decimals), Culture);

    public string Count(long value) => value.ToString("N0", Culture);

    /// <summary>A size as people say it: 812 o, 4,2 Mo; 812 B, 4.2 MB.</summary>
    public string Bytes(long size) => English ? French.Bytes(size).Replace(',', '.').Replace('o', 'B') : French.Bytes(size);

    public string Status(IdentityStatus status) => this[French.Status(status)];

    public string Role(Role role) => this[French.Role(role)];

    public string Domain(Domain domain) => this[French.Domain(domain)];

    /// <summary>Word for word first: a pattern of the one ("{0} par heure", "Le {0}") would take what the other says whole, or says more closely.</summary>
    private static string? Translated(string french) => Screens.Of(french) ?? SecondLanguage.OfCustodian.Of(french)
        ?? ((Screens.OfPattern(french), SecondLanguage.OfCustodian.OfPattern(french)) switch
        {
            ({ } screens, { } custodian) => screens.Fixed >= custodian.Fixed ? screens.English : custodian.English,
            var (screens, custodian) => screens?.English ?? custodian?.English,
        })
        ?? Screens.OfSentence(french) ?? SecondLanguage.OfCustodian.OfSentence(french);
}
