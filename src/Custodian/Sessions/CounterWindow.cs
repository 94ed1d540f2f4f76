namespace Serment.Custodian.Sessions;

/// <summary>Counters may overtake each other by up to 1,024 and are taken once each.</summary>
internal sealed class CounterWindow(long floor)
{
    private const int Width = 1024;
    private readonly bool[] _taken = new bool[Width];
    private long _top = floor;
    private readonly long _floor = floor;

    public bool Take(long counter)
    {
        if (counter <= _floor || counter <= _top - Width) return false;
        if (counter > _top)
        {
            if (counter - _top >= Width) Array.Clear(_taken);
            else for (var c = _top + 1; c < counter; c++) _taken[c % Width] = false;
            _top = counter;
            _taken[counter % Width] = true;
            return true;
        }
        if (_taken[counter % Width]) return false;
        return _taken[counter % Width] = true;
    }
}
