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

    public static byte[] Hex(this JsonElement of, string name) => Convert.FromHexString(of.Text(name));
}
