using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serment.Exchange.Fhir;

/// <summary>Who a Patient resource says that someone is.</summary>
internal static partial class FhirPatient
{
    private static readonly string[] Matricules = ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"];

    public static SourcePerson Read(SourceResource resource)
    {
        var json = resource.Json;
        var names = json.Each("name").Where(n => n.ValueKind == JsonValueKind.Object).ToArray();
        var chosen = names.FirstOrDefault(n => n.Text("use") == "official") is { ValueKind: JsonValueKind.Object } official ? official : names.FirstOrDefault(n => n.Text("use") is null or "usual") is { ValueKind: JsonValueKind.Object } usual ? usual : names.FirstOrDefault();
        var maiden = names.FirstOrDefault(n => n.Text("use") == "maiden").Text("family");
        var digits = false;
        var family = Clean(chosen.Text("family"), ref digits);
        var birthName = Clean(maiden, ref digits) ?? family;
        var given = chosen.Each("given").Where(g => g.ValueKind == JsonValueKind.String).Select(g => Clean(g.GetString(), ref digits)).OfType<string>().ToArray();
        var day = json.Text("birthDate") is { Length: >= 10 } born ? FhirElements.Day(born) : null;
        var (matricule, oid) = Ins(json);
        var refusal = birthName is null ? "Patient sans nom de famille."
            : given.Length == 0 ? "Patient sans prénom."
            : day is null ? json.Text("birthDate") is null ? "Patient sans date de naissance." : "Patient dont la date de naissance n'est pas un jour entier (AAAA-MM-JJ)."
            : new[] { birthName, family ?? birthName }.Concat(given).Any(n => !Allowed().IsMatch(n)) ? "Un nom ou prénom porte un caractère que l'identité n'admet pas (lettres, espace, tiret, apostrophe)."
            : null;
        return new SourcePerson(SourceOf(resource, birthName, day), resource.Line, birthName ?? "", given.FirstOrDefault() ?? "", given.Length > 1 ? string.Join(' ', given) : null, day ?? default,
            json.Text("gender") switch { "female" => "F", "male" => "M", _ => null }, family == birthName ? null : family, matricule, oid, digits, refusal);
    }

    /// <summary>An identifier with its system; else the bundle's own URN; else the bare id, which two sources may share, so the traits join it.</summary>
    private static string SourceOf(SourceResource resource, string? birthName, DateOnly? born)
    {
        foreach (var identifier in resource.Json.Each("identifier"))
            if (identifier.Text("system") is { } system && identifier.Text("value") is { } value && !Matricules.Any(m => system.EndsWith(m, StringComparison.Ordinal))) return $"fhir|{system}|{value}";
        if (resource.FullUrl is { } url && url.StartsWith("urn:uuid:", StringComparison.Ordinal)) return $"fhir|{url}";
        return $"fhir|{resource.Id ?? "?"}|{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{birthName}|{born:O}|{resource.FullUrl}")).AsSpan(0, 12))}";
    }

    private static (string?, string?) Ins(JsonElement json)
    {
        foreach (var identifier in json.Each("identifier"))
            if (identifier.Text("system") is { } system && identifier.Text("value") is { } value && Matricules.FirstOrDefault(m => system == "urn:oid:" + m) is { } oid) return (value.Replace(" ", "", StringComparison.Ordinal), oid);
        return (null, null);
    }

    /// <summary>Invented American patients are called Abbott774: the digits go when nothing else is wrong with the name.</summary>
    private static string? Clean(string? name, ref bool digits)
    {
        if (name is null) return null;
        var without = string.Concat(name.Where(c => !char.IsAsciiDigit(c))).Trim();
        if (without.Length == name.Length || !Allowed().IsMatch(without)) return name;
        digits = true;
        return without;
    }

    [GeneratedRegex(@"^\p{L}(?:[\p{L}\p{M}]|[ '’\-](?=[\p{L}\-]))*$")]
    private static partial Regex Allowed();
}
