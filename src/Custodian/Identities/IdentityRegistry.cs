using System.Globalization;
using System.Text.Json;

namespace Serment.Custodian.Identities;

/// <summary>One person as the registry keeps them: the present traits and every earlier version.</summary>
internal sealed record Identity
{
    public required PatientId Id { get; init; }
    public required int Ipp { get; init; }
    public required IdentityTraits Traits { get; init; }
    public required IdentityStatus Status { get; init; }
    public bool Doubtful { get; init; }
    public bool Homonym { get; init; }
    public bool Fictitious { get; init; }
    public bool Secret { get; init; }
    public string? Source { get; init; }
    public PatientId? MergedInto { get; init; }
    public IReadOnlyList<IdentityChange> History { get; init; } = [];

    public IdentityLine Line => new(Id, Ipp.ToString("D9", CultureInfo.InvariantCulture), Traits.BirthName, Traits.UsedGivenName ?? Traits.FirstGivenName, Traits.UsedName, Traits.BirthDate, Traits.Sex, Status, Doubtful, Homonym, Fictitious, Secret);
}

internal sealed record IdentityChange(DateTimeOffset At, AccountId? By, string Reason, IdentityTraits Before);

/// <summary>
/// Who people are: the only place that knows. In memory, rebuilt from sealed storage at start.
/// Distinct name words are few beside people; typos are looked for among the words, people come from their lists.
/// Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class IdentityRegistry(bool demonstration, Action<string, byte[]> persist)
{
    private readonly Dictionary<PatientId, Identity> _people = [];
    private readonly Dictionary<string, List<PatientId>> _byWord = [];
    private readonly Dictionary<DateOnly, List<PatientId>> _byBirth = [];
    private readonly Dictionary<string, PatientId> _byNumber = [];
    private readonly Dictionary<string, PatientId> _bySource = [];
    private readonly Dictionary<PatientId, List<PatientId>> _absorbed = [];
    private int _lastIpp;

    public int Count => _people.Count;

    public void Load(byte[] json) => Index(JsonSerializer.Deserialize<Identity>(json, WireJson.Options)!);

    public bool Exists(PatientId patient) => _people.ContainsKey(patient);

    /// <summary>Every id under which this person's entries may lie, the living one first.</summary>
    public IReadOnlyList<PatientId> AliasesOf(PatientId patient)
    {
        var living = _people.TryGetValue(patient, out var identity) && identity.MergedInto is { } into ? into : patient;
        return _absorbed.TryGetValue(living, out var others) ? [living, .. others] : [living];
    }

    public IdentityCreated Create(CreateIdentity ask, AccountId? by, DateTimeOffset now)
    {
        if (ask.Source is { } source && _bySource.TryGetValue(source, out var known)) return new IdentityCreated(_people[known].Line, []);
        var traits = TraitRules.Strict(ask.Traits, demonstration, ClinicalTime.Day(now));
        if (traits.Matricule is { } matricule && _byNumber.TryGetValue(matricule, out var same)) return new IdentityCreated(null, [_people[same].Line]);
        var duplicates = LikelyDuplicates(traits);
        if (duplicates.Count > 0 && !ask.DespiteDuplicates) return new IdentityCreated(null, duplicates);
        var identity = new Identity { Id = Id.New<PatientId>(), Ipp = _lastIpp + 1, Traits = traits, Status = ask.Status, Homonym = duplicates.Any(d => d.BirthName == traits.BirthName), Source = ask.Source };
        Put(identity);
        return new IdentityCreated(identity.Line, duplicates);
    }

    public IdentityLine Correct(CorrectIdentity ask, AccountId by, DateTimeOffset now)
    {
        var identity = Of(ask.Patient);
        if (ask.Reason.Trim().Length < 3) throw new RefusedException(RefusalCodes.Invalid, "Indiquez le motif de la correction.");
        var corrected = identity with
        {
            Traits = TraitRules.Strict(ask.Traits, demonstration, ClinicalTime.Day(now)),
            Status = ask.Status,
            History = [.. identity.History, new IdentityChange(now, by, ask.Reason.Trim(), identity.Traits)],
        };
        Put(corrected);
        return corrected.Line;
    }

    public IReadOnlyList<IdentityLine> Lines(IReadOnlyList<PatientId> patients) => [.. patients.Where(_people.ContainsKey).Select(p => _people[p].Line)];

    /// <summary>Same birth date and one strong name word within a typo, or all names equal and the date one digit away.</summary>
    public IReadOnlyList<IdentityLine> LikelyDuplicates(IdentityTraits traits)
    {
        var words = SearchText.Words($"{traits.BirthName} {traits.UsedName}");
        var given = SearchText.Words(traits.FirstGivenName);
        var sameDay = _byBirth.GetValueOrDefault(traits.BirthDate, []).Where(id => Close(words, NameWords(_people[id])) && Close(given, NameWords(_people[id])));
        var sameNames = Search($"{traits.BirthName} {traits.FirstGivenName}", null, DateOnly.MaxValue).Select(line => line.Patient)
            .Where(id => _people[id].Traits.BirthName == traits.BirthName && _people[id].Traits.FirstGivenName == traits.FirstGivenName
                && SearchText.Edits(Compact(_people[id].Traits.BirthDate), Compact(traits.BirthDate), 1) <= 1);
        return [.. sameDay.Concat(sameNames).Distinct().Where(id => _people[id].MergedInto is null).Take(10).Select(id => _people[id].Line)];
    }

    /// <param name="within">Only these people, or everyone when null.</param>
    public IReadOnlyList<IdentityLine> Search(string text, IReadOnlySet<PatientId>? within, DateOnly today)
    {
        if (text.Length > 200) throw new RefusedException(RefusalCodes.Invalid, "Recherche trop longue.");
        var (date, rest) = SearchText.TakeDate(text, today);
        var number = rest.Replace(" ", "", StringComparison.Ordinal);
        if (_byNumber.TryGetValue(number, out var exact)) return within is null || within.Contains(exact) ? [_people[exact].Line] : [];
        var words = SearchText.Words(rest);
        if (words.Length == 0 && date is null) return [];

        Dictionary<PatientId, int>? scores = null;
        foreach (var word in words)
        {
            var found = new Dictionary<PatientId, int>();
            foreach (var (candidate, score) in Candidates(word))
                foreach (var id in _byWord[candidate])
                    if (within is null || within.Contains(id)) found[id] = Math.Min(found.GetValueOrDefault(id, int.MaxValue), score);
            scores = scores is null ? found : Meet(scores, found);
        }
        if (date is { } birth)
        {
            var born = _byBirth.GetValueOrDefault(birth, []).Where(id => within is null || within.Contains(id)).ToHashSet();
            scores = scores is null ? born.ToDictionary(id => id, _ => 0) : scores.Where(s => born.Contains(s.Key)).ToDictionary(s => s.Key, s => s.Value);
        }
        return [.. scores!.Where(s => _people[s.Key].MergedInto is null).OrderBy(s => s.Value).ThenBy(s => _people[s.Key].Traits.BirthName, StringComparer.Ordinal).ThenBy(s => _people[s.Key].Traits.FirstGivenName, StringComparer.Ordinal).Select(s => _people[s.Key].Line)];
    }

    private IEnumerable<(string Word, int Score)> Candidates(string word)
    {
        var limit = word.Length <= 3 ? 0 : word.Length <= 7 ? 1 : 2;
        foreach (var candidate in _byWord.Keys)
        {
            if (candidate == word) yield return (candidate, 0);
            else if (word.Length >= 2 && candidate.StartsWith(word, StringComparison.Ordinal)) yield return (candidate, 1);
            else if (limit > 0 && SearchText.Edits(word, candidate, limit) is var edits && edits <= limit) yield return (candidate, 2 * edits);
        }
    }

    private static Dictionary<PatientId, int> Meet(Dictionary<PatientId, int> a, Dictionary<PatientId, int> b) =>
        a.Where(s => b.ContainsKey(s.Key)).ToDictionary(s => s.Key, s => s.Value + b[s.Key]);

    private static bool Close(string[] wanted, string[] present) => wanted.Any(w => present.Any(p => SearchText.Edits(w, p, w.Length > 3 ? 1 : 0) <= (w.Length > 3 ? 1 : 0)));

    private static string Compact(DateOnly date) => date.ToString("ddMMyyyy", CultureInfo.InvariantCulture);

    private static string[] NameWords(Identity identity) => SearchText.Words($"{identity.Traits.BirthName} {identity.Traits.UsedName} {identity.Traits.FirstGivenName} {identity.Traits.GivenNames} {identity.Traits.UsedGivenName}");

    private Identity Of(PatientId patient) => _people.TryGetValue(patient, out var identity) ? identity : throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");

    private void Put(Identity identity)
    {
        persist(identity.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(identity, WireJson.Options));
        Index(identity);
    }

    private void Index(Identity identity)
    {
        if (_people.TryGetValue(identity.Id, out var before))
        {
            foreach (var word in NameWords(before).Distinct()) _byWord[word].Remove(identity.Id);
            _byBirth[before.Traits.BirthDate].Remove(identity.Id);
            if (before.Traits.Matricule is { } old) _byNumber.Remove(old);
        }
        _people[identity.Id] = identity;
        foreach (var word in NameWords(identity).Distinct()) ListOf(_byWord, word).Add(identity.Id);
        ListOf(_byBirth, identity.Traits.BirthDate).Add(identity.Id);
        _byNumber[identity.Line.Ipp] = identity.Id;
        if (identity.Traits.Matricule is { } matricule) _byNumber[matricule] = identity.Id;
        if (identity.Source is { } source) _bySource[source] = identity.Id;
        if (identity.MergedInto is { } into) ListOf(_absorbed, into).Add(identity.Id);
        _lastIpp = Math.Max(_lastIpp, identity.Ipp);
    }

    private static List<PatientId> ListOf<TKey>(Dictionary<TKey, List<PatientId>> lists, TKey key) where TKey : notnull =>
        lists.TryGetValue(key, out var list) ? list : lists[key] = [];
}
