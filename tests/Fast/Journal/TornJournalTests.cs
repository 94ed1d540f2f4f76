using System.Security.Cryptography;
using CsCheck;
using Serment.Custodian.Journal;
using Xunit;

namespace Serment.Fast.Tests.Journal;

/// <summary>What a crash of the machine may leave behind the last checkpoint: half a batch, or a whole one half written.</summary>
public sealed class TornJournalTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serment-torn-").FullName;
    private const string Segment = "fields/000000000000.log";
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32), _seed = RandomNumberGenerator.GetBytes(32);
    private readonly List<(long Length, int Entries)> _batches = [];
    private byte[] _fields = [];

    /// <summary>A checkpoint of four entries, then three batches that no checkpoint covers, then the power goes.</summary>
    public async ValueTask InitializeAsync()
    {
        var whole = Path.Combine(_folder, "whole");
        await using (var before = Open(whole)) await before.AppendAsync([Entry(0), Entry(1), Entry(2), Entry(3)]);
        var log = Open(whole);
        var note = await File.ReadAllTextAsync(Path.Combine(whole, "checkpoint"));
        Note();
        for (var batch = 1; batch <= 3; batch++)
        {
            await log.AppendAsync([.. Enumerable.Range(0, batch).Select(Entry)]);
            Note();
        }
        _fields = ReadShared(Path.Combine(whole, Segment));
        await log.DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(whole, "checkpoint"), note);

        void Note() => _batches.Add((new FileInfo(Path.Combine(whole, Segment)).Length, _batches.Count == 0 ? 4 : _batches[^1].Entries + _batches.Count));
    }

    [Fact]
    public void Cut_anywhere_after_the_checkpoint_it_keeps_every_whole_batch_and_goes_on() =>
        Gen.Int[(int)_batches[0].Length, (int)_batches[^1].Length].Sample(length =>
        {
            var kept = Reopened(_fields[..length]);
            return kept == _batches.Last(batch => batch.Length <= length).Entries;
        }, iter: 60, threads: 1);

    [Fact]
    public void A_last_batch_written_in_part_is_cut_and_the_ones_before_are_kept() =>
        Gen.Int[(int)_batches[^2].Length + 4, (int)_batches[^1].Length - 1].Sample(at =>
        {
            var fields = _fields.ToArray();
            fields.AsSpan(at).Clear();
            // Its own bytes may have been zero there.
            return fields.AsSpan().SequenceEqual(_fields) || Reopened(fields) == _batches[^2].Entries;
        }, iter: 60, threads: 1);

    [Fact]
    public void Cut_before_the_checkpoint_it_does_not_start() =>
        Gen.Int[0, (int)_batches[0].Length - 1].Sample(length =>
            Assert.Throws<RefusedException>(() => Reopened(_fields[..length])).Refusal.Code == "journal.regression", iter: 20, threads: 1);

    private int Reopened(byte[] fields)
    {
        var folder = Path.Combine(_folder, "torn");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(Path.Combine(folder, "fields"));
        File.WriteAllBytes(Path.Combine(folder, Segment), fields);
        File.Copy(Path.Combine(_folder, "whole", "checkpoint"), Path.Combine(folder, "checkpoint"));
        // With the tiles of the checkpoint, and as if they had been lost.
        if (fields.Length % 2 == 0)
        {
            Directory.CreateDirectory(Path.Combine(folder, "tile/0/000.p"));
            File.Copy(Path.Combine(_folder, "whole", "tile/0/000.p/4"), Path.Combine(folder, "tile/0/000.p/4"));
        }
        List<JournalEntry> entries = [], again = [];
        // Twice: what goes on after a cut must be readable too.
        WriteOne(folder, entries).AsTask().GetAwaiter().GetResult();
        WriteOne(folder, again).AsTask().GetAwaiter().GetResult();
        Assert.Equal(entries.Count + 1, again.Count);
        return entries.Count;
    }

    private async ValueTask WriteOne(string folder, List<JournalEntry> seen)
    {
        await using var log = Open(folder);
        seen.AddRange(log.Read(new JournalQuestion { OldestFirst = true }).Select(at => at.Entry));
        await log.AppendAsync([Entry(99)]);
    }

    private JournalLog Open(string folder) => new(folder, _key, "serment/essai", _seed);

    private static JournalEntry Entry(int i) => new() { Time = DateTimeOffset.UnixEpoch.AddSeconds(i), Kind = "release" };

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
