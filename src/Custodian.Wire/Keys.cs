namespace Serment.Custodian.Wire;

/// <summary>Asks to hand the establishment key out in five parts, three of which recover it. Approved by a second officer on the Custodian's page.</summary>
/// <param name="Holders">The five people who will each hold one part, by name: they are read out in the statement.</param>
public sealed record ProposeEscrow(IReadOnlyList<string> Holders);

/// <summary>Asks for the next version of the patients' keys. Approved by an officer of another role on the Custodian's page. docs/decisions/0031.</summary>
/// <param name="Reason">Read by who approves; 5 to 500 characters.</param>
public sealed record ProposeKeyVersion(string Reason);

/// <summary>
/// A ceremony at the Custodian's machine speaks. Its authentication code is made by a key derived from the establishment key: who
/// holds that key is believed, whatever process he is. docs/formats/escrow.md.
/// </summary>
/// <param name="Act">"escrow-begin" asks who the holders are; "escrow", "drill", "recover", "rotate" say what was done.</param>
/// <param name="Escrow">The ceremony's number; empty for "escrow-begin" and "rotate".</param>
/// <param name="Parts">Numbers of the parts that were brought together, "1,3,5"; empty where none was.</param>
/// <param name="Nonce">16 random bytes, never taken twice.</param>
public sealed record KeyWord(string Act, string Escrow, string Parts, DateTimeOffset At, byte[] Nonce, byte[] Code);

/// <param name="Holders">For "escrow-begin": the five people whom two officers named.</param>
public sealed record KeyWordTaken(IReadOnlyList<string> Holders);

/// <summary>What was done with the establishment key at its machine, the latest first.</summary>
/// <param name="Approved">The five holders of a ceremony that two officers agreed on and that was not held yet.</param>
/// <param name="Version">Of the patients' keys, in force.</param>
/// <param name="VersionSince">Null: since the cell was founded.</param>
public sealed record KeyCare(IReadOnlyList<KeyAct> Held, IReadOnlyList<string> Approved, DateTimeOffset? ApprovedUntil, int Version = 1, DateTimeOffset? VersionSince = null);

public sealed record KeyAct(DateTimeOffset At, string Act, string Text);

/// <summary>How many rows of the records name a version of the patients' keys.</summary>
public sealed record KeyVersionRows(int Version, int Rows)
{
    /// <summary>A lease grows with each: one a year for longer than files are kept, and some for bad days. docs/decisions/0031.</summary>
    public const int Most = 32;

    public static bool CanBe(int version) => version is >= 1 and <= Most;
}

public static class KeyVerbs
{
    public static readonly Verb<ProposeEscrow, Proposed> ProposeEscrow = new("key.propose-escrow");
    public static readonly Verb<ProposeKeyVersion, Proposed> ProposeVersion = new("key.propose-version");
    public static readonly Verb<KeyWord, KeyWordTaken> Word = new("key.word");
    public static readonly Verb<Nothing, KeyCare> Care = new("key.care");
}
