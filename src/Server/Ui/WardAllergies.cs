using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Server.Signing;

namespace Serment.Server.Ui;

/// <summary>What a list says of one patient's allergies: the substances, "none known", or that nobody asked.</summary>
/// <param name="Asked">"None known" stands and nothing is unread, or an allergy. Without either nobody has asked, which is not "none".</param>
/// <param name="Unreadable">An entry of the file was altered: it may have been an allergy.</param>
/// <param name="Narrower">What was said of one sort of allergies alone, and those of the past.</param>
public sealed record AllergyMark(bool Asked, IReadOnlyList<string> Substances, bool Unreadable, IReadOnlyList<string> Narrower)
{
    public static AllergyMark Of(IReadOnlyList<OpenedEntry> entries)
    {
        var standing = entries.Where(e => !e.Altered && !e.Content.Withdrawn).Select(e => e.Body<Allergy>()).Where(a => !a.Refuted).ToArray();
        return new AllergyMark(standing.Any(a => a.Stands || (a.NoneKnown && !standing.Any(other => other.Unread))), Of(standing.Where(a => a.Stands).Select(a => a.Substance)), entries.Any(e => e.Altered), Of(standing.Where(a => !a.Stands).Select(a => a.NoneOf ?? a.Substance)));

        static IReadOnlyList<string> Of(IEnumerable<string?> words) => [.. words.OfType<string>().Distinct(StringComparer.CurrentCultureIgnoreCase)];
    }
}

/// <summary>
/// The allergies of a ward, for one connection. Asked for by the person, because it opens the files (docs/decisions/0029); what
/// was opened is shown again while its lease runs, the same session is there and nothing was written in the file since.
/// </summary>
public sealed class WardAllergies(BrowserSession session, PatientFiles files, EntriesDoor entries, CellClock clock)
{
    private readonly Dictionary<PatientId, (AllergyMark Mark, SessionId Session, DateTimeOffset Until, DateTimeOffset? Written)> _read = [];

    public AllergyMark? Of(PatientId patient, DateTimeOffset? written) =>
        _read.TryGetValue(patient, out var read) && read.Session == session.Session && read.Until > clock.GetUtcNow() && read.Written == written ? read.Mark : null;

    /// <summary>One question to the Custodian and one to the database, however many they are.</summary>
    /// <param name="people">Every id of each, the one that the list shows first.</param>
    /// <returns>Why some stay closed (a touch is due, no relation), or null when all opened.</returns>
    public async Task<Refusal?> OpenAsync(IReadOnlyList<IReadOnlyList<PatientId>> people)
    {
        if (people.Count == 0) return null;
        // First when, then what: an entry written between the two is asked for again, never overlooked.
        var written = await entries.LastWrittenAsync(people);
        var (keys, refused) = await files.OpenWardAsync([.. people.Select(ids => ids[0])], Domain.Clinical);
        using (keys)
        {
            var allergies = await entries.OfRoomAsync(keys, Domain.Clinical, Allergy.Room);
            foreach (var patient in keys.Patients)
                _read[patient] = (AllergyMark.Of(allergies[patient]), session.Session, keys.ExpiresAt, written.TryGetValue(patient, out var at) ? at : null);
        }
        return refused;
    }
}
