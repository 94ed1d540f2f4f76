using System.Text.Json.Serialization;

namespace Serment.Custodian.Wire;

/// <summary>What work with no one present is for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MandatePurpose>))]
public enum MandatePurpose { Reminders = 1, Messages, Billing, IncidentLetters = 5 }

/// <summary>A fact made by a person or an interface that puts its patient into a mandate's queue.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MandateEvent>))]
public enum MandateEvent
{
    /// <summary>A stay that was known as present is announced as discharged.</summary>
    Discharge = 1,
    Admission,
    ExpectedArrival,
    Appointment,
    BillingQueue,
}

/// <summary>Which patients, fixed when it is proposed: exactly one of the four is given.</summary>
/// <param name="Ipps">Nine digits each.</param>
/// <param name="Everyone">Every identity of the establishment at that moment.</param>
/// <param name="Incident">Everyone whom that incident concerns, as it is counted at that moment.</param>
public sealed record PatientSelection(IReadOnlyList<PatientId>? Patients = null, IReadOnlyList<string>? Ipps = null, bool Everyone = false, IncidentId? Incident = null);

/// <summary>Asks for a mandate. docs/formats/mandate.md.</summary>
/// <param name="Domain">The one kind of data that it opens.</param>
/// <param name="Names">Also the identity line of each patient: letters need an addressee.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo, P-256, of the machine that works: a client of this mandate and of nothing else.</param>
/// <param name="Events">What fills the queue; empty when <paramref name="Patients"/> is the queue.</param>
/// <param name="Patients">A queue that two officers sign, and that nothing fills later; 30 days at most.</param>
/// <param name="PatientsPerHour">1 to 5,000.</param>
/// <param name="Until">A year ahead at most.</param>
public sealed record ProposeMandate(string Name, MandatePurpose Purpose, Domain Domain, bool Names, byte[] PublicKey, IReadOnlyList<MandateEvent> Events, PatientSelection? Patients, int PatientsPerHour, DateTimeOffset Until);

/// <summary>For the mandate's machine: the next patients of the queue, 100 at most.</summary>
public sealed record TakeFromQueue(ApprovalId Mandate, int AtMost);

/// <summary>Keys of patients that are in the queue now. They stay in it until they are said to be done, and come again after the lease.</summary>
/// <param name="Waiting">How many wait behind these.</param>
/// <param name="MoreAt">When the rate lets more come; null when it does now.</param>
public sealed record MandateLease(DateTimeOffset ExpiresAt, IReadOnlyList<MandatedPatient> Patients, int Waiting, DateTimeOffset? MoreAt);

/// <param name="Identity">When the mandate says so.</param>
public sealed record MandatedPatient(PatientId Patient, IReadOnlyList<PatientId> Aliases, IReadOnlyList<ReleasedKey> Keys, IdentityLine? Identity);

/// <summary>These patients' work is done: they leave the queue.</summary>
public sealed record DoneInQueue(ApprovalId Mandate, IReadOnlyList<PatientId> Patients);

/// <summary>At once and for good, by one officer; another mandate takes two.</summary>
public sealed record FreezeMandate(ApprovalId Mandate, string Reason);

/// <param name="Count">How many patients the signed list has; 0 when events fill the queue.</param>
public sealed record MandateLine(ApprovalId Mandate, string Name, MandatePurpose Purpose, Domain Domain, bool Names, ClientId Client, IReadOnlyList<MandateEvent> Events, int Count, int PatientsPerHour, DateTimeOffset From, DateTimeOffset Until, bool Frozen, int Waiting, int Done);

public sealed record MandateLines(IReadOnlyList<MandateLine> Mandates);

public static class MandateVerbs
{
    public static readonly Verb<ProposeMandate, Proposed> Propose = new("mandate.propose");
    public static readonly Verb<Nothing, MandateLines> List = new("mandate.list");
    public static readonly Verb<FreezeMandate, Done> Freeze = new("mandate.freeze");
    /// <summary>Of the asking machine.</summary>
    public static readonly Verb<Nothing, MandateLine> Own = new("mandate.own");
    public static readonly Verb<TakeFromQueue, MandateLease> Release = new("mandate.release");
    public static readonly Verb<DoneInQueue, Done> Done = new("mandate.done");
}

/// <summary>
/// The machine's side of a mandate, for whoever sends letters, reminders or bills: takes patients as the rate allows,
/// hands each over with its keys, and says which are done. A run that is cut goes on where it was.
/// </summary>
public sealed class MandateWorker(Signer signer, Func<TimeSpan, CancellationToken, Task> wait)
{
    /// <summary>Works until the queue is empty.</summary>
    /// <param name="work">Receives a lease of at most <paramref name="atOnce"/> patients, and returns those that are done and durable.</param>
    /// <returns>How many patients are done.</returns>
    /// <exception cref="RefusedException">The mandate is frozen, expired, or the day's ceiling is reached.</exception>
    public async Task<int> RunAsync(Func<MandateLease, CancellationToken, Task<IReadOnlyList<PatientId>>> work, int atOnce = 100, CancellationToken cancel = default)
    {
        var mandate = (await signer.AskAsync(MandateVerbs.Own, Nothing.AtAll, cancel).ConfigureAwait(false)).Mandate;
        for (var total = 0; ;)
        {
            var lease = await signer.AskAsync(MandateVerbs.Release, new TakeFromQueue(mandate, atOnce), cancel).ConfigureAwait(false);
            if (lease.Patients.Count > 0)
            {
                var done = await work(lease, cancel).ConfigureAwait(false);
                if (done.Count > 0) await signer.AskAsync(MandateVerbs.Done, new DoneInQueue(mandate, done), cancel).ConfigureAwait(false);
                total += done.Count;
            }
            else if (lease.MoreAt is not { } more) return total;
            else await wait(TimeSpan.FromSeconds(Math.Clamp((more - DateTimeOffset.UtcNow).TotalSeconds, 1, 600)), cancel).ConfigureAwait(false);
        }
    }
}
