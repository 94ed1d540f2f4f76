using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Journal;
using Serment.Server.Commands;
using Xunit;

namespace Serment.Fast.Tests.Journal;

/// <summary>Every way to touch the files of a journal, and what `serment journal` says of it.</summary>
public sealed class JournalVerifyTests : IDisposable
{
    private const int Entries = 700;
    private readonly string _data = Directory.CreateTempSubdirectory("serment-journal-").FullName;
    private readonly byte[] _stateKey = RandomNumberGenerator.GetBytes(32), _seed = RandomNumberGenerator.GetBytes(32);
    private string Folder => Path.Combine(_data, "custodian", "journal");

    [Fact]
    public async Task A_whole_journal_is_verified_by_files_alone()
    {
        await WriteAsync(Entries);
        var (code, output, _) = Run("verify");
        Assert.Equal(0, code);
        Assert.Contains($"Journal intact : {Entries} entrées", output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Run("verify", "--json").Output);
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(Entries, json.RootElement.GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task An_empty_journal_is_whole_too()
    {
        await WriteAsync(0);
        Assert.Equal(0, Run("verify").Code);
    }

    [Theory]
    [InlineData("tile/0/000", "tile/0/000")]
    [InlineData("tile/0/001", "tile/0/001")]
    [InlineData("tile/0/002.p/188", "tile/0/002.p/188")]
    [InlineData("tile/1/000.p/2", "tile/1/000.p/2")]
    [InlineData("checkpoint", "checkpoint")]
    [InlineData("key.pub", "key.pub")]
    public async Task One_flipped_byte_is_found_and_its_place_is_named(string file, string place)
    {
        await WriteAsync(Entries);
        var path = Path.Combine(Folder, file);
        var whole = await File.ReadAllBytesAsync(path);
        for (var at = 0; at < whole.Length; at += file.StartsWith("tile", StringComparison.Ordinal) ? 199 : 1)
        {
            // The last newline of key.pub is no part of the key.
            if (file == "key.pub" && at == whole.Length - 1) continue;
            var changed = whole.ToArray();
            changed[at] ^= 1;
            await File.WriteAllBytesAsync(path, changed);
            var (code, _, error) = Run("verify");
            Assert.True(code == 1, $"byte {at} of {file}");
            Assert.Contains(place, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_flipped_byte_in_the_sealed_fields_keeps_the_custodian_from_starting(int fromEnd)
    {
        await WriteAsync(5);
        await WriteAsync(5);
        var path = Path.Combine(Folder, "fields/000000000000.log");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[fromEnd == 0 ? bytes.Length - 1 : fromEnd] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => WriteAsync(1));
        Assert.Equal(fromEnd == 0 ? "journal.regression" : "journal.damaged", refused.Refusal.Code);
        Assert.Contains(fromEnd == 0 ? "10" : "0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_last_tile_is_named()
    {
        await WriteAsync(Entries);
        File.Delete(Path.Combine(Folder, "tile/0/002.p/188"));
        var (code, _, error) = Run("verify");
        Assert.Equal(1, code);
        Assert.Contains("tile/0/002.p/188", error, StringComparison.Ordinal);
        Assert.Contains("manque", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tile/0/001", 3, 9)]
    [InlineData("tile/0/002.p/188", 3, 9)]
    public async Task Two_swapped_leaves_are_found(string file, int one, int other)
    {
        await WriteAsync(Entries);
        var path = Path.Combine(Folder, file);
        var bytes = await File.ReadAllBytesAsync(path);
        var kept = bytes[(32 * one)..(32 * one + 32)];
        bytes.AsSpan(32 * other, 32).CopyTo(bytes.AsSpan(32 * one));
        kept.CopyTo(bytes, 32 * other);
        await File.WriteAllBytesAsync(path, bytes);
        var (code, _, error) = Run("verify");
        Assert.Equal(1, code);
        Assert.Contains(file, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_copy_is_whole_in_itself_and_refused_against_the_newer_note()
    {
        await WriteAsync(300);
        var older = Path.Combine(_data, "older");
        Copy(Folder, older);
        await WriteAsync(400);
        var remembered = Path.Combine(_data, "remembered.note");
        File.Copy(Path.Combine(Folder, "checkpoint"), remembered);
        Directory.Delete(Folder, recursive: true);
        Copy(older, Folder);
        Assert.Equal(0, Run("verify").Code);
        var (code, _, error) = Run("verify", "--since", remembered);
        Assert.Equal(1, code);
        Assert.Contains("Régression : le journal compte 300 entrées, le point de contrôle retenu en comptait 700", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_custodian_does_not_start_on_fields_older_than_its_own_checkpoint()
    {
        await WriteAsync(3);
        var before = await File.ReadAllBytesAsync(Path.Combine(Folder, "fields/000000000000.log"));
        await WriteAsync(3);
        await File.WriteAllBytesAsync(Path.Combine(Folder, "fields/000000000000.log"), before);
        Assert.Equal("journal.regression", (await Assert.ThrowsAsync<RefusedException>(() => WriteAsync(1))).Refusal.Code);
    }

    [Fact]
    public async Task A_journal_that_grew_extends_its_older_note_and_one_rewritten_does_not()
    {
        await WriteAsync(300);
        var note = Path.Combine(_data, "older.note");
        File.Copy(Path.Combine(Folder, "checkpoint"), note);
        await WriteAsync(400);
        var (code, output, _) = Run("verify", "--since", note);
        Assert.Equal(0, code);
        Assert.Contains("prolonge le point de contrôle de 300 entrées", output, StringComparison.Ordinal);

        // The same key signs another past: whole in itself, and yet not the one that was remembered.
        Directory.Delete(Folder, recursive: true);
        await WriteAsync(700);
        Assert.Equal(0, Run("verify").Code);
        (code, _, var error) = Run("verify", "--since", note);
        Assert.Equal(1, code);
        Assert.Contains("le passé a été réécrit", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_signed_by_another_key_is_refused_when_the_published_key_is_given()
    {
        await WriteAsync(10);
        var published = (await File.ReadAllTextAsync(Path.Combine(Folder, "key.pub"))).Trim();
        Assert.Equal(0, Run("verify", "--key", published).Code);
        Directory.Delete(Folder, recursive: true);
        RandomNumberGenerator.Fill(_seed);
        await WriteAsync(10);
        Assert.Equal(0, Run("verify").Code);
        var (code, _, error) = Run("verify", "--key", published);
        Assert.Equal(1, code);
        Assert.Contains("signature", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proof_is_written_for_an_entry_and_for_none_beyond_the_last()
    {
        await WriteAsync(Entries);
        var (code, output, _) = Run("prove", "--index", "413");
        Assert.Equal(0, code);
        Assert.StartsWith("c2sp.org/tlog-proof@v1\nindex 413\n", output, StringComparison.Ordinal);
        Assert.EndsWith(await File.ReadAllTextAsync(Path.Combine(Folder, "checkpoint")), output, StringComparison.Ordinal);
        Assert.Equal(1, Run("prove", "--index", Entries.ToString(System.Globalization.CultureInfo.InvariantCulture)).Code);
        var path = Path.Combine(Folder, "tile/0/001");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[(413 - 256) * 32] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        (code, _, var error) = Run("prove", "--index", "413");
        Assert.Equal(1, code);
        Assert.Contains("tile/0/001", error, StringComparison.Ordinal);
    }

    /// <summary>Partial tiles go when theirs is full: whoever reads at that moment must not take it for damage.</summary>
    [Fact]
    public async Task It_is_whole_at_every_moment_while_it_grows()
    {
        Directory.CreateDirectory(Folder);
        using var signer = new CheckpointSigner("serment/essai", _seed);
        await File.WriteAllTextAsync(Path.Combine(Folder, "key.pub"), signer.PublicKey);
        var tiles = new MerkleTiles(Folder);
        Sign();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var writer = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                for (var i = 0; i < 37; i++) tiles.Add([1, 2, 3]);
                Sign();
            }
        });
        var checks = 0;
        for (; !stop.IsCancellationRequested; checks++)
        {
            var (code, _, error) = Run("verify");
            Assert.True(code == 0, $"{error} (check {checks})");
        }
        await writer;
        Assert.True(checks > 0);

        void Sign()
        {
            tiles.WritePartial();
            var path = Path.Combine(Folder, "checkpoint");
            File.WriteAllText(path + ".new", signer.Sign(tiles.Size, tiles.Root()));
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    [Fact]
    public async Task Misuse_is_told_apart_from_damage()
    {
        await WriteAsync(1);
        Assert.Equal(2, JournalCommands.Run(["verify"], TextWriter.Null, TextWriter.Null));
        Assert.Equal(2, Run("prove").Code);
        Assert.Equal(2, Run("verify", "--index", "1").Code);
        Assert.Equal(2, Run("rewrite").Code);
        Assert.Equal(0, JournalCommands.Run(["journal", "verify", "--help"], TextWriter.Null, TextWriter.Null));
        Assert.Equal(1, JournalCommands.Run(["verify", "--data", Path.Combine(_data, "nowhere")], TextWriter.Null, TextWriter.Null));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, "checkpoint")), Run("checkpoint").Output);
    }

    private (int Code, string Output, string Error) Run(string verb, params string[] more)
    {
        using StringWriter output = new(), error = new();
        var code = JournalCommands.Run([verb, "--data", _data, .. more], output, error);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Opens the journal as the Custodian does, adds that many entries, closes it.</summary>
    private async Task WriteAsync(int entries)
    {
        await using var log = new JournalLog(Folder, _stateKey, "serment/essai", _seed);
        await log.AppendAsync([.. Enumerable.Range(0, entries).Select(i => new JournalEntry { Time = DateTimeOffset.UnixEpoch.AddSeconds(i), Kind = "release" })]);
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

    public void Dispose() => Directory.Delete(_data, recursive: true);
}
