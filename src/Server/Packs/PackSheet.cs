using System.Net;
using System.Text;
using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;
using Serment.Server.Ui;

namespace Serment.Server.Packs;

/// <summary>A ward's patients on paper or on a screen without network: who lies where, what would hurt him, what was last measured and said. One file, no script.</summary>
internal static class PackSheet
{
    private static readonly TimeSpan NotesOf = TimeSpan.FromDays(7);
    private const string Style = """
        :root { color-scheme: light dark; } @page { size: A4; margin: 14mm; }
        body { font: 15px/1.4 system-ui, "DejaVu Sans", Arial, sans-serif; max-width: 62rem; margin: 1rem auto; padding: 0 1rem; }
        header p { margin: .2rem 0; } .old { border: 2px solid #b00; padding: .4rem .7rem; }
        nav ol { columns: 3 14rem; padding-left: 1.2rem; } nav a { color: inherit; }
        article { border-top: 3px solid; margin-top: 1.5rem; padding-top: .3rem; break-before: page; } article:first-of-type { break-before: auto; }
        h2 { margin: .2rem 0; } h3 { margin: .8rem 0 .1rem; font-size: 1rem; } p, ul { margin: .1rem 0; } ul { padding-left: 1.2rem; }
        .allergy { font-weight: bold; border: 2px solid #b00; padding: .15rem .5rem; display: inline-block; } .tag { border: 1px solid; padding: 0 .3rem; margin-left: .3rem; font-size: .85em; }
        .note { margin: .35rem 0; white-space: pre-wrap; } .facts { opacity: .8; font-size: .9em; } table { border-collapse: collapse; } td, th { padding: .1rem .7rem .1rem 0; text-align: left; } .unusual { font-weight: bold; color: #b00; }
        @media (prefers-color-scheme: dark) { .allergy, .old { border-color: #ff8a80; } .unusual { color: #ff8a80; } }
        @media print { body { max-width: none; font-size: 10.5pt; } nav { display: none; } }
        """;

    public static string Html(PackKeys keys, ILookup<PatientId, PackStay> stays, ILookup<PatientId, EntryContent> entries, DateTimeOffset now, int altered)
    {
        var beds = keys.Beds.Select((bed, i) => (bed, i)).ToDictionary(pair => pair.bed.Bed, pair => (pair.i, Label: pair.bed.Name));
        var patients = keys.Patients.Select(patient => (patient, Stay: stays[patient.Patient].FirstOrDefault())).Select(one => (one.patient, one.Stay, Place: one.Stay?.Bed is { } bed && beds.TryGetValue(bed, out var at) ? at : (i: int.MaxValue, Label: "sans lit"))).OrderBy(one => one.Place.i).ThenBy(one => one.patient.Identity!.Traits.BirthName, StringComparer.Ordinal).ToArray();
        var page = new StringBuilder("<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Dossier de secours</title><style>").Append(Style).Append("</style></head><body><header><h1>Dossier de secours — ").Append(Text(keys.Unit)).Append("</h1>");
        page.Append(CultureText($"<p class=\"{(now - keys.At > TimeSpan.FromHours(2) ? "old" : "facts")}\">{Text(keys.Establishment)}. État au <b>{Words(keys.At)}</b>, ouvert le {Words(now)} : {patients.Length} {(patients.Length > 1 ? "patients présents" : "patient présent")}. Ce qui a été écrit ensuite n'y est pas.</p>"));
        if (altered > 0) page.Append(CultureText($"<p class=\"old\">{altered} éléments altérés ne sont pas montrés.</p>"));
        page.Append("<p class=\"facts\">Notez sur papier ce que vous faites ; recopiez-le au retour. Cette ouverture sera inscrite dans le dossier de chaque patient.</p></header><nav><ol>");
        foreach (var (patient, _, place) in patients) page.Append(CultureText($"<li><a href=\"#p{patient.Patient}\">{Text(place.Label)} — {Text(NameOf(patient.Identity!))}</a></li>"));
        page.Append("</ol></nav><main>");
        foreach (var (patient, stay, place) in patients) Patient(page, patient, stay, place.Label, [.. entries[patient.Patient].Where(entry => !entry.Withdrawn).OrderByDescending(entry => entry.At)], keys.At);
        return page.Append("</main></body></html>").ToString();
    }

    private static void Patient(StringBuilder page, ExportedPatient patient, PackStay? stay, string bed, IReadOnlyList<EntryContent> entries, DateTimeOffset at)
    {
        var who = patient.Identity!;
        page.Append(CultureText($"<article id=\"p{patient.Patient}\"><h2>{Text(bed)} — {Text(NameOf(who))}"));
        foreach (var (tag, on) in new[] { ("homonyme", who.Homonym), ("identité douteuse", who.Doubtful), ("demande de secret", who.Secret) }) if (on) page.Append("<span class=\"tag\">").Append(tag).Append("</span>");
        page.Append(CultureText($"</h2><p class=\"facts\">{(who.Traits.Sex is Sex.Female ? "née" : "né")} {Text(who.Traits.BirthName)} le {French.Day(who.Traits.BirthDate)}, {French.Age(who.Traits.BirthDate, at)}, {French.Sex(who.Traits.Sex)} · IPP {Text(who.Ipp)}"));
        if (stay is not null) page.Append(CultureText($" · dossier {Text(stay.FileNumber)}{(stay.AdmittedAt is { } admitted ? $" · entré le {Words(admitted)}" : "")}{(stay.ExpectedExitAt is { } exit ? $" · sortie prévue le {Words(exit)}" : "")}"));
        page.Append("</p>");
        Allergies(page, [.. Of<Allergy>(entries, Allergy.Room).Select(one => one.Body)]);
        var problems = Of<Problem>(entries, Problem.Room).Select(one => one.Body).ToArray();
        Lines(page, "Problèmes actifs", problems.Where(problem => problem.Active).Select(Said));
        Lines(page, "Antécédents", problems.Where(problem => !problem.Active).Select(Said));
        Lines(page, "Médicaments connus", Of<PastMedication>(entries, PastMedication.Room).Select(one => one.Body).Where(drug => drug.Status is (null or "active") && drug.Kind != "proposal").Select(drug => drug.Value is { } dose ? $"{drug.Label} — {dose}" : drug.Label));
        Vitals(page, Of<VitalSet>(entries, VitalSet.Room));
        Notes(page, Of<Note>(entries, Note.Room), at);
        if (Of<AdministrativeFile>(entries, AdministrativeFile.Room).Select(one => one.Body).FirstOrDefault() is { } file)
            Lines(page, "À joindre", new[] { (file.TrustedPerson, "personne de confiance"), (file.Emergency, "à prévenir") }.Where(one => one.Item1 is not null).Select(one => $"{one.Item1!.Name} ({one.Item2}{(one.Item1.Relationship is { } link ? $", {link}" : "")}){(one.Item1.Phone is { } phone ? $" : {Phones.Shown(phone)}" : "")}"));
        page.Append("</article>");
    }

    private static void Allergies(StringBuilder page, IReadOnlyList<Allergy> allergies)
    {
        var known = allergies.Where(one => one.Stands).ToArray();
        var narrower = allergies.Where(one => !one.Stands && !one.NoneKnown && !one.Refuted).Select(one => one.NoneOf ?? $"{one.Substance} ({(one.Status is "resolved" ? "résolue" : "inactive")})").ToArray();
        page.Append("<h3>Allergies</h3>");
        if (known.Length > 0) page.Append("<p class=\"allergy\">").Append(Text(string.Join(" ; ", known.Select(Said)))).Append("</p>");
        else page.Append(allergies.Any(one => one.NoneKnown) && !allergies.Any(one => one.Unread) ? "<p>Aucune connue, le patient a été interrogé.</p>" : narrower.Length > 0 ? "<p><b>Non demandé en général.</b></p>" : "<p><b>Non demandé.</b></p>");
        if (narrower.Length > 0) page.Append("<p>").Append(Text(string.Join(" ; ", narrower))).Append("</p>");
    }

    private static void Vitals(StringBuilder page, IEnumerable<(EntryContent Entry, VitalSet Body)> sets)
    {
        var last = sets.SelectMany(set => set.Body.Measures.Select(measure => (set.Entry.At, measure))).GroupBy(one => one.measure.Loinc).Select(group => group.MaxBy(one => one.At)).Select(one => (one.At, one.measure, Sign: VitalSign.Of(one.measure.Loinc))).Where(one => one.Sign is not null).ToArray();
        if (last.Length == 0) return;
        page.Append("<h3>Dernières constantes</h3><table>");
        foreach (var (at, measure, sign) in last.OrderBy(one => VitalSign.All.TakeWhile(known => known != one.Sign).Count()))
            page.Append(CultureText($"<tr><th scope=\"row\">{Text(sign!.Label)}</th><td class=\"{(sign.Unusual(measure.Value) ? "unusual" : "")}\">{French.Number(measure.Value, sign.Decimals)} {Text(measure.Unit)}</td><td class=\"facts\">{Words(at)}</td></tr>"));
        page.Append("</table>");
    }

    private static void Notes(StringBuilder page, IEnumerable<(EntryContent Entry, Note Body)> notes, DateTimeOffset at)
    {
        var recent = notes.Where(note => note.Entry.At > at - NotesOf).ToArray();
        if (recent.Length == 0) return;
        page.Append("<h3>Notes et transmissions des sept derniers jours</h3>");
        foreach (var (entry, note) in recent)
            page.Append(CultureText($"<div class=\"note\"><span class=\"facts\">{Words(entry.At)}, {Text(entry.AuthorName ?? entry.Origin ?? "")}</span> {(note.Target is { } target ? $"<b>{Text(target)}</b> " : "")}{Text(string.Join(" / ", new[] { note.Text, note.Action, note.Outcome }.Where(part => !string.IsNullOrEmpty(part))))}</div>"));
    }

    private static void Lines(StringBuilder page, string heading, IEnumerable<string> lines)
    {
        var all = lines.ToArray();
        if (all.Length == 0) return;
        page.Append("<h3>").Append(heading).Append("</h3><ul>");
        foreach (var line in all) page.Append("<li>").Append(Text(line)).Append("</li>");
        page.Append("</ul>");
    }

    private static IEnumerable<(EntryContent Entry, T Body)> Of<T>(IEnumerable<EntryContent> entries, string room) => entries.Where(entry => entry.Room == room).Select(entry => (entry, System.Text.Json.JsonSerializer.Deserialize<T>(entry.Body, EntryJson.Options)!));

    private static string Said(Problem problem) => (problem.Code is { } code ? $"{problem.Label} ({code})" : problem.Label) + (problem.Certainty switch { null => "", "provisional" => " — provisoire", "differential" => " — hypothèse", _ => " — non confirmé" });

    private static string Said(Allergy allergy)
    {
        var more = string.Join(", ", new[] { allergy.Reaction, allergy.Certainty is null ? null : "non confirmée" }.Where(part => part is { Length: > 0 }));
        return more.Length > 0 ? $"{allergy.Substance} ({more})" : allergy.Substance!;
    }

    private static string NameOf(ExportedIdentity who) => $"{who.Traits.UsedName ?? who.Traits.BirthName} {French.Given(who.Traits.UsedGivenName ?? who.Traits.FirstGivenName)}";

    private static string Words(DateTimeOffset at) => ClinicalTime.Local(at).ToString("dd/MM/yyyy HH:mm", ClinicalTime.French);

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    private static string CultureText(FormattableString text) => text.ToString(ClinicalTime.French);
}
