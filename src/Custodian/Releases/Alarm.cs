using Serment.Custodian.Journal;

namespace Serment.Custodian.Releases;

/// <summary>Something that a security officer should look at now.</summary>
/// <param name="Kind">One of <see cref="AlarmKinds"/>.</param>
/// <param name="Text">French; names no patient.</param>
/// <param name="Client">The interface, when no person is behind it.</param>
internal sealed record Alarm(string Kind, AccountId? Account, PatientId? Patient, string Text, ClientId? Client = null)
{
    public JournalEntry Entry(DateTimeOffset now, SessionId? session = null, StationId? station = null) => new()
    {
        Time = now,
        Kind = "alarm",
        Account = Account,
        Client = Client,
        Session = session,
        Station = station,
        Patient = Patient,
        Purpose = Kind,
        Detail = Text,
    };
}

/// <summary>What rings. Each kind has a test that rings it and ordinary work that does not (tests/Fast/Releases).</summary>
internal static class AlarmKinds
{
    public const string Honey = "honey", Ceiling = "ceiling", Strangers = "strangers", Pursuit = "pursuit", Speed = "speed", Copy = "copy", SecondPerson = "second-person", Volume = "volume", Names = "names", Beds = "beds";
    public const string Searches = "searches", Walk = "walk", Hour = "hour", Device = "device", Refused = "refused", Namesake = "namesake", Unused = "unused", Closed = "closed-account", Departures = "departures", Standby = "standby";
}
