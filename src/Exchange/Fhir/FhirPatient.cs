using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serment.Exchange.Fhir;

/// <summary>Who a Patient resource says that someone is.</summary>
internal static partial class FhirPatient
{
    /// <summary>Types of numbers (HL7 0203, FR Core) of an insured, a payer, a bill or a visit: a household may share one.</summary>
    private static readonly FrozenSet<string> Shared = "NH NHN NIIP MA MB MC MCD MCN MCR MCT SN SNO SS GN GI HC AN ANC AND ANT AM VN".Split(' ').ToFrozenSet();
    private static readonly FrozenSet<string> SharedSystems = new[] { "us-ssn", "us-medicare", "us-mbi" }.Select(n => "http://hl7.org/fhir/sid/" + n).Append("urn:oid:2.16.840.1.113883.4.1").ToFrozenSet();

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
        var (matricule, oid) = Ins(json, day);
        var refusal = birthName is null ? "Patient sans nom de famille."
            : given.Length == 0 ? "Patient sans prénom."
            : day is null ? json.Text("birthDate") is null ? "Patient sans date de naissance." : "Patient dont la date de naissance n'est pas un jour entier (AAAA-MM-JJ)."
            : new[] { birthName, family ?? birthName }.Concat(given).Any(n => !Allowed().IsMatch(n)) ? "Un nom ou prénom porte un caractère que l'identité n'admet pas (lettres, espace, tiret, apostrophe)."
            : null;
        return new SourcePerson(SourceOf(resource, birthName, day), resource.Line, birthName ?? "", given.FirstOrDefault() ?? "", given.Length > 1 ? string.Join(' ', given) : null, day ?? default,
            json.Text("gender") switch { "female" => "F", "male" => "M", _ => null }, family == birthName ? null : family, matricule, oid, digits, refusal);
    }

    /// <summary>
    /// His number in that establishment, else another of his own; else the bundle's own URN; else the bare id, which two
    /// sources may share, so the traits join it. Never a number that his household may share, nor one that is no longer his.
    /// </summary>
    private static string SourceOf(SourceResource resource, string? birthName, DateOnly? born)
    {
        var own = resource.Json.Each("identifier").Select(i => (System: i.Text("system"), Value: i.Text("value"), Rank: RankOf(i))).Where(i => i is { System: not null, Value: not null, Rank: not null }).OrderBy(i => i.Rank).FirstOrDefault();
        if (own is { System: { } system, Value: { } value }) return $"fhir|{system}|{value}";
        if (resource.FullUrl is { } url && url.StartsWith("urn:uuid:", StringComparison.Ordinal)) return $"fhir|{url}";
        return $"fhir|{resource.Id ?? "?"}|{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{birthName}|{born:O}|{resource.FullUrl}")).AsSpan(0, 12))}";
    }

    /// <summary>Null: it is not his alone, or it says who he is by itself (INS), which the registry compares by its own rules.</summary>
    private static int? RankOf(JsonElement identifier)
    {
        var (system, use) = (identifier.Text("system") ?? "", identifier.Text("use"));
        string[] types = [.. identifier.At("type")?.Each("coding").Select(c => c.Text("code")).OfType<string>() ?? []];
        if (use == "old" || types.Any(t => Shared.Contains(t) || t.StartsWith("INS", StringComparison.Ordinal)) || SharedSystems.Contains(system)) return null;
        if (system.Contains("1.2.250.1.213.1.4.", StringComparison.Ordinal) || Insured().IsMatch(identifier.Text("value")?.Replace(" ", "", StringComparison.Ordinal) ?? "")) return null;
        return (types.Any(t => t is "MR" or "PI") ? 0 : types.Length == 0 ? 1 : 2) + (use is "usual" or "official" or null ? 0 : 3);
    }

    /// <summary>The INS under its authority's OID. FR Core gives the insured's number (NH), which is his parent's or spouse's, the same OID.</summary>
    private static (string?, string?) Ins(JsonElement json, DateOnly? born)
    {
        foreach (var identifier in json.Each("identifier"))
        {
            if (identifier.Text("system") is not { } system || identifier.Text("value")?.Replace(" ", "", StringComparison.Ordinal) is not { } value || Matricules.FirstOrDefault(m => system == "urn:oid:" + m) is not { } oid || identifier.Text("use") == "old") continue;
            string[] types = [.. identifier.At("type")?.Each("coding").Select(c => c.Text("code")).OfType<string>() ?? []];
            // Untyped, the year in it has to be his own.
            if (types.Length > 0 ? types.Any(t => t.StartsWith("INS", StringComparison.Ordinal)) : value.Length > 3 && born is { } day && value[1..3] == $"{day.Year % 100:00}") return (value, oid);
        }
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

    /// <summary>A French social security number, whatever it is called.</summary>
    [GeneratedRegex(@"^[1-478]\d{4}(?:\d{2}|2[AB])\d{6}(?:\d{2})?$")]
    private static partial Regex Insured();

    [GeneratedRegex(@"^\p{L}(?:[\p{L}\p{M}]|[ '’\-](?=[\p{L}\-]))*$")]
    private static partial Regex Allowed();
}
