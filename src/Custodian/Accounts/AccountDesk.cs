using Serment.Custodian.Approvals;

namespace Serment.Custodian.Accounts;

/// <summary>
/// What two people do to accounts and stations: states it in words, and carries it out once approved.
/// Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class AccountDesk(AccountBook accounts, ApprovalBook approvals, Invitations invitations, MachineClients clients, Func<UnitId, string?> unitName)
{
    public Approval Propose(Account by, ProposeAccount ask, DateTimeOffset now)
    {
        ask = ask with { Rpps = Rpps.Read(ask.Rpps) };
        if (ask.Replaces is not { } replaced) return approvals.Propose(by, new NewAccount(ask), Stated(ask, now), now);
        var holder = accounts.Of(replaced);
        // A new key is a new key: name, role and units stay those of the account, whatever the request says.
        var same = ask with { Name = holder.Name, Title = holder.Title, Role = holder.Role, Units = holder.Units, Until = holder.Until, Rpps = holder.Rpps };
        return approvals.Propose(by, new NewAccount(same), $"Remplacer la clé de {Words.Quoted(holder.Name)} ({Words.Line(holder.Title)}). {Terms(holder.Role, holder.Units, holder.Until)}. Ses clés actuelles cesseront d'ouvrir.", now);
    }

    /// <summary>New accounts only: a key is replaced where people know its holder.</summary>
    /// <param name="name">The interface's, as two people read it when they opened it.</param>
    public Approval Propose(ClientId by, string name, ProposeAccount ask, DateTimeOffset now) => ask.Replaces is null
        ? approvals.Propose(by, new NewAccount(ask = ask with { Rpps = Rpps.Read(ask.Rpps) }), $"{Stated(ask, now)} Demandé par l'interface {Words.Quoted(name)}.", now)
        : throw new RefusedException(RefusalCodes.Role, "Une interface ne demande pas de nouvelle clé : le remplacement se demande entre personnes.");

    private string Stated(ProposeAccount ask, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(ask.Name) || ask.Name.Length > 120 || ask.Title.Length > 120) throw new RefusedException(RefusalCodes.Invalid, "Nom du compte : 1 à 120 caractères ; intitulé : 120 au plus.");
        if (ask.Until is { } end && end < ClinicalTime.Day(now)) throw new RefusedException(RefusalCodes.Invalid, "Le dernier jour du compte est passé.");
        return $"Créer le compte de {Words.Quoted(ask.Name)} ({Words.Line(ask.Title)}). {Terms(ask.Role, ask.Units, ask.Until)}.{(ask.Rpps is { } number ? $" RPPS : {number}." : "")}";
    }

    /// <returns>The approval that waits, or null when the change only narrows and is done.</returns>
    public Approval? Change(Account by, ChangeAccount ask, DateTimeOffset now)
    {
        if (!RoleAccess.MayGrant(by.Role)) throw AccountBook.NotGranting();
        if (by.Id == ask.Account) throw new RefusedException("approval.holder", "On ne modifie pas ses propres droits.");
        if (ask.Title.Length > 120) throw new RefusedException(RefusalCodes.Invalid, "Intitulé : 120 caractères au plus.");
        ask = ask with { Rpps = Rpps.Read(ask.Rpps) };
        var account = accounts.Of(ask.Account);
        if (ask.Until is { } end && end != account.Until && end < ClinicalTime.Day(now)) throw new RefusedException(RefusalCodes.Invalid, "Le dernier jour du compte est passé.");
        // Its key was enrolled on the Server's screens: nobody becomes an officer with it.
        if (RoleAccess.IsOfficer(ask.Role) && !RoleAccess.IsOfficer(account.Role)) throw new RefusedException("rights.officer", "On ne devient pas responsable par un changement de droits : créez un compte, dont la clé s'enrôle sur la page du gardien.");
        if (Same(Current(account) with { Title = ask.Title }, ask))
        {
            accounts.Change(ask);
            accounts.Tell(account.Id, $"{by.Name} a changé votre intitulé : {Words.Quoted(ask.Title)}.", now);
            return null;
        }
        if (AccountBook.Narrows(account, ask))
        {
            accounts.Narrow(by, ask, now);
            accounts.Tell(account.Id, $"{by.Name} a réduit vos droits. {Terms(ask.Role, ask.Units, ask.Until)}.", now);
            return null;
        }
        return approvals.Propose(by, new Rights(ask, Current(account)), $"Changer les droits de {Words.Quoted(account.Name)}. Avant : {Terms(account.Role, account.Units, account.Until)}. Après : {Terms(ask.Role, ask.Units, ask.Until)}.{Besides(account, ask)}", now);
    }

    public Approval ProposeStation(Account by, ProposeStation ask, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(ask.Name) || ask.Name.Length > 80) throw new RefusedException(RefusalCodes.Invalid, "Nom du poste : 1 à 80 caractères.");
        return approvals.Propose(by, new NewStation(ask), $"Enrôler le poste {Words.Quoted(ask.Name)} pour l'unité {UnitNamed(ask.Unit)} : changement d'utilisateur d'un geste, sans code PIN pendant 4 heures.", now);
    }

    /// <summary>Interfaces add and never read; which of the additions they may make is read out in the statement.</summary>
    public Approval ProposeClient(Account by, ProposeClient ask, DateTimeOffset now) => approvals.Propose(by, new NewClient(ask), Stated(ask), now);

    /// <summary>Asked at the cell's machine by the new key itself: nobody's signature yet, two people's follow. docs/decisions/0023.</summary>
    public Approval ProposeClient(ProposeClient ask, DateTimeOffset now) =>
        approvals.Propose(MachineKeys.IdOf(ask.PublicKey), new NewClient(ask), $"{Stated(ask)} Demandé sur la machine de l'établissement, par la commande « client create ».", now);

    private string Stated(ProposeClient ask)
    {
        if (string.IsNullOrWhiteSpace(ask.Name) || ask.Name.Length > 80) throw new RefusedException(RefusalCodes.Invalid, "Nom de l'interface : 1 à 80 caractères.");
        if (ask.Scopes.Count == 0 || ask.Scopes.Distinct().Count() != ask.Scopes.Count || ask.Scopes.Any(scope => MachineKeys.Scopes.All(known => known.Scope != scope))) throw new RefusedException(RefusalCodes.Invalid, "Choisissez ce que l'interface peut ajouter.");
        using (SigningKey.Import(ask.PublicKey, "Clé de l'interface")) { }
        if (clients.Knows(MachineKeys.IdOf(ask.PublicKey))) throw new RefusedException(RefusalCodes.Conflict, "Cette clé est déjà celle d'une interface.");
        var may = string.Join(", ", MachineKeys.Scopes.Where(s => ask.Scopes.Contains(s.Scope)).Select(s => s.French));
        return $"Ouvrir l'interface {Words.Quoted(ask.Name)}, clé {MachineKeys.IdOf(ask.PublicKey).ToString()![..16]}. Elle peut {may} ; elle ne lit aucun dossier et n'ouvre aucun compte.";
    }

    public Approval ProposeUnfreeze(Account by, ProposeUnfreeze ask, DateTimeOffset now)
    {
        var account = accounts.Of(ask.Account);
        if (!account.Frozen) throw new RefusedException(RefusalCodes.Conflict, "Ce compte n'est pas gelé.");
        if (ask.Reason.Trim().Length is < 5 or > 500) throw new RefusedException(RefusalCodes.Invalid, "Écrivez pourquoi ce compte est rouvert (5 à 500 caractères).");
        return approvals.Propose(by, new Unfreeze(ask.Account, ask.Reason.Trim()), $"Dégeler le compte de {Words.Quoted(account.Name)} ({Words.Line(account.Title)}). Motif : {Words.Line(ask.Reason)}", now);
    }

    /// <param name="others">What is no account's matter.</param>
    public (Approved Reply, Approval Approval) Approve(Account by, Approve ask, DateTimeOffset now, Func<Approval, Approved>? others = null)
    {
        var approval = approvals.Approve(by, ask, now);
        if (approval.DecidedAt is null) return (new Approved(null, SecondNeeded: true), approval);
        AccountId[] granters = [approval.ProposedBy, by.Id];
        var granted = $"proposé par {accounts.Of(approval.ProposedBy).Name}, approuvé par {by.Name}";
        return (approval.What switch
        {
            NewAccount { Ask: var account } => new Approved(Issue(approval.Id, account, granted, granters, now)),
            NewStation { Ask: var station } => new Approved(invitations.Issue(hash => new Invitation { Id = approval.Id, Station = station, Granted = granted, Granters = granters, CodeHash = hash, Until = now + Invitations.Life })),
            Approvals.Rights change => Widen(change, granted, now),
            NewClient { Ask: var client } => Open(client, now),
            Unfreeze { Account: var frozen } => Thaw(frozen, granted, now),
            _ => others?.Invoke(approval) ?? throw new System.Diagnostics.UnreachableException(),
        }, approval);
    }

    private Approved Open(ProposeClient ask, DateTimeOffset now)
    {
        if (!clients.Knows(MachineKeys.IdOf(ask.PublicKey))) clients.Add(new MachineClient(MachineKeys.IdOf(ask.PublicKey), ask.Name.Trim(), ask.PublicKey, ask.Scopes, false), now);
        return new Approved(null);
    }

    /// <summary>The two first administrators of a new cell, made by whoever creates it; they read nothing.</summary>
    public string Found(string name, DateTimeOffset now) => Issue(Id.New<ApprovalId>(), new ProposeAccount(name, "Administration", Role.Administrator, [], null), "fondation de l'établissement", [], now);

    /// <summary>Binds the passkey and closes the invitation. A replaced key stops working; a lent one is added until its end.</summary>
    public Account Enrol(Invitation invitation, Passkey passkey, DateTimeOffset now)
    {
        passkey = passkey with { Handle = Id.Bytes(invitation.Id), Loan = invitation.Loan };
        Account account;
        if (invitation.Borrower is { } borrower)
            account = accounts.Of(borrower) is var holder ? holder with { Passkeys = [.. holder.Passkeys.Where(k => k.Loan is not { } old || now < old.Until), passkey] } : throw new System.Diagnostics.UnreachableException();
        else if (invitation.Account is { Replaces: { } replaced })
            account = accounts.Of(replaced) with { Passkeys = [passkey] };
        else if (invitation.Account is { } proposal)
            account = new Account { Id = Id.New<AccountId>(), Name = proposal.Name.Trim(), Title = proposal.Title, Role = proposal.Role, Units = [.. proposal.Units.Distinct()], Until = proposal.Until, Rpps = proposal.Rpps, Passkeys = [passkey] };
        else
            throw new RefusedException("enrol.invitation", "Ce code est celui d'un poste, pas celui d'une personne.");
        accounts.Put(account);
        invitations.Close(invitation);
        accounts.Tell(account.Id, $"{(invitation.Loan is { } loan ? $"Clé de prêt enrôlée, jusqu'au {ClinicalTime.Local(loan.Until):dd/MM HH:mm}" : "Nouvelle clé enrôlée")} ({invitation.Granted}). Si ce n'est pas vous, prévenez le référent sécurité.", now);
        return account;
    }

    private Approved Widen(Rights change, string granted, DateTimeOffset now)
    {
        var account = accounts.Of(change.Ask.Account);
        if (!Same(Current(account), change.Was)) throw new RefusedException("approval.stale", "Les droits de ce compte ont changé depuis cette demande : elle doit être refaite.");
        accounts.Change(change.Ask);
        accounts.Tell(account.Id, $"Vos droits ont changé ({granted}). {Terms(change.Ask.Role, change.Ask.Units, change.Ask.Until)}.", now);
        return new Approved(null);
    }

    private Approved Thaw(AccountId frozen, string granted, DateTimeOffset now)
    {
        accounts.Put(accounts.Of(frozen) with { Frozen = false });
        accounts.Tell(frozen, $"Votre compte est rouvert ({granted}).", now);
        return new Approved(null);
    }

    private string Issue(ApprovalId id, ProposeAccount account, string granted, AccountId[] granters, DateTimeOffset now) =>
        invitations.Issue(hash => new Invitation { Id = id, Account = account, Granted = granted, Granters = granters, CodeHash = hash, Until = now + Invitations.Life });

    /// <summary>What else the same change brings: whoever signs it reads all of it.</summary>
    private static string Besides(Account account, ChangeAccount ask) =>
        (account.Title == ask.Title ? "" : $" Intitulé : {Words.Quoted(account.Title)} devient {Words.Quoted(ask.Title)}.") + (account.Rpps == ask.Rpps ? "" : $" RPPS : {account.Rpps ?? "aucun"} devient {ask.Rpps ?? "aucun"}.");

    private static ChangeAccount Current(Account account) => new(account.Id, account.Title, account.Role, account.Units, account.Until, account.Rpps);

    private static bool Same(ChangeAccount a, ChangeAccount b) => a.Role == b.Role && a.Title == b.Title && a.Rpps == b.Rpps && a.Until == b.Until && a.Units.ToHashSet().SetEquals(b.Units);

    private string Terms(Role role, IReadOnlyList<UnitId> units, DateOnly? until) =>
        $"Fonction : {RoleAccess.French(role)} ; unités : {(units.Count == 0 ? "aucune" : string.Join(", ", units.Select(UnitNamed)))} ; fin : {until?.ToString("dd/MM/yyyy", ClinicalTime.French) ?? "aucune"}";

    /// <summary>Nobody is given a unit that does not exist.</summary>
    private string UnitNamed(UnitId unit) => Words.Quoted(unitName(unit) ?? throw new RefusedException("unit.unknown", "Cette unité n'existe pas dans l'établissement. Décrivez-la d'abord."));
}
