using System.Security.Cryptography;
using System.Text;

namespace Serment.Server.Demonstration;

/// <summary>Choices that are the same every time for the same name: demonstration data only, never for anything secret.</summary>
internal sealed class SeededChoice(string name)
{
    private byte[] _block = [];
    private int _at;
    private int _count;

    public int Below(int limit)
    {
        if (_at + 4 > _block.Length) (_block, _at) = (SHA256.HashData(Encoding.UTF8.GetBytes($"serment demonstration|{name}|{_count++}")), 0);
        _at += 4;
        return (int)(BitConverter.ToUInt32(_block, _at - 4) % (uint)limit);
    }

    public int Between(int low, int high) => low + Below(high - low + 1);

    public T Of<T>(IReadOnlyList<T> list) => list[Below(list.Count)];

    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>Around a middle, seldom far from it.</summary>
    public decimal Around(decimal middle, decimal spread) => middle + spread * (Below(1000) + Below(1000) + Below(1000) - 1500) / 1500m;

    public static UInt128 IdOf(string what) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("serment demonstration|" + what)));
}
