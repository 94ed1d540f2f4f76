using System.Text.Json;
using Serment.Records.Administrative;

namespace Serment.Exchange.Fhir;

/// <summary>Address, phones and contacts of a Patient resource. The traits go to the registry and stay out of the file.</summary>
internal static class FhirPatientFile
{
    public static Draft Read(Reading reading)
    {
        reading.Take("name", "birthDate", "gender");
        var json = reading.Json;
        var home = json.Each("address").FirstOrDefault(a => a.Text("use") is null or "home");
        var phones = json.Each("telecom").Where(t => t.Text("system") == "phone").ToArray();
        var file = new AdministrativeFile
        {
            Address = string.Join(", ", home.Each("line").Where(l => l.ValueKind == JsonValueKind.String).Select(l => l.GetString())) is { Length: > 0 } lines ? lines : home.Text("text"),
            PostalCode = home.Text("postalCode"),
            City = home.Text("city"),
            Mobile = Phone(phones.FirstOrDefault(t => t.Text("use") == "mobile").Text("value")),
            Phone = Phone(phones.FirstOrDefault(t => t.Text("use") != "mobile").Text("value")),
            Email = json.Each("telecom").FirstOrDefault(t => t.Text("system") == "email").Text("value"),
            GeneralPractitioner = json.First("generalPractitioner")?.Text("display"),
        };
        return new Draft(Domain.Administrative, AdministrativeFile.Room, reading.When(), null, false, reading.Body(file));
    }

    /// <summary>As an international number when it is one; else as the source wrote it, for people to read.</summary>
    private static string? Phone(string? text)
    {
        if (text is null) return null;
        try { return Phones.French(text, ""); }
        catch (RefusedException) { return text; }
    }
}
