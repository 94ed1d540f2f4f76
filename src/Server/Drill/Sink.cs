using System.Text;
using System.Text.Json;
using Serment.Records.Entries;

namespace Serment.Server.Drill;

/// <summary>
/// All that one attacker gets: what he is answered, what he copies, what he reads from memory. Whoever's canary is in it was reached, whatever the
/// journal says. Keys that he is given are used at once on the rows, as a host's accomplice would.
/// </summary>
internal sealed class Sink(Canaries canaries, int patients, Func<EntriesDoor> rows)
{
    /// <summary>Per patient, the domains seen, as bits; the second since <see cref="Begin"/>.</summary>
    private readonly byte[] _seen = new byte[patients], _window = new byte[patients];
    private readonly Dictionary<string, int> _refusals = [];
    private readonly Lock _gate = new();

    public int Attempts { get; private set; }
    public string? LastRefusal { get; private set; }

    public int Reached => Count(_seen, ~0);
    /// <summary>Of whom a care or administrative record was read, not only a name.</summary>
    public int Files => Count(_seen, ~Bit(Domain.Identity));
    public int WindowFiles => Count(_window, ~Bit(Domain.Identity));
    public int WindowNames => Count(_window, Bit(Domain.Identity));
    public IReadOnlyList<string> Domains => [.. Enum.GetValues<Domain>().Where(d => Count(_seen, Bit(d)) > 0).Select(d => d.ToString().ToLowerInvariant())];

    /// <summary>The refusals that stopped him, the most frequent first.</summary>
    public string StoppedBy { get { lock (_gate) return string.Join(", ", _refusals.OrderByDescending(r => r.Value).Take(6).Select(r => r.Key)); } }

    /// <summary>Patients of whom any of those domains was seen.</summary>
    public IEnumerable<int> Who(Func<Domain, bool> domains) => Enumerable.Range(0, _seen.Length).Where(p => Enum.GetValues<Domain>().Any(d => domains(d) && (_seen[p] & Bit(d)) != 0));

    /// <summary>Of whom, since <see cref="Begin"/>, a record was read; or a name.</summary>
    public IEnumerable<int> WindowWho(bool files) => Enumerable.Range(0, _window.Length).Where(p => (_window[p] & (files ? ~Bit(Domain.Identity) : Bit(Domain.Identity))) != 0);

    /// <summary>What was read since <see cref="Begin"/>, pair by pair.</summary>
    public IEnumerable<(int Patient, Domain Domain)> Window() => Enumerable.Range(0, _window.Length).Where(p => _window[p] != 0).SelectMany(p => Enum.GetValues<Domain>().Where(d => (_window[p] & Bit(d)) != 0).Select(d => (p, d)));

    public bool Has(int patient, Domain domain) => (_seen[patient] & Bit(domain)) != 0;

    public void Begin() { lock (_gate) Array.Clear(_window); }

    public void Take(ReadOnlySpan<char> text) => canaries.In(text, Found);

    public void Take(ReadOnlySpan<byte> bytes) => canaries.In(bytes, Found);

    /// <summary>Every byte of a file or a whole directory; what another process holds locked is what a thief reads too.</summary>
    public void TakeFiles(string path)
    {
        foreach (var file in Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }) : [path])
            try
            {
                if (File.ResolveLinkTarget(file, false) is not null) continue;
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                TakeStream(stream, stream.Length);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException) { /* A socket, or gone meanwhile. */ }
    }

    /// <summary>In overlapping pieces, so that no canary falls between two.</summary>
    public void TakeStream(Stream stream, long length)
    {
        const int piece = 4 << 20, overlap = 256;
        var buffer = new byte[piece + overlap];
        var kept = 0;
        while (length > 0)
        {
            var read = stream.Read(buffer, kept, (int)Math.Min(piece, length));
            if (read <= 0) return;
            length -= read;
            Take((ReadOnlySpan<byte>)buffer.AsSpan(0, kept + read));
            var tail = Math.Min(overlap, kept + read);
            buffer.AsSpan(kept + read - tail, tail).CopyTo(buffer);
            kept = tail;
        }
    }

    public void Refused(string code) { lock (_gate) _refusals[LastRefusal = code] = _refusals.GetValueOrDefault(code) + 1; }

    /// <summary>One attempt: what comes back is looted, a refusal is counted.</summary>
    /// <returns>The JSON of the answer, or null when refused.</returns>
    public async Task<string?> TryAsync(Func<Task<ReadOnlyMemory<byte>>> attempt)
    {
        lock (_gate) Attempts++;
        string answer;
        try { answer = Encoding.UTF8.GetString((await attempt().ConfigureAwait(false)).Span); }
        catch (RefusedException no) { Refused(no.Refusal.Code); return null; }
        Take(answer);
        if (answer.StartsWith("{\"expiresAt\":", StringComparison.Ordinal) && answer.Contains("\"patients\":[", StringComparison.Ordinal)) await UnsealAsync(LeaseIn(answer)).ConfigureAwait(false);
        return answer;
    }

    /// <summary>What a person or a mandate's machine was lent: keys are keys.</summary>
    private static Lease LeaseIn(string answer) => answer.Contains("\"waiting\":", StringComparison.Ordinal) && JsonSerializer.Deserialize<MandateLease>(answer, WireJson.Options) is { } given
        ? new Lease(given.ExpiresAt, [.. given.Patients.Select(one => new ReleasedPatient(one.Patient, one.Aliases, one.Keys, null))], null)
        : JsonSerializer.Deserialize<Lease>(answer, WireJson.Options)!;

    private async Task UnsealAsync(Lease lease)
    {
        foreach (var refused in lease.Patients) if (refused.Refusal is { } no) Refused(no.Code);
        using var keys = Signing.PatientFiles.KeysOf(lease);
        foreach (var patient in keys.Patients)
            foreach (var entry in await rows().ReadAsync(keys, patient, Enum.GetValues<Domain>()).ConfigureAwait(false))
                if (!entry.Altered) Take(entry.Content.Body.ToString());
    }

    private void Found(int patient, Domain domain)
    {
        if (patient < 0 || patient >= _seen.Length) return;
        lock (_gate) { _seen[patient] |= (byte)Bit(domain); _window[patient] |= (byte)Bit(domain); }
    }

    private int Count(byte[] seen, int bits) { lock (_gate) return seen.Count(s => (s & bits) != 0); }

    private static int Bit(Domain domain) => 1 << (int)domain;
}
