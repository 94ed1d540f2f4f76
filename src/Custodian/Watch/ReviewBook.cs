using System.Text.Json;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Watch;

/// <summary>What officers said of the entries that somebody must look at. Not thread-safe: under the cell's lock.</summary>
internal sealed class ReviewBook(Action<string, byte[]> persist)
{
    public const string Kind = "review";

    /// <summary>An entry looked at.</summary>
    internal sealed record Looked(DateTimeOffset At, AccountId By, ReviewOutcome Outcome, string Note);

    private const string Late = "owed";
    private readonly Dictionary<long, Looked> _looked = [];
    private readonly SortedSet<long> _owed = [];

    public void Load(string id, byte[] json)
    {
        if (id == Late) _owed.UnionWith(JsonSerializer.Deserialize<long[]>(json, WireJson.Options)!);
        else _looked[long.Parse(id, System.Globalization.CultureInfo.InvariantCulture)] = JsonSerializer.Deserialize<Looked>(json, WireJson.Options)!;
    }

    /// <summary>Entries that are overdue: they wait until somebody looks, however old they get.</summary>
    public IReadOnlyCollection<long> Owed => _owed;

    public void Owe(IEnumerable<long> overdue)
    {
        var before = _owed.Count;
        _owed.UnionWith(overdue);
        if (_owed.RemoveWhere(_looked.ContainsKey) > 0 || _owed.Count != before) persist(Late, JsonSerializer.SerializeToUtf8Bytes(_owed.ToArray(), WireJson.Options));
    }

    public Looked? Of(long index) => _looked.GetValueOrDefault(index);

    /// <exception cref="RefusedException">About oneself, without words, or looked at already.</exception>
    public void Review(Account by, AccountId? about, Reviewed ask, DateTimeOffset now)
    {
        if (by.Id == about) throw new RefusedException("review.own", "Ce qui vous concerne est revu par un autre responsable.");
        if (!Enum.IsDefined(ask.Outcome) || ask.Note.Trim().Length is < 5 or > 1000) throw new RefusedException(RefusalCodes.Invalid, "Dites en quelques mots ce que vous avez constaté (5 à 1 000 caractères).");
        if (_looked.ContainsKey(ask.Index)) throw new RefusedException(RefusalCodes.Conflict, "Cette ligne a déjà été revue.");
        var looked = new Looked(now, by.Id, ask.Outcome, ask.Note.Trim());
        persist(ask.Index.ToString(System.Globalization.CultureInfo.InvariantCulture), JsonSerializer.SerializeToUtf8Bytes(looked, WireJson.Options));
        _looked[ask.Index] = looked;
        Owe([]);
    }
}
