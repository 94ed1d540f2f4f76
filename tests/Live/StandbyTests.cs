using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Serment.Custodian.Journal;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A second Custodian takes over within seconds; no key was released that it does not know of, and no budget is spent twice.</summary>
public sealed class StandbyTests : IAsyncDisposable
{
    private static readonly TimeSpan WithinSeconds = TimeSpan.FromSeconds(10);
    private readonly CustodianPair _pair = new();
    private readonly ConcurrentBag<string> _answered = [];
    private readonly List<PatientId> _ward = [];
    private int _number;

    [Fact]
    public async Task The_second_leads_within_seconds_knows_every_released_key_and_every_budget_that_was_spent_and_the_first_comes_back_as_its_second()
    {
        var nurses = await ReadyAsync();
        var spent = await _pair.First.EnterAsync(Role.Nurse, 1);
        foreach (var patient in _ward.Take(30)) await OpenAsync(spent, patient);
        Assert.Equal(RefusalCodes.Touch, await Staff.RefusedAsync(OpenAsync(spent, _ward[30])));

        var away = await UnderLoadAsync(nurses, () => { _pair.First.Kill(); return Task.CompletedTask; });
        Assert.InRange(away, TimeSpan.Zero, WithinSeconds);
        Say($"the second answered {away.TotalSeconds:0.0} s after the first was killed");
        await KnowsAllAsync(_pair.Second);
        spent.JumpCounter();
        Assert.Equal(RefusalCodes.Touch, await Staff.RefusedAsync(OpenAsync(spent, _ward[30])));
        await spent.AskAsync(SessionVerbs.Touch, new Touch(false, null));
        await OpenAsync(spent, _ward[30]);

        // Alone with its files, the first answers nobody.
        _pair.First.Launch();
        await CustodianPair.UntilAsync(_pair.First, "replaced");
        Assert.Equal(RefusalCodes.Away, await Staff.RefusedAsync(CustodianPair.AskDirectlyAsync(_pair.First, spent, _ward[0])));
        var replaced = (await CustodianPair.NowAsync(_pair.First))!;
        Assert.False(await _pair.Records.GrantConfigurationAsync(replaced.Number + 1, replaced.Holder));
        _pair.First.Kill();

        _pair.First.Start(_pair.Follow(_pair.Second));
        await CustodianPair.UntilAsync(_pair.Second, "in-step");
        await AlikeAsync(nurses[0]);
        var (code, said) = await _pair.CommandAsync("standby", "status");
        Assert.True(code == 0, said);
        away = await UnderLoadAsync(nurses, () => { _pair.Second.Kill(); return Task.CompletedTask; });
        Assert.InRange(away, TimeSpan.Zero, WithinSeconds);
        Say($"and the first again {away.TotalSeconds:0.0} s after the second was killed");
        await KnowsAllAsync(_pair.First);
    }

    [Fact]
    public async Task A_first_whose_second_is_away_goes_on_alone_and_rings_and_the_second_catches_up()
    {
        var nurses = await ReadyAsync();
        var away = await UnderLoadAsync(nurses, () => { _pair.Second.Pause(); return Task.CompletedTask; });
        Assert.InRange(away, TimeSpan.FromSeconds(1), WithinSeconds);
        Say($"the first answered again {away.TotalSeconds:0.0} s after the second was stopped");
        Assert.Equal("alone", await CustodianPair.StandingAsync(_pair.First));
        var officer = await _pair.First.EnterAsync(Role.SecurityOfficer);
        await UntilAsync(async () => (await officer.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms.Any(alarm => alarm.Kind == "standby"), "the alarm");
        var (code, said) = await SermentCommand.RunAsync("doctor", "--data", _pair.First.Directory);
        Assert.Equal(1, code);
        Assert.Contains("mène seul", said, StringComparison.Ordinal);

        _pair.Second.Resume();
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        Assert.Contains("suit, à jour", (await SermentCommand.RunAsync("doctor", "--data", _pair.First.Directory)).Said, StringComparison.Ordinal);
        await AlikeAsync(nurses[0]);
        Assert.InRange(await UnderLoadAsync(nurses, () => { _pair.First.Kill(); return Task.CompletedTask; }), TimeSpan.Zero, WithinSeconds);
        await KnowsAllAsync(_pair.Second);
    }

    /// <summary>The two agree again by themselves: neither a Server nor the database is asked.</summary>
    [Fact]
    public async Task A_second_that_stood_still_while_state_was_written_is_in_step_again_without_anybodys_word()
    {
        var nurses = await ReadyAsync();
        var admin = await _pair.First.EnterAsync(Role.Administrator);
        await _pair.LeaveAloneAsync();
        _pair.Second.Pause();
        var written = admin.AskAsync(CellVerbs.PutUnit, new PutUnit(null, "Unité neuve", "Site neuf", [new PutBed("1", "P")]));
        await CustodianPair.UntilAsync(_pair.First, "undecided");
        Assert.False(written.IsCompleted);
        _pair.Second.Resume();
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        await written;
        await OpenAsync(nurses[0], _ward[0]);
        await KnowsAllAsync(_pair.Second);
    }

    [Fact]
    public async Task A_second_that_lacks_what_the_first_released_alone_never_leads()
    {
        var nurses = await ReadyAsync();
        _pair.Second.Kill();
        await CustodianPair.UntilAsync(_pair.First, "alone");
        await OpenAsync(nurses[0], _ward[0]);
        _pair.First.Kill();
        _pair.Second.Start(_pair.Follow(_pair.First));
        var behind = (await CustodianPair.NowAsync(_pair.Second))!;
        Assert.Equal("follows", behind.Standing);
        // The number that it would ask for was given to the first: not to the Server that looks for a leader, nor to the operator who asks for one.
        Assert.False(await _pair.Records.GrantConfigurationAsync(behind.Number + 1, behind.Holder));
        var (code, said) = await _pair.CommandAsync("standby", "lead");
        Assert.Equal(1, code);
        Assert.Contains("n'a pas tout", said, StringComparison.Ordinal);
        Assert.Equal("follows", await CustodianPair.StandingAsync(_pair.Second));

        _pair.First.Start();
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        nurses[0].JumpCounter();
        await UntilAsync(async () => await TriedAsync(nurses[0], _ward[1]), "releases go on");
        await KnowsAllAsync(_pair.Second);
    }

    [Fact]
    public async Task A_second_that_is_all_that_is_left_leads_at_an_operators_word_despite_what_it_lacks()
    {
        var nurses = await ReadyAsync();
        var before = (await CustodianPair.NowAsync(_pair.Second))!.Entries;
        _pair.Second.Kill();
        await CustodianPair.UntilAsync(_pair.First, "alone");
        await OpenAsync(nurses[0], _ward[0]);
        _pair.First.Kill();
        _pair.Second.Start(_pair.Follow(_pair.First));
        Assert.Equal(1, (await _pair.CommandAsync("standby", "lead")).Code);
        var (code, said) = await _pair.CommandAsync("standby", "lead", "--despite-loss");
        Assert.True(code == 0 && said.Contains("mène seul", StringComparison.Ordinal), said);
        nurses[0].JumpCounter();
        await UntilAsync(async () => await TriedAsync(nurses[0], _ward[1]), "releases go on");
        Assert.True((await CustodianPair.NowAsync(_pair.Second))!.Entries >= before);

        // Against the runbook, the first is started as it was: it leads alone, with an earlier number, until whoever is in charge meets both.
        _pair.First.Start();
        await CustodianPair.UntilAsync(_pair.First, "replaced");
        Assert.Equal(RefusalCodes.Away, await Staff.RefusedAsync(CustodianPair.AskDirectlyAsync(_pair.First, nurses[0], _ward[2])));
        Assert.Equal("alone", await CustodianPair.StandingAsync(_pair.Second));
        await OpenAsync(nurses[0], _ward[3]);
        // The second is never told so by an earlier number.
        Assert.Equal("rien n'est à décider", await RefusedAsync(_pair.Second, "replaced", (await CustodianPair.NowAsync(_pair.Second))!.Number));
        // Started again as the runbook says, it follows.
        _pair.First.Kill();
        _pair.First.Start(_pair.Follow(_pair.Second));
        await CustodianPair.UntilAsync(_pair.Second, "in-step");
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(_pair.First.Directory, "custodian"), "aside-*"));
    }

    private static async Task<string> RefusedAsync(CustodianProcess which, string decided, long number)
    {
        using var line = new CustodianChannel(new CustodianAddress { Socket = which.Socket });
        return (await line.Standby.DecideAsync(new Custodian.Wire.Grpc.Decision { Decided = decided, Number = number })).Refusal;
    }

    [Fact]
    public async Task A_first_restored_from_an_older_day_gives_way_to_its_second_which_forgets_nothing()
    {
        var nurses = await ReadyAsync();
        await OpenAsync(nurses[0], _ward[0]);
        var (own, older) = (Path.Combine(_pair.First.Directory, "custodian", "journal"), Path.Combine(_pair.First.Directory, "older"));
        _pair.First.Pause();
        Copy(own, older);
        _pair.First.Resume();
        for (var i = 1; i < 20; i++) await UntilAsync(async () => await TriedAsync(nurses[0], _ward[i]), "released");
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        _pair.First.Kill();
        Directory.Delete(own, recursive: true);
        Copy(older, own);
        // Its follower is there before anybody could let it go on alone.
        _pair.First.Launch();
        await CustodianPair.UntilAsync(_pair.Second, "alone");
        nurses[0].JumpCounter();
        await UntilAsync(async () => await TriedAsync(nurses[0], _ward[20]), "the second answers");
        await KnowsAllAsync(_pair.Second);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_pair.Second.Directory, "custodian"), "aside-*"));
    }

    [Fact]
    public async Task A_second_that_cannot_open_its_files_when_it_is_told_to_lead_ends_and_says_why_and_leads_once_they_are_mended()
    {
        var nurses = await ReadyAsync();
        await OpenAsync(nurses[0], _ward[0]);
        var foreign = Path.Combine(_pair.Second.Directory, "custodian", "journal", "fields.log");
        await File.WriteAllTextAsync(foreign, "");
        _pair.First.Kill();
        var (code, said) = await _pair.Second.EndedAsync();
        Assert.True(code == 1 && said.Contains("ne peut pas ouvrir ses fichiers", StringComparison.Ordinal) && said.Contains("version d'essai plus ancienne", StringComparison.Ordinal), said);
        File.Delete(foreign);
        _pair.Second.Launch();
        await CustodianPair.UntilAsync(_pair.Second, "alone");
        nurses[0].JumpCounter();
        await UntilAsync(async () => await TriedAsync(nurses[0], _ward[1]), "the second answers");
        await KnowsAllAsync(_pair.Second);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    [Fact]
    public async Task A_first_that_was_only_stopped_releases_nothing_once_its_second_leads()
    {
        var nurses = await ReadyAsync();
        for (var i = 0; i < 20; i++) await OpenAsync(nurses[0], _ward[i]);
        _pair.First.Pause();
        // Asked before, answered after: it wakes with the request in its hands, and nobody tells it that it was replaced.
        var asked = CustodianPair.AskDirectlyAsync(_pair.First, nurses[0], _ward[5]);
        await CustodianPair.UntilAsync(_pair.Second, "alone");
        await _pair.LeaveAloneAsync();
        _pair.First.Resume();
        await CustodianPair.UntilAsync(_pair.First, "undecided");
        Assert.NotSame(asked, await Task.WhenAny(asked, Task.Delay(TimeSpan.FromSeconds(3))));
        await _pair.TakeUpAsync();
        Assert.Equal(RefusalCodes.Away, await Staff.RefusedAsync(asked));
        nurses[1].JumpCounter();
        await UntilAsync(async () => await TriedAsync(nurses[1], _ward[1]), "the second answers");
        Assert.DoesNotContain("direct", (await JournalFiles.OpenAsync(_pair.Second.Directory)).Select(entry => entry.Purpose));
        Assert.Equal(RefusalCodes.Away, await Staff.RefusedAsync(CustodianPair.AskDirectlyAsync(_pair.First, nurses[0], _ward[6])));
    }

    [Fact]
    public async Task Whatever_breaks_of_the_two_and_of_the_way_between_them_every_key_is_known_and_no_budget_is_spent_twice()
    {
        var points = int.Parse(Environment.GetEnvironmentVariable("SERMENT_FAULT_POINTS") ?? "5", CultureInfo.InvariantCulture);
        var nurses = await ReadyAsync();
        var counted = await _pair.First.EnterAsync(Role.Nurse, 1);
        // Each kind in turn, at a moment that nobody chose.
        string[] kinds = ["leader killed", "way cut", "leader stopped", "follower killed", "follower stopped"];
        RandomNumberGenerator.Shuffle<string>(kinds);
        for (var point = 0; point < points; point++)
        {
            var (leader, kind) = (await LeaderAsync(), kinds[point % kinds.Length]);
            var follower = _pair.Other(leader);
            var spent = RandomNumberGenerator.GetInt32(1, 30);
            for (var i = 0; i < spent; i++) await OpenAsync(counted, _ward[i]);
            await UnderLoadAsync(nurses, async () =>
            {
                await Task.Delay(RandomNumberGenerator.GetInt32(300));
                var which = kind.StartsWith("leader", StringComparison.Ordinal) ? leader : follower;
                if (kind.EndsWith("killed", StringComparison.Ordinal))
                {
                    which.Kill();
                    await Task.Delay(RandomNumberGenerator.GetInt32(6000));
                    which.Start(_pair.Follow(_pair.Other(which)));
                }
                else if (kind.EndsWith("stopped", StringComparison.Ordinal))
                {
                    which.Pause();
                    await Task.Delay(RandomNumberGenerator.GetInt32(6000));
                    which.Resume();
                }
                else
                {
                    foreach (var way in new[] { _pair.ToFirst, _pair.ToSecond }) way.Cut();
                    await Task.Delay(RandomNumberGenerator.GetInt32(6000));
                    foreach (var way in new[] { _pair.ToFirst, _pair.ToSecond }) way.Mend();
                }
            });
            leader = await LeaderAsync();
            Say($"{kind}: {(leader == _pair.First ? "the first" : "the second")} leads, {_answered.Count} keys");
            counted.JumpCounter();
            for (var i = spent; i < 30; i++) await OpenAsync(counted, _ward[i]);
            Assert.Equal(RefusalCodes.Touch, await Staff.RefusedAsync(OpenAsync(counted, _ward[30])));
            await counted.AskAsync(SessionVerbs.Touch, new Touch(false, null));
            await KnowsAllAsync(leader);
            await KnowsAllAsync(_pair.Other(leader));
        }
    }

    /// <summary>The one that leads, once the other is in step.</summary>
    private async Task<CustodianProcess> LeaderAsync()
    {
        CustodianProcess? leader = null;
        await UntilAsync(async () =>
        {
            foreach (var one in new[] { _pair.First, _pair.Second })
            {
                var standing = await CustodianPair.StandingAsync(one);
                if (standing == "in-step") leader = one;
                // A leader that was replaced while it was stopped does not become a second by itself: its operator, who looks now and then, starts it again.
                if (standing is not ("replaced" or "undecided") || await CustodianPair.StandingAsync(_pair.Other(one)) != "alone") continue;
                one.Kill();
                one.Start(_pair.Follow(_pair.Other(one)));
            }
            return leader is not null;
        }, "one leads and the other is in step");
        return leader!;
    }

    [Fact]
    public async Task Whoever_does_not_hold_the_key_of_the_establishment_can_neither_follow_nor_make_a_second_lead_that_never_was_in_step()
    {
        using var channel = new CustodianChannel(new CustodianAddress { Socket = _pair.First.Socket });
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        using var stranger = channel.Standby.Follow();
        await stranger.RequestStream.WriteAsync(new() { Kind = 1, Body = Google.Protobuf.ByteString.CopyFrom(new byte[88]), Mac = Google.Protobuf.ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)) });
        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => stranger.ResponseStream.MoveNext(CancellationToken.None))).StatusCode);
        // In step with its own follower, nobody's word makes it go on alone or stop.
        foreach (var word in new[] { "alone", "replaced" }) Assert.NotEqual("", (await channel.Standby.DecideAsync(new() { Decided = word, Number = 2 })).Refusal);
        Assert.Equal("in-step", await CustodianPair.StandingAsync(_pair.First));
    }

    /// <summary>As a patched Server would try: one is told to lead, the other that it may go on alone, and nothing is cut between them.</summary>
    [Fact]
    public async Task Whoever_tells_each_of_two_that_reach_each_other_to_lead_has_one_that_leads()
    {
        var nurses = await ReadyAsync();
        await _pair.LeaveAloneAsync();
        var number = (await CustodianPair.NowAsync(_pair.First))!.Number + 1;
        using CustodianChannel first = new(new CustodianAddress { Socket = _pair.First.Socket }), second = new(new CustodianAddress { Socket = _pair.Second.Socket });
        Assert.NotEqual("", (await second.Standby.DecideAsync(new() { Decided = "lead", Number = long.MaxValue })).Refusal);
        Assert.Equal("", (await second.Standby.DecideAsync(new() { Decided = "lead", Number = number })).Refusal);
        // Heard from the second itself, before the connection is over.
        Assert.Equal("replaced", await CustodianPair.StandingAsync(_pair.First));
        Assert.NotEqual("", (await first.Standby.DecideAsync(new() { Decided = "alone", Number = number })).Refusal);
        Assert.Equal(RefusalCodes.Away, await Staff.RefusedAsync(CustodianPair.AskDirectlyAsync(_pair.First, nurses[0], _ward[6])));
        Assert.Equal("alone", await CustodianPair.StandingAsync(_pair.Second));
    }

    private async Task<Person[]> ReadyAsync()
    {
        var import = _pair.First.Import();
        var nurses = new[] { await _pair.First.EnterAsync(Role.Nurse), await _pair.First.EnterAsync(Role.Nurse), await _pair.First.EnterAsync(Role.Physician) };
        for (var i = 0; i < 31; i++)
        {
            var traits = new IdentityTraits($"Essai {(char)('A' + i % 26)}{(char)('A' + i / 26)}", "Jeanne", null, new DateOnly(1951, 2, 3).AddDays(40 * i), Sex.Female, "75056");
            var patient = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"pair|{i}"))).Created!.Patient;
            await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", nurses[0].Me.Units[0], nurses[0].Me.Units[0], null));
            _ward.Add(patient);
        }
        await CustodianPair.UntilAsync(_pair.First, "in-step");
        return nurses;
    }

    /// <summary>Releases without a pause; something breaks; they go on.</summary>
    /// <returns>How long nobody was answered.</returns>
    private async Task<TimeSpan> UnderLoadAsync(Person[] nurses, Func<Task> breaks)
    {
        using var stop = new CancellationTokenSource();
        var load = nurses.SelectMany(who => new[] { who, who }).Select(who => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                if (!await TriedAsync(who, _ward[RandomNumberGenerator.GetInt32(12)])) await Task.Delay(20);
        })).ToArray();
        var begun = _answered.Count;
        await UntilAsync(() => Task.FromResult(_answered.Count > begun + 50), "the load");
        await breaks();
        // What was answered while it broke may still be counted.
        var (since, before) = (Stopwatch.StartNew(), _answered.Count);
        for (; since.ElapsedMilliseconds < 200; await Task.Delay(5)) before = _answered.Count;
        foreach (var who in nurses) who.JumpCounter();
        await UntilAsync(() => Task.FromResult(_answered.Count > before), "releases go on");
        var away = since.Elapsed;
        foreach (var who in nurses) who.JumpCounter();
        await UntilAsync(() => Task.FromResult(_answered.Count > before + 50), "releases go on at full pace");
        await stop.CancelAsync();
        await Task.WhenAll(load);
        return away;
    }

    private async Task<bool> TriedAsync(Person who, PatientId patient)
    {
        try { await OpenAsync(who, patient); return true; }
        catch (RefusedException no) when (no.Refusal.Code is RefusalCodes.Away or RefusalCodes.Replayed) { return false; }
    }

    private async Task OpenAsync(Person who, PatientId patient)
    {
        // The purpose says which request it was: the entry must bear it.
        var purpose = string.Create(CultureInfo.InvariantCulture, $"n{Interlocked.Increment(ref _number)}");
        await who.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], purpose));
        _answered.Add($"{purpose}|{patient}");
    }

    /// <summary>Every key that anybody got since the beginning has its entry on that Custodian's disk.</summary>
    private async Task KnowsAllAsync(CustodianProcess which)
    {
        var entries = await JournalFiles.OpenAsync(which.Directory);
        var released = entries.Where(entry => entry.Kind == "release").Select(entry => $"{entry.Purpose}|{entry.Patient}").ToArray();
        Assert.Empty(_answered.Except(released));
        Assert.Equal(released.Length, released.Distinct().Count());
        Assert.True(entries.Zip(entries.Skip(1)).All(pair => pair.First.Time <= pair.Second.Time));
        var (code, said) = JournalFiles.Run("verify", which.Directory);
        Assert.True(code == 0, said);
    }

    /// <summary>Both sign the same root: a checkpoint of one holds for the other.</summary>
    private async Task AlikeAsync(Person nurse)
    {
        // A leader signs what it writes, once a second; its follower what it was given, when nothing more comes.
        await UntilAsync(async () =>
        {
            if (!await TriedAsync(nurse, _ward[0])) return false;
            for (var quiet = Stopwatch.StartNew(); quiet.ElapsedMilliseconds < 2500; await Task.Delay(50))
                if (await NoteAsync(_pair.First) == await NoteAsync(_pair.Second)) return true;
            return false;
        }, "the same checkpoint on both");
        Assert.Equal(JournalFiles.Run("verify", _pair.First.Directory).Code, JournalFiles.Run("verify", _pair.Second.Directory).Code);

        static Task<string> NoteAsync(CustodianProcess which) => File.ReadAllTextAsync(Path.Combine(which.Directory, "custodian", "journal", "checkpoint"));
    }

    private static async Task UntilAsync(Func<Task<bool>> so, string what)
    {
        for (var patience = Stopwatch.StartNew(); !await so(); await Task.Delay(50))
            if (patience.Elapsed > TimeSpan.FromSeconds(30)) throw new TimeoutException(what);
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    public ValueTask DisposeAsync() => _pair.DisposeAsync();
}
