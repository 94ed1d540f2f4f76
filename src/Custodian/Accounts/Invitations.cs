using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serment.Custodian.Accounts;

/// <summary>What two people agreed on and the holder of its code may do once: enrol a passkey, a lent key or a station.</summary>
internal sealed record Invitation
{
    public required ApprovalId Id { get; init; }
    public ProposeAccount? Account { get; init; }
    public AccountId? Borrower { get; init; }
    public Loan? Loan { get; init; }
    public ProposeStation? Station { get; init; }
    /// <summary>By whom, for the holder: "proposée par …, approuvée par …".</summary>
    public required string Granted { get; init; }
    public IReadOnlyList<AccountId> Granters { get; init; } = [];
    public required byte[] CodeHash { get; init; }
    public required DateTimeOffset Until { get; init; }
    public bool Used { get; init; }
}

/// <summary>Codes exist only in the reply that issues them; the book keeps their hashes. Not thread-safe: under the cell's lock.</summary>
internal sealed class Invitations(Action<string, string, byte[]> persist)
{
    public static readonly TimeSpan Life = TimeSpan.FromHours(72), LoanLife = TimeSpan.FromMinutes(30);
    private readonly Dictionary<ApprovalId, Invitation> _open = [];

    public void Load(byte[] json)
    {
        var invitation = JsonSerializer.Deserialize<Invitation>(json, WireJson.Options)!;
        if (!invitation.Used) _open[invitation.Id] = invitation;
    }

    public string Issue(Func<byte[], Invitation> make)
    {
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));
        Put(make(Hash(code)));
        return code;
    }

    /// <summary>A person's code; what it is for is the caller's to check.</summary>
    public Invitation Open(string code, DateTimeOffset now) =>
        Of(code, now) ?? throw new RefusedException("enrol.invitation", "Ce code d'invitation est inconnu, déjà utilisé ou périmé. Demandez-en un nouveau.");

    public (Invitation Invitation, ProposeStation Station) OpenStation(string code, DateTimeOffset now) => Of(code, now) switch
    {
        null => throw new RefusedException("enrol.station", "Ce code de poste est inconnu, déjà utilisé ou périmé (72 h). Demandez-en un nouveau à qui l'a approuvé."),
        { Station: { } station } invitation => (invitation, station),
        _ => throw new RefusedException("enrol.station", "Ce code est celui d'une personne, pas celui d'un poste."),
    };

    /// <summary>Whoever is frozen leaves no code behind.</summary>
    public void VoidBy(AccountId granter)
    {
        foreach (var invitation in _open.Values.Where(i => i.Granters.Contains(granter)).ToArray()) Close(invitation);
    }

    public void Close(Invitation invitation)
    {
        Put(invitation with { Used = true });
        _open.Remove(invitation.Id);
    }

    private void Put(Invitation invitation)
    {
        persist("invitation", invitation.Id.ToString()!, JsonSerializer.SerializeToUtf8Bytes(invitation, WireJson.Options));
        _open[invitation.Id] = invitation;
    }

    private Invitation? Of(string code, DateTimeOffset now)
    {
        var hash = Hash(code.Trim());
        return _open.Values.FirstOrDefault(i => now < i.Until && CryptographicOperations.FixedTimeEquals(i.CodeHash, hash));
    }

    private static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
