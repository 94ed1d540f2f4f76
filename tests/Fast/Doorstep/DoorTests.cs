using System.Globalization;
using System.Text;
using MailKit.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Serment.Custodian.Accounts;
using Serment.Custodian.Page;
using Serment.Custodian.Requests;
using Serment.Custodian.Sessions;
using Serment.Records;
using Serment.Server.Commands;
using Serment.Server.Letters;
using Xunit;

namespace Serment.Fast.Tests.Doorstep;

/// <summary>What both processes tell browsers to refuse, what they refuse to connect to, and what an operator reads of what was refused.</summary>
public sealed class DoorTests
{
    [Fact]
    public async Task Every_answer_says_what_a_browser_may_do_with_it_and_sets_no_cookie()
    {
        var answer = await AnswerAsync("localhost:5080", response => { response.ContentType = "text/javascript"; response.Headers.SetCookie = "forms=1; path=/"; });
        Assert.Equal("no-store", answer.Headers.CacheControl.ToString());
        Assert.Equal("nosniff", answer.Headers.XContentTypeOptions.ToString());
        Assert.Equal("no-referrer", answer.Headers["Referrer-Policy"].ToString());
        Assert.Contains("default-src 'self';", answer.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", answer.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", answer.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, answer.Headers.SetCookie.Count);
        Assert.Equal("text/javascript; charset=utf-8", answer.ContentType);
        Assert.Equal(0, answer.Headers.AccessControlAllowOrigin.Count);
    }

    [Theory]
    [InlineData("serment.hopital.example", "max-age=31536000; includeSubDomains")]
    [InlineData("localhost:5080", "")]
    [InlineData("en-clair.hopital.example", "")]
    public async Task Behind_TLS_the_screens_ask_never_to_be_reached_without_it(string host, string policy) =>
        Assert.Equal(policy, (await AnswerAsync(host, _ => { })).Headers.StrictTransportSecurity.ToString());

    [Theory]
    [InlineData("https://gardien.hopital.example", "max-age=31536000; includeSubDomains")]
    [InlineData("http://localhost:5081", "")]
    public void Behind_TLS_the_custodians_page_does_too(string page, string policy)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        OwnPage.Harden(headers, page);
        Assert.Equal(policy, headers.StrictTransportSecurity.ToString());
        Assert.StartsWith("default-src 'none'; script-src 'self'", headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=/run/postgresql;Username=serment", true)]
    [InlineData("Host=localhost;Username=serment", true)]
    [InlineData("Host=10.0.0.7;Username=serment;SSL Mode=VerifyFull", true)]
    [InlineData("Host=10.0.0.7;Username=serment", false)]
    [InlineData("Host=10.0.0.7;Username=serment;SSL Mode=Require", false)]
    [InlineData("Host=localhost,10.0.0.7;Username=serment", false)]
    public void A_database_on_another_machine_is_reached_by_verified_TLS_or_not_at_all(string connection, bool taken)
    {
        if (taken) Assert.True(new RecordsDatabase(".", connection).Postgres);
        else Assert.Equal("records.tls", Assert.Throws<RefusedException>(() => new RecordsDatabase(".", connection)).Refusal.Code);
    }

    [Theory]
    [InlineData("smtps://courriel.hopital.example", SecureSocketOptions.SslOnConnect)]
    [InlineData("smtp://courriel.hopital.example:25", SecureSocketOptions.StartTls)]
    [InlineData("smtp://localhost:25", SecureSocketOptions.StartTlsWhenAvailable)]
    public void Letters_leave_this_machine_encrypted_or_not_at_all(string server, SecureSocketOptions how) =>
        Assert.Equal(how, LetterMail.Protection(new Uri(server)));

    [Fact]
    public void A_code_that_is_handed_over_has_eighty_random_bits_and_only_its_hash_is_kept()
    {
        var kept = new List<string>();
        var invitations = new Invitations((_, _, json) => kept.Add(Encoding.UTF8.GetString(json)));
        var codes = Enumerable.Range(0, 100).Select(_ => invitations.Issue(hash => new Invitation { Id = Id.New<ApprovalId>(), Granted = "", CodeHash = hash, Until = DateTimeOffset.MaxValue })).ToHashSet();
        Assert.Equal(100, codes.Count);
        Assert.All(codes, code => Assert.Matches("^[0-9a-f]{20}$", code));
        Assert.DoesNotContain(kept, json => codes.Any(code => json.Contains(code, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_refused_key_role_or_file_is_logged_by_its_code_and_a_touch_that_is_due_is_not()
    {
        var log = new Lines();
        OperatorLog.Note(log, new Refusal("passkey.signature", "Une phrase qui nomme Alice Martin."));
        OperatorLog.Note(log, new Refusal(RefusalCodes.NoRelation, "x"));
        OperatorLog.Note(log, new Refusal(RefusalCodes.Touch, "x"));
        Assert.Equal(["Warning Refused: passkey.signature", "Warning Refused: relation.none"], log.Written);
    }

    [Fact]
    public async Task A_fault_is_answered_by_a_code_and_logged_by_its_type()
    {
        var log = new Lines();
        var reply = await new CustodyEndpoint(null!, log).Ask(new Custodian.Wire.Grpc.Envelope(), null!);
        Assert.Equal("custodian.fault", reply.Refusal.Code);
        Assert.DoesNotContain("Exception", reply.Refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("Error A request failed: NullReferenceException in ", Assert.Single(log.Written), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TRACE", "localhost:5081", "/", 404)]
    [InlineData("GET", "localhost:5081", "/.git/config", 404)]
    [InlineData("GET", "localhost:5081", "/ask", 404)]
    [InlineData("GET", "attaquant.example:5081", "/", 421)]
    [InlineData("GET", "localhost:5081", "/", 200)]
    public async Task The_custodians_page_has_its_files_one_address_and_nothing_else(string method, string host, string path, int status)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Host, context.Request.Path) = (method, new HostString(host), path);
        await OwnPage.AnswerAsync(context, null!, new RelyingParty("localhost", ["http://localhost:5080"], false, "http://localhost:5081"));
        Assert.Equal(status, context.Response.StatusCode);
    }

    private static async Task<HttpResponse> AnswerAsync(string host, Action<HttpResponse> act)
    {
        var answer = new Answer();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseFeature>(answer);
        context.Request.Host = new HostString(host);
        await new SecurityHeaders("https://serment.hopital.example, http://en-clair.hopital.example").SendAsync(context, asked => { act(asked.Response); return Task.CompletedTask; });
        await answer.StartAsync();
        return context.Response;
    }

    /// <summary>An answer whose start can be waited for, as a server starts it.</summary>
    private sealed class Answer : HttpResponseFeature
    {
        private readonly Stack<Func<Task>> _first = [];

        public override void OnStarting(Func<object, Task> callback, object state) => _first.Push(() => callback(state));

        public async Task StartAsync() { while (_first.TryPop(out var act)) await act(); }
    }

    private sealed class Lines : ILogger<CustodyEndpoint>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(string.Create(CultureInfo.InvariantCulture, $"{logLevel} {formatter(state, exception)}"));
    }
}
