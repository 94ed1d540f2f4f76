using System.Security.Cryptography;
using System.Text.Json;
using Serment.Records.Entries;

namespace Serment.Server.Drill;

/// <summary>
/// A6. The drill sits where the Server sits: it holds the socket, the database, the keys of an interface and of a mandate, and ten live browsers that sign whatever its page tells them to, until
/// their next touch: ten isolated profiles (browser contexts) of one Chromium process, each with a security key, a worker and a session key of its own, signed in at the real screens.
/// It lets them work for each other, shows officers other words than those that they sign, and tries all of it on a second establishment.
/// </summary>
internal sealed class PatchedServer(ThrowawayCell cell, ThrowawayCell elsewhere, Sink sink, Sink sinkElsewhere, bool planted) : Attack(cell, sink, planted)
{
    private const int Live = 10, LinesAtADesk = 250, LinesElsewhere = 60, Brought = 40;

    /// <summary>Asking a browser costs more than its signature does; and what it signs is worth 30 s.</summary>
    private const int SignedAtOnce = 20;

    private readonly string _profiles = Directory.CreateTempSubdirectory("serment-drill-browsers-").FullName;

    public override async Task<Outcome> PlayAsync()
    {
        var chromium = Chromium.Program is null ? null : await Chromium.StartAsync(_profiles).ConfigureAwait(false);
        try { return await PlayAsync(chromium).ConfigureAwait(false); }
        finally
        {
            if (chromium is not null) await chromium.DisposeAsync().ConfigureAwait(false);
            try { Directory.Delete(_profiles, recursive: true); }
            catch (IOException) { /* Chromium's last writer; the system clears temporary directories. */ }
        }
    }

    private async Task<Outcome> PlayAsync(Chromium? chromium)
    {
        // On the first day of an establishment no fact can be older than the day, and young ones open beyond the ceiling.
        await Cell.AdvanceAsync(TimeSpan.FromDays(1)).ConfigureAwait(false);
        Sink.Begin();
        var began = Cell.Now;
        var sam = await Cell.EnterAsync(Role.SecurityOfficer).ConfigureAwait(false);
        var ceiling = (await sam.AskAsync(AlarmVerbs.Recent, Nothing.AtAll).ConfigureAwait(false)).Ceiling;
        var people = await Task.WhenAll(People.Staff.Where(s => s.Role is not (Role.Administrator or Role.SecurityOfficer or Role.PrivacyOfficer or Role.Support)).Take(Live).Select(one => Victim.EnterAsync(Cell, one, chromium))).ConfigureAwait(false);
        var desks = people.Where(p => p.Who.Role is Role.AdmissionsClerk or Role.MedicalSecretary).ToArray();
        var clinicians = people.Except(desks).ToArray();
        var (mandate, worker) = await MandatedAsync(sam).ConfigureAwait(false);

        await DeceiveOfficersAsync(people[0]).ConfigureAwait(false);
        await AbuseTheInterfaceAsync().ConfigureAwait(false);
        await WorkOffAsync(mandate, worker).ConfigureAwait(false);
        var (worked, next) = (Sink.Files, 0);
        foreach (var one in clinicians)
        {
            // The others' browsers bring strangers into this one's ward, so that no claim is his own.
            if (one.Who.Units is [var ward, ..] && people.Where(other => !other.Who.Units.Contains(ward)).ToArray() is { Length: > 0 } others)
                foreach (var other in others) await BringAsync(other, [.. Enumerable.Range(0, Brought / others.Length).Select(_ => next++ * 7 % People.Patients.Length)], ward).ConfigureAwait(false);
            await TakeAllAsync(one).ConfigureAwait(false);
        }
        foreach (var desk in desks) await TakeAllAsync(desk).ConfigureAwait(false);
        foreach (var one in people) Sink.Take(await one.ScreenAsync().ConfigureAwait(false));
        var exposed = await ExposureAsync(IncidentNature.Server, null, began).ConfigureAwait(false);
        foreach (var server in Cell.Processes("Serment.Server.dll")) Programs.ReadMemory(server, Sink.TakeStream);
        await ElsewhereAsync(people).ConfigureAwait(false);
        return new Outcome(
        [
            new(people.All(p => p.InBrowser) ? "dossiers ouverts par dix navigateurs vifs jusqu'à leur geste suivant" : "dossiers ouverts par dix sessions vives jusqu'à leur geste suivant (sans Chromium : l'exercice signe à la place des navigateurs)", Sink.Files, ceiling),
            new("dont par la clé d'un mandat, dont celle de l'interface remplit la file", worked, ceiling / 2),
            new("identités vues par elles (60 par geste, 250 à l'accueil) et par le mandat", Sink.Who(d => d is Domain.Identity).Count(), desks.Length * LinesAtADesk + clinicians.Length * LinesElsewhere + ceiling / 2),
            new($"patients d'un second établissement, sur {sinkElsewhere.Attempts} essais", sinkElsewhere.Reached, 0),
            .. exposed,
        ], FirstAlarm: Cell.FirstAlarm(began));
    }

    /// <summary>What administrators have signed on its screens is never what they read on the Custodian's page; it proposes in their name and alters what they are shown.</summary>
    private async Task DeceiveOfficersAsync(Victim anyone)
    {
        var ada = People.Of(Role.Administrator);
        // Her session on the Server's screens, opened with her key where the Server can show her anything.
        var screen = new SoftwareKey[] { ada.Key };
        foreach (var key in screen)
        {
            try
            {
                var live = await Cell.EnterAsync(key).ConfigureAwait(false);
                await AskAsync(live, AccountVerbs.Propose.Name, new ProposeAccount("Complice", "Infirmier", Role.Nurse, [People.Units[0].Unit], null)).ConfigureAwait(false);
                var ben = await Cell.EnterAsync(Role.SecurityOfficer).ConfigureAwait(false);
                foreach (var approval in Known.Approvals.ToArray())
                    foreach (var statement in new[] { "Commander du papier.", "Créer le compte de « Complice » (Infirmier)." })
                        await AskAsync(ben, AccountVerbs.Approve.Name, new Approve(approval, statement)).ConfigureAwait(false);
            }
            catch (RefusedException no) { Sink.Refused(no.Refusal.Code); }
        }
        await AskAsync(anyone, [.. Known.Approvals.Select(approval => (AccountVerbs.Approve.Name, (object)new Approve(approval, "Approuver.")))]).ConfigureAwait(false);
    }

    /// <summary>Two officers allowed work with nobody present: a message after each discharge, faster than any house discharges.</summary>
    private async Task<(ApprovalId Mandate, ECDsa Key)> MandatedAsync(Actor second)
    {
        var privacy = await Cell.EnterAsync(Role.PrivacyOfficer).ConfigureAwait(false);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Cell.TouchAsync(privacy, People.Of(Role.PrivacyOfficer).Key, pin: true).ConfigureAwait(false);
        var proposed = await privacy.AskAsync(MandateVerbs.Propose, new ProposeMandate("Messages après sortie", MandatePurpose.Messages, Domain.Clinical, true, key.ExportSubjectPublicKeyInfo(), [MandateEvent.Discharge], null, 5000, Cell.Now.AddDays(20))).ConfigureAwait(false);
        await Cell.AgreeAsync(second, People.Of(Role.SecurityOfficer).Key, proposed.Approval).ConfigureAwait(false);
        return (proposed.Approval, key);
    }

    /// <summary>Strangers are admitted and discharged by the interface, and the mandate's machine takes whoever it is given.</summary>
    private async Task WorkOffAsync(ApprovalId mandate, ECDsa worker)
    {
        // Not those in bed: the sessions have them anyway.
        foreach (var patient in Sample.Except(People.Census.Values.SelectMany(ward => ward).Select(number => People.Patients[number])).Take(800))
        {
            var (stay, unit) = (Id.New<StayId>(), People.Units[0].Unit);
            foreach (var state in new[] { "present", "discharged" })
            {
                var (message, signature) = Cell.SignAsInterface(RelationVerbs.IntendStay.Name, new IntendStay(stay, patient, state, unit, unit, null));
                await Sink.TryAsync(() => Cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
            }
        }
        var (client, counter) = (MachineKeys.IdOf(worker.ExportSubjectPublicKeyInfo()), Cell.Now.ToUnixTimeMilliseconds());
        for (var again = 0; again < 20; again++)
        {
            var message = Actor.Message(Cell.Status.Cell, null, client, ++counter, Cell.Now, MandateVerbs.Release.Name, new TakeFromQueue(mandate, 100));
            if (await Sink.TryAsync(() => Cell.Client.RelayAsync(message, ThrowawayCell.Sign(worker, message))).ConfigureAwait(false) is null) return;
        }
    }

    /// <summary>Keys for new records of files that exist: do they open what is written there?</summary>
    private async Task AbuseTheInterfaceAsync()
    {
        var entries = Sample.Take(100).Select(p => new NewEntry(Id.New<EntryId>(), 1, p, Domain.Clinical, new EntryContent("notes", Cell.Now, null, null, null, default))).ToArray();
        var lent = (await Cell.AskAsInterfaceAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([.. entries.Select(e => new FilePart(e.Patient, e.Domain))])).ConfigureAwait(false)).Slots;
        for (var i = 0; i < entries.Length; i++)
        {
            var patient = entries[i].Patient;
            using var keys = new FileKeys(Cell.Now.AddMinutes(15), new Dictionary<PatientId, IReadOnlyList<PatientId>> { [patient] = [patient] }, new Dictionary<(PatientId, Domain), (int, byte[])> { [(patient, Domain.Clinical)] = (lent[i].Version, lent[i].Key) });
            foreach (var entry in await Cell.Rows.ReadAsync(keys, patient, [Domain.Clinical]).ConfigureAwait(false))
                if (entry.Altered) Sink.Refused("record.other-key"); else Sink.Take(entry.Content.Body.ToString());
        }
        foreach (var (verb, ask) in EveryVerb.All)
            foreach (var body in EveryVerb.Bodies(ask, Known).Take(3))
            {
                var (message, signature) = Cell.SignAsInterface(verb, body);
                await Sink.TryAsync(() => Cell.Client.RelayAsync(message, signature)).ConfigureAwait(false);
            }
    }

    /// <summary>Has her session sign it all, and relays one after the other.</summary>
    /// <returns>The answers in that order; null where refused.</returns>
    private async Task<string?[]> AskAsync(Victim victim, (string Verb, object Body)[] asks)
    {
        List<string?> answers = [];
        foreach (var some in asks.Chunk(SignedAtOnce))
            foreach (var signed in await victim.SignAsync(some).ConfigureAwait(false))
            {
                if (signed is null) Sink.Refused("page.no-session-key");
                answers.Add(signed is null ? null : await RelayAsync(signed.Message, signed.Signature).ConfigureAwait(false));
            }
        return [.. answers];
    }

    private async Task BringAsync(Victim desk, int[] numbers, UnitId unit)
    {
        var stays = numbers.Select(number => new IntendStay(Id.New<StayId>(), People.Patients[number], "present", unit, unit, null)).ToArray();
        var answers = await AskAsync(desk, [.. stays.Select(stay => (RelationVerbs.IntendStay.Name, (object)stay))]).ConfigureAwait(false);
        foreach (var (stay, answer) in stays.Zip(answers)) if (answer is not null) await UnsignedAsync(RelationVerbs.ConfirmStay.Name, new ConfirmStay(stay.Stay)).ConfigureAwait(false);
    }

    /// <summary>All that one touch allows: own patients' names and files, strangers' names by birth date, whatever else is answered.</summary>
    private async Task TakeAllAsync(Victim victim)
    {
        var who = victim.Who;
        var own = (await AskAsync(victim, [(RelationVerbs.OwnPatients.Name, new OwnPatients(null))]).ConfigureAwait(false)) is [{ } found] ? JsonSerializer.Deserialize<OwnPatientsFound>(found, WireJson.Options)!.Patients : [];
        Domain[] domains = who.Role is Role.AdmissionsClerk or Role.MedicalSecretary ? [Domain.Administrative] : [Domain.Clinical];
        // One touch opens a few files: not those that another session has brought already.
        var had = Sink.WindowWho(files: true).Select(number => People.Patients[number]).ToHashSet();
        PatientId[] wanted = [.. own.Concat(Sample).Distinct().OrderBy(had.Contains).Take(600)];
        await AskAsync(victim,
        [
            .. wanted.Chunk(60).Select(ward => (ReleaseVerbs.Release.Name, (object)new ReleaseKeys(ward, domains, "care"))),
            .. wanted.Chunk(100).Select(page => (IdentityVerbs.Lines.Name, (object)new LinesOf(page))),
            .. Enumerable.Range(0, 40).Select(n => (IdentityVerbs.Find.Name, (object)new FindIdentities($"{People.Traits[(n * 13 + who.Name[^1] * 101) % People.Traits.Length].BirthDate:dd/MM/yyyy}"))),
        ]).ConfigureAwait(false);
    }

    /// <summary>Everything it holds, on the other cell: what its browsers signed here, what they sign for there, the interface's key, its own guesses.</summary>
    private async Task ElsewhereAsync(IReadOnlyList<Victim> people)
    {
        var other = new Relay(elsewhere, sinkElsewhere);
        PatientId[] there = [.. elsewhere.People.Patients.Take(60)];
        foreach (var one in people)
        {
            var signed = await one.SignForAsync(elsewhere.Status.Cell, [(ReleaseVerbs.Release.Name, new ReleaseKeys(there, [Domain.Clinical], "care")), (IdentityVerbs.Lines.Name, new LinesOf(there)), (ReleaseVerbs.BreakGlass.Name, new BreakGlass(there[0], "Urgence vitale, dossier nécessaire."))]).ConfigureAwait(false);
            foreach (var request in one.Sent.Take(60).Concat(signed.OfType<Signed>())) await other.TryAsync(request.Message, request.Signature).ConfigureAwait(false);
        }
        foreach (var (verb, ask) in EveryVerb.All)
            foreach (var body in EveryVerb.Bodies(ask, Known with { Patients = there }).Take(3))
            {
                var message = Actor.Message(elsewhere.Status.Cell, null, People.Interface.Id, Cell.Now.ToUnixTimeMilliseconds(), elsewhere.Now, verb, body);
                await other.TryAsync(message, ThrowawayCell.Sign(People.Interface.Key, message)).ConfigureAwait(false);
                await other.TryAsync(Actor.Message(elsewhere.Status.Cell, null, null, 0, elsewhere.Now, verb, body), default).ConfigureAwait(false);
            }
        if (!Planted) return;
        var nurse = await elsewhere.EnterAsync(Role.Nurse).ConfigureAwait(false);
        var (mine, good) = nurse.Sign(ReleaseVerbs.Release.Name, new ReleaseKeys(there, [Domain.Clinical], "care"));
        await other.TryAsync(mine, good).ConfigureAwait(false);
    }

    private sealed class Relay(ThrowawayCell cell, Sink sink)
    {
        public Task TryAsync(byte[] message, byte[]? signature) => sink.TryAsync(() => cell.Client.RelayAsync(message, signature));
    }
}
