using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Buffers.Text;

namespace Serment.Custodian.Statements;

/// <summary>A link as it is kept: neither its token nor its code.</summary>
/// <param name="Code">HMAC-SHA256 of the code under the token: without the token, eight digits cannot be guessed from it.</param>
internal sealed record KeptLink(PatientId Patient, StatementReader Reader, byte[] Code, DateTimeOffset Until, int Wrong, bool Used, AccountId By);

/// <summary>Why a link did not open, and whose it is where there is one.</summary>
internal sealed record LinkTry(KeptLink? Link, bool Opens);

/// <summary>Links for patients to read their own statement: one use, 72 hours, five wrong codes. Durable before they are answered. Under the cell's lock.</summary>
internal sealed class StatementLinks(Action<string, byte[]> persist, Func<string, byte[]?> find)
{
    public const string Kind = "statement-link";
    public const int WrongCodes = 5;
    public static readonly TimeSpan Life = TimeSpan.FromHours(72);

    public StatementLink Make(PatientId patient, StatementReader reader, AccountId by, DateTimeOffset now)
    {
        var token = RandomNumberGenerator.GetBytes(32);
        var code = RandomNumberGenerator.GetInt32(100_000_000).ToString("D8", CultureInfo.InvariantCulture);
        Keep(token, new KeptLink(patient, reader, Hash(token, code), now + Life, 0, false, by));
        return new StatementLink(Base64Url.EncodeToString(token), code, now + Life);
    }

    /// <summary>Counted before it is answered: a wrong code costs one of five, the right one the link.</summary>
    public LinkTry Try(OpenByLink ask, DateTimeOffset now)
    {
        if (Token(ask.Token) is not { } token || find(IdOf(token)) is not { } json) return new LinkTry(null, false);
        var link = JsonSerializer.Deserialize<KeptLink>(json, WireJson.Options)!;
        if (link.Used || link.Wrong >= WrongCodes || now >= link.Until) return new LinkTry(null, false);
        var code = string.Concat(ask.Code.Where(char.IsAsciiDigit).Take(9));
        var right = CryptographicOperations.FixedTimeEquals(Hash(token, code), link.Code);
        link = right ? link with { Used = true } : link with { Wrong = link.Wrong + 1 };
        Keep(token, link);
        return new LinkTry(link, right);
    }

    private void Keep(byte[] token, KeptLink link) => persist(IdOf(token), JsonSerializer.SerializeToUtf8Bytes(link, WireJson.Options));

    private static byte[]? Token(string text)
    {
        var bytes = new byte[33];
        return text.Length == 43 && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == 32 ? bytes[..32] : null;
    }

    private static string IdOf(byte[] token) => Convert.ToHexStringLower(SHA256.HashData(token));

    private static byte[] Hash(byte[] token, string code) => HMACSHA256.HashData(token, Encoding.ASCII.GetBytes(code));
}
