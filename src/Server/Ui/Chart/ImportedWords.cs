using Serment.Records.Administrative;
using Serment.Records.Documents;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;

namespace Serment.Server.Ui.Chart;

/// <summary>An entry of whatever room on one line: for lists of what came from elsewhere, of what lies apart, and of versions.</summary>
public static class ImportedWords
{
    private const int Line = 300;
    private static readonly string[] Rooms = [Result.Room, VitalSet.Room, Problem.Room, Allergy.Room, PastMedication.Room, PastAct.Room, Vaccination.Room, PastEncounter.Room, Note.Room, PastDocument.Room, AdministrativeFile.Room, KeptAsIs.Room];

    public static int Order(string room) => Array.IndexOf(Rooms, room) is var at and >= 0 ? at : Rooms.Length;

    public static string Label(Texts t, string room) => room switch
    {
        Note.Room => t["Notes"], VitalSet.Room => t["Constantes"], Problem.Room => t["Problèmes"], Allergy.Room => t["Allergies"], AdministrativeFile.Room => t["Coordonnées"], Result.Room => t["Résultats"], PastAct.Room => t["Actes"],
        Vaccination.Room => t["Vaccinations"], PastMedication.Room => t["Médicaments"], PastEncounter.Room => t["Venues"], PastDocument.Room => t["Documents"], KeptAsIs.Room => t["Gardé tel quel"], _ => room,
    };

    /// <summary>One of that kind.</summary>
    public static string LabelOfOne(Texts t, string room) => room switch
    {
        Note.Room => t["Note"], Problem.Room => t["Problème"], Allergy.Room => t["Allergie"], Result.Room => t["Résultat"], PastAct.Room => t["Acte"], Vaccination.Room => t["Vaccination"],
        PastMedication.Room => t["Médicament"], PastEncounter.Room => t["Venue"], PastDocument.Room or Document.Room => t["Document"], _ => Label(t, room),
    };

    public static string Text(Texts t, OpenedEntry entry) => entry.Content.Room switch
    {
        OpenedEntry.AlteredRoom or OpenedEntry.NotLentRoom => t["élément altéré"],
        Note.Room => Cut(entry.Body<Note>().Text),
        VitalSet.Room => (Said(entry, "label") is { } label ? label + " : " : "") + string.Join(" · ", entry.Body<VitalSet>().Measures.Select(m => $"{(VitalSign.Of(m.Loinc) is { } sign ? t[sign.Short] : m.Loinc)} {t.Number(m.Value, 2)} {French.Unit(m.Unit)}")),
        Allergy.Room => entry.Body<Allergy>() is { } allergy ? string.Join(" — ", new[] { AllergyWords.Of(t, allergy), allergy.Reaction }.OfType<string>()) : "",
        Problem.Room => entry.Body<Problem>() is { } problem ? problem.Label + (Certainty(t, problem.Certainty) is { } doubt ? $" ({doubt})" : "") : "",
        PastDocument.Room => Said(entry, "label") ?? t["Document"],
        Document.Room => entry.Body<Document>().Title,
        AdministrativeFile.Room => t["Adresse et téléphones"],
        _ => (Said(entry, "label") ?? t["Gardé, non interprété"]) + (Said(entry, "value") is { } value ? $" : {French.Unit(Cut(value))}" : "") + (Said(entry, "place") is { } place ? $" — {place}" : ""),
    };

    /// <summary>What a physician may say of how sure a problem is; null: sure. One that is ruled out is withdrawn.</summary>
    public static IReadOnlyList<string?> Certainties { get; } = [null, "unconfirmed", "provisional", "differential"];

    /// <summary>Of a problem; null when it is taken as sure.</summary>
    public static string? Certainty(Texts t, string? certainty) => certainty switch { null or "" => null, "refuted" => t["écarté"], "unconfirmed" => t["non confirmé"], "provisional" => t["provisoire"], "differential" => t["hypothèse"], _ => certainty };

    /// <summary>What is longer than that line; null when it says all.</summary>
    public static string? WholeOf(OpenedEntry entry) =>
        entry.Content.Room == Note.Room ? entry.Body<Note>().Text is { Length: > Line } note ? note : null
        : Said(entry, "value") is { Length: > Line } value ? value : null;

    /// <summary>The source gave no date: the one that the entry bears is that of the import.</summary>
    public static bool Undated(OpenedEntry entry) => entry.Content.Body.TryGetProperty("undated", out _);

    private static string? Said(OpenedEntry entry, string member) => entry.Content.Body.TryGetProperty(member, out var value) && value.ValueKind == System.Text.Json.JsonValueKind.String ? value.GetString() : null;

    private static string Cut(string text) => text.Length <= Line ? text : text[..Line] + "…";
}
