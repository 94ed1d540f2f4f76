using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>The security officer's desk over real processes: alarms that leave, a review queue, and what stops.</summary>
public sealed class WatchTests : IDisposable
{
    private readonly int _port = OfficerBrowser.FreePort();
    private Establishment? _house;

    [Fact]
    public async Task Alarms_wait_for_an_outlet_that_is_down_across_a_crash_and_none_is_lost()
    {
        _house = new Establishment(setting: new CustodianSetting { Environment = new Dictionary<string, string> { ["SERMENT_ALARM_SYSLOG"] = $"tcp://127.0.0.1:{_port}" } });
        await _house.OpenAsync();
        var security = await _house.HireAsync(new ProposeAccount("Rémi Sabatier", "Référent sécurité", Role.SecurityOfficer, [], null));
        var nurse = await _house.HireAsync(new ProposeAccount("Noé Kerbrat", "Infirmier", Role.Nurse, [], null));
        var strangers = new List<PatientId>();
        for (var i = 0; i < 6; i++) strangers.Add((await _house.AdmitAsync($"Inconnu{(char)('a' + i)}")).Patient);
        foreach (var stranger in strangers) await Staff.RefusedAsync(nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([stranger], [Domain.Clinical], "care")));
        var alarm = Assert.Single((await security.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms, a => a.Kind == "strangers");
        await WaitAsync(async () => Assert.Single((await security.AskAsync(WatchVerbs.State, Nothing.AtAll)).Outlets) is { Fault: not null, Waiting: > 0 });

        _house.Cell.Kill();
        _house.Cell.Start();
        security.JumpCounter();
        using var siem = new Siem(_port);
        await WaitAsync(() => Task.FromResult(siem.Lines.Any(line => line.Contains("kind=\"strangers\"", StringComparison.Ordinal))));
        var line = siem.Lines.First(l => l.Contains("kind=\"strangers\"", StringComparison.Ordinal));
        Assert.Contains($"account=\"{nurse.Me.Account}\"", line, StringComparison.Ordinal);
        Assert.EndsWith(alarm.Text, line, StringComparison.Ordinal);
        await WaitAsync(async () => Assert.Single((await security.AskAsync(WatchVerbs.State, Nothing.AtAll)).Outlets) is { Fault: null, Waiting: 0 });
    }

    [Fact]
    public async Task A_broken_glass_waits_for_review_by_someone_else_and_an_accounts_doings_are_told_without_a_name()
    {
        _house = await new Establishment().OpenAsync();
        var (security, nurse, patient) = await GlassAsync();
        await security.AskAsync(WatchVerbs.Reviews, new ReviewAsked());
        var item = Assert.Single((await security.AskAsync(WatchVerbs.Reviews, new ReviewAsked())).Items, i => i.Kind == "break-glass");
        Assert.Equal((nurse.Me.Account, "« Malaise dans le couloir »", TimeSpan.FromHours(72)), (item.Account, item.Text, item.Due - item.At));
        // Whose words they are is journaled, once a day for each who reads them; whoever reads the list of accesses has read them too.
        await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient));
        var reads = (await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient))).Accesses;
        Assert.Equal([Domain.Clinical], Assert.Single(reads, a => a.Kind == "review.shown" && a.Account == security.Me.Account).Domains);
        Assert.Contains(reads, a => a.Kind == "accesses.shown" && a.Domains.Contains(Domain.Clinical));
        // The deadline is the policy's.
        var policy = (await security.AskAsync(PolicyVerbs.Text, Nothing.AtAll)).Text;
        await _house.Staff.AgreeAsync(security.AskAsync(PolicyVerbs.Propose, new ProposePolicy(policy.Replace("\"reviewHours\": 72", "\"reviewHours\": 24", StringComparison.Ordinal), "Revues plus tôt")), _house.Privacy);
        var sooner = await security.AskAsync(WatchVerbs.Reviews, new ReviewAsked());
        Assert.Equal((24, TimeSpan.FromHours(24)), (sooner.WithinHours, sooner.Items.Single(i => i.Index == item.Index) is var again ? again.Due - again.At : default));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Clerk.AskAsync(WatchVerbs.Reviews, new ReviewAsked())));
        Assert.Equal(RefusalCodes.Invalid, await Staff.RefusedAsync(security.AskAsync(WatchVerbs.Review, new Reviewed(item.Index, ReviewOutcome.Justified, "ok"))));
        Assert.Equal(RefusalCodes.NotFound, await Staff.RefusedAsync(security.AskAsync(WatchVerbs.Review, new Reviewed(0, ReviewOutcome.Justified, "rien à voir"))));
        await security.AskAsync(WatchVerbs.Review, new Reviewed(item.Index, ReviewOutcome.Justified, "malaise confirmé par le cadre"));
        Assert.DoesNotContain((await security.AskAsync(WatchVerbs.Reviews, new ReviewAsked())).Items, i => i.Index == item.Index);
        Assert.Equal("malaise confirmé par le cadre", Assert.Single((await security.AskAsync(WatchVerbs.Reviews, new ReviewAsked(Done: true))).Items).Done!.Note);

        var told = await security.AskAsync(WatchVerbs.Timeline, new TimelineAsked(nurse.Me.Account, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddMinutes(1)));
        Assert.Equal(1, told.Patients);
        Assert.Contains(told.Lines, line => line.What == "break-glass");
        Assert.Contains(told.Lines, line => line is { What: "release", Patients: 1 } && line.Domains.Contains(Domain.Clinical));
        Assert.DoesNotContain(patient.ToString()!, System.Text.Json.JsonSerializer.Serialize(told, WireJson.Options), StringComparison.Ordinal);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Privacy.AskAsync(WatchVerbs.Timeline, new TimelineAsked(nurse.Me.Account, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow))));
    }

    [Fact]
    public async Task A_frozen_unit_opens_by_the_glass_only_and_the_bulk_path_stops_by_one_and_resumes_by_two()
    {
        _house = await new Establishment().OpenAsync();
        var security = await _house.HireAsync(new ProposeAccount("Rémi Sabatier", "Référent sécurité", Role.SecurityOfficer, [], null));
        var nurseKey = await _house.Staff.EnrolAsync((await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Noé Kerbrat", "Infirmier", Role.Nurse, [_house.Unit], null)), _house.Privacy))!);
        var nurse = await _house.Staff.EnterAsync(nurseKey);
        var (patient, _) = await _house.AdmitAsync("Tanguy");
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));

        var freeze = (await security.AskAsync(WatchVerbs.UnitFreeze, new ProposeUnitFreeze(_house.Unit, true, "Postes du service infectés"))).Approval;
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(security.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(security, freeze))));
        await _house.Privacy.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Privacy, freeze));
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"))));
        nurse = await _house.Staff.EnterAsync(nurseKey);
        Assert.Equal(RefusalCodes.NoRelation, await Staff.RefusedAsync(nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"))));
        await nurse.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(patient, "Malaise dans le couloir"));
        Assert.Single((await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"))).Patients[0].Keys);

        var (key, _, machine) = _house.Machine();
        var mandate = (await _house.Privacy.AskAsync(MandateVerbs.Propose, new ProposeMandate("Lettres", MandatePurpose.IncidentLetters, Domain.Administrative, true, key, [], new PatientSelection([patient]), 60, DateTimeOffset.UtcNow.AddDays(3)))).Approval;
        await _house.Ada.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Ada, mandate));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Privacy.AskAsync(WatchVerbs.StopBulk, new StopBulk("doute sur un export"))));
        // A machine that tries what it may not is named, waits for review and is stopped from the alarm.
        for (var i = 0; i < 40; i++) Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(machine.AskAsync(AccountVerbs.List, Nothing.AtAll)));
        var rung = Assert.Single((await security.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms, a => a.Client is not null);
        Assert.Equal("Interface « Mandat Lettres »", rung.Who);
        var waits = Assert.Single((await security.AskAsync(WatchVerbs.Reviews, new ReviewAsked())).Items, i => i.Client == rung.Client);
        Assert.Equal((null, "Interface « Mandat Lettres »"), (waits.Account, waits.Who));
        await security.AskAsync(WatchVerbs.Review, new Reviewed(waits.Index, ReviewOutcome.Harmless, "interface mal réglée"));
        // Who leads incidents chooses among devices.
        Assert.Empty((await _house.Privacy.AskAsync(AccountVerbs.Stations, Nothing.AtAll)).Stations);
        Assert.NotNull(await Staff.RefusedAsync(_house.Clerk.AskAsync(AccountVerbs.Stations, Nothing.AtAll)));
        await security.AskAsync(WatchVerbs.StopBulk, new StopBulk("doute sur un export"));
        Assert.Equal("bulk.stopped", await Staff.RefusedAsync(machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(mandate, 10))));
        // Whatever the machine asks under its scope, not only keys.
        Assert.Equal("bulk.stopped", await Staff.RefusedAsync(machine.AskAsync(MandateVerbs.Own, Nothing.AtAll)));
        Assert.Equal("bulk.stopped", await Staff.RefusedAsync(machine.AskAsync(IncidentVerbs.Exposed, new ExposedAsked(Id.New<IncidentId>(), [patient]))));
        var resume = (await security.AskAsync(WatchVerbs.ResumeBulk, new ProposeResumeBulk("fausse alerte"))).Approval;
        await _house.Privacy.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Privacy, resume));
        Assert.Single((await machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(mandate, 10))).Patients);
    }

    /// <summary>What closes screens is pushed to the Server: each freeze is heard within a second, whatever it froze.</summary>
    [Fact]
    public async Task Every_freeze_is_told_to_the_server_within_a_second_and_machines_are_refused_at_their_next_request()
    {
        _house = await new Establishment().OpenAsync();
        var security = await _house.HireAsync(new ProposeAccount("Rémi Sabatier", "Référent sécurité", Role.SecurityOfficer, [], null));
        Task<Person> Nurse(string name) => _house.HireAsync(new ProposeAccount(name, "Infirmier", Role.Nurse, [_house.Unit], null));
        var (frozen, lost, inUnit) = (await Nurse("Noé Kerbrat"), await Nurse("Inès Castaing"), await Nurse("Louna Prigent"));
        var place = await _house.Staff.StationAsync((await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.ProposeStation, new ProposeStation("Poste de soins", _house.Unit)), _house.Privacy))!);
        var onStation = await _house.Staff.EnterAsync(await _house.Staff.EnrolAsync((await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Maël Guivarch", "Infirmier", Role.Nurse, [_house.Unit], null)), _house.Privacy))!), place);
        using var over = new CancellationTokenSource();
        var heard = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        var watching = Task.Run(async () =>
        {
            await foreach (var notice in _house.Cell.Client.WatchAsync("", over.Token)) heard.TryAdd($"{notice.Kind} {notice.Subject}", System.Diagnostics.Stopwatch.GetTimestamp());
        });
        await WaitAsync(() => Task.FromResult(heard.ContainsKey("watching ")));

        async Task Within(Person who, Func<Task> freeze)
        {
            var began = System.Diagnostics.Stopwatch.GetTimestamp();
            await freeze();
            await WaitAsync(() => Task.FromResult(heard.ContainsKey($"session-ended {who.Session}")));
            Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(began, heard[$"session-ended {who.Session}"]).TotalMilliseconds, 0, 1000);
            Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(who.AskAsync(SessionVerbs.Mine, Nothing.AtAll)));
        }
        await Within(frozen, () => security.AskAsync(AccountVerbs.Freeze, new FreezeAccount(frozen.Me.Account, "Compte suspect")));
        await Within(lost, () => security.AskAsync(AccountVerbs.LostKey, new LostKey(lost.Me.Account)));
        await Within(onStation, () => _house.Ada.AskAsync(AccountVerbs.RevokeStation, new RevokeStation(place.Station)));
        var unit = (await security.AskAsync(WatchVerbs.UnitFreeze, new ProposeUnitFreeze(_house.Unit, true, "Postes du service infectés"))).Approval;
        var read = await _house.Staff.ReadAsync(_house.Privacy, unit);
        await Within(inUnit, () => _house.Privacy.AskAsync(AccountVerbs.Approve, read));

        var (key, _, machine) = _house.Machine();
        await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.ProposeClient, new ProposeClient("Registre", ["incidents"], key)), _house.Privacy);
        await machine.AskAsync(IncidentVerbs.Register, Nothing.AtAll);
        await security.AskAsync(AccountVerbs.FreezeClient, new FreezeClient(MachineKeys.IdOf(key)));
        Assert.Equal(RefusalCodes.Frozen, await Staff.RefusedAsync(machine.AskAsync(IncidentVerbs.Register, Nothing.AtAll)));
        await over.CancelAsync();
        try { await watching; }
        catch (OperationCanceledException) { }
    }

    private async Task<(Person Security, Person Nurse, PatientId Patient)> GlassAsync()
    {
        var security = await _house!.HireAsync(new ProposeAccount("Rémi Sabatier", "Référent sécurité", Role.SecurityOfficer, [], null));
        var nurse = await _house.HireAsync(new ProposeAccount("Noé Kerbrat", "Infirmier", Role.Nurse, [], null));
        var (patient, _) = await _house.AdmitAsync("Tanguy");
        await nurse.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(patient, "Malaise dans le couloir"));
        await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));
        return (security, nurse, patient);
    }

    private static async Task WaitAsync(Func<Task<bool>> until)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await until()) return;
            await Task.Delay(100);
        }
        Assert.Fail("it did not come about within a minute");
    }

    public void Dispose() => _house?.Dispose();

    /// <summary>Takes syslog over TCP with octet counting, as a log collector does.</summary>
    private sealed class Siem : IDisposable
    {
        private readonly TcpListener _door;
        private readonly List<string> _lines = [];

        public Siem(int port)
        {
            _door = new TcpListener(IPAddress.Loopback, port);
            _door.Start();
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    using var client = await _door.AcceptTcpClientAsync();
                    using var all = new MemoryStream();
                    await client.GetStream().CopyToAsync(all);
                    var text = all.ToArray();
                    var space = Array.IndexOf(text, (byte)' ');
                    if (space > 0 && int.Parse(Encoding.ASCII.GetString(text, 0, space), System.Globalization.CultureInfo.InvariantCulture) == text.Length - space - 1)
                        lock (_lines) _lines.Add(Encoding.UTF8.GetString(text, space + 1, text.Length - space - 1));
                }
            });
        }

        public IReadOnlyList<string> Lines { get { lock (_lines) return [.. _lines]; } }

        public void Dispose() => _door.Dispose();
    }
}
