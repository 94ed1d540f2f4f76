using Xunit;

namespace Serment.Live.Tests;

/// <summary>Reminders after a discharge and letters of an incident, worked off by a machine with no one present.</summary>
public sealed class MandateTests : IDisposable
{
    private readonly Establishment _house = new();

    [Fact]
    public async Task A_discharge_fills_the_queue_of_a_mandate_and_its_machine_gets_that_patient_once_with_a_trace()
    {
        await _house.OpenAsync();
        var (key, secret, machine) = _house.Machine();
        var ask = new ProposeMandate("Questionnaire de sortie", MandatePurpose.Messages, Domain.Administrative, true, key, [MandateEvent.Discharge], null, 60, DateTimeOffset.UtcNow.AddDays(30));
        var id = (await _house.Privacy.AskAsync(MandateVerbs.Propose, ask)).Approval;
        Assert.Equal(RefusalCodes.NoSession, await Staff.RefusedAsync(machine.AskAsync(MandateVerbs.Own, Nothing.AtAll)));
        Assert.Equal("approval.same-person", await Staff.RefusedAsync(_house.Privacy.AskAsync(AccountVerbs.Approve, await _house.Staff.ReadAsync(_house.Privacy, id))));
        var read = await _house.Staff.ReadAsync(_house.Ada, id);
        Assert.Equal("approval.statement", await Staff.RefusedAsync(_house.Ada.AskAsync(AccountVerbs.Approve, read with { Statement = read.Statement.Replace("60 patients", "5000 patients", StringComparison.Ordinal) })));
        await _house.Ada.AskAsync(AccountVerbs.Approve, read);
        Assert.Equal(RefusalCodes.NotFound, await Staff.RefusedAsync(_house.Ada.AskAsync(AccountVerbs.Approve, read)));

        var ((gone, stay), (stays, _)) = (await _house.AdmitAsync("Tanguy"), await _house.AdmitAsync("Corentin"));
        await _house.MoveAsync(Id.New<StayId>(), stays, "discharged");
        Assert.Empty((await machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(id, 10))).Patients);
        await _house.MoveAsync(stay, gone, "discharged");
        var lease = await machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(id, 10));
        var one = Assert.Single(lease.Patients);
        Assert.Equal((gone, Domain.Administrative, 32, "TANGUY"), (one.Patient, Assert.Single(one.Keys).Domain, one.Keys[0].Key.Length, one.Identity!.BirthName));
        var access = Assert.Single((await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(gone))).Accesses, a => a.Kind == "mandate" && a.Domains.Contains(Domain.Administrative));
        Assert.Equal(("Mandat « Questionnaire de sortie »", "Messages"), (access.Who, access.Ground));

        // Killed before the machine said that it was done: the patient still waits, and nobody else came in.
        _house.Cell.Kill();
        _house.Cell.Start();
        _house.Privacy.JumpCounter();
        machine = _house.Machine(secret).Signer;
        Assert.Equal((1, 0), (await machine.AskAsync(MandateVerbs.Own, Nothing.AtAll)) is var own ? (own.Waiting, own.Done) : default);
        await machine.AskAsync(MandateVerbs.Done, new DoneInQueue(id, [gone]));
        Assert.Equal((0, 1), (await machine.AskAsync(MandateVerbs.Own, Nothing.AtAll)) is var then ? (then.Waiting, then.Done) : default);

        await _house.Privacy.AskAsync(MandateVerbs.Freeze, new FreezeMandate(id, "Clé vue ailleurs"));
        Assert.Equal(RefusalCodes.Frozen, await Staff.RefusedAsync(machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(id, 10))));
        Assert.True(Assert.Single((await _house.Privacy.AskAsync(MandateVerbs.List, Nothing.AtAll)).Mandates).Frozen);
    }

    [Fact]
    public async Task Letters_go_to_the_signed_list_and_to_nobody_else_and_the_officer_can_look_at_it()
    {
        await _house.OpenAsync();
        var concerned = new List<PatientId> { (await _house.AdmitAsync("Tanguy")).Patient, (await _house.AdmitAsync("Corentin")).Patient, (await _house.AdmitAsync("Maelle")).Patient };
        var (other, otherStay) = await _house.AdmitAsync("Loanne");
        var (key, _, machine) = _house.Machine();
        var ask = new ProposeMandate("Lettres de l'incident 7", MandatePurpose.IncidentLetters, Domain.Administrative, true, key, [], new PatientSelection(concerned), 2, DateTimeOffset.UtcNow.AddDays(3));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Clerk.AskAsync(MandateVerbs.Propose, ask)));
        var id = (await _house.Privacy.AskAsync(MandateVerbs.Propose, ask)).Approval;
        var waiting = Assert.Single((await _house.Ada.AskAsync(AccountVerbs.Waiting, Nothing.AtAll)).Waiting);
        var list = await _house.Ada.AskAsync(ApprovalVerbs.Patients, new ListOfApproval(id, 0));
        Assert.Equal((3, 3, 1), (waiting.Patients, list.Count, list.Pages));
        Assert.Equal(3, list.Ipps.Distinct().Count());
        Assert.Contains(list.Digest[..16], waiting.Statement, StringComparison.Ordinal);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(_house.Clerk.AskAsync(ApprovalVerbs.Patients, new ListOfApproval(id, 0))));
        await _house.Ada.AskAsync(AccountVerbs.Approve, new Approve(id, waiting.Statement));
        await _house.MoveAsync(otherStay, other, "discharged");

        // Two an hour: the third has to wait, however often he is asked for.
        var sent = new List<PatientId>();
        var waited = new List<TimeSpan>();
        var worker = new MandateWorker(machine, (time, _) => { waited.Add(time); return waited.Count < 3 ? Task.CompletedTask : throw new OperationCanceledException(); });
        await Assert.ThrowsAsync<OperationCanceledException>(() => worker.RunAsync((lease, _) =>
        {
            sent.AddRange(lease.Patients.Select(p => p.Patient));
            return Task.FromResult<IReadOnlyList<PatientId>>([.. lease.Patients.Select(p => p.Patient)]);
        }));
        Assert.Equal(2, sent.Distinct().Count());
        Assert.True(sent.All(concerned.Contains));
        Assert.All(waited, time => Assert.InRange(time.TotalSeconds, 1, 600));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(machine.AskAsync(ReleaseVerbs.EncryptOnly, new EncryptOnly([new FilePart(other, Domain.Clinical)]))));
        Assert.Equal("mandate.unknown", await Staff.RefusedAsync(machine.AskAsync(MandateVerbs.Release, new TakeFromQueue(Id.New<ApprovalId>(), 1))));
    }

    public void Dispose() => _house.Dispose();
}
