using System.Text.Json;

namespace Serment.Custodian.Watch;

/// <summary>What is stopped as a whole: work with no one present, and units. Not thread-safe: under the cell's lock.</summary>
internal sealed class Stops(Action<byte[]> persist)
{
    private sealed record Kept(bool Bulk, IReadOnlyList<UnitId> Units);

    private Kept _kept = new(false, []);

    public void Load(byte[] json) => _kept = JsonSerializer.Deserialize<Kept>(json, WireJson.Options)!;

    public bool BulkStopped => _kept.Bulk;

    public IReadOnlyList<UnitId> FrozenUnits => _kept.Units;

    public void Bulk(bool stopped) => Keep(_kept with { Bulk = stopped });

    public void Unit(UnitId unit, bool frozen) => Keep(_kept with { Units = frozen ? [.. _kept.Units.Append(unit).Distinct()] : [.. _kept.Units.Where(other => other != unit)] });

    /// <summary>Units whose relations still open.</summary>
    public IReadOnlyList<UnitId> Open(IReadOnlyList<UnitId> units) => _kept.Units.Count == 0 ? units : [.. units.Where(unit => !_kept.Units.Contains(unit))];

    private void Keep(Kept kept)
    {
        persist(JsonSerializer.SerializeToUtf8Bytes(kept, WireJson.Options));
        _kept = kept;
    }
}
