namespace Serment.Custodian.Sessions;

/// <summary>How long what lasts, where nobody changes it. DESIGN: sessions. When a session locks is in the policy of the establishment.</summary>
internal static class SessionPolicy
{
    /// <summary>A session, a duty and a lent key end with the shift.</summary>
    public static readonly TimeSpan Shift = TimeSpan.FromHours(13);
    /// <summary>After a PIN, one tap changes users on the stations of one's own units for so long.</summary>
    public static readonly TimeSpan Tap = TimeSpan.FromHours(4);
    public static readonly TimeSpan Nonce = TimeSpan.FromMinutes(2);
    /// <summary>A touch or a PIN that counts as given for the act at hand.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(2);
}
