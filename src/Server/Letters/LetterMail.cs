using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Serment.Records.Incidents;

namespace Serment.Server.Letters;

/// <summary>
/// Letters by e-mail, one message a patient, over the establishment's own mail server (SERMENT_SMTP = smtps://user:password@host:465, or
/// smtp://host:25; SERMENT_SMTP_FROM). The message id is made of incident and reference: a run that is cut and goes on cannot make two of one letter look like two.
/// </summary>
internal sealed class LetterMail : IDisposable
{
    private readonly SmtpClient _client = new();
    private readonly MailboxAddress _from;

    private LetterMail(MailboxAddress from) => _from = from;

    /// <exception cref="RefusedException">Not configured, or the mail server refuses.</exception>
    public static async Task<LetterMail> ConnectAsync(CancellationToken cancel)
    {
        if (!Uri.TryCreate(Environment.GetEnvironmentVariable("SERMENT_SMTP"), UriKind.Absolute, out var server) || server.Scheme is not ("smtp" or "smtps") || !MailboxAddress.TryParse(Environment.GetEnvironmentVariable("SERMENT_SMTP_FROM"), out var from))
            throw new RefusedException("letters.mail", "Courriel : donnez SERMENT_SMTP (smtps://utilisateur:motdepasse@serveur:465) et SERMENT_SMTP_FROM (l'adresse de l'établissement).");
        var mail = new LetterMail(from);
        try
        {
            await mail._client.ConnectAsync(server.Host, server.Port > 0 ? server.Port : server.Scheme == "smtps" ? 465 : 25, Protection(server), cancel).ConfigureAwait(false);
            var secret = server.UserInfo.Split(':', 2);
            if (secret is [{ Length: > 0 } user, var password]) await mail._client.AuthenticateAsync(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password), cancel).ConfigureAwait(false);
            return mail;
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException or MailKit.CommandException or MailKit.ProtocolException or AuthenticationException or NotSupportedException or SslHandshakeException)
        {
            mail.Dispose();
            throw new RefusedException("letters.mail", "Le serveur de courriel ne répond pas, ou refuse l'identification. Rien n'a été envoyé.");
        }
    }

    /// <summary>A letter says what was seen of someone: to another machine it goes encrypted to a server that proved its name, or not at all.</summary>
    internal static SecureSocketOptions Protection(Uri server) =>
        server.Scheme == "smtps" ? SecureSocketOptions.SslOnConnect : server.IsLoopback ? SecureSocketOptions.StartTlsWhenAvailable : SecureSocketOptions.StartTls;

    /// <returns>False when the server does not take this address: the letter then goes by post.</returns>
    public async Task<bool> SendAsync(Article34Letter letter, LetterWords words, IncidentId incident, CancellationToken cancel)
    {
        if (!MailboxAddress.TryParse(letter.To.Email, out var to)) return false;
        using var message = new MimeMessage { Subject = letter.Subject, MessageId = $"{incident}.{letter.To.Ipp}@{_from.Domain}", Body = new TextPart("plain") { Text = letter.Text + $"\n\n{words.Establishment}" } };
        message.From.Add(_from);
        message.To.Add(to);
        try { await _client.SendAsync(message, cancel).ConfigureAwait(false); return true; }
        catch (SmtpCommandException) { return false; }
        catch (Exception fault) when (fault is IOException or MailKit.ProtocolException or MailKit.ServiceNotConnectedException) { throw new RefusedException("letters.mail", "Le serveur de courriel a coupé la connexion. Relancez la commande : elle reprend où elle s'est arrêtée."); }
    }

    public void Dispose() => _client.Dispose();
}
