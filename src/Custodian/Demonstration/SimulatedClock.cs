using System.Buffers.Binary;

namespace Serment.Custodian.Demonstration;

/// <summary>The clock of a cell of invented patients: the machine's, moved forward and never back, restarts included. Timers keep the machine's pace.</summary>
internal sealed class SimulatedClock(TimeProvider machine, Action<byte[]> persist) : TimeProvider
{
    private static readonly TimeSpan Most = TimeSpan.FromDays(366);
    private long _ahead;

    public TimeSpan Ahead => new(Interlocked.Read(ref _ahead));

    public void Load(byte[] kept) => _ahead = BinaryPrimitives.ReadInt64BigEndian(kept);

    /// <summary>Not thread-safe: under the cell's lock. Kept before it holds.</summary>
    public void Advance(TimeSpan by)
    {
        if (by <= TimeSpan.Zero || by > Most) throw new RefusedException(RefusalCodes.Invalid, "L'horloge avance, d'un an au plus à la fois ; elle ne recule jamais.");
        var kept = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(kept, _ahead + by.Ticks);
        persist(kept);
        Interlocked.Add(ref _ahead, by.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + Ahead;
    public override long GetTimestamp() => machine.GetTimestamp();
    public override long TimestampFrequency => machine.TimestampFrequency;
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => machine.CreateTimer(callback, state, dueTime, period);
}
