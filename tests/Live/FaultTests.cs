using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>
/// A Custodian under load whose process, disk and wire break at random points: killed, killed while it starts, stopped and continued,
/// cut off, silenced, made deaf, without room, with a clock that jumps. After each the same is asked: a key that anybody got has its durable entry, and the exposure of
/// an incident lists it; nothing counts twice; the journal verifies; releases go on. SERMENT_FAULT_POINTS and SERMENT_FAULT_SEED say how many and which.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private static readonly TimeSpan Healed = TimeSpan.FromSeconds(30);
    private readonly string _directory = Directory.CreateTempSubdirectory("serment-fault-").FullName;
    private readonly bool _smallDisk;
    /// <summary>What stands between a process and its machine's clock, where it is installed.</summary>
    private static readonly string? FakeTime = Directory.Exists("/usr/lib") ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists) : null;
    private readonly string _clock;
    private readonly List<Person> _people = [];
    private TimeSpan _offset;
    private (KeyFile File, KeyTree Keys)? _unlocked;
    private readonly Cable _cable;
    private readonly CustodianProcess _cell;
    private readonly ConcurrentBag<Opened> _answered = [];
    private readonly ConcurrentBag<PatientId> _created = [];
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private Dice _dice = new(0);
    private int _number;

    private sealed record Opened(string Purpose, PatientId Patient);

    private sealed record Fault(string Name, Func<Task> BreakAndMend);

    public FaultTests()
    {
        _smallDisk = Mounted(_directory);
        var data = Directory.CreateDirectory(Path.Combine(_directory, "data")).FullName;
        _cable = new Cable(Path.Combine(_directory, "cable.sock"), Path.Combine(data, "custodian", "run", "custodian.sock"));
        _clock = Path.Combine(_directory, "clock");
        File.WriteAllText(_clock, "+0");
        // Timers keep their pace: only what the process takes for the time of day jumps.
        var environment = FakeTime is null ? [] : new Dictionary<string, string> { ["LD_PRELOAD"] = FakeTime, ["FAKETIME_TIMESTAMP_FILE"] = _clock, ["FAKETIME_CACHE_DURATION"] = "1", ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1" };
        _cell = new CustodianProcess(directory: data, setting: new CustodianSetting { Address = new CustodianAddress { Socket = _cable.Path }, Environment = environment });
    }

    [Fact]
    public async Task A_key_that_was_released_has_its_durable_entry_and_its_place_in_the_exposure_whatever_breaks_and_when()
    {
        var points = int.Parse(Environment.GetEnvironmentVariable("SERMENT_FAULT_POINTS") ?? "26", CultureInfo.InvariantCulture);
        var seed = ulong.Parse(Environment.GetEnvironmentVariable("SERMENT_FAULT_SEED") ?? $"{BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4))}", CultureInfo.InvariantCulture);
        _dice = new Dice(seed);
        Say($"seed {seed}, {points} points{(_smallDisk ? "" : "; no file system may be mounted here: the disk is never full")}{(FakeTime is null ? "; libfaketime is not installed: the clock never jumps" : "")}");
        var import = _cell.Import();
        var nurses = new[] { await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Nurse), await _cell.EnterAsync(Role.Physician) };
        var counted = await _cell.EnterAsync(Role.Nurse, 1);
        var (clerk, officer) = (await _cell.EnterAsync(Role.AdmissionsClerk), await _cell.EnterAsync(Role.PrivacyOfficer));
        _people.AddRange([.. nurses, counted, clerk, officer]);
        var ward = new List<PatientId>();
        for (var i = 0; i < 31; i++) ward.Add(await PresentAsync(import, nurses[0].Me.Units[0], i));
        var scope = new IncidentScope(IncidentNature.Server, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(2));
        var incident = await officer.AskAsync(IncidentVerbs.Open, new OpenIncident("Pannes en série", "Le gardien tombe et revient pendant que l'on soigne.", scope, DateTimeOffset.UtcNow.AddSeconds(-1)));

        Fault[] all =
        [
            new("killed", KillAsync), new("killed while starting", KillTwiceAsync), new("stopped", PauseAsync), new("stopped, then killed", PauseAndKillAsync), new("cut", CutAsync),
            new("silent, late", () => HoldAsync(true, true, lost: false)), new("silent, lost", () => HoldAsync(true, true, lost: true)), new("deaf", () => HoldAsync(false, true, lost: true)), new("half closed", HalfCloseAsync),
            .. FakeTime is null ? [] : new Fault[] { new("another time of day", JumpAsync), new("killed, back at another time of day", async () => { await JumpAsync(); await KillAsync(); }) },
            .. _smallDisk ? new Fault[] { new("full", () => FillAsync(kill: false)), new("full, then killed", () => FillAsync(kill: true)) } : [],
        ];
        for (var point = 0; point < points; point++)
        {
            // Each kind comes as often as any other, in an order that nobody chose.
            if (point % all.Length == 0) _dice.Shuffle(all);
            var fault = all[point % all.Length];
            var note = Path.Combine(_directory, "remembered.note");
            await File.WriteAllTextAsync(note, (await _cell.Client.AskUnsignedAsync(CellVerbs.Checkpoint, "", Nothing.AtAll)).Note);
            using var stop = new CancellationTokenSource();
            var before = _answered.Count;
            var load = nurses.SelectMany(who => new[] { who, who }).Select(who => ReadAsync(who, ward[..12], stop.Token))
                .Append(OpenAllAsync(counted, ward, stop.Token)).Append(CreateAsync(clerk, stop.Token)).Select(work => Task.Run(() => work)).ToArray();
            await UntilAsync(() => _answered.Count > before + 5, "the load begins");
            await Task.Delay(_dice.Next(150));
            await fault.BreakAndMend();
            foreach (var who in _people) who.JumpCounter();
            var mended = _answered.Count;
            await UntilAsync(() => _answered.Count > mended + 5 || load.Any(work => work.IsFaulted), $"seed {seed}: releases go on after « {fault.Name} »");
            await stop.CancelAsync();
            await Task.WhenAll(load);
            try { await CheckAsync(counted, officer, incident.Id, ward, note); }
            catch (Exception wrong) { throw new InvalidOperationException($"seed {seed}, point {point}, « {fault.Name} »", wrong); }
        }
        Say($"{points} points, {_answered.Count} keys, {_created.Count} identities in {_elapsed.Elapsed.TotalSeconds:0} s");
        Assert.True(_answered.Count > 10 * points, $"{_answered.Count} keys");
    }

    /// <summary>What holds whatever broke.</summary>
    private async Task CheckAsync(Person counted, Person officer, IncidentId incident, List<PatientId> ward, string note)
    {
        // Requests that were on the way when their asker gave up may still arrive: the journal first comes to rest.
        await OpenUntilTouchAsync(counted, ward);
        var entries = await RestedAsync();
        var opened = entries.Where(entry => entry.Kind == "release").ToArray();
        Durable(entries);
        Assert.All(opened.GroupBy(entry => new Opened(entry.Purpose!, entry.Patient!.Value)), once => Assert.Single(once));
        Assert.True(entries.Zip(entries.Skip(1)).All(pair => pair.First.Time <= pair.Second.Time));

        // Thirty files since the touch, those whose answer was lost among them: neither one more nor one less.
        var since = entries.Reverse().TakeWhile(entry => entry.Account != counted.Me.Account || entry.Kind is not ("touch" or "signin")).Where(entry => entry.Kind == "release" && entry.Account == counted.Me.Account);
        Assert.Equal(30, since.Select(entry => entry.Patient).Distinct().Count());
        await counted.AskAsync(SessionVerbs.Touch, new Touch(false, null));

        var exposure = await officer.AskAsync(IncidentVerbs.Recount, new AskedIncident(incident));
        var shown = new Dictionary<PatientId, int>();
        for (var page = 0; page * 100 < exposure.Patients; page++)
            foreach (var line in (await officer.AskAsync(IncidentVerbs.Patients, new ExposedPage(incident, page))).Patients)
                shown[line.Patient] = line.Domains.SingleOrDefault(domain => domain.Domain == Domain.Clinical)?.Accesses ?? 0;
        Assert.Equal(opened.Length, exposure.Domains.Single(domain => domain.Domain == Domain.Clinical).Accesses);
        Assert.All(_answered.GroupBy(key => key.Patient), keys => Assert.InRange(keys.Count(), 1, shown[keys.Key]));

        foreach (var some in _created.Chunk(10_000)) Assert.Empty((await _cell.Client.AskUnsignedAsync(GapVerbs.Unknown, _cell.Status.Cell, new AskUnknown(some))).Patients);
        var (code, said) = JournalFiles.Run("verify", _cell.Directory, "--since", note, "--key", _cell.Status.JournalKey);
        Assert.True(code == 0, said);
    }

    private void Durable(IReadOnlyList<JournalEntry> entries, IEnumerable<Opened>? answered = null) =>
        Assert.Empty((answered ?? _answered).Except(entries.Where(entry => entry.Kind == "release").Select(entry => new Opened(entry.Purpose!, entry.Patient!.Value))));

    /// <summary>What was answered until now is on the disk of the dead process, before anything could repair it.</summary>
    private async Task DeadAsync()
    {
        _cell.Kill();
        Durable(await EntriesAsync(), _answered.ToArray());
    }

    private Task<IReadOnlyList<JournalEntry>> EntriesAsync()
    {
        _unlocked ??= JournalFiles.Unlock(_cell.Directory);
        return JournalFiles.OpenAsync(_cell.Directory, _unlocked.Value.File, _unlocked.Value.Keys);
    }

    private async Task KillAsync()
    {
        await DeadAsync();
        _cell.Start();
    }

    private async Task KillTwiceAsync()
    {
        await DeadAsync();
        _cell.Launch();
        await Task.Delay(_dice.Next(1200));
        _cell.Kill();
        _cell.Start();
    }

    private async Task PauseAsync()
    {
        _cell.Pause();
        await Task.Delay(_dice.Next(1500));
        _cell.Resume();
    }

    private async Task PauseAndKillAsync()
    {
        _cell.Pause();
        await Task.Delay(_dice.Next(300));
        await DeadAsync();
        _cell.Start();
    }

    private async Task CutAsync()
    {
        _cable.Cut();
        await Task.Delay(_dice.Next(500));
        _cable.Mend();
    }

    private async Task HoldAsync(bool questions, bool answers, bool lost)
    {
        _cable.Hold(questions, answers);
        await Task.Delay(_dice.Next(1000));
        _cable.Mend(lost);
    }

    private async Task HalfCloseAsync()
    {
        _cable.HalfClose();
        await Task.Delay(_dice.Next(200));
        _cable.Mend(lost: true);
    }

    private async Task FillAsync(bool kill)
    {
        var ballast = Path.Combine(_directory, "ballast");
        try
        {
            using (var file = new FileStream(ballast, FileMode.Create, FileAccess.Write, FileShare.None, 0))
                try { while (true) file.Write(new byte[4096]); }
                catch (IOException) { }
            await Task.Delay(_dice.Next(300));
            if (kill) _cell.Kill();
        }
        finally { File.Delete(ballast); }
        if (!kill) return;
        Durable(await EntriesAsync(), _answered.ToArray());
        _cell.Start();
    }

    /// <summary>Forwards or backwards by minutes, not to before the ward was admitted: who is not here yet has no relation yet. Whoever asks by another time than the Custodian's is refused until he follows, as the Server's browsers do.</summary>
    private async Task JumpAsync()
    {
        _offset = TimeSpan.FromSeconds(_dice.Next(600));
        await File.WriteAllTextAsync(_clock + ".new", $"+{_offset.TotalSeconds}");
        File.Move(_clock + ".new", _clock, overwrite: true);
        while ((await _cell.Client.AskUnsignedAsync(CellVerbs.Status, "", Nothing.AtAll)).Now - DateTimeOffset.UtcNow - _offset is var off && off.Duration() > TimeSpan.FromSeconds(2)) await Task.Delay(20);
        foreach (var who in _people) who.Ahead = _offset;
    }

    private async Task ReadAsync(Person who, List<PatientId> patients, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested) await TryOpenAsync(who, patients[_dice.Next(patients.Count)]);
    }

    /// <summary>Goes round the ward until a touch is asked for; what was answered or not does not stop her.</summary>
    private async Task OpenAllAsync(Person who, List<PatientId> patients, CancellationToken stop)
    {
        for (var i = _dice.Next(patients.Count); !stop.IsCancellationRequested; i++) await TryOpenAsync(who, patients[i % patients.Count]);
    }

    private async Task CreateAsync(Person clerk, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var i = Interlocked.Increment(ref _number);
            var traits = new IdentityTraits($"Panne {(char)('A' + i / 676 % 26)}{(char)('A' + i / 26 % 26)}{(char)('A' + i % 26)}", "Odette", null, new DateOnly(1940, 1, 1).AddDays(i % 20_000), Sex.Female, null);
            if (await TriedAsync(clerk, IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true)) is { Created: { } created }) _created.Add(created.Patient);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private async Task<Lease?> TryOpenAsync(Person who, PatientId patient)
    {
        var purpose = string.Create(CultureInfo.InvariantCulture, $"n{Interlocked.Increment(ref _number)}");
        var lease = await TriedAsync(who, ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], purpose));
        if (lease is not null) _answered.Add(new Opened(purpose, patient));
        return lease;
    }

    /// <summary>A screen's patience: null when nothing came in time, or when what came says to try again.</summary>
    private async Task<TReply?> TriedAsync<TAsk, TReply>(Person who, Verb<TAsk, TReply> verb, TAsk body) where TReply : class
    {
        using var patience = new CancellationTokenSource(100 + _dice.Next(900));
        var (message, signature) = who.Sign(verb, body, DateTimeOffset.UtcNow.Add(who.Ahead).AddSeconds(30));
        try { return await _cell.Client.AskAsync(verb, message, signature, patience.Token); }
        catch (OperationCanceledException) { return null; }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Away or RefusalCodes.Touch or RefusalCodes.Replayed or RefusalCodes.Expired or "journal.disk" or "state.disk")
        {
            await Task.Delay(5, CancellationToken.None);
            return null;
        }
    }

    private async Task OpenUntilTouchAsync(Person who, List<PatientId> patients)
    {
        foreach (var patient in patients)
            try
            {
                var purpose = string.Create(CultureInfo.InvariantCulture, $"n{Interlocked.Increment(ref _number)}");
                await who.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], purpose));
                _answered.Add(new Opened(purpose, patient));
            }
            catch (RefusedException no) when (no.Refusal.Code == RefusalCodes.Touch) { }
    }

    /// <summary>Every entry, once nothing is on the way any more.</summary>
    private async Task<IReadOnlyList<JournalEntry>> RestedAsync()
    {
        long size = -1, now;
        while ((now = (await _cell.Client.AskUnsignedAsync(GapVerbs.State, _cell.Status.Cell, Nothing.AtAll)).Size) != size)
        {
            size = now;
            await Task.Delay(50);
        }
        return await EntriesAsync();
    }

    private static async Task UntilAsync(Func<bool> so, string what)
    {
        for (var patience = Stopwatch.StartNew(); !so(); await Task.Delay(5))
            if (patience.Elapsed > Healed) throw new TimeoutException(what);
    }

    private static async Task<PatientId> PresentAsync(Signer import, UnitId unit, int i)
    {
        var traits = new IdentityTraits($"Essai {(char)('A' + i % 26)}{(char)('A' + i / 26)}", "Jeanne", null, new DateOnly(1951, 2, 3).AddDays(40 * i), Sex.Female, "75056");
        var patient = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"fault|{i}"))).Created!.Patient;
        await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", unit, unit, null));
        return patient;
    }

    private static bool Mounted(string directory)
    {
        using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", directory]) { RedirectStandardError = true })!;
        mount.WaitForExit();
        return mount.ExitCode == 0;
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    public void Dispose()
    {
        _cell.Resume();
        _cell.Dispose();
        _cable.Dispose();
        _unlocked?.Keys.Dispose();
        if (_smallDisk) using (var unmount = Process.Start("umount", ["-l", _directory])) unmount.WaitForExit();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>SplitMix64: the same points again from the same seed; threads take turns as they come.</summary>
    private sealed class Dice(ulong seed)
    {
        private ulong _state = seed;

        public int Next(int below)
        {
            var z = Interlocked.Add(ref _state, 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)below);
        }

        public void Shuffle<T>(T[] all)
        {
            for (var i = all.Length - 1; i > 0; i--)
            {
                var j = Next(i + 1);
                (all[i], all[j]) = (all[j], all[i]);
            }
        }
    }
}
