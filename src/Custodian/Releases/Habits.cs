using Serment.Custodian.Policies;

namespace Serment.Custodian.Releases;

/// <summary>
/// At which hours and on which stations each account has worked in the last 28 days. Rebuilt from the journal at start.
/// Judges nobody of whom it knows too few days. Not thread-safe: under the desk's lock.
/// </summary>
internal sealed class Habits
{
    private const int Days = 28;

    private sealed class Known
    {
        /// <summary>A bit an hour of the day, in Paris.</summary>
        public readonly Dictionary<DateOnly, uint> Hours = [];
        /// <summary>The default id: a browser on no enrolled station.</summary>
        public readonly Dictionary<StationId, DateOnly> Devices = [];
        public DateTimeOffset Last;
        public StationId? On;
    }

    private readonly Dictionary<AccountId, Known> _accounts = [];

    /// <summary>The account did something.</summary>
    public void Seen(AccountId account, StationId? station, DateTimeOffset now)
    {
        if (!_accounts.TryGetValue(account, out var known)) _accounts[account] = known = new Known();
        var again = station == known.On && now.UtcTicks / TimeSpan.TicksPerHour == known.Last.UtcTicks / TimeSpan.TicksPerHour;
        if (now > known.Last) (known.Last, known.On) = (now, station);
        if (again) return;
        var (day, bit) = (ClinicalTime.Day(now), Bit(now));
        known.Hours[day] = known.Hours.GetValueOrDefault(day) | bit;
        known.Devices[station ?? default] = day;
        if (known.Hours.Count > Days + 1) foreach (var old in known.Hours.Keys.Where(old => old < day.AddDays(-Days)).ToArray()) known.Hours.Remove(old);
    }

    public DateTimeOffset? LastSeen(AccountId account) => _accounts.TryGetValue(account, out var known) ? known.Last : null;

    /// <summary>Never within an hour of this one on a day before today.</summary>
    public bool UnusualHour(AccountId account, RulePolicy rules, DateTimeOffset now)
    {
        if (Past(account, rules, now) is not { } past) return false;
        var bit = Bit(now);
        var near = bit | (bit << 1) | (bit >> 1) | (bit == 1 ? 1u << 23 : 0) | (bit == 1u << 23 ? 1u : 0);
        return past.All(hours => (hours & near) == 0);
    }

    /// <summary>Never on this station, or never away from the enrolled ones.</summary>
    public bool UnusualDevice(AccountId account, StationId? station, RulePolicy rules, DateTimeOffset now) =>
        Past(account, rules, now) is not null && !(_accounts[account].Devices.TryGetValue(station ?? default, out var last) && last >= ClinicalTime.Day(now).AddDays(-Days));

    private uint[]? Past(AccountId account, RulePolicy rules, DateTimeOffset now)
    {
        if (!_accounts.TryGetValue(account, out var known)) return null;
        var today = ClinicalTime.Day(now);
        var past = known.Hours.Where(day => day.Key < today && day.Key >= today.AddDays(-Days)).Select(day => day.Value).ToArray();
        return past.Length < rules.HabitDays ? null : past;
    }

    private static uint Bit(DateTimeOffset now) => 1u << ClinicalTime.Local(now).Hour;
}
