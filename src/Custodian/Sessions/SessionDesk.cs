using System.Security.Cryptography;
using System.Text.Json;
using Serment.Custodian.Accounts;

namespace Serment.Custodian.Sessions;

/// <summary>One person in one browser. The key is the browser's; the Custodian has its public half.</summary>
internal sealed record Session
{
    public required SessionId Id { get; init; }
    public required AccountId Account { get; init; }
    public required byte[] PublicKey { get; init; }
    public required DateTimeOffset Started { get; init; }
    public required DateTimeOffset TouchedAt { get; init; }
    public required DateTimeOffset PinAt { get; init; }
    public StationId? Station { get; init; }
    /// <summary>Entered with the demonstration key: a click stands for a touch.</summary>
    public bool Demonstration { get; init; }
    public bool Ended { get; init; }
    /// <summary>Counters up to here may have been used before a restart; none of them is taken again.</summary>
    public long CounterFloor { get; init; }
}

/// <summary>Sessions, ceremonies and their nonces. Not thread-safe: under the cell's lock.</summary>
internal sealed class SessionDesk(string cell, bool demonstration, RelyingParty place, AccountBook accounts, Action<string, string, byte[]> persist)
{
    private static readonly TimeSpan NonceLife = TimeSpan.FromMinutes(2), ShiftLife = TimeSpan.FromHours(13), Idle = TimeSpan.FromMinutes(15);
    private const long CounterStep = 4096;
    private sealed record Nonce(string Purpose, SessionId? Session, DateTimeOffset At);
    private sealed class Live(Session session)
    {
        public Session Session = session;
        public readonly ECDsa Key = Import(session.PublicKey);
        public readonly CounterWindow Counters = new(session.CounterFloor);
        public DateTimeOffset LastUsed = session.TouchedAt;
    }

    private readonly Dictionary<SessionId, Live> _sessions = [];
    private readonly Dictionary<string, Nonce> _nonces = [];

    public void Load(byte[] json, DateTimeOffset now)
    {
        var session = JsonSerializer.Deserialize<Session>(json, WireJson.Options)!;
        if (!session.Ended && now - session.Started < ShiftLife) _sessions[session.Id] = new Live(session) { LastUsed = now };
    }

    public Ceremony Begin(BeginCeremony ask, DateTimeOffset now)
    {
        if (ask.Purpose is not ("shift" or "touch" or "pin" or "enrol")) throw new RefusedException(RefusalCodes.Invalid, "Opération inconnue.");
        foreach (var (old, issued) in _nonces.ToArray()) if (now - issued.At > NonceLife) _nonces.Remove(old);
        if (_nonces.Count > 10_000) throw new RefusedException(RefusalCodes.Away, "Trop de connexions en cours ; réessayez dans une minute.");
        var nonce = RandomNumberGenerator.GetBytes(32);
        _nonces[Convert.ToHexString(nonce)] = new Nonce(ask.Purpose, ask.Session, now);
        var invited = ask is { Purpose: "enrol", Invitation: { } code } ? accounts.Open(code, now) : null;
        var own = ask.Session is { } id && _sessions.TryGetValue(id, out var live) ? accounts.Of(live.Session.Account).Passkeys.Select(p => p.CredentialId).ToArray() : [];
        return new Ceremony(nonce, place.Id, own, invited is null ? null : Id.Bytes(invited.Id), invited?.Proposal.Name);
    }

    public Account Enrol(EnrolPasskey ask, DateTimeOffset now)
    {
        Use(ask.Nonce, "enrol", now);
        var invitation = accounts.Open(ask.Invitation, now);
        var passkey = WebAuthn.Register(place, WebAuthn.Challenge(cell, "enrol", ask.Nonce, ask.SessionKey), ask.ClientDataJson, ask.AttestationObject, now);
        if (accounts.ByCredential(passkey.CredentialId) is not null) throw new RefusedException("passkey.taken", "Cette clé est déjà enrôlée.");
        return accounts.Enrol(invitation, passkey);
    }

    public (Session Session, Account Account) Complete(Assertion assertion, DateTimeOffset now)
    {
        Use(assertion.Nonce, "shift", now);
        var account = Checked(assertion, "shift", verified: true, now);
        return (Start(account, assertion.SessionKey, demonstrated: false, now), account);
    }

    public (Session Session, Account Account) Demonstrate(DemonstrationSignIn ask, DateTimeOffset now)
    {
        if (!demonstration) throw new RefusedException("signin.demonstration", "La clé de démonstration n'existe que dans les établissements créés pour la démonstration.");
        var account = accounts.Of(ask.Account);
        if (!account.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé.");
        return (Start(account, ask.SessionKey, demonstrated: true, now), account);
    }

    public void Touch(SessionId id, Touch ask, DateTimeOffset now)
    {
        var live = _sessions[id];
        if (!live.Session.Demonstration)
        {
            var purpose = ask.Pin ? "pin" : "touch";
            var assertion = ask.Assertion ?? throw new RefusedException(RefusalCodes.Touch, "Touchez votre clé de sécurité.");
            if (Use(assertion.Nonce, purpose, now).Session != id) throw new RefusedException("passkey.challenge", "Réponse à une autre demande.");
            if (!assertion.SessionKey.AsSpan().SequenceEqual(live.Session.PublicKey)) throw new RefusedException("passkey.challenge", "Réponse pour une autre session.");
            if (Checked(assertion, purpose, ask.Pin, now).Id != live.Session.Account) throw new RefusedException("passkey.foreign", "Cette clé est celle de quelqu'un d'autre.");
        }
        Keep(live.Session with { TouchedAt = now, PinAt = ask.Pin ? now : live.Session.PinAt });
    }

    /// <summary>Signature, place in the counter window, life of the session. The bytes are believed only after this.</summary>
    public (Session Session, Account Account) Verify(SignedRequest request, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, DateTimeOffset now)
    {
        if (request.Session is not { } id || !_sessions.TryGetValue(id, out var live) || live.Session.Ended)
            throw new RefusedException(RefusalCodes.NoSession, "Votre session est terminée. Identifiez-vous de nouveau.");
        if (signature.Length != 64 || !live.Key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
            throw new RefusedException(RefusalCodes.Signature, "Signature de session refusée.");
        Deadline(request, now);
        if (!live.Counters.Take(request.Counter)) throw new RefusedException(RefusalCodes.Replayed, "Demande déjà reçue.");
        if (request.Counter > live.Session.CounterFloor - CounterStep / 2) Keep(live.Session with { CounterFloor = request.Counter + CounterStep });
        var account = accounts.Of(live.Session.Account);
        if (!account.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé. Le référent sécurité peut vous dire pourquoi.");
        if (now - live.Session.Started > ShiftLife) { End(id); throw new RefusedException(RefusalCodes.NoSession, "Fin de poste (13 h). Identifiez-vous de nouveau."); }
        if (now - live.LastUsed > Idle && request.Verb != SessionVerbs.Touch.Name && request.Verb != SessionVerbs.End.Name)
            throw new RefusedException(RefusalCodes.Locked, "Poste verrouillé après 15 minutes sans activité : touchez votre clé.");
        live.LastUsed = now;
        return (live.Session, account);
    }

    public static void Deadline(SignedRequest request, DateTimeOffset now)
    {
        var left = request.Expires - now.ToUnixTimeMilliseconds();
        if (left is < 0 or > 65_000) throw new RefusedException(RefusalCodes.Expired, "Demande périmée, ou horloge de ce poste déréglée de plus d'une minute.");
    }

    public SessionList Of(AccountId account, SessionId current) => new([.. _sessions.Values.Where(l => l.Session.Account == account && !l.Session.Ended)
        .Select(l => new SessionLine(l.Session.Id, l.Session.Started, l.LastUsed, l.Session.Station, false, l.Session.Id == current))]);

    public bool Owns(AccountId account, SessionId id) => _sessions.TryGetValue(id, out var live) && live.Session.Account == account;

    public void End(SessionId id)
    {
        if (_sessions.TryGetValue(id, out var live)) Keep(live.Session with { Ended = true });
    }

    public DateTimeOffset EndsAt(Session session) => session.Started + ShiftLife;

    private Account Checked(Assertion assertion, string purpose, bool verified, DateTimeOffset now)
    {
        var account = accounts.ByCredential(assertion.CredentialId) ?? throw new RefusedException("passkey.unknown", "Clé inconnue de cet établissement.");
        if (!account.OpenAt(now)) throw new RefusedException(RefusalCodes.Frozen, "Ce compte est fermé ou gelé.");
        var passkey = account.Passkeys.First(p => p.CredentialId.AsSpan().SequenceEqual(assertion.CredentialId));
        var used = WebAuthn.Assert(place, passkey, WebAuthn.Challenge(cell, purpose, assertion.Nonce, assertion.SessionKey), verified, assertion);
        if (used.Counter != passkey.Counter) accounts.Put(account with { Passkeys = [.. account.Passkeys.Select(p => p == passkey ? used : p)] });
        return account;
    }

    private Session Start(Account account, byte[] sessionKey, bool demonstrated, DateTimeOffset now)
    {
        var session = new Session { Id = Id.New<SessionId>(), Account = account.Id, PublicKey = sessionKey, Started = now, TouchedAt = now, PinAt = now, Demonstration = demonstrated, CounterFloor = 0 };
        _sessions[session.Id] = new Live(session);
        Keep(session with { CounterFloor = CounterStep });
        return session;
    }

    private Nonce Use(byte[] nonce, string purpose, DateTimeOffset now)
    {
        if (!_nonces.Remove(Convert.ToHexString(nonce), out var issued) || issued.Purpose != purpose || now - issued.At > NonceLife)
            throw new RefusedException("passkey.nonce", "Cette demande a déjà servi ou a plus de deux minutes. Recommencez.");
        return issued;
    }

    private void Keep(Session session)
    {
        persist("session", session.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(session, WireJson.Options));
        _sessions[session.Id].Session = session;
    }

    private static ECDsa Import(byte[] publicKey)
    {
        var key = ECDsa.Create();
        try { key.ImportSubjectPublicKeyInfo(publicKey, out _); }
        catch (CryptographicException) { throw new RefusedException(RefusalCodes.Malformed, "Clé de session illisible."); }
        if (key.ExportParameters(false).Curve.Oid.Value != "1.2.840.10045.3.1.7") throw new RefusedException(RefusalCodes.Malformed, "Clé de session : P-256 attendue.");
        return key;
    }
}

/// <summary>Counters may overtake each other by up to 1,024 and are taken once each.</summary>
internal sealed class CounterWindow(long floor)
{
    private const int Width = 1024;
    private readonly bool[] _taken = new bool[Width];
    private long _top = floor;
    private readonly long _floor = floor;

    public bool Take(long counter)
    {
        if (counter <= _floor || counter <= _top - Width) return false;
        if (counter > _top)
        {
            if (counter - _top >= Width) Array.Clear(_taken);
            else for (var c = _top + 1; c < counter; c++) _taken[c % Width] = false;
            _top = counter;
            _taken[counter % Width] = true;
            return true;
        }
        if (_taken[counter % Width]) return false;
        return _taken[counter % Width] = true;
    }
}
