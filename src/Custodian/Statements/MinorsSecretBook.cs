using System.Text.Json;

namespace Serment.Custodian.Statements;

/// <summary>Days of care that a minor keeps from his parents.</summary>
internal sealed record KeptSecret(string Id, PatientId Patient, DateOnly From, DateOnly? Until, DateTimeOffset At, AccountId By, bool Lifted)
{
    /// <summary>Whoever acted in these days: laboratory, pharmacy and billing say as much as the consultation.</summary>
    public bool Covers(DateTimeOffset at) => !Lifted && ClinicalTime.Day(at) is var day && day >= From && (Until is not { } until || day <= until);
}

/// <summary>What minors keep secret (CSP L1111-5, L1111-5-1, R1111-6), by patient. Under the cell's lock.</summary>
internal sealed class MinorsSecretBook(Action<string, byte[]> persist)
{
    public const string Kind = "minor-secret";
    private readonly Dictionary<PatientId, List<KeptSecret>> _secrets = [];

    public void Load(byte[] json)
    {
        var secret = JsonSerializer.Deserialize<KeptSecret>(json, WireJson.Options)!;
        if (!_secrets.TryGetValue(secret.Patient, out var list)) _secrets[secret.Patient] = list = [];
        list.Add(secret);
    }

    /// <summary>Of a person, all aliases.</summary>
    public IReadOnlyList<KeptSecret> Of(IReadOnlyList<PatientId> aliases) => [.. aliases.SelectMany(alias => _secrets.GetValueOrDefault(alias, []))];

    public void Check(KeepMinorsSecret ask, DateOnly birth, DateTimeOffset now)
    {
        var today = ClinicalTime.Day(now);
        if (birth <= today.AddYears(-18)) throw new RefusedException(RefusalCodes.Invalid, "Ce patient est majeur : ses parents n'ont plus accès à son dossier, il n'y a pas de secret à marquer.");
        if (ask.From < birth || ask.From > today || ask.Until < ask.From) throw new RefusedException(RefusalCodes.Invalid, "Jours des soins gardés secrets : le premier est passé ou d'aujourd'hui, et précède le dernier.");
    }

    public void Keep(KeepMinorsSecret ask, AccountId by, DateTimeOffset now)
    {
        var secret = new KeptSecret(Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)), ask.Patient, ask.From, ask.Until, now, by, false);
        var json = JsonSerializer.SerializeToUtf8Bytes(secret, WireJson.Options);
        persist(secret.Id, json);
        Load(json);
    }

    public KeptSecret Known(IReadOnlyList<PatientId> aliases, string id) =>
        Of(aliases).FirstOrDefault(secret => secret.Id == id && !secret.Lifted) ?? throw new RefusedException(RefusalCodes.NotFound, "Ce secret n'existe pas, ou il est déjà levé.");

    public void Lift(KeptSecret secret)
    {
        var lifted = secret with { Lifted = true };
        persist(secret.Id, JsonSerializer.SerializeToUtf8Bytes(lifted, WireJson.Options));
        var list = _secrets[secret.Patient];
        list[list.IndexOf(secret)] = lifted;
    }
}
