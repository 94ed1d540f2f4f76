using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Packs;
using Xunit;

namespace Serment.Fast.Tests.Packs;

/// <summary>What a ward's device says of itself, and when somebody should go and look at it.</summary>
public sealed class PackBookTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 8, 0, 0, TimeSpan.Zero);
    private readonly RSA _key = RSA.Create(3072);
    private readonly ApprovalId _pack = Id.New<ApprovalId>();
    private readonly Pack _made;
    private readonly PackBook _book = new(null!, null!, _ => "Cardiologie", _ => { });

    public PackBookTests()
    {
        using var certificate = new CertificateRequest("CN=essai", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss).CreateSelfSigned(Start, Start.AddDays(60));
        _made = new Pack(_pack, Id.New<UnitId>(), "Portable", certificate.RawData, Id.New<ClientId>(), Start, Start.AddDays(30), RefreshedAt: Start.AddHours(3));
        _book.Load(JsonSerializer.SerializeToUtf8Bytes(_made, WireJson.Options));
    }

    [Fact]
    public void A_device_that_was_due_and_is_silent_has_openings_untold_or_an_old_pack_is_shown()
    {
        Assert.Null(Worry(Start.AddMinutes(59)));
        Assert.Equal(PackWorry.Silent, Worry(Start.AddMinutes(60)));
        See(Start.AddHours(3), Start.AddHours(3), 0);
        Assert.Null(Worry(Start.AddHours(4)));
        Assert.Equal(PackWorry.Silent, Worry(Start.AddHours(4).AddSeconds(1)));
        See(Start.AddHours(4), Start.AddHours(3), 2);
        Assert.Equal(PackWorry.Untold, Worry(Start.AddHours(4)));
        See(Start.AddHours(5), Start.AddMinutes(59), 0);
        Assert.Equal(PackWorry.Stale, Worry(Start.AddHours(5)));
        See(Start.AddHours(5).AddSeconds(1), null, 0);
        Assert.Equal(PackWorry.NotRenewed, Worry(Start.AddHours(5).AddSeconds(1)));
        _book.Load(JsonSerializer.SerializeToUtf8Bytes(_made with { RefreshedAt = null, Seen = new PackSighting(_pack, Start.AddHours(2), null, 0) }, WireJson.Options));
        Assert.Null(Worry(Start.AddHours(2)));
        Assert.Equal(PackWorry.NotRenewed, Worry(Start.AddHours(2).AddSeconds(1)));
        Assert.Null(Worry(Start.AddDays(30)));
    }

    /// <summary>Whoever stands between device and Custodian can keep words back; he cannot say them later as new, nor others.</summary>
    [Fact]
    public void A_word_kept_back_is_no_news_and_nobody_else_speaks_for_the_device()
    {
        See(Start.AddHours(3), Start.AddHours(3), 1);
        See(Start.AddHours(2), Start.AddHours(2), 0);
        Assert.Equal(1, _book.Lines(Start.AddHours(3)).Packs[0].Seen!.Untold);
        Assert.Equal(RefusalCodes.Invalid, Refused(() => See(Start.AddHours(4).AddMinutes(6), null, 0, now: Start.AddHours(4))));
        Assert.Equal(RefusalCodes.NotFound, Refused(() => _book.Sighted(new ReportSighting(Id.New<ApprovalId>(), [], []), Start)));
        using var stranger = RSA.Create(3072);
        Assert.Equal(RefusalCodes.Signature, Refused(() => See(Start.AddHours(4), null, 0, stranger)));
        // What was signed as the one is not taken for the other.
        var opening = JsonSerializer.SerializeToUtf8Bytes(new PackOpening(_pack, Start, Start, "Inès", "Panne", []), WireJson.Options);
        Assert.Equal(RefusalCodes.Signature, Refused(() => _book.Sighted(new ReportSighting(_pack, opening, Sign(opening)), Start.AddHours(4))));
        byte[] sighting = [.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. JsonSerializer.SerializeToUtf8Bytes(new PackSighting(_pack, Start, null, 0), WireJson.Options)];
        Assert.Equal(RefusalCodes.Malformed, Refused(() => _book.Heard(new ReportOpening(_pack, sighting, Sign(sighting)))));
        Assert.Equal(RefusalCodes.Malformed, Refused(() => _book.Sighted(new ReportSighting(_pack, "{"u8.ToArray(), Sign([.. Encoding.UTF8.GetBytes(PackSighting.Prefix), (byte)'{'])), Start)));
    }

    /// <summary>Two files that a desk made one this morning: the second was in no entry of today.</summary>
    [Fact]
    public void Whose_file_was_merged_since_the_last_entry_is_journaled_again()
    {
        var (one, two, other) = (Id.New<PatientId>(), Id.New<PatientId>(), Id.New<PatientId>());
        IReadOnlyList<IReadOnlyList<PatientId>> before = [[one], [other]], after = [[one, two], [other]];
        Assert.Equal(before, _book.Fresh(_made, before, Start));
        _book.Refreshed(_made, before, before, Start);
        Assert.Empty(_book.Fresh(_made, before, Start.AddHours(1)));
        Assert.Equal([one, two], Assert.Single(_book.Fresh(_made, after, Start.AddHours(1))));
        _book.Refreshed(_made, after, [after[0]], Start.AddHours(1));
        Assert.Empty(_book.Fresh(_made, after, Start.AddHours(2)));
        Assert.Equal(2, _book.Fresh(_made, after, Start.AddDays(1)).Count);
    }

    private PackWorry? Worry(DateTimeOffset now) => _book.Lines(now).Packs[0].Worry;

    private void See(DateTimeOffset at, DateTimeOffset? holds, int untold, RSA? signing = null, DateTimeOffset? now = null)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new PackSighting(_pack, at, holds, untold), WireJson.Options);
        _book.Sighted(new ReportSighting(_pack, bytes, Sign([.. Encoding.UTF8.GetBytes(PackSighting.Prefix), .. bytes], signing)), now ?? at);
    }

    private byte[] Sign(byte[] bytes, RSA? signing = null) => (signing ?? _key).SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);

    private static string Refused(Action act) => Assert.Throws<RefusedException>(act).Refusal.Code;

    public void Dispose() => _key.Dispose();
}
