namespace Serment.Custodian.Accounts;

/// <summary>
/// A forgotten key: two colleagues of the unit lend a spare one, for that unit and one shift. Offers live 15 minutes,
/// in memory only. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class LoanDesk(AccountBook accounts, Invitations invitations)
{
    private sealed record Offer(ApprovalId Id, AccountId Borrower, UnitId Unit, AccountId By, DateTimeOffset At);

    private static readonly TimeSpan OfferLife = TimeSpan.FromMinutes(15);
    private readonly Dictionary<ApprovalId, Offer> _offers = [];

    public LoanOffered Propose(Account by, OfferLoan ask, DateTimeOffset now)
    {
        Sweep(now);
        Colleague(by, ask.Borrower, ask.Unit);
        var borrower = accounts.Of(ask.Borrower);
        if (!borrower.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé : aucune clé ne lui est prêtée.");
        if (!borrower.UnitsAt(now).Contains(ask.Unit)) throw new RefusedException("loan.unit", "Ce collègue n'est pas de cette unité : un prêt ne donne pas d'unité nouvelle.");
        if (borrower.Passkeys.Any(k => k.Loan is { } loan && now < loan.Until)) throw new RefusedException(RefusalCodes.Conflict, "Une clé est déjà prêtée à ce collègue.");
        var offer = new Offer(Id.New<ApprovalId>(), ask.Borrower, ask.Unit, by.Id, now);
        _offers[offer.Id] = offer;
        return new LoanOffered(offer.Id);
    }

    public (LoanConfirmed Reply, AccountId Borrower) Confirm(Account by, ApprovalId id, DateTimeOffset now)
    {
        Sweep(now);
        if (!_offers.TryGetValue(id, out var offer)) throw new RefusedException(RefusalCodes.NotFound, "Ce prêt n'est plus proposé (15 minutes). Recommencez à deux.");
        if (offer.By == by.Id) throw new RefusedException("approval.same-person", "Un second collègue doit confirmer le prêt.");
        Colleague(by, offer.Borrower, offer.Unit);
        var lender = accounts.Of(offer.By);
        if (!lender.OpenAt(now)) throw new RefusedException("approval.proposer", "Le compte de celui qui a proposé ce prêt n'est plus ouvert.");
        _offers.Remove(id);
        var loan = new Loan(offer.Unit, now + Sessions.SessionPolicy.Shift);
        var granted = $"prêtée par {lender.Name} et {by.Name}";
        var code = invitations.Issue(hash => new Invitation { Id = id, Borrower = offer.Borrower, Loan = loan, Granted = granted, Granters = [offer.By, by.Id], CodeHash = hash, Until = now + Invitations.LoanLife });
        return (new LoanConfirmed(code, loan.Until), offer.Borrower);
    }

    public WaitingLoans Waiting(Account by, DateTimeOffset now)
    {
        Sweep(now);
        return new WaitingLoans([.. _offers.Values.Where(o => o.By != by.Id && o.Borrower != by.Id && by.Units.Contains(o.Unit)).OrderBy(o => o.At)
            .Select(o => new WaitingLoan(o.Id, accounts.Of(o.Borrower).Name, o.Unit, accounts.Of(o.By).Name, o.At))]);
    }

    /// <summary>By his own account, neither by a duty nor by a lent key's session; and reading there himself.</summary>
    private static void Colleague(Account by, AccountId borrower, UnitId unit)
    {
        if (by.Id == borrower) throw new RefusedException("loan.self", "On ne se prête pas une clé à soi-même.");
        if (!by.Units.Contains(unit) || !RoleAccess.ReadsAnything(by.Role)) throw new RefusedException("loan.unit", "Seuls des collègues affectés à cette unité peuvent y prêter une clé.");
    }

    private void Sweep(DateTimeOffset now)
    {
        foreach (var old in _offers.Values.Where(o => now - o.At > OfferLife).ToArray()) _offers.Remove(old.Id);
    }
}
