namespace Serment.Custodian.State;

/// <summary>
/// Names of rows for objects that come and go by the thousand a day: the row of one that is over is written again for another, so that what is read at start is
/// as long as what lives. Not thread-safe: under the cell's lock.
/// </summary>
internal sealed class ReusedRows
{
    private readonly Dictionary<string, string> _rowOf = [];
    private readonly Stack<string> _free = [];
    private readonly HashSet<string> _named = [];

    /// <summary>At start: a row, and whose object it holds.</summary>
    /// <param name="over">Nobody asks for that object any more.</param>
    public void Found(string row, string id, bool over)
    {
        _named.Add(row);
        if (over) _free.Push(row);
        else _rowOf[id] = row;
    }

    /// <summary>Where an object is written: always the same row while it lives.</summary>
    public string Of(string id)
    {
        if (_rowOf.TryGetValue(id, out var row)) return row;
        if (!_free.TryPop(out row))
            for (var (n, name) = (1, id); row is null; name = $"{id}#{++n}") if (_named.Add(name)) row = name;
        return _rowOf[id] = row;
    }

    public void Over(string id) { if (_rowOf.Remove(id, out var row)) _free.Push(row); }
}
