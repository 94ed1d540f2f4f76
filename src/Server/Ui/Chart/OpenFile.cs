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

    public IReadOnlyList<(OpenedEntry Entry, Allergy Allergy)> Allergies => [.. Of(Allergy.Room).Where(e => !e.Content.Withdrawn).Select(e => (e, e.Body<Allergy>())).Where(a => !a.Item2.Refuted)];

    public IReadOnlyList<(OpenedEntry Entry, Problem Problem)> Problems => [.. Of(Problem.Room).Where(e => !e.Content.Withdrawn).Select(e => (e, e.Body<Problem>()))];

    public IReadOnlyList<(OpenedEntry Entry, Note Note)> Notes => [.. Of(Note.Room).Select(e => (e, e.Body<Note>()))];

    /// <summary>Every value of one sign, oldest first.</summary>
    public IReadOnlyList<(DateTimeOffset At, decimal Value)> Values(VitalSign sign) =>
        [.. Of(VitalSet.Room).Where(e => !e.Content.Withdrawn).SelectMany(e => e.Body<VitalSet>().Measures.Where(m => m.Loinc == sign.Loinc).Select(m => (e.Content.At, m.Value))).OrderBy(v => v.At)];
}
