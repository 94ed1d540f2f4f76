using System.Security.Cryptography;

namespace Serment.Custodian.Keys;

/// <summary>
/// The one key itself, for what wraps it anew: cell.json and escrow. It exists in a ceremony's process, for as long as that runs; a
/// Custodian keeps only what derives from it (<see cref="KeyTree"/>).
/// </summary>
/// <param name="bytes">Wiped with this.</param>
internal sealed class EstablishmentKey(byte[] bytes, string cell) : IDisposable
{
    public KeyTree Tree { get; } = new([.. bytes], cell);

    /// <summary>For a cell that disposes of its tree.</summary>
    public KeyTree AnotherTree() => new([.. bytes], cell);

    /// <summary>The 32 bytes, borrowed for the call.</summary>
    public T Wrapped<T>(Func<byte[], T> wrap) => wrap(bytes);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(bytes);
        Tree.Dispose();
    }
}
