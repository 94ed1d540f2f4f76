using Serment.Server.Signing;

namespace Serment.Server.Ui;

/// <summary>Labels of units, beds and staff, for one connection: the Custodian keeps them, the database knows only their ids.</summary>
public sealed class Units(BrowserSession session, Texts texts)
{
    private IReadOnlyList<UnitLabel>? _all;
    private IReadOnlyDictionary<AccountId, StaffLabel>? _staff;
    private Dictionary<UnitId, UnitLabel> _units = [];
    private Dictionary<BedId, BedLabel> _beds = [];

    public async Task<IReadOnlyList<UnitLabel>> AllAsync()
    {
        if (_all is not null) return _all;
        _all = (await session.AskAsync(CellVerbs.Units, Nothing.AtAll)).Units;
        _units = _all.ToDictionary(u => u.Unit);
        _beds = _all.SelectMany(u => u.Beds).ToDictionary(b => b.Bed);
        return _all;
    }

    public async Task<IReadOnlyDictionary<AccountId, StaffLabel>> StaffAsync() => _staff ??= (await session.AskAsync(CellVerbs.Staff, Nothing.AtAll)).Staff.ToDictionary(s => s.Account);

    public string Person(AccountId? account) => account is { } id && _staff?.GetValueOrDefault(id) is { } person ? person.Name : "—";

    /// <summary>Labels changed: the next screen asks again.</summary>
    public void Forget() => (_all, _staff) = (null, null);

    public string Name(UnitId unit) => _units.TryGetValue(unit, out var label) ? label.Name : texts["unité fermée"];

    public string Bed(BedId? bed) => bed is { } id && _beds.TryGetValue(id, out var label) ? label.Name : "—";
}
