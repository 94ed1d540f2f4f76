using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;
using Serment.Records.Stays;

namespace Serment.Server.Ui.Chart;

/// <summary>A patient's file as it lies open on one screen: who he is, his stays, and every entry that the reader's role may see.</summary>
public sealed record OpenFile(IdentityLine? Who, IReadOnlyList<PatientId> Aliases, IReadOnlyList<Domain> Domains, IReadOnlyList<StayRow> Stays, IReadOnlyList<OpenedEntry> Entries)
{
    public StayRow? Present => Stays.FirstOrDefault(s => s.Occupies);

    public IEnumerable<OpenedEntry> Of(string room) => Entries.Where(e => e.Content.Room == room);

    public AdministrativeFile? Administrative => Of(AdministrativeFile.Room).FirstOrDefault()?.Body<AdministrativeFile>();

    // Read out of their entries once: banner, panels and curves ask for them at every drawing.
    private IReadOnlyList<(OpenedEntry Entry, Allergy Allergy)>? _allergies, _allergiesGone;
    private IReadOnlyList<(OpenedEntry Entry, VitalSet Set)>? _vitals;

    public IReadOnlyList<(OpenedEntry Entry, Allergy Allergy)> Allergies => _allergies ??= [.. AllergiesWhere(said: true)];

    /// <summary>No longer said of this patient: taken back, or ruled out.</summary>
    public IReadOnlyList<(OpenedEntry Entry, Allergy Allergy)> AllergiesGone => _allergiesGone ??= [.. AllergiesWhere(said: false)];

    private IEnumerable<(OpenedEntry, Allergy)> AllergiesWhere(bool said) =>
        Of(Allergy.Room).Select(e => (Entry: e, Allergy: e.Body<Allergy>())).Where(a => (a.Entry.Content.Withdrawn || a.Allergy.Refuted) != said);

    /// <summary>What was measured together, set by set, those taken back too; newest first.</summary>
    public IReadOnlyList<(OpenedEntry Entry, VitalSet Set)> Vitals => _vitals ??= [.. Of(VitalSet.Room).Select(e => (e, e.Body<VitalSet>()))];

    public IReadOnlyList<(OpenedEntry Entry, Problem Problem)> Problems => [.. Of(Problem.Room).Where(e => !e.Content.Withdrawn).Select(e => (e, e.Body<Problem>()))];

    public IReadOnlyList<(OpenedEntry Entry, Note Note)> Notes => [.. Of(Note.Room).Select(e => (e, e.Body<Note>()))];

    /// <summary>Every value of one sign, oldest first.</summary>
    public IReadOnlyList<(DateTimeOffset At, decimal Value)> Values(VitalSign sign) =>
        [.. Vitals.Where(v => !v.Entry.Content.Withdrawn).SelectMany(v => v.Set.Measures.Where(m => m.Loinc == sign.Loinc).Select(m => (v.Entry.Content.At, m.Value))).OrderBy(v => v.At)];

    /// <summary>Where what is typed of this patient and not saved is kept: a colleague's place is another one.</summary>
    /// <param name="form">Its name; of a correction, the entry's id.</param>
    public string DraftPlace(AccountId by, string form) => $"{by}|{Aliases[0]}|{form}";
}
