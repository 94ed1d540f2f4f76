using System.Text;
using System.Text.Json;
using Serment.Records.Entries;

namespace Serment.Server.Drill;

/// <summary>A patient who exists in no other place: wherever his name or his text is seen, it came from his file.</summary>
internal sealed record Canary(PatientId Patient, IdentityTraits Traits, string Text);

/// <summary>All that one attacker was answered, and which canaries sing in it. Keys that he is given are used at once on the rows, as a host's accomplice would.</summary>
internal sealed class Loot(IReadOnlyList<Canary> canaries, EntriesDoor rows)
{
    private readonly HashSet<PatientId> _reached = [];
    private readonly Dictionary<string, int> _refusals = [];

    public int Reached => _reached.Count;
    public int Attempts { get; private set; }

    /// <summary>The refusals that stopped him, the most frequent first.</summary>
    public string StoppedBy => string.Join(", ", _refusals.OrderByDescending(r => r.Value).Take(6).Select(r => r.Key));

    public void Take(string text)
    {
        foreach (var canary in canaries)
            if (!_reached.Contains(canary.Patient) && (text.Contains(canary.Traits.BirthName, StringComparison.OrdinalIgnoreCase) || text.Contains(canary.Text, StringComparison.Ordinal)))
                _reached.Add(canary.Patient);
    }

    public string? LastRefusal { get; private set; }

    public void Refused(string code) => _refusals[LastRefusal = code] = _refusals.GetValueOrDefault(code) + 1;

    /// <summary>One attempt: what comes back is looted, a refusal is counted.</summary>
    /// <returns>The JSON of the answer, or null when refused.</returns>
    public async Task<string?> TryAsync(Func<Task<ReadOnlyMemory<byte>>> attempt)
    {
        Attempts++;
        string answer;
        try { answer = Encoding.UTF8.GetString((await attempt().ConfigureAwait(false)).Span); }
        catch (RefusedException no) { Refused(no.Refusal.Code); return null; }
        Take(answer);
        if (answer.Contains("\"keys\":[{", StringComparison.Ordinal)) await UnsealAsync(JsonSerializer.Deserialize<Lease>(answer, WireJson.Options)!).ConfigureAwait(false);
        return answer;
    }

    private async Task UnsealAsync(Lease lease)
    {
        using var keys = Signing.PatientFiles.KeysOf(lease);
        foreach (var patient in keys.Patients)
            foreach (var entry in await rows.ReadAsync(keys, patient, Enum.GetValues<Domain>()).ConfigureAwait(false))
                Take(entry.Content.Body.ToString());
    }
}
