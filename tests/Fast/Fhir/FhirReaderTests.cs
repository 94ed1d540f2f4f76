using System.Text;
using Serment.Exchange.Fhir;
using Xunit;

namespace Serment.Fast.Tests.Fhir;

/// <summary>Files as they come: whole, in pieces, of one line, broken.</summary>
public sealed class FhirReaderTests
{
    [Fact]
    public async Task A_bundle_gives_its_resources_with_their_lines_whatever_the_order_of_its_members()
    {
        var found = await ReadAsync("\uFEFF{\n \"entry\":[\n  {\"fullUrl\":\"urn:uuid:a\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"a\"}},\n\n  {\"request\":{},\"resource\":{\"resourceType\":\"Basic\"}},{\"response\":{}}],\n \"link\":[{\"entry\":[1]}],\"resourceType\":\"Bundle\"}\n");
        Assert.Equal([("Patient", "urn:uuid:a", 3L), ("Basic", null, 5L)], found.Select(r => (r.Type, r.FullUrl, r.Line)));
    }

    [Fact]
    public async Task A_bundle_larger_than_the_window_is_read_piece_by_piece_and_none_is_lost()
    {
        var entries = Enumerable.Range(0, 700).Select(i => $$$"""{"resource":{"resourceType":"Basic","id":"{{{i}}}","text":"{{{new string('é', i == 300 ? 1_500_000 : 3000)}}}"}}""" + (i % 7 == 0 ? "\n" : ""));
        var found = await ReadAsync("{\"resourceType\":\"Bundle\",\"entry\":[" + string.Join(',', entries) + "]}");
        Assert.Equal(Enumerable.Range(0, 700).Select(i => $"{i}"), found.Select(r => r.Id));
        Assert.Equal(101, found[^1].Line);
    }

    [Fact]
    public async Task A_bundle_inside_a_bundle_is_opened_and_a_lone_resource_is_one()
    {
        Assert.Equal(["Patient", "Basic"], (await ReadAsync("""{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"}},{"resource":{"resourceType":"Basic"}}]}}]}""")).Select(r => r.Type));
        Assert.Equal("Patient", Assert.Single(await ReadAsync($$"""{"text":{"div":"{{new string('x', 1_200_000)}}"},"resourceType":"Patient"}""")).Type);
    }

    [Fact]
    public async Task One_resource_a_line_is_read_line_by_line()
    {
        var found = await ReadAsync("{\"resourceType\":\"Patient\",\"id\":\"1\"}\r\n\n{\"resourceType\":\"Patient\",\"id\":\"2\"}", lines: true);
        Assert.Equal([("1", 1L), ("2", 3L)], found.Select(r => (r.Id!, r.Line)));
        Assert.Equal(2, (await FaultAsync("{\"resourceType\":\"Basic\"}\n{\"resourceType\":\"Basic\"", lines: true)).Line);
    }

    [Theory]
    [InlineData("", 1, "vide")]
    [InlineData("{\n\"resourceType\":\"Bundle\",\n\"entry\":[{]}", 3, "JSON illisible")]
    [InlineData("{\"resourceType\":\"Bundle\",\"entry\":[\n{\"resource\":{\"resourceType\":\"Basic\"", 2, "JSON illisible")]
    [InlineData("{\"resourceType\":\"Bundle\",\n\"entry\":{}}", 2, "liste")]
    [InlineData("{\"entry\":[]}", 1, "resourceType")]
    [InlineData("[1]", 1, "Bundle")]
    [InlineData("{\"resourceType\":\"Bundle\"}\n{}", 1, "texte suit")]
    [InlineData("<Bundle/>", 1, "XML")]
    public async Task A_file_that_is_not_FHIR_is_refused_with_its_line(string text, long line, string why)
    {
        var fault = await FaultAsync(text, lines: false);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Line, line, line + 1);
    }

    [Theory]
    [InlineData("Patient", "\u00ff", 3, 43)]
    [InlineData("Observation", "\u00ff", 3, 47)]
    [InlineData("Observation", "\\ud83d", 3, 47)]
    public async Task Text_that_is_no_text_is_found_with_its_line_and_column(string type, string text, long line, long column)
    {
        // Latin-1: what is beyond ASCII is one byte, which no UTF-8 is.
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes($"{{\"resourceType\":\"Bundle\",\"entry\":[\n{{\"resource\":{{\"resourceType\":\"Basic\"}}}},\n{{\"resource\":{{\"resourceType\":\"{type}\",\"x\":\"{text}\"}}}}]}}"));
        var found = new List<SourceResource>();
        await foreach (var resource in FhirReader.ReadAsync(stream, lines: false)) found.Add(resource);
        Assert.Equal([null, new SourcePlace(line, column)], found.Select(r => r.Broken));
        var index = new FhirIndex();
        index.Add(found[0]);
        if (type == "Patient") Assert.Equal((line, column), Assert.Throws<FhirFaultException>(() => index.Add(found[1])) is var fault ? (fault.Line, fault.Column) : default);
        else index.Add(found[1]);
        Assert.Equal(Fate.Refused, FhirTranslation.Of(found[1], index, DateTimeOffset.UnixEpoch).Fate);
    }

    [Fact]
    public async Task A_request_to_delete_has_no_resource_and_is_told()
    {
        var asked = Assert.Single(await ReadAsync("""{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Patient/1"}},{"response":{}}]}"""));
        Assert.Contains("effacement", FhirTranslation.Of(asked, new FhirIndex(), DateTimeOffset.UnixEpoch).Why, StringComparison.Ordinal);
    }

    private static async Task<FhirFaultException> FaultAsync(string text, bool lines) => await Assert.ThrowsAsync<FhirFaultException>(() => ReadAsync(text, lines));

    private static async Task<List<SourceResource>> ReadAsync(string text, bool lines = false)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var found = new List<SourceResource>();
        await foreach (var resource in FhirReader.ReadAsync(stream, lines)) found.Add(resource);
        return found;
    }
}
