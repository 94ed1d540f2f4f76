using System.Security.Cryptography;
using Serment.Custodian.Keys;
using Serment.Fast.Tests.Keys;
using Serment.Records.Documents;
using Xunit;

namespace Serment.Fast.Tests.Documents;

/// <summary>A sealed file opens whole, at its place and under its key, or not at all.</summary>
public sealed class FileSealingTests
{
    private const string Cell = "00112233445566778899aabbccddeeff";
    private static readonly FileAddress Address = new(Cell, Id.New<PatientId>(), Domain.Clinical, Id.New<FileId>());
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    [Theory]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(131_072)]
    [InlineData(1_000_003)]
    public async Task What_went_in_comes_out_whatever_its_length(int length)
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        var (text, size, hash) = await SealAsync(plain);
        Assert.Equal((length, Convert.ToHexString(SHA256.HashData(plain))), (size, Convert.ToHexString(hash)));
        Assert.Equal(80 + length + 16 * ((length + 65_535) / 65_536), text.Length);
        Assert.Equal(plain, await OpenAsync(text));
        if (length >= 24) Assert.Equal(-1, text.AsSpan().IndexOf(plain.AsSpan(0, 24)));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(65_530, 20)]
    [InlineData(199_990, 10)]
    [InlineData(150_000, 1)]
    public async Task A_part_of_it_is_read_without_the_rest(int from, int count)
    {
        var plain = RandomNumberGenerator.GetBytes(200_000);
        await using var file = await SealedFileStream.OpenAsync(Key, Address, new MemoryStream((await SealAsync(plain)).Text));
        file.Seek(from, SeekOrigin.Begin);
        var part = new byte[count];
        await file.ReadExactlyAsync(part);
        Assert.Equal(plain[from..(from + count)], part);
    }

    [Fact]
    public async Task A_bit_changed_anywhere_is_refused()
    {
        var text = (await SealAsync(RandomNumberGenerator.GetBytes(140_000))).Text;
        foreach (var at in new[] { 0, 15, 16, 47, 48, 79, 80, 40_000, 80 + 65_536, 80 + 65_552, 100_000, text.Length - 17, text.Length - 1 })
        {
            var altered = text.ToArray();
            altered[at] ^= 1;
            await RefusedAsync(altered);
        }
    }

    [Fact]
    public async Task Cut_short_lengthened_reordered_or_joined_it_is_refused()
    {
        var text = (await SealAsync(RandomNumberGenerator.GetBytes(3 * 65_536))).Text;
        var other = (await SealAsync(RandomNumberGenerator.GetBytes(3 * 65_536))).Text;
        const int Step = 65_536 + 16;
        byte[] Part(byte[] of, int chunk) => of[(80 + chunk * Step)..(80 + (chunk + 1) * Step)];
        foreach (var cut in new[] { 0, 79, 80, 96, 80 + Step, 80 + 2 * Step, text.Length - 1, text.Length - 16 }) await RefusedAsync(text[..cut]);
        await RefusedAsync([.. text, 0]);
        await RefusedAsync([.. text, .. Part(text, 2)]);
        await RefusedAsync([.. text[..80], .. Part(text, 1), .. Part(text, 0), .. Part(text, 2)]);
        await RefusedAsync([.. text[..80], .. Part(text, 0), .. Part(other, 1), .. Part(text, 2)]);
        await RefusedAsync([.. text[..80], .. other[80..]]);
        Assert.Equal(3 * 65_536, (await OpenAsync(text)).Length);
    }

    [Fact]
    public async Task A_cut_is_known_before_the_first_byte_is_given()
    {
        var text = (await SealAsync(RandomNumberGenerator.GetBytes(3 * 65_536))).Text;
        await Assert.ThrowsAsync<RefusedException>(() => SealedFileStream.OpenAsync(Key, Address, new MemoryStream(text[..(80 + 2 * 65_552)])));
    }

    [Fact]
    public async Task Put_in_the_place_of_another_it_is_refused()
    {
        var text = (await SealAsync(RandomNumberGenerator.GetBytes(1000))).Text;
        FileAddress[] elsewhere = [Address with { Cell = new string('0', 32) }, Address with { Patient = Id.New<PatientId>() }, Address with { Domain = Domain.Administrative }, Address with { File = Id.New<FileId>() }];
        foreach (var other in elsewhere) await RefusedAsync(text, other);
        await RefusedAsync(text, key: RandomNumberGenerator.GetBytes(32));
    }

    [Fact]
    public async Task An_empty_one_and_one_too_large_are_refused()
    {
        Assert.Equal("file.empty", (await Assert.ThrowsAsync<RefusedException>(() => SealAsync([]))).Refusal.Code);
        Assert.Equal("file.size", (await Assert.ThrowsAsync<RefusedException>(() => SealAsync(new byte[70_001], limit: 70_000))).Refusal.Code);
        Assert.Equal(70_000, (await SealAsync(new byte[70_000], limit: 70_000)).Size);
    }

    [Fact]
    public async Task The_published_vectors_open_and_the_custodian_lends_their_keys()
    {
        var vectors = Vectors.Read("file.json");
        using var tree = new KeyTree(vectors.Hex("establishmentKey"), vectors.Text("cell"));
        foreach (var vector in vectors.GetProperty("files").EnumerateArray())
        {
            var address = new FileAddress(vectors.Text("cell"), Id.Parse<PatientId>(vector.Text("patient")), (Domain)vector.GetProperty("domain").GetInt32(), Id.Parse<FileId>(vector.Text("file")));
            var version = vector.KeyVersion();
            Assert.Equal(vector.Text("fileKey"), Convert.ToHexStringLower(tree.File(address, version)));
            var plain = Enumerable.Range(0, vector.GetProperty("length").GetInt32()).Select(i => (byte)(i % 251)).ToArray();
            var text = vector.Hex("sealed");
            await using var file = await SealedFileStream.OpenAsync(tree.File(address, version), address, new MemoryStream(text));
            var opened = new byte[file.Length];
            await file.ReadExactlyAsync(opened);
            Assert.Equal(plain, opened);
        }
    }

    [Theory]
    [InlineData("", "report", "")]
    [InlineData("   ", "report", "")]
    [InlineData("Compte rendu", "inconnu", "")]
    public void A_document_without_title_or_kind_is_refused(string title, string kind, string type) =>
        Assert.Equal(RefusalCodes.Invalid, Assert.Throws<RefusedException>(() => new Document(title, kind, type, 1, "", Id.New<FileId>()).Checked()).Refusal.Code);

    [Theory]
    [InlineData("application/PDF", "application/pdf")]
    [InlineData("text/html\r\nSet-Cookie: a=b", "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    [InlineData("a/b/c", "application/octet-stream")]
    public void A_media_type_is_one_or_nothing(string said, string kept) =>
        Assert.Equal(kept, new Document("Titre", "report", said, 1, "", Id.New<FileId>()).Checked().MediaType);

    private static async Task<(byte[] Text, long Size, byte[] Sha256)> SealAsync(byte[] plain, long limit = 1 << 30)
    {
        var to = new MemoryStream();
        var (size, hash) = await FileSealing.SealAsync(Key, Address, new Trickle(plain), to, limit);
        return (to.ToArray(), size, hash);
    }

    private static async Task<byte[]> OpenAsync(byte[] text, FileAddress? at = null, byte[]? key = null)
    {
        await using var file = await SealedFileStream.OpenAsync(key ?? Key, at ?? Address, new MemoryStream(text));
        var to = new MemoryStream();
        await file.CopyToAsync(to);
        return to.ToArray();
    }

    private static async Task RefusedAsync(byte[] text, FileAddress? at = null, byte[]? key = null) =>
        Assert.Equal("file.altered", (await Assert.ThrowsAsync<RefusedException>(() => OpenAsync(text, at, key))).Refusal.Code);

    /// <summary>A network: it gives what it has, seldom what was asked for.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, 7001)], cancellationToken);
    }
}
