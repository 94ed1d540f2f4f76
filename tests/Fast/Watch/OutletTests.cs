using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Serment.Custodian.Journal;
using Serment.Custodian.Watch;
using Xunit;

namespace Serment.Fast.Tests.Watch;

public sealed class OutletTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 25, 20, 51, 3, 250, TimeSpan.Zero);

    /// <summary>RFC 5424 § 6: priority, version, time, host, application, process, message id, structured data, text after a byte order mark.</summary>
    [Fact]
    public void A_syslog_line_is_that_of_the_format_page()
    {
        var account = AccountId.From(0x1234);
        var alarm = AlarmMessage.Of("cell1", "Clinique", new NumberedEntry(77, new JournalEntry { Time = At, Kind = "alarm", Account = account, Patient = PatientId.From(99), Purpose = "honey", Detail = "Un dossier témoin a été ouvert." }));
        Assert.Equal($"<81>1 2026-11-25T20:51:03.250Z gardien serment 4242 honey [serment@32473 cell=\"cell1\" index=\"77\" kind=\"honey\" account=\"{account}\"] \uFEFFUn dossier témoin a été ouvert.", SyslogOutlet.Line(alarm, "gardien", 4242));
    }

    [Fact]
    public void No_way_out_tells_of_a_patient_nor_the_words_under_a_broken_glass()
    {
        var patient = PatientId.From(99);
        var alarm = AlarmMessage.Of("cell1", "Clinique", new NumberedEntry(77, new JournalEntry { Time = At, Kind = "break-glass", Account = AccountId.From(1), Patient = patient, Detail = "Mme Dupont fait un malaise" }));
        var all = SyslogOutlet.Line(alarm, "h", 1) + System.Text.Json.JsonSerializer.Serialize(alarm, WireJson.Options);
        Assert.DoesNotContain(patient.ToString()!, all, StringComparison.Ordinal);
        Assert.DoesNotContain("Dupont", all, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alarm_about_an_interface_says_which()
    {
        var client = Id.New<ClientId>();
        var alarm = AlarmMessage.Of("cell1", "Clinique", new NumberedEntry(77, new JournalEntry { Time = At, Kind = "alarm", Client = client, Purpose = "refused", Detail = "x" }));
        Assert.Contains($"client=\"{client}\"", SyslogOutlet.Line(alarm, "h", 1), StringComparison.Ordinal);
        Assert.Contains($"\"client\":\"{client}\"", System.Text.Json.JsonSerializer.Serialize(alarm, WireJson.Options), StringComparison.Ordinal);
    }

    /// <summary>A full disk, a firewall that swallows, an attacker: the connection stands and nothing is answered.</summary>
    [Fact]
    public async Task Who_takes_the_connection_and_says_nothing_is_down_and_is_tried_again()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var folder = Directory.CreateTempSubdirectory("serment-outlets-");
        try
        {
            await using var journal = new JournalLog(folder.FullName, RandomNumberGenerator.GetBytes(32), "serment/test", RandomNumberGenerator.GetBytes(32));
            var mail = new MailOutlet(new Uri($"smtp://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), "a@example.org", "b@example.org");
            await using var outlets = new AlarmOutlets(journal, "cell1", "Clinique", [mail], _ => null, (_, _) => { }, TimeSpan.FromMilliseconds(200));
            outlets.Start();
            await journal.AppendAsync([new JournalEntry { Time = At, Kind = "alarm", Account = AccountId.From(1), Purpose = "speed", Detail = "x" }]);
            outlets.Wake();
            for (var i = 0; i < 200 && outlets.Lines()[0].Fault is null; i++) await Task.Delay(50);
            Assert.Equal((1, true), (outlets.Lines()[0].Waiting, outlets.Lines()[0].Fault is not null));
        }
        finally { folder.Delete(recursive: true); }
    }

    [Fact]
    public void What_could_end_a_structured_value_is_escaped() =>
        Assert.Contains("cell=\"a\\\\b\\\"c\\]d\"", SyslogOutlet.Line(new AlarmMessage("a\\b\"c]d", "", 1, At, "speed", null, null, null, "x"), "h", 1), StringComparison.Ordinal);

    [Theory]
    [InlineData("SERMENT_ALARM_SYSLOG", "http://host")]
    [InlineData("SERMENT_ALARM_WEBHOOK", "ftp://host")]
    [InlineData("SERMENT_ALARM_MAIL", "smtp.host")]
    public void An_outlet_that_cannot_be_one_stops_the_start(string name, string value) =>
        Assert.Contains(name, Assert.Throws<RefusedException>(() => Outlet.Configured(asked => asked == name ? value : null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("SERMENT_ALARM_SYSLOG", "udp://siem:514")]
    [InlineData("SERMENT_ALARM_SYSLOG", "tcp://siem:514")]
    [InlineData("SERMENT_ALARM_WEBHOOK", "http://siem/hook")]
    [InlineData("SERMENT_ALARM_MAIL", "smtp://mail:25")]
    public void Alarms_go_to_another_machine_encrypted_or_the_start_stops_and_to_this_one_as_they_are(string name, string value)
    {
        Assert.Contains("chiffrées", Assert.Throws<RefusedException>(() => Outlet.Configured(asked => asked == name ? value : null)).Message, StringComparison.Ordinal);
        Assert.Single(Outlet.Configured(asked => asked == name ? new UriBuilder(value) { Host = "localhost" }.Uri.ToString() : null));
    }

    [Fact]
    public void An_outlet_for_each_setting_that_is_given()
    {
        var settings = new Dictionary<string, string> { ["SERMENT_ALARM_SYSLOG"] = "tls://siem:6514", ["SERMENT_ALARM_WEBHOOK"] = "https://siem/hook", ["SERMENT_ALARM_MAIL"] = "smtp://mail:587?starttls" };
        Assert.Equal(["syslog", "webhook", "courriel"], Outlet.Configured(settings.GetValueOrDefault).Select(outlet => outlet.Name));
        Assert.Empty(Outlet.Configured(_ => null));
    }
}
