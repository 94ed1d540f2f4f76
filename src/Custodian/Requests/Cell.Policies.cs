using Serment.Custodian.Accounts;
using Serment.Custodian.Approvals;
using Serment.Custodian.Budgets;
using Serment.Custodian.Journal;
using Serment.Custodian.Policies;

namespace Serment.Custodian.Requests;

/// <summary>The policy: read by everyone for his own role, whole by officers and at the cell's machine, changed by two people.</summary>
internal sealed partial class Cell
{
    private static readonly TimeSpan Period = TimeSpan.FromDays(28);
    private readonly Lock _recalibrating = new();

    private void RegisterPolicies()
    {
        _verbs.Person(PolicyVerbs.Mine, (asking, _) => Locked(() => Published(asking.Caller.Role)));
        _verbs.Person(PolicyVerbs.Text, (asking, _) => Locked(() => { OnlyOfficers(asking); return InForce(); }));
        _verbs.Nobody(PolicyVerbs.Text, (asking, _) => Locked(() => { AtTheMachine(asking); return InForce(); }));
        _verbs.Person(PolicyVerbs.Check, (asking, ask) => Locked(() => { OnlyOfficers(asking); return new PolicyChanges(_policies.Difference(ask.Text)); }));
        _verbs.Nobody(PolicyVerbs.Check, (asking, ask) => Locked(() => { AtTheMachine(asking); return new PolicyChanges(_policies.Difference(ask.Text)); }));
        _verbs.Person(PolicyVerbs.Recalibrate, (asking, _) => ValueTask.FromResult(asking.Caller.Role is Role.SecurityOfficer ? Recalibrated(asking.Now) : throw new RefusedException(RefusalCodes.Role, "Le recalage de la politique est fait par le référent sécurité.")));
        _verbs.Nobody(PolicyVerbs.Recalibrate, (asking, _) => { AtTheMachine(asking); return ValueTask.FromResult(Recalibrated(asking.Now)); });
        _verbs.Person(PolicyVerbs.Propose, (asking, ask) => ProposeAsync(asking, () => ProposePolicy(By(asking), ask, asking.Now)));
        _verbs.Person(PolicyVerbs.Versions, (asking, _) => Locked(() => { OnlyOfficers(asking); return new PolicyVersions([.. Adopted()]); }));
    }

    /// <summary>Outside the lock: it reads 28 days of the journal, one question at a time.</summary>
    private Recalibrated Recalibrated(DateTimeOffset now)
    {
        var today = ClinicalTime.Day(now);
        if (!_recalibrating.TryEnter()) throw new RefusedException(RefusalCodes.Conflict, "Un recalage est déjà en cours : réessayez dans un instant.");
        try
        {
            var (policy, text) = Locking(() => (_policies.Current, _policies.Text));
            var question = new JournalQuestion { Kinds = Uses.Kinds, From = now - Period, OldestFirst = true };
            var roles = new Dictionary<AccountId, Role>();
            Role RoleOf(AccountId account) => roles.TryGetValue(account, out var role) ? role : roles[account] = Locking(() => _accounts.Of(account).Role);
            var (ceiling, beds) = Locking(() => (CeilingOf(now), BedsCounted(now)));
            var interfaces = new InterfaceUses([.. Uses.BroughtBy(_journal.Read(question with { Kinds = Uses.BroughtKinds }).Select(at => at.Entry))], ceiling, beds);
            return Recalibration.From(policy, text, [.. Uses.Of(_journal.Read(question).Select(at => at.Entry), RoleOf)], interfaces, today.AddDays(-Period.Days), today);
        }
        finally { _recalibrating.Exit(); }
    }

    private Approval ProposePolicy(Account by, ProposePolicy ask, DateTimeOffset now)
    {
        OnlyOfficers(by.Role);
        if (ask.Reason.Trim().Length is < 5 or > 500) throw new RefusedException(RefusalCodes.Invalid, "Écrivez pourquoi la politique change (5 à 500 caractères).");
        var changes = _policies.Difference(ask.Text);
        if (changes.Count == 0) throw new RefusedException(RefusalCodes.Conflict, "Cette politique ne change aucune valeur.");
        return _approvals.Propose(by, new NewPolicy(_policies.Number, ask.Text, ask.Reason.Trim()), $"Changer la politique de sécurité ({_policies.Number} → {_policies.Number + 1}). {PolicyBook.Statement(changes)}. Motif : {Words.Line(ask.Reason)}", now);
    }

    /// <summary>Under the lock. From the next request on.</summary>
    private void AdoptPolicy(Approval approval, NewPolicy what, DateTimeOffset now) => _policies.Adopt(what.From, what.Text, approval.ProposedBy, approval.DecidedBy!.Value, now);

    private PolicyText InForce() => new(_policies.Number, _policies.Since, _policies.Text);

    /// <summary>The budgets of one's class, and what is the same for all.</summary>
    private PublishedPolicy Published(Role role)
    {
        var (values, own) = (PolicyFile.Values(_policies.Current), $"budgets.{BudgetPolicy.ClassOf(role)}.");
        return new PublishedPolicy(_policies.Number, _policies.Since,
            [.. PolicyTable.All.Where(row => !row.Path.StartsWith("budgets.", StringComparison.Ordinal) || row.Path.StartsWith(own, StringComparison.Ordinal)).Select(row => new PolicyLine(row.Section, row.French, values[row.Path], row.Unit))]);
    }

    /// <summary>The latest first, each against the one before it.</summary>
    private IEnumerable<AdoptedPolicy> Adopted()
    {
        var before = Policy.Starting;
        var adopted = new List<AdoptedPolicy>();
        foreach (var version in _policies.Versions)
        {
            var policy = PolicyFile.ReadAdopted(version.Text);
            adopted.Add(new AdoptedPolicy(version.Number, version.At, _accounts.Of(version.ProposedBy).Name, _accounts.Of(version.ApprovedBy).Name, PolicyBook.Difference(before, policy)));
            before = policy;
        }
        return adopted.AsEnumerable().Reverse();
    }

    private static void OnlyOfficers(PersonAsking asking) => OnlyOfficers(asking.Caller.Role);

    private static void OnlyOfficers(Role role)
    {
        if (!RoleAccess.IsOfficer(role)) throw new RefusedException(RefusalCodes.Role, "La politique entière est lue par les responsables. Ce qui vaut pour vous est sous « Mes sessions ».");
    }

    /// <summary>By the socket, which only the cell's machine reaches; the page is anyone's.</summary>
    private static void AtTheMachine(NobodyYet asking)
    {
        if (asking.OnPage) throw new RefusedException(RefusalCodes.NoSession, "Identifiez-vous d'abord.");
    }
}
