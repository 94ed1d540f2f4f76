using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Serment.Live.Tests;

/// <summary>`./run` in a terminal, as whoever tries it ends it.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task Ctrl_C_ends_both_processes_and_starts_neither_again()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        // A request that is still on its way keeps the Server a few seconds longer than its Custodian.
        using var slow = new TcpClient("localhost", hospital.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /releve HTTP/1.1\r\nHost: localhost:{hospital.Port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na="));
        Assert.Equal(0, await hospital.InterruptAsync());
        Assert.DoesNotContain("starting it again", hospital.Said(), StringComparison.Ordinal);
        Assert.DoesNotContain("n'a pas pu", hospital.Said(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_to_stop_by_a_service_manager_it_stops_at_once_with_its_custodian()
    {
        await using var hospital = new Hospital();
        await hospital.StartAsync();
        Assert.Equal(0, await hospital.StopAsync());
        Assert.DoesNotContain("starting it again", hospital.Said(), StringComparison.Ordinal);
        // Its directory is free for the next.
        await using var next = new FileStream(Path.Combine(hospital.Directory, "custodian", "lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }
}
