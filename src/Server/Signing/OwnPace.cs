using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;

namespace Serment.Server.Signing;

/// <summary>
/// How fast files leave by this Server, whatever the Custodian allows: whoever is root over the Custodian alone opens no more of them an hour
/// than the house ever needs. Nobody is refused, care least of all; whoever comes beyond it waits his turn. docs/decisions/0038.
/// </summary>
/// <param name="anHour">Different patients, all people together; as many may come at once.</param>
public sealed class OwnPace(int anHour) : IDisposable
{
    public const int Usual = 1_000;
    private const int Fewest = 60;

    private readonly ConcurrentDictionary<PatientId, DateOnly> _today = [];
    private DateOnly _day;
    private readonly TokenBucketRateLimiter _turns = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = anHour,
        TokensPerPeriod = Math.Max(1, anHour / 3600),
        ReplenishmentPeriod = TimeSpan.FromHours(1) * Math.Max(1, anHour / 3600) / anHour,
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>As SERMENT_FILES_AN_HOUR says: a large house sets more.</summary>
    /// <exception cref="RefusedException">No number, or fewer than a ward needs.</exception>
    public static OwnPace Configured(string? setting) =>
        string.IsNullOrEmpty(setting) ? new OwnPace(Usual)
        : int.TryParse(setting, NumberStyles.None, CultureInfo.InvariantCulture, out var anHour) && anHour >= Fewest ? new OwnPace(anHour)
        : throw new RefusedException("server.pace", $"SERMENT_FILES_AN_HOUR : un nombre de dossiers par heure, {Fewest} au moins.");

    /// <summary>Returns when these patients' files may open here; at once for whoever was opened today.</summary>
    public async Task PassAsync(IEnumerable<PatientId> patients, DateTimeOffset now)
    {
        if (ClinicalTime.Day(now) is var today && _day != today) { _today.Clear(); _day = today; }
        foreach (var patient in patients)
            if (_today.TryAdd(patient, today))
            {
                using var turn = await _turns.AcquireAsync().ConfigureAwait(false);
            }
    }

    public void Dispose() => _turns.Dispose();
}
