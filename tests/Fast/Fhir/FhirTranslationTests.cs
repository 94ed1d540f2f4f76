using System.Text;
using System.Text.Json;
using CsCheck;
using Serment.Exchange.Fhir;
using Serment.Records.Administrative;
using Serment.Records.Entries;
using Serment.Records.History;
using Serment.Records.Notes;
using Serment.Records.Observations;
using Xunit;

namespace Serment.Fast.Tests.Fhir;

/// <summary>One small resource of each kind: where it goes, what it says there, and that nothing of it is lost.</summary>
public sealed class FhirTranslationTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private const string Ada = """{"resourceType":"Patient","id":"p1","identifier":[{"system":"https://example.org/ids","value":"77"}],"name":[{"use":"official","family":"Friesen796","given":["Ada12","Rose"]},{"use":"maiden","family":"Martin3"}],"gender":"female","birthDate":"1961-04-09","address":[{"line":["3 rue du Port"],"postalCode":"29200","city":"Brest"}],"telecom":[{"system":"phone","use":"home","value":"02 98 00 00 00"}],"maritalStatus":{"text":"Married"}}""";

    [Fact]
    public void A_patient_becomes_an_identity_and_an_administrative_file_without_the_name()
    {
        var one = Only(Ada);
        Assert.Equal((Fate.Stored, Domain.Administrative, AdministrativeFile.Room), (one.Fate, one.Entry!.Domain, one.Entry.Room));
        var person = one.Entry.Person;
        Assert.Equal(("fhir|https://example.org/ids|77", "Martin", "Ada", "Ada Rose", "Friesen", "F", new DateOnly(1961, 4, 9), true), (person.Source, person.BirthName, person.FirstGivenName, person.GivenNames, person.UsedName, person.Sex, person.BirthDate, person.DigitsDropped));
        var file = Body<AdministrativeFile>(one);
        Assert.Equal(("3 rue du Port", "29200", "Brest", "+33298000000"), (file.Address, file.PostalCode, file.City, file.Phone));
        var text = one.Entry.Body.GetRawText();
        Assert.Contains("Married", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Friesen", text, StringComparison.Ordinal);
        Assert.DoesNotContain("1961", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"birthDate\":\"1961-04-09\"", "\"x\":1", "sans date de naissance")]
    [InlineData("\"birthDate\":\"1961-04-09\"", "\"birthDate\":\"1961\"", "jour entier")]
    [InlineData("Friesen796\",\"given\":[\"Ada12\",\"Rose\"]", "Friesen\"", "sans prénom")]
    [InlineData("Ada12", "Ad@12", "caractère")]
    public void A_patient_whom_no_identity_can_hold_is_refused_with_the_reason_and_so_is_what_is_hers(string what, string instead, string why)
    {
        var all = Translate(Ada.Replace(what, instead, StringComparison.Ordinal), Observation("8867-4", """ "valueQuantity":{"value":72,"code":"/min"} """));
        Assert.All(all, t => Assert.Equal(Fate.Refused, t.Fate));
        Assert.Contains(why, all[0].Why, StringComparison.Ordinal);
        Assert.DoesNotContain("Ad", all[0].Why!.Replace("Adresse", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Blood_pressure_is_one_set_of_two_measures_and_a_fever_in_Fahrenheit_is_read_in_Celsius()
    {
        var pressure = Second(Observation("55284-4", """ "component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":81.4,"code":"mm[Hg]"}},{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":132,"code":"mm[Hg]"}}] """));
        Assert.Equal((Domain.Clinical, VitalSet.Room), (pressure.Entry!.Domain, pressure.Entry.Room));
        Assert.Equal([new Measure("8462-4", 81, "mmHg"), new Measure("8480-6", 132, "mmHg")], Body<VitalSet>(pressure).Measures);
        var fever = Second(Observation("8310-5", """ "valueQuantity":{"value":102.2,"code":"[degF]"} """));
        Assert.Equal([new Measure("8310-5", 39, "°C")], Body<VitalSet>(fever).Measures);
    }

    [Fact]
    public void A_sign_that_no_living_person_has_stays_a_result_as_it_came()
    {
        var odd = Second(Observation("8867-4", """ "valueQuantity":{"value":7200,"unit":"beats/min","code":"/min"} """));
        Assert.Equal((Domain.Clinical, Result.Room, "7 200 beats/min"), (odd.Entry!.Domain, odd.Entry.Room, Body<Result>(odd).Value?.Replace('\u202f', ' ').Replace('\u00a0', ' ')));
    }

    [Fact]
    public void A_laboratory_result_has_its_number_unit_range_and_flag()
    {
        var one = Second("""{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2345-7","display":"Glucose"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2011-07-11T16:42:48+02:00","valueQuantity":{"value":6.41,"unit":"mmol/L","code":"mmol/L"},"referenceRange":[{"low":{"value":3.9},"high":{"value":6.1}}],"interpretation":[{"coding":[{"code":"H"}]}],"note":[{"text":"à jeun"}]}""");
        var result = Body<Result>(one);
        Assert.Equal((Domain.Results, Result.Room, new DateTimeOffset(2011, 7, 11, 14, 42, 48, TimeSpan.Zero)), (one.Entry!.Domain, one.Entry.Room, one.Entry.At));
        Assert.Equal(("Glucose", "6,41 mmol/L", 6.41m, "mmol/L", 3.9m, 6.1m, "H", "laboratory"), (result.Label, result.Value, result.Number, result.Unit, result.Low, result.High, result.Flag, result.Group));
        Assert.Equal("""{"note":[{"text":"à jeun"}]}""", one.Entry.Body.GetProperty("rest").GetRawText());
    }

    [Fact]
    public void A_problem_keeps_its_foreign_code_and_CIM10_only_where_the_source_says_so()
    {
        var past = Body<Problem>(Second("""{"resourceType":"Condition","id":"c","clinicalStatus":{"coding":[{"code":"resolved"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"195662009","display":"Acute pharyngitis"}]},"subject":{"reference":"Patient/p1"},"onsetDateTime":"2010-02-03","abatementDateTime":"2010-02-17"}"""));
        Assert.Equal(("Acute pharyngitis", null, "http://snomed.info/sct|195662009", false, new DateOnly(2010, 2, 3), new DateOnly(2010, 2, 17)), (past.Label, past.Code, past.ForeignCode, past.Active, past.Since, past.Until));
        var coded = Body<Problem>(Second("""{"resourceType":"Condition","id":"c","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"HTA","coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"I10"},{"system":"x","code":"y"}]},"subject":{"reference":"Patient/p1"}}"""));
        Assert.Equal(("HTA", "I10", true, null), (coded.Label, coded.Code, coded.Active, coded.Since));
    }

    [Fact]
    public void No_known_allergy_is_a_statement_and_a_reaction_has_its_severity()
    {
        Assert.True(Body<Allergy>(Second("""{"resourceType":"AllergyIntolerance","id":"a","code":{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]},"patient":{"reference":"Patient/p1"}}""")).NoneKnown);
        var peanut = Body<Allergy>(Second("""{"resourceType":"AllergyIntolerance","id":"a","code":{"text":"Arachide"},"patient":{"reference":"Patient/p1"},"reaction":[{"manifestation":[{"text":"Urticaire"}],"severity":"mild"},{"manifestation":[{"text":"Œdème"}],"severity":"severe"}]}"""));
        Assert.Equal(("Arachide", "Urticaire, Œdème", "severe"), (peanut.Substance, peanut.Reaction, peanut.Severity));
    }

    [Fact]
    public void Acts_vaccines_visits_and_medicines_have_rooms_of_their_own()
    {
        Assert.Equal((PastAct.Room, Domain.Clinical, "Suture"), Where("""{"resourceType":"Procedure","id":"x","status":"completed","code":{"text":"Suture"},"subject":{"reference":"Patient/p1"},"performedPeriod":{"start":"2014-07-28T16:42:48Z"}}"""));
        Assert.Equal((Vaccination.Room, Domain.Clinical, "Grippe"), Where("""{"resourceType":"Immunization","id":"x","status":"completed","vaccineCode":{"text":"Grippe"},"patient":{"reference":"Patient/p1"},"occurrenceDateTime":"2011"}"""));
        Assert.Equal((PastEncounter.Room, Domain.Clinical, "Urgences"), Where("""{"resourceType":"Encounter","id":"x","status":"finished","class":{"code":"EMER"},"subject":{"reference":"Patient/p1"},"period":{"start":"2014-07-28T16:42:48Z","end":"2014-07-28T18:00:00Z"}}"""));
        Assert.Equal((PastMedication.Room, Domain.Medication, "Fer 325 mg"), Where("""{"resourceType":"MedicationRequest","id":"x","status":"active","intent":"order","medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","code":{"text":"Fer 325 mg"}}],"subject":{"reference":"Patient/p1"},"authoredOn":"2014-07-28"}"""));
        Assert.Equal((Result.Room, Domain.Results, "NFS"), Where("""{"resourceType":"DiagnosticReport","id":"x","status":"final","code":{"text":"NFS"},"subject":{"reference":"Patient/p1"},"issued":"2014-07-28T16:42:48Z"}"""));
    }

    [Fact]
    public void A_text_document_is_a_note_and_any_other_keeps_its_bytes()
    {
        static string Document(string type, string data) => $$$"""{"resourceType":"DocumentReference","id":"d","status":"current","date":"2020-01-02T03:04:05Z","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"contentType":"{{{type}}}","data":"{{{data}}}"}}]}""";
        var note = Second(Document("text/plain; charset=utf-8", Convert.ToBase64String("Va mieux."u8)));
        Assert.Equal((Note.Room, "Va mieux."), (note.Entry!.Room, Body<Note>(note).Text));
        var scan = Second(Document("application/pdf", "AAEC"));
        Assert.Equal((PastDocument.Room, "AAEC"), (scan.Entry!.Room, Body<PastDocument>(scan).Data));
    }

    [Fact]
    public void A_bill_is_kept_whole_in_activity_without_repeating_the_patients_name()
    {
        var bill = Second("""{"resourceType":"Claim","id":"b","status":"active","patient":{"reference":"Patient/p1","display":"Ada Friesen"},"created":"2015-01-01","total":{"value":129.16,"currency":"USD"},"item":[{"sequence":1}]}""");
        Assert.Equal((Fate.Attachment, Domain.Activity, KeptAsIs.Room), (bill.Fate, bill.Entry!.Domain, bill.Entry.Room));
        var kept = Body<KeptAsIs>(bill);
        Assert.Equal(("Claim", "129,16 USD", 1), (kept.Type, kept.Value, kept.Original.GetProperty("item")[0].GetProperty("sequence").GetInt32()));
        Assert.DoesNotContain("Friesen", bill.Entry.Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_carries_no_date_says_so()
    {
        var goal = Second("""{"resourceType":"Goal","id":"g","lifecycleStatus":"accepted","description":{"text":"Marcher"},"subject":{"reference":"Patient/p1"}}""").Entry!;
        Assert.Equal((Now, true, "Marcher"), (goal.At, goal.Body.GetProperty("undated").GetBoolean(), goal.Body.GetProperty("label").GetString()));
        Assert.False(Second(Observation("8867-4", """ "valueQuantity":{"value":72,"code":"/min"} """)).Entry!.Body.TryGetProperty("undated", out _));
    }

    [Fact]
    public void Genetics_and_what_the_source_marked_as_restricted_are_sensitive()
    {
        Assert.Equal(Domain.Sensitive, Second("""{"resourceType":"MolecularSequence","id":"s","coordinateSystem":0,"patient":{"reference":"Patient/p1"}}""").Entry!.Domain);
        foreach (var label in new[] { "V", "HIV", "PSY", "ETH", "GDIS" })
            Assert.Equal(Domain.Sensitive, Second(Labelled("Condition", "subject", label)).Entry!.Domain);
    }

    [Fact]
    public void What_is_restricted_by_default_and_every_allergy_stay_where_who_prescribes_sees_them()
    {
        Assert.Equal(Domain.Clinical, Second(Labelled("Condition", "subject", "R")).Entry!.Domain);
        Assert.Equal(Domain.Clinical, Second(Labelled("AllergyIntolerance", "patient", "HIV")).Entry!.Domain);
        Assert.Contains("HIV", Second(Labelled("AllergyIntolerance", "patient", "HIV")).Entry!.Body.GetProperty("rest").GetRawText(), StringComparison.Ordinal);
    }

    private static string Labelled(string type, string member, string label) => $$$"""{"resourceType":"{{{type}}}","id":"c","meta":{"security":[{"code":"{{{label}}}"}]},"code":{"text":"x"},"{{{member}}}":{"reference":"Patient/p1"}}""";

    [Theory]
    [InlineData("""{"resourceType":"Condition","id":"c","code":{"text":"Asthme"},"modifierExtension":[{"url":"https://example.org/negated","valueBoolean":true}],"subject":{"reference":"Patient/p1"}}""")]
    [InlineData("""{"resourceType":"Procedure","id":"c","status":"completed","code":{"text":"Suture"},"focalDevice":[{"modifierExtension":[{"url":"https://example.org/not"}]}],"subject":{"reference":"Patient/p1"}}""")]
    [InlineData("""{"resourceType":"Condition","id":"c","implicitRules":"https://example.org/rules","code":{"text":"Asthme"},"subject":{"reference":"Patient/p1"}}""")]
    public void What_a_modifier_may_turn_into_its_contrary_is_kept_whole_and_not_read(string resource)
    {
        var one = Second(resource);
        Assert.Equal((Fate.Attachment, KeptAsIs.Room), (one.Fate, one.Entry!.Room));
        Assert.Contains("non interprété", Body<KeptAsIs>(one).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patient_under_a_modifier_is_kept_whole_without_the_name()
    {
        var one = Only(Ada.Replace("\"id\":\"p1\"", "\"id\":\"p1\",\"implicitRules\":\"https://example.org/r\"", StringComparison.Ordinal));
        Assert.Equal((Fate.Attachment, Domain.Administrative), (one.Fate, one.Entry!.Domain));
        foreach (var trait in new[] { "Friesen", "Ada", "1961", "female" }) Assert.DoesNotContain(trait, one.Entry.Body.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("Brest", one.Entry.Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_not_to_give_is_read_as_such_and_what_was_not_given_is_not_a_dose()
    {
        static PastMedication Drug(string type, string members) => Body<PastMedication>(Second($$$"""{"resourceType":"{{{type}}}","id":"m",{{{members}}},"medicationCodeableConcept":{"text":"Amoxicilline"},"subject":{"reference":"Patient/p1"}}"""));
        Assert.Equal(("NE PAS DONNER : Amoxicilline", "prohibition"), Drug("MedicationRequest", "\"status\":\"active\",\"intent\":\"order\",\"doNotPerform\":true") is var no ? (no.Label, no.Kind) : default);
        Assert.Equal(("Amoxicilline", "order"), Drug("MedicationRequest", "\"status\":\"active\",\"intent\":\"order\",\"doNotPerform\":false") is var yes ? (yes.Label, yes.Kind) : default);
        Assert.Equal(("proposal", "proposé, non prescrit"), Drug("MedicationRequest", "\"status\":\"active\",\"intent\":\"proposal\",\"dosageInstruction\":[]") is var maybe ? (maybe.Kind, maybe.Value!.Split(" — ")[0]) : default);
        Assert.Equal("non fait — 500 mg", Drug("MedicationAdministration", "\"status\":\"not-done\",\"dosage\":{\"text\":\"500 mg\"}").Value);
        Assert.Equal("1 le matin ; 2 le soir", Drug("MedicationRequest", "\"status\":\"active\",\"dosageInstruction\":[{\"text\":\"1 le matin\"},{\"text\":\"2 le soir\"}]").Value);
        Assert.Equal("NE PAS FAIRE : Scanner injecté", Body<KeptAsIs>(Second("""{"resourceType":"ServiceRequest","id":"s","status":"active","intent":"order","doNotPerform":true,"code":{"text":"Scanner injecté"},"subject":{"reference":"Patient/p1"}}""")).Label);
    }

    [Theory]
    [InlineData("final", VitalSet.Room, false, null)]
    [InlineData("corrected", VitalSet.Room, false, null)]
    [InlineData("preliminary", Result.Room, false, "preliminary")]
    [InlineData("cancelled", Result.Room, true, "cancelled")]
    [InlineData("entered-in-error", VitalSet.Room, true, null)]
    public void An_observation_that_is_not_final_is_no_vital_sign_and_one_called_off_is_struck_out(string status, string room, bool withdrawn, string? said)
    {
        var one = Second(Observation("8867-4", """ "valueQuantity":{"value":72,"code":"/min"} """).Replace("final", status, StringComparison.Ordinal));
        Assert.Equal((room, withdrawn), (one.Entry!.Room, one.Entry.Withdrawn));
        if (room == Result.Room) Assert.Equal(said, Body<Result>(one).Status);
    }

    [Fact]
    public void A_report_says_that_it_is_not_final_and_a_cancelled_one_is_struck_out()
    {
        static Translation Report(string status) => Second($$$"""{"resourceType":"DiagnosticReport","id":"x","status":"{{{status}}}","code":{"text":"NFS"},"subject":{"reference":"Patient/p1"}}""");
        Assert.Equal(("amended", false), (Body<Result>(Report("amended")).Status, Report("amended").Entry!.Withdrawn));
        Assert.Equal((null, false), (Body<Result>(Report("final")).Status, Report("final").Entry!.Withdrawn));
        Assert.True(Report("cancelled").Entry!.Withdrawn);
    }

    [Theory]
    [InlineData("confirmed", null, false)]
    [InlineData("unconfirmed", "unconfirmed", false)]
    [InlineData("differential", "differential", false)]
    [InlineData("provisional", "provisional", false)]
    [InlineData("refuted", "refuted", true)]
    [InlineData("entered-in-error", null, true)]
    public void A_problem_says_how_sure_it_is_and_a_refuted_one_is_none(string verification, string? certainty, bool withdrawn)
    {
        // The source's own code stands before HL7's.
        var one = Second($$$"""{"resourceType":"Condition","id":"c","verificationStatus":{"coding":[{"system":"https://example.org/own","code":"1"},{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"{{{verification}}}"}]},"code":{"text":"Embolie pulmonaire"},"subject":{"reference":"Patient/p1"}}""");
        Assert.Equal((certainty, withdrawn), (Body<Problem>(one).Certainty, one.Entry!.Withdrawn));
    }

    [Theory]
    [InlineData("409137002", "No known drug allergy")]
    [InlineData("429625007", "No known food allergy")]
    [InlineData("716220001", "x")]
    [InlineData("1", "No known latex allergies")]
    [InlineData("1", "Pas d'allergie médicamenteuse connue")]
    public void None_known_of_one_sort_is_neither_an_allergy_nor_none(string code, string display)
    {
        var one = Body<Allergy>(Second($$$"""{"resourceType":"AllergyIntolerance","id":"a","code":{"coding":[{"system":"http://snomed.info/sct","code":"{{{code}}}","display":"{{{display}}}"}]},"patient":{"reference":"Patient/p1"}}"""));
        Assert.Equal((null, false, display, false), (one.Substance, one.NoneKnown, one.NoneOf, one.Stands));
    }

    [Theory]
    [InlineData("active", "confirmed", true, null, null)]
    [InlineData("inactive", "confirmed", false, "inactive", null)]
    [InlineData("resolved", "confirmed", false, "resolved", null)]
    [InlineData("active", "unconfirmed", true, null, "unconfirmed")]
    [InlineData("active", "refuted", false, null, null)]
    public void An_allergy_says_whether_it_still_stands_and_how_sure_it_is(string clinical, string verification, bool stands, string? status, string? certainty)
    {
        static string With(string code, string clinical, string verification) => $$$"""{"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"coding":[{"code":"{{{clinical}}}"}]},"verificationStatus":{"coding":[{"code":"{{{verification}}}"}]},"code":{{{code}}},"patient":{"reference":"Patient/p1"}}""";
        var one = Body<Allergy>(Second(With("""{"text":"Arachide"}""", clinical, verification)));
        Assert.Equal((stands, status, certainty, verification == "refuted"), (one.Stands, one.Status, one.Certainty, one.Refuted));
        // "None known" that is doubted, over or refuted says no longer that there is none.
        var none = Body<Allergy>(Second(With("""{"coding":[{"system":"http://snomed.info/sct","code":"716186003"}]}""", clinical, verification)));
        Assert.Equal((clinical, verification) is ("active", "confirmed"), none.NoneKnown);
    }

    [Theory]
    [InlineData("\"clinicalStatus\":\"active\"")]
    [InlineData("\"reaction\":[{\"manifestation\":[{\"text\":\"x\"}],\"modifierExtension\":[{\"url\":\"https://example.org/not\"}]}]")]
    public void An_allergy_that_cannot_be_read_is_told_wherever_allergies_are_and_is_kept_whole(string member)
    {
        var one = Second($$$"""{"resourceType":"AllergyIntolerance","id":"a",{{{member}}},"code":{"text":"Arachide"},"patient":{"reference":"Patient/p1"}}""");
        Assert.Equal((Fate.Attachment, Allergy.Room, Domain.Clinical), (one.Fate, one.Entry!.Room, one.Entry.Domain));
        Assert.Equal((false, true, true, null), Body<Allergy>(one) is var read ? (read.Stands, read.Unread, read.NoneOf!.Contains("pas interprétée", StringComparison.Ordinal), read.Substance) : default);
        Assert.Contains("Arachide", KeptAsIs.Readable(one.Entry.Body), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_says_none_only_where_the_general_question_was_answered()
    {
        static (bool, string, string) Of(params Allergy[] allergies) =>
            Serment.Server.Ui.AllergyMark.Of([.. allergies.Select(a => new OpenedEntry(Id.New<EntryId>(), 1, Id.New<PatientId>(), Domain.Clinical, Now, new EntryContent(Allergy.Room, Now, null, null, null, EntryJson.Of(a))))]) is var mark ? (mark.Asked, string.Join(',', mark.Substances), string.Join(',', mark.Narrower)) : default;
        var (food, old, nut, none) = (new Allergy(null, null, null, NoneOf: "Aucune allergie alimentaire connue"), new Allergy("Latex", null, null, Status: "resolved"), new Allergy("Arachide", null, null), new Allergy(null, null, null, NoneKnown: true));
        Assert.Equal((false, "", "Aucune allergie alimentaire connue,Latex"), Of(food, old));
        Assert.Equal((true, "Arachide", "Latex"), Of(nut, old));
        Assert.Equal((true, "", ""), Of(none));
        Assert.Equal((false, "", ""), Of());
        Assert.Equal((false, "", "à lire"), Of(none, new Allergy(null, null, null, NoneOf: "à lire", Certainty: "unread")));
        Assert.Equal((false, "", ""), Of(nut with { Refuted = true }));
    }

    [Fact]
    public void No_information_on_allergies_is_not_none() =>
        Assert.Equal(Fate.Attachment, Second("""{"resourceType":"AllergyIntolerance","id":"a","code":{"coding":[{"system":"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips","code":"no-allergy-info"}]},"patient":{"reference":"Patient/p1"}}""").Fate);

    [Fact]
    public void A_text_that_was_replaced_or_is_a_draft_is_no_note_of_today()
    {
        static Translation Text(string members) => Second($$$"""{"resourceType":"DocumentReference","id":"d",{{{members}}},"subject":{"reference":"Patient/p1"},"content":[{"attachment":{"contentType":"text/plain","title":"Lettre","data":"{{{Convert.ToBase64String("Va mieux."u8)}}}"}}]}""");
        Assert.Equal((PastDocument.Room, "Lettre (remplacé depuis)"), Text("\"status\":\"superseded\"") is var old ? (old.Entry!.Room, Body<PastDocument>(old).Label) : default);
        Assert.Equal("Lettre (provisoire)", Body<PastDocument>(Text("\"status\":\"current\",\"docStatus\":\"preliminary\"")).Label);
        Assert.Equal(Note.Room, Text("\"status\":\"current\",\"docStatus\":\"final\"").Entry!.Room);
    }

    [Fact]
    public void A_file_that_lies_apart_is_its_documents_patients_and_as_protected_as_the_document()
    {
        const string Binary = """{"resourceType":"Binary","id":"b","contentType":"application/pdf","data":"JVBERg=="}""", Bob = """{"resourceType":"Patient","id":"p2","name":[{"family":"Moineau","given":["Bob"]}],"birthDate":"1970-01-02"}""";
        static string Quotes(string patient, string url, string label = "") => $$$"""{"resourceType":"DocumentReference","id":"d{{{patient}}}{{{label}}}","status":"current","date":"2021-03-04T09:00:00Z","meta":{"security":[{"code":"{{{label}}}"}]},"subject":{"reference":"Patient/{{{patient}}}"},"content":[{"attachment":{"contentType":"application/pdf","title":"Lettre du psychiatre","url":"{{{url}}}"}}]}""";
        var file = Translate(Ada, Bob, Quotes("p2", "Binary/b"), Binary)[3];
        Assert.Equal((Fate.Attachment, "Bob", Domain.Clinical, "Lettre du psychiatre", new DateTimeOffset(2021, 3, 4, 9, 0, 0, TimeSpan.Zero)), (file.Fate, file.Entry!.Person.FirstGivenName, file.Entry.Domain, Body<KeptAsIs>(file).Label, file.Entry.At));
        Assert.False(file.Entry.Body.TryGetProperty("undated", out _));
        Assert.Equal("application/pdf", Assert.Single(ImportedAttachment.In(file.Entry.Body)).MediaType);
        // Whatever order they come in; one document that is protected is enough.
        Assert.Equal(Domain.Sensitive, Translate(Ada, Bob, Binary, Quotes("p2", "Binary/b/_history/2"), Quotes("p2", "Binary/b", "PSY"))[2].Entry!.Domain);
        // Two people's, another server's, nobody's: nobody's.
        foreach (var quotes in new[] { new[] { Quotes("p2", "Binary/b"), Quotes("p1", "Binary/b") }, [Quotes("p2", "https://elsewhere.example/fhir/Binary/b")], [Quotes("p9", "Binary/b")], [] })
            Assert.Equal(Fate.Refused, Translate([Ada, Bob, .. quotes, Binary])[^1].Fate);
    }

    [Fact]
    public void Names_of_practitioners_stand_in_the_entries_that_refer_to_them()
    {
        var all = Translate(Ada, """{"resourceType":"Practitioner","id":"d","name":[{"prefix":["Dr."],"given":["Keeley"],"family":"Yundt"}]}""", """{"resourceType":"MedicationRequest","id":"m","status":"stopped","intent":"order","medicationCodeableConcept":{"text":"Fer"},"subject":{"reference":"Patient/p1"},"requester":{"reference":"https://there/fhir/Practitioner/d/_history/2"}}""");
        Assert.Equal((Fate.Named, "Dr. Keeley Yundt"), (all[1].Fate, all[2].Entry!.Author));
    }

    [Fact]
    public void Other_versions_of_FHIR_are_named_or_kept_whole_and_definitions_are_nobodys()
    {
        Assert.Contains("antérieure à R4", Second("""{"resourceType":"MedicationOrder","id":"m","patient":{"reference":"Patient/p1"}}""").Why, StringComparison.Ordinal);
        Assert.Equal(Fate.Attachment, Second("""{"resourceType":"Condition","id":"c","clinicalStatus":"active","code":{"text":"STU3"},"subject":{"reference":"Patient/p1"}}""").Fate);
        Assert.Equal(Fate.Attachment, Second("""{"resourceType":"Encounter","id":"e","status":"completed","class":[{"coding":[{"code":"AMB"}]}],"subject":{"reference":"Patient/p1"}}""").Fate);
        Assert.Contains("aucun patient", Second("""{"resourceType":"ValueSet","id":"v","status":"active"}""").Why, StringComparison.Ordinal);
        Assert.Contains("aucun patient", Second("""{"resourceType":"Observation","id":"o","code":{"text":"x"},"subject":{"reference":"Patient/somebody-else"}}""").Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_sources_with_the_same_bare_id_do_not_make_one_person()
    {
        static string Bare(string name) => Only($$"""{"resourceType":"Patient","id":"1","name":[{"family":"{{name}}","given":["Ana"]}],"birthDate":"1990-01-01"}""").Entry!.Person.Source;
        Assert.Equal(Bare("Le Gall"), Bare("Le Gall"));
        Assert.NotEqual(Bare("Le Gall"), Bare("Morvan"));
    }

    [Theory]
    [InlineData("""{"system":"https://assurance.example/nir","type":{"coding":[{"code":"NH"}]},"value":"260057512345612"},{"use":"usual","type":{"coding":[{"code":"PI"}]},"system":"urn:oid:1.2.3","value":"7"}""", "fhir|urn:oid:1.2.3|7")]
    [InlineData("""{"system":"https://example.org/any","value":"1"},{"type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1.2.3","value":"8"}""", "fhir|urn:oid:1.2.3|8")]
    [InlineData("""{"use":"old","type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1.2.3","value":"9"},{"system":"https://example.org/any","value":"1"}""", "fhir|https://example.org/any|1")]
    [InlineData("""{"system":"https://example.org/untyped","value":"2 60 05 75 123 456 12"},{"system":"http://hl7.org/fhir/sid/us-ssn","value":"1-2"},{"system":"urn:oid:1.2.250.1.213.1.4.8","value":"260057512345612"}""", "fhir|p1|")]
    [InlineData("""{"system":"urn:oid:1.9","type":{"coding":[{"code":"NH"}]},"value":"7"},{"use":"old","type":{"coding":[{"code":"MR"}]},"system":"urn:oid:1.2.3","value":"9"}""", "fhir|p1|")]
    public void A_person_is_known_by_a_number_of_his_own_never_by_his_households(string identifiers, string source) =>
        Assert.StartsWith(source, Only(Ada.Replace("""{"system":"https://example.org/ids","value":"77"}""", identifiers, StringComparison.Ordinal)).Entry!.Person.Source, StringComparison.Ordinal);

    [Fact]
    public void The_insureds_number_is_nobodys_matricule_though_it_has_its_OID()
    {
        static string? Matricule(string type, string value) => Only(Ada.Replace("\"https://example.org/ids\",\"value\":\"77\"", $"\"urn:oid:1.2.250.1.213.1.4.8\"{type},\"value\":\"{value}\"", StringComparison.Ordinal)).Entry!.Person.Matricule;
        Assert.Null(Matricule(""","type":{"coding":[{"code":"NH"}]}""", "261047512345612"));
        Assert.Null(Matricule("", "283047512345612"));
        Assert.Equal("261047512345612", Matricule("", "261047512345612"));
        Assert.Equal("283047512345612", Matricule(""","type":{"coding":[{"code":"INS-NIR"}]}""", "2 83 04 75 123 456 12"));
    }

    [Fact]
    public void What_names_two_patients_by_one_reference_or_one_of_another_server_is_nobodys()
    {
        var two = Translate(Ada, Ada.Replace("77", "78", StringComparison.Ordinal).Replace("1961", "1990", StringComparison.Ordinal), Observation("8867-4", """ "valueQuantity":{"value":72,"code":"/min"} """));
        Assert.Equal([Fate.Stored, Fate.Stored, Fate.Refused], two.Select(t => t.Fate));
        Assert.Contains("même référence", two[2].Why, StringComparison.Ordinal);

        var index = new FhirIndex();
        var ada = new SourceResource(JsonDocument.Parse(Ada).RootElement, "https://here/fhir/Patient/p1", 1);
        index.Add(ada);
        Fate Of(string reference) => FhirTranslation.Of(new SourceResource(JsonDocument.Parse($$$"""{"resourceType":"Condition","id":"c","code":{"text":"x"},"subject":{"reference":"{{{reference}}}"}}""").RootElement, null, 2), index, Now).Fate;
        Assert.Equal([Fate.Stored, Fate.Stored, Fate.Stored, Fate.Refused], new[] { "Patient/p1", "https://here/fhir/Patient/p1/_history/2", "http://here/fhir/Patient/p1", "https://there/fhir/Patient/p1" }.Select(Of));
    }

    [Fact]
    public void An_id_of_one_file_alone_is_told_apart_by_what_the_resource_says_and_any_other_is_not()
    {
        static (string Key, bool ByContent) Key(string id, string value, string? url = null, string more = "") =>
            FhirTranslation.Of(new SourceResource(JsonDocument.Parse($$$"""{"resourceType":"Condition","id":"{{{id}}}",{{{more}}}"code":{"text":"{{{value}}}"},"subject":{"reference":"Patient/p1"}}""").RootElement, url, 1), IndexOfAda(), Now).Entry is { } entry ? (entry.Key, entry.ByContent) : default;
        Assert.NotEqual(Key("obs1", "Asthme"), Key("obs1", "Grippe"));
        Assert.Equal(Key("obs1", "Asthme"), Key("obs1", "Asthme", more: """ "meta":{"lastUpdated":"2026-01-01T00:00:00Z"}, """));
        Assert.True(Key("obs1", "Asthme").ByContent);
        // What is known by more than its file stays one entry though it changed at its source (0008).
        Assert.Equal(Key("obs1", "Asthme", "https://here/fhir/Condition/obs1"), Key("obs1", "Grippe", "https://here/fhir/Condition/obs1"));
        Assert.NotEqual(Key("obs1", "Asthme", "https://here/fhir/Condition/obs1"), Key("obs1", "Asthme", "https://there/fhir/Condition/obs1"));
        Assert.Equal(Key("0f4e2b1c-7a55-4c0e-9c37-2f1f8c1c1a11", "Asthme"), Key("0f4e2b1c-7a55-4c0e-9c37-2f1f8c1c1a11", "Grippe"));
        Assert.NotEqual(Key("obs1", "x", more: """ "identifier":[{"system":"s","value":"1"}], """), Key("obs1", "x", more: """ "identifier":[{"system":"s","value":"2"}], """));
    }

    private static FhirIndex IndexOfAda()
    {
        var index = new FhirIndex();
        index.Add(new SourceResource(JsonDocument.Parse(Ada).RootElement, null, 1));
        return index;
    }

    [Fact]
    public void Whatever_is_in_a_bundle_every_resource_has_one_fate_and_one_stable_key()
    {
        string[] types = ["Observation", "Condition", "Procedure", "Claim", "Encounter", "Immunization", "AllergyIntolerance", "DiagnosticReport", "DocumentReference", "MedicationRequest", "CarePlan", "Practitioner", "ValueSet", "Nonsense", ""];
        string[] members = ["\"status\":\"final\"", "\"code\":{\"text\":\"x\"}", "\"code\":7", "\"subject\":{\"reference\":\"Patient/p1\"}", "\"subject\":[]", "\"category\":[1,null,{}]", "\"valueQuantity\":\"x\"", "\"valueQuantity\":{\"value\":1e400}", "\"component\":[{}]", "\"effectiveDateTime\":\"soon\"", "\"period\":{\"start\":\"2014\"}", "\"class\":{}", "\"content\":[{\"attachment\":{\"data\":\"!\"}}]", "\"meta\":null", "\"note\":[\"é\",{\"reference\":\"Patient/p1\",\"display\":\"Ada\"}]", "\"performer\":[[]]", "\"medicationCodeableConcept\":{\"coding\":[\"x\"]}", "\"contained\":{\"id\":1}", "\"clinicalStatus\":\"active\"", "\"referenceRange\":[3]", "\"dosageInstruction\":[{\"doseAndRate\":[{\"doseQuantity\":{\"value\":2}}],\"timing\":{\"repeat\":{\"frequency\":1,\"period\":2,\"periodUnit\":\"d\"}}}]"];
        var resource = Gen.Select(Gen.Int[0, types.Length - 1], Gen.Int[0, members.Length - 1].Array[0, 6], Gen.Int[0, 1000]).Select((type, some, id) => $$"""{"resourceType":"{{types[type]}}","id":"{{id}}"{{string.Concat(some.Distinct().Select(m => "," + members[m]))}}}""");
        resource.Array[0, 12].Sample(resources =>
        {
            var (first, again) = (Translate([Ada, .. resources]), Translate([Ada, .. resources]));
            Assert.Equal(resources.Length + 1, first.Count);
            Assert.All(first, t => Assert.Equal(t.Fate is Fate.Stored or Fate.Attachment, t.Entry is not null));
            Assert.All(first.Where(t => t.Fate == Fate.Refused), t => Assert.NotNull(t.Why));
            Assert.Equal(first.Select(t => t.Entry?.Key), again.Select(t => t.Entry?.Key));
        }, iter: 300);
    }

    private static (string, Domain, string?) Where(string resource)
    {
        var one = Second(resource);
        Assert.Equal(Fate.Stored, one.Fate);
        return (one.Entry!.Room, one.Entry.Domain, one.Entry.Body.GetProperty("label").GetString());
    }

    private static string Observation(string loinc, string members) => $$"""{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"{{loinc}}"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2011-07-11",{{members}}}""";

    private static Translation Only(string resource) => Translate(resource)[0];

    private static Translation Second(string resource) => Translate(Ada, resource)[1];

    private static T Body<T>(Translation translation) => translation.Entry!.Body.Deserialize<T>(EntryJson.Options)!;

    internal static IReadOnlyList<Translation> Translate(params IReadOnlyList<string> resources)
    {
        var read = resources.Select((json, i) => new SourceResource(JsonDocument.Parse(Encoding.UTF8.GetBytes(json)).RootElement.Clone(), null, i + 1)).ToArray();
        var index = new FhirIndex();
        foreach (var resource in read) index.Add(resource);
        return [.. read.Select(r => FhirTranslation.Of(r, index, Now))];
    }
}
