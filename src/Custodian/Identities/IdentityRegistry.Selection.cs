using System.Globalization;

namespace Serment.Custodian.Identities;

/// <summary>Who is meant by a selection: living people, each once.</summary>
internal sealed partial class IdentityRegistry
{
    /// <exception cref="RefusedException">Not exactly one way of selecting, nobody, or someone unknown; names the first unknown number.</exception>
    public IReadOnlyList<PatientId> Select(PatientSelection ask, int most) => Reading<IReadOnlyList<PatientId>>(() =>
    {
        var book = Opened();
        if ((ask.Patients is null ? 0 : 1) + (ask.Ipps is null ? 0 : 1) + (ask.Everyone ? 1 : 0) != 1) throw Invalid("Désignez les patients d'une seule façon : une liste, ou tous.");
        if (ask.Everyone) return book.People.Count > 0 ? [.. Enumerable.Range(0, book.People.Count).Select(book.People.Id).Where(id => _aliases.Into(id) is null)] : throw Invalid("L'établissement n'a aucun patient.");
        var count = ask.Patients?.Count ?? ask.Ipps!.Count;
        if (count is 0 || count > most) throw Invalid($"La liste compte {count} patients : 1 à {most} sont possibles.");
        if (ask.Patients is { } ids) return [.. ids.Select(id => book.People.TryNumber(id, out _) ? _aliases.Of(id)[0] : throw Invalid("La liste contient un patient inconnu de l'établissement.")).Distinct()];
        return [.. ask.Ipps!.Select(ipp => int.TryParse(ipp.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && book.ByIpp.TryGetValue(number, out var person) ? _aliases.Of(book.People.Id(person))[0]
            : throw Invalid($"« {(ipp.Length > 20 ? ipp[..20] : ipp)} » n'est l'IPP d'aucun patient de l'établissement.")).Distinct()];
    });

    public IReadOnlyList<string> Ipps(IEnumerable<PatientId> patients) => Reading<IReadOnlyList<string>>(() => [.. patients.Select(patient => Find(_aliases.Of(patient)[0]) is { } identity ? Identity.Number(identity.Ipp) : "inconnu")]);
}
