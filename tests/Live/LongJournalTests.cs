using Serment.Custodian.Journal;
using Serment.Custodian.Keys;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>A journal of several segments under a real Custodian: what a start remembers, and what no damage to the index hides.</summary>
public sealed class LongJournalTests : IDisposable
{
    private const int Past = 75_000;
    private readonly CustodianProcess _cell = new();
    private Signer? _import;

    /// <summary>Kills between the log and its index, an index deleted, altered, or another's: the list of accesses stays what the entries say.</summary>
    [Fact]
    public async Task No_access_is_hidden_by_kills_and_by_an_index_that_is_lost_altered_or_exchanged()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var patient = await PresentAsync(nurse, 0);
        _cell.Kill();
        await GrowAsync(patient);
        var index = Path.Combine(_cell.Directory, "custodian", "journal", "index");
        Assert.Equal(2, Directory.GetFiles(index, "*.idx").Length);

        foreach (var damage in new Action<string[]>[]
        {
            _ => Directory.Delete(index, recursive: true),
            files => File.WriteAllBytes(files[0], [.. File.ReadAllBytes(files[0]).Select((b, i) => i % 50_000 == 49_999 ? (byte)(b ^ 1) : b)]),
            files => File.Copy(files[1], files[0], overwrite: true),
        })
        {
            damage([.. Directory.GetFiles(index, "*.idx").Order(StringComparer.Ordinal)]);
            _cell.Start();
            nurse.JumpCounter();
            await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));
            var (shown, pages) = await ShownAsync(nurse, patient);
            // While the index is being made again, or just after.
            _cell.Kill();
            var entries = await JournalFiles.OpenAsync(_cell.Directory);
            Assert.Equal(entries.Where(e => e.Patient == patient).SkipLast(pages).Select(e => e.Time).Order(), shown.Select(a => a.At).Order());
            Assert.True(shown.Count > 1000);
        }
        Assert.Equal(0, JournalFiles.Run("verify", _cell.Directory).Code);
    }

    [Fact]
    public async Task A_kill_gives_nobody_a_second_hour_of_stays_and_identities_nor_a_budget_spent()
    {
        var nurse = await _cell.EnterAsync(Role.Nurse);
        var clerk = await _cell.EnterAsync(Role.AdmissionsClerk);
        var ward = new List<PatientId>();
        for (var i = 0; i < 31; i++) ward.Add(await PresentAsync(nurse, i));
        for (var i = 0; i < 120; i++) await clerk.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Unknown, 40));
        Assert.Equal("identity.limit", await RefusedAsync(clerk));
        foreach (var patient in ward.Take(30)) await nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([patient], [Domain.Clinical], "care"));
        foreach (var restart in new[] { "by the entries alone", "by the books that were kept" })
        {
            if (restart.EndsWith("kept", StringComparison.Ordinal)) _cell.Stop(); else _cell.Kill();
            _cell.Start();
            clerk.JumpCounter();
            nurse.JumpCounter();
            Assert.Equal("identity.limit", await RefusedAsync(clerk));
            var refused = await Assert.ThrowsAsync<RefusedException>(() => nurse.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([ward[30]], [Domain.Clinical], "care")));
            Assert.Equal(RefusalCodes.Touch, refused.Refusal.Code);
        }
    }

    private static async Task<string> RefusedAsync(Person clerk) =>
        (await Assert.ThrowsAsync<RefusedException>(() => clerk.AskAsync(IdentityVerbs.Unknown, new CreateUnknown(Sex.Unknown, 40)))).Refusal.Code;

    /// <summary>Every page of the list; each is an access of its own, which the next list shows.</summary>
    private static async Task<(List<Access> Accesses, int Pages)> ShownAsync(Person nurse, PatientId patient)
    {
        var (shown, pages, next) = (new List<Access>(), 0, (long?)null);
        do
        {
            var page = await nurse.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(patient, next));
            shown.AddRange(page.Accesses);
            Assert.True(page.Accesses.Count <= 500);
            Assert.True(page.Accesses.Zip(page.Accesses.Skip(1)).All(pair => pair.First.At >= pair.Second.At));
            (next, pages) = (page.Next, pages + 1);
        }
        while (next is not null);
        Assert.True(pages > 2);
        return (shown, pages);
    }

    /// <summary>As the Custodian writes, while it is stopped: two segments that are complete, and a third.</summary>
    private async Task GrowAsync(PatientId patient)
    {
        var own = Path.Combine(_cell.Directory, "custodian");
        var file = KeyFile.Read(Path.Combine(own, "cell.json"));
        using var keys = file.Unlock(own);
        await using var log = new JournalLog(Path.Combine(own, "journal"), keys.Journal(), $"serment/{file.Cell}", keys.JournalSeed());
        var (account, session, station) = (Id.New<AccountId>(), Id.New<SessionId>(), Id.New<StationId>());
        foreach (var some in Enumerable.Range(0, Past).Chunk(3000))
            await log.AppendAsync([.. some.Select(i => new JournalEntry { Time = DateTimeOffset.UtcNow, Kind = i % 50 == 0 ? "encrypt" : "touch", Account = i % 50 == 0 ? null : account, Session = session, Station = station, Patient = i % 50 == 0 ? patient : null, Domain = Domain.Clinical, Purpose = "import", Detail = new string('x', 390) })]);
    }

    private async Task<PatientId> PresentAsync(Person nurse, int i)
    {
        var import = _import ??= _cell.Import();
        var traits = new IdentityTraits("Essai" + (char)('A' + i % 26), "Jeanne", null, new DateOnly(1951, 2, 3).AddDays(40 * i), Sex.Female, "75056");
        var patient = (await import.AskAsync(IdentityVerbs.Create, new CreateIdentity(traits, IdentityStatus.Provisional, true, $"long|{i}"))).Created!.Patient;
        await import.AskAsync(RelationVerbs.IntendStay, new IntendStay(Id.New<StayId>(), patient, "present", nurse.Me.Units[0], nurse.Me.Units[0], null));
        return patient;
    }

    public void Dispose() => _cell.Dispose();
}
