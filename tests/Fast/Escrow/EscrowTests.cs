using System.Security.Cryptography;
using System.Text.Json;
using CsCheck;
using Serment.Custodian.Escrow;
using Serment.Custodian.Keys;
using Serment.Fast.Tests.Keys;
using Xunit;

namespace Serment.Fast.Tests.Escrow;

/// <summary>The key in five parts: any three recover it, two never do, and a slip of the pen is told where it is. Vectors by another implementation.</summary>
public sealed class EscrowTests
{
    private static readonly JsonElement Vector = Vectors.Read("escrow.json");
    private static readonly KeyFile Cell = new() { Format = 1, Cell = Vector.Text("cell"), Name = Vector.Text("establishment"), Demonstration = false, Salt = [], Nonce = [], Wrapped = [] };
    private static readonly Share[] Shares = [.. Vector.GetProperty("shares").EnumerateArray().Select(s => new Share(s.GetProperty("number").GetInt32(), s.Hex("secret")))];
    private static readonly EscrowFile File = new()
    {
        Format = 1, Cell = Vector.Text("cell"), Establishment = Vector.Text("establishment"), Mark = "production", Escrow = Vector.Text("escrow"), At = DateTimeOffset.UnixEpoch, Check = Vector.Hex("check"),
        Wraps = [.. Vector.GetProperty("wraps").EnumerateArray().Select(w => new Wrap(w.Text("holders"), w.Hex("nonce"), w.Hex("wrapped")))],
    };

    public static TheoryData<string> Triples => [.. Vector.GetProperty("wraps").EnumerateArray().Select(w => w.Text("holders"))];

    [Theory]
    [MemberData(nameof(Triples))]
    public void Every_three_holders_open_what_another_implementation_sealed(string holders)
    {
        // In whatever order they come.
        using var keys = File.Recover([.. holders.Reverse().Select(c => Shares[c - '1'])]);
        Assert.Equal(Vector.Text("establishmentKey"), keys.Wrapped(Convert.ToHexStringLower));
    }

    [Fact]
    public void What_is_sealed_here_opens_by_every_three_and_by_nothing_less()
    {
        using var keys = new EstablishmentKey(Vector.Hex("establishmentKey"), Cell.Cell);
        var (file, shares) = EscrowFile.Create(Cell, keys, DateTimeOffset.UnixEpoch);
        Assert.Equal(10, file.Wraps.Count);
        Assert.Equal(10, file.Wraps.Select(w => w.Holders).Distinct().Count());
        foreach (var wrap in file.Wraps)
            using (var again = file.Recover([.. wrap.Holders.Select(c => shares[c - '1'])])) Assert.Equal(keys.Tree.Check(), again.Tree.Check());
        Assert.Equal("escrow.too-few", Refused(() => file.Recover([shares[0], shares[1]])));
        Assert.Equal("escrow.too-few", Refused(() => file.Recover([shares[0], shares[1], shares[1]])));
        // A third part that is not a holder's: guessed, or of another ceremony.
        Assert.Equal("escrow.wrong", Refused(() => file.Recover([shares[0], shares[1], new Share(3, RandomNumberGenerator.GetBytes(32))])));
        Assert.Equal("escrow.wrong", Refused(() => file.Recover([shares[0], shares[1], Shares[2]])));
        // The file alone, its members moved: nothing.
        Assert.Equal("escrow.wrong", Refused(() => (file with { Cell = new string('0', 32) }).Recover([.. shares])));
        Assert.Equal("escrow.wrong", Refused(() => (file with { Mark = "demonstration" }).Recover([.. shares])));
        Assert.Equal("escrow.wrong", Refused(() => (file with { Wraps = [.. file.Wraps.Select(w => w with { Holders = w.Holders == "123" ? "124" : "123" })] }).Recover([shares[0], shares[1], shares[2]])));
        Assert.Equal("escrow.wrong", Refused(() => (file with { Check = new byte[32] }).Recover([.. shares])));
    }

    [Fact]
    public void A_part_on_paper_is_what_another_implementation_writes_and_reads_back()
    {
        foreach (var (vector, share) in Vector.GetProperty("shares").EnumerateArray().Zip(Shares))
        {
            var groups = vector.GetProperty("groups").EnumerateArray().Select(g => g.GetString()!).ToArray();
            Assert.Equal(groups, PaperShare.Write(File, share));
            Assert.Equal(vector.Text("code"), PaperShare.Code(File, share));
            var typed = groups.Select((group, i) => PaperShare.ReadGroup(File, share.Number, i + 1, $" {group[..4].ToLowerInvariant()}-{group[4..]} ".Replace('0', 'o').Replace('1', 'l'))).ToArray();
            Assert.Equal(share.Secret, PaperShare.Read(File, share.Number, typed).Secret);
            Assert.Equal(share.Secret, PaperShare.ReadCode(File, vector.Text("code"))!.Secret);
        }
        Assert.Null(PaperShare.ReadCode(File, "3"));
        Assert.Equal("escrow.ceremony", Refused(() => PaperShare.ReadCode(File with { Escrow = "ffffffffffffffff" }, Vector.GetProperty("shares")[0].Text("code"))));
        Assert.Equal("escrow.cell", Refused(() => PaperShare.ReadCode(File with { Cell = new string('f', 32) }, Vector.GetProperty("shares")[0].Text("code"))));
    }

    [Fact]
    public void Any_wrong_letter_is_told_at_its_group_or_by_the_ninth_at_the_latest()
    {
        var groups = PaperShare.Write(File, Shares[2]);
        const string alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        var (seen, slipped) = (0, 0);
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 7], Gen.Int[1, 31]).Sample((place, letter, shift) =>
        {
            var wrong = groups[place].ToCharArray();
            wrong[letter] = alphabet[(alphabet.IndexOf(wrong[letter], StringComparison.Ordinal) + shift) % 32];
            var typed = groups.Select((group, i) => i == place ? new string(wrong) : group).ToArray();
            uint[] read;
            try { read = [.. typed.Select((group, i) => PaperShare.ReadGroup(File, 3, i + 1, group))]; }
            catch (RefusedException no)
            {
                Assert.Contains($"Part 3, groupe {place + 1} :", no.Refusal.Message, StringComparison.Ordinal);
                Interlocked.Increment(ref seen);
                return;
            }
            Interlocked.Increment(ref slipped);
            Assert.Equal("escrow.share", Refused(() => PaperShare.Read(File, 3, read)));
        }, iter: 2000, threads: 1);
        Assert.True(slipped < seen / 50, $"{slipped} of {seen} wrong letters were not told at their group");
        // Two groups exchanged, and a group of another paper.
        Assert.Equal("escrow.group", Refused(() => PaperShare.ReadGroup(File, 3, 2, groups[4])));
        Assert.Equal("escrow.group", Refused(() => PaperShare.ReadGroup(File, 3, 1, PaperShare.Write(File, Shares[0])[0])));
        Assert.Contains("7 caractères", Message(() => PaperShare.ReadGroup(File, 3, 1, groups[0][1..])), StringComparison.Ordinal);
        Assert.Contains("« U »", Message(() => PaperShare.ReadGroup(File, 3, 1, "U" + groups[0][1..])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ceremony_is_believed_once_for_two_minutes_and_only_with_the_key()
    {
        using var keys = new KeyTree(Vector.Hex("establishmentKey"), Cell.Cell);
        Assert.Equal(Vector.Text("ceremonyKey"), Convert.ToHexStringLower(keys.Ceremony()));
        var vector = Vector.GetProperty("word");
        var now = DateTimeOffset.FromUnixTimeMilliseconds(vector.GetProperty("at").GetInt64());
        var word = new KeyWord(vector.Text("act"), vector.Text("escrow"), vector.Text("parts"), now, vector.Hex("nonce"), vector.Hex("code"));
        var book = new KeyCareBook(Cell, keys, _ => { });
        Assert.Contains("1, 3, 5", book.Hear(word, now, now).Done!.Text, StringComparison.Ordinal);
        Assert.Equal("key.word", Refused(() => book.Hear(word, now, now)));
        Assert.Equal("key.word", Refused(() => book.Hear(KeyCareBook.Say(keys, Cell.Cell, "drill", "", "", now), now.AddMinutes(3), now)));
        Assert.Equal("key.word", Refused(() => book.Hear(KeyCareBook.Say(keys, Cell.Cell, "drill", "", "1, 2, 3", now) with { Parts = "3, 4, 5" }, now, now)));
        using var other = new KeyTree(new byte[32], Cell.Cell);
        Assert.Equal("key.word", Refused(() => book.Hear(KeyCareBook.Say(other, Cell.Cell, "drill", "", "", now), now, now)));
    }

    [Fact]
    public void Parts_are_made_only_after_two_officers_named_the_holders_and_within_three_days()
    {
        using var keys = new KeyTree(Vector.Hex("establishmentKey"), Cell.Cell);
        var (now, book) = (DateTimeOffset.UnixEpoch.AddYears(56), new KeyCareBook(Cell, keys, _ => { }));
        KeyWord Say(string act) => KeyCareBook.Say(keys, Cell.Cell, act, "a1", "", now);
        Assert.Equal("escrow.approval", Refused(() => book.Hear(Say("escrow-begin"), now, now)));
        Assert.Equal("escrow.approval", Refused(() => book.Hear(Say("escrow"), now, now)));
        string[] names = ["Ada Un", "Ben Deux", "Cyr Trois", "Dot Quatre", "Eve Cinq"];
        book.Approve(names, now);
        Assert.Equal(names, book.Hear(Say("escrow-begin"), now, now).Holders);
        book.Did(book.Hear(Say("escrow"), now, now).Done!);
        // Used up.
        Assert.Equal("escrow.approval", Refused(() => book.Hear(Say("escrow-begin"), now, now)));
        book.Approve(names, now);
        now = now.AddDays(3).AddMinutes(1);
        Assert.Equal("escrow.approval", Refused(() => book.Hear(Say("escrow-begin"), now, now)));
        Assert.Equal(RefusalCodes.Invalid, Refused(() => KeyCareBook.Holders([.. names[..4], "ada  un"])));
        Assert.Equal(RefusalCodes.Invalid, Refused(() => KeyCareBook.Holders(names[..4])));
    }

    private static string Refused(Func<object?> act) => Assert.Throws<RefusedException>(() => act()).Refusal.Code;

    private static string Message(Func<object?> act) => Assert.Throws<RefusedException>(() => act()).Refusal.Message;
}
