using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;
using Serment.Server.Exports;
using Xunit;

namespace Serment.Fast.Tests.Exports;

/// <summary>What a research extract keeps of an entry.</summary>
public sealed class MinimisedTests
{
    private static string? Of<T>(string room, T body, bool withdrawn = false) =>
        Minimised.Of(new EntryContent(room, new DateTimeOffset(2026, 3, 31, 23, 30, 0, TimeSpan.Zero), Id.New<AccountId>(), "Inès Castaing", Id.New<StayId>(), EntryJson.Of(body), "HOPITAL", "repris", withdrawn)) is { } kept
            ? System.Text.Json.JsonSerializer.Serialize(kept, EntryJson.Options) : null;

    [Fact]
    public void Codes_and_measures_stay_with_their_month_and_nothing_that_was_typed()
    {
        Assert.Equal("""{"room":"problems","at":"2026-04","body":{"code":"E11.9","active":true,"since":"2019-06"}}""", Of(Problem.Room, new Problem("Diabète de Mme Morvane", "E11.9", true, new DateOnly(2019, 6, 17))));
        Assert.Equal("""{"room":"vitals","at":"2026-04","body":{"measures":[{"loinc":"8867-4","value":72,"unit":"/min"}]}}""", Of(VitalSet.Room, new VitalSet([new Measure("8867-4", 72, "/min")], "vue avec sa fille")));
        Assert.Equal("""{"room":"result","at":"2026-04","body":{"code":"718-7","system":"http://loinc.org","number":13.2,"unit":"g/dL","parts":[{"code":"1-8","number":2}]}}""",
            Of(Result.Room, new Result("Hémoglobine", "13,2 g/dL", "718-7", "http://loinc.org", Number: 13.2m, Unit: "g/dL", Parts: [new ResultPart("x", "y", "1-8", Number: 2)])));
    }

    [Fact]
    public void Free_text_documents_and_what_was_not_understood_stay_out()
    {
        Assert.Null(Of(Note.Room, new Note("nursing", "Patient vu")));
        Assert.Null(Of(PastDocument.Room, new PastDocument("Lettre", null, Data: "AAAA")));
        Assert.Null(Of(KeptAsIs.Room, new KeptAsIs("x", null, "Basic", EntryJson.Of(new { code = "a" }))));
        Assert.Null(Of(Allergy.Room, new Allergy("Arachide", "œdème", null) with { NoneKnown = false } is var a ? new { a.Substance, a.Reaction } : null));
        Assert.Null(Of(Problem.Room, new Problem("x", "E11.9", true, null), withdrawn: true));
        Assert.Equal("""{"room":"problems","at":"2026-04","body":{"active":true}}""", Of(Problem.Room, new Problem("x", null, true, null)) is var kept ? kept : null);
    }

    [Fact]
    public void A_name_typed_where_a_code_belongs_stays_out() =>
        Assert.DoesNotContain("Morvane", Of(Problem.Room, new Problem("x", "Morvane Tanguy 1961", true, null)), StringComparison.Ordinal);
}
