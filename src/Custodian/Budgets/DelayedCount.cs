using System.Text.Json;

namespace Serment.Custodian.Budgets;

/// <summary>
/// Beds, or people, as the day's ceiling counts them. One administrator describes beds, one interface brings people; so that neither lifts the ceiling by it,
/// what was added counts a delay after the last addition (24 h; policy), when the alarm that beds rang has been seen. The first
/// day of a cell counts at once. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class DelayedCount(Action<byte[]> persist)
{
    /// <param name="Count">How many before the additions that do not count yet.</param>
    private sealed record Mark(int Count, DateTimeOffset At);

    private Mark? _mark;

    public void Load(byte[] json) => _mark = JsonSerializer.Deserialize<Mark>(json, WireJson.Options);

    /// <summary>Some were added to those that there were; additions within a minute are one.</summary>
    public void Raised(int before, DateTimeOffset now, TimeSpan delay)
    {
        if (_mark is { } fresh && fresh.Count <= before && now - fresh.At is { Ticks: >= 0, TotalMinutes: < 1 }) return;
        var (count, at) = _mark is { } mark && now - mark.At < delay ? (mark.Count, mark.Count == 0 ? mark.At : now) : (before, now);
        _mark = new Mark(count, at);
        persist(JsonSerializer.SerializeToUtf8Bytes(_mark, WireJson.Options));
    }

    /// <summary>Whether the first of all came within the delay: an establishment that is being moved in.</summary>
    public bool FirstDay(DateTimeOffset now, TimeSpan delay) => _mark is { Count: 0 } first && now - first.At < delay;

    public int Counted(int beds, DateTimeOffset now, TimeSpan delay) => _mark is { Count: > 0 } mark && now - mark.At < delay ? Math.Min(beds, mark.Count) : beds;
}
