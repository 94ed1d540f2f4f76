using System.Text;
using Serment.Fast.Tests.Sessions;
using Serment.Server.Commands;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The patient's view of who opened his file, through the socket of a production cell: real keys, real processes.</summary>
public sealed class StatementTests : IDisposable
{
    private readonly Establishment _house = new(setting: new CustodianSetting { Rehearsal = true });
    private SoftwareAuthenticator _key = null!;
    private Person _clerk = null!;

    [Fact]
    public async Task The_patient_reads_who_by_function_and_unit_when_what_and_why_and_the_opening_itself()
    {
        var (patient, nurse, physician) = await CareAsync();
        var stranger = await _house.HireAsync(new ProposeAccount("Yann Kermeur", "Chirurgien", Role.Physician, [], null));
        await stranger.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(patient, "Sa voisine Odile Tanguy dit qu'il est tombé"));
        var statement = await _clerk.AskAsync(StatementVerbs.Open, Asked(patient));

        var read = Assert.Single(statement.Lines, line => line.What == "consultation" && line.Function == "infirmier ou infirmière");
        Assert.Equal(("Cardiologie", null, "service responsable du séjour, ou qui héberge le patient"), (read.Unit, read.Name, read.Why));
        Assert.Equal(["dossier de soins", "résultats d'examens"], read.Data);
        var written = Assert.Single(statement.Lines, line => line.What == "ajout au dossier");
        Assert.Equal(("médecin", physician.Me.Name), (written.Function, written.Name));
        var glass = Assert.Single(statement.Lines, line => line.What.StartsWith("ouverture en urgence", StringComparison.Ordinal));
        Assert.StartsWith("urgence", glass.Why, StringComparison.Ordinal);
        Assert.Single(statement.Lines, line => line.What == "relevé d'accès ouvert" && line.Function == "agent des admissions");
        // Neither the names of who read nor the words of a broken glass, which may name others.
        var all = System.Text.Json.JsonSerializer.Serialize(statement, WireJson.Options);
        Assert.All(new[] { nurse.Me.Name, stranger.Me.Name, _clerk.Me.Name, "Tanguy", nurse.Me.Account.ToString() }, secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));

        // Another one, with another touch: the first is on it.
        Assert.Equal(RefusalCodes.Touch, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, Asked(patient))));
        await _house.Staff.TouchAsync(_clerk, _key, pin: false);
        var next = await _clerk.AskAsync(StatementVerbs.Open, Asked(patient));
        Assert.Equal(2, next.Lines.Where(line => line.What == "relevé d'accès ouvert").Sum(line => line.Times));
    }

    [Fact]
    public async Task Merged_files_are_one_statement_and_a_stolen_desk_account_exposes_whom_it_opened()
    {
        var (patient, nurse, _) = await CareAsync();
        var (twin, _) = await _house.AdmitAsync("Corentin");
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([twin], [Domain.Medication], "care"));
        await _house.Clerk.AskAsync(IdentityVerbs.Merge, new MergeIdentities(patient, twin, "Même personne, deux créations"));
        var statement = await _clerk.AskAsync(StatementVerbs.Open, Asked(twin));
        Assert.Equal(["dossier de soins", "médicaments et allergies", "résultats d'examens"], statement.Lines.Where(line => line.What == "consultation").SelectMany(line => line.Data).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(0, Verify(Encoding.UTF8.GetString(await FileAsync(statement))).Code);

        var now = DateTimeOffset.UtcNow;
        await _house.Privacy.AskAsync(IncidentVerbs.Open, new OpenIncident("Compte volé", "Le compte de l'accueil a servi sans son titulaire.", new IncidentScope(IncidentNature.Account, now.AddHours(-1), now.AddSeconds(1), Account: _clerk.Me.Account), now));
        Assert.Equal(1, Assert.Single((await _house.Privacy.AskAsync(IncidentVerbs.Register, Nothing.AtAll)).Incidents).Patients);
    }

    [Fact]
    public async Task Only_the_desk_opens_it_with_the_consent_that_was_signed_and_a_secret_presence_is_the_privacy_officers()
    {
        var (patient, nurse, _) = await CareAsync();
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(nurse.AskAsync(StatementVerbs.Open, Asked(patient))));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Ada.AskAsync(StatementVerbs.Open, Asked(patient))));
        Assert.Equal("statement.consent", await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, Asked(patient) with { Consent = "oui" })));
        Assert.Equal("statement.adult", await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, Asked(patient, StatementReader.ParentalAuthority))));
        await nurse.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(patient, true, "Demande du patient"));
        await _house.Staff.TouchAsync(_clerk, _key, pin: false);
        Assert.Equal(RefusalCodes.SecrecyProtected, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, Asked(patient))));
        var ipp = (await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([patient]))).Lines[0].Ipp;
        Assert.NotEmpty((await _house.Privacy.AskAsync(StatementVerbs.Open, Asked(null) with { Ipp = ipp })).Lines);
    }

    [Fact]
    public async Task Without_a_touch_of_its_own_no_question_tells_one_patient_from_another()
    {
        var (patient, nurse, _) = await CareAsync();
        var (secret, _) = await _house.AdmitAsync("Gildas");
        await nurse.AskAsync(IdentityVerbs.Protect, new ProtectIdentity(secret, true, "Demande du patient"));
        var doubtful = await AdmitAsync("Riou", new DateOnly(1961, 4, 5));
        await _house.Clerk.AskAsync(IdentityVerbs.Mark, new MarkIdentity(doubtful, true, false, false, "Pièce d'identité illisible"));
        var minor = await AdmitAsync("Morvan", DateOnly.FromDateTime(DateTime.UtcNow).AddYears(-16));
        var ipp = (await nurse.AskAsync(IdentityVerbs.Lines, new LinesOf([patient]))).Lines[0].Ipp;
        OpenStatement[] questions =
        [
            Asked(patient), Asked(Id.New<PatientId>()), Asked(secret), Asked(doubtful), Asked(minor), Asked(minor, StatementReader.ParentalAuthority), Asked(patient, StatementReader.ParentalAuthority),
            Asked(null) with { Ipp = ipp }, Asked(null) with { Ipp = "999999999" }, Asked(null) with { Ipp = "douze" },
        ];
        // The touch of the shift's start answers one question, even a wrong one.
        Assert.Equal(RefusalCodes.NotFound, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, Asked(Id.New<PatientId>()))));
        foreach (var ask in questions)
            foreach (var asked in new Func<Task>[] { () => _clerk.AskAsync(StatementVerbs.Open, ask), () => _clerk.AskAsync(StatementVerbs.MakeLink, ask) })
                Assert.Equal(new Refusal(RefusalCodes.Touch, "Touchez votre clé de sécurité : chaque relevé demande un geste."), (await Assert.ThrowsAsync<RefusedException>(asked)).Refusal);
        string[] after = [RefusalCodes.SecrecyProtected, "statement.doubtful", "statement.adult"];
        foreach (var (ask, code) in new[] { questions[2], questions[3], questions[6] }.Zip(after))
        {
            await _house.Staff.TouchAsync(_clerk, _key, pin: false);
            Assert.Equal(code, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, ask)));
            Assert.Equal(RefusalCodes.Touch, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Open, ask)));
        }
    }

    [Fact]
    public async Task The_privacy_officer_gives_a_name_by_a_reasoned_decision_and_nobody_else_does()
    {
        var (patient, nurse, _) = await CareAsync();
        var line = (await _clerk.AskAsync(StatementVerbs.Open, Asked(patient))).Lines.Single(l => l.What == "consultation");
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.Name, new NameInStatement(line.Entries[0], "Plainte en préparation"))));
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(_house.Privacy.AskAsync(StatementVerbs.Name, new NameInStatement(line.Entries[0], "oui"))));
        await _house.Privacy.AskAsync(StatementVerbs.Name, new NameInStatement(line.Entries[0], "Plainte en préparation contre cette personne"));
        _house.Cell.Kill();
        _house.Cell.Start();
        _clerk.JumpCounter();
        await _house.Staff.TouchAsync(_clerk, _key, pin: false);
        var again = await _clerk.AskAsync(StatementVerbs.Open, Asked(patient));
        Assert.Equal(nurse.Me.Name, again.Lines.Single(l => l.What == "consultation").Name);
        Assert.Contains(again.Lines, l => l.What == "nom ajouté au relevé d'accès");
    }

    [Fact]
    public async Task The_file_is_verified_from_outside_and_any_change_to_it_is_found()
    {
        var (patient, nurse, physician) = await CareAsync();
        var statement = await _clerk.AskAsync(StatementVerbs.Open, Asked(patient));
        var text = Encoding.UTF8.GetString(await FileAsync(statement));
        // Of account, session and station only commitments.
        Assert.All(new[] { nurse.Me.Account.ToString(), physician.Me.Account.ToString(), nurse.Session.ToString(), nurse.Me.Name }, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        var (code, said) = Verify(text);
        Assert.True(code == 0, said);
        Assert.Contains($"{statement.Lines.Count} lignes", said, StringComparison.Ordinal);
        // As a third party runs it, with the published key and nothing else.
        var place = Path.Combine(_house.Cell.Directory, "releve.ndjson");
        await File.WriteAllTextAsync(place, text);
        var (outside, told) = await SermentCommand.RunAsync("journal", "verify", "--statement", place, "--key", _house.Cell.Status.JournalKey, "--json");
        Assert.True(outside == 0 && told.Contains("\"ok\": true", StringComparison.Ordinal), told);

        var lines = text.TrimEnd('\n').Split('\n');
        var read = Array.FindIndex(lines, line => line.Contains("\"consultation\"", StringComparison.Ordinal));
        var entry = Array.FindIndex(lines, line => line.StartsWith("{\"type\":\"entry\"", StringComparison.Ordinal));
        Assert.Contains("La raison", Refused(Change(lines, read, "service responsable du séjour, ou qui héberge le patient", "rendez-vous")), StringComparison.Ordinal);
        Assert.Contains("La fonction", Refused(Change(lines, read, "infirmier ou infirmière", "médecin")), StringComparison.Ordinal);
        Assert.Contains("Les données", Refused(Change(lines, read, "dossier de soins", "identité")), StringComparison.Ordinal);
        Assert.Contains("n'est pas celui que la clé", Refused(Change(lines, read, "Cardiologie", "Psychiatrie")), StringComparison.Ordinal);
        Assert.Contains("n'est pas celle du journal signé", Refused(Change(lines, entry, "\"kind\":{\"value\":\"", "\"kind\":{\"value\":\"x")), StringComparison.Ordinal);
        Assert.Contains("annoncées", Refused([.. lines.Where((_, i) => i != read)]), StringComparison.Ordinal);
        Assert.Contains("n'est pas celui que la clé", Refused(Change(lines, 0, "\"number\":\"", "\"number\":\"0")), StringComparison.Ordinal);
        Assert.Contains("illisible", Refused(["ceci n'est pas un relevé"]), StringComparison.Ordinal);
        // Another establishment's key.
        Assert.Equal(1, Verify(text, Other(_house.Cell.Status.JournalKey)).Code);
        Assert.Equal("statement.closed", await Staff.RefusedAsync(_house.Cell.Client.AskUnsignedAsync(StatementVerbs.File, _house.Cell.Status.Cell, new FileOfStatement(new byte[32], 0))));
    }

    [Fact]
    public async Task What_a_minor_keeps_secret_is_not_in_his_parents_statement_and_is_in_his_own()
    {
        await OpenAsync();
        var nurse = await _house.HireAsync(new ProposeAccount("Rozenn Le Goff", "Infirmière", Role.Nurse, [_house.Unit], null));
        var minor = await AdmitAsync("Morvan", DateOnly.FromDateTime(DateTime.UtcNow).AddYears(-16));
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([minor], [Domain.Clinical], "care"));
        // Before anything is secret, the parents read it.
        Assert.Contains((await _clerk.AskAsync(StatementVerbs.Open, Asked(minor, StatementReader.ParentalAuthority))).Lines, line => line.What == "consultation");

        var today = ClinicalTime.Day(DateTimeOffset.UtcNow);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_clerk.AskAsync(StatementVerbs.KeepSecret, new KeepMinorsSecret(minor, today, today))));
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(nurse.AskAsync(StatementVerbs.KeepSecret, new KeepMinorsSecret(minor, today.AddDays(1), null))));
        await nurse.AskAsync(StatementVerbs.KeepSecret, new KeepMinorsSecret(minor, today, today));
        await _house.Staff.TouchAsync(_clerk, _key, pin: false);
        var own = await _clerk.AskAsync(StatementVerbs.Open, Asked(minor));
        Assert.Contains(own.Lines, line => line.What == "consultation");
        Assert.Contains(own.Lines, line => line.What == "secret demandé par le patient mineur");

        // The next day: something else happens, and only that is theirs to read.
        var ahead = (await _house.Cell.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromDays(1)))).Ahead;
        _clerk = await AgainAsync(ahead);
        var parents = await _clerk.AskAsync(StatementVerbs.Open, Asked(minor, StatementReader.ParentalAuthority));
        Assert.All(parents.Lines, line => Assert.Equal("relevé d'accès ouvert", line.What));
        var file = Encoding.UTF8.GetString(await FileAsync(parents));
        Assert.DoesNotContain("minor.", file, StringComparison.Ordinal);
        Assert.DoesNotContain("consultation", file, StringComparison.Ordinal);
        Assert.Equal(0, Verify(file).Code);

        // Across a restart, until it is lifted.
        _house.Cell.Kill();
        _house.Cell.Start();
        _clerk = await AgainAsync(ahead);
        Assert.DoesNotContain((await _clerk.AskAsync(StatementVerbs.Open, Asked(minor, StatementReader.ParentalAuthority))).Lines, line => line.What == "consultation");
    }

    [Fact]
    public async Task A_link_and_its_code_open_one_statement_once_and_five_wrong_codes_or_three_days_close_it()
    {
        var (patient, _, _) = await CareAsync();
        var (link, other) = (await LinkAsync(patient), await LinkAsync(patient));
        Assert.Matches("^[0-9]{8}$", link.Code);
        Assert.Equal("statement.code", await RefusedAsync(link.Token, other.Code == link.Code ? "x" : other.Code));
        var statement = await ByLinkAsync(link.Token, link.Code);
        Assert.Contains(statement.Lines, line => line is { What: "relevé d'accès ouvert", Function: "le patient lui-même", Why: "demandé par lien et code" });
        Assert.Contains(statement.Lines, line => line.What == "lien vers le relevé d'accès essayé avec un code faux");
        Assert.Equal(0, Verify(Encoding.UTF8.GetString(await FileAsync(statement))).Code);
        Assert.Equal("statement.link", await RefusedAsync(link.Token, link.Code));

        for (var i = 0; i < 4; i++) Assert.Equal("statement.code", await RefusedAsync(other.Token, Wrong(other.Code)));
        // A restart gives no new tries.
        _house.Cell.Kill();
        _house.Cell.Start();
        Assert.Equal("statement.link", await RefusedAsync(other.Token, Wrong(other.Code)));
        Assert.Equal("statement.link", await RefusedAsync(other.Token, other.Code));

        // All at once: one of them opens.
        _clerk = await _house.Staff.EnterAsync(_key);
        var raced = await LinkAsync(patient);
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => { try { await ByLinkAsync(raced.Token, raced.Code); return 1; } catch (RefusedException) { return 0; } }));
        Assert.Equal(1, asked.Sum());

        var late = await LinkAsync(patient);
        await _house.Cell.Client.AskUnsignedAsync(ClockVerbs.Advance, "", new AdvanceClock(TimeSpan.FromHours(72)));
        Assert.Equal("statement.link", await RefusedAsync(late.Token, late.Code));
    }

    [Fact]
    public async Task A_server_that_asks_without_link_and_code_gets_nothing()
    {
        var (patient, _, _) = await CareAsync();
        var link = await LinkAsync(patient);
        Task<string> Asks<TAsk, TReply>(Verb<TAsk, TReply> verb, TAsk ask) => Staff.RefusedAsync(_house.Cell.Client.AskUnsignedAsync(verb, _house.Cell.Status.Cell, ask));
        Assert.Equal(RefusalCodes.NoSession, await Asks(StatementVerbs.Open, Asked(patient)));
        Assert.Equal(RefusalCodes.NoSession, await Asks(StatementVerbs.MakeLink, Asked(patient)));
        Assert.Equal(RefusalCodes.NoSession, await Asks(StatementVerbs.Name, new NameInStatement(0, "Parce que je le veux bien")));
        Assert.Equal("statement.link", await RefusedAsync("", ""));
        Assert.Equal("statement.link", await RefusedAsync(new string('A', 43), "00000000"));
        Assert.Equal("statement.link", await RefusedAsync(link.Token[..42], link.Code));
        Assert.Equal("statement.code", await RefusedAsync(link.Token, ""));
        // Neither token nor code lies readable in what the Custodian keeps. Stopped, so that no file changes its name meanwhile.
        _house.Cell.Kill();
        Assert.All(Directory.EnumerateFiles(Path.Combine(_house.Cell.Directory, "custodian"), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal) && Path.GetFileName(file) != "lock"), file =>
        {
            var bytes = File.ReadAllBytes(file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(link.Token)) < 0 && bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\"{link.Code}\"")) < 0, file);
        });
    }

    private async Task OpenAsync()
    {
        await _house.OpenAsync();
        var code = (await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Maël Quéré", "Agent d'accueil", Role.AdmissionsClerk, [], null)), _house.Privacy))!;
        _clerk = await _house.Staff.EnterAsync(_key = await _house.Staff.EnrolAsync(code));
    }

    /// <summary>A patient of the unit whose file a nurse has read and a physician written in.</summary>
    private async Task<(PatientId Patient, Person Nurse, Person Physician)> CareAsync()
    {
        await OpenAsync();
        var nurse = await _house.HireAsync(new ProposeAccount("Rozenn Le Goff", "Infirmière", Role.Nurse, [_house.Unit], null));
        var physician = await _house.HireAsync(new ProposeAccount("Erwan Salaün", "Cardiologue", Role.Physician, [_house.Unit], null));
        var (patient, _) = await _house.AdmitAsync("Corentin");
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical, Domain.Results], "care"));
        await physician.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care", Write: true));
        return (patient, nurse, physician);
    }

    private async Task<PatientId> AdmitAsync(string name, DateOnly birth)
    {
        var traits = new IdentityTraits(name, "Nolwenn", null, birth, Sex.Female, null);
        var patient = (await _house.Clerk.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, DespiteDuplicates: true))).Created!.Patient;
        await _house.MoveAsync(Id.New<StayId>(), patient, "present");
        return patient;
    }

    private static OpenStatement Asked(PatientId? patient, StatementReader reader = StatementReader.Patient) => new(patient, null, reader, StatementWords.Consent(reader));

    private async Task<StatementLink> LinkAsync(PatientId patient)
    {
        await _house.Staff.TouchAsync(_clerk, _key, pin: false);
        return await _clerk.AskAsync(StatementVerbs.MakeLink, Asked(patient));
    }

    private async Task<Person> AgainAsync(TimeSpan ahead)
    {
        var person = await _house.Staff.EnterAsync(_key);
        person.Ahead = ahead;
        return person;
    }

    private Task<Statement> ByLinkAsync(string token, string code) => _house.Cell.Client.AskUnsignedAsync(StatementVerbs.ByLink, _house.Cell.Status.Cell, new OpenByLink(token, code));

    private Task<string> RefusedAsync(string token, string code) => Staff.RefusedAsync(ByLinkAsync(token, code));

    private static string Wrong(string code) => code[0] == '0' ? $"1{code[1..]}" : $"0{code[1..]}";

    private async Task<byte[]> FileAsync(Statement statement)
    {
        var first = await _house.Cell.Client.AskUnsignedAsync(StatementVerbs.File, _house.Cell.Status.Cell, new FileOfStatement(statement.Handle, 0));
        Assert.Equal(1, first.Parts);
        return first.Bytes;
    }

    private (int Code, string Said) Verify(string text, string? key = null)
    {
        var file = Path.Combine(_house.Cell.Directory, "statement.ndjson");
        File.WriteAllText(file, text);
        using var said = new StringWriter();
        return (JournalCommands.Run(["verify", "--statement", file, "--key", key ?? _house.Cell.Status.JournalKey], said, said), said.ToString());
    }

    private string Refused(IEnumerable<string> lines)
    {
        var (code, said) = Verify(string.Join('\n', lines) + "\n");
        Assert.Equal(1, code);
        return said;
    }

    private static string[] Change(string[] lines, int at, string from, string to)
    {
        var changed = (string[])lines.Clone();
        changed[at] = lines[at].Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(lines[at], changed[at]);
        return changed;
    }

    /// <summary>A well-formed key of the same name that signed nothing.</summary>
    private static string Other(string key)
    {
        using var own = NSec.Cryptography.Key.Create(NSec.Cryptography.SignatureAlgorithm.Ed25519);
        var (name, spki) = (key.Split('+')[0], own.PublicKey.Export(NSec.Cryptography.KeyBlobFormat.RawPublicKey));
        var hash = System.Security.Cryptography.SHA256.HashData([.. Encoding.UTF8.GetBytes(name), 10, 1, .. spki])[..4];
        return $"{name}+{Convert.ToHexStringLower(hash)}+{Convert.ToBase64String([1, .. spki])}";
    }

    public void Dispose() => _house.Dispose();
}
