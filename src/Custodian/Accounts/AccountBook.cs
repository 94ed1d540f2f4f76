using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Custodian.Accounts;

internal sealed record Passkey(byte[] CredentialId, byte[] PublicKey, uint Counter, bool BackupEligible, DateTimeOffset Since);

/// <summary>A member of staff. No password exists.</summary>
internal sealed record Account
{
    public required AccountId Id { get; init; }
    public required string Name { get; init; }
    public required string Title { get; init; }
    public required Role Role { get; init; }
    public IReadOnlyList<UnitId> Units { get; init; } = [];
    public DateOnly? Until { get; init; }
    public bool Frozen { get; init; }
    public IReadOnlyList<Passkey> Passkeys { get; init; } = [];

    public Me Me => new(Id, Name, Title, Role, Units);
    public bool OpenAt(DateTimeOffset now) => !Frozen && (Until is not { } until || ClinicalTime.Day(now) <= until);
}

/// <summary>What two people make together: proposed by one, approved by another, used once by the holder.</summary>
internal sealed record Invitation
{
    public required ApprovalId Id { get; init; }
    public required ProposeAccount Proposal { get; init; }
    public required AccountId? ProposedBy { get; init; }
    public required DateTimeOffset At { get; init; }
    public AccountId? ApprovedBy { get; init; }
    public byte[]? CodeHash { get; init; }
    public DateTimeOffset? ApprovedAt { get; init; }
    public bool Used { get; init; }
}

/// <summary>Accounts and invitations. Not thread-safe: under the cell's lock.</summary>
internal sealed class AccountBook(Action<string, string, byte[]> persist)
{
    private static readonly TimeSpan InvitationLife = TimeSpan.FromHours(72);
    private readonly Dictionary<AccountId, Account> _accounts = [];
    private readonly Dictionary<ApprovalId, Invitation> _invitations = [];

    public IEnumerable<Account> All => _accounts.Values;

    public void LoadAccount(byte[] json) { var account = JsonSerializer.Deserialize<Account>(json, WireJson.Options)!; _accounts[account.Id] = account; }

    public void LoadInvitation(byte[] json) { var invitation = JsonSerializer.Deserialize<Invitation>(json, WireJson.Options)!; _invitations[invitation.Id] = invitation; }

    public Account Of(AccountId id) => _accounts.TryGetValue(id, out var account) ? account : throw new RefusedException(RefusalCodes.NotFound, "Compte inconnu.");

    public Account? ByCredential(ReadOnlySpan<byte> credential)
    {
        foreach (var account in _accounts.Values)
            foreach (var passkey in account.Passkeys)
                if (passkey.CredentialId.AsSpan().SequenceEqual(credential)) return account;
        return null;
    }

    public void Put(Account account)
    {
        persist("account", account.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(account, WireJson.Options));
        _accounts[account.Id] = account;
    }

    public Proposed Propose(Account by, ProposeAccount ask, DateTimeOffset now)
    {
        Grants(by);
        if (string.IsNullOrWhiteSpace(ask.Name) || ask.Name.Length > 120) throw new RefusedException(RefusalCodes.Invalid, "Nom du compte : 1 à 120 caractères.");
        if (ask.Replaces is { } replaced && Of(replaced) is { } target && (target.Role != ask.Role || target.Id == by.Id))
            throw new RefusedException(RefusalCodes.Invalid, "On ne renouvelle ni sa propre clé, ni une clé en changeant de fonction.");
        var invitation = new Invitation { Id = Id.New<ApprovalId>(), Proposal = ask, ProposedBy = by.Id, At = now };
        Put(invitation);
        return new Proposed(invitation.Id);
    }

    /// <summary>The second person. The code exists only in this reply; the book keeps its hash.</summary>
    public Approved Approve(Account by, ApprovalId id, DateTimeOffset now)
    {
        Grants(by);
        if (!_invitations.TryGetValue(id, out var invitation) || invitation.ApprovedBy is not null) throw new RefusedException(RefusalCodes.NotFound, "Rien à approuver sous cette référence.");
        if (invitation.ProposedBy == by.Id) throw new RefusedException("approval.same-person", "Une seconde personne doit approuver : vous avez fait la demande.");
        if (invitation.Proposal.Replaces == by.Id) throw new RefusedException("approval.holder", "On n'approuve pas sa propre clé.");
        return new Approved(Issue(invitation with { ApprovedBy = by.Id }, now));
    }

    /// <summary>The two first administrators of a new cell, made by whoever creates it; they read nothing.</summary>
    public string Found(string name, DateTimeOffset now) =>
        Issue(new Invitation { Id = Id.New<ApprovalId>(), Proposal = new ProposeAccount(name, "Administration", Role.Administrator, [], null), ProposedBy = null, At = now }, now);

    public PendingApprovals Waiting(Account by)
    {
        Grants(by);
        return new PendingApprovals([.. _invitations.Values.Where(i => i.ApprovedBy is null && i.ProposedBy is not null && i.CodeHash is null).OrderBy(i => i.At)
            .Select(i => new PendingApproval(i.Id, $"{(i.Proposal.Replaces is null ? "Nouveau compte" : "Nouvelle clé")} : {i.Proposal.Name}, {i.Proposal.Role}", Of(i.ProposedBy!.Value).Name, i.At, i.ProposedBy == by.Id))]);
    }

    public Invitation Open(string code, DateTimeOffset now)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(code.Trim()));
        return _invitations.Values.FirstOrDefault(i => !i.Used && i.CodeHash is { } own && CryptographicOperations.FixedTimeEquals(own, hash) && now - i.ApprovedAt < InvitationLife)
            ?? throw new RefusedException("enrol.invitation", "Ce code d'invitation est inconnu, déjà utilisé ou périmé. Demandez-en un nouveau.");
    }

    /// <summary>Binds the passkey and closes the invitation. A replaced key stops working.</summary>
    public Account Enrol(Invitation invitation, Passkey passkey)
    {
        var proposal = invitation.Proposal;
        var account = proposal.Replaces is { } replaced
            ? Of(replaced) with { Passkeys = [passkey] }
            : new Account { Id = Id.New<AccountId>(), Name = proposal.Name.Trim(), Title = proposal.Title, Role = proposal.Role, Units = proposal.Units, Until = proposal.Until, Passkeys = [passkey] };
        Put(account);
        Put(invitation with { Used = true });
        return account;
    }

    private string Issue(Invitation invitation, DateTimeOffset now)
    {
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
        Put(invitation with { CodeHash = SHA256.HashData(Encoding.ASCII.GetBytes(code)), ApprovedAt = now });
        return code;
    }

    private void Put(Invitation invitation)
    {
        persist("invitation", invitation.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(invitation, WireJson.Options));
        _invitations[invitation.Id] = invitation;
    }

    private static void Grants(Account by)
    {
        if (!RoleAccess.MayGrant(by.Role)) throw new RefusedException(RefusalCodes.Role, "Seuls les administrateurs et le référent sécurité gèrent les comptes, à deux.");
    }
}
