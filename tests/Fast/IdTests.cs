using Xunit;

namespace Serment.Fast.Tests;

public sealed class IdTests
{
    [Fact]
    public void An_identifier_reads_back_as_it_was_written()
    {
        var id = Id.New<PatientId>();
        Assert.Equal(id, Id.Parse<PatientId>(id.ToString()));
    }
}
