using System.Text.Json;

namespace Serment.Exchange.Fhir;

/// <summary>
/// What the resources of one bundle may refer to: its patients, and the names of practitioners, organisations, places and
/// medicines. A directory of bulk files has one that all files share: <paramref name="wider"/>.
/// </summary>
public sealed class FhirIndex(FhirIndex? wider = null)
{
    private readonly Dictionary<string, SourcePerson> _people = [];
    private readonly Dictionary<string, string> _names = [];
    /// <summary>Where those lie that were named by a whole address: Patient/1 of another server is someone else.</summary>
    private readonly Dictionary<string, string> _addresses = [];
    private readonly List<SourcePerson> _patients = [];
    /// <summary>Files that lie apart (Binary), by the address under which a document quotes them: nothing in them says whose they are.</summary>
    private readonly Dictionary<string, Quote> _quotes = [];
    internal const string Ambiguous = "Deux patients de l'import portent la même référence : rien n'est mêlé.";

    public IReadOnlyList<SourcePerson> Patients => _patients;

    /// <summary>Whose names others quote, and who are nobody's file.</summary>
    internal static bool IsNamed(string type) => type is "Practitioner" or "PractitionerRole" or "Organization" or "Location" or "Medication" or "HealthcareService" or "Endpoint" or "Substance";

    /// <exception cref="FhirFaultException">Somebody's name, or whom others quote, is text that cannot be read: who is meant in this file is not known.</exception>
    public void Add(SourceResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (resource.Broken is { } broken && (resource.Type is "Patient" or "" || IsNamed(resource.Type))) throw new FhirFaultException(broken.Line, broken.Column, SourceResource.BrokenText);
        if (resource.Type == "Patient")
        {
            var person = FhirPatient.Read(resource);
            _patients.Add(person);
            foreach (var reference in ReferencesTo(resource)) Know(reference, person);
            if (resource.FullUrl is { } url && url.Contains("://", StringComparison.Ordinal)) _addresses[Short(url)] = Address(url);
        }
        else if (IsNamed(resource.Type) && NameIn(resource.Json) is { } name)
            foreach (var reference in ReferencesTo(resource)) _names[reference] = name;
        else
            foreach (var attachment in AttachmentsOf(resource))
                if (attachment.At("data") is null && attachment.Text("url")?.Split("/_history/")[0] is { } url)
                    Quoted(url, new Quote(resource.Json.At("subject")?.Text("reference"), attachment.Text("title") ?? resource.Json.At("type")?.Concept()?.Label ?? resource.Json.At("code")?.Concept()?.Label,
                        FhirElements.Instant(resource.Json.Text("date") ?? resource.Json.Text("effectiveDateTime") ?? resource.Json.Text("issued") ?? resource.Json.Text("createdDateTime")), FhirConfidentiality.IsProtected(resource)));
    }

    /// <summary>What the document says of a file that lies apart in the same bundle; null where none quotes it.</summary>
    internal Quote? QuoteOf(SourceResource file) => file.Type == "Binary" ? ReferencesTo(file).Select(reference => _quotes.GetValueOrDefault(reference)).FirstOrDefault(quote => quote is not null) : null;

    /// <summary>Whose such a file is: that document's patient.</summary>
    internal SourcePerson? PatientOf(Quote quote) => quote.Subject is { } subject ? Find(subject) : _patients.Count == 1 ? _patients[0] : null;

    /// <summary>Two people's documents that quote one file: it is nobody's. One document that is protected: so is the file.</summary>
    private void Quoted(string url, Quote quote) =>
        _quotes[url] = _quotes.TryGetValue(url, out var other) ? other with { Subject = other.Subject == quote.Subject ? quote.Subject : "", IsProtected = other.IsProtected || quote.IsProtected } : quote;

    private static IEnumerable<JsonElement> AttachmentsOf(SourceResource resource) => resource.Type switch
    {
        "DocumentReference" => resource.Json.Each("content").Select(content => content.At("attachment")).OfType<JsonElement>(),
        "DiagnosticReport" => resource.Json.Each("presentedForm"),
        "Media" => resource.Json.At("content") is { } content ? [content] : [],
        _ => [],
    };

    /// <summary>What was read of one file, for all others.</summary>
    public void Take(FhirIndex read)
    {
        ArgumentNullException.ThrowIfNull(read);
        foreach (var (reference, person) in read._people) Know(reference, person);
        foreach (var (reference, name) in read._names) _names[reference] = name;
        foreach (var (reference, address) in read._addresses) _addresses[reference] = address;
        _patients.AddRange(read._patients);
    }

    /// <summary>A bundle or a directory that calls two people the same: nothing that only says so is anybody's.</summary>
    private void Know(string reference, SourcePerson person) =>
        _people[reference] = _people.TryGetValue(reference, out var other) && !IsSame(other, person) ? other with { Refusal = Ambiguous } : person;

    /// <summary>The patient whom a resource is about; the bundle's only one when it names nobody at all. Null: nobody, or somebody unknown.</summary>
    internal SourcePerson? PatientOf(SourceResource resource, out bool namesSomebody)
    {
        namesSomebody = false;
        foreach (var member in new[] { "subject", "patient", "beneficiary", "for", "individual", "candidate" })
            if (resource.Json.At(member)?.Text("reference") is { } reference)
            {
                namesSomebody = true;
                if (Find(reference) is { } person) return person;
            }
        foreach (var target in resource.Json.Each("target").Concat(resource.Json.Each("subject")))
            if (target.Text("reference") is { } reference && Find(reference) is { } person) return person;
        return null;
    }

    /// <summary>What a reference says of whom or what it means: its own display, else the name of the resource meant.</summary>
    internal string? NameOf(JsonElement? reference, JsonElement within)
    {
        if (reference is not { ValueKind: JsonValueKind.Object } shown) return null;
        if (shown.Text("display") is { } display) return display;
        if (shown.Text("reference") is not { } text) return null;
        if (text.StartsWith('#'))
            return within.Each("contained").FirstOrDefault(c => c.Text("id") == text[1..]) is { ValueKind: JsonValueKind.Object } contained ? NameIn(contained) : null;
        return Named(text);
    }

    /// <param name="Subject">As the document names its patient; empty: nobody that can be told.</param>
    internal sealed record Quote(string? Subject, string? Title, DateTimeOffset? At, bool IsProtected);

    internal bool IsPatient(string reference) => Find(reference) is not null;

    private SourcePerson? Find(string reference) =>
        _people.GetValueOrDefault(reference) ?? (IsElsewhere(reference) ? null : _people.GetValueOrDefault(Short(reference))) ?? wider?.Find(reference);

    private static bool IsSame(SourcePerson one, SourcePerson other) =>
        one.Source == other.Source && one.BirthDate == other.BirthDate && string.Equals(one.BirthName, other.BirthName, StringComparison.OrdinalIgnoreCase) && string.Equals(one.FirstGivenName, other.FirstGivenName, StringComparison.OrdinalIgnoreCase);

    private bool IsElsewhere(string reference) => reference.Contains("://", StringComparison.Ordinal) && _addresses.TryGetValue(Short(reference), out var known) && known != Address(reference);

    private static string Address(string url) => url.Split("/_history/")[0].Split("://", 2)[1];

    private string? Named(string reference) => _names.GetValueOrDefault(reference) ?? _names.GetValueOrDefault(Short(reference)) ?? wider?.Named(reference);

    private static IEnumerable<string> ReferencesTo(SourceResource resource)
    {
        if (resource.FullUrl is { } url) yield return url;
        if (resource.Id is { } id) yield return $"{resource.Type}/{id}";
    }

    /// <summary>Patient/12 out of https://host/fhir/Patient/12/_history/3.</summary>
    private static string Short(string reference)
    {
        var path = reference.Split("/_history/")[0].Split('/');
        return path.Length >= 2 ? $"{path[^2]}/{path[^1]}" : reference;
    }

    private static string? NameIn(JsonElement json)
    {
        if (json.At("name") is { ValueKind: JsonValueKind.String }) return json.Text("name");
        if (json.First("name") is { } human)
            return human.Text("text") ?? (string.Join(' ', human.Each("prefix").Concat(human.Each("given")).Where(p => p.ValueKind == JsonValueKind.String).Select(p => p.GetString()!).Append(human.Text("family"))).Trim() is { Length: > 0 } joined ? joined : null);
        return json.At("code")?.Concept()?.Label;
    }
}
