using System.Text.Json;

namespace Serment.Fast.Tests.Keys;

/// <summary>docs/formats/vectors: made by an implementation in another language, read by tests on both sides of each format.</summary>
internal static class Vectors
{
    public static JsonElement Read(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Walls.Wall.Root, "docs", "formats", "vectors", name)));
        return document.RootElement.Clone();
    }

    public static string Text(this JsonElement of, string name) => of.GetProperty(name).GetString()!;

    /// <summary>Absent: 1, as in what was published before there was another.</summary>
    public static int KeyVersion(this JsonElement of) => of.TryGetProperty("keyVersion", out var version) ? version.GetInt32() : 1;

    public static byte[] Hex(this JsonElement of, string name) => Convert.FromHexString(of.Text(name));
}
