using System.Text.Json.Serialization;

namespace Serment.Kernel;

/// <summary>What fell into other hands. It decides which accesses are counted.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IncidentNature>))]
public enum IncidentNature
{
    /// <summary>Someone acted in the name of a member of staff.</summary>
    Account = 1,
    /// <summary>One session in one browser.</summary>
    Session,
    /// <summary>An enrolled workstation, whoever was on it.</summary>
    Station,
    /// <summary>The key of an interface, or of a mandate's machine.</summary>
    Interface,
    /// <summary>Code of a stranger ran where screens are made: whatever anyone opened meanwhile.</summary>
    Server,
    /// <summary>A disk, a database or a backup: ciphertext whose keys were not there.</summary>
    Storage,
}
