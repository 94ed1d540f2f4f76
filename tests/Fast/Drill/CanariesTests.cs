using System.Text;
using CsCheck;
using Serment.Server.Drill;
using Xunit;

namespace Serment.Fast.Tests.Drill;

public sealed class CanariesTests
{
    [Fact]
    public void A_canary_is_found_wherever_it_lies_in_text_bytes_or_utf16_and_says_whose_it_is() =>
        Gen.Select(Gen.Int[0, int.MaxValue - 1], Gen.Enum<Domain>(), Gen.String, Gen.String, Gen.Bool).Sample((patient, domain, before, after, lower) =>
        {
            using var canaries = new Canaries();
            var canary = canaries.Of(patient, domain);
            Assert.Equal(Canaries.Length, canary.Length);
            var text = before + (lower ? canary.ToLowerInvariant() : canary) + after;
            foreach (var bytes in new[] { Encoding.UTF8.GetBytes(text), Encoding.Unicode.GetBytes(text) })
            {
                List<(int, Domain)> found = [], inBytes = [];
                canaries.In(text, (p, d) => found.Add((p, d)));
                canaries.In((ReadOnlySpan<byte>)bytes, (p, d) => inBytes.Add((p, d)));
                Assert.Equal([(patient, domain)], found);
                Assert.Equal([(patient, domain)], inBytes);
            }
        }, iter: 200);

    [Fact]
    public void Another_drills_canary_and_what_only_looks_like_one_are_nobodys()
    {
        using var canaries = new Canaries();
        using var others = new Canaries();
        var found = 0;
        foreach (var text in new[] { others.Of(1, Domain.Clinical), "ZQX", "ZQX" + new string('A', 32), canaries.Of(1, Domain.Clinical)[..^1], canaries.Of(1, Domain.Clinical).Replace('A', 'B') + "ZQX" })
        {
            if (text == canaries.Of(1, Domain.Clinical) + "ZQX") continue;
            canaries.In(text, (_, _) => found++);
            canaries.In(Encoding.UTF8.GetBytes(text), (_, _) => found++);
        }
        Assert.Equal(0, found);
    }

    [Fact]
    public void Files_are_read_in_pieces_and_no_canary_falls_between_two()
    {
        using var canaries = new Canaries();
        var sink = new Sink(canaries, 400, () => throw new InvalidOperationException("no rows"));
        var file = Path.GetTempFileName();
        try
        {
            using (var writer = new StreamWriter(file))
                for (var n = 0; n < 400; n++) { writer.Write(new string('.', 41_000 + n % 37)); writer.Write(canaries.Of(n, Domain.Results)); }
            sink.TakeFiles(file);
            Assert.Equal(400, sink.Reached);
            Assert.Equal(["results"], sink.Domains);
            Assert.Empty(sink.Who(d => d is Domain.Identity));
        }
        finally { File.Delete(file); }
    }
}
