using System.Security.Cryptography;
using CsCheck;
using Serment.Custodian.Journal;
using Serment.Server.Commands;
using Xunit;

namespace Serment.Fast.Tests.Journal;

/// <summary>What is found in a journal of several segments, whatever happened to its index: always what the entries themselves say.</summary>
public sealed class JournalReadingTests : IDisposable
{
    private const int Entries = 6000, SegmentBytes = 250_000;
    private static readonly string[] Kinds = ["release", "release", "release", "identity.shown", "touch", "alarm"];
    private static readonly PatientId[] Patients = [.. Enumerable.Range(0, 300).Select(_ => Id.New<PatientId>())];
    /// <summary>Of a demonstration: small numbers.</summary>
    private static readonly AccountId[] Accounts = [.. Enumerable.Range(1, 12).Select(i => AccountId.From((UInt128)i))];
    private static readonly SessionId[] Sessions = [.. Enumerable.Range(0, 40).Select(_ => Id.New<SessionId>())];
    private static readonly StationId[] Stations = [.. Enumerable.Range(0, 5).Select(_ => Id.New<StationId>())];
    private static readonly ClientId Import = Id.New<ClientId>();

    private readonly string _folder = Directory.CreateTempSubdirectory("serment-reading-").FullName;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32), _seed = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public async Task Any_question_is_answered_as_if_every_entry_had_been_read()
    {
        await using var log = await FilledAsync();
        var all = log.Read(new JournalQuestion { OldestFirst = true }).ToArray();
        Assert.Equal(Entries, all.Length);
        Assert.True(Directory.GetFiles(Path.Combine(_folder, "fields")).Length > 2);
        (from patients in Of(Patients).Array[0, 3]
         from account in Of(Accounts) from session in Of(Sessions) from station in Of(Stations)
         from which in Gen.Int[0, 127] from bounds in Gen.Int[-10, Entries + 10].Array[4] from oldest in Gen.Bool
         select new JournalQuestion
         {
             Patients = (which & 1) != 0 ? patients : null, Account = (which & 2) != 0 ? account : null, Session = (which & 12) == 4 ? session : null,
             Station = (which & 12) == 8 ? station : null, Client = (which & 12) == 12 && (which & 3) == 0 ? Import : null, Kinds = (which & 48) == 16 ? ["alarm", "touch"] : null,
             From = (which & 48) == 32 ? Moment(bounds[0]) : null, Until = (which & 32) == 32 ? Moment(bounds[1]) : null,
             FromIndex = (which & 64) != 0 ? Math.Max(0, bounds[2]) : 0, BeforeIndex = (which & 64) != 0 ? bounds[3] : long.MaxValue, OldestFirst = oldest,
         }).Sample(question =>
        {
            var expected = all.Where(at => Answers(question, at)).Select(at => at.Index);
            return log.Read(question).Select(at => at.Index).SequenceEqual(question.OldestFirst ? expected : expected.Reverse());
        }, iter: 120, threads: 1);
    }

    /// <summary>Said plainly, of the entry as an object.</summary>
    private static bool Answers(JournalQuestion question, NumberedEntry at) =>
        at.Index >= question.FromIndex && at.Index < question.BeforeIndex
        && !(at.Entry.Time < question.From) && !(at.Entry.Time >= question.Until)
        && (question.Patients is null || question.Patients.Any(patient => patient == at.Entry.Patient))
        && (question.Account ?? at.Entry.Account) == at.Entry.Account && (question.Session ?? at.Entry.Session) == at.Entry.Session
        && (question.Client ?? at.Entry.Client) == at.Entry.Client && (question.Station ?? at.Entry.Station) == at.Entry.Station
        && (question.Kinds is null || question.Kinds.Contains(at.Entry.Kind));

    [Fact]
    public async Task An_entry_is_found_as_soon_as_it_is_durable_while_segments_end_and_indexes_are_written()
    {
        await using var log = Open(20_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 1; i <= 150; i++)
            {
                await log.AppendAsync([Entry(i) with { Account = Accounts[writer], Patient = Patients[writer], Detail = new string('x', 100) }]);
                Assert.Equal(i, log.Read(new JournalQuestion { Account = Accounts[writer] }).Count());
                Assert.Equal(i, log.Read(new JournalQuestion { Patients = [Patients[writer]], OldestFirst = true }).Count());
            }
        })));
        Assert.Equal(600, log.Size);
    }

    public static TheoryData<string> Damage => ["deleted", "one byte", "cut", "another segment's", "another cell's"];

    [Theory]
    [MemberData(nameof(Damage))]
    public async Task An_index_that_was_touched_hides_nothing_and_is_made_again(string how)
    {
        NumberedEntry[] expected;
        await using (var log = await FilledAsync()) expected = [.. log.Read(new JournalQuestion { Patients = [Patients[7]] })];
        var files = Directory.GetFiles(Path.Combine(_folder, "index"), "*.idx").Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length > 1);
        foreach (var at in how == "one byte" ? Enumerable.Range(0, 24) : [0])
        {
            var whole = await File.ReadAllBytesAsync(files[0]);
            switch (how)
            {
                case "deleted": File.Delete(files[0]); break;
                case "one byte": whole[whole.Length * at / 24] ^= 1; await File.WriteAllBytesAsync(files[0], whole); break;
                case "cut": await File.WriteAllBytesAsync(files[0], whole[..(whole.Length / 2)]); break;
                case "another segment's": File.Copy(files[1], files[0], overwrite: true); break;
                default: await File.WriteAllBytesAsync(files[0], await ForeignAsync()); break;
            }
            await using (var log = Open(SegmentBytes)) Assert.Equal(expected.Select(e => e.Index), log.Read(new JournalQuestion { Patients = [Patients[7]] }).Select(e => e.Index));
            if (how is "deleted" or "another segment's" or "another cell's") Assert.NotEqual(how == "deleted" ? [] : await File.ReadAllBytesAsync(files[1]), await File.ReadAllBytesAsync(files[0]));
        }
        // Made again, it serves as the first one did.
        await using var again = Open(SegmentBytes);
        Assert.Equal(expected.Select(e => e.Index), again.Read(new JournalQuestion { Patients = [Patients[7]] }).Select(e => e.Index));
    }

    [Fact]
    public async Task An_index_altered_while_the_journal_is_open_hides_nothing()
    {
        await using (await FilledAsync()) { }
        await using var log = Open(SegmentBytes);
        foreach (var file in Directory.GetFiles(Path.Combine(_folder, "index"), "*.idx"))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            for (var i = bytes.Length / 2; i < bytes.Length; i += 1000) bytes[i] ^= 1;
            await File.WriteAllBytesAsync(file, bytes);
        }
        foreach (var patient in Patients.Take(40)) Assert.Equal(log.Read(new JournalQuestion { }).Count(at => at.Entry.Patient == patient), log.Read(new JournalQuestion { Patients = [patient] }).Count());
    }

    [Fact]
    public async Task No_pseudonym_and_no_word_lies_readable_in_log_or_index()
    {
        await using (await FilledAsync()) { }
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var patient in Patients.Take(50)) Assert.Equal(-1, bytes.AsSpan().IndexOf(Id.Bytes(patient).AsSpan(0, 6)));
            Assert.Equal(-1, bytes.AsSpan().IndexOf("identity.shown"u8));
        }
    }

    [Fact]
    public async Task An_old_segment_that_was_altered_is_told_when_it_is_read_and_one_that_is_missing_stops_the_start()
    {
        await using (await FilledAsync()) { }
        var segments = Directory.GetFiles(Path.Combine(_folder, "fields")).Order(StringComparer.Ordinal).ToArray();
        var whole = await File.ReadAllBytesAsync(segments[0]);
        var altered = whole.ToArray();
        altered[1000] ^= 1;
        await File.WriteAllBytesAsync(segments[0], altered);
        await using (var log = Open(SegmentBytes))
        {
            Assert.NotEmpty(log.Read(new JournalQuestion()).Take(10));
            Assert.Equal("journal.damaged", Assert.Throws<RefusedException>(() => log.Read(new JournalQuestion { OldestFirst = true }).Count()).Refusal.Code);
        }
        await File.WriteAllBytesAsync(segments[0], whole);
        File.Delete(segments[1]);
        Assert.Equal("journal.damaged", Assert.Throws<RefusedException>(() => Open(SegmentBytes)).Refusal.Code);
    }

    [Fact]
    public async Task Tiles_that_do_not_say_what_was_signed_are_made_again_from_the_entries()
    {
        await using (await FilledAsync()) { }
        var note = await File.ReadAllTextAsync(Path.Combine(_folder, "checkpoint"));
        foreach (var change in new Action[]
        {
            () => Directory.Delete(Path.Combine(_folder, "tile"), recursive: true),
            () => { foreach (var file in Directory.GetFiles(Path.Combine(_folder, "tile/1"), "*", SearchOption.AllDirectories)) { var bytes = File.ReadAllBytes(file); bytes[5] ^= 1; File.WriteAllBytes(file, bytes); } },
        })
        {
            change();
            await using (var log = Open(SegmentBytes)) Assert.Equal(note, log.Checkpoint);
            Assert.Equal(note.Split('\n')[2], Convert.ToBase64String(new TileTree(_folder, Entries).Root(Entries)));
        }
    }

    [Fact]
    public async Task Every_entry_can_be_proved_and_who_knows_only_the_public_key_can_check_it()
    {
        await using var log = await FilledAsync();
        var key = NoteKey.Parse(log.PublicKey, "");
        foreach (var index in new long[] { 0, 255, 256, 4095, Entries - 1 })
        {
            var proof = await log.ProveAsync(index);
            var head = Checkpoint.Open(proof.Checkpoint, key, "");
            Assert.Equal(head.Root, TileTree.RootOf(index, head.Size, proof.LeafHash, proof.Path));
            Assert.Equal(log.At(index).Entry.Salt, proof.Entry.Salt);
        }
        // One that no checkpoint covered yet.
        await log.AppendAsync([Entry(Entries)]);
        var last = await log.ProveAsync(Entries);
        Assert.Equal(Checkpoint.Open(last.Checkpoint, key, "").Root, TileTree.RootOf(Entries, Checkpoint.Open(last.Checkpoint, key, "").Size, last.LeafHash, last.Path));
        Assert.Equal(RefusalCodes.NotFound, Assert.Throws<RefusedException>(() => log.At(Entries + 1)).Refusal.Code);
    }

    private JournalLog Open(long segmentBytes) => new(_folder, _key, "serment/essai", _seed, segmentBytes);

    private async Task<JournalLog> FilledAsync()
    {
        var log = Open(SegmentBytes);
        for (var i = 0; i < Entries;)
        {
            var some = Math.Min(1 + i % 37, Entries - i);
            await log.AppendAsync([.. Enumerable.Range(i, some).Select(Entry)]);
            i += some;
        }
        return log;
    }

    private async Task<byte[]> ForeignAsync()
    {
        var folder = Path.Combine(_folder, "elsewhere");
        await using (var other = new JournalLog(folder, RandomNumberGenerator.GetBytes(32), "serment/ailleurs", _seed, 1000))
            for (var i = 0; i < 30; i++) await other.AppendAsync([Entry(i)]);
        var bytes = await File.ReadAllBytesAsync(Directory.GetFiles(Path.Combine(folder, "index"))[0]);
        Directory.Delete(folder, recursive: true);
        return bytes;
    }

    private static Gen<T> Of<T>(T[] some) => Gen.Int[0, some.Length - 1].Select(i => some[i]);

    private static DateTimeOffset Moment(int entry) => DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(entry);

    private static JournalEntry Entry(int i) => new()
    {
        Time = Moment(i),
        Kind = Kinds[i % Kinds.Length],
        Account = i % 11 == 0 ? null : Accounts[i * 7 % Accounts.Length],
        Session = i % 11 == 0 ? null : Sessions[i * 13 % Sessions.Length],
        Client = i % 11 == 0 ? Import : null,
        Station = i % 3 == 0 ? Stations[i % Stations.Length] : null,
        Patient = i % 6 < 4 ? Patients[(int)((long)i * i % Patients.Length)] : null,
        Domain = Domain.Clinical,
        Purpose = "care",
        Ground = "Stay",
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
