using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Keys;

namespace Serment.Custodian.Escrow;

/// <summary>
/// What two officers allowed and what was done with the establishment key. It believes whoever proves to hold that key, and
/// nobody else. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class KeyCareBook(KeyFile cell, KeyTree keys, Action<byte[]> persist)
{
    /// <summary>An approved ceremony that was not held within it has to be approved again.</summary>
    public static readonly TimeSpan ApprovedLife = TimeSpan.FromDays(3);
    private static readonly TimeSpan WordLife = TimeSpan.FromMinutes(2);
    private const int Most = 100;
    private readonly Dictionary<string, DateTimeOffset> _heard = [];
    private Memory _kept = new([], null, null);

    private sealed record Memory(IReadOnlyList<KeyAct> Held, IReadOnlyList<string>? Holders, DateTimeOffset? ApprovedAt);

    public void Load(byte[] json) => _kept = JsonSerializer.Deserialize<Memory>(json, WireJson.Options)!;

    public KeyCare Show(DateTimeOffset now) => Allowed(now) is { } holders ? new(_kept.Held, holders, _kept.ApprovedAt + ApprovedLife) : new(_kept.Held, [], null);

    /// <summary>Five different people, by name.</summary>
    public static string[] Holders(IReadOnlyList<string> given)
    {
        string[] names = [.. given.Select(name => string.Join(' ', name.Split([' ', '\t', '\r', '\n', '«', '»'], StringSplitOptions.RemoveEmptyEntries)))];
        return names.Length == EscrowFile.Holders && names.All(name => name.Length is > 2 and <= 80) && names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Length
            ? names
            : throw new RefusedException(RefusalCodes.Invalid, "Nommez cinq personnes différentes : chacune recevra une part de la clé (3 à 80 caractères).");
    }

    public void Approve(IReadOnlyList<string> holders, DateTimeOffset now) => Keep(_kept with { Holders = holders, ApprovedAt = now });

    /// <summary>Takes a ceremony's word.</summary>
    /// <param name="heard">By the machine's clock, as the word's own time; a cell's own clock may run ahead.</param>
    /// <returns>The holders when it asked for them, else what the journal is to say.</returns>
    public (IReadOnlyList<string> Holders, KeyAct? Done) Hear(KeyWord word, DateTimeOffset heard, DateTimeOffset now)
    {
        foreach (var old in _heard.Where(h => heard - h.Value > 2 * WordLife).ToArray()) _heard.Remove(old.Key);
        if ((heard - word.At).Duration() > WordLife || word.Nonce.Length != 16 || !CryptographicOperations.FixedTimeEquals(Code(keys, cell.Cell, word), word.Code) || !_heard.TryAdd(Convert.ToHexString(word.Nonce), heard))
            throw new RefusedException("key.word", "Cette parole ne vient pas de qui tient la clé de l'établissement, ou a déjà été dite.");
        if (word.Act == "escrow-begin") return (MayBegin(now), null);
        if (word.Act == "escrow") MayBegin(now);
        var done = new KeyAct(now, word.Act, Said(word));
        return ([], done);
    }

    /// <summary>After the journal has it.</summary>
    public void Did(KeyAct done) =>
        Keep(new Memory([done, .. _kept.Held.Take(Most - 1)], done.Act == "escrow" ? null : _kept.Holders, done.Act == "escrow" ? null : _kept.ApprovedAt));

    public static KeyWord Say(KeyTree keys, string cell, string act, string escrow, string parts, DateTimeOffset now)
    {
        var word = new KeyWord(act, escrow, parts, DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()), RandomNumberGenerator.GetBytes(16), []);
        return word with { Code = Code(keys, cell, word) };
    }

    private IReadOnlyList<string> MayBegin(DateTimeOffset now) => cell.Demonstration
        ? [.. Enumerable.Range(1, EscrowFile.Holders).Select(number => $"Détenteur {number}")]
        : Allowed(now) ?? throw new RefusedException("escrow.approval", "Mettre la clé en parts se demande à deux, sur la page du gardien : un responsable nomme les cinq détenteurs, un autre approuve. La cérémonie a lieu dans les trois jours.");

    private IReadOnlyList<string>? Allowed(DateTimeOffset now) => _kept.ApprovedAt is { } at && now - at < ApprovedLife ? _kept.Holders : null;

    private static byte[] Code(KeyTree keys, string cell, KeyWord word)
    {
        var key = keys.Ceremony();
        try { return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"serment/v1/ceremony|{cell}|{word.Act}|{word.Escrow}|{word.Parts}|{word.At.ToUnixTimeMilliseconds()}|{Convert.ToHexStringLower(word.Nonce)}")); }
        finally { CryptographicOperations.ZeroMemory(key); }
    }

    private static string Said(KeyWord word) => word.Act switch
    {
        "escrow" => $"La clé de l'établissement a été mise en cinq parts (remise {word.Escrow}).",
        "drill" => $"Exercice : les parts {word.Parts} ont reformé la clé (remise {word.Escrow}).",
        "recover" => $"La clé a été reprise par les parts {word.Parts} (remise {word.Escrow}) et protégée par un nouveau secret.",
        "rotate" => "La clé est protégée par un nouveau secret (phrase ou jeton).",
        _ => throw new RefusedException(RefusalCodes.Malformed, "Acte inconnu."),
    };

    private void Keep(Memory kept)
    {
        persist(JsonSerializer.SerializeToUtf8Bytes(kept, WireJson.Options));
        _kept = kept;
    }
}
