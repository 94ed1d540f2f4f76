using System.Security.Cryptography;
using System.Text.Json;

namespace Serment.Custodian.Standby;

/// <summary>
/// What this directory durably knows of the configuration that it belongs to (standby.json). Numbers only grow: each change – a follower
/// is in step, a leader goes on alone, a follower leads – has the next one.
/// </summary>
/// <param name="Holder">This directory's own id: who asks for a number.</param>
/// <param name="Number">0: never had another Custodian beside it, or not yet as much as the leader.</param>
/// <param name="Leads">False: follows.</param>
/// <param name="Alone">A leader that the database allowed to go on without its follower.</param>
internal sealed record Mark(string Holder, long Number, bool Leads, bool Alone)
{
    private const string Name = "standby.json";

    public static Mark Read(string directory, bool follows)
    {
        var path = Path.Combine(directory, Name);
        if (File.Exists(path))
            try { return JsonSerializer.Deserialize<Mark>(File.ReadAllBytes(path), WireJson.Options)!; }
            catch (JsonException) { throw new RefusedException("standby.mark", $"{Name} est illisible. Le gardien ne démarre pas : docs/runbooks/standby.md."); }
        return new Mark(NewHolder(), 0, !follows, !follows);
    }

    public static string NewHolder() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>Durable when it returns.</summary>
    public void Write(string directory)
    {
        var path = Path.Combine(directory, Name);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, WireJson.Options));
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
    }
}
