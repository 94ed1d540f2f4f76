using Serment.Custodian.Accounts;
using Serment.Custodian.Budgets;
using Serment.Custodian.Policies;

namespace Serment.Custodian.Requests;

/// <summary>The policy: read by everyone for his own role, whole by officers and at the cell's machine, changed by two people.</summary>
internal sealed partial class Cell
{
    private void RegisterPolicies()
    {
        _verbs.Person(PolicyVerbs.Mine, (asking, _) => Locked(() => Published(asking.Caller.Role)));
        _verbs.Person(PolicyVerbs.Text, (asking, _) => Locked(() => { OnlyOfficers(asking); return InForce(); }));
        _verbs.Nobody(PolicyVerbs.Text, (asking, _) => Locked(() => { AtTheMachine(asking); return InForce(); }));
        _verbs.Person(PolicyVerbs.Check, (asking, ask) => Locked(() => { OnlyOfficers(asking); return new PolicyChanges(_policies.Difference(ask.Text)); }));
        _verbs.Nobody(PolicyVerbs.Check, (asking, ask) => Locked(() => { AtTheMachine(asking); return new PolicyChanges(_policies.Difference(ask.Text)); }));
        _verbs.Person(PolicyVerbs.Versions, (asking, _) => Locked(() => { OnlyOfficers(asking); return new PolicyVersions([.. Adopted()]); }));
    }

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

    private static void OnlyOfficers(PersonAsking asking)
    {
        if (!RoleAccess.IsOfficer(asking.Caller.Role)) throw new RefusedException(RefusalCodes.Role, "La politique entière est lue par les responsables. Ce qui vaut pour vous est sous « Mes sessions ».");
    }

    /// <summary>By the socket, which only the cell's machine reaches; the page is anyone's.</summary>
    private static void AtTheMachine(NobodyYet asking)
    {
        if (asking.OnPage) throw new RefusedException(RefusalCodes.NoSession, "Identifiez-vous d'abord.");
    }
}
