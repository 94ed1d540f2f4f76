using Serment.Custodian.Accounts;
using Serment.Server.Ui;
using Xunit;

namespace Serment.Fast.Tests.Walls;

/// <summary>What the screens offer each role is what the Custodian's table says, no more and no less.</summary>
public sealed class RoleScreensTests
{
    public static TheoryData<Role> Roles => [.. Enum.GetValues<Role>()];

    [Theory]
    [MemberData(nameof(Roles))]
    public void The_screens_of_a_role_offer_what_the_custodian_opens(Role role)
    {
        Assert.Equal(Enum.GetValues<Domain>().Where(domain => domain is not Domain.Sensitive && RoleAccess.MayRead(role, domain)), RoleScreens.Reads(role));
        Assert.Equal(RoleAccess.MayRead(role, Domain.Sensitive), RoleScreens.OpensProtected(role));
        Assert.Equal(RoleAccess.MayWrite(role, Domain.Sensitive), RoleScreens.WritesProtected(role));
        Assert.Equal(RoleAccess.MayWrite(role, Domain.Administrative), RoleScreens.WritesAdministrative(role));
        Assert.Equal(RoleAccess.MayWrite(role, Domain.Clinical), RoleScreens.WritesClinical(role));
        Assert.Equal(RoleAccess.MayBreakGlass(role), RoleScreens.BreaksGlass(role));
        Assert.Equal(RoleAccess.MayAdmit(role), RoleScreens.Admits(role));
        Assert.Equal(RoleAccess.MaySearch(role), RoleScreens.Searches(role));
        Assert.Equal(RoleAccess.IsDesk(role), RoleScreens.IsDesk(role));
        Assert.Equal(RoleAccess.IsOfficer(role), RoleScreens.IsOfficer(role));
        Assert.Equal(RoleAccess.MayGrant(role), RoleScreens.GrantsAccounts(role));
        Assert.Equal(RoleAccess.MayOpenStatement(role), RoleScreens.OpensStatements(role));
        Assert.Equal(RoleAccess.MayKeepMinorsSecret(role), RoleScreens.KeepsMinorsSecrets(role));
        Assert.Equal(RoleAccess.MayNameInStatement(role), RoleScreens.NamesInStatements(role));
    }
}
