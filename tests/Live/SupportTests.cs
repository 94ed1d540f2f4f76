using Xunit;

namespace Serment.Live.Tests;

/// <summary>A8 through the socket of a production cell: a support account with and without a ticket.</summary>
public sealed class SupportTests : IDisposable
{
    private readonly Establishment _house = new();

    [Fact]
    public async Task Support_reads_nobody_without_a_ticket_and_the_named_patients_with_one()
    {
        await _house.OpenAsync();
        var (named, _) = await _house.AdmitAsync("Tanguy");
        var (other, _) = await _house.AdmitAsync("Corentin");
        var code = (await _house.Staff.AgreeAsync(_house.Ada.AskAsync(AccountVerbs.Propose, new ProposeAccount("Léa Éditeur", "Assistance", Role.Support, [], null)), _house.Privacy))!;
        var key = await _house.Staff.EnrolAsync(code);
        var support = await _house.Staff.EnterAsync(key);
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(support.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([named], [Domain.Results], "care"))));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(support.AskAsync(ReleaseVerbs.BreakGlass, new BreakGlass(named, "Incident technique en cours"))));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(support.AskAsync(IdentityVerbs.Find, new FindIdentities("tanguy"))));
        Assert.Equal("ticket.none", await Staff.RefusedAsync(support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(Id.New<ApprovalId>(), named, [Domain.Results]))));
        Assert.Empty((await support.AskAsync(SupportVerbs.List, Nothing.AtAll)).Tickets);

        var id = (await _house.Privacy.AskAsync(SupportVerbs.Propose, new ProposeTicket(support.Me.Account, "2026-118", "Résultats affichés en double", [Domain.Results], new PatientSelection([named]), 4))).Approval;
        Assert.Equal("ticket.none", await Staff.RefusedAsync(support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(id, named, [Domain.Results]))));
        var read = await _house.Staff.ReadAsync(_house.Ada, id);
        Assert.Equal("approval.statement", await Staff.RefusedAsync(_house.Ada.AskAsync(AccountVerbs.Approve, read with { Statement = read.Statement.Replace("résultats", "dossier clinique", StringComparison.Ordinal) })));
        await _house.Ada.AskAsync(AccountVerbs.Approve, read);

        var ticket = Assert.Single((await support.AskAsync(SupportVerbs.List, Nothing.AtAll)).Tickets);
        Assert.Equal((id, named), (ticket.Ticket, Assert.Single(ticket.Patients).Patient));
        var lease = await support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(id, named, [Domain.Results]));
        Assert.Equal((Domain.Results, 32), (Assert.Single(lease.Patients[0].Keys).Domain, lease.Patients[0].Keys[0].Key.Length));
        Assert.Equal("ticket.patient", await Staff.RefusedAsync(support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(id, other, [Domain.Results]))));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(id, named, [Domain.Results, Domain.Clinical]))));
        Assert.Equal(RefusalCodes.Role, await Staff.RefusedAsync(support.AskAsync(ReleaseVerbs.Release, new ReleaseKeys([named], [Domain.Results], "care", Write: true))));
        var access = Assert.Single((await _house.Privacy.AskAsync(ReleaseVerbs.Accesses, new AccessesOf(named))).Accesses, a => a.Kind == "support");
        Assert.Equal(("Léa Éditeur", "2026-118"), (access.Who, access.Ground));

        // Walking on through others rings.
        for (var i = 0; i < 40; i++) Assert.Equal("ticket.patient", await Staff.RefusedAsync(support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(id, other, [Domain.Results]))));
        var security = await _house.HireAsync(new ProposeAccount("Rémi Sabatier", "Référent sécurité", Role.SecurityOfficer, [], null));
        Assert.Contains((await security.AskAsync(AlarmVerbs.Recent, Nothing.AtAll)).Alarms, a => a.Kind == "refused" && a.Account == support.Me.Account);

        // Ended by one officer, across a restart.
        await _house.Privacy.AskAsync(SupportVerbs.End, new EndTicket(id));
        _house.Cell.Kill();
        _house.Cell.Start();
        support.JumpCounter();
        Assert.Equal("ticket.ended", await Staff.RefusedAsync(support.AskAsync(SupportVerbs.Release, new ReleaseOfTicket(id, named, [Domain.Results]))));
    }

    public void Dispose() => _house.Dispose();
}
