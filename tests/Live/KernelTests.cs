using Xunit;

namespace Serment.Live.Tests;

public sealed class KernelTests
{
    [Fact]
    public void Two_identifiers_are_never_the_same() => Assert.NotEqual(Id.New<PatientId>(), Id.New<PatientId>());
}
