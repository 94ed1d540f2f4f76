using System.Text.Json;
using Serment.Records.Entries;
using Serment.Records.History;
using Xunit;

namespace Serment.Fast.Tests.Entries;

/// <summary>What a correction takes along.</summary>
public sealed class CorrectionTests
{
    [Fact]
    public void What_was_imported_keeps_its_source_and_what_its_shape_does_not_say_when_it_is_corrected()
    {
        var brought = Of("""{"label":"Asthma","source":"urn:uuid:1","rest":{"severity":"mild"},"undated":true}""", "Reprise");
        var next = brought.Revised("mal codé", () => EntryJson.Of(new Problem("Asthme", "J45", true, null)), withdrawn: false).Content.Body;
        Assert.Equal(("Asthme", "urn:uuid:1", "mild"), (next.GetProperty("label").GetString(), next.GetProperty("source").GetString(), next.GetProperty("rest").GetProperty("severity").GetString()));
        Assert.False(next.TryGetProperty("undated", out _));
        // A correction that has its own says its own.
        Assert.Equal("other", brought.Revised("mal codé", () => JsonSerializer.SerializeToElement(new { source = "other" }), withdrawn: false).Content.Body.GetProperty("source").GetString());
        Assert.False(Of("""{"label":"x","rest":{}}""", null).Revised("mal codé", () => JsonSerializer.SerializeToElement(new { label = "y" }), withdrawn: false).Content.Body.TryGetProperty("rest", out _));
    }

    /// <summary>Somebody withdraws it while another has it open to correct.</summary>
    [Fact]
    public void What_was_withdrawn_is_not_brought_back_by_a_correction()
    {
        var entry = Of("""{"label":"x"}""", null);
        var withdrawn = entry.Revised("autre patient", () => entry.Content.Body, withdrawn: true).Opened(DateTimeOffset.UnixEpoch);
        Assert.Contains("retiré entre-temps", Assert.Throws<RefusedException>(() => withdrawn.Revised("heure fausse", () => entry.Content.Body, withdrawn: false)).Refusal.Message, StringComparison.Ordinal);
    }

    private static OpenedEntry Of(string body, string? origin) =>
        new(Id.New<EntryId>(), 1, Id.New<PatientId>(), Domain.Clinical, DateTimeOffset.UnixEpoch, new EntryContent(Problem.Room, DateTimeOffset.UnixEpoch, null, null, null, JsonDocument.Parse(body).RootElement, origin));
}
