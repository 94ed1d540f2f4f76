using System.Security.Cryptography;

namespace Serment.Custodian.Sessions;

/// <summary>What a nonce was given for.</summary>
internal sealed record Nonce(string Purpose, SessionId? Session, DateTimeOffset At);

/// <summary>Nonces of ceremonies: one use, two minutes, one purpose. In memory only: a restart asks again. Not thread-safe: under the cell's lock.</summary>
internal sealed class Nonces
{
    private const int Most = 10_000;
    private readonly Dictionary<string, Nonce> _issued = [];

    public byte[] Issue(string purpose, SessionId? session, DateTimeOffset now)
    {
        if (_issued.Count >= Most)
            foreach (var (old, issued) in _issued.ToArray()) if (now - issued.At > SessionPolicy.Nonce) _issued.Remove(old);
        if (_issued.Count >= Most) throw new RefusedException(RefusalCodes.Away, "Trop de connexions en cours ; réessayez dans une minute.");
        var nonce = RandomNumberGenerator.GetBytes(32);
        _issued[Convert.ToHexString(nonce)] = new Nonce(purpose, session, now);
        return nonce;
    }

    public Nonce Use(byte[] nonce, string purpose, DateTimeOffset now)
    {
        if (!_issued.Remove(Convert.ToHexString(nonce), out var issued)) throw new RefusedException("passkey.nonce", "Cette demande a déjà servi, ou le gardien a redémarré. Recommencez.");
        if (issued.Purpose != purpose) throw new RefusedException("passkey.purpose", "Cette demande était faite pour une autre opération. Recommencez.");
        if (now - issued.At > SessionPolicy.Nonce) throw new RefusedException("passkey.expired", "Cette demande a plus de deux minutes. Recommencez.");
        return issued;
    }
}
