using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Accounts;
using Serment.Custodian.State;

namespace Serment.Custodian.Sessions;

/// <summary>
/// Sessions: how they start (PIN, tap, demonstration), what keeps them alive, what locks and ends them.
/// Not thread-safe: under the cell's lock.
/// </summary>
/// <param name="tell">Kind and subject of what watchers must know at once: "session-locked", "session-ended".</param>
internal sealed class SessionDesk(string cell, bool demonstration, RelyingParty place, AccountBook accounts, AccountDesk desk, Invitations invitations, StationBook stations, Action<string, string, byte[]> persist, Action<string, string, string> tell, Func<Policies.LockPolicy> locks)
{
    private const long CounterStep = 4096;
    private sealed class Live(Session session)
    {
        public Session Session = session;
        public readonly ECDsa Key = SigningKey.Import(session.PublicKey, "Clé de session");
        public readonly CounterWindow Counters = new(session.CounterFloor);
        public DateTimeOffset LastUsed = session.TouchedAt;
    }

    private readonly Dictionary<SessionId, Live> _sessions = [];
    private readonly Nonces _nonces = new();

    /// <summary>A tap is a session: there are as many rows as were open at once, not as there ever were.</summary>
    private readonly ReusedRows _rows = new();

    public void Load(string row, byte[] json, DateTimeOffset now)
    {
        var session = JsonSerializer.Deserialize<Session>(json, WireJson.Options)!;
        var over = session.Ended || now >= session.EndsAt;
        _rows.Found(row, session.Id.ToString()!, over);
        if (!over) _sessions[session.Id] = new Live(session) { LastUsed = now };
    }

    public Ceremony Begin(BeginCeremony ask, DateTimeOffset now)
    {
        if (ask.Purpose is not ("shift" or "tap" or "touch" or "pin" or "enrol")) throw new RefusedException(RefusalCodes.Invalid, "Opération inconnue.");
        var invited = ask is { Purpose: "enrol", Invitation: { } code } ? invitations.Open(code, now) : null;
        var own = ask.Session is { } id && _sessions.TryGetValue(id, out var live) ? accounts.Of(live.Session.Account).Passkeys.Select(p => p.CredentialId).ToArray() : [];
        var name = invited?.Borrower is { } borrower ? accounts.Of(borrower).Name : invited?.Account?.Name;
        return new Ceremony(_nonces.Issue(ask.Purpose, ask.Session, now), place.Id, own, invited is null ? null : Id.Bytes(invited.Id), name, OnPageOnly(invited) ? place.Page : null);
    }

    public Account Enrol(EnrolPasskey ask, DateTimeOffset now)
    {
        _nonces.Use(ask.Nonce, "enrol", now);
        var invitation = invitations.Open(ask.Invitation, now);
        var (passkey, origin) = WebAuthn.Register(place, WebAuthn.Challenge(cell, "enrol", ask.Nonce, ask.SessionKey), ask.ClientDataJson, ask.AttestationObject, now);
        if (OnPageOnly(invitation) && origin != place.Page) throw new RefusedException("enrol.page", $"La clé d'un responsable s'enrôle sur la page du gardien : {place.Page}");
        if (accounts.ByCredential(passkey.CredentialId) is not null) throw new RefusedException("passkey.taken", "Cette clé est déjà enrôlée.");
        var account = desk.Enrol(invitation, passkey, now);
        // A replaced key takes its sessions with it.
        EndWhere(s => s.Account == account.Id && account.Passkeys.All(k => !k.CredentialId.AsSpan().SequenceEqual(s.Credential)), "La clé de ce compte a été remplacée.");
        return account;
    }

    /// <summary>With PIN or finger, anywhere; on a station it takes the place of whoever was there.</summary>
    public (Session Session, Account Account) Complete(Assertion assertion, DateTimeOffset now)
    {
        _nonces.Use(assertion.Nonce, "shift", now);
        var (account, passkey, origin) = Checked(assertion, "shift", verified: true, now);
        var station = assertion.Station is { } proof ? stations.Verify(proof, "shift", assertion.Nonce, assertion.SessionKey) : null;
        return (Start(new Session
        {
            Id = Id.New<SessionId>(),
            Account = account.Id,
            PublicKey = assertion.SessionKey,
            Started = now,
            TouchedAt = now,
            PinAt = now,
            EndsAt = Earlier(now + SessionPolicy.Shift, passkey.Loan?.Until),
            Origin = origin,
            Credential = passkey.CredentialId,
            Station = station?.Id,
            OnlyUnit = passkey.Loan?.Unit,
        }), account);
    }

    /// <summary>One touch, no PIN: on a station of one's own unit, within 4 hours of a PIN given with the same key in a session not signed out.</summary>
    public (Session Session, Account Account) Tap(Assertion assertion, DateTimeOffset now)
    {
        _nonces.Use(assertion.Nonce, "tap", now);
        var proof = assertion.Station ?? throw new RefusedException(RefusalCodes.Pin, "Ce poste n'est pas enrôlé : identifiez-vous avec votre code PIN.");
        var station = stations.Verify(proof, "tap", assertion.Nonce, assertion.SessionKey);
        var (account, passkey, origin) = Checked(assertion, "tap", verified: false, now);
        var shift = _sessions.Values.Select(l => l.Session).Where(s => !s.Ended && now < s.EndsAt && s.Account == account.Id && s.Credential.AsSpan().SequenceEqual(passkey.CredentialId)).MaxBy(s => s.PinAt);
        if (shift is null) throw new RefusedException(RefusalCodes.Pin, "Début de poste : votre code PIN est demandé.");
        if (!account.UnitsAt(now, passkey.Loan?.Unit).Contains(station.Unit)) throw new RefusedException(RefusalCodes.Pin, "Ce poste est celui d'une autre unité : votre code PIN est demandé.");
        if (now - shift.PinAt > SessionPolicy.Tap) throw new RefusedException(RefusalCodes.Pin, "Votre dernier code PIN a plus de 4 heures : il est demandé de nouveau.");
        return (Start(shift with { Id = Id.New<SessionId>(), PublicKey = assertion.SessionKey, TouchedAt = now, Origin = origin, Station = station.Id, Locked = false, CounterFloor = 0 }), account);
    }

    public (Session Session, Account Account) Demonstrate(DemonstrationSignIn ask, bool onPage, DateTimeOffset now)
    {
        if (!demonstration) throw new RefusedException("signin.demonstration", "La clé de démonstration n'existe que dans les établissements créés pour la démonstration.");
        var account = accounts.Of(ask.Account);
        if (!account.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé.");
        var origin = onPage ? place.Page : place.Origins.FirstOrDefault() ?? "";
        return (Start(new Session { Id = Id.New<SessionId>(), Account = account.Id, PublicKey = ask.SessionKey, Started = now, TouchedAt = now, PinAt = now, EndsAt = now + SessionPolicy.Shift, Origin = origin, Demonstration = true }), account);
    }

    /// <summary>Presence, or with <see cref="Wire.Touch.Pin"/> verification; unlocks a session that is not older than 4 hours from its PIN.</summary>
    public void Touch(SessionId id, Touch ask, DateTimeOffset now)
    {
        var live = Alive(id);
        if (LockedAt(live, now) && !ask.Pin && now - live.Session.PinAt > SessionPolicy.Tap) throw new RefusedException(RefusalCodes.Pin, "Votre dernier code PIN a plus de 4 heures : il est demandé de nouveau.");
        if (!live.Session.Demonstration)
        {
            var purpose = ask.Pin ? "pin" : "touch";
            var assertion = ask.Assertion ?? throw new RefusedException(ask.Pin ? RefusalCodes.Pin : RefusalCodes.Touch, ask.Pin ? "Donnez votre code PIN." : "Touchez votre clé de sécurité.");
            if (_nonces.Use(assertion.Nonce, purpose, now).Session != id) throw new RefusedException("passkey.session", "Réponse à la demande d'une autre session.");
            if (!assertion.SessionKey.AsSpan().SequenceEqual(live.Session.PublicKey)) throw new RefusedException("passkey.session", "Réponse pour une autre session.");
            var (account, _, origin) = Checked(assertion, purpose, ask.Pin, now);
            if (account.Id != live.Session.Account) throw new RefusedException("passkey.foreign", "Cette clé est celle de quelqu'un d'autre.");
            if (origin != live.Session.Origin) throw new RefusedException("passkey.origin", "Réponse donnée sur un autre site que celui de la session.");
        }
        Keep(live.Session with { TouchedAt = now, PinAt = ask.Pin ? now : live.Session.PinAt, Locked = false });
        live.LastUsed = now;
        TakeStation(live.Session);
    }

    /// <summary>The key that must have signed what this session asks.</summary>
    public ECDsa KeyOf(SessionId id) => Alive(id).Key;

    /// <summary>Once the signature holds: place in the counter window, life of the session. The bytes are believed only after this.</summary>
    public (Session Session, Account Account) Accept(SignedRequest request, DateTimeOffset now)
    {
        if (request.Session is not { } id) throw new RefusedException(RefusalCodes.NoSession, "Votre session est terminée. Identifiez-vous de nouveau.");
        var live = Alive(id);
        Deadline(request, now);
        if (!live.Counters.Take(request.Counter)) throw new RefusedException(RefusalCodes.Replayed, "Demande déjà reçue.");
        if (request.Counter > live.Session.CounterFloor - CounterStep / 2) Keep(live.Session with { CounterFloor = request.Counter + CounterStep });
        var account = accounts.Of(live.Session.Account);
        if (!account.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé. Le référent sécurité peut vous dire pourquoi.");
        if (now >= live.Session.EndsAt) { End(id); throw new RefusedException(RefusalCodes.NoSession, "Fin de poste (13 h au plus). Identifiez-vous de nouveau."); }
        if (LockedAt(live, now) && request.Verb != SessionVerbs.Touch.Name && request.Verb != SessionVerbs.End.Name)
        {
            if (!live.Session.Locked) Lock(id);
            throw new RefusedException(RefusalCodes.Locked, "Poste verrouillé : touchez votre clé pour reprendre où vous en étiez.");
        }
        // A locked session that is about to be touched stays as idle as it was until the touch holds.
        if (!LockedAt(live, now)) live.LastUsed = now;
        return (live.Session, account);
    }

    public static void Deadline(SignedRequest request, DateTimeOffset now)
    {
        var left = request.Expires - now.ToUnixTimeMilliseconds();
        if (left is < 0 or > 65_000) throw new RefusedException(RefusalCodes.Expired, "Demande périmée, ou horloge de ce poste déréglée de plus d'une minute.");
    }

    public Session Of(SessionId id) => Alive(id).Session;

    public SessionList Of(AccountId account, SessionId current, DateTimeOffset now) => new([.. _sessions.Values.Where(l => l.Session.Account == account && !l.Session.Ended && now < l.Session.EndsAt)
        .Select(l => new SessionLine(l.Session.Id, l.Session.Started, l.LastUsed, l.Session.Station, LockedAt(l, now), l.Session.Id == current))]);

    public SignedIn SignedIn(Session session, DateTimeOffset now) => new(session.Id, accounts.Of(session.Account).MeAt(now, session.OnlyUnit), session.EndsAt,
        Earlier(session.PinAt + SessionPolicy.Tap, session.EndsAt), (int)Idle(session).TotalSeconds, session.Station, accounts.NoticesOf(session.Account));

    public bool Owns(AccountId account, SessionId id) => _sessions.TryGetValue(id, out var live) && live.Session.Account == account;

    public void Lock(SessionId id)
    {
        if (!_sessions.TryGetValue(id, out var live) || live.Session.Ended || live.Session.Locked) return;
        Keep(live.Session with { Locked = true });
        tell("session-locked", id.ToString()!, "Poste verrouillé.");
    }

    public void End(SessionId id, string why = "Session terminée.")
    {
        if (!_sessions.TryGetValue(id, out var live) || live.Session.Ended) return;
        Keep(live.Session with { Ended = true });
        tell("session-ended", id.ToString()!, why);
    }

    /// <summary>A frozen account, a lost key, a revoked station: at once.</summary>
    public void EndWhere(Func<Session, bool> which, string why)
    {
        foreach (var id in _sessions.Values.Where(l => !l.Session.Ended && which(l.Session)).Select(l => l.Session.Id).ToArray()) End(id, why);
    }

    /// <summary>Every few seconds: locks what was left alone, ends shifts, loans and accounts whose day has come.</summary>
    public void Sweep(DateTimeOffset now)
    {
        foreach (var live in _sessions.Values.ToArray())
            if (live.Session.Ended)
            {
                _sessions.Remove(live.Session.Id);
                _rows.Over(live.Session.Id.ToString()!);
            }
            else if (now >= live.Session.EndsAt) End(live.Session.Id, "Fin de poste.");
            else if (!accounts.Of(live.Session.Account).OpenAt(now)) End(live.Session.Id, "Compte fermé ou gelé.");
            else if (!live.Session.Locked && LockedAt(live, now)) Lock(live.Session.Id);
    }

    /// <summary>It may have ended between the check of the signature and the act.</summary>
    private Live Alive(SessionId id) => _sessions.TryGetValue(id, out var live) && !live.Session.Ended ? live : throw new RefusedException(RefusalCodes.NoSession, "Votre session est terminée. Identifiez-vous de nouveau.");

    private (Account Account, Passkey Passkey, string Origin) Checked(Assertion assertion, string purpose, bool verified, DateTimeOffset now)
    {
        var (account, passkey) = accounts.ByCredential(assertion.CredentialId) ?? throw new RefusedException("passkey.unknown", "Clé inconnue de cet établissement.");
        var (used, origin) = WebAuthn.Assert(place, passkey, WebAuthn.Challenge(cell, purpose, assertion.Nonce, assertion.SessionKey), verified, assertion);
        if (used.Counter != passkey.Counter) accounts.Put(account = account with { Passkeys = [.. account.Passkeys.Select(p => p == passkey ? used : p)] });
        if (!account.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé.");
        if (passkey.Loan is { } loan && now >= loan.Until) throw new RefusedException("passkey.loan-over", "Le prêt de cette clé est terminé.");
        return (account, used, origin);
    }

    private Session Start(Session session)
    {
        _sessions[session.Id] = new Live(session);
        Keep(session with { CounterFloor = CounterStep });
        TakeStation(session);
        return session;
    }

    /// <summary>One person at a time: whoever was on the station is locked, and finds his drafts by a tap.</summary>
    private void TakeStation(Session session)
    {
        if (session.Station is not { } station) return;
        foreach (var other in _sessions.Values.Select(l => l.Session).Where(s => s.Station == station && s.Id != session.Id && !s.Ended).ToArray())
            if (other.Account == session.Account) End(other.Id, "Reprise sur le même poste.");
            else Lock(other.Id);
    }

    private bool LockedAt(Live live, DateTimeOffset now) => live.Session.Locked || now - live.LastUsed > Idle(live.Session);

    private TimeSpan Idle(Session session) => TimeSpan.FromMinutes(session.Station is null ? locks().ElsewhereMinutes : locks().StationMinutes);

    private void Keep(Session session)
    {
        persist("session", _rows.Of(session.Id.ToString()!), JsonSerializer.SerializeToUtf8Bytes(session, WireJson.Options));
        _sessions[session.Id].Session = session;
    }

    private static bool OnPageOnly(Invitation? invitation) => invitation?.Account is { } account && RoleAccess.IsOfficer(account.Role);

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset? other) => other is { } end && end < one ? end : one;
}
