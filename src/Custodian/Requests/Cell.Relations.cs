using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Relations;
using Serment.Custodian.Releases;

namespace Serment.Custodian.Requests;

/// <summary>Facts that explain accesses, as rooms and interfaces feed them.</summary>
internal sealed partial class Cell
{
    private const int FactsAtOnce = 120;
    private readonly Dictionary<AccountId, Queue<DateTimeOffset>> _stated = [];
    private readonly Dictionary<AccountId, Dictionary<PatientId, DateTimeOffset>> _moved = [];
    private readonly BroughtCount _brought = new();

    private void RegisterRelations()
    {
        _verbs.Person(RelationVerbs.State, async (asking, ask) => (await StateAsync(asking, [ask]).ConfigureAwait(false))[0] is { } no ? throw new RefusedException(no) : Done.It);
        _verbs.Person(RelationVerbs.StateAll, async (asking, ask) =>
            ask.Facts.Count is 0 or > FactsAtOnce ? throw new RefusedException(RefusalCodes.Invalid, $"1 à {FactsAtOnce} liens de soin à la fois.") : new RelationsStated(await StateAsync(asking, ask.Facts).ConfigureAwait(false)));
        _verbs.Machine(RelationVerbs.State, async (asking, ask) =>
        {
            asking.Needs("relation:state");
            RelationRules.Check(ask);
            if (!_identities.Exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
            if (ask.Until <= asking.Now) lock (_gate) CheckEnd(ask, null, asking.Client, asking.Now);
            await JournalAsync([Stated(ask, asking.Now) with { Client = asking.Client }]).ConfigureAwait(false);
            var (claimed, alarm) = ask.Until > asking.Now ? Bringing(asking.Client, ask.Patient, asking.Now) : (false, null);
            if (alarm is not null) await RingAsync(alarm, asking.Now, null, null).ConfigureAwait(false);
            lock (_gate) { _relations.State(ask, null, asking.Now, asking.Client, handedOn: claimed); QueueFact(ask, asking.Now); }
            return Done.It;
        });
        _verbs.Person(RelationVerbs.Of, async (asking, ask) =>
        {
            ReadsAnything(asking.Caller);
            var stated = Locking(() =>
            {
                var aliases = _identities.AliasesOf(ask.Patient);
                if (_relations.Explain(aliases, asking.Caller.Account, asking.Caller.Units, asking.Now) is null) throw new RefusedException(RefusalCodes.NoRelation, "Cette liste est ouverte à l'équipe de soins du patient.");
                return _relations.StatedOf(aliases, asking.Now);
            });
            await JournalAsync([new JournalEntry { Time = asking.Now, Kind = "relations.shown", Account = asking.Caller.Account, Session = asking.Caller.Session, Station = asking.Caller.Station, Patient = ask.Patient }]).ConfigureAwait(false);
            return Known(stated.OrderBy(relation => relation.From));
        });
        _verbs.Person(RelationVerbs.Entrusted, (asking, _) => Locked(() =>
        {
            ReadsAnything(asking.Caller);
            var own = _relations.Of(asking.Caller.Units, asking.Now).SelectMany(_identities.AliasesOf).ToHashSet();
            return Known(_relations.Entrusted(asking.Caller.Account, asking.Caller.Units, asking.Now).Where(relation => !own.Contains(relation.Patient)));
        }));
    }

    private static void ReadsAnything(Caller caller)
    {
        if (!RoleAccess.ReadsAnything(caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction ne crée pas de lien de soin.");
    }

    private static KnownRelations Known(IEnumerable<Relation> relations) =>
        new([.. relations.Select(relation => new KnownRelation(relation.Source, relation.Patient, relation.Unit, relation.Account, relation.By, relation.From, relation.Until))]);

    /// <summary>Each fact for itself: one that is refused keeps none of the others back.</summary>
    private async ValueTask<IReadOnlyList<Refusal?>> StateAsync(PersonAsking asking, IReadOnlyList<StateRelation> facts)
    {
        ReadsAnything(asking.Caller);
        var refused = new Refusal?[facts.Count];
        lock (_gate)
            for (var i = 0; i < refused.Length; i++)
                try { CheckStatement(asking.Caller, facts[i], asking.Now); }
                catch (RefusedException no) { refused[i] = no.Refusal; }
        var stated = facts.Where((_, i) => refused[i] is null).ToArray();
        if (stated.Length == 0) return refused;
        await JournalAsync([.. stated.Select(fact => Stated(fact, asking.Now) with { Account = asking.Caller.Account, Session = asking.Caller.Session })]).ConfigureAwait(false);
        lock (_gate)
            foreach (var fact in stated) { _relations.State(fact, asking.Caller.Account, asking.Now, handedOn: HandsOn(asking.Caller, fact, asking.Now), letsInHimself: LetsIn(asking.Caller, fact)); QueueFact(fact, asking.Now); }
        return refused;
    }

    /// <summary>
    /// Only who knows a patient sends others to him; the desks know whoever stands or calls there and send him to units, not into one colleague's hands.
    /// Whoever stated a fact ends it, knowing him still or not.
    /// </summary>
    private void CheckStatement(Caller caller, StateRelation ask, DateTimeOffset now)
    {
        RelationRules.Check(ask);
        if (!_identities.Exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        if (ask.Until <= now) { CheckEnd(ask, caller.Account, null, now); return; }
        if (ask.Unit is { } unit && _units.All(known => known.Unit != unit)) throw new RefusedException(RefusalCodes.Invalid, "Cette unité n'existe pas.");
        if (ask.Account is { } to) CheckReceiver(caller, ask.Source, to, now);
        if ((!RoleAccess.IsDesk(caller.Role) || ask.Account is not null) && _relations.Explain(_identities.AliasesOf(ask.Patient), caller.Account, caller.Units, now) is null)
            throw new RefusedException(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient : vous ne pouvez pas le confier à d'autres.");
        var hour = Hour(_stated, caller.Account);
        while (hour.Count > 0 && now - hour.Peek() > TimeSpan.FromHours(1)) hour.Dequeue();
        var most = _policies.Current.Relations.FactsPerHour;
        if (hour.Count >= most) throw new RefusedException("relation.limit", $"{most} liens de soin déclarés en une heure : attendez, ou faites-les déclarer par un collègue.");
        hour.Enqueue(now);
    }

    private static bool LetsIn(Caller caller, StateRelation fact) => fact.Account == caller.Account || fact.Unit is { } unit && caller.Units.Contains(unit);

    private void CheckReceiver(Caller caller, RelationSource source, AccountId to, DateTimeOffset now)
    {
        if (to == caller.Account) throw new RefusedException(RefusalCodes.Invalid, "On ne se confie pas un dossier à soi-même : choisissez un collègue.");
        var receiver = _accounts.All.FirstOrDefault(account => account.Id == to);
        if (receiver is null || !receiver.OpenAt(now) || !RoleAccess.ReadsAnything(receiver.Role)) throw new RefusedException(RefusalCodes.Invalid, "Ce compte est fermé, ou sa fonction n'ouvre pas de dossier : choisissez un autre collègue.");
        if (source is RelationSource.Secretariat && receiver.Role is not Role.MedicalSecretary) throw new RefusedException(RefusalCodes.Invalid, "Seul un secrétariat reçoit un dossier à ce titre.");
    }

    private void CheckEnd(StateRelation ask, AccountId? by, ClientId? machine, DateTimeOffset now)
    {
        if (_relations.Stated(ask, now) is not { } known) throw new RefusedException(RefusalCodes.Conflict, "Ce lien de soin est déjà terminé.");
        if (!RelationBook.IsOf(known, by, machine)) throw new RefusedException(RefusalCodes.Conflict, "Seule la personne qui a déclaré ce lien de soin y met fin.");
        if (known.OthersUntil > now) throw new RefusedException(RefusalCodes.Conflict, "Quelqu'un d'autre a déclaré ce lien de soin aussi : il reste ouvert jusqu'à son terme.");
    }

    private bool HandsOn(Caller caller, StateRelation ask, DateTimeOffset now) =>
        RelationRules.HandsOn(ask, caller.Role, _relations.Explain(_identities.AliasesOf(ask.Patient), caller.Account, caller.Units, now));

    /// <summary>
    /// The registry knows whose child a newborn is: where one of the two is cared for by a unit that does not care for the other, that unit
    /// is let in to the other, by the act of who brought them there. While identities load, only the child's side is seen.
    /// </summary>
    private async ValueTask JoinBirthAsync(StayId stay, DateTimeOffset now)
    {
        if (Locking(() => _relations.Staying(stay, now)) is not { } there || !_identities.Exists(there.Patient)) return;
        var since = ClinicalTime.Day(now).AddDays(-RelationRules.Of(RelationSource.Newborn).Life!.Value.Days);
        var person = _identities.Of(_identities.AliasesOf(there.Patient)[0]);
        IReadOnlyList<(PatientId Mother, PatientId Child)> births = person.Mother is { } mother && person.Traits.BirthDate >= since
            ? [(mother, there.Patient)]
            : [.. _identities.ChildrenOf(person.Id, since, now).Select(child => (there.Patient, child))];
        foreach (var (own, child) in births)
        {
            var facts = Locking(() =>
            {
                var (hers, his) = (_relations.UnitsOf(_identities.AliasesOf(own), now), _relations.UnitsOf(_identities.AliasesOf(child), now));
                return hers.Count == 0 || his.Count == 0 ? [] : hers.Except(his).Select(unit => To(child, unit)).Concat(his.Except(hers).Select(unit => To(own, unit))).Where(fact => _relations.Stated(fact, now) is null).ToArray();
            });
            if (facts.Length == 0) continue;
            await JournalAsync([.. facts.Select(fact => Stated(fact, now) with { Account = there.By })]).ConfigureAwait(false);
            lock (_gate)
                foreach (var fact in facts)
                {
                    _relations.State(fact, there.By, now, handedOn: there.Claimed);
                    if (there.By is { } by) Hour(_stated, by).Enqueue(now);
                }
        }

        static StateRelation To(PatientId patient, UnitId unit) => new(RelationSource.Newborn, patient, unit, null, DateTimeOffset.MaxValue);
    }

    /// <summary>Under the lock.</summary>
    private void CheckMoves(AccountId account, PatientId patient, DateTimeOffset now)
    {
        var hour = Hour(_moved, account);
        foreach (var (old, at) in hour.ToArray()) if (now - at > TimeSpan.FromHours(1)) hour.Remove(old);
        var most = _policies.Current.Relations.StaysPerHour;
        if (!hour.ContainsKey(patient) && hour.Count >= most) throw new RefusedException("relation.limit", $"Séjours de {most} patients enregistrés en une heure : attendez, ou demandez à un collègue.");
        hour[patient] = now;
    }

    /// <summary>
    /// Patients whom interfaces bring to units in a day have a limit (policy, "interfaces"). Whom they bring beyond it
    /// comes in like everyone, and is a claim in everyone's hands: nobody takes a base ward by ward with the key of an interface.
    /// </summary>
    /// <returns>Whether this one is beyond, and the alarm that says so.</returns>
    private (bool Beyond, Alarm? Alarm) Bringing(ClientId client, PatientId patient, DateTimeOffset now) => Locking(() => Brought(patient, now, now) ? (false, null) : (true, _bell.Brought(client, now)));

    /// <summary>Under the lock.</summary>
    /// <returns>Whether there was room for him in that day.</returns>
    private bool Brought(PatientId patient, DateTimeOffset at, DateTimeOffset now) => _brought.TryCount(patient, () => BroughtCount.Most(_policies.Current.Interfaces, CeilingOf(now), BedsCounted(now)), at, now);

    private static JournalEntry Stated(StateRelation ask, DateTimeOffset now) =>
        new() { Time = now, Kind = ask.Until <= now ? "relation.ended" : "relation", Patient = ask.Patient, Ground = ask.Source.ToString(), Detail = ask.Unit?.ToString() ?? ask.Account?.ToString() };
}
