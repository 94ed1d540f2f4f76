using System.Text.Json;

namespace Serment.Custodian.Accounts;

/// <summary>The accounts, and what one person alone may do to them: narrow, freeze, close. Not thread-safe: under the cell's lock.</summary>
/// <param name="keyless">In demonstrations nobody has a key and everybody may enter.</param>
internal sealed class AccountBook(Action<string, string, byte[]> persist, bool keyless = false)
{
    /// <summary>One officer stops thieves, not the hospital: beyond so many accounts an hour another officer goes on.</summary>
    public const int StopsAnHour = 10;
    private const int Soon = 7;
    private const int NoticesKept = 50;
    private readonly Dictionary<AccountId, Account> _accounts = [];
    private readonly List<(string By, DateTimeOffset At)> _stops = [];

    public IEnumerable<Account> All => _accounts.Values;

    /// <summary>Until the first officer of another role than administration has enrolled a key; it never comes back.</summary>
    public bool Founding => _accounts.Values.All(a => a.Role is Role.Administrator || !RoleAccess.IsOfficer(a.Role));

    /// <summary>Whether an officer of another role than that one could sign today.</summary>
    public bool OfficerBeside(Role role, DateTimeOffset now) => Officers(now).Any(a => a.Role != role);

    public void Load(byte[] json) { var account = JsonSerializer.Deserialize<Account>(json, WireJson.Options)!; _accounts[account.Id] = account; }

    public Account Of(AccountId id) => _accounts.TryGetValue(id, out var account) ? account : throw new RefusedException(RefusalCodes.NotFound, "Compte inconnu.");

    public (Account Account, Passkey Passkey)? ByCredential(ReadOnlySpan<byte> credential)
    {
        foreach (var account in _accounts.Values)
            foreach (var passkey in account.Passkeys)
                if (passkey.CredentialId.AsSpan().SequenceEqual(credential)) return (account, passkey);
        return null;
    }

    public void Put(Account account)
    {
        persist("account", account.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(account, WireJson.Options));
        _accounts[account.Id] = account;
    }

    /// <summary>The holder reads it at the next sign-in, until it is acknowledged.</summary>
    public void Tell(AccountId holder, string text, DateTimeOffset now)
    {
        var account = Of(holder);
        Put(account with { Notices = [.. account.Notices.TakeLast(NoticesKept - 1), new Untold(now, text)] });
    }

    public IReadOnlyList<AccountNotice> NoticesOf(AccountId holder) => [.. Of(holder).Notices.Select(n => new AccountNotice(n.At, n.Text))];

    public void NoticesRead(AccountId holder)
    {
        if (Of(holder) is { Notices.Count: > 0 } account) Put(account with { Notices = [] });
    }

    public AccountLines List(Account by, DateTimeOffset now)
    {
        if (!RoleAccess.MayGrant(by.Role) && by.Role is not Role.PrivacyOfficer) throw new RefusedException(RefusalCodes.Role, "La liste des comptes est ouverte aux administrateurs, au référent sécurité et à la déléguée à la protection des données.");
        return List(now);
    }

    public AccountLines List(DateTimeOffset now) =>
        new([.. _accounts.Values.OrderBy(a => a.Name, StringComparer.Create(ClinicalTime.French, ignoreCase: true))
            .Select(a => new AccountLine(a.Id, a.Name, a.Title, a.Role, a.Units, a.Until, a.Frozen, a.OpenAt(now), a.Passkeys.Count(k => k.Loan is null), a.Passkeys.Any(k => k.Loan is { } loan && now < loan.Until), a.Rpps))]);

    /// <summary>Same role, same number, no new unit, no later end: nothing that two people would have to agree on.</summary>
    public static bool Narrows(Account account, ChangeAccount ask) =>
        ask.Role == account.Role && ask.Rpps == account.Rpps && ask.Units.All(account.Units.Contains) && (account.Until is not { } until || ask.Until is { } end && end <= until);

    /// <summary>Fewer units or an earlier end stops somebody's work as surely as a freeze.</summary>
    public void Narrow(Account by, ChangeAccount ask, DateTimeOffset now)
    {
        Stops(by, Of(ask.Account), now);
        Change(ask);
    }

    public Account Change(ChangeAccount ask)
    {
        var changed = Of(ask.Account) with { Title = ask.Title, Role = ask.Role, Units = [.. ask.Units.Distinct()], Until = ask.Until, Rpps = ask.Rpps };
        Put(changed);
        return changed;
    }

    /// <summary>At once, by one security officer.</summary>
    public void Freeze(Account by, FreezeAccount ask, DateTimeOffset now)
    {
        if (by.Role is not Role.SecurityOfficer) throw new RefusedException(RefusalCodes.Role, "Le gel d'un compte est un geste du référent sécurité.");
        if (ask.Reason.Trim().Length is < 5 or > 500) throw new RefusedException(RefusalCodes.Invalid, "Écrivez pourquoi ce compte est gelé (5 à 500 caractères).");
        var account = Of(ask.Account);
        if (account.Frozen) throw new RefusedException(RefusalCodes.Conflict, "Ce compte est déjà gelé.");
        Stops(by, account, now);
        Put(account with { Frozen = true });
        Tell(account.Id, $"Votre compte a été gelé par {by.Name} : {ask.Reason.Trim()}", now);
    }

    public void Close(Account by, CloseAccount ask, DateTimeOffset now)
    {
        if (!RoleAccess.MayGrant(by.Role)) throw NotGranting();
        Close($"{by.Id}", Of(ask.Account), ask.LastDay, now);
    }

    /// <summary>By the personnel department's software, for the day that somebody leaves: bounded as an officer is, and every one counts.</summary>
    public void Close(ClientId by, CloseAccount ask, DateTimeOffset now)
    {
        var account = Of(ask.Account);
        if (RoleAccess.MayGrant(account.Role)) throw new RefusedException("account.officer", "Le compte d'un responsable se ferme entre personnes, pas par une interface.");
        if (ask.LastDay > ClinicalTime.Day(now)) Stops($"{by}", account, now);
        Close($"{by}", account, ask.LastDay, now);
    }

    private void Close(string by, Account account, DateOnly lastDay, DateTimeOffset now)
    {
        var today = ClinicalTime.Day(now);
        if (lastDay < today) throw new RefusedException(RefusalCodes.Invalid, "Le dernier jour d'un compte est aujourd'hui ou plus tard.");
        if (account.Until is { } until && lastDay > until) throw new RefusedException(RefusalCodes.Invalid, "Prolonger un compte se demande à deux (modification des droits).");
        // A last day within the week stops nearly as surely as today; a rotation of interns is entered earlier, and rings when it is many.
        if (lastDay < today.AddDays(Soon)) Stops(by, account, now);
        else OthersRemain(account, now);
        // "Today" closes now: whoever left this morning does not come back this evening.
        Put(account with { Until = lastDay == today ? today.AddDays(-1) : lastDay });
    }

    /// <summary>Nobody has used it for long: it closes by itself, and two people open it again.</summary>
    public void Unused(AccountId id, int days, DateTimeOffset now)
    {
        Put(Of(id) with { Until = ClinicalTime.Day(now).AddDays(-1) });
        Tell(id, $"Votre compte a été fermé : il ne servait plus depuis {days} jours.", now);
    }

    /// <summary>The keys stop; a new one needs two people.</summary>
    public Account LostKey(Account by, AccountId holder, DateTimeOffset now)
    {
        if (by.Id != holder && !RoleAccess.MayGrant(by.Role)) throw NotGranting();
        if (by.Id != holder) Stops(by, Of(holder), now);
        var account = Of(holder) with { Passkeys = [] };
        Put(account);
        Tell(holder, by.Id == holder ? "Vous avez déclaré votre clé perdue : elle n'ouvre plus rien." : $"{by.Name} a déclaré votre clé perdue : elle n'ouvre plus rien.", now);
        return account;
    }

    /// <summary>The giver belongs to the unit by his own account, and is not the one who gains.</summary>
    /// <returns>The duties of whom it is for, those that are over apart.</returns>
    public IReadOnlyList<Duty> CheckDuty(Account by, GiveDuty ask, DateTimeOffset now)
    {
        var account = Of(ask.Account);
        if (by.Id == account.Id) throw new RefusedException("duty.self", "Une garde est donnée par un collègue du service, pas par soi-même.");
        if (!by.Units.Contains(ask.Unit) || !RoleAccess.ReadsAnything(by.Role)) throw new RefusedException("duty.unit", "Seul un collègue affecté à cette unité peut y donner une garde.");
        if (!RoleAccess.ReadsAnything(account.Role) || !account.OpenAt(now)) throw new RefusedException(RefusalCodes.Invalid, "Ce compte ne soigne pas, ou n'est pas ouvert.");
        if (ask.Until <= ask.From || ask.Until - ask.From > Sessions.SessionPolicy.Shift || ask.From > now.AddDays(60) || ask.Until <= now) throw new RefusedException(RefusalCodes.Invalid, "Une garde dure 13 heures au plus et commence dans les 60 jours.");
        if (account.Units.Contains(ask.Unit)) throw new RefusedException(RefusalCodes.Conflict, "Ce collègue est déjà affecté à cette unité.");
        var running = account.Duties.Where(d => d.Until > now).ToArray();
        if (running.Any(d => d.Unit == ask.Unit && d.From < ask.Until && ask.From < d.Until)) throw new RefusedException(RefusalCodes.Conflict, "Ce collègue a déjà une garde dans cette unité à ces heures. Retirez-la d'abord pour en changer les heures.");
        if (running.Count(d => d.From < ask.Until && ask.From < d.Until) >= 3) throw new RefusedException(RefusalCodes.Invalid, "Trois gardes simultanées au plus.");
        return running;
    }

    public Duty GiveDuty(Account by, GiveDuty ask, string unit, DateTimeOffset now)
    {
        var running = CheckDuty(by, ask, now);
        var account = Of(ask.Account);
        var duty = new Duty(ask.Unit, ask.From, ask.Until, by.Id);
        Put(account with { Duties = [.. running, duty] });
        Tell(account.Id, $"{by.Name} vous a donné une garde : {unit}, du {ClinicalTime.Local(ask.From):dd/MM HH:mm} au {ClinicalTime.Local(ask.Until):dd/MM HH:mm}.", now);
        return duty;
    }

    /// <summary>Those that run or will, which that person gave or has; the next to begin first.</summary>
    public DutyLines DutiesOf(Account by, DateTimeOffset now) =>
        new([.. _accounts.Values.SelectMany(a => a.Duties.Where(d => now < d.Until && (d.By == by.Id || a.Id == by.Id)).Select(d => new DutyLine(a.Id, d.Unit, d.From, d.Until, d.By))).OrderBy(d => d.From)]);

    /// <summary>By who gave it, alone and at once: it only narrows.</summary>
    public void EndDuty(Account by, EndDuty ask, string unit, DateTimeOffset now)
    {
        var account = Of(ask.Account);
        var ended = new Duty(ask.Unit, ask.From, ask.Until, by.Id);
        if (ask.Until <= now || !account.Duties.Contains(ended)) throw new RefusedException(RefusalCodes.NotFound, "Vous n'avez pas donné cette garde, ou elle est déjà finie.");
        Put(account with { Duties = [.. account.Duties.Where(d => d != ended)] });
        Tell(account.Id, $"{by.Name} a retiré votre garde : {unit}, du {ClinicalTime.Local(ask.From):dd/MM HH:mm} au {ClinicalTime.Local(ask.Until):dd/MM HH:mm}.", now);
    }

    /// <summary>Whoever stops others alone does not stop everybody, and leaves two who can open again.</summary>
    private void Stops(Account by, Account stopped, DateTimeOffset now) => Stops($"{by.Id}", stopped, now);

    /// <summary>One of the last hour, at start.</summary>
    public void Stopped(string by, DateTimeOffset at) => _stops.Add((by, at));

    private void Stops(string by, Account stopped, DateTimeOffset now)
    {
        _stops.RemoveAll(s => now - s.At > TimeSpan.FromHours(1));
        if (_stops.Count(s => s.By == by) >= StopsAnHour)
            throw new RefusedException("account.stop-limit", $"{StopsAnHour} comptes arrêtés en une heure : un autre responsable doit poursuivre, pour que personne n'arrête seul l'établissement.");
        OthersRemain(stopped, now);
        _stops.Add((by, now));
    }

    /// <summary>Without that account, one who proposes and one of another role who signs; whoever leaves within the month is not counted on.</summary>
    private void OthersRemain(Account stopped, DateTimeOffset now)
    {
        var remaining = Officers(now).Where(a => a.Id != stopped.Id && a.OpenAt(now.AddDays(30))).ToArray();
        if (RoleAccess.IsOfficer(stopped.Role) && stopped.OpenAt(now) && !remaining.Any(a => RoleAccess.MayGrant(a.Role) && remaining.Any(b => b.Id != a.Id && (Founding || b.Role != a.Role))))
            throw new RefusedException("account.last-officers", "Il ne resterait pas deux responsables de fonctions différentes pour rouvrir un compte. Créez-en d'abord un autre, à deux.");
    }

    private IEnumerable<Account> Officers(DateTimeOffset now) => _accounts.Values.Where(a => RoleAccess.IsOfficer(a.Role) && a.OpenAt(now) && (keyless || a.Passkeys.Count > 0));

    public static RefusedException NotGranting() => new(RefusalCodes.Role, "Seuls les administrateurs et le référent sécurité gèrent les comptes, à deux.");
}
