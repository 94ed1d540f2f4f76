using System.Globalization;
using System.Net.Mail;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Serment.Custodian.Journal;

namespace Serment.Custodian.Watch;

/// <summary>One alarm on its way out of the machine. Names no patient, and no person but by account id. docs/formats/alarms.md.</summary>
internal sealed record AlarmMessage(string Cell, string Establishment, long Index, DateTimeOffset At, string Kind, AccountId? Account, SessionId? Session, StationId? Station, string Text, ClientId? Client = null)
{
    public static readonly IReadOnlyList<string> Kinds = ["alarm", "break-glass"];

    public static AlarmMessage Of(string cell, string establishment, NumberedEntry at) => new(cell, establishment, at.Index, at.Entry.Time,
        at.Entry.Kind == "alarm" ? at.Entry.Purpose ?? "alarm" : at.Entry.Kind, at.Entry.Account, at.Entry.Session, at.Entry.Station,
        // The reason given for a broken glass is free text: it stays in the journal.
        at.Entry.Kind == "alarm" ? at.Entry.Detail ?? "" : "Une ouverture en urgence a eu lieu : elle est à revoir.", at.Entry.Client);

    /// <summary>Syslog severities: somebody must look now, or today.</summary>
    public int Severity => Kind is "honey" or "ceiling" or "second-person" or "copy" ? 1 : 4;
}

/// <summary>A way out for alarms. It throws when the message was not taken; the message is then offered again, in order.</summary>
internal abstract class Outlet(string name)
{
    public string Name => name;

    public abstract Task SendAsync(AlarmMessage alarm, CancellationToken cancel);

    /// <summary>As the Custodian's own environment says: SERMENT_ALARM_SYSLOG, SERMENT_ALARM_WEBHOOK, SERMENT_ALARM_MAIL.</summary>
    /// <exception cref="RefusedException">An address that cannot be one, or another machine's without TLS: an alarm tells an attacker what was seen of him.</exception>
    public static IReadOnlyList<Outlet> Configured(Func<string, string?> setting)
    {
        var outlets = new List<Outlet>();
        if (Address("SERMENT_ALARM_SYSLOG", "udp", "tcp", "tls") is { } syslog) outlets.Add(new SyslogOutlet(syslog));
        if (Address("SERMENT_ALARM_WEBHOOK", "https", "http") is { } hook) outlets.Add(new WebhookOutlet(hook, setting("SERMENT_ALARM_WEBHOOK_TOKEN")));
        if (Address("SERMENT_ALARM_MAIL", "smtp") is { } mail) outlets.Add(new MailOutlet(mail, setting("SERMENT_ALARM_MAIL_TO") ?? "", setting("SERMENT_ALARM_MAIL_FROM") ?? ""));
        return outlets;

        static bool StartsTls(Uri address) => address.Scheme == "smtp" && MailOutlet.StartsTls(address);

        Uri? Address(string name, params ReadOnlySpan<string> schemes)
        {
            if (setting(name) is not { Length: > 0 } text) return null;
            if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || !schemes.Contains(address.Scheme)) throw new RefusedException("alarm.outlet", $"{name} : adresse non reconnue ({string.Join(", ", schemes.ToArray().Select(s => s + "://"))}).");
            if (!address.IsLoopback && address.Scheme is not ("tls" or "https") && !StartsTls(address)) throw new RefusedException("alarm.outlet", $"{name} : vers une autre machine, les alarmes ne sortent que chiffrées (tls://, https://, smtp://…?starttls).");
            return address;
        }
    }
}

/// <summary>RFC 5424 over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS (RFC 5425).</summary>
internal sealed class SyslogOutlet(Uri to) : Outlet("syslog")
{
    private const int AuthPriv = 10;
    /// <summary>IANA's number for examples: the schema is this project's own, see docs/formats/alarms.md.</summary>
    private const string Element = "serment@32473";

    public override async Task SendAsync(AlarmMessage alarm, CancellationToken cancel)
    {
        var line = Encoding.UTF8.GetBytes(Line(alarm, Environment.MachineName, Environment.ProcessId));
        var port = to.Port > 0 ? to.Port : to.Scheme == "tls" ? 6514 : 514;
        if (to.Scheme == "udp")
        {
            using var udp = new UdpClient();
            await udp.SendAsync(line, to.Host, port, cancel).ConfigureAwait(false);
            return;
        }
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(to.Host, port, cancel).ConfigureAwait(false);
        await using Stream plain = tcp.GetStream();
        await using var stream = to.Scheme == "tls" ? new SslStream(plain) : plain;
        if (stream is SslStream secret) await secret.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = to.Host }, cancel).ConfigureAwait(false);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line.Length} "), cancel).ConfigureAwait(false);
        await stream.WriteAsync(line, cancel).ConfigureAwait(false);
        await stream.FlushAsync(cancel).ConfigureAwait(false);
    }

    public static string Line(AlarmMessage alarm, string host, int process)
    {
        var data = new StringBuilder($"[{Element}");
        foreach (var (name, value) in new[] { ("cell", alarm.Cell), ("index", alarm.Index.ToString(CultureInfo.InvariantCulture)), ("kind", alarm.Kind), ("account", alarm.Account?.ToString()), ("session", alarm.Session?.ToString()), ("station", alarm.Station?.ToString()), ("client", alarm.Client?.ToString()) })
            if (value is not null) data.Append(' ').Append(name).Append("=\"").Append(Escaped(value)).Append('"');
        return $"<{AuthPriv * 8 + alarm.Severity}>1 {alarm.At.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {host} serment {process} {alarm.Kind} {data}] \uFEFF{alarm.Text}";
    }

    /// <summary>RFC 5424 § 6.3.3.</summary>
    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);
}

/// <summary>One JSON object a POST; any answer of the 200s takes it.</summary>
internal sealed class WebhookOutlet(Uri to, string? token) : Outlet("webhook")
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = TimeSpan.FromSeconds(15) };

    public override async Task SendAsync(AlarmMessage alarm, CancellationToken cancel)
    {
        using var post = new HttpRequestMessage(HttpMethod.Post, to) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(alarm, WireJson.Options)) };
        post.Content.Headers.ContentType = new("application/json");
        if (token is not null) post.Headers.Authorization = new("Bearer", token);
        using var answer = await Client.SendAsync(post, cancel).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
    }
}

/// <summary>One message an alarm, after STARTTLS with a verified certificate where that is asked for. The base class library's client: no package enters the process that holds the keys.</summary>
internal sealed class MailOutlet(Uri server, string to, string from) : Outlet("courriel")
{
    public override async Task SendAsync(AlarmMessage alarm, CancellationToken cancel)
    {
        using var client = new SmtpClient(server.Host, server.Port > 0 ? server.Port : 25) { EnableSsl = StartsTls(server) };
        if (server.UserInfo.Split(':', 2) is [{ Length: > 0 } user, var password]) client.Credentials = new System.Net.NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
        using var message = new MailMessage(from, to, $"[Serment] {alarm.Establishment} : {Subject(alarm)}", $"{alarm.Text}\n\n{ClinicalTime.Local(alarm.At):dd/MM/yyyy HH:mm:ss}, entrée {alarm.Index} du journal. Ouvrez l'écran Sécurité pour voir ce que {(alarm.Client is null ? "ce compte" : "cette interface")} a fait et, s'il le faut, {(alarm.Client is null ? "le geler" : "l'arrêter")}.\n");
        await client.SendMailAsync(message, cancel).ConfigureAwait(false);
    }

    public static bool StartsTls(Uri server) => server.Query.Contains("starttls", StringComparison.Ordinal);

    private static string Subject(AlarmMessage alarm) => alarm.Kind == "break-glass" ? "ouverture en urgence à revoir" : $"alarme ({alarm.Kind})";
}
