using Serment.Custodian.Accounts;
using Serment.Custodian.Journal;
using Serment.Custodian.Relations;
using Serment.Custodian.Releases;

namespace Serment.Custodian.Requests;

/// <summary>Facts that explain accesses, as rooms and interfaces feed them.</summary>
internal sealed partial class Cell
{
    private readonly Dictionary<AccountId, Queue<DateTimeOffset>> _stated = [];
    private readonly Dictionary<AccountId, Dictionary<PatientId, DateTimeOffset>> _moved = [];

    private void RegisterRelations()
    {
        _verbs.Person(RelationVerbs.State, async (asking, ask) =>
        {
            lock (_gate) CheckStatement(asking.Caller, ask, asking.Now);
            await JournalAsync([Stated(ask, asking.Now) with { Account = asking.Caller.Account, Session = asking.Caller.Session }]).ConfigureAwait(false);
            lock (_gate) { _relations.State(ask, asking.Caller.Account, asking.Now); QueueFact(ask, asking.Now); }
            return Done.It;
        });
        _verbs.Machine(RelationVerbs.State, async (asking, ask) =>
        {
            asking.Needs("relation:state");
            RelationRules.Check(ask);
            if (!_identities.Exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
            await JournalAsync([Stated(ask, asking.Now) with { Client = asking.Client }]).ConfigureAwait(false);
            lock (_gate) { _relations.State(ask, null, asking.Now); QueueFact(ask, asking.Now); }
            return Done.It;
        });
    }

    /// <summary>Only who knows a patient sends others to him; the desks know whoever stands or calls there.</summary>
    private void CheckStatement(Caller caller, StateRelation ask, DateTimeOffset now)
    {
        RelationRules.Check(ask);
        if (!RoleAccess.ReadsAnything(caller.Role)) throw new RefusedException(RefusalCodes.Role, "Votre fonction ne crée pas de lien de soin.");
        if (!_identities.Exists(ask.Patient)) throw new RefusedException(RefusalCodes.NotFound, "Ce patient n'existe pas dans l'établissement.");
        if (!RoleAccess.IsDesk(caller.Role) && _relations.Explain(_identities.AliasesOf(ask.Patient), caller.Account, caller.Units, now) is null)
            throw new RefusedException(RefusalCodes.NoRelation, "Aucun lien de soin connu entre vous et ce patient : vous ne pouvez pas le confier à d'autres.");
        var hour = Hour(_stated, caller.Account);
        while (hour.Count > 0 && now - hour.Peek() > TimeSpan.FromHours(1)) hour.Dequeue();
        var most = _policies.Current.Relations.FactsPerHour;
        if (hour.Count >= most) throw new RefusedException("relation.limit", $"{most} liens de soin déclarés en une heure : attendez, ou faites-les déclarer par un collègue.");
        hour.Enqueue(now);
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

    private static JournalEntry Stated(StateRelation ask, DateTimeOffset now) =>
        new() { Time = now, Kind = "relation", Patient = ask.Patient, Ground = ask.Source.ToString(), Detail = ask.Unit?.ToString() ?? ask.Account?.ToString() };
}
