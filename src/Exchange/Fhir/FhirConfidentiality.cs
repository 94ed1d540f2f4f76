using System.Collections.Frozen;
using System.Text.Json;

namespace Serment.Exchange.Fhir;

/// <summary>
/// What a source's security labels (HL7 v3 Confidentiality and ActCode, by code) make of a resource here. docs/decisions/0032.
/// "R", restricted, is what many systems put on everything: a file that opens by a care relation alone is restricted already.
/// </summary>
internal static class FhirConfidentiality
{
    /// <summary>Very restricted, and the sorts of information that stigmatise: genetics, HIV and other sexual health, psychiatry, addictions, violence.</summary>
    private static readonly FrozenSet<string> Labels = "V GDIS SICKLE HIV STD IDS SEX SPI PSY PSYTHPN MH BH COGN DVD EMOTDIS SUD ETH ETHUD OPIOIDUD ALC SDV VIO DV MST SCA TBOO".Split(' ').ToFrozenSet();

    /// <summary>An allergy stays where who prescribes sees it, whatever its label.</summary>
    public static bool IsProtected(SourceResource resource) =>
        resource.Type != "AllergyIntolerance"
        && (resource.Json.At("meta") is { } meta && meta.Each("security").Any(s => s.Text("code") is { } code && Labels.Contains(code))
            || resource.Json.Each("category").Any(c => c.CodeIn("http://terminology.hl7.org/CodeSystem/v2-0074") == "GE"));
}
