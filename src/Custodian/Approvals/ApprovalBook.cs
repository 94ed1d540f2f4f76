using System.Text.Json;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Approvals;

/// <summary>A four-eyes object, waiting for its second signature or carrying it.</summary>
/// <param name="Statement">What both sign, word for word; fixed when it is proposed.</param>
/// <param name="ProposedBy">The first of the two people; nobody yet while only a machine asked.</param>
/// <param name="Client">The machine that asked, which counts for neither.</param>
internal sealed record Approval(ApprovalId Id, Proposal What, string Statement, AccountId ProposedBy, DateTimeOffset At, AccountId? DecidedBy = null, DateTimeOffset? DecidedAt = null, bool Rejected = false, ClientId? Client = null)
{
    public bool OnlyByMachine => ProposedBy == default;
}

/// <summary>
/// Nobody alone: whoever proposes does not approve, neither is the one who gains, and the two have different roles
/// (docs/decisions/0015). Not thread-safe: under the cell's lock.
/// </summary>
/// <param name="read">One object that <paramref name="persist"/> has kept, or null.</param>
internal sealed class ApprovalBook(AccountBook accounts, Action<string, string, byte[]> persist, Func<string, string, byte[]?>? read = null)
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);
    /// <summary>A machine that runs wild fills no page that people have to read.</summary>
    private const int MachinesWaiting = 50;
    private readonly Dictionary<ApprovalId, Approval> _waiting = [];

    public Approval Load(byte[] json)
    {
        var approval = JsonSerializer.Deserialize<Approval>(json, WireJson.Options)!;
        if (approval.DecidedAt is null) _waiting[approval.Id] = approval;
        return approval;
    }

    /// <param name="list">The patients that it names, fixed from here on.</param>
    public Approval Propose(Account by, Proposal what, string statement, DateTimeOffset now, PatientList? list = null)
    {
        if (!what.MayPropose(by.Role)) throw AccountBook.NotGranting();
        if (what.About() == by.Id) throw new RefusedException("approval.holder", "Ce qui vous concerne est demandé et approuvé par deux autres personnes.");
        var approval = new Approval(Id.New<ApprovalId>(), what, statement, by.Id, now);
        if (list is not null) persist(PatientList.Kind, approval.Id.ToString()!, list.Bytes());
        Put(approval);
        return approval;
    }

    /// <summary>Asked by a machine: two people still sign, the first of whom takes the place of a proposer.</summary>
    public Approval Propose(ClientId by, Proposal what, string statement, DateTimeOffset now)
    {
        if (_waiting.Values.Count(a => a.OnlyByMachine && now - a.At < Life) >= MachinesWaiting) throw new RefusedException("approval.many", $"{MachinesWaiting} demandes d'interfaces attendent déjà une première signature : les responsables les lisent d'abord.");
        var approval = new Approval(Id.New<ApprovalId>(), what, statement, default, now, Client: by);
        Put(approval);
        return approval;
    }

    /// <summary>The second person, who has read the statement; the first, where a machine asked, and then it goes on waiting.</summary>
    public Approval Approve(Account by, Approve ask, DateTimeOffset now)
    {
        var approval = Decidable(by, ask.Approval, now);
        if (approval.OnlyByMachine) return Adopt(by, approval, ask);
        if (approval.ProposedBy == by.Id) throw new RefusedException("approval.same-person", "Une seconde personne doit approuver : vous avez fait la demande.");
        if (approval.What.About() == by.Id) throw new RefusedException("approval.holder", "Ce qui vous concerne est demandé et approuvé par deux autres personnes.");
        if (ask.Statement != approval.Statement) throw new RefusedException("approval.statement", "Le texte signé n'est pas celui de la demande. Relisez-la sur la page du gardien.");
        var proposer = accounts.Of(approval.ProposedBy);
        if (!proposer.OpenAt(now) || !approval.What.MayPropose(proposer.Role)) throw new RefusedException("approval.proposer", "Le compte de la personne qui a fait cette demande n'est plus ouvert : la demande doit être refaite.");
        if (!Apart(proposer, by.Role, approval.What, now)) throw new RefusedException("approval.same-role", $"La seconde signature vient d'une autre fonction que la première : {WaitsFor(approval)}.");
        return Decide(approval with { DecidedBy = by.Id, DecidedAt = now });
    }

    private Approval Adopt(Account by, Approval approval, Approve ask)
    {
        if (!approval.What.MayPropose(by.Role)) throw AccountBook.NotGranting();
        if (approval.What.About() == by.Id) throw new RefusedException("approval.holder", "Ce qui vous concerne est demandé et approuvé par deux autres personnes.");
        if (ask.Statement != approval.Statement) throw new RefusedException("approval.statement", "Le texte signé n'est pas celui de la demande. Relisez-la sur la page du gardien.");
        var adopted = approval with { ProposedBy = by.Id };
        Put(adopted);
        return adopted;
    }

    /// <summary>By anyone who might have approved, and by whoever proposed.</summary>
    public Approval Reject(Account by, ApprovalId id, DateTimeOffset now) => Decide(Decidable(by, id, now) with { DecidedBy = by.Id, DecidedAt = now, Rejected = true });

    public PendingApprovals Waiting(Account by, DateTimeOffset now)
    {
        if (!RoleAccess.IsOfficer(by.Role)) throw AccountBook.NotGranting();
        return new PendingApprovals([.. _waiting.Values.Where(a => now - a.At < Life && a.What.MayDecide(by.Role)).OrderBy(a => a.At)
            .Select(a => new PendingApproval(a.Id, a.What.Kind(), a.Statement, a.OnlyByMachine ? "une interface : aucune personne n'a encore signé" : accounts.Of(a.ProposedBy).Name, a.At,
                a.What.About() == by.Id || !a.OnlyByMachine && (a.ProposedBy == by.Id || !Apart(accounts.Of(a.ProposedBy), by.Role, a.What, now)), WaitsFor(a), a.At + Life, a.What.Patients))]);
    }

    /// <summary>The patients that a proposal names, for whoever may decide it.</summary>
    public PatientList ListFor(Account by, ApprovalId id, DateTimeOffset now) =>
        ListOf(Decidable(by, id, now)) ?? throw new RefusedException(RefusalCodes.NotFound, "Cette demande ne nomme aucun patient.");

    public PatientList? ListOf(Approval approval) => approval.What.Patients > 0 ? ListOf(approval.Id) : null;

    public PatientList? ListOf(ApprovalId id) => read?.Invoke(PatientList.Kind, id.ToString()!) is { } bytes ? PatientList.From(bytes) : null;

    /// <summary>
    /// Different roles. Two exceptions, so that a cell can begin and is never locked out: its founders, until the first officer
    /// of another role exists; and an officer of another role made or re-keyed while no other has a key that works.
    /// </summary>
    private bool Apart(Account proposer, Role approver, Proposal what, DateTimeOffset now) =>
        proposer.Role != approver && what.Pairs(proposer.Role, approver) || what.Founding && accounts.Founding || what.Officer is { } made && made != approver && !accounts.OfficerBeside(approver, now);

    private string WaitsFor(Approval approval)
    {
        var proposer = approval.OnlyByMachine ? null : accounts.Of(approval.ProposedBy);
        var roles = Enum.GetValues<Role>().Where(role => approval.What.MayDecide(role) && (proposer is null || Apart(proposer, role, approval.What, approval.At))).Select(RoleAccess.French).ToArray();
        return roles.Length > 1 ? $"{string.Join(", ", roles[..^1])} ou {roles[^1]}" : roles.FirstOrDefault() ?? "personne";
    }

    private Approval Decidable(Account by, ApprovalId id, DateTimeOffset now)
    {
        if (!_waiting.TryGetValue(id, out var approval) || now - approval.At >= Life) throw new RefusedException(RefusalCodes.NotFound, "Rien à approuver sous cette référence : déjà décidé, ou trop ancien (7 jours).");
        May(by, approval.What);
        return approval;
    }

    private Approval Decide(Approval approval)
    {
        Put(approval);
        _waiting.Remove(approval.Id);
        return approval;
    }

    private static void May(Account by, Proposal what)
    {
        if (!what.MayDecide(by.Role)) throw AccountBook.NotGranting();
    }

    private void Put(Approval approval)
    {
        persist("approval", approval.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(approval, WireJson.Options));
        _waiting[approval.Id] = approval;
    }
}
