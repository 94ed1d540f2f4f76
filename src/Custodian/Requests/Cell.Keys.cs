using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Escrow;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Requests;

/// <summary>The care of the keys: who may hand the establishment key out in parts, what its ceremonies say, and the version of what derives from it. Every act is journaled and told to all officers.</summary>
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
        _verbs.Person(KeyVerbs.ProposeVersion, (asking, ask) =>
        {
            OnPage(asking);
            var reason = Words.Checked(ask.Reason, "Pourquoi la version des clés change", 5, 500);
            return ProposeAsync(asking, () =>
            {
                var from = _patientKeys.Version;
                _patientKeys.MayFollow(from);
                return _approvals.Propose(By(asking), new NewKeyVersion(from, reason),
                    $"Passer de la version {from} à la version {from + 1} des clés des dossiers. Ce qui s'ajoute aux dossiers après la seconde signature est scellé sous la version {from + 1} ; ce qui est déjà écrit reste sous sa version et se lit comme avant. "
                    + $"Qui a gardé des clés prêtées jusque-là (serveur compromis, export, dossier de secours, assistance) n'ouvre rien de ce qui s'ajoute, mais toujours ce qu'elles ouvraient. La clé de l'établissement ne change pas. Motif : {reason}", asking.Now);
            });
        });
        _verbs.Anyone(KeyVerbs.Word, KeyWordAsync);
        _verbs.Person(KeyVerbs.Care, (asking, _) => Locked(() => RoleAccess.IsOfficer(asking.Caller.Role) ? _keyCare.Show(asking.Now) with { Version = _patientKeys.Version, VersionSince = _patientKeys.Since } : throw AccountBook.NotGranting()));
    }

    public async ValueTask<KeyWordTaken> KeyWordAsync(KeyWord word)
    {
        var now = _time.GetUtcNow();
        var (holders, done) = Locking(() => _keyCare.Hear(word, TimeProvider.System.GetUtcNow(), now));
        if (done is null) return new KeyWordTaken(holders);
        await JournalAsync([new JournalEntry { Time = now, Kind = $"key.{done.Act}", Detail = done.Text }]).ConfigureAwait(false);
        lock (_gate) KeysCaredFor(done, now);
        return new KeyWordTaken([]);
    }

    /// <summary>What two officers signed. Done again after a crash, or by two approvals at once, it raises nothing twice.</summary>
    private async ValueTask RaiseKeyVersionAsync(NewKeyVersion next, PersonAsking asking)
    {
        var to = next.From + 1;
        await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "key.version", Account = asking.Caller.Account, Session = asking.Caller.Session, Detail = $"{next.From} {to}" }]).ConfigureAwait(false);
        lock (_gate)
        {
            _patientKeys.Raise(to, next.Reason, asking.Now);
            KeysCaredFor(new KeyAct(asking.Now, "version", $"La version {to} des clés des dossiers est en vigueur."), asking.Now);
        }
    }

    /// <summary>Under the lock, after the journal has it.</summary>
    private void KeysCaredFor(KeyAct done, DateTimeOffset now)
    {
        _keyCare.Did(done);
        foreach (var officer in _accounts.All.Where(a => RoleAccess.IsOfficer(a.Role) && a.OpenAt(now)).ToArray()) _accounts.Tell(officer.Id, done.Text, now);
    }
}
