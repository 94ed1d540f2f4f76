using Serment.Records.Administrative;
using Xunit;

namespace Serment.Fast.Tests.Administrative;

/// <summary>How to reach a patient, as it was typed.</summary>
public sealed class AdministrativeFileTests
{
    [Theory]
    [InlineData("épouse", null)]
    [InlineData(null, "06 39 98 12 34")]
    public void A_link_or_a_telephone_without_a_name_is_refused_and_says_whose_name_is_missing(string? kin, string? phone)
    {
        Assert.Contains("personne de confiance", Refused(new AdministrativeFile { TrustedPerson = Contact.Of(" ", kin, phone) }), StringComparison.Ordinal);
        Assert.Contains("personne à prévenir", Refused(new AdministrativeFile { Emergency = Contact.Of(null, kin, phone) }), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_typed_is_nobody_and_a_name_alone_is_enough()
    {
        Assert.Null(Contact.Of("", " ", null));
        Assert.Equal(new Contact("Anne Le Goff", null, null), new AdministrativeFile { TrustedPerson = Contact.Of(" Anne Le Goff ", "", " ") }.Checked().TrustedPerson);
    }

    private static string Refused(AdministrativeFile file) => Assert.Throws<RefusedException>(() => file.Checked()).Refusal.Message;
}
