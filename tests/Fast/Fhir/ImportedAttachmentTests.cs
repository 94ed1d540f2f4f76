using System.Text;
using System.Text.Json;
using Serment.Exchange.Fhir;
using Serment.Records.Entries;
using Serment.Records.History;
using Xunit;

namespace Serment.Fast.Tests.Fhir;

/// <summary>The files inside what was imported, as a chart finds them in the entries.</summary>
public sealed class ImportedAttachmentTests
{
    private const string Ada = """{"resourceType":"Patient","id":"p1","name":[{"family":"Friesen","given":["Ada"]}],"birthDate":"1961-04-09"}""";
    private static readonly string Pdf = Convert.ToBase64String("%PDF-1.7 canary"u8);

    [Theory]
    [InlineData("""{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"application/pdf","title":"Lettre","data":"DATA"}}],""")]
    [InlineData("""{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Scanner"},"presentedForm":[{"contentType":"application/pdf","title":"Lettre","data":"DATA"}],""")]
    [InlineData("""{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"text/plain","url":"https://there"}},{"attachment":{"contentType":"application/pdf","title":"Lettre","data":"DATA"}}],""")]
    [InlineData("""{"resourceType":"Communication","status":"completed","payload":[{"contentAttachment":{"contentType":"APPLICATION/PDF","title":"Lettre","data":"DATA"}}],""")]
    public void A_file_is_found_wherever_it_lies_in_what_was_imported(string resource)
    {
        var file = Assert.Single(ImportedAttachment.In(Imported(resource.Replace("DATA", Pdf, StringComparison.Ordinal))));
        Assert.Equal(("Lettre", "application/pdf", false), (file.Title, file.MediaType, file.IsText));
        Assert.Equal("%PDF-1.7 canary"u8.ToArray(), file.Bytes());
    }

    [Fact]
    public void What_is_measured_under_the_name_of_data_is_no_file() =>
        Assert.Empty(ImportedAttachment.In(Imported("""{"resourceType":"Observation","status":"final","code":{"text":"ECG"},"valueSampledData":{"origin":{"value":0},"period":10,"dimensions":1,"data":"2041 2043 E"},""")));

    [Theory]
    [InlineData("text/plain; charset=UTF-8", "Été à la\tmer\u0007\n", "Été à la\tmer")]
    [InlineData("text/html", "<html><head><title>x</title></head><body><script>alert(1)</script><p>Va &lt;mieux&gt;.</p>Revoir<br/>lundi</body>", "Va <mieux>.\nRevoir\nlundi")]
    public void A_text_is_read_as_text_alone(string type, string written, string read)
    {
        foreach (var encoding in type.Contains("UTF", StringComparison.Ordinal) ? [Encoding.UTF8, Encoding.Latin1] : new[] { Encoding.UTF8 })
        {
            var file = Assert.Single(ImportedAttachment.In(EntryJson.Of(new PastDocument("Lettre", null, ContentType: type, Data: Convert.ToBase64String(encoding.GetBytes(written))))));
            Assert.True(file.IsText);
            Assert.Equal(read, file.Text());
        }
    }

    [Fact]
    public void A_file_that_is_no_base64_says_so_and_a_long_text_is_whole()
    {
        Assert.Null(Assert.Single(ImportedAttachment.In(EntryJson.Of(new PastDocument("x", null, ContentType: "text/plain", Data: "!!!")))) is var broken ? broken.Text() : "");
        var novel = new string('é', 200_000);
        Assert.Equal(novel, Assert.Single(ImportedAttachment.In(Imported($$$"""{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"contentType":"text/plain","data":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(novel))}}}"}}],"""))).Text());
    }

    [Fact]
    public void What_was_kept_as_it_came_is_read_member_by_member_and_its_files_are_only_named()
    {
        var text = KeptAsIs.Readable(Imported($$$"""{"resourceType":"Communication","status":"completed","payload":[{"contentString":"Rappelé <b>hier</b>"},{"contentAttachment":{"contentType":"text/plain","data":"{{{new string('A', 4000)}}}"}}],"""))!;
        Assert.Contains("contentString : Rappelé <b>hier</b>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", text, StringComparison.Ordinal);
    }

    private static JsonElement Imported(string resource)
    {
        var index = new FhirIndex();
        index.Add(new SourceResource(JsonDocument.Parse(Ada).RootElement, null, 1));
        return FhirTranslation.Of(new SourceResource(JsonDocument.Parse(resource + "\"id\":\"d\",\"subject\":{\"reference\":\"Patient/p1\"}}").RootElement, null, 2), index, DateTimeOffset.UnixEpoch).Entry!.Body;
    }
}
