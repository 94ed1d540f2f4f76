using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Escrow;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Requests;

/// <summary>The care of the establishment key: who may hand it out in parts, and what its ceremonies say. Every one is journaled and told to all officers.</summary>
internal sealed partial class Cell
{
    private KeyCareBook _keyCare = null!;

    private void LoadKeys()
    {
        _keyCare = new KeyCareBook(_file, _keys, json => _store.Put(("key-care", "all", json)));
        foreach (var (_, json) in _store.All("key-care")) _keyCare.Load(json);
    }

    private void RegisterKeys()
    {
        _verbs.Person(KeyVerbs.ProposeEscrow, (asking, ask) =>
        {
            OnPage(asking);
            var holders = KeyCareBook.Holders(ask.Holders);
            return ProposeAsync(asking, () => _approvals.Propose(By(asking), new KeyEscrow(holders),
                $"Mettre la clé de l'établissement en cinq parts, remises à : {string.Join(" ; ", holders)}. Trois d'entre elles, réunies, ouvrent tout l'établissement. La cérémonie a lieu dans les trois jours, sur la machine du gardien.", asking.Now));
        });
        _verbs.Anyone(KeyVerbs.Word, KeyWordAsync);
        _verbs.Person(KeyVerbs.Care, (asking, _) => Locked(() => RoleAccess.IsOfficer(asking.Caller.Role) ? _keyCare.Show(asking.Now) : throw AccountBook.NotGranting()));
    }

    public async ValueTask<KeyWordTaken> KeyWordAsync(KeyWord word)
    {
        var now = _time.GetUtcNow();
        var (holders, done) = Locking(() => _keyCare.Hear(word, TimeProvider.System.GetUtcNow(), now));
        if (done is null) return new KeyWordTaken(holders);
        await JournalAsync([new JournalEntry { Time = now, Kind = $"key.{done.Act}", Detail = done.Text }]).ConfigureAwait(false);
        lock (_gate)
        {
            _keyCare.Did(done);
            foreach (var officer in _accounts.All.Where(a => RoleAccess.IsOfficer(a.Role) && a.OpenAt(now)).ToArray()) _accounts.Tell(officer.Id, done.Text, now);
        }
        return new KeyWordTaken([]);
    }
}
