using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Escrow;
using Serment.Custodian.Journal;
using Serment.Custodian.Keys;

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
                    + $"Pendant 15 minutes encore, des dossiers déjà ouverts et des interfaces peuvent ajouter sous la version {from}. "
                    + $"Qui a gardé des clés prêtées jusque-là (serveur compromis, export, dossier de secours, assistance) n'ouvre rien de ce qui est scellé sous la version {from + 1}, mais toujours ce que ces clés ouvraient ; "
                    + $"et s'il peut aussi écrire dans la base, il peut y ajouter, sous la version {from}, des éléments qui passeront pour authentiques. La clé de l'établissement ne change pas. Motif : {reason}", asking.Now);
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

    /// <summary>What two officers signed. Their approval is spent by then: what a crash or a full disk leaves undone here, the next start finishes.</summary>
    private async ValueTask RaiseKeyVersionAsync(NewKeyVersion next, PersonAsking asking)
    {
        await JournalAsync([KeyVersionEntry(next.From, next.From + 1, asking.Caller.Account, asking.Caller.Session, asking.Now)]).ConfigureAwait(false);
        lock (_gate) RaiseKeyVersion(next.From + 1, next.Reason, asking.Now);
    }

    /// <summary>
    /// At start, before anybody is answered: a version that two officers signed and that is not in force yet comes into force, journaled first where it was
    /// not. Only what follows the version in force: anything else was refused, or overtaken.
    /// </summary>
    private void FinishKeyVersions(IEnumerable<Approval> approvals, DateTimeOffset now)
    {
        foreach (var approval in approvals.Where(a => a is { DecidedAt: not null, Rejected: false, What: NewKeyVersion }).OrderBy(a => a.DecidedAt))
        {
            var (next, by) = ((NewKeyVersion)approval.What, approval.DecidedBy!.Value);
            if (next.From != _patientKeys.Version || next.From >= PatientKeys.Most) continue;
            var entry = KeyVersionEntry(next.From, next.From + 1, by, null, now);
            try { if (!_journal.Read(new JournalQuestion { Kinds = [entry.Kind] }).Any(at => at.Entry.Detail == entry.Detail)) _journal.AppendAsync([entry]).AsTask().GetAwaiter().GetResult(); }
            catch (RefusedException) { return; /* A full disk: the next start finishes it. */ }
            lock (_gate) RaiseKeyVersion(next.From + 1, next.Reason, now);
        }
    }

    private static JournalEntry KeyVersionEntry(int from, int to, AccountId by, SessionId? session, DateTimeOffset now) => new() { Time = now, Kind = "key.version", Account = by, Session = session, Detail = $"{from} {to}" };

    /// <summary>Under the lock, after the journal has it. Two approvals at once raise it once.</summary>
    private void RaiseKeyVersion(int to, string reason, DateTimeOffset now)
    {
        if (to <= _patientKeys.Version) return;
        _patientKeys.Raise(to, reason, now);
        KeysCaredFor(new KeyAct(now, "version", $"La version {to} des clés des dossiers est en vigueur."), now);
    }

    /// <summary>Under the lock, after the journal has it.</summary>
    private void KeysCaredFor(KeyAct done, DateTimeOffset now)
    {
        _keyCare.Did(done);
        foreach (var officer in _accounts.All.Where(a => RoleAccess.IsOfficer(a.Role) && a.OpenAt(now)).ToArray()) _accounts.Tell(officer.Id, done.Text, now);
    }
}
